//! What may be asked.

use crate::model::trend::{TASK_METRICS, Trend, TrendQuery, TrendSource};
use crate::model::{Micros, Problem, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};

/// Refuses a question that has no answer.
///
/// # Errors
/// A [`Problem`] that says what to ask instead.
pub(super) fn check(query: &TrendQuery) -> Result<(), Problem> {
    let source = query.source;
    let fields = source.filters();
    if let Some((field, _)) = query.filter.asked().find(|(field, _)| !fields.contains(field)) {
        let known = fields.join(", ");
        let detail = format!("trends of {} cannot be narrowed by `{field}`; known: {known}", source.as_str());
        return Err(Problem::bad_request(detail));
    }
    if !source.subjects().contains(&query.per) {
        let known: Vec<&str> = source.subjects().iter().map(|per| per.as_str()).collect();
        let (source, per) = (source.as_str(), query.per.as_str());
        let detail = format!("`group_by={per}`: {source} know no such thing; known: {}", known.join(", "));
        return Err(Problem::bad_request(detail));
    }
    if let Some(metric) = query.metric.as_deref().filter(|metric| source == TrendSource::Tasks && !is_known(metric)) {
        let known = TASK_METRICS.join(", ");
        return Err(Problem::bad_request(format!(
            "tasks have no metric `{metric}`; known: {known}; metric series are asked for with source=agent-metrics \
             or source=swarm-metrics"
        )));
    }
    if query.limit.is_some_and(|limit| limit == 0 || limit > TrendQuery::LIMIT_MAX) {
        let most = TrendQuery::LIMIT_MAX;
        return Err(Problem::bad_request(format!("`limit`: write a whole number from 1 to {most}")));
    }
    Ok(())
}

fn is_known(metric: &str) -> bool {
    TASK_METRICS.contains(&metric)
}

/// Which records trends are made of: the newest of a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Of which time.
    pub range: TimeRange,
    /// How many of the newest are looked at.
    pub limit: usize,
    /// Whether somebody asked for all of that time, and is told when there are more.
    pub whole: bool,
}

impl Reach {
    /// The newest records of all.
    pub const NEWEST: Self = Self { range: TimeRange::ALL, limit: Trend::RECORDS_DEFAULT as usize, whole: false };

    /// The newest records as they were `at` an instant, as far as they are known now.
    pub fn until(at: Micros) -> Self {
        Self { range: TimeRange { until: Micros(at.0.saturating_add(1)), ..TimeRange::ALL }, ..Self::NEWEST }
    }

    /// The records of a range; the newest of all where none is asked for.
    pub const fn of(range: Option<TimeRange>) -> Self {
        match range {
            Some(range) => Self { range, limit: Trend::RECORDS_MAX as usize, whole: true },
            None => Self::NEWEST,
        }
    }
}

impl Service {
    /// The range asked for; `None` where none is.
    pub(super) async fn trend_range(&self, query: &TrendQuery, now: Micros) -> Result<Option<TimeRange>, ServiceError> {
        let Some(range) = &query.range else { return Ok(None) };
        let bounds = if range.is_all() { self.store().snapshot().await?.bounds().await? } else { None };
        let range = range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?;
        Ok(Some(range))
    }
}

/// The filter with only whom it is about.
pub(super) fn whose(filter: &RecordFilter) -> (Option<String>, Option<String>) {
    (filter.agent_id.clone(), filter.swarm_id.clone())
}
