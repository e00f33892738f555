//! What one slice of retention does, inside the writer's transaction.
//!
//! A day is deleted in three parts: it is *doomed* (written down, its rollups go), its chunks go, its rows go in
//! slices. What arrives for it meanwhile has higher row ids and stays; the last slice sums it up.

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

#[cfg(test)]
use super::{COUNT_AGENT_HOURS, COUNT_METRIC_HOURS, day_states_sql};
use super::{DELETED_KEY, push_rows, time_of};
use crate::model::maintain::Shelf;
use crate::model::time::{DAY, HOUR};
use crate::model::{Dataset, Micros};
use crate::store::archive::delete_of_day;
use crate::store::chore::Removed;
use crate::store::derived;
use crate::store::error::{StoreError, query};
use crate::store::rollup::Rollups;
use crate::store::size::table_of;

/// Most rows of one slice: some 50 ms of a hot table with its indices.
const ROWS_A_SLICE: u64 = 2000;
/// Rollup rows after which a slice ends; they have one index at most.
const BUCKETS_A_SLICE: u64 = 5000;
/// Chunks of one slice; each is some 200 KiB in pages that only become free.
const CHUNKS_A_SLICE: u32 = 32;
const COUNT_DELETED: &str = "insert into store_info (key, value) values (?, cast(? as text)) \
    on conflict (key) do update set value = cast(cast(value as integer) + cast(excluded.value as integer) as text)";
/// Minute buckets are taken from the oldest on, up to this one.
const LAST_OLD_MINUTE: &str = "select max(bucket) from (select bucket from fleet_rollup \
    where tier = 60 and bucket < ?1 order by bucket limit ?2)";
const DELETE_MINUTES: &str = "delete from fleet_rollup where tier = 60 and bucket <= ?";
const DELETE_MINUTE_SKETCHES: &str = "delete from fleet_sketch where tier = 60 and bucket <= ?";
const NOTE_HOURLESS: &str = "insert into hourless_day (dataset, day) values (?, ?) on conflict do nothing";
const FORGET_HOURLESS: &str = "delete from hourless_day where dataset = ? and day = ?";
const DELETE_AGENT_HOURS: &str = "delete from agent_rollup where tier = 3600 and bucket = ?";
const DELETE_AGENT_HOUR_SKETCHES: &str = "delete from agent_sketch where tier = 3600 and bucket = ?";
const DELETE_METRIC_HOUR_SKETCHES: &str = "delete from metric_sketch \
    where (kind, subject, metric, tier, bucket) in (select kind, subject, metric, tier, bucket from metric_rollup \
    where kind = ?1 and metric in (select id from metric_name) and tier = 3600 and bucket = ?2)";
const DELETE_METRIC_HOURS: &str = "delete from metric_rollup indexed by metric_rollup_by_metric \
    where kind = ?1 and metric in (select id from metric_name) and tier = 3600 and bucket = ?2";
const DOOM: &str = "insert into doomed_day (dataset, day, last_id) \
    values (?1, ?2, coalesce((select id from last_row where dataset = ?1), 0)) on conflict do nothing";
const SELECT_DOOMED: &str = "select last_id from doomed_day where dataset = ? and day = ?";
const FORGET_DOOMED: &str = "delete from doomed_day where dataset = ? and day = ?";
const FORGET_ARRIVAL: &str = "delete from arrival where dataset = ? and day = ?";
const OLDEST_PRESENCE: &str = "select min(ts) from (select min(ts) as ts from task union all select min(ts) from event \
    union all select min(first_ts) from chunk where dataset = 'tasks' \
    union all select min(first_ts) from chunk where dataset = 'events')";
const NARROW_SPANS: &str = "update swarm_agent set first_ts = ?1 where first_ts < ?1";
const DELETE_SPANS: &str = "delete from swarm_agent where last_ts < ?";

/// Counts rows that were deleted.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn count_deleted(connection: &mut SqliteConnection, rows: u64) -> Result<(), StoreError> {
    if rows > 0 {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let count = sqlx::query(COUNT_DELETED).bind(DELETED_KEY).bind(rows);
        count.execute(connection).await.map_err(query("count deleted rows"))?;
    }
    Ok(())
}

