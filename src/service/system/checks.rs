//! The comprehensive health check: database, disk space, memory, query performance, agents.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::{Service, ServiceError};
use super::{lock, machine};
use crate::analytics::system::grade_low;
use crate::model::answer::Rate;
use crate::model::health::HealthState;
use crate::model::system::{Check, Grade};
use crate::model::time::MINUTE;
use crate::model::{Micros, TimeRange};
use crate::store::read::{AgentSum, Cut};

/// How long after its last task or event an agent counts as active.
const ACTIVE: i64 = 5 * MINUTE;

/// Agents looked at together.
const AT_ONCE: usize = 5_000;

type Details = BTreeMap<String, Value>;

impl Service {
    /// All of them, and how many agents are active, as far as that can be read.
    pub(super) async fn checks(&self, now: Micros) -> (Vec<Check>, Option<u64>) {
        let started = Instant::now();
        let active = self.store().agents_active(Micros(now.0 - ACTIVE)).await;
        let readable = self.store_readable().await;
        let took_ms = started.elapsed().as_secs_f64() * 1e3;
        let active = active.map_err(|error| ServiceError::from(error).problem().detail);
        let checks = vec![
            self.check_database(readable.as_ref().err().map(String::as_str)),
            self.check_disk(),
            self.check_memory(),
            self.check_queries(now, readable.is_ok().then_some(took_ms)),
            self.check_agents(now, &active).await,
        ];
        (checks, active.ok())
    }

    fn check_database(&self, unreadable: Option<&str>) -> Check {
        let gauge = self.store().gauge();
        let wrong: Vec<String> = unreadable
            .map(str::to_owned)
            .into_iter()
            .chain(self.writing().err())
            .chain(self.queue_room().err())
            .collect();
        let message = if wrong.is_empty() { "readable and writable".to_owned() } else { wrong.join("; ") };
        let details = Details::from([
            ("file".into(), json!(self.store().path().display().to_string())),
            ("file_bytes".into(), json!(gauge.file_bytes)),
            ("wal_bytes".into(), json!(gauge.wal_bytes)),
            ("queued_records".into(), json!(gauge.queued_records)),
            ("queue_limit_records".into(), json!(gauge.queue_limit)),
            ("failed_commits".into(), json!(gauge.failures)),
        ]);
        check("database", if wrong.is_empty() { Grade::Ok } else { Grade::Critical }, message, details)
    }

    fn check_disk(&self) -> Check {
        let settings = &self.settings().health;
        let Some(disk) = machine::disk(self.store().path()) else {
            return check(
                "disk_space",
                Grade::Unknown,
                "the system does not say how full the disk is".into(),
                Details::new(),
            );
        };
        let rate = Rate::new(disk.used, disk.total);
        let needed = settings.disk_free_mb_min << 20;
        let status =
            if disk.free < needed { Grade::Critical } else { grade_low(rate.map(Rate::ratio), &settings.disk) };
        let message = format!("{} used, {} MiB free", percent(rate), disk.free >> 20);
        let details = Details::from([
            ("used_bytes".into(), json!(disk.used)),
            ("total_bytes".into(), json!(disk.total)),
            ("free_bytes".into(), json!(disk.free)),
            ("free_needed_bytes".into(), json!(needed)),
            ("target_share".into(), json!(settings.disk.target)),
            ("critical_share".into(), json!(settings.disk.critical)),
        ]);
        check("disk_space", status, message, details)
    }

    fn check_memory(&self) -> Check {
        let limits = &self.settings().health.memory;
        let Some(memory) = machine::memory() else {
            return check(
                "memory",
                Grade::Unknown,
                "the system does not say how full memory is".into(),
                Details::new(),
            );
        };
        let rate = Rate::new(memory.used, memory.total);
        let message = format!("{} used, {} MiB free", percent(rate), memory.free >> 20);
        let details = Details::from([
            ("used_bytes".into(), json!(memory.used)),
            ("total_bytes".into(), json!(memory.total)),
            ("process_bytes".into(), json!(machine::resident_bytes())),
            ("target_share".into(), json!(limits.target)),
            ("critical_share".into(), json!(limits.critical)),
        ]);
        check("memory", grade_low(rate.map(Rate::ratio), limits), message, details)
    }

