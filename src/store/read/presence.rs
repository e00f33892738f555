//! Who was there: counts of agents and swarms, and when something was first and last heard of.

use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::dictionary::Dict;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups, push_span};
use crate::analytics::grid::Piece;
use crate::model::answer::Tier;
use crate::model::{Micros, RecordFilter, TimeRange};

const AGENT_HEARD: &str = "select min(low), max(high) from (
    select min(ts) as low, null as high from task where agent = ?1
    union all select null, max(ts) from task where agent = ?1
    union all select min(ts), null from event where agent = ?1
    union all select null, max(ts) from event where agent = ?1
    union all select (select min(ts) from agent_metric m where m.agent = ?1 and m.metric = n.id), null
        from metric_name n -- a look into the index for each series
    union all select min(spawn_ts), null from agent_life where agent = ?1
    union all select null, last_ts from agent_pulse where agent = ?1)";

const SWARM_HEARD: &str = "select min(low), max(high) from (
    select min(first_ts) as low, max(last_ts) as high from swarm_agent where swarm = ?1
    union all select min(ts), max(ts) from swarm_metric where swarm = ?1)";

const SWARM_PROJECT: &str = "select n.name from swarm_agent s
    join task t indexed by task_by_agent on t.agent = s.agent and t.ts between s.first_ts and s.last_ts
    join project_name n on n.id = t.project
    where s.swarm = ?1 and t.swarm = ?1 limit 1";

const COUNTING: &str = "count agents and swarms";

impl Snapshot {
    /// All of one agent; `None` when nothing names it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent(&mut self, agent_id: &str) -> Result<Option<Cut>, StoreError> {
        self.cut(&RecordFilter { agent_id: Some(agent_id.to_owned()), ..RecordFilter::default() }).await
    }

    /// All of one swarm; `None` when nothing names it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarm(&mut self, swarm_id: &str) -> Result<Option<Cut>, StoreError> {
        self.cut(&RecordFilter { swarm_id: Some(swarm_id.to_owned()), ..RecordFilter::default() }).await
    }

    /// How many agents have a task of `cut`, or an event, in `range`. Events know no model and no result:
    /// a cut by these counts tasks only.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn active_agents(&mut self, range: TimeRange, cut: &Cut) -> Result<u64, StoreError> {
        let mut sql = active_agents_sql(range, cut);
        let agents: Vec<i64> = sql.build_query_scalar().fetch_all(&mut *self.tx).await.map_err(query(COUNTING))?;
        let mut agents = agents.into_iter().collect();
        self.add_sealed_agents(range, cut, &mut agents).await?;
        Ok(agents.len() as u64)
    }

    /// How many swarms have a task of `cut` in the `pieces`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarms(&mut self, pieces: &[Piece], cut: &Cut) -> Result<u64, StoreError> {
        let mut sql = swarms_sql(pieces, cut);
        let swarms: Vec<i64> = sql.build_query_scalar().fetch_all(&mut *self.tx).await.map_err(query(COUNTING))?;
        let mut swarms = swarms.into_iter().collect();
        self.add_sealed_swarms(pieces, cut, &mut swarms).await?;
        Ok(swarms.len() as u64)
    }

    /// When the agent of `cut`, or else its swarm, was first and last heard of, whatever the range.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn heard(&mut self, cut: &Cut) -> Result<Option<TimeRange>, StoreError> {
        let (sql, id) = match (cut.agent, cut.swarm) {
            (Some(agent), _) => (AGENT_HEARD, agent),
            (None, Some(swarm)) => (SWARM_HEARD, swarm),
            (None, None) => return Ok(None),
        };
        let row =
            sqlx::query(sql).bind(id).fetch_one(&mut *self.tx).await.map_err(query("find when it was heard of"))?;
        let end = |index: usize| row.try_get::<Option<i64>, _>(index).map_err(query("find when it was heard of"));
        let mut times = self.sealed_heard(cut).await?;
        times.extend([end(0)?, end(1)?].into_iter().flatten());
        let (Some(first), Some(last)) = (times.iter().min().copied(), times.iter().max().copied()) else {
            return Ok(None);
        };
        Ok(Some(TimeRange { from: Micros(first), until: Micros(last.saturating_add(1)) }))
    }

    /// The project of the swarm of `cut`: of any of its tasks that has one.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarm_project(&mut self, cut: &Cut) -> Result<Option<String>, StoreError> {
        let project = sqlx::query_scalar(SWARM_PROJECT)
            .bind(cut.swarm)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read about a swarm"))?;
        if project.is_some() { Ok(project) } else { self.sealed_swarm_project(cut).await }
    }

    /// The swarms the agent of `cut` worked in during `range`, latest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarms_of_agent(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select swarm, max(ts) as last");
        cut.push_tasks(&mut sql, range);
        sql.push(" and swarm is not null group by swarm");
        let last: Vec<(i64, i64)> =
            sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("read an agent's swarms"))?;
        let mut last = last.into_iter().collect();
        self.add_sealed_swarms_of_agent(range, cut, &mut last).await?;
        let mut swarms: Vec<(i64, i64)> = last.into_iter().map(|(swarm, last)| (last, swarm)).collect();
        swarms.sort_unstable_by(|a, b| b.cmp(a));
        swarms.truncate(limit as usize);
        let mut names = Vec::with_capacity(swarms.len());
        for (last, swarm) in swarms {
            names.extend(self.word(Dict::Swarm, Some(swarm)).await?.map(|name| (std::cmp::Reverse(last), name)));
        }
        names.sort();
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }
}

pub(super) fn active_agents_sql(range: TimeRange, cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select a.id from agent_name a where ");
    match (cut.agent, cut.swarm) {
        (Some(agent), _) => {
            sql.push("a.id = ").push_bind(agent).push(" and ");
        }
        (None, Some(swarm)) => {
            sql.push("a.id in (select agent from swarm_agent where swarm = ").push_bind(swarm).push(") and ");
        }
        (None, None) => {}
    }
    sql.push("(exists (select 1 from task indexed by task_by_agent where agent = a.id and ts >= ");
    sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    cut.push_rest(&mut sql);
    sql.push(")");
    if cut.model.is_none() && cut.result.is_none() {
        sql.push(" or exists (select 1 from event indexed by event_by_agent where agent = a.id and ts >= ");
        sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
        for (column, id) in [(" and swarm = ", cut.swarm), (" and project = ", cut.project)] {
            if let Some(id) = id {
                sql.push(column).push_bind(id);
            }
        }
        sql.push(")");
    }
    sql.push(")");
    sql
}

pub(super) fn swarms_sql(pieces: &[Piece], cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select swarm from (select null as swarm where 0");
    for piece in pieces {
        sql.push(" union ");
        if piece.tier == Tier::Raw {
            sql.push("select swarm");
            cut.push_tasks(&mut sql, piece.range);
            sql.push(" and swarm is not null");
        } else {
            sql.push("select swarm");
            if cut.rollups() == Rollups::Fleet {
                sql.push(" from agent_rollup where ");
                push_span(&mut sql, piece.tier, piece.range);
            } else {
                cut.push_buckets(&mut sql, piece.tier, piece.range);
            }
            sql.push(" and swarm <> 0");
        }
    }
    sql.push(")");
    sql
}