/// Takes the oldest minute buckets before `before` away.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn take_minutes(
    connection: &mut SqliteConnection,
    before: Micros,
) -> Result<Removed, StoreError> {
    let action = "take old minutes away";
    let last: Option<i64> = sqlx::query_scalar(LAST_OLD_MINUTE)
        .bind(before.0)
        .bind(i64::try_from(ROWS_A_SLICE).unwrap_or(i64::MAX))
        .fetch_one(&mut *connection)
        .await
        .map_err(query(action))?;
    let mut removed = Removed::default();
    let Some(last) = last else { return Ok(removed) };
    for (table, delete) in [("fleet_rollup", DELETE_MINUTES), ("fleet_sketch", DELETE_MINUTE_SKETCHES)] {
        let done = sqlx::query(delete).bind(last).execute(&mut *connection).await.map_err(query(action))?;
        removed.note(table, Shelf::Minutes, done.rows_affected());
    }
    removed.more = removed.total() >= ROWS_A_SLICE;
    Ok(removed)
}

/// Takes hours of `day` away, as many as fit a slice, after noting that they are not to be trusted.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn take_hours(
    connection: &mut SqliteConnection,
    dataset: Dataset,
    day: Micros,
) -> Result<Removed, StoreError> {
    let action = "take old hours away";
    let statements = match dataset {
        Dataset::Tasks => {
            [("agent_sketch", None, DELETE_AGENT_HOUR_SKETCHES), ("agent_rollup", None, DELETE_AGENT_HOURS)]
        }
        Dataset::AgentMetrics => metric_hours(1),
        Dataset::SwarmMetrics => metric_hours(2),
        _ => return Ok(Removed::default()),
    };
    let note = sqlx::query(NOTE_HOURLESS).bind(dataset.as_str()).bind(day.0);
    note.execute(&mut *connection).await.map_err(query(action))?;
    let mut removed = Removed::default();
    for hour in 0..24 {
        if removed.total() >= BUCKETS_A_SLICE {
            removed.more = true;
            break;
        }
        for (table, kind, delete) in statements {
            let mut delete = sqlx::query(delete);
            if let Some(kind) = kind {
                delete = delete.bind(kind);
            }
            let done = delete.bind(day.0 + hour * HOUR).execute(&mut *connection).await.map_err(query(action))?;
            removed.note(table, Shelf::Hours, done.rows_affected());
        }
    }
    Ok(removed)
}

/// The statements for metric series; the sketches are found through the rollups, so they go first.
const fn metric_hours(kind: i64) -> [(&'static str, Option<i64>, &'static str); 2] {
    [("metric_sketch", Some(kind), DELETE_METRIC_HOUR_SKETCHES), ("metric_rollup", Some(kind), DELETE_METRIC_HOURS)]
}

/// Writes down that a day is being deleted and takes its rollups away.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn doom(
    connection: &mut SqliteConnection,
    rollups: &mut Rollups,
    dataset: Dataset,
    day: Micros,
) -> Result<Removed, StoreError> {
    let action = "begin to delete a day";
    let doom = sqlx::query(DOOM).bind(dataset.as_str()).bind(day.0);
    let new = doom.execute(&mut *connection).await.map_err(query(action))?.rows_affected() > 0;
    if !new {
        return Ok(Removed::default()); // a run before this one was cut off
    }
    if dataset == Dataset::Tasks {
        rollups.retire_tasks(connection, day.0).await?;
    }
    let removed = rollups.clear_day(connection, dataset, day.0).await?;
    let forget = sqlx::query(FORGET_HOURLESS).bind(dataset.as_str()).bind(day.0);
    forget.execute(connection).await.map_err(query(action))?;
    Ok(removed)
}

