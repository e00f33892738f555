//! The registry as it is shown: lives of agents, who is at work, and when agents were last heard of.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::super::pulse::{self, Pulse};
use super::{Cut, Snapshot};
use crate::model::registry::{ActiveAgent, AgentLife, LatestEvent};
use crate::model::{AgentStatus, Json, Micros, TimeRange};

/// Numbers bound by one statement; SQLite binds at most 32 766.
const AT_ONCE: usize = 5_000;

/// An agent's lives, newest first.
const LIVES: &str = "select t.name, l.status, l.spawn_ts, l.running_ts, l.complete_ts, l.duration_ms, l.updated_ts,
        l.metadata, p.name
    from agent_life l join agent_type_name t on t.id = l.agent_type left join project_name p on p.id = l.project
    where l.agent = ?1 order by l.spawn_ts desc limit ?2";
const COUNT_LIVES: &str = "select count(*) from agent_life where agent = ?";

/// The latest life of agents, without what is large, and how many lives each had.
const LATEST_LIVES: &str = "select l.agent, l.status, l.spawn_ts, l.running_ts, l.complete_ts, l.duration_ms,
        (select count(*) from agent_life c where c.agent = l.agent)
    from agent_name a join agent_life l on l.agent = a.id
        and l.spawn_ts = (select max(n.spawn_ts) from agent_life n where n.agent = a.id)
    where a.id in (";

/// Agents whose latest life goes on, by its start, after the place (?1, ?2).
const ACTIVE: &str = "select t.name, l.status, l.spawn_ts, l.running_ts, l.complete_ts, l.duration_ms, l.updated_ts,
        l.metadata, p.name, a.name, u.stale_ts, l.id
    from agent_life l join agent_name a on a.id = l.agent join agent_type_name t on t.id = l.agent_type
        left join project_name p on p.id = l.project left join agent_pulse u on u.agent = l.agent
    where l.spawn_ts <= ?1 and (l.spawn_ts < ?1 or l.id < ?2) and l.status in ('spawned', 'running')
        and not exists (select 1 from agent_life n where n.agent = l.agent and n.spawn_ts > l.spawn_ts)
    order by l.spawn_ts desc, l.id desc limit ?3";

/// One row an agent; those that never beat say nothing.
const BEATING: &str = "select agent from agent_pulse where last_ts >= ?1 and beats <> '[]'";

const MEMBERS: &str = "select agent from swarm_agent where swarm = ?1 and first_ts < ?3 and last_ts >= ?2";

/// An agent's present or last life, without what is large.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestLife {
    /// How far it came.
    pub status: AgentStatus,
    /// Its start.
    pub spawn_time: Micros,
    /// Since when it works.
    pub running_since: Option<Micros>,
    /// Its end.
    pub complete_time: Option<Micros>,
    /// Its length in milliseconds, as reported or from its start to its end.
    pub duration_ms: Option<f64>,
    /// How many lives the agent had.
    pub lives: u64,
}

impl LatestLife {
    /// Whether it ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.status, AgentStatus::Complete | AgentStatus::Error)
    }
}

/// A page of agents at work, and the place of the last of them: start and row id.
pub type ActivePage = (Vec<ActiveAgent>, Option<(i64, i64)>);

