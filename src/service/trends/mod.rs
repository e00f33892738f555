//! Trends: what gets better or worse, of whom, by which records.
//!
//! - `ask` what may be asked
//! - `gather` from records to trends
//! - `standing` what degrades, over everybody: computed now and then, and kept
//!
//! Each agent or swarm is read from a moment of its own, so that a question about all of them holds no moment of the
//! store for long. Not here: the rule ([`crate::analytics::trend`]), SQL (`store::read`).

mod ask;
mod gather;
mod standing;

use std::cmp::Ordering;

use super::{Service, ServiceError};
use crate::model::trend::{Trend, TrendAnswer, TrendPer, TrendQuery, TrendSource};
use crate::model::{Micros, RangeSpec, RecordFilter};

use ask::Reach;

pub(super) use standing::Standing;

/// Most metric series of a page.
const SERIES_SHOWN: usize = 12;

impl Service {
    /// Trends of tasks or of metric series.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] for a question that has no answer; [`ServiceError::Store`] when reading fails.
    pub async fn trends(&self, query: &TrendQuery, now: Micros) -> Result<TrendAnswer, ServiceError> {
        ask::check(query)?;
        let range = self.trend_range(query, now).await?;
        let gathered = self.gather_trends(query, Reach::of(range)).await?;
        let mut trends = gathered.trends;
        trends.retain(|trend| query.verdict.is_none_or(|verdict| trend.verdict == verdict));
        if query.per != TrendPer::Fleet {
            trends.sort_by(rank);
        }
        let total = trends.len() as u64;
        trends.truncate(query.limit.unwrap_or(TrendQuery::LIMIT_DEFAULT) as usize);
        Ok(TrendAnswer {
            now,
            range,
            trends,
            total,
            subjects: gathered.subjects,
            subjects_truncated: gathered.subjects_truncated,
            metrics_truncated: gathered.metrics_truncated,
        })
    }

    /// The trends as they were `at` an instant: of the newest records until then, as far as they are known now.
    pub(super) async fn trends_at(&self, query: &TrendQuery, at: Micros) -> Result<Vec<Trend>, ServiceError> {
        ask::check(query)?;
        Ok(self.gather_trends(query, Reach::until(at)).await?.trends)
    }

    /// The trends a page of one agent (`source` of its metrics: agents') or one swarm shows: of its tasks, then of
    /// its metrics. The range pages start with means none: the newest records, whenever they are from.
    pub(super) async fn page_trends(
        &self,
        source: TrendSource,
        filter: &RecordFilter,
        range: &RangeSpec,
        now: Micros,
    ) -> Result<Vec<Trend>, ServiceError> {
        let range = (*range != RangeSpec::default()).then(|| range.clone());
        let of = |source: TrendSource| {
            let mut known = RecordFilter::default();
            for (field, value) in filter.asked().filter(|(field, _)| source.filters().contains(field)) {
                if let Some(place) = known.field_mut(field) {
                    *place = Some(value.to_owned());
                }
            }
            TrendQuery { source, filter: known, range: range.clone(), ..TrendQuery::default() }
        };
        let mut trends = self.trends(&of(TrendSource::Tasks), now).await?.trends;
        let series = self.trends(&of(source), now).await?.trends;
        trends.extend(series.into_iter().take(SERIES_SHOWN));
        Ok(trends)
    }
}

/// By verdict, the worst first; of one verdict those that rose or fell steadily, then by how much they changed.
fn rank(a: &Trend, b: &Trend) -> Ordering {
    let change = |trend: &Trend| trend.figures.change_percent.unwrap_or_default().abs();
    let whose = |trend: &Trend| (trend.source, trend.agent_id.clone(), trend.swarm_id.clone(), trend.metric.clone());
    let steady = b.is_steady().cmp(&a.is_steady());
    let of_one = steady.then_with(|| change(b).total_cmp(&change(a))).then_with(|| whose(a).cmp(&whose(b)));
    a.verdict.cmp(&b.verdict).then(of_one)
}
