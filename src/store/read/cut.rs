//! Which tasks an answer is about, in the numbers of the dictionaries, and how they are found.

use sqlx::{QueryBuilder, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use crate::analytics::grid::width;
use crate::model::answer::Tier;
use crate::model::{RecordFilter, TimeRange};

/// Equality filters on tasks; the default is all tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    pub(super) agent: Option<i64>,
    pub(super) swarm: Option<i64>,
    pub(super) project: Option<i64>,
    pub(super) model: Option<i64>,
    /// `Some(None)` asks for tasks without a result.
    pub(super) result: Option<Option<i64>>,
}

/// Which rollups know a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollups {
    /// Those of the fleet: minutes, hours, days.
    Fleet,
    /// Those per agent and swarm: hours, days.
    Agents,
    /// None; the records are read.
    None,
}

const DICTIONARIES: [(&str, &str); 5] = [
    ("agent_id", "select id from agent_name where name = ?"),
    ("swarm_id", "select id from swarm_name where name = ?"),
    ("project", "select id from project_name where name = ?"),
    ("model", "select id from model_name where name = ?"),
    ("result", "select id from result_name where name = ?"),
];

impl Snapshot {
    /// The cut `filter` describes; `None` when it names something no record has, so that nothing fits.
    /// Only agent, swarm, project, model and result are looked at (`result` = `none`: without one).
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn cut(&mut self, filter: &RecordFilter) -> Result<Option<Cut>, StoreError> {
        let mut cut = Cut::default();
        let words = [&filter.agent_id, &filter.swarm_id, &filter.project, &filter.model, &filter.result];
        for ((field, select), word) in DICTIONARIES.into_iter().zip(words) {
            let Some(word) = word.as_deref() else { continue };
            if (field, word) == ("result", "none") {
                cut.result = Some(None);
                continue;
            }
            let found: Option<i64> = sqlx::query_scalar(select)
                .bind(word)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(query("look up a name"))?;
            let Some(id) = found else { return Ok(None) };
            match field {
                "agent_id" => cut.agent = Some(id),
                "swarm_id" => cut.swarm = Some(id),
                "project" => cut.project = Some(id),
                "model" => cut.model = Some(id),
                _ => cut.result = Some(Some(id)),
            }
        }
        Ok(Some(cut))
    }
}

impl Cut {
    /// Which rollups can answer.
    #[must_use]
    pub fn rollups(&self) -> Rollups {
        match (self.agent.or(self.swarm), self.project.or(self.model), self.result) {
            (None, None, None) => Rollups::Fleet,
            (Some(_), None, None) => Rollups::Agents,
            _ => Rollups::None,
        }
    }

    /// The number of its agent.
    #[must_use]
    pub fn agent_number(&self) -> Option<i64> {
        self.agent
    }

    /// The number of its swarm.
    #[must_use]
    pub fn swarm_number(&self) -> Option<i64> {
        self.swarm
    }

    /// The same cut of one agent.
    #[must_use]
    pub fn of_agent(self, agent: i64) -> Self {
        Self { agent: Some(agent), ..self }
    }

    /// Adds ` from task … where …` for the cut's tasks in `range`.
    pub(super) fn push_tasks(&self, sql: &mut QueryBuilder<Sqlite>, range: TimeRange) {
        sql.push(if self.agent.or(self.swarm).is_some() {
            " from task indexed by task_by_agent where ts >= "
        } else {
            " from task where ts >= "
        });
        sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
        self.push_agents(sql, range);
        self.push_rest(sql);
    }

    /// Adds ` and agent …`, which lets the index by agent find the tasks of a swarm too.
    fn push_agents(&self, sql: &mut QueryBuilder<Sqlite>, range: TimeRange) {
        match (self.agent, self.swarm) {
            (Some(agent), _) => {
                sql.push(" and agent = ").push_bind(agent);
            }
            (None, Some(swarm)) => {
                sql.push(" and agent in (select agent from swarm_agent where swarm = ").push_bind(swarm);
                sql.push(" and first_ts < ").push_bind(range.until.0);
                sql.push(" and last_ts >= ").push_bind(range.from.0).push(")");
            }
            (None, None) => {}
        }
    }

    /// Adds the filters no index serves.
    pub(super) fn push_rest(&self, sql: &mut QueryBuilder<Sqlite>) {
        let columns = [
            ("swarm", self.swarm),
            ("project", self.project),
            ("model", self.model),
            ("result", self.result.flatten()),
        ];
        for (column, id) in columns {
            if let Some(id) = id {
                sql.push(" and ").push(column).push(" = ").push_bind(id);
            }
        }
        if self.result == Some(None) {
            sql.push(" and result is null");
        }
    }

    /// Adds ` from …_rollup where …` for the cut's buckets of `tier` in `range`. The cut must have such rollups.
    pub(super) fn push_buckets(&self, sql: &mut QueryBuilder<Sqlite>, tier: Tier, range: TimeRange) {
        sql.push(match self.rollups() {
            Rollups::Fleet => " from fleet_rollup where ",
            _ => " from agent_rollup indexed by agent_rollup_by_agent where ",
        });
        push_span(sql, tier, range);
        self.push_agents(sql, range);
        if let Some(swarm) = self.swarm {
            sql.push(" and swarm = ").push_bind(swarm);
        }
    }
}

/// Adds `tier = … and bucket >= … and bucket < …`.
pub(super) fn push_span(sql: &mut QueryBuilder<Sqlite>, tier: Tier, range: TimeRange) {
    sql.push("tier = ").push_bind(width(tier) / crate::model::time::SECOND);
    sql.push(" and bucket >= ").push_bind(range.from.0).push(" and bucket < ").push_bind(range.until.0);
}
