//! Rows of a day into chunks, and back into their table. Each step is one transaction of the writer, in
//! which rows leave one place and appear in the other.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::super::error::{StoreError, query};
use super::super::insert::insert_with_ids;
use super::super::table::sql;
use super::chunk::{self, Chunk, Head, Packed, Place, Wanted, pack, select_heads};
use super::rows::Sealed;
use super::{Progress, SealOptions};
use crate::model::TimeRange;
use crate::model::time::DAY;

/// The chunk of the day that begins last before a place.
const SELECT_BEFORE: &str = select_heads!(
    "(first_ts, first_row) < (?2, ?3) and first_ts >= ?4 \
    order by first_ts desc, first_row desc limit 1"
);
/// The chunk of the day that begins first after a place.
const SELECT_AFTER: &str = select_heads!(
    "(first_ts, first_row) > (?2, ?3) and first_ts < ?4 \
    order by first_ts, first_row limit 1"
);
/// The first chunk that begins before `?3` and has not ended before `?2`.
const SELECT_OVERLAPPING: &str = select_heads!(
    "first_ts < ?3 and last_ts >= ?2 \
    order by first_ts, first_row limit 1"
);
/// Heads and the size of what `drop_chunks` takes away in one step.
const SELECT_ENDED: &str = "select id, rows from chunk where dataset = ?1 and first_ts < ?2 and last_ts < ?2 \
    order by first_ts limit 32";

#[cfg(test)]
pub(super) const STATEMENTS: [&str; 4] = [SELECT_BEFORE, SELECT_AFTER, SELECT_OVERLAPPING, SELECT_ENDED];

/// Seals the first rows of `day` that still lie in the table: as many as fill a chunk. A chunk whose time
/// they fall into, or that is small and ends just before, is packed anew together with them.
///
/// # Errors
/// [`StoreError`]; then the transaction must be rolled back.
pub(super) async fn seal_step<T: Sealed>(
    connection: &mut SqliteConnection,
    day: i64,
    options: SealOptions,
) -> Result<Progress, StoreError> {
    let full = usize::try_from(options.rows_per_chunk.max(1)).unwrap_or(usize::MAX);
    let mut rows: Vec<(i64, T)> = first_rows(connection, day, options.rows_per_chunk.max(1)).await?;
    let Some((id, row)) = rows.first() else { return Ok(Progress::default()) };
    let first: Place = (row.time(), *id);
    if let Some(next) = neighbour::<T>(connection, SELECT_AFTER, first, day.saturating_add(DAY)).await? {
        rows.retain(|(id, row)| (row.time(), *id) < next.first);
    }
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let before = neighbour::<T>(connection, SELECT_BEFORE, first, day).await?;
    if let Some(before) = before.filter(|before| before.last > first || before.rows * 2 < full) {
        rows.extend(thawed::<T>(connection, before).await?);
        rows.sort_by_key(|(id, row)| (row.time(), *id));
        chunk::delete(connection, before.id).await?;
    }
    let mut progress = Progress { rows: ids.len() as u64, more: true, ..Progress::default() };
    for packed in packed(rows, full, options.level).await? {
        packed.store(connection).await?;
        progress.chunks += 1;
        progress.bytes += packed.bytes();
    }
    delete_rows::<T>(connection, &ids).await?;
    Ok(progress)
}

/// Packs `rows` into chunks of about equal size, at most `full` each; elsewhere, so that readers are not held up.
async fn packed<T: Sealed>(rows: Vec<(i64, T)>, full: usize, level: i32) -> Result<Vec<Packed>, StoreError> {
    let pack_all = move || {
        let size = rows.len().div_ceil(rows.len().div_ceil(full).max(1)).max(1);
        rows.chunks(size).map(|rows| pack(rows, level)).collect()
    };
    let failed = |_| StoreError::Damaged { what: format!("{} cannot be sealed: packing broke off", T::sql().name) };
    tokio::task::spawn_blocking(pack_all).await.map_err(failed)?
}

