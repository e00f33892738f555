//! Sums of days that lose their hours, or go altogether.

use std::collections::{BTreeSet, HashSet};

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

use super::{Rollups, Width, rebuild};
use crate::model::time::DAY;
use crate::model::{Dataset, Micros};
use crate::store::chore::Removed;
use crate::store::error::{StoreError, query};
use crate::store::metrics::{OfAgent, OfSwarm, Subject};

const SELECT_HOURLESS: &str = "select dataset, day from hourless_day";
const SELECT_TASK_TIMES: &str = "select distinct ts from task where ts >= ? and ts < ?";
const DELETE_METRIC_SKETCHES: &str = "delete from metric_sketch \
    where (kind, subject, metric, tier, bucket) in (select kind, subject, metric, tier, bucket from metric_rollup \
    where kind = ?1 and metric in (select id from metric_name) and tier = ?2 and bucket >= ?3 and bucket < ?4)";
const DELETE_METRICS: &str = "delete from metric_rollup indexed by metric_rollup_by_metric \
    where kind = ?1 and metric in (select id from metric_name) and tier = ?2 and bucket >= ?3 and bucket < ?4";

/// Tables by tier and bucket, all of which are about tasks.
const TASK_TABLES: [(&str, &str); 5] = [
    ("fleet_rollup", "delete from fleet_rollup where tier = ? and bucket >= ? and bucket < ?"),
    ("fleet_sketch", "delete from fleet_sketch where tier = ? and bucket >= ? and bucket < ?"),
    ("agent_rollup", "delete from agent_rollup where tier = ? and bucket >= ? and bucket < ?"),
    ("agent_sketch", "delete from agent_sketch where tier = ? and bucket >= ? and bucket < ?"),
    ("usage_rollup", "delete from usage_rollup where tier = ? and bucket >= ? and bucket < ?"),
];

const DELETE_EVENT_COUNTS: &str = "delete from event_rollup where tier = ? and bucket >= ? and bucket < ?";

/// Days whose hours were taken away, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Hourless(Option<HashSet<(Dataset, i64)>>);

impl Hourless {
    /// Reads them unless they are known.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn load(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.0.is_none() {
            let days: Vec<(String, i64)> = sqlx::query_as(SELECT_HOURLESS)
                .fetch_all(connection)
                .await
                .map_err(query("read which days have no hours"))?;
            self.0 = Some(days.into_iter().filter_map(|(name, day)| Some((Dataset::parse(&name)?, day))).collect());
        }
        Ok(())
    }

    /// Whether the hours of the day of `ts` were taken away.
    pub(super) fn holds(&self, dataset: Dataset, ts: i64) -> bool {
        self.0.as_ref().is_some_and(|days| days.contains(&(dataset, Width::Day.bucket(ts))))
    }
}

impl Rollups {
    /// Takes every sum about `dataset` on `day` away.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then the transaction must be rolled back. What is remembered must be dropped.
    pub(in crate::store) async fn clear_day(
        &mut self,
        connection: &mut SqliteConnection,
        dataset: Dataset,
        day: i64,
    ) -> Result<Removed, StoreError> {
        let mut removed = Removed::default();
        let widths = [Width::Minute, Width::Hour, Width::Day];
        match dataset {
            Dataset::Tasks => {
                for (table, delete) in TASK_TABLES {
                    for width in widths {
                        let delete = sqlx::query(delete).bind(width.tier()).bind(day).bind(day + DAY);
                        let done = delete.execute(&mut *connection).await.map_err(query("take a day's sums away"))?;
                        removed.note(table, width.shelf(), done.rows_affected());
                    }
                }
            }
            Dataset::AgentMetrics => clear_metrics(connection, OfAgent::KIND, day, &mut removed).await?,
            Dataset::SwarmMetrics => clear_metrics(connection, OfSwarm::KIND, day, &mut removed).await?,
            Dataset::Events => {
                for width in [Width::Hour, Width::Day] {
                    let delete = sqlx::query(DELETE_EVENT_COUNTS).bind(width.tier()).bind(day).bind(day + DAY);
                    let done = delete.execute(&mut *connection).await.map_err(query("take a day's sums away"))?;
                    removed.note("event_rollup", width.shelf(), done.rows_affected());
                }
            }
            Dataset::Healings | Dataset::Agents | Dataset::Memory => {}
        }
        Ok(removed)
    }

