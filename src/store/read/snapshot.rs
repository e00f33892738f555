//! One moment of the store, kept for as long as an answer takes to read.

use sqlx::{Sqlite, Transaction};

use super::super::error::query;
use super::super::{Store, StoreError, sequence};
use crate::model::{Dataset, HighWater, Micros, TimeRange};

const BOUNDS: &str = "select min(low), max(high) from (
    select (select min(ts) from task) as low, (select max(ts) from task) as high
    union all select (select min(ts) from agent_metric), (select max(ts) from agent_metric)
    union all select (select min(ts) from swarm_metric), (select max(ts) from swarm_metric)
    union all select (select min(ts) from event), (select max(ts) from event)
    union all select (select min(ts) from healing), (select max(ts) from healing)
    union all select (select min(spawn_ts) from agent_life), (select max(spawn_ts) from agent_life)
    union all select (select min(ts) from memory), (select max(ts) from memory)
    union all select first_ts, last_ts from (select min(first_ts) as first_ts, max(last_ts) as last_ts from chunk))";

/// The chunk that begins last ends last, since none overlap.
const TASK_BOUNDS: &str = "select min(low), max(high) from (
    select (select min(ts) from task) as low, (select max(ts) from task) as high
    union all select (select min(first_ts) from chunk where dataset = 'tasks'),
        (select last_ts from chunk where dataset = 'tasks' order by first_ts desc, first_row desc limit 1))";

const HOURLESS_DAYS: &str = "select day from hourless_day where dataset = ? order by day";

/// Hours of which the minute buckets hold fewer tasks than the hour does; the last of them.
/// Minutes of late records are not kept, so an hour's minutes may be incomplete.
const LAST_HOUR_WITHOUT_MINUTES: &str = "select max(hours.bucket) from fleet_rollup hours
    where hours.tier = 3600 and hours.bucket >= ?1 and hours.bucket < ?2 and hours.tasks > (
        select coalesce(sum(minutes.tasks), 0) from fleet_rollup minutes
        where minutes.tier = 60 and minutes.bucket >= hours.bucket and minutes.bucket < hours.bucket + 3600000000)";

/// A read transaction: every question asked through it sees the same records. Dropping it ends it.
#[derive(Debug)]
pub struct Snapshot {
    pub(in crate::store) tx: Transaction<'static, Sqlite>,
    pub(super) known: super::sealed::Known,
}

impl Store {
    /// Fixes a moment to read. It holds one of the few reading connections, and keeps the write-ahead
    /// log from shrinking: drop it when the answer is read.
    ///
    /// # Errors
    /// [`StoreError::Query`] when no connection can be had.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let tx = self.reader().begin().await.map_err(query("start reading"))?;
        Ok(Snapshot { tx, known: Default::default() })
    }
}

impl Snapshot {
    /// Where the order of arrival ended at this moment.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn high_water(&mut self) -> Result<HighWater, StoreError> {
        sequence::last(&mut self.tx).await
    }

    /// Days of `dataset` whose hours (of agents, of metric series) retention took away, ascending. What they held
    /// is in the days and in the records.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn hourless_days(&mut self, dataset: Dataset) -> Result<Vec<Micros>, StoreError> {
        let days: Vec<i64> = sqlx::query_scalar(HOURLESS_DAYS)
            .bind(dataset.as_str())
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read which days have no hours"))?;
        Ok(days.into_iter().map(Micros).collect())
    }

    /// Where records lie, all kinds together; the end is just after the last. `None` for an empty store.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn bounds(&mut self) -> Result<Option<TimeRange>, StoreError> {
        let ends =
            sqlx::query_as(BOUNDS).fetch_one(&mut *self.tx).await.map_err(query("find where the records lie"))?;
        Ok(around(ends))
    }

    /// Where tasks lie.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn task_bounds(&mut self) -> Result<Option<TimeRange>, StoreError> {
        let ends =
            sqlx::query_as(TASK_BOUNDS).fetch_one(&mut *self.tx).await.map_err(query("find where the tasks lie"))?;
        Ok(around(ends))
    }

    /// From which hour on the minute buckets of `range` (whole hours) are complete up to its end.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn minutes_from(&mut self, range: TimeRange) -> Result<Micros, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(LAST_HOUR_WITHOUT_MINUTES)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query("look at the minutes"))?;
        Ok(last.map_or(range.from, |hour| Micros(hour + crate::model::time::HOUR)))
    }
}

fn around(ends: (Option<i64>, Option<i64>)) -> Option<TimeRange> {
    let (Some(first), Some(last)) = ends else { return None };
    Some(TimeRange { from: Micros(first), until: Micros(last.saturating_add(1)) })
}
