//! How well failures are healed: the answer of page, route and command, and the search for healings in events.
//!
//! Both kinds of attempts lie in the store: those that were sent as records, and those that [`search`] found. So an
//! answer reads attempts and nothing else, whatever its range. Not here: the arithmetic and the rules
//! (`analytics::healing`), when the search runs (`jobs::healing`, and commands before they answer).

mod download;
mod entries;
mod search;

use chrono_tz::Tz;

pub use entries::resume;

use super::cache::{Keep, Question};
use super::{Service, ServiceError};
use crate::analytics::healing::{advice, by_agent, by_failure_type, by_hour, by_origin, by_strategy, derive};
use crate::analytics::healing::{histogram, over_time, totals};
use crate::model::healing::{HealingQuery, HealingReport, Origin};
use crate::model::overview::PageQuery;
use crate::model::time::{HOUR, SECOND};
use crate::model::{Micros, Problem, RecordFilter, TimeRange};

/// What attempts can be filtered by.
pub const FILTERS: [&str; 5] = ["strategy", "failure_type", "success", "agent_id", "project"];

impl Service {
    /// Everything that is known about healings of a range.
    ///
    /// # Errors
    /// A [`Problem`] when the range or the zone is unreadable, or a filter is none of [`FILTERS`];
    /// [`ServiceError::Store`] when reading fails.
    pub async fn healing(&self, query: &HealingQuery, now: Micros) -> Result<HealingReport, ServiceError> {
        self.kept(Question::Healing(query.clone()), now, self.make_healing(query, now)).await
    }

    async fn make_healing(&self, query: &HealingQuery, now: Micros) -> Result<HealingReport, ServiceError> {
        let zone = zone(&query.zone)?;
        check(&query.filter)?;
        let page = PageQuery { range: query.range.clone(), ..PageQuery::default() };
        let mut scope = self.scope(&page, now).await?;
        scope.range = self.whole(query, scope.range).await?;
        let range = scope.range;
        let attempts = self.store().healing_attempts(query, range).await?;
        let mut waiting = self.store().waiting_healings(query, range).await?;
        waiting.limit_ms = derive::LIMIT / 1000;
        let newest = self.healing_page(query, None, HealingReport::NEWEST_MAX, now).await?;
        let (mut strategies, mut types) = (by_strategy(&attempts), by_failure_type(&attempts));
        let (strategy_count, type_count) = (strategies.len() as u64, types.len() as u64);
        let origins = by_origin(&attempts);
        let recommendations = advice(&strategies, &origins);
        strategies.truncate(HealingReport::STRATEGIES_MAX);
        types.truncate(HealingReport::TYPES_MAX);
        Ok(HealingReport {
            query: query.clone(),
            totals: totals(&attempts),
            by_origin: origins,
            waiting,
            over_time: over_time(&attempts, &strategies, range),
            by_strategy: strategies,
            strategy_count,
            by_failure_type: types,
            type_count,
            distribution: histogram(&attempts),
            by_hour: by_hour(&attempts, |time| hour_in(zone, time)),
            by_agent: by_agent(&attempts),
            zone: zone.name().to_owned(),
            recommendations,
            newest: newest.items,
            next: newest.next,
            scope,
        })
    }

    /// The range; all that there is reaches to the last derived attempt, which may end after the last record.
    pub(super) async fn whole(&self, query: &HealingQuery, range: TimeRange) -> Result<TimeRange, ServiceError> {
        if !query.range.is_all() || !query.origins.has(Origin::Derived) {
            return Ok(range);
        }
        let last = self.store().last_derived().await?;
        let until = last.map_or(range.until, |last| range.until.max(Micros(last.0.saturating_add(1))));
        Ok(TimeRange { until, ..range })
    }
}

impl Keep for HealingReport {
    fn tell_time(&mut self, now: Micros) {
        self.scope.now = now;
    }
}

/// Refuses filters that attempts do not have.
fn check(filter: &RecordFilter) -> Result<(), Problem> {
    match filter.asked().find(|(field, _)| !FILTERS.contains(field)) {
        None => Ok(()),
        Some((field, _)) => Err(Problem::bad_request(format!(
            "healings cannot be filtered by `{field}`; filter by {}",
            FILTERS.join(", ")
        ))),
    }
}

fn zone(name: &str) -> Result<Tz, Problem> {
    if name.is_empty() {
        return Ok(Tz::UTC);
    }
    let unknown = || format!("there is no zone `{name}`; write an IANA name such as Europe/Berlin or UTC");
    name.parse().map_err(|_| Problem::bad_request(unknown()))
}

/// The hour of the day, 0 to 23, that clocks in `zone` show.
fn hour_in(zone: Tz, time: Micros) -> u8 {
    use chrono::{DateTime, Offset as _, TimeZone as _};
    let seconds = match zone {
        Tz::UTC => 0,
        zone => {
            let utc = DateTime::from_timestamp_micros(time.0).unwrap_or_default().naive_utc();
            i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
        }
    };
    let local = time.0.saturating_add(seconds * SECOND);
    u8::try_from(local.div_euclid(HOUR).rem_euclid(24)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_those_of_the_zone_on_that_day() {
        let noon = |text: &str| Micros::parse_rfc3339(text, None).expect("a time");
        let berlin = zone("Europe/Berlin").expect("a zone");
        assert_eq!(hour_in(berlin, noon("2026-01-01T12:30:00Z")), 13);
        assert_eq!(hour_in(berlin, noon("2026-07-01T12:30:00Z")), 14, "summer time");
        assert_eq!(hour_in(berlin, noon("2026-07-01T23:30:00Z")), 1);
        assert_eq!(hour_in(zone("Asia/Kathmandu").expect("a zone"), noon("2026-01-01T12:30:00Z")), 18, "+05:45");
        assert_eq!(hour_in(Tz::UTC, noon("1969-12-31T23:59:59Z")), 23);
        assert!(zone("Mars/Base").is_err());
    }

    #[test]
    fn filters_that_attempts_do_not_have_are_named() {
        let filter = RecordFilter { swarm_id: Some("s".to_owned()), ..RecordFilter::default() };
        let problem = check(&filter).expect_err("no such filter");
        assert!(problem.detail.contains("`swarm_id`") && problem.detail.contains("strategy"), "{}", problem.detail);
    }
}
