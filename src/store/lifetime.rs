//! Counts for `/metrics`: how much ever arrived, and who is at work now.
//!
//! What tasks came to is in `work`. Not here: which of these numbers stay in memory (`service::vitals`).

mod work;

use std::collections::BTreeMap;

use super::Store;
use super::error::{StoreError, query};
use super::read::Snapshot;
use super::rollup::HEALINGS;
use crate::model::time::HOUR;
use crate::model::{Micros, TimeRange};

pub use work::{AgentWork, Work};

/// The labels are the order in which types were first seen.
const SELECT_EVENTS: &str = "\
select n.name, c.n from lifetime_count c join event_name n on n.id = c.label where c.counter = 'events' order by c.label";

/// One look at two indices for every agent there is, instead of one at every recent row.
const COUNT_ACTIVE: &str = "\
select count(*) from agent_name a
where exists (select 1 from task t where t.agent = a.id and t.ts >= ?1)
   or exists (select 1 from event e where e.agent = a.id and e.ts >= ?1)";

const SELECT_HEALINGS: &str = "\
select n.name, c.n from lifetime_count c join strategy_name n on n.id = c.label where c.counter = ?1 order by c.label";
const SELECT_RECENT_HEALINGS: &str = "\
select n.name, h.success, count(*) from healing h join strategy_name n on n.id = h.strategy
where h.ts >= ?1 and h.ts < ?2 group by h.strategy, h.success
union all
select n.name, h.success, count(*) from derived_healing h join strategy_name n on n.id = h.strategy
where h.ts >= ?1 and h.ts < ?2 and h.success is not null group by h.strategy, h.success";

const COUNT_LIVES: &str = "\
select t.name, l.status, count(*) from agent_name a cross join agent_life l on l.agent = a.id
    and l.spawn_ts = (select max(n.spawn_ts) from agent_life n where n.agent = a.id)
join agent_type_name t on t.id = l.agent_type group by l.agent_type, l.status";
const COUNT_STALE: &str = "select count(*) from agent_pulse where stale_ts is not null";
const COUNT_DUE: &str = "select count(*) from derive_due";

/// The newest hour of every series of swarms that has one; with `max` SQLite takes the other columns from its row.
const SELECT_REPORTED: &str = "\
select s.name, n.name, r.last, r.last_ts, max(r.bucket)
from metric_name n cross join metric_rollup r indexed by metric_rollup_by_metric
    on r.kind = 2 and r.metric = n.id and r.tier = 3600 and r.bucket >= ?1 and r.bucket < ?2
join swarm_name s on s.id = r.subject
group by r.subject, r.metric";

const NEWEST_TASK: &str = "select max(ts) from task";
const NEWEST_HOUR: &str = "select max(bucket) from fleet_rollup where tier = 3600";

/// Healing attempts of one strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealingCount {
    /// The strategy.
    pub strategy: String,
    /// Whether they worked.
    pub success: bool,
    /// How many.
    pub count: u64,
}

/// Agents of one type whose latest life came equally far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeCount {
    /// The type.
    pub agent_type: String,
    /// spawned, running, complete or error.
    pub status: String,
    /// How many.
    pub count: u64,
}

/// The newest value of a swarm's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The swarm.
    pub swarm: String,
    /// The metric type.
    pub metric_type: String,
    /// The value, in its own unit.
    pub value: f64,
    /// When it was reported.
    pub at: Micros,
}

impl Store {
    /// Agents with a task that ended, or an event that happened, at `since` or later.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agents_active(&self, since: Micros) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(COUNT_ACTIVE)
            .bind(since.0)
            .fetch_one(self.reader())
            .await
            .map_err(query("count the agents at work"))?;
        Ok(count.unsigned_abs())
    }
}

