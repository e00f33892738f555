//! What `/metrics` says of the swarm: what ever happened, and how the last minutes went.
//!
//! Counters count everything that was ever stored, whatever retention took since. Gauges speak of the last minutes of
//! *record* time, so that importing last year's telemetry fires no alert. What tasks of past days came to is kept in
//! memory until something in those days is written. Not here: names and labels of metrics (`api::metrics`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Service, ServiceError};
use crate::model::alert::Alert;
use crate::model::overview::{PageQuery, Totals};
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{Micros, RangeSpec, RecordFilter, TimeRange};
use crate::store::changes::Mark;
use crate::store::lifetime::{HealingCount, LifeCount, Reported, Work};
use crate::store::read::Snapshot;

/// How long after its last sign of life an agent counts as active.
const ACTIVE: i64 = 5 * MINUTE;
/// Which tasks are recent, as a range.
const RECENT: &str = "now-5m";
/// How far back healings, and values that swarms report, are recent.
const LATELY: i64 = HOUR;

/// What is known at one moment.
#[derive(Debug, Clone)]
pub struct Vitals {
    /// Events that ever arrived, by type, those that were first seen first.
    pub events: Vec<(String, u64)>,
    /// Healings that ever arrived; those found in events are not among them.
    pub healings: Vec<HealingCount>,
    /// What all tasks came to.
    pub work: Work,
    /// The names of the agents in `work`: of the first [`Self::AGENTS_NAMED`], by number.
    pub names: HashMap<i64, String>,
    /// Agents with a task or an event in the last 5 minutes.
    pub active_agents: u64,
    /// Agents in the registry.
    pub lives: Vec<LifeCount>,
    /// Agents that are marked as stale.
    pub stale_agents: u64,
    /// Agents whose events wait to be looked through for healings.
    pub due_agents: u64,
    /// What swarms reported in the last hour, the newest value of each metric.
    pub reported: Vec<Reported>,
    /// Tasks of the last 5 minutes.
    pub recent: Totals,
    /// Healing attempts of the last hour, reported or found in events.
    pub recent_healings: Vec<HealingCount>,
    /// Alerts of the rules inside that wait or fire, as the last look left them.
    pub alerts: Vec<Alert>,
    /// By how many microseconds sums are behind the newest task; they are written together, so 0.
    pub rollup_lag: i64,
}

impl Vitals {
    /// Most agents that are named. They are the ones that were seen first, so that a counter, once shown, stays.
    pub const AGENTS_NAMED: usize = 1000;
}

/// What tasks of past days came to, as long as it holds.
#[derive(Debug, Default)]
pub(super) struct Past(Mutex<Option<Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    /// Everything before this midnight …
    until: Micros,
    /// … as it was at this moment.
    since: Mark,
    work: Arc<Work>,
}