/// Deletes rows of a doomed day. With the last of them the day is cleared of its doom, and what arrived
/// meanwhile is summed up.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn delete_some(
    connection: &mut SqliteConnection,
    rollups: &mut Rollups,
    dataset: Dataset,
    day: Micros,
    now: Micros,
) -> Result<Removed, StoreError> {
    let action = "delete the rows of a day";
    let doomed = sqlx::query_scalar(SELECT_DOOMED).bind(dataset.as_str()).bind(day.0);
    let doomed: Option<i64> = doomed.fetch_optional(&mut *connection).await.map_err(query(action))?;
    let mut removed = Removed::default();
    let Some(last_id) = doomed else { return Ok(removed) };
    for (rows, bytes) in delete_of_day(connection, dataset, day, CHUNKS_A_SLICE).await? {
        removed.note("chunk", Shelf::Sealed, rows);
        removed.sealed_bytes += bytes;
        removed.more = true;
    }
    if removed.more {
        return Ok(removed);
    }
    let rows = delete_slice(connection, dataset, day, last_id).await?;
    removed.note(table_of(dataset), Shelf::Rows, rows);
    removed.more = rows == ROWS_A_SLICE;
    if removed.more {
        return Ok(removed);
    }
    let rest = rows_of(connection, dataset, day).await?;
    rollups.resum_day(connection, dataset, day.0, now).await?;
    if !rest {
        let forget = sqlx::query(FORGET_ARRIVAL).bind(dataset.as_str()).bind(day.0);
        forget.execute(&mut *connection).await.map_err(query(action))?;
    }
    if dataset == Dataset::Events {
        derived::forget_day(connection, day.0, day.0 + DAY).await?;
    }
    if matches!(dataset, Dataset::Tasks | Dataset::Events) {
        narrow_spans(connection).await?;
    }
    let forget = sqlx::query(FORGET_DOOMED).bind(dataset.as_str()).bind(day.0);
    forget.execute(connection).await.map_err(query(action))?;
    Ok(removed)
}

async fn delete_slice(
    connection: &mut SqliteConnection,
    dataset: Dataset,
    day: Micros,
    last_id: i64,
) -> Result<u64, StoreError> {
    let mut delete = delete_sql(dataset, day, last_id);
    let done = delete.build().execute(connection).await.map_err(query("delete the rows of a day"))?;
    Ok(done.rows_affected())
}

/// The statement that deletes a slice.
pub(in crate::store) fn delete_sql(dataset: Dataset, day: Micros, last_id: i64) -> QueryBuilder<Sqlite> {
    let mut delete = QueryBuilder::new("delete from ");
    delete.push(table_of(dataset)).push(" where id in (select r.id");
    push_rows(&mut delete, dataset);
    delete.push(" >= ").push_bind(day.0).push(" and r.").push(time_of(dataset));
    delete.push(" < ").push_bind(day.0 + DAY).push(" and r.id <= ").push_bind(last_id);
    delete.push(" limit ").push_bind(i64::try_from(ROWS_A_SLICE).unwrap_or(i64::MAX)).push(")");
    delete
}

/// Whether any row of the day is left, whatever retention may take.
async fn rows_of(connection: &mut SqliteConnection, dataset: Dataset, day: Micros) -> Result<bool, StoreError> {
    let mut select = QueryBuilder::<Sqlite>::new("select exists (select 1 from ");
    select.push(table_of(dataset)).push(" where ").push(time_of(dataset)).push(" >= ").push_bind(day.0);
    select.push(" and ").push(time_of(dataset)).push(" < ").push_bind(day.0 + DAY).push(")");
    select.build_query_scalar().fetch_one(connection).await.map_err(query("look at the rows of a day"))
}

/// Lets no span start before the oldest record there is. A span may stay up to what it was wider than the
/// records; it never becomes narrower, and only narrower would hide something.
async fn narrow_spans(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let action = "correct who worked in which swarm";
    let oldest: Option<i64> =
        sqlx::query_scalar(OLDEST_PRESENCE).fetch_one(&mut *connection).await.map_err(query(action))?;
    let oldest = oldest.unwrap_or(i64::MAX);
    sqlx::query(DELETE_SPANS).bind(oldest).execute(&mut *connection).await.map_err(query(action))?;
    sqlx::query(NARROW_SPANS).bind(oldest).execute(connection).await.map_err(query(action))?;
    Ok(())
}

/// Statements that must not walk a whole table.
#[cfg(test)]
pub(in crate::store) fn statements() -> Vec<String> {
    let fixed = [
        LAST_OLD_MINUTE,
        DELETE_MINUTES,
        DELETE_MINUTE_SKETCHES,
        DELETE_AGENT_HOURS,
        DELETE_AGENT_HOUR_SKETCHES,
        DELETE_METRIC_HOUR_SKETCHES,
        DELETE_METRIC_HOURS,
        COUNT_AGENT_HOURS,
        COUNT_METRIC_HOURS,
        DOOM,
        OLDEST_PRESENCE,
    ];
    let mut all: Vec<String> = fixed.into_iter().map(str::to_owned).collect();
    for dataset in Dataset::ALL {
        all.push(delete_sql(dataset, Micros(0), 1).sql().as_str().to_owned());
        all.push(day_states_sql(dataset).sql().as_str().to_owned());
    }
    all
}