impl Snapshot {
    /// Events that ever arrived, by type, those that were first seen first; retention never lowers them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn events_ever(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query_as(SELECT_EVENTS).fetch_all(&mut *self.tx).await;
        let rows: Vec<(String, i64)> = rows.map_err(query("read the event counters"))?;
        Ok(rows.into_iter().map(|(name, count)| (name, count.unsigned_abs())).collect())
    }

    /// Healings that ever arrived, by strategy; those found in events are not among them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn healings_ever(&mut self) -> Result<Vec<HealingCount>, StoreError> {
        let mut all = Vec::new();
        for (success, counter) in HEALINGS {
            let rows = sqlx::query_as(SELECT_HEALINGS).bind(counter).fetch_all(&mut *self.tx).await;
            let rows: Vec<(String, i64)> = rows.map_err(query("read the healing counters"))?;
            let of_these =
                |(strategy, count): (String, i64)| HealingCount { strategy, success, count: count.unsigned_abs() };
            all.extend(rows.into_iter().map(of_these));
        }
        Ok(all)
    }

    /// Healing attempts in `range`, reported and found in events.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn healings_in(&mut self, range: TimeRange) -> Result<Vec<HealingCount>, StoreError> {
        let rows = sqlx::query_as(SELECT_RECENT_HEALINGS).bind(range.from.0).bind(range.until.0);
        let rows = rows.fetch_all(&mut *self.tx).await;
        let rows: Vec<(String, bool, i64)> = rows.map_err(query("count recent healings"))?;
        let mut counts: BTreeMap<(String, bool), u64> = BTreeMap::new();
        for (strategy, success, count) in rows {
            *counts.entry((strategy, success)).or_default() += count.unsigned_abs();
        }
        let count = |((strategy, success), count)| HealingCount { strategy, success, count };
        Ok(counts.into_iter().map(count).collect())
    }

    /// Agents in the registry, by type and how far their latest life came.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn life_counts(&mut self) -> Result<Vec<LifeCount>, StoreError> {
        let rows = sqlx::query_as(COUNT_LIVES).fetch_all(&mut *self.tx).await;
        let rows: Vec<(String, String, i64)> = rows.map_err(query("count the agents in the registry"))?;
        let count = |(agent_type, status, count): (String, String, i64)| LifeCount {
            agent_type,
            status,
            count: count.unsigned_abs(),
        };
        Ok(rows.into_iter().map(count).collect())
    }

    /// Agents that are marked as stale.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn stale_agents(&mut self) -> Result<u64, StoreError> {
        self.count(COUNT_STALE, "count stale agents").await
    }

    /// Agents whose events are still to be looked through for healings.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn due_agents(&mut self) -> Result<u64, StoreError> {
        self.count(COUNT_DUE, "count agents with news").await
    }

    async fn count(&mut self, select: &'static str, action: &'static str) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(select).fetch_one(&mut *self.tx).await.map_err(query(action))?;
        Ok(count.unsigned_abs())
    }

    /// The newest value of each metric that a swarm reported in `range`, which is to be short. Swarms that were
    /// seen earlier come first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn newest_reported(&mut self, range: TimeRange) -> Result<Vec<Reported>, StoreError> {
        let first = range.from.0.div_euclid(HOUR) * HOUR;
        let rows = sqlx::query_as(SELECT_REPORTED).bind(first).bind(range.until.0).fetch_all(&mut *self.tx).await;
        let rows: Vec<(String, String, f64, i64, i64)> = rows.map_err(query("read what swarms reported"))?;
        let reported = |(swarm, metric_type, value, at, _)| Reported { swarm, metric_type, value, at: Micros(at) };
        Ok(rows.into_iter().map(reported).filter(|reported| range.contains(reported.at)).collect())
    }

    /// By how many microseconds the newest task is later than everything the sums hold.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn rollup_lag(&mut self) -> Result<i64, StoreError> {
        let mut newest = [None; 2];
        for (place, select) in newest.iter_mut().zip([NEWEST_TASK, NEWEST_HOUR]) {
            let found: Option<i64> =
                sqlx::query_scalar(select).fetch_one(&mut *self.tx).await.map_err(query("compare sums with tasks"))?;
            *place = found;
        }
        let [task, hour] = newest;
        let Some(task) = task else { return Ok(0) };
        Ok(hour.map_or(i64::MAX, |hour| task.saturating_sub(hour + HOUR - 1)).max(0))
    }
}