impl Snapshot {
    /// The lives of the agent of `cut`, newest first, and how many it had.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_lives(&mut self, cut: &Cut, limit: u32) -> Result<(Vec<AgentLife>, u64), StoreError> {
        let action = "read an agent's lives";
        let lives = sqlx::query(LIVES)
            .bind(cut.agent)
            .bind(limit)
            .try_map(|row: SqliteRow| read_life(&row))
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query(action))?;
        let count = sqlx::query_scalar(COUNT_LIVES).bind(cut.agent).fetch_one(&mut *self.tx).await;
        let count: i64 = count.map_err(query(action))?;
        Ok((lives, count.unsigned_abs()))
    }

    /// The latest life of each of `agents` (numbers) that has one.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn latest_lives(&mut self, agents: &[i64]) -> Result<HashMap<i64, LatestLife>, StoreError> {
        let mut lives = HashMap::with_capacity(agents.len());
        for some in agents.chunks(AT_ONCE) {
            let mut sql = latest_lives_sql(some);
            let read = |row: SqliteRow| {
                let (spawn, complete): (i64, Option<i64>) = (row.try_get(2)?, row.try_get(4)?);
                let life = LatestLife {
                    status: status(&row, 1)?,
                    spawn_time: Micros(spawn),
                    running_since: row.try_get::<Option<i64>, _>(3)?.map(Micros),
                    complete_time: complete.map(Micros),
                    duration_ms: duration(row.try_get(5)?, spawn, complete),
                    lives: row.try_get::<i64, _>(6)?.unsigned_abs(),
                };
                Ok((row.try_get::<i64, _>(0)?, life))
            };
            let found: Vec<(i64, LatestLife)> =
                sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read lives of agents"))?;
            lives.extend(found);
        }
        Ok(lives)
    }

    /// When `agents` (numbers) were last heard of, as far as they were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pulses(&mut self, agents: &[i64]) -> Result<HashMap<i64, Pulse>, StoreError> {
        pulse::read(&mut self.tx, agents).await
    }

    /// Agents that were heard of at `since` or later and ever beat, by number.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn beating_since(&mut self, since: Micros) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar(BEATING)
            .bind(since.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("look which agents beat"))
    }

    /// Agents at work by the start of their lives, newest first, after the place `after`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn active_lives(&mut self, after: Option<(i64, i64)>, limit: u32) -> Result<ActivePage, StoreError> {
        let (ts, id) = after.unwrap_or((i64::MAX, i64::MAX));
        let read = |row: SqliteRow| {
            let life = read_life(&row)?;
            let place = (life.spawn_time.0, row.try_get(11)?);
            let stale_since = row.try_get::<Option<i64>, _>(10)?.map(Micros);
            Ok((ActiveAgent { agent_id: row.try_get(9)?, life, stale_since }, place))
        };
        let found: Vec<(ActiveAgent, (i64, i64))> = sqlx::query(ACTIVE)
            .bind(ts)
            .bind(id)
            .bind(limit)
            .try_map(read)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read who is at work"))?;
        let last = found.last().map(|(_, place)| *place);
        Ok((found.into_iter().map(|(agent, _)| agent).collect(), last))
    }

    /// The latest event of the agent of `cut`, sealed or not.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn latest_event(&mut self, cut: &Cut) -> Result<Option<LatestEvent>, StoreError> {
        let newest = self.agent_events(TimeRange::ALL, cut, 1).await?.pop();
        Ok(newest.map(|event| LatestEvent { event_type: event.event_type, timestamp: event.timestamp }))
    }

    /// The numbers of the agents that worked in the swarm of `cut` during `range`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn members(&mut self, cut: &Cut, range: TimeRange) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar(MEMBERS)
            .bind(cut.swarm)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read who works in a swarm"))
    }
}

pub(super) fn latest_lives_sql(agents: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(LATEST_LIVES);
    let mut list = sql.separated(", ");
    for agent in agents {
        list.push_bind(*agent);
    }
    sql.push(")");
    sql
}

fn read_life(row: &SqliteRow) -> Result<AgentLife, sqlx::Error> {
    let (spawn, complete): (i64, Option<i64>) = (row.try_get(2)?, row.try_get(4)?);
    Ok(AgentLife {
        agent_type: row.try_get(0)?,
        status: status(row, 1)?,
        spawn_time: Micros(spawn),
        running_since: row.try_get::<Option<i64>, _>(3)?.map(Micros),
        complete_time: complete.map(Micros),
        duration_ms: duration(row.try_get(5)?, spawn, complete),
        updated: Micros(row.try_get(6)?),
        metadata: row.try_get::<Option<String>, _>(7)?.map(Json),
        project: row.try_get(8)?,
    })
}

fn status(row: &SqliteRow, index: usize) -> Result<AgentStatus, sqlx::Error> {
    let word: &str = row.try_get(index)?;
    AgentStatus::parse(word).ok_or_else(|| sqlx::Error::Decode(format!("`{word}` is no status").into()))
}

/// What was reported, else what both ends say.
#[expect(clippy::cast_precision_loss, reason = "spans of years stay exact to the microsecond")]
fn duration(reported: Option<f64>, spawn: i64, complete: Option<i64>) -> Option<f64> {
    reported.or_else(|| Some(complete?.checked_sub(spawn)?.max(0) as f64 / 1000.0))
}
