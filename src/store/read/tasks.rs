//! Single tasks with their names, for tables and pages.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::super::key::TextId;
use super::Snapshot;
use super::cut::{Cut, Rollups};
use crate::model::overview::TaskRow;
use crate::model::{Micros, Source, TimeRange, TokenCounts};

const COLUMNS: &str = "select t.id, t.task_id, t.ts, a.name, s.name, p.name, m.name, r.name, t.duration_ms,
    t.tokens_used, t.files_changed,
    coalesce(
        (select n.name from agent_life l join agent_type_name n on n.id = l.agent_type
            where l.agent = t.agent order by l.spawn_ts desc limit 1),
        (select n.name from (select agent_type, ts from event where agent = t.agent order by ts desc limit 50) e
            join agent_type_name n on n.id = e.agent_type order by e.ts desc limit 1)),
    t.tokens_input, t.tokens_output, t.tokens_cache_read, t.tokens_cache_write, t.tokens_reasoning,
    t.cost_usd, t.metadata, f.name, t.source_key ";

const WORDS: &str = " join agent_name a on a.id = t.agent
    left join swarm_name s on s.id = t.swarm
    left join project_name p on p.id = t.project
    left join model_name m on m.id = t.model
    left join result_name r on r.id = t.result
    left join source_name f on f.id = t.source";

/// The newest task of that id. Walks the covering key from its end, without touching the rows.
const BY_ID: &str =
    "select ts, id from task where ts >= ?1 and ts < ?2 and task_id = ?3 order by ts desc, id desc limit 1";

/// A task with everything that is stored about it.
#[derive(Debug, Clone, PartialEq)]
pub struct FullTask {
    /// Its row in a table.
    pub row: TaskRow,
    /// Its tokens by kind.
    pub tokens: TokenCounts,
    /// What it cost in USD, as the source reported it.
    pub cost_usd: Option<f64>,
    /// Its metadata, verbatim.
    pub metadata: Option<String>,
    /// Where it was imported from.
    pub source: Option<Source>,
}

impl Snapshot {
    /// The tasks with these row ids, in their order.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn tasks(&mut self, ids: &[i64]) -> Result<Vec<FullTask>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push("from task t").push(WORDS).push(" where t.id in (");
        let mut list = sql.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        sql.push(")");
        let mut found: Vec<FullTask> =
            sql.build().try_map(read_task).fetch_all(&mut *self.tx).await.map_err(query("read tasks"))?;
        let lacking = |id: &&i64| !found.iter().any(|task| task.row.row == **id);
        let lacking: Vec<i64> = ids.iter().filter(lacking).copied().collect();
        if let Some(mut sql) = self.sealed_tasks_sql(&lacking).await? {
            sql.push(COLUMNS).push("from t").push(WORDS);
            let sealed = sql.build().persistent(false).try_map(read_task).fetch_all(&mut *self.tx).await;
            found.extend(sealed.map_err(query("read tasks"))?);
        }
        for task in &mut found {
            if let Some(kind) = self.sealed_type_of_agent(&task.row.agent_id).await? {
                task.row.agent_type = Some(kind);
            }
        }
        let place = |task: &FullTask| ids.iter().position(|id| *id == task.row.row);
        found.sort_by_key(place);
        Ok(found)
    }

    /// Row ids of the newest tasks of `cut` in `range`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn newest_tasks(&mut self, range: TimeRange, cut: &Cut, limit: u32) -> Result<Vec<i64>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select ts, id");
        cut.push_tasks(&mut sql, range);
        sql.push(" order by ts desc, id desc limit ").push_bind(limit);
        let places = sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the newest tasks"))?;
        self.newest_with_sealed(places, range, cut.tests(), limit, |_| true).await
    }

    /// Row ids of the newest tasks of `cut` in `range` that failed, ran out of time, or failed without saying
    /// how, newest first. Who stopped a task did not fail.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn newest_failures(&mut self, range: TimeRange, cut: &Cut, limit: u32) -> Result<Vec<i64>, StoreError> {
        let mut sql = failures_sql(range, cut, limit);
        let places = sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the newest failures"))?;
        self.newest_failures_with_sealed(places, range, cut, limit).await
    }

    /// The newest task with this id, or the one that ended at `at`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn task_by_id(&mut self, task_id: &str, at: Option<Micros>) -> Result<Option<FullTask>, StoreError> {
        let (from, until) = at.map_or((i64::MIN, i64::MAX), |at| (at.0, at.0.saturating_add(1)));
        let found = sqlx::query_as(BY_ID).bind(from).bind(until);
        let place: Option<(i64, i64)> = match TextId::new(task_id) {
            TextId::Uuid(bytes) => found.bind(bytes.to_vec()),
            TextId::Text(text) => found.bind(text.to_string()),
        }
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(query("find a task"))?;
        let range = TimeRange { from: Micros(from), until: Micros(until) };
        let sealed = self.sealed_by_id(range, TextId::new(task_id)).await?;
        let Some((_, id)) = place.max(sealed) else { return Ok(None) };
        Ok(self.tasks(&[id]).await?.pop())
    }
}

pub(super) fn failures_sql(range: TimeRange, cut: &Cut, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select ts, id");
    if cut.rollups() == Rollups::Agents {
        cut.push_tasks(&mut sql, range);
        sql.push(" and result in (2, 3, 5)");
    } else {
        // Failures are few, so their index serves any cut.
        sql.push(" from task indexed by task_failed where result in (2, 3, 5) and ts >= ");
        sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
        if let Some(agent) = cut.agent {
            sql.push(" and agent = ").push_bind(agent);
        }
        cut.push_rest(&mut sql);
    }
    sql.push(" order by ts desc, id desc limit ").push_bind(limit);
    sql
}

fn read_task(row: SqliteRow) -> Result<FullTask, sqlx::Error> {
    let file: Option<String> = row.try_get(19)?;
    let key: Option<String> = row.try_get(20)?;
    Ok(FullTask {
        row: TaskRow {
            row: row.try_get(0)?,
            task_id: TextId::required(&row, 1)?.to_string(),
            timestamp: Micros(row.try_get(2)?),
            agent_id: row.try_get(3)?,
            agent_type: row.try_get(11)?,
            swarm_id: row.try_get(4)?,
            project: row.try_get(5)?,
            model: row.try_get(6)?,
            result: row.try_get(7)?,
            duration_ms: row.try_get(8)?,
            tokens_used: row.try_get(9)?,
            files_changed: row.try_get(10)?,
        },
        tokens: TokenCounts {
            input: row.try_get(12)?,
            output: row.try_get(13)?,
            cache_read: row.try_get(14)?,
            cache_write: row.try_get(15)?,
            reasoning: row.try_get(16)?,
        },
        cost_usd: row.try_get(17)?,
        metadata: row.try_get(18)?,
        source: file.zip(key).map(|(file, key)| Source { file, key }),
    })
}
