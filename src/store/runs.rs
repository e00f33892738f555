//! The book of maintenance runs. A run is written down when it starts, so that one whose process died is seen.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Store;
use super::chore::{Chore, Outcome};
use super::error::{StoreError, query};
use super::queue::{Done, Work};
use crate::model::Micros;
use crate::model::maintain::{MaintenanceReport, MaintenanceRun};

const INSERT: &str = "insert into maintenance_run (task, started_ts) values (?, ?) returning id";
const FINISH: &str = "update maintenance_run set finished_ts = ?, report = ?, error = ? where id = ?";
const FORGET: &str = "delete from maintenance_run where id <= (select max(id) from maintenance_run) - ?";
const SELECT: &str = "select id, task, started_ts, finished_ts, report, error from maintenance_run \
    order by id desc limit ?";
const SELECT_LAST: &str = "select max(started_ts) from maintenance_run where task = ? and finished_ts is not null \
    and error is null";

/// Most runs that are remembered.
const RUNS_KEPT: i64 = 100;

impl Store {
    /// Writes down that `task` starts; returns the run's id.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn begin_run(&self, task: &'static str, now: Micros) -> Result<i64, StoreError> {
        match self.queue().run(Work::Chore(Chore::BeginRun { task, now })).await? {
            Done::Chore(Outcome::Run(id)) => Ok(id),
            _ => Err(StoreError::Closed),
        }
    }

    /// Writes down how a run ended.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn end_run(
        &self,
        id: i64,
        now: Micros,
        ended: &Result<MaintenanceReport, String>,
    ) -> Result<(), StoreError> {
        let report = ended.as_ref().ok().map(|report| serde_json::to_string(report).unwrap_or_default());
        let error = ended.as_ref().err().cloned();
        self.queue().run(Work::Chore(Chore::EndRun { id, now, report, error })).await.map(drop)
    }

    /// The last `limit` runs, newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn runs(&self, limit: u32) -> Result<Vec<MaintenanceRun>, StoreError> {
        let rows = sqlx::query(SELECT).bind(limit).try_map(read).fetch_all(self.reader());
        rows.await.map_err(query("read the last runs"))
    }

    /// When `task` last started and ended well.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn last_run(&self, task: &str) -> Result<Option<Micros>, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(SELECT_LAST)
            .bind(task)
            .fetch_one(self.reader())
            .await
            .map_err(query("read the last run"))?;
        Ok(last.map(Micros))
    }
}

fn read(row: SqliteRow) -> Result<MaintenanceRun, sqlx::Error> {
    let report: Option<String> = row.try_get(4)?;
    Ok(MaintenanceRun {
        id: row.try_get(0)?,
        task: row.try_get(1)?,
        started: Micros(row.try_get(2)?),
        finished: row.try_get::<Option<i64>, _>(3)?.map(Micros),
        // A report of another version is not worth failing for.
        report: report.and_then(|text| serde_json::from_str(&text).ok()),
        error: row.try_get(5)?,
    })
}

/// Notes the start of a run, and forgets the oldest.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn begin(connection: &mut SqliteConnection, task: &str, now: Micros) -> Result<i64, StoreError> {
    let insert = sqlx::query_scalar(INSERT).bind(task).bind(now.0);
    let id = insert.fetch_one(&mut *connection).await.map_err(query("note a run"))?;
    sqlx::query(FORGET).bind(RUNS_KEPT).execute(connection).await.map_err(query("forget old runs"))?;
    Ok(id)
}

/// Notes the end of a run.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn end(
    connection: &mut SqliteConnection,
    id: i64,
    now: Micros,
    report: Option<&str>,
    error: Option<&str>,
) -> Result<(), StoreError> {
    let finish = sqlx::query(FINISH).bind(now.0).bind(report).bind(error).bind(id);
    finish.execute(connection).await.map_err(query("note the end of a run"))?;
    Ok(())
}
