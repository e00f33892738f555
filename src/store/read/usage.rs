//! Tokens and reported cost by model and project.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, push_span};
use crate::analytics::cost::Usage;
use crate::analytics::grid::Piece;
use crate::model::Micros;
use crate::model::answer::Tier;
use crate::model::overview::TokenTotals;

const BUCKET_SUMS: &str = "select model, project, costed, sum(tasks), sum(recorded), cast(total(used) as integer), \
    cast(total(input) as integer), cast(total(output) as integer), cast(total(cache_read) as integer), \
    cast(total(cache_write) as integer), cast(total(reasoning) as integer), cast(total(unsplit) as integer), \
    total(cost) from usage_rollup where ";

const TASK_SUMS: &str = "select coalesce(model, 0), coalesce(project, 0), cost_usd is not null, count(*), \
    count(coalesce(tokens_used, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, \
    tokens_reasoning)), cast(total(tokens_used) as integer), cast(total(tokens_input) as integer), \
    cast(total(tokens_output) as integer), cast(total(tokens_cache_read) as integer), \
    cast(total(tokens_cache_write) as integer), cast(total(tokens_reasoning) as integer), \
    cast(total(tokens_used) filter (where coalesce(tokens_input, tokens_output, tokens_cache_read, \
    tokens_cache_write) is null) as integer), total(cost_usd)";

impl Snapshot {
    /// Names of every model, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn models(&mut self, limit: u32) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar("select name from model_name order by id limit ?")
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read models"))
    }

    /// Usage of `cut` in the `pieces`; a model in a project may come in several parts. Buckets know model and
    /// project only: with another cut every piece must be raw.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn usage(&mut self, pieces: &[Piece], cut: &Cut) -> Result<Vec<Usage>, StoreError> {
        let Some(first) = pieces.first() else { return Ok(Vec::new()) };
        let at = first.range.from;
        let mut sql = usage_sql(pieces, cut);
        let read = |row: SqliteRow| read_usage(&row, at);
        let mut usage = sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("add up usage"))?;
        self.add_sealed_usage(pieces, cut, at, &mut usage).await?;
        Ok(usage)
    }
}

impl Cut {
    /// Whether usage by model and project answers it without reading records.
    #[must_use]
    pub fn has_usage(&self) -> bool {
        self.agent.is_none() && self.swarm.is_none() && self.result.is_none()
    }
}

pub(super) fn usage_sql(pieces: &[Piece], cut: &Cut) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select (select name from model_name where id = u.column1), \
         (select name from project_name where id = u.column2), u.* from (",
    );
    sql.push("select null as column1, null as column2, null, null, null, null, null, null, null, null, null, ");
    sql.push("null, null where 0");
    for piece in pieces {
        sql.push(" union all ");
        if piece.tier == Tier::Raw {
            sql.push(TASK_SUMS);
            cut.push_tasks(&mut sql, piece.range);
            sql.push(" group by 1, 2, 3");
        } else {
            sql.push(BUCKET_SUMS);
            push_span(&mut sql, piece.tier, piece.range);
            for (column, id) in [(" and model = ", cut.model), (" and project = ", cut.project)] {
                if let Some(id) = id {
                    sql.push(column).push_bind(id);
                }
            }
            sql.push(" group by model, project, costed");
        }
    }
    sql.push(") u");
    sql
}

fn read_usage(row: &SqliteRow, at: Micros) -> Result<Usage, sqlx::Error> {
    let count = |index: usize| row.try_get::<i64, _>(index).map(i64::unsigned_abs);
    let sum = |index: usize| row.try_get::<i64, _>(index);
    let costed = row.try_get::<i64, _>(4)? != 0;
    Ok(Usage {
        model: row.try_get(0)?,
        project: row.try_get(1)?,
        at,
        reported: if costed { Some(row.try_get(14)?) } else { None },
        tasks: count(5)?,
        tokens: TokenTotals {
            recorded: count(6)?,
            used: sum(7)?,
            input: sum(8)?,
            output: sum(9)?,
            cache_read: sum(10)?,
            cache_write: sum(11)?,
            reasoning: sum(12)?,
            unsplit: sum(13)?,
        },
    })
}
