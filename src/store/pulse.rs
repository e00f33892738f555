//! When each agent was last heard of and last beat: one small row an agent, kept in the transaction of its records,
//! so that who is well, late or stale is known without looking through everything it ever sent.
//!
//! Whatever an agent sends proves that it is alive and takes the mark of staleness away, unless it is older than what
//! was heard already. Not here: what the beats mean (`analytics::health`), when agents are marked (`jobs::stale`).

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, SqlStr, Sqlite};

use super::Store;
use super::chore::{Chore, Outcome};
use super::dictionary::{Dict, Dictionary};
use super::error::{StoreError, query};
use super::events::EventRow;
use super::insert::Written;
use super::metrics::{MetricRow, OfAgent};
use super::queue::{Done, Work};
use super::read::Snapshot;
use super::registry::LifeRow;
use super::table::{Table, sql};
use super::tasks::TaskRow;
use crate::model::Micros;
use crate::model::health::AgentHealth;

/// The event type that is a heartbeat.
pub const HEARTBEAT: &str = "heartbeat";

/// Most agents that are remembered to save reading them again.
const REMEMBERED: usize = 50_000;
/// Numbers bound by one statement; SQLite binds at most 32 766.
const AT_ONCE: usize = 5_000;

const SELECT: &str = "select agent, last_ts, beats, stale_ts from agent_pulse where agent in (";
/// Rows of one upsert; the largest that fits is taken. A batch may be about thousands of agents.
const UPSERT_SIZES: [usize; 3] = [256, 16, 1];

static UPSERTS: LazyLock<[SqlStr; 3]> = LazyLock::new(|| {
    UPSERT_SIZES.map(|size| {
        let rows = vec!["(?, ?, ?, ?)"; size].join(", ");
        sql(format!(
            "insert into agent_pulse (agent, last_ts, beats, stale_ts) values {rows} on conflict (agent) do update set \
             last_ts = excluded.last_ts, beats = excluded.beats, stale_ts = excluded.stale_ts"
        ))
    })
});

/// Agents that say they are at work, were last heard of before ?1, and are not marked.
const ANY_QUIET: &str = "select exists (select 1 from agent_pulse p where p.stale_ts is null and p.last_ts < ?1
    and (select status from agent_life where agent = p.agent order by spawn_ts desc limit 1)
        in ('spawned', 'running'))";
/// Agents that are marked and still say that they are at work: one of them, or all, those last heard of first.
const STALE: &str = "select n.name, p.last_ts from agent_pulse p join agent_name n on n.id = p.agent
    where p.stale_ts is not null and (?1 is null or n.name = ?1)
    and (select status from agent_life where agent = p.agent order by spawn_ts desc limit 1) in ('spawned', 'running')
    order by p.last_ts desc limit ?2";
const MARK_QUIET: &str = "update agent_pulse set stale_ts = ?2 where stale_ts is null and last_ts < ?1
    and (select status from agent_life where agent = agent_pulse.agent order by spawn_ts desc limit 1)
        in ('spawned', 'running')";

/// What is known of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulse {
    /// When it was last heard of.
    pub last: i64,
    /// Its last beats, ascending.
    pub beats: Vec<i64>,
    /// When it was marked as stale, if it is.
    pub stale: Option<i64>,
}

impl Pulse {
    /// Takes in what was heard; whether it is news.
    fn feel(&mut self, last: i64, beats: &[i64]) -> bool {
        let later = last > self.last;
        if later {
            (self.last, self.stale) = (last, None);
        }
        let before = self.beats.len();
        let oldest = self.beats.first().copied().unwrap_or(i64::MIN);
        let full = before >= AgentHealth::BEATS_KEPT;
        self.beats.extend(beats.iter().copied().filter(|beat| !full || *beat > oldest));
        if self.beats.len() == before {
            return later;
        }
        self.beats.sort_unstable();
        let surplus = self.beats.len().saturating_sub(AgentHealth::BEATS_KEPT);
        self.beats.drain(..surplus);
        true
    }
}

