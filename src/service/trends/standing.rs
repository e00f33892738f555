//! What degrades, over all tasks, every agent and every swarm. That takes a look at the newest records of each, too
//! much for a page: a job computes it now and then, if something was written since, and pages are told from when it is.

use std::sync::{Arc, PoisonError, RwLock};

use super::ask::Reach;
use super::rank;
use crate::model::overview::PageQuery;
use crate::model::trend::{Degradations, Trend, TrendPer, TrendQuery, TrendSource, Verdict};
use crate::model::{Micros, Problem, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::changes::Mark;

/// What is looked at.
const LOOKED_AT: [(TrendSource, TrendPer); 4] = [
    (TrendSource::Tasks, TrendPer::Agent),
    (TrendSource::Tasks, TrendPer::Swarm),
    (TrendSource::AgentMetrics, TrendPer::Agent),
    (TrendSource::SwarmMetrics, TrendPer::Swarm),
];

/// The list that was computed last.
#[derive(Debug, Default)]
pub(in crate::service) struct Standing {
    kept: RwLock<Option<(Mark, Arc<Degradations>)>>,
    /// Held while it is computed, so that two who ask at once wait for one.
    computing: tokio::sync::Mutex<()>,
}

impl Standing {
    fn kept(&self) -> Option<(Mark, Arc<Degradations>)> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service {
    /// What degrades and was last recorded in the range of `query`, of its agent and swarm. Its other filters are
    /// not looked at: trends are of everything an agent or a swarm does. Computed only when nothing is kept yet.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the range is unreadable; [`ServiceError::Store`].
    pub async fn degradations(&self, query: &PageQuery, now: Micros) -> Result<Degradations, ServiceError> {
        if self.standing.kept().is_none() {
            self.compute_degradations(now).await?;
        }
        let kept = self.kept_degradations(query, now)?;
        Ok(kept.unwrap_or_else(|| Degradations::nothing(now)))
    }

    /// The same for pages, which do not wait: `None` before the first look.
    pub(in crate::service) fn kept_degradations(
        &self,
        query: &PageQuery,
        now: Micros,
    ) -> Result<Option<Degradations>, ServiceError> {
        let Some((_, kept)) = self.standing.kept() else { return Ok(None) };
        let range = if query.range.is_all() {
            TimeRange::ALL
        } else {
            query.range.resolve(now, None).map_err(|error| Problem::bad_request(error.to_string()))?
        };
        let asked = |trend: &&Trend| {
            let same = |asked: &Option<String>, is: &Option<String>| asked.is_none() || asked == is;
            trend.figures.last.is_some_and(|last| range.contains(last))
                && same(&query.filter.agent_id, &trend.agent_id)
                && same(&query.filter.swarm_id, &trend.swarm_id)
        };
        let found: Vec<&Trend> = kept.trends.iter().filter(asked).collect();
        let total = found.len() as u64;
        let trends = found.into_iter().take(Degradations::LISTED).cloned().collect();
        let fleet = kept.fleet.iter().filter(asked).cloned().collect();
        Ok(Some(Degradations { trends, total, fleet, ..Degradations::clone(&kept) }))
    }

    /// Everything that degrades, as it was found last; computed only when nothing is kept yet.
    pub(in crate::service) async fn degrading(&self, now: Micros) -> Result<Arc<Degradations>, ServiceError> {
        match self.standing.kept() {
            Some((_, kept)) => Ok(kept),
            None => self.compute_degradations(now).await,
        }
    }

    /// Computes the list anew if something was written since; whether it did.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn refresh_degradations(&self, now: Micros) -> Result<bool, ServiceError> {
        let holds = |mark: Mark| !self.store().changes().touched(mark, TimeRange::ALL);
        if self.standing.kept().is_some_and(|(mark, _)| holds(mark)) {
            return Ok(false);
        }
        self.compute_degradations(now).await?;
        Ok(true)
    }

    async fn compute_degradations(&self, now: Micros) -> Result<Arc<Degradations>, ServiceError> {
        let before = self.standing.kept().map(|(_, kept)| kept.computed_at);
        let _alone = self.standing.computing.lock().await;
        if let Some((_, kept)) = self.standing.kept().filter(|(_, kept)| Some(kept.computed_at) != before) {
            return Ok(kept); // somebody else did it meanwhile
        }
        let mark = self.store().changes().mark();
        let fleet = self.gather_trends(&TrendQuery::default(), Reach::NEWEST).await?.trends;
        let mut found = Degradations {
            judged: judged(&fleet),
            trends: fleet.iter().filter(|trend| is_degrading(trend)).cloned().collect(),
            fleet,
            ..Degradations::nothing(now)
        };
        for (source, per) in LOOKED_AT {
            let query = TrendQuery { source, per, ..TrendQuery::default() };
            let gathered = self.gather_trends(&query, Reach::NEWEST).await?;
            found.judged += judged(&gathered.trends);
            if source == TrendSource::Tasks {
                found.subjects += gathered.subjects;
            }
            found.subjects_truncated |= gathered.subjects_truncated;
            found.trends.extend(gathered.trends.into_iter().filter(is_degrading));
        }
        found.trends.sort_by(rank);
        found.total = found.trends.len() as u64;
        found.trends.truncate(Degradations::KEPT);
        let found = Arc::new(found);
        *self.standing.kept.write().unwrap_or_else(PoisonError::into_inner) = Some((mark, Arc::clone(&found)));
        Ok(found)
    }
}

/// How many of them have a verdict.
fn judged(trends: &[Trend]) -> u64 {
    trends.iter().filter(|trend| trend.verdict != Verdict::NotEnoughData).count() as u64
}

fn is_degrading(trend: &Trend) -> bool {
    trend.verdict == Verdict::Degrading
}
