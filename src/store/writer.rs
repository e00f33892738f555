//! The one task that writes.
//!
//! It takes the first job that waits, then every other that is already there, up to
//! [`RECORDS_A_COMMIT`] and [`BYTES_A_COMMIT`], commits them together and answers each sender. It
//! does not wait for more: while one group is on its way to the disk the next one gathers, so a
//! lone record is committed at once and a crowd shares its commits.
//!
//! It runs as a task of its own, so a sender that goes away cannot cut a transaction short.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

use super::archive;
use super::batch::{self, Caches};
use super::changes::Changes;
use super::chore;
use super::clock::Clock;
use super::copier::Copier;
use super::error::{StoreError, query};
use super::gauge::Counters;
use super::idempotency;
use super::lock::ProcessLock;
use super::queue::{Done, Job, Work};
use super::upkeep;
use crate::model::{Record, TimeRange};

/// Most records of one transaction, unless a single sender brings more.
const RECORDS_A_COMMIT: usize = 10_000;
/// Most bytes of one transaction, unless a single sender brings more. More than the usual 1 MiB,
/// because 10 000 tasks weigh about 4 and a smaller group would only mean more commits.
const BYTES_A_COMMIT: usize = 8 << 20;
/// After so long without work the log is copied into the file.
const IDLE: Duration = Duration::from_secs(2);
/// How often the writer looks whether another process wrote, while it has nothing to do itself.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// How long a group waits for another process. It holds the lock for one transaction at a time, so
/// one that keeps it longer hangs.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);
/// How long a checkpoint waits for the process lock.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(500);

const SELECT_DATA_VERSION: &str = "pragma data_version";
const CHECKPOINT_PASSIVE: &str = "pragma wal_checkpoint(passive)";
const CHECKPOINT_TRUNCATE: &str = "pragma wal_checkpoint(truncate)";
/// Takes the write lock at once: a transaction that read first could find its view outdated.
const BEGIN: &str = "begin immediate";
const COMMIT: &str = "commit";
const ROLLBACK: &str = "rollback";

/// The writer's state.
#[derive(Debug)]
pub(super) struct Writer {
    pub path: PathBuf,
    pub connection: SqliteConnection,
    pub lock: ProcessLock,
    pub clock: Clock,
    pub counters: Arc<Counters>,
    pub changes: Arc<Changes>,
    pub caches: Caches,
    pub copier: Copier,
    /// The file's version as this connection saw it last; it changes when another process commits.
    pub version: Option<i64>,
}

impl Writer {
    /// Works until the queue is closed and empty, then copies the log into the file and closes it.
    pub(super) async fn run(mut self, mut queue: UnboundedReceiver<Job>) {
        let mut settled = true; // nothing was written since the last checkpoint
        let mut since = Instant::now();
        self.look().await;
        loop {
            let Ok(first) = timeout(LOOK, queue.recv()).await else {
                self.look().await;
                if !settled && since.elapsed() >= IDLE {
                    self.checkpoint(CHECKPOINT_PASSIVE).await;
                    settled = true;
                }
                continue;
            };
            let Some(first) = first else { break };
            (settled, since) = (false, Instant::now());
            self.serve(first, &mut queue).await;
        }
        self.finish().await;
    }

    /// Commits `first` and what waits behind it, and answers each sender.
    async fn serve(&mut self, first: Job, queue: &mut UnboundedReceiver<Job>) {
        if let Err(error) = self.lock.acquire(LOCK_PATIENCE).await {
            return self.answer(first, Err(error));
        }
        let jobs = gather(first, queue);
        match self.commit(&jobs).await {
            Ok(done) => jobs.into_iter().zip(done).for_each(|(job, done)| self.answer(job, Ok(done))),
            Err(error) => self.answer_failed(jobs, error).await,
        }
        self.unlock();
    }

    /// Answers after a failure. A failure that meets every sender alike is told to all of them; else
    /// each is tried alone, so that the neighbours of a bad batch do not pay for it.
    async fn answer_failed(&mut self, jobs: Vec<Job>, error: StoreError) {
        let alone = jobs.len() == 1;
        let mut error = Some(error);
        for job in jobs {
            let shared = error.as_ref().and_then(StoreError::shared);
            let answer = match (shared, error.take_if(|_| alone)) {
                (Some(shared), _) => Err(shared),
                (None, Some(error)) => Err(error),
                (None, None) => self.commit(std::slice::from_ref(&job)).await.and_then(only),
            };
            self.answer(job, answer);
        }
    }

    fn answer(&self, job: Job, answer: Result<Done, StoreError>) {
        self.counters.queued_records.fetch_sub(job.records() as u64, Ordering::Relaxed);
        // A sender that went away does not read its answer; what it sent is stored all the same.
        let _ = job.reply.send(answer);
    }