/// A row of a table that proves its agent alive.
pub(super) trait Sign: Table {
    /// Whose it is.
    fn agent(&self) -> i64;
    /// The latest instant it speaks of.
    fn latest(&self) -> i64 {
        self.time()
    }
    /// Whether it is a beat, given the number of that event type.
    fn is_beat(&self, _heartbeat: Option<i64>) -> bool {
        false
    }
}

impl Sign for TaskRow {
    fn agent(&self) -> i64 {
        self.agent
    }
}

impl Sign for MetricRow<OfAgent> {
    fn agent(&self) -> i64 {
        self.subject
    }
}

impl Sign for EventRow {
    fn agent(&self) -> i64 {
        self.agent
    }

    fn is_beat(&self, heartbeat: Option<i64>) -> bool {
        heartbeat == Some(self.kind)
    }
}

impl Sign for LifeRow {
    fn agent(&self) -> i64 {
        self.agent
    }

    fn latest(&self) -> i64 {
        self.spawn_ts.max(self.complete_ts.unwrap_or(self.spawn_ts)).max(self.running_ts.unwrap_or(self.spawn_ts))
    }
}

/// What one transaction heard: the latest instant and the beats, by agent.
#[derive(Debug)]
pub(super) struct Heard {
    heartbeat: Option<i64>,
    agents: HashMap<i64, (i64, Vec<i64>)>,
}

impl Heard {
    /// Nothing yet.
    pub(super) fn new(words: &Dictionary) -> Self {
        Self { heartbeat: words.id(Dict::Event, HEARTBEAT).ok(), agents: HashMap::new() }
    }

    /// Takes in rows that are new, and those that took the place of others.
    pub(super) fn note<T: Sign>(&mut self, written: &Written<T>) {
        for row in written.stored().chain(written.replaced.iter().map(|(_, after)| after)) {
            let (last, beats) = self.agents.entry(row.agent()).or_insert_with(|| (i64::MIN, Vec::new()));
            *last = row.latest().max(*last);
            if row.is_beat(self.heartbeat) {
                beats.push(row.time());
            }
        }
    }
}

/// The pulses that the writer remembers. Can be dropped at any time between transactions.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    known: HashMap<i64, Pulse>,
}

impl Pulses {
    /// Writes down what was `heard`.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be rolled back and `self` dropped.
    pub(super) async fn feel(&mut self, connection: &mut SqliteConnection, heard: Heard) -> Result<(), StoreError> {
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        let unknown: Vec<i64> = heard.agents.keys().copied().filter(|agent| !self.known.contains_key(agent)).collect();
        self.known.extend(read(connection, &unknown).await?);
        let mut news: Vec<i64> = Vec::with_capacity(heard.agents.len());
        for (agent, (last, beats)) in heard.agents {
            let pulse = self.known.entry(agent).or_insert_with(|| Pulse { last: i64::MIN, ..Pulse::default() });
            if pulse.feel(last, &beats) {
                news.push(agent);
            }
        }
        news.sort_unstable(); // neighbours share a page
        self.write(connection, &news).await
    }

    async fn write(&self, connection: &mut SqliteConnection, mut agents: &[i64]) -> Result<(), StoreError> {
        for (size, statement) in UPSERT_SIZES.into_iter().zip(UPSERTS.iter()) {
            while let Some((now, later)) = agents.split_at_checked(size) {
                let mut upsert = sqlx::query(statement.clone());
                for agent in now {
                    let pulse = self.known.get(agent).cloned().unwrap_or_default();
                    upsert = upsert.bind(*agent).bind(pulse.last).bind(to_json(&pulse.beats)).bind(pulse.stale);
                }
                upsert.execute(&mut *connection).await.map_err(query("note when agents were heard of"))?;
                agents = later;
            }
        }
        Ok(())
    }
}

