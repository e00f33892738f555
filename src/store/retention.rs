//! Taking away what is too old, in slices short enough that writers beside it do not notice. Every slice is one
//! transaction, so a kill at any point loses nothing and the next run goes on.
//!
//! Here is what the store offers; what one slice does, inside the writer's transaction, is in `slices`.
//! Not here: what is too old (`analytics::retention`), the order of the steps (`service::maintain`).

mod slices;

use sqlx::{QueryBuilder, Sqlite};

use super::Store;
use super::chore::{Chore, Outcome, Removed};
use super::error::{StoreError, query};
use super::queue::{Done, Work};
use super::size::table_of;
use crate::analytics::retention::DayState;
use crate::model::time::DAY;
use crate::model::{Dataset, Micros};

#[cfg(test)]
pub(super) use slices::statements;
pub(super) use slices::{count_deleted, delete_some, doom, take_hours, take_minutes};

/// The fact that counts deleted rows.
const DELETED_KEY: &str = "rows_deleted_since_vacuum";
/// A cleanup ends with a vacuum once so many rows were deleted since the last one.
pub const VACUUM_AFTER_ROWS: u64 = 1_000_000;
const COUNT_AGENT_HOURS: &str = "select count(*) from agent_rollup where tier = 3600 and bucket >= ? and bucket < ?";
const COUNT_METRIC_HOURS: &str = "select count(*) from metric_rollup indexed by metric_rollup_by_metric \
    where kind = ? and metric in (select id from metric_name) and tier = 3600 and bucket >= ? and bucket < ?";

impl Store {
    /// What is known of every day of `dataset` that holds something retention may take.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn day_states(&self, dataset: Dataset) -> Result<Vec<DayState>, StoreError> {
        let mut select = day_states_sql(dataset);
        let rows: Vec<(i64, i64, bool, bool, bool)> =
            select.build_query_as().fetch_all(self.reader()).await.map_err(query("look at the days"))?;
        Ok(rows
            .into_iter()
            .map(|(day, arrived, doomed, hourless, rows)| DayState {
                dataset,
                day: Micros(day),
                arrived: Micros(arrived),
                rows,
                sealed: false,
                doomed,
                hourless,
            })
            .collect())
    }

    /// Takes some minute buckets before `before` away.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn take_minutes(&self, before: Micros) -> Result<Removed, StoreError> {
        self.remove(Chore::Minutes { before }).await
    }

    /// Takes some hour buckets of agents or metric series of one day away; late records will make none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn take_hours(&self, dataset: Dataset, day: Micros) -> Result<Removed, StoreError> {
        self.remove(Chore::Hours { dataset, day }).await
    }

    /// Begins to delete a day, or goes on with it.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn doom_day(&self, dataset: Dataset, day: Micros) -> Result<Removed, StoreError> {
        self.remove(Chore::Doom { dataset, day }).await
    }

    /// Deletes some chunks or rows of a doomed day.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn delete_rows(&self, dataset: Dataset, day: Micros) -> Result<Removed, StoreError> {
        self.remove(Chore::Delete { dataset, day }).await
    }

    /// Keeps in mind that `rows` left their table, as sealing makes them, so that their room is given back one day.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn count_deleted(&self, rows: u64) -> Result<(), StoreError> {
        self.queue().run(Work::Chore(Chore::Count { rows })).await.map(drop)
    }

    /// How many rows were deleted since the last vacuum.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn rows_deleted(&self) -> Result<u64, StoreError> {
        Ok(self.info(DELETED_KEY).await?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Notes that free pages were given back.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn vacuumed(&self) -> Result<(), StoreError> {
        self.set_info(DELETED_KEY, "0").await
    }

    /// Counts the rows of a day that retention may take.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn count_rows(&self, dataset: Dataset, day: Micros) -> Result<u64, StoreError> {
        let mut select = QueryBuilder::<Sqlite>::new("select count(*)");
        push_rows(&mut select, dataset);
        select.push(" >= ").push_bind(day.0).push(" and r.").push(time_of(dataset));
        select.push(" < ").push_bind(day.0 + DAY);
        let rows: i64 =
            select.build_query_scalar().fetch_one(self.reader()).await.map_err(query("count the rows of a day"))?;
        Ok(rows.unsigned_abs())
    }

    /// Counts the hour buckets of a day that retention may take, by table.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn count_hours(&self, dataset: Dataset, day: Micros) -> Result<Option<(&'static str, u64)>, StoreError> {
        let (table, count) = match dataset {
            Dataset::Tasks => ("agent_rollup", sqlx::query_scalar(COUNT_AGENT_HOURS)),
            Dataset::AgentMetrics => ("metric_rollup", sqlx::query_scalar(COUNT_METRIC_HOURS).bind(1)),
            Dataset::SwarmMetrics => ("metric_rollup", sqlx::query_scalar(COUNT_METRIC_HOURS).bind(2)),
            _ => return Ok(None),
        };
        let count = count.bind(day.0).bind(day.0 + DAY).fetch_one(self.reader());
        let rows: i64 = count.await.map_err(query("count the hours of a day"))?;
        Ok(Some((table, rows.unsigned_abs())))
    }

    async fn remove(&self, chore: Chore) -> Result<Removed, StoreError> {
        match self.queue().run(Work::Chore(chore)).await? {
            Done::Chore(Outcome::Removed(removed)) => Ok(removed),
            _ => Err(StoreError::Closed),
        }
    }
}

/// From when on minute buckets are kept at `now`.
#[must_use]
pub fn first_minute(now: Micros) -> Micros {
    Micros(super::rollup::first_minute(now))
}

/// Every day that something arrived for, with what is known of it.
pub(super) fn day_states_sql(dataset: Dataset) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::<Sqlite>::new(
        "select a.day, a.last_ts, exists (select 1 from doomed_day d where d.dataset = a.dataset and d.day = a.day), \
         exists (select 1 from hourless_day h where h.dataset = a.dataset and h.day = a.day), exists (select 1",
    );
    push_rows(&mut select, dataset);
    select.push(" >= a.day and r.").push(time_of(dataset)).push(" < a.day + ").push(DAY);
    select.push(") from arrival a where a.dataset = ").push_bind(dataset.as_str()).push(" order by a.day");
    select
}

/// The column that says which day a record is of.
fn time_of(dataset: Dataset) -> &'static str {
    if dataset == Dataset::Agents { "spawn_ts" } else { "ts" }
}

/// Adds ` from … where …`, the rows that retention may take, up to the left side of a comparison of their time.
/// An agent's latest life stays, so that it is known as long as anything speaks of it.
fn push_rows(sql: &mut QueryBuilder<Sqlite>, dataset: Dataset) {
    sql.push(" from ").push(table_of(dataset)).push(" r where ");
    if dataset == Dataset::Agents {
        sql.push("exists (select 1 from agent_life l where l.agent = r.agent and l.spawn_ts > r.spawn_ts) and ");
    }
    sql.push("r.").push(time_of(dataset));
}