    /// Two questions asked now, and what was asked lately: the worse of both counts.
    fn check_queries(&self, now: Micros, took_ms: Option<f64>) -> Check {
        let limits = &self.settings().health.response_p95_ms;
        let lately = lock(&self.system.window).lately(now);
        let message = match (took_ms, lately.p95_ms) {
            (None, _) => "the store did not answer".to_owned(),
            (Some(took), None) => format!("answered in {took:.1} ms"),
            (Some(took), Some(p95)) => {
                format!("answered in {took:.1} ms; p95 of {} questions {p95:.1} ms", lately.timed)
            }
        };
        let status = match took_ms {
            None => Grade::Critical,
            Some(_) => grade_low(took_ms, limits).max(grade_low(lately.p95_ms, limits)),
        };
        let details = Details::from([
            ("probe_ms".into(), json!(took_ms)),
            ("p95_ms".into(), json!(lately.p95_ms)),
            ("questions".into(), json!(lately.timed)),
            ("target_ms".into(), json!(limits.target)),
            ("critical_ms".into(), json!(limits.critical)),
        ]);
        check("query_performance", status, message, details)
    }

    /// Of the agents heard of lately that beat: how many of them failed to.
    async fn check_agents(&self, now: Micros, active: &Result<u64, String>) -> Check {
        let limits = &self.settings().health.agents_failed;
        let (active, states) = match (active, self.beating(now).await) {
            (Ok(active), Ok(states)) => (*active, states),
            (Err(problem), _) => return check("agents", Grade::Critical, problem.clone(), Details::new()),
            (_, Err(error)) => return check("agents", Grade::Critical, error.problem().detail, Details::new()),
        };
        let count = |state: HealthState| states.get(&state).copied().unwrap_or(0);
        let expected = HealthState::ALL.into_iter().filter(|state| *state < HealthState::Unknown).map(count).sum();
        let failed = Rate::new(count(HealthState::Failed), expected);
        let share = failed.map(Rate::ratio);
        let message = match failed {
            None => format!("{active} active, none expected to beat"),
            Some(rate) => format!("{active} active, {} of {} failed to beat", rate.numerator, rate.denominator),
        };
        let mut details = Details::from([
            ("active".into(), json!(active)),
            ("target_share".into(), json!(limits.target)),
            ("critical_share".into(), json!(limits.critical)),
        ]);
        details.extend(states.iter().map(|(state, count)| (state.as_str().to_owned(), json!(count))));
        // Nobody who beats is nobody who is missed.
        check("agents", share.map_or(Grade::Ok, |share| grade_low(Some(share), limits)), message, details)
    }

    /// Agents heard of within the time after which one counts as stale, that ever beat, by state.
    async fn beating(&self, now: Micros) -> Result<BTreeMap<HealthState, u64>, ServiceError> {
        let lately = i64::from(self.settings().agents.stale_after_minutes) * MINUTE;
        let mut snapshot = self.store().snapshot().await?;
        let agents = snapshot.beating_since(Micros(now.0.saturating_sub(lately))).await?;
        let sums: Vec<AgentSum> = agents.into_iter().map(AgentSum::numbered).collect();
        let mut states = BTreeMap::new();
        for some in sums.chunks(AT_ONCE) {
            let facts = snapshot.agent_facts(some, TimeRange::ALL, &Cut::default()).await?;
            let types = facts.into_iter().map(|facts| facts.agent_type);
            let typed: Vec<_> = some.iter().cloned().zip(types).collect();
            for standing in self.standings(&mut snapshot, &typed, now).await? {
                *states.entry(standing.health.state).or_default() += 1;
            }
        }
        Ok(states)
    }
}

fn check(name: &str, status: Grade, message: String, details: Details) -> Check {
    Check { name: name.to_owned(), healthy: status != Grade::Critical, status, message, details }
}

/// A share as people read it, to one decimal.
fn percent(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "unknown".to_owned(), |rate| format!("{:.1} %", rate.ratio() * 100.0))
}