    /// Sums a day up again from the rows it has.
    ///
    /// # Errors
    /// As [`Self::clear_day`].
    pub(in crate::store) async fn resum_day(
        &mut self,
        connection: &mut SqliteConnection,
        dataset: Dataset,
        day: i64,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.clear_day(connection, dataset, day).await?;
        *self = Self::default(); // what it remembers is gone
        self.hourless.load(connection).await?;
        match dataset {
            Dataset::Tasks => {
                let hours = task_hours(connection, day).await?;
                rebuild::task_hours(connection, &mut self.tasks, &self.hourless, &hours, now).await
            }
            Dataset::AgentMetrics => self.resum_metrics::<OfAgent>(connection, day).await,
            Dataset::SwarmMetrics => self.resum_metrics::<OfSwarm>(connection, day).await,
            Dataset::Events => self.events.recount(connection, day).await,
            Dataset::Healings | Dataset::Agents | Dataset::Memory => Ok(()),
        }
    }

    async fn resum_metrics<S: Subject>(
        &mut self,
        connection: &mut SqliteConnection,
        day: i64,
    ) -> Result<(), StoreError> {
        let mut select = QueryBuilder::<Sqlite>::new(format!("select distinct {}, metric, ts from ", S::COLUMN));
        select.push(S::sql().name).push(" where ts >= ").push_bind(day).push(" and ts < ").push_bind(day + DAY);
        let found: Vec<(i64, i64, i64)> =
            select.build_query_as().fetch_all(&mut *connection).await.map_err(query("sum a day up again"))?;
        let hours = found.into_iter().map(|(subject, metric, ts)| [subject, metric, Width::Hour.bucket(ts)]).collect();
        rebuild::metric_hours::<S>(connection, &mut self.metrics, &self.hourless, &hours).await
    }
}

async fn clear_metrics(
    connection: &mut SqliteConnection,
    kind: i64,
    day: i64,
    removed: &mut Removed,
) -> Result<(), StoreError> {
    for width in [Width::Hour, Width::Day] {
        for (table, delete) in [("metric_sketch", DELETE_METRIC_SKETCHES), ("metric_rollup", DELETE_METRICS)] {
            let delete = sqlx::query(delete).bind(kind).bind(width.tier()).bind(day).bind(day + DAY);
            let done = delete.execute(&mut *connection).await.map_err(query("take a day's sums away"))?;
            removed.note(table, width.shelf(), done.rows_affected());
        }
    }
    Ok(())
}

/// The hours of `day` that have tasks.
async fn task_hours(connection: &mut SqliteConnection, day: i64) -> Result<BTreeSet<i64>, StoreError> {
    let found: Vec<i64> = sqlx::query_scalar(SELECT_TASK_TIMES)
        .bind(day)
        .bind(day + DAY)
        .fetch_all(connection)
        .await
        .map_err(query("sum a day up again"))?;
    Ok(found.into_iter().map(|ts| Width::Hour.bucket(ts)).collect())
}

/// Statements that must not walk a whole table.
#[cfg(test)]
pub(in crate::store) fn clears() -> Vec<&'static str> {
    let tasks = TASK_TABLES.into_iter().map(|(_, delete)| delete);
    let count = super::events::COUNT_HOUR;
    let others = [SELECT_TASK_TIMES, DELETE_METRIC_SKETCHES, DELETE_METRICS, DELETE_EVENT_COUNTS, count];
    tasks.chain(others).collect()
}