impl Service {
    /// Reads them.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn vitals(&self, now: Micros) -> Result<Vitals, ServiceError> {
        let recent = self.recent_totals(now).await?;
        let alerts = self.alerts_now().await?;
        let mark = self.store().changes().mark();
        let mut snapshot = self.store().snapshot().await?;
        let work = self.work_ever(&mut snapshot, mark, now).await?;
        let named: Vec<i64> = work.agents.keys().copied().take(Vitals::AGENTS_NAMED).collect();
        let lately = TimeRange { from: Micros(now.0.saturating_sub(LATELY)), until: Micros(now.0.saturating_add(1)) };
        let vitals = Vitals {
            events: snapshot.events_ever().await?,
            healings: snapshot.healings_ever().await?,
            names: snapshot.agent_names(&named).await?,
            work,
            active_agents: 0,
            lives: snapshot.life_counts().await?,
            stale_agents: snapshot.stale_agents().await?,
            due_agents: snapshot.due_agents().await?,
            reported: snapshot.newest_reported(lately).await?,
            recent,
            recent_healings: snapshot.healings_in(lately).await?,
            alerts,
            rollup_lag: snapshot.rollup_lag().await?,
        };
        drop(snapshot); // nobody asks for a second connection while holding one
        let active_agents = self.store().agents_active(Micros(now.0.saturating_sub(ACTIVE))).await?;
        Ok(Vitals { active_agents, ..vitals })
    }

    /// Figures of the tasks that ended in the last 5 minutes.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn recent_totals(&self, now: Micros) -> Result<Totals, ServiceError> {
        let range = RangeSpec { from: RECENT.into(), to: String::new() };
        self.totals(&PageQuery { range, filter: RecordFilter::default(), compare: false }, now).await
    }

    /// Adds up past days, so that the first scrape needs not wait for that.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn add_up_past(&self, now: Micros) -> Result<(), ServiceError> {
        let mark = self.store().changes().mark();
        self.past_work(&mut self.store().snapshot().await?, mark, past_until(now)).await?;
        Ok(())
    }

    /// What all tasks came to; past days from memory when nothing was written to them.
    async fn work_ever(&self, snapshot: &mut Snapshot, mark: Mark, now: Micros) -> Result<Work, ServiceError> {
        let until = past_until(now);
        let mut work = Work::clone(&*self.past_work(snapshot, mark, until).await?);
        work.merge(&snapshot.work_of_days(until, Micros(i64::MAX)).await?);
        Ok(work)
    }

    /// What all tasks of days before `until` came to.
    async fn past_work(&self, snapshot: &mut Snapshot, mark: Mark, until: Micros) -> Result<Arc<Work>, ServiceError> {
        let kept = self.past.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let before = TimeRange { from: Micros(i64::MIN), until };
        let holds = |kept: &Kept| kept.until == until && !self.store().changes().touched(kept.since, before);
        if let Some(kept) = kept.filter(holds) {
            return Ok(kept.work);
        }
        let mut work = snapshot.work_retired().await?;
        work.merge(&snapshot.work_of_days(before.from, until).await?);
        let work = Arc::new(work);
        let kept = Kept { until, since: mark, work: Arc::clone(&work) };
        *self.past.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(work)
    }
}

/// The first midnight that is not long past: yesterday still gets tasks.
fn past_until(now: Micros) -> Micros {
    Micros((now.0.div_euclid(DAY) - 1) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Settings;
    use crate::service::record::IntakeOptions;
    use crate::store::{Store, StoreOptions};

    /// 2026-01-01T12:00:00Z.
    const NOON: Micros = Micros(1_767_268_800_000_000);

    async fn store_task(service: &Service, id: &str, days_ago: i64) {
        let options = IntakeOptions { now: NOON, assume_offset: None, key: None, line_bytes_max: 1000, atomic: false };
        let mut intake = service.intake(options);
        let at = NOON.millis() - days_ago * DAY / 1000;
        let line = format!(
            r#"{{"kind":"task","task_id":"{id}","agent_id":"a","result":"success","timestamp":{at},"duration_ms":1}}"#
        );
        intake.take(line.as_bytes(), 0).await.expect("taken");
        intake.finish().await;
    }

    #[tokio::test]
    async fn past_days_are_added_up_ahead_and_again_when_something_is_written_to_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
        let service = Service::new(store, Settings::default());
        let kept = || {
            let past = service.past.0.lock().expect("unpoisoned");
            past.as_ref().map(|kept| kept.work.timed)
        };
        store_task(&service, "t1", 10).await;
        store_task(&service, "t2", 0).await;
        assert_eq!(kept(), None);
        service.add_up_past(NOON).await.expect("added up");
        assert_eq!(kept(), Some(1.0), "today is not past");
        store_task(&service, "t3", 20).await;
        assert_eq!(service.vitals(NOON).await.expect("vitals").work.timed, 3.0);
        assert_eq!(kept(), Some(2.0));
        service.store().close().await;
    }
}
