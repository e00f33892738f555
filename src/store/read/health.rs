//! The health that swarms report about themselves: `swarm_metric` `health`, as it was sent.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, push_span};
use super::tallies::{push_slot, read_slot};
use crate::analytics::grid::{Grid, Piece};
use crate::model::answer::Tier;

impl Snapshot {
    /// Slot, count and sum of the health values of `cut`; a slot may come in several parts. Nothing for a cut by
    /// agent, model or result, which are not about swarms; for a cut by project every piece must be raw.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn health(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        grid: &Grid,
    ) -> Result<Vec<(usize, u64, f64)>, StoreError> {
        if cut.agent.is_some() || cut.model.is_some() || cut.result.is_some() || pieces.is_empty() {
            return Ok(Vec::new());
        }
        let metric: Option<i64> = sqlx::query_scalar("select id from metric_name where name = 'health'")
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("look up a name"))?;
        let Some(metric) = metric else { return Ok(Vec::new()) };
        let mut sql = health_sql(metric, pieces, cut, grid);
        let read = |row: SqliteRow| {
            Ok((read_slot(&row)?, row.try_get::<i64, _>(1)?.unsigned_abs(), row.try_get::<f64, _>(2)?))
        };
        let mut health =
            sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read the health of swarms"))?;
        self.add_sealed_health(metric, pieces, cut, grid, &mut health).await?;
        Ok(health)
    }
}

pub(super) fn health_sql(metric: i64, pieces: &[Piece], cut: &Cut, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        if piece.tier == Tier::Raw {
            push_values(&mut sql, metric, piece, cut, grid);
        } else {
            push_slot(&mut sql, "bucket", grid);
            sql.push(", sum(n), total(sum) from metric_rollup indexed by metric_rollup_by_metric");
            sql.push(" where kind = 2 and metric = ").push_bind(metric).push(" and ");
            push_span(&mut sql, piece.tier, piece.range);
            if let Some(swarm) = cut.swarm {
                sql.push(" and subject = ").push_bind(swarm);
            }
        }
        sql.push(" group by 1");
    }
    sql
}

/// Adds one arm over records; the rollups say which swarms report health at all, so that the index is used.
fn push_values(sql: &mut QueryBuilder<Sqlite>, metric: i64, piece: &Piece, cut: &Cut, grid: &Grid) {
    push_slot(sql, "ts", grid);
    sql.push(", count(*), total(value) from swarm_metric indexed by swarm_metric_by_series where metric = ");
    sql.push_bind(metric);
    match cut.swarm {
        Some(swarm) => {
            sql.push(" and swarm = ").push_bind(swarm);
        }
        None => {
            sql.push(" and swarm in (select subject from metric_rollup where kind = 2 and tier = 86400 and metric = ");
            sql.push_bind(metric).push(")");
        }
    }
    sql.push(" and ts >= ").push_bind(piece.range.from.0).push(" and ts < ").push_bind(piece.range.until.0);
    if let Some(project) = cut.project {
        sql.push(" and project = ").push_bind(project);
    }
}
