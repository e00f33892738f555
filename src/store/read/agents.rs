//! Agents by what they did in a range, and what is known about them.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups, push_span};
use super::durations::unpack_durations;
use super::tallies::Tally;
use crate::analytics::grid::{Grid, Piece};
use crate::analytics::sketch::Sketch;
use crate::model::answer::{Rate, Tier};
use crate::model::overview::LifeRow;
use crate::model::{Micros, TimeRange};

/// Of the registry first; an agent nobody registered is known from its latest events and task.
const FACTS: &str = "select a.id, a.name,
    coalesce(
        (select n.name from agent_life l join agent_type_name n on n.id = l.agent_type
            where l.agent = a.id order by l.spawn_ts desc limit 1),
        (select n.name from (select agent_type, ts from event where agent = a.id order by ts desc limit 50) e
            join agent_type_name n on n.id = e.agent_type order by e.ts desc limit 1)),
    coalesce(
        (select n.name from (select project from agent_life where agent = a.id order by spawn_ts desc limit 1) l
            join project_name n on n.id = l.project),
        (select n.name from (select project from task where agent = a.id order by ts desc limit 1) t
            join project_name n on n.id = t.project)),
    (select status from agent_life where agent = a.id order by spawn_ts desc limit 1)";

const LIVES: &str = "select status, spawn_ts, complete_ts, duration_ms from agent_life
    where agent = (select id from agent_name where name = ?1) order by spawn_ts desc limit ?2";

/// What one agent did in a range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AgentSum {
    pub(in crate::store) agent: i64,
    /// Its tasks.
    pub tasks: u64,
    /// Those that succeeded.
    pub success: u64,
    /// Those that count in the success rate.
    pub rated: u64,
    /// Those with a duration.
    pub timed: u64,
    /// Sum of the durations in milliseconds.
    pub duration_sum: f64,
    /// The longest duration.
    pub duration_max: Option<f64>,
    /// Those that recorded tokens.
    pub recorded: u64,
    /// Its tokens.
    pub used: i64,
}

impl AgentSum {
    /// An agent of which only the number is known.
    #[must_use]
    pub fn numbered(agent: i64) -> Self {
        Self { agent, ..Self::default() }
    }

    /// Adds tasks of the agent.
    pub(super) fn add(&mut self, tally: &Tally) {
        self.tasks += tally.tasks;
        self.success += tally.success;
        self.rated += tally.tasks - tally.other;
        self.timed += tally.timed;
        self.duration_sum += tally.duration_sum;
        self.duration_max = match (self.duration_max, tally.duration_max) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        self.recorded += tally.tokens.recorded;
        self.used = self.used.saturating_add(tally.tokens.used);
    }

    /// The agent's number; agents seen first have the smallest.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.agent
    }

    /// Its success rate.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        Rate::new(self.success, self.rated)
    }

    /// The mean duration in milliseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.duration_sum / self.timed as f64)
    }

    fn read(row: SqliteRow) -> Result<Self, sqlx::Error> {
        let count = |index: usize| row.try_get::<i64, _>(index).map(i64::unsigned_abs);
        Ok(Self {
            agent: row.try_get(0)?,
            tasks: count(1)?,
            success: count(2)?,
            rated: count(3)?,
            timed: count(4)?,
            duration_sum: row.try_get(5)?,
            duration_max: row.try_get(6)?,
            used: row.try_get(7)?,
            recorded: count(8)?,
        })
    }
}

/// What is known about an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentFacts {
    /// Its id.
    pub agent_id: String,
    /// Its kind: of its latest life, else of its latest event that says so.
    pub agent_type: Option<String>,
    /// Its project: of its latest life, else of its latest task.
    pub project: Option<String>,
    /// Its status in its latest life.
    pub status: Option<String>,
    /// Its last task of the cut in the range.
    pub last_task: Option<Micros>,
}

