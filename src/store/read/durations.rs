//! Durations of tasks: each of them, or the sketches that summarise them.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups, push_span};
use super::tallies::{push_slot, read_slot};
use crate::analytics::grid::{Grid, Piece};
use crate::analytics::sketch::Sketch;
use crate::model::TimeRange;
use crate::model::answer::Tier;

/// The durations of one slot, or a part of them, summarised.
#[derive(Debug, Clone, PartialEq)]
pub struct SketchAt {
    /// Its place in the grid.
    pub slot: usize,
    /// Their summary.
    pub sketch: Sketch,
}

impl Snapshot {
    /// Slot and duration of every timed task of `cut` in `range`, in no order. Packed into two texts by
    /// SQLite, which is several times faster than rows; both aggregates see the rows in the same order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn durations(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        grid: &Grid,
    ) -> Result<Vec<(usize, f64)>, StoreError> {
        let mut sql = durations_sql(range, cut, grid);
        let (slots, values): (String, String) =
            sql.build_query_as().fetch_one(&mut *self.tx).await.map_err(query("read durations"))?;
        let slots: Vec<usize> = unpack(&slots)?;
        let mut durations = slots.into_iter().zip(unpack_durations(&values)?).collect();
        self.add_sealed_durations(range, cut, grid, &mut durations).await?;
        Ok(durations)
    }

    /// The sketches of `cut` by slot from those `pieces` that are buckets; the raw ones are left out.
    ///
    /// # Errors
    /// [`StoreError`]; damaged bytes are [`StoreError::Query`] too.
    pub async fn sketches(&mut self, pieces: &[Piece], cut: &Cut, grid: &Grid) -> Result<Vec<SketchAt>, StoreError> {
        let mut found = Vec::new();
        for piece in pieces.iter().filter(|piece| piece.tier != Tier::Raw) {
            let mut sql = sketches_sql(piece, cut, grid);
            let read = |row: SqliteRow| Ok(SketchAt { slot: read_slot(&row)?, sketch: read_sketch(&row, 1)? });
            let part: Vec<SketchAt> =
                sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read sketches"))?;
            found.extend(part);
        }
        Ok(found)
    }
}

pub(super) fn durations_sql(range: TimeRange, cut: &Cut, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select json_group_array((ts - ");
    sql.push_bind(grid.start.0).push(") / ").push_bind(grid.step).push("), json_group_array(duration_ms)");
    cut.push_tasks(&mut sql, range);
    sql.push(" and duration_ms is not null");
    sql
}

pub(super) fn sketches_sql(piece: &Piece, cut: &Cut, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    push_slot(&mut sql, "bucket", grid);
    if cut.rollups() == Rollups::Fleet {
        sql.push(", duration from fleet_sketch where ");
        push_span(&mut sql, piece.tier, piece.range);
    } else {
        // The sketches have no index by agent, the rollups have.
        sql.push(", (select duration from agent_sketch s where s.tier = agent_rollup.tier");
        sql.push(" and s.bucket = agent_rollup.bucket and s.agent = agent_rollup.agent");
        sql.push(" and s.swarm = agent_rollup.swarm)");
        cut.push_buckets(&mut sql, piece.tier, piece.range);
        sql.push(" and duration_n > 0");
    }
    sql
}

fn read_sketch(row: &SqliteRow, index: usize) -> Result<Sketch, sqlx::Error> {
    let bytes: &[u8] = row.try_get(index)?;
    Sketch::decode(bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Reads packed durations. SQLite writes 15 digits, so they are right to some 10⁻¹⁵ of their size, and the very
/// largest may be rounded up to infinity, which they were not.
pub(super) fn unpack_durations(packed: &str) -> Result<Vec<f64>, StoreError> {
    let durations: Vec<f64> = unpack(packed)?;
    Ok(durations.into_iter().map(|duration| duration.min(f64::MAX)).collect())
}

/// Reads the JSON array of plain numbers that SQLite packed. Not by `serde_json`, whose floats may be off in
/// the last bit.
pub(super) fn unpack<T: std::str::FromStr>(packed: &str) -> Result<Vec<T>, StoreError> {
    let inside = packed.trim_start_matches('[').trim_end_matches(']');
    if inside.is_empty() {
        return Ok(Vec::new());
    }
    let read = |number: &str| {
        number.parse().map_err(|_| StoreError::Damaged { what: format!("`{number}` was read where a number must be") })
    };
    inside.split(',').map(read).collect()
}
