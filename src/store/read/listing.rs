//! What lists of agents and swarms show beside sums: who was there, and where swarms belong.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::archive::Chunk;
use super::super::archive::rows::task;
use super::super::error::query;
use super::Snapshot;
use super::agents::AgentSum;
use super::cut::{Cut, Rollups, push_span};
use super::sealed::{FOR_SWARMS, tally};
use super::tallies::Tally;
use crate::analytics::grid::Piece;
use crate::model::answer::{Rate, Tier};
use crate::model::{Micros, TimeRange};

/// Names bound by one statement; SQLite binds at most 32 766.
const AT_ONCE: usize = 10_000;

/// Kinds of agents, as tables of tasks show them: of the latest life, else of the latest event that says so.
const AGENT_TYPES: &str = "select a.name, coalesce(
        (select n.name from agent_life l join agent_type_name n on n.id = l.agent_type
            where l.agent = a.id order by l.spawn_ts desc limit 1),
        (select n.name from (select agent_type, ts from event where agent = a.id order by ts desc limit 50) e
            join agent_type_name n on n.id = e.agent_type order by e.ts desc limit 1))
    from agent_name a where a.name in (";

/// What a swarm did in a range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SwarmSum {
    swarm: i64,
    /// Agents with a task of it.
    pub agents: u64,
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

impl SwarmSum {
    /// The swarm's number; swarms seen first have the smallest.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.swarm
    }

    fn merge(&mut self, other: &Self) {
        self.tasks += other.tasks;
        self.success += other.success;
        self.rated += other.rated;
        self.timed += other.timed;
        self.duration_sum += other.duration_sum;
        self.duration_max = self.duration_max.into_iter().chain(other.duration_max).reduce(f64::max);
        self.recorded += other.recorded;
        self.used = self.used.saturating_add(other.used);
    }

    fn add(&mut self, tally: &Tally) {
        self.merge(&Self {
            tasks: tally.tasks,
            success: tally.success,
            rated: tally.tasks - tally.other,
            timed: tally.timed,
            duration_sum: tally.duration_sum,
            duration_max: tally.duration_max,
            recorded: tally.tokens.recorded,
            used: tally.tokens.used,
            ..Self::default()
        });
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
        (self.timed > 0).then(|| (self.duration_sum / self.timed as f64).min(f64::MAX))
    }
}

/// What is known about a swarm, whatever the range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwarmFacts {
    /// Its id.
    pub swarm_id: String,
    /// Its project: of any of its tasks that has one.
    pub project: Option<String>,
    /// Its first task or event.
    pub first: Option<Micros>,
    /// Its last task or event.
    pub last: Option<Micros>,
}

impl Snapshot {
    /// The kinds of the agents named `names`, as far as they are known.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_types(&mut self, names: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(AGENT_TYPES);
        let mut list = sql.separated(", ");
        for name in names {
            list.push_bind(name);
        }
        sql.push(")");
        let found: Vec<(String, Option<String>)> =
            sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("read kinds of agents"))?;
        Ok(found.into_iter().filter_map(|(name, kind)| Some((name, kind?))).collect())
    }

    /// Agents of `cut` with an event or a start in `range`, with nothing counted. Only of a cut by agent, swarm or
    /// project: events know no model and no result, starts no swarm either.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agents_present(&mut self, range: TimeRange, cut: &Cut) -> Result<Vec<AgentSum>, StoreError> {
        if cut.model.is_some() || cut.result.is_some() {
            return Ok(Vec::new());
        }
        let mut sql = agents_present_sql(range, cut);
        let found: Vec<i64> =
            sql.build_query_scalar().fetch_all(&mut *self.tx).await.map_err(query("find who was there"))?;
        let mut agents = found.into_iter().collect();
        self.add_sealed_agents(range, cut, &mut agents).await?;
        Ok(agents.into_iter().map(AgentSum::numbered).collect())
    }

    /// Every swarm with a task of `cut` in the `pieces`, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn swarm_sums(&mut self, pieces: &[Piece], cut: &Cut) -> Result<Vec<SwarmSum>, StoreError> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = swarm_sums_sql(pieces, cut);
        let found: Vec<(i64, SwarmSum)> =
            sql.build().try_map(read_sum).fetch_all(&mut *self.tx).await.map_err(query("add up swarms"))?;
        let mut swarms: BTreeMap<i64, (HashSet<i64>, SwarmSum)> = BTreeMap::new();
        for (agent, sum) in found {
            let (agents, whole) = swarms.entry(sum.swarm).or_default();
            agents.insert(agent);
            whole.merge(&sum);
        }
        for piece in pieces.iter().filter(|piece| piece.tier == Tier::Raw) {
            let add = |chunk: &Chunk, row: usize| {
                let (Some(swarm), Some(agent)) = (chunk.int(task::SWARM, row), chunk.int(task::AGENT, row)) else {
                    return;
                };
                let (agents, whole) = swarms.entry(swarm).or_default();
                agents.insert(agent);
                whole.add(&tally(chunk, row));
            };
            self.each_sealed_task(piece.range, cut, FOR_SWARMS, add).await?;
        }
        let whole = |(swarm, (agents, sum)): (i64, (HashSet<i64>, SwarmSum))| SwarmSum {
            swarm,
            agents: agents.len() as u64,
            ..sum
        };
        Ok(swarms.into_iter().map(whole).collect())
    }

    /// What is known about each of `swarms`, by number.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarm_facts(&mut self, swarms: &[i64]) -> Result<HashMap<i64, SwarmFacts>, StoreError> {
        let mut all = HashMap::new();
        for part in swarms.chunks(AT_ONCE) {
            let mut sql = swarm_facts_sql(part);
            let read = |row: SqliteRow| {
                let facts = SwarmFacts {
                    swarm_id: row.try_get(1)?,
                    project: row.try_get(2)?,
                    first: row.try_get::<Option<i64>, _>(3)?.map(Micros),
                    last: row.try_get::<Option<i64>, _>(4)?.map(Micros),
                };
                Ok((row.try_get::<i64, _>(0)?, facts))
            };
            let found: Vec<(i64, SwarmFacts)> =
                sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read about swarms"))?;
            all.extend(found);
        }
        Ok(all)
    }
}

