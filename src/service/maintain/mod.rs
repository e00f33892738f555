//! Keeping the store: what it holds and costs, and the tasks that keep it so. One task at a time in a process; two
//! processes may run the same task at once, since every step is a transaction that does nothing twice.
//!
//! - `report` sizes, retention state, forecast, last runs
//! - `cleanup` what retention asks for, step by step
//! - `backup` copies and their verification
//!
//! Not here: what is due (`analytics::retention`), when the server does it by itself (`jobs`).

mod backup;
mod cleanup;
mod report;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::OwnedMutexGuard;

use super::{Service, ServiceError};
use crate::model::maintain::{CleanupTrial, MaintenanceReport, MaintenanceStatus, MaintenanceTask};
use crate::model::{Micros, Problem, ProblemKind, TimeRange};
use crate::store::archive::SEALED;
use crate::store::size::Measured;

/// What is known about maintenance in this process.
#[derive(Debug, Default)]
pub(super) struct Desk {
    turn: Arc<tokio::sync::Mutex<()>>,
    status: Mutex<Option<MaintenanceStatus>>,
    measured: tokio::sync::Mutex<Option<(Micros, Measured)>>,
    /// What is shown of the last dry run: it is written down nowhere else.
    dry_run: Mutex<Option<CleanupTrial>>,
}

impl Desk {
    fn status(&self) -> std::sync::MutexGuard<'_, Option<MaintenanceStatus>> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dry_run(&self) -> std::sync::MutexGuard<'_, Option<CleanupTrial>> {
        self.dry_run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what the task is doing.
    fn step(&self, step: impl Into<String>, done: u64, total: u64) {
        if let Some(status) = self.status().as_mut() {
            (status.step, status.done, status.total) = (step.into(), done, total);
        }
    }
}

/// The right to run a task; gone with it.
#[derive(Debug)]
struct Turn {
    desk: Arc<Desk>,
    _turn: OwnedMutexGuard<()>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.desk.status().take();
    }
}

impl Service {
    /// What runs now.
    #[must_use]
    pub fn maintenance_status(&self) -> Option<MaintenanceStatus> {
        self.desk.status().clone()
    }

    /// Runs `task` to its end.
    ///
    /// # Errors
    /// A [`Problem`] of kind conflict when another task runs, of kind bad request when the task cannot be
    /// understood; else what the store met.
    pub async fn run_maintenance(&self, task: MaintenanceTask, now: Micros) -> Result<MaintenanceReport, ServiceError> {
        let turn = self.take_turn(&task, now)?;
        self.run_task(task, now, turn).await
    }

    /// Starts `task` and returns at once; [`Self::maintenance_status`] tells how far it is, the last runs of
    /// [`Self::store_report`] how it ended.
    ///
    /// # Errors
    /// As [`Self::run_maintenance`] before anything is done.
    pub fn start_maintenance(&self, task: MaintenanceTask, now: Micros) -> Result<MaintenanceStatus, ServiceError> {
        let turn = self.take_turn(&task, now)?;
        let status = MaintenanceStatus { task: task.clone(), started: now, step: "starting".into(), done: 0, total: 0 };
        let service = self.clone();
        // How it ends is written down in the store.
        tokio::spawn(async move { service.run_task(task, now, turn).await.map(drop) });
        Ok(status)
    }

    fn take_turn(&self, task: &MaintenanceTask, now: Micros) -> Result<Turn, ServiceError> {
        check(task)?;
        let Ok(turn) = Arc::clone(&self.desk.turn).try_lock_owned() else {
            let running = self.maintenance_status().map_or("another task", |status| status.task.as_str());
            let detail = format!("{running} is running; wait until it is done");
            return Err(Problem::new(ProblemKind::Conflict, detail).into());
        };
        *self.desk.status() =
            Some(MaintenanceStatus { task: task.clone(), started: now, step: "starting".into(), done: 0, total: 0 });
        Ok(Turn { desk: Arc::clone(&self.desk), _turn: turn })
    }

    async fn run_task(
        &self,
        task: MaintenanceTask,
        now: Micros,
        turn: Turn,
    ) -> Result<MaintenanceReport, ServiceError> {
        let started = Instant::now();
        // What a dry run would do is nothing that was done.
        let noted = !matches!(task, MaintenanceTask::Cleanup { dry_run: true, .. });
        let id = if noted { Some(self.store().begin_run(task.as_str(), now).await?) } else { None };
        let done = match &task {
            MaintenanceTask::Cleanup { older_than_days, dry_run } => {
                self.cleanup(*older_than_days, *dry_run, now).await
            }
            MaintenanceTask::Vacuum => self.vacuum().await,
            MaintenanceTask::Backup { name } => self.backup_as(name.as_deref(), now).await,
            MaintenanceTask::Check => self.check_store().await,
            MaintenanceTask::Unarchive { from, until } => self.unarchive(*from, *until).await,
        };
        let micros = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX);
        let ended = Micros(now.0.saturating_add(micros));
        if let Some(id) = id {
            let told = done.as_ref().map(Clone::clone).map_err(|error| error.problem().detail);
            self.store().end_run(id, ended, &told).await?;
        }
        *self.desk.dry_run() = match (&task, &done) {
            (MaintenanceTask::Cleanup { older_than_days, dry_run: true }, Ok(report)) => {
                Some(CleanupTrial { at: now, older_than_days: *older_than_days, report: report.clone() })
            }
            _ => None,
        };
        self.desk.measured.lock().await.take(); // sizes are others now
        drop(turn);
        done
    }

    async fn vacuum(&self) -> Result<MaintenanceReport, ServiceError> {
        self.desk.step("giving free pages back", 0, 0);
        let freed_bytes = self.store().vacuum().await?;
        self.store().vacuumed().await?;
        Ok(MaintenanceReport { freed_bytes, ..MaintenanceReport::default() })
    }

    async fn unarchive(&self, from: Micros, until: Micros) -> Result<MaintenanceReport, ServiceError> {
        let range = TimeRange::new(from, until).map_err(|error| Problem::bad_request(error.to_string()))?;
        let mut restored_rows = 0;
        for dataset in SEALED {
            self.desk.step(format!("turning sealed {} into rows", dataset.as_str()), 0, 0);
            restored_rows += self.store().unseal(range, dataset).await?.rows;
        }
        Ok(MaintenanceReport { restored_rows, ..MaintenanceReport::default() })
    }

    async fn check_store(&self) -> Result<MaintenanceReport, ServiceError> {
        self.desk.step("looking at every page", 0, 0);
        let report = self.store().check().await?;
        Ok(MaintenanceReport { problems: report.problems, ..MaintenanceReport::default() })
    }
}

/// Whether the task makes sense.
fn check(task: &MaintenanceTask) -> Result<(), Problem> {
    match task {
        MaintenanceTask::Cleanup { older_than_days: Some(0), .. } => {
            Err(Problem::bad_request("days must be at least 1; today's records are never taken away"))
        }
        MaintenanceTask::Backup { name: Some(name) } => backup::check_name(name),
        _ => Ok(()),
    }
}