fn to_json(beats: &[i64]) -> String {
    let beats: Vec<String> = beats.iter().map(i64::to_string).collect();
    format!("[{}]", beats.join(","))
}

/// The pulses of `agents`, as far as there are any.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn read(connection: &mut SqliteConnection, agents: &[i64]) -> Result<HashMap<i64, Pulse>, StoreError> {
    let mut pulses = HashMap::with_capacity(agents.len());
    for some in agents.chunks(AT_ONCE) {
        let mut select = QueryBuilder::<Sqlite>::new(SELECT);
        let mut list = select.separated(", ");
        for agent in some {
            list.push_bind(*agent);
        }
        select.push(")");
        let rows: Vec<(i64, i64, String, Option<i64>)> = select
            .build_query_as()
            .persistent(false)
            .fetch_all(&mut *connection)
            .await
            .map_err(query("read when agents were heard of"))?;
        for (agent, last, beats, stale) in rows {
            let beats = serde_json::from_str(&beats).map_err(|error| StoreError::Damaged {
                what: format!("the beats of agent number {agent} are no list of times: {error}"),
            })?;
            pulses.insert(agent, Pulse { last, beats, stale });
        }
    }
    Ok(pulses)
}

/// Marks quiet agents, inside the writer's transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn mark(connection: &mut SqliteConnection, before: Micros, now: Micros) -> Result<u64, StoreError> {
    let done = sqlx::query(MARK_QUIET).bind(before.0).bind(now.0).execute(connection).await;
    Ok(done.map_err(query("mark agents as stale"))?.rows_affected())
}

impl Snapshot {
    /// Agents that are marked as stale, with when they were last heard of, those heard of last first: one by its name,
    /// or all.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn silent_agents(
        &mut self,
        agent_id: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Micros)>, StoreError> {
        let found: Vec<(String, i64)> = sqlx::query_as(STALE)
            .bind(agent_id)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("find stale agents"))?;
        Ok(found.into_iter().map(|(name, last)| (name, Micros(last))).collect())
    }
}

impl Store {
    /// Marks every agent that says it is at work and was last heard of before `before` as stale since `now`; returns
    /// how many were not marked before. Nothing is written when there are none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn mark_stale(&self, before: Micros, now: Micros) -> Result<u64, StoreError> {
        let any: bool = sqlx::query_scalar(ANY_QUIET)
            .bind(before.0)
            .fetch_one(self.reader())
            .await
            .map_err(query("look for stale agents"))?;
        if !any {
            return Ok(0);
        }
        match self.queue().run(Work::Chore(Chore::MarkStale { before, now })).await? {
            Done::Chore(Outcome::Counted(marked)) => Ok(marked),
            _ => Err(StoreError::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse() -> Pulse {
        Pulse { last: 100, beats: vec![10, 20], stale: Some(500) }
    }

    #[test]
    fn news_takes_the_mark_away_and_old_news_does_not() {
        let mut old = pulse();
        assert!(!old.feel(100, &[]));
        assert_eq!(old, pulse());
        let mut new = pulse();
        assert!(new.feel(101, &[]));
        assert_eq!((new.last, new.stale), (101, None));
    }

    #[test]
    fn the_last_beats_are_kept_in_order_however_they_come() {
        let mut late = pulse();
        assert!(late.feel(50, &[15, 5]));
        assert_eq!((late.beats.as_slice(), late.last, late.stale), (&[5, 10, 15, 20][..], 100, Some(500)));
        let mut many = Pulse::default();
        let beats: Vec<i64> = (1..=40).rev().collect();
        assert!(many.feel(40, &beats));
        assert_eq!(many.beats, (25..=40).collect::<Vec<i64>>());
        assert!(!many.feel(40, &[24]), "older than all that are kept");
    }

    #[test]
    fn beats_are_written_as_json() {
        assert_eq!((to_json(&[]), to_json(&[-1, 2])), ("[]".into(), "[-1,2]".into()));
    }
}