async fn first_rows<T: Sealed>(
    connection: &mut SqliteConnection,
    day: i64,
    limit: u32,
) -> Result<Vec<(i64, T)>, StoreError> {
    let (table, time) = (T::sql(), T::TIME);
    let select = format!(
        "select {} from {} where {time} >= ? and {time} < ? order by {time}, id limit ?",
        table.columns, table.name
    );
    let found = sqlx::query(sql(select)).bind(day).bind(day.saturating_add(DAY)).bind(limit);
    let found = found.fetch_all(connection).await.map_err(query("read the rows to seal"))?;
    let read = |row| Ok((sqlx::Row::try_get(row, 0)?, T::read(row)?));
    found.iter().map(|row| read(row).map_err(query("read a record"))).collect()
}

async fn delete_rows<T: Sealed>(connection: &mut SqliteConnection, ids: &[i64]) -> Result<(), StoreError> {
    let list = serde_json::to_string(ids).map_err(|error| StoreError::Damaged { what: error.to_string() })?;
    let delete = format!("delete from {} where id in (select value from json_each(?))", T::sql().name);
    let done = sqlx::query(sql(delete)).bind(list).execute(connection).await;
    let done = done.map_err(query("delete rows that were sealed"))?;
    if done.rows_affected() == ids.len() as u64 {
        return Ok(());
    }
    Err(StoreError::Damaged { what: format!("{} lost rows while they were sealed", T::sql().name) })
}

async fn neighbour<T: Sealed>(
    connection: &mut SqliteConnection,
    select: &'static str,
    (ts, row): Place,
    end_of_day: i64,
) -> Result<Option<Head>, StoreError> {
    sqlx::query_as(select)
        .bind(T::DATASET.as_str())
        .bind(ts)
        .bind(row)
        .bind(end_of_day)
        .fetch_optional(connection)
        .await
        .map_err(query("find sealed chunks"))
}

/// Every row of a chunk.
async fn thawed<T: Sealed>(connection: &mut SqliteConnection, head: Head) -> Result<Vec<(i64, T)>, StoreError> {
    let mut chunk = Chunk::new::<T>(head)?;
    chunk.read::<T>(connection, Wanted::ALL).await?;
    (0..head.rows).map(|row| chunk.row(row)).collect()
}

/// Moves the rows of a chunk back into their table.
///
/// # Errors
/// As [`seal_step`].
pub(super) async fn thaw<T: Sealed>(connection: &mut SqliteConnection, head: Head) -> Result<(), StoreError> {
    let rows = thawed::<T>(connection, head).await?;
    insert_with_ids(connection, &rows).await?;
    chunk::delete(connection, head.id).await
}

/// Moves the first chunk that overlaps `range` back.
///
/// # Errors
/// As [`seal_step`].
pub(super) async fn unseal_step<T: Sealed>(
    connection: &mut SqliteConnection,
    range: TimeRange,
) -> Result<Progress, StoreError> {
    let head: Option<Head> = sqlx::query_as(SELECT_OVERLAPPING)
        .bind(T::DATASET.as_str())
        .bind(range.from.0)
        .bind(range.until.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(query("find sealed chunks"))?;
    let Some(head) = head else { return Ok(Progress::default()) };
    thaw::<T>(connection, head).await?;
    Ok(Progress { rows: head.rows as u64, chunks: 1, bytes: 0, more: true })
}

/// Deletes some chunks that end before `before`, rows and all.
///
/// # Errors
/// As [`seal_step`].
pub(super) async fn drop_step<T: Sealed>(
    connection: &mut SqliteConnection,
    before: i64,
) -> Result<Progress, StoreError> {
    let ended = sqlx::query(SELECT_ENDED)
        .bind(T::DATASET.as_str())
        .bind(before)
        .fetch_all(&mut *connection)
        .await
        .map_err(query("find sealed chunks"))?;
    let mut progress = Progress::default();
    for row in ended {
        let read = || Ok::<(i64, i64), sqlx::Error>((row.try_get(0)?, row.try_get(1)?));
        let (id, rows) = read().map_err(query("read about a sealed chunk"))?;
        chunk::delete(connection, id).await?;
        progress.rows += rows.unsigned_abs();
        progress.chunks += 1;
        progress.more = true;
    }
    Ok(progress)
}