impl Snapshot {
    /// Every agent with a task of `cut` in the `pieces`, in no order.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_sums(&mut self, pieces: &[Piece], cut: &Cut) -> Result<Vec<AgentSum>, StoreError> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = agent_sums_sql(pieces, cut);
        let mut sums =
            sql.build().try_map(AgentSum::read).fetch_all(&mut *self.tx).await.map_err(query("add up agents"))?;
        self.add_sealed_agent_sums(pieces, cut, &mut sums).await?;
        Ok(sums)
    }

    /// The durations of every timed task of `cut` in `range`, by agent, for `agents`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agent_durations(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        agents: &[AgentSum],
    ) -> Result<Vec<Vec<f64>>, StoreError> {
        let mut all = Vec::with_capacity(agents.len());
        for agent in agents {
            let mut sql = QueryBuilder::<Sqlite>::new("select json_group_array(duration_ms)");
            cut.of_agent(agent.agent).push_tasks(&mut sql, range);
            sql.push(" and duration_ms is not null");
            let packed: String =
                sql.build_query_scalar().fetch_one(&mut *self.tx).await.map_err(query("read durations"))?;
            all.push(unpack_durations(&packed)?);
        }
        self.add_sealed_agent_durations(range, cut, agents, &mut all).await?;
        Ok(all)
    }

    /// The summarised durations of `cut` by agent, for `agents`, from those `pieces` that are buckets.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agent_sketches(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        agents: &[AgentSum],
    ) -> Result<Vec<Sketch>, StoreError> {
        let grid = Grid::WHOLE;
        let mut all = Vec::with_capacity(agents.len());
        for agent in agents {
            let mut whole = Sketch::default();
            for part in self.sketches(pieces, &cut.of_agent(agent.agent), &grid).await? {
                whole.merge(&part.sketch);
            }
            all.push(whole);
        }
        Ok(all)
    }

    /// What is known about each of `agents`, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agent_facts(
        &mut self,
        agents: &[AgentSum],
        range: TimeRange,
        cut: &Cut,
    ) -> Result<Vec<AgentFacts>, StoreError> {
        let mut sql = facts_sql(agents, range, cut);
        let read = |row: SqliteRow| {
            let facts = AgentFacts {
                agent_id: row.try_get(1)?,
                agent_type: row.try_get(2)?,
                project: row.try_get(3)?,
                status: row.try_get(4)?,
                last_task: row.try_get::<Option<i64>, _>(5)?.map(Micros),
            };
            Ok((row.try_get::<i64, _>(0)?, facts))
        };
        let mut known: HashMap<i64, AgentFacts> = sql
            .build()
            .try_map(read)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read about agents"))?
            .into_iter()
            .collect();
        let mut all = Vec::with_capacity(agents.len());
        for agent in agents {
            let mut facts = known.remove(&agent.agent).ok_or_else(|| nameless(agent.agent))?;
            self.add_sealed_facts(agent.agent, range, cut, &mut facts).await?;
            all.push(facts);
        }
        Ok(all)
    }

    /// What is known about the agent of `cut`, which must name one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn facts_of(&mut self, cut: &Cut, range: TimeRange) -> Result<AgentFacts, StoreError> {
        let agent = AgentSum::numbered(cut.agent.unwrap_or_default());
        let facts = self.agent_facts(&[agent], range, cut).await?.pop();
        facts.ok_or_else(|| nameless(agent.agent))
    }

    /// The latest lives of the agent named `agent_id`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn lives(&mut self, agent_id: &str, limit: u32) -> Result<Vec<LifeRow>, StoreError> {
        let read = |row: SqliteRow| {
            Ok(LifeRow {
                status: row.try_get(0)?,
                spawn_time: Micros(row.try_get(1)?),
                complete_time: row.try_get::<Option<i64>, _>(2)?.map(Micros),
                duration_ms: row.try_get(3)?,
            })
        };
        sqlx::query(LIVES)
            .bind(agent_id)
            .bind(limit)
            .try_map(read)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read an agent's lives"))
    }
}

fn nameless(agent: i64) -> StoreError {
    StoreError::Damaged { what: format!("agent number {agent} has no name") }
}

pub(super) fn facts_sql(agents: &[AgentSum], range: TimeRange, cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(FACTS);
    sql.push(", (select ts from task indexed by task_by_agent where agent = a.id and ts >= ");
    sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    cut.push_rest(&mut sql);
    sql.push(" order by ts desc limit 1) from agent_name a where a.id in (");
    let mut list = sql.separated(", ");
    for agent in agents {
        list.push_bind(agent.agent);
    }
    sql.push(")");
    sql
}

pub(super) fn agent_sums_sql(pieces: &[Piece], cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select agent, sum(tasks), sum(success), sum(rated), sum(timed), total(duration_sum), max(duration_max), \
         cast(total(used) as integer), sum(recorded) from (",
    );
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        push_sums(&mut sql, piece, cut);
    }
    sql.push(") group by agent");
    sql
}

/// Adds one arm of the sum over agents.
fn push_sums(sql: &mut QueryBuilder<Sqlite>, piece: &Piece, cut: &Cut) {
    if piece.tier == Tier::Raw {
        sql.push(
            "select agent, count(*) as tasks, count(*) filter (where result = 1) as success, \
             count(*) filter (where result between 1 and 5) as rated, count(duration_ms) as timed, \
             total(duration_ms) as duration_sum, max(duration_ms) as duration_max, total(tokens_used) as used, \
             count(tokens_used) as recorded",
        );
        cut.push_tasks(sql, piece.range);
    } else {
        sql.push(
            "select agent, sum(tasks) as tasks, sum(success) as success, sum(tasks - other) as rated, \
             sum(duration_n) as timed, total(duration_sum) as duration_sum, max(duration_max) as duration_max, \
             total(used_sum) as used, sum(used_n) as recorded",
        );
        if cut.rollups() == Rollups::Fleet {
            sql.push(" from agent_rollup where ");
            push_span(sql, piece.tier, piece.range);
        } else {
            cut.push_buckets(sql, piece.tier, piece.range);
        }
    }
    sql.push(" group by agent");
}