pub(super) fn agents_present_sql(range: TimeRange, cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select id from agent_name a where ");
    if let Some(agent) = cut.agent {
        sql.push("id = ").push_bind(agent).push(" and ");
    }
    sql.push("(exists (select 1 from event indexed by event_by_agent where agent = a.id and ts >= ");
    sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    for (column, id) in [(" and swarm = ", cut.swarm), (" and project = ", cut.project)] {
        if let Some(id) = id {
            sql.push(column).push_bind(id);
        }
    }
    sql.push(")");
    if cut.swarm.is_none() {
        sql.push(" or exists (select 1 from agent_life where agent = a.id and spawn_ts >= ");
        sql.push_bind(range.from.0).push(" and spawn_ts < ").push_bind(range.until.0);
        if let Some(project) = cut.project {
            sql.push(" and project = ").push_bind(project);
        }
        sql.push(")");
    }
    sql.push(")");
    sql
}

pub(super) fn swarm_facts_sql(swarms: &[i64]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select s.id, s.name, (select n.name from swarm_agent w \
         join task t indexed by task_by_agent on t.agent = w.agent and t.ts between w.first_ts and w.last_ts \
         join project_name n on n.id = t.project where w.swarm = s.id and t.swarm = s.id limit 1), \
         (select min(first_ts) from swarm_agent where swarm = s.id), \
         (select max(last_ts) from swarm_agent where swarm = s.id) from swarm_name s where s.id in (",
    );
    let mut list = sql.separated(", ");
    for swarm in swarms {
        list.push_bind(*swarm);
    }
    sql.push(")");
    sql
}

pub(super) fn swarm_sums_sql(pieces: &[Piece], cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    for (index, piece) in pieces.iter().enumerate() {
        sql.push(if index > 0 { " union all " } else { "" });
        if piece.tier == Tier::Raw {
            sql.push(
                "select swarm, agent, count(*) as tasks, count(*) filter (where result = 1) as success, \
                 count(*) filter (where result between 1 and 5) as rated, count(duration_ms) as timed, \
                 total(duration_ms) as duration_sum, max(duration_ms) as duration_max, \
                 cast(total(tokens_used) as integer) as used, count(tokens_used) as recorded",
            );
            cut.push_tasks(&mut sql, piece.range);
            sql.push(" and swarm is not null");
        } else {
            sql.push(
                "select swarm, agent, sum(tasks) as tasks, sum(success) as success, sum(tasks - other) as rated, \
                 sum(duration_n) as timed, total(duration_sum) as duration_sum, max(duration_max) as duration_max, \
                 cast(total(used_sum) as integer) as used, sum(used_n) as recorded",
            );
            if cut.rollups() == Rollups::Fleet {
                sql.push(" from agent_rollup where ");
                push_span(&mut sql, piece.tier, piece.range);
            } else {
                cut.push_buckets(&mut sql, piece.tier, piece.range);
            }
            sql.push(" and swarm <> 0");
        }
        sql.push(" group by swarm, agent");
    }
    sql
}

/// Reads an agent's share of a swarm.
fn read_sum(row: SqliteRow) -> Result<(i64, SwarmSum), sqlx::Error> {
    let count = |index: usize| row.try_get::<i64, _>(index).map(i64::unsigned_abs);
    let sum = SwarmSum {
        swarm: row.try_get(0)?,
        agents: 1,
        tasks: count(2)?,
        success: count(3)?,
        rated: count(4)?,
        timed: count(5)?,
        duration_sum: row.try_get(6)?,
        duration_max: row.try_get(7)?,
        used: row.try_get(8)?,
        recorded: count(9)?,
    };
    Ok((row.try_get(1)?, sum))
}
