//! A swarm's health: success, agents, backlog, latency, each with what it was judged by. Nothing is weighed against
//! anything else: a swarm is as well as the worst of its parts.

use std::collections::BTreeMap;

use crate::analytics::health::{load_status, share_status};
use crate::model::answer::Rate;
use crate::model::filter::PageRequest;
use crate::model::health::{HealthPart, HealthState, PartKind, PartStatus, ReportedHealth, SwarmHealth};
use crate::model::overview::PageQuery;
use crate::model::registry::AgentStanding;
use crate::model::time::DAY;
use crate::model::{Dataset, Micros, Order, Problem, RangeSpec, Record, RecordFilter, SwarmId, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::read::AgentSum;

use super::reading::Reading;

/// Success rate below which a swarm is degraded, and critical.
const SUCCESS: (f64, f64) = (0.95, 0.8);
/// The same of the share of healthy agents.
const AGENTS: (f64, f64) = (0.9, 0.5);
/// Waiting tasks from which on a swarm is degraded, and critical.
const BACKLOG: (f64, f64) = (50.0, 100.0);
/// p95 over that of the baseline.
const LATENCY: (f64, f64) = (1.5, 2.0);
/// Timed tasks that the range and the baseline need each.
const TIMED_MIN: u64 = 5;
/// How far the baseline reaches back from the start of the range.
const BASELINE: i64 = 7 * DAY;
/// How far back the start of a task may lie that has not ended.
const STARTED_WITHIN: i64 = DAY;
/// Metrics of swarms that say how many tasks wait; the latest of all counts.
const WAITING: [&str; 3] = ["queue_depth", "backlog", "pending_tasks"];

impl Service {
    /// How a swarm is doing in a range.
    ///
    /// # Errors
    /// A [`Problem`] when the range is unreadable or nothing names the swarm; [`ServiceError::Store`].
    pub async fn swarm_health(
        &self,
        swarm_id: &SwarmId,
        range: &RangeSpec,
        now: Micros,
    ) -> Result<SwarmHealth, ServiceError> {
        let name = swarm_id.as_str();
        let filter = RecordFilter { swarm_id: Some(name.to_owned()), ..RecordFilter::default() };
        let query = PageQuery { range: range.clone(), filter, compare: false };
        let mut reading = self.read(&query, now).await?;
        if reading.cut.is_none() {
            return Err(Problem::not_found(format!("there is no swarm `{name}` in this store")).into());
        }
        let range = reading.scope.range;
        let standings = self.members(&mut reading, range, now).await?;
        let (success, latency) = work(&mut reading, range).await?;
        let open = open_tasks(&mut reading, range).await?;
        drop(reading); // what was reported is read from moments of its own
        let (reported, reported_more) = self.reported(name, "health", range, SwarmHealth::REPORTED_MAX).await?;
        let mut agents: BTreeMap<HealthState, u64> = BTreeMap::new();
        for standing in &standings {
            *agents.entry(standing.health.state).or_default() += 1;
        }
        let parts = vec![success, of_agents(&agents), self.backlog(name, range, open).await?, latency];
        Ok(SwarmHealth {
            now,
            swarm_id: name.to_owned(),
            range,
            status: parts.iter().map(|part| part.status).max().unwrap_or(PartStatus::Unknown),
            parts,
            stale: standings.iter().filter(|standing| standing.stale_since.is_some()).count() as u64,
            agents,
            reported,
            reported_more,
        })
    }

    /// Where the agents stand that worked in the swarm during `range`.
    async fn members(
        &self,
        reading: &mut Reading,
        range: TimeRange,
        now: Micros,
    ) -> Result<Vec<AgentStanding>, ServiceError> {
        let Some(cut) = reading.cut else { return Ok(Vec::new()) };
        let members = reading.snapshot.members(&cut, range).await?;
        let sums: Vec<AgentSum> = members.into_iter().map(AgentSum::numbered).collect();
        let facts = reading.snapshot.agent_facts(&sums, range, &cut).await?;
        let typed: Vec<_> = sums.into_iter().zip(facts.into_iter().map(|facts| facts.agent_type)).collect();
        Ok(self.standings(&mut reading.snapshot, &typed, now).await?)
    }

    /// Values of a metric that a swarm reported in `range`, oldest first: the newest `limit`, and whether there are
    /// more.
    async fn reported(
        &self,
        swarm_id: &str,
        metric_type: &str,
        range: TimeRange,
        limit: u32,
    ) -> Result<(Vec<ReportedHealth>, bool), ServiceError> {
        let filter = RecordFilter {
            swarm_id: Some(swarm_id.to_owned()),
            metric_type: Some(metric_type.to_owned()),
            ..RecordFilter::default()
        };
        let request = PageRequest { range, filter, order: Order::Desc, after: None, limit: limit + 1 };
        let rows = self.list(Dataset::SwarmMetrics, &request).await?;
        let more = rows.len() > limit as usize;
        let value = |record: &Record| match record {
            Record::SwarmMetric(metric) => Some(ReportedHealth { timestamp: metric.timestamp, value: metric.value }),
            _ => None,
        };
        let newest = rows.iter().take(limit as usize);
        Ok((newest.rev().filter_map(|row| value(&row.record)).collect(), more))
    }

    /// What waits: as the swarm reports it, else as its events tell, `open` being tasks started and not ended.
    async fn backlog(
        &self,
        swarm_id: &str,
        range: TimeRange,
        open: Option<(u64, u64)>,
    ) -> Result<HealthPart, ServiceError> {
        let mut latest: Option<ReportedHealth> = None;
        for metric_type in WAITING {
            let found = self.reported(swarm_id, metric_type, range, 1).await?.0.pop();
            let later = found.filter(|found| latest.is_none_or(|known| found.timestamp > known.timestamp));
            latest = later.or(latest);
        }
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let value = latest.map(|latest| latest.value).or(open.map(|(_, open)| open as f64));
        Ok(HealthPart {
            value,
            n: if latest.is_some() { 1 } else { open.map_or(0, |(started, _)| started) },
            measured_at: latest.map(|latest| latest.timestamp),
            status: load_status(value, BACKLOG.0, BACKLOG.1),
            ..part(PartKind::Backlog, BACKLOG)
        })
    }
}

/// Success and latency of the tasks of `range`.
async fn work(reading: &mut Reading, range: TimeRange) -> Result<(HealthPart, HealthPart), ServiceError> {
    let totals = reading.totals(range).await?;
    let before = TimeRange { from: Micros(range.from.0.saturating_sub(BASELINE)), until: range.from };
    let baseline = reading.totals(before).await?.durations;
    let share = totals.success.map(Rate::ratio);
    let success = HealthPart {
        value: share,
        rate: totals.success,
        n: totals.success.map_or(0, |rate| rate.denominator),
        status: share_status(share, SUCCESS.0, SUCCESS.1),
        ..part(PartKind::SuccessRate, SUCCESS)
    };
    let enough = |n: u64| n >= TIMED_MIN;
    let value = match (totals.durations, baseline) {
        (Some(now), Some(then)) if enough(now.n) && enough(then.n) && then.p95 > 0.0 => Some(now.p95 / then.p95),
        _ => None,
    };
    let latency = HealthPart {
        value,
        n: totals.durations.map_or(0, |durations| durations.n),
        current_ms: totals.durations.map(|durations| durations.p95),
        baseline_ms: baseline.map(|durations| durations.p95),
        baseline_n: baseline.map_or(0, |durations| durations.n),
        status: load_status(value, LATENCY.0, LATENCY.1),
        ..part(PartKind::Latency, LATENCY)
    };
    Ok((success, latency))
}

/// Tasks started and not ended in the last part of `range`, which ends at the present where it goes beyond.
async fn open_tasks(reading: &mut Reading, range: TimeRange) -> Result<Option<(u64, u64)>, ServiceError> {
    let Some(cut) = reading.cut else { return Ok(None) };
    let until = range.until;
    let from = Micros(until.0.min(reading.scope.now.0).saturating_sub(STARTED_WITHIN)).max(range.from);
    if from >= until {
        return Ok(None);
    }
    Ok(reading.snapshot.open_tasks(&cut, TimeRange { from, until }).await?)
}

/// How many of those that should beat do.
fn of_agents(agents: &BTreeMap<HealthState, u64>) -> HealthPart {
    let of = |state: HealthState| agents.get(&state).copied().unwrap_or(0);
    let ill = of(HealthState::Degraded) + of(HealthState::Critical) + of(HealthState::Failed);
    let rate = Rate::new(of(HealthState::Healthy), of(HealthState::Healthy) + ill);
    let share = rate.map(Rate::ratio);
    HealthPart {
        value: share,
        rate,
        n: rate.map_or(0, |rate| rate.denominator),
        status: share_status(share, AGENTS.0, AGENTS.1),
        ..part(PartKind::Agents, AGENTS)
    }
}

/// A part without a value.
fn part(kind: PartKind, (degraded_at, critical_at): (f64, f64)) -> HealthPart {
    HealthPart {
        part: kind,
        value: None,
        rate: None,
        n: 0,
        current_ms: None,
        baseline_ms: None,
        baseline_n: 0,
        measured_at: None,
        degraded_at,
        critical_at,
        status: PartStatus::Unknown,
    }
}