    /// Does `jobs` in one transaction: all of them or none. The process lock is held.
    async fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Done>, StoreError> {
        if self.counters.stopped.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped { path: self.path.clone() });
        }
        let started = Instant::now();
        match self.transaction(jobs).await {
            Ok(done) => {
                let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.counters.committed(micros, &done);
                self.copier.wake();
                self.changes.committed(jobs, &done);
                Ok(done)
            }
            Err(error) => {
                self.caches.forget();
                // When SQLite has rolled back by itself there is nothing left to roll back, and it says so.
                let _ = sqlx::query(ROLLBACK).execute(&mut self.connection).await;
                Err(self.counters.failed(&self.path, error))
            }
        }
    }

    async fn transaction(&mut self, jobs: &[Job]) -> Result<Vec<Done>, StoreError> {
        let now = self.clock.now();
        sqlx::query(BEGIN).execute(&mut self.connection).await.map_err(query("begin a transaction"))?;
        self.see_version().await?;
        let records: Vec<&Record> = jobs.iter().flat_map(Job::as_records).collect();
        let mut landings = batch::store(&mut self.connection, &mut self.caches, &records, now).await?.into_iter();
        let mut done = Vec::with_capacity(jobs.len());
        for job in jobs {
            done.push(match &job.work {
                Work::Records(records) => Done::Records(landings.by_ref().take(records.len()).collect()),
                Work::Key { key, digest } => {
                    Done::Key(idempotency::remember(&mut self.connection, key, digest, now).await?)
                }
                Work::Info { key, value } => {
                    batch::set_info(&mut self.connection, key, value).await?;
                    Done::Info
                }
                Work::Chore(chore) => {
                    Done::Chore(chore::run(&mut self.connection, &mut self.caches, chore, now).await?)
                }
                Work::Archive { dataset, step } => {
                    self.caches.sealing.forget();
                    Done::Archive(archive::step(&mut self.connection, *dataset, *step).await?)
                }
                Work::Vacuum => Done::Vacuum { bytes: upkeep::vacuum_some(&mut self.connection).await? },
            });
        }
        sqlx::query(COMMIT).execute(&mut self.connection).await.map_err(query("commit"))?;
        Ok(done)
    }

    /// Forgets what it remembers when another process wrote.
    async fn see_version(&mut self) -> Result<(), StoreError> {
        let version: i64 = sqlx::query_scalar(SELECT_DATA_VERSION)
            .fetch_one(&mut self.connection)
            .await
            .map_err(query("read the data version"))?;
        let before = self.version.replace(version);
        if before != Some(version) {
            self.caches.forget();
        }
        if before.is_some_and(|before| before != version) {
            self.changes.note(TimeRange::ALL);
        }
        Ok(())
    }

    /// Looks whether another process wrote. Who cannot look must think so.
    async fn look(&mut self) {
        if self.see_version().await.is_err() {
            self.changes.note(TimeRange::ALL);
        }
    }

    fn unlock(&mut self) {
        if self.lock.release().is_err() {
            // The lock is still ours then, and the next group finds it so; but it is worth counting.
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Copies the log into the file. Trouble is counted; the log still holds everything.
    async fn checkpoint(&mut self, statement: &'static str) {
        if self.counters.stopped.load(Ordering::Relaxed) {
            return;
        }
        if self.lock.acquire(CHECKPOINT_PATIENCE).await.is_err() {
            return; // somebody else writes; there will be another idle moment
        }
        let done = sqlx::query(statement).execute(&mut self.connection).await;
        self.unlock();
        if let Err(error) = done {
            self.counters.failed(&self.path, query("copy the log into the file")(error));
        }
    }

    async fn finish(mut self) {
        self.copier.stop().await; // the last copy empties the log, which nobody else may be at then
        self.checkpoint(CHECKPOINT_TRUNCATE).await;
        if self.connection.close().await.is_err() {
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// `first` and the jobs that wait behind it, until the group is large enough.
fn gather(first: Job, queue: &mut UnboundedReceiver<Job>) -> Vec<Job> {
    let (mut records, mut bytes) = (first.records(), first.bytes());
    let mut jobs = vec![first];
    while records < RECORDS_A_COMMIT && bytes < BYTES_A_COMMIT {
        let Ok(job) = queue.try_recv() else { break };
        records += job.records();
        bytes += job.bytes();
        jobs.push(job);
    }
    jobs
}

/// The one thing done for one job.
fn only(mut done: Vec<Done>) -> Result<Done, StoreError> {
    done.pop().ok_or(StoreError::Closed)
}
