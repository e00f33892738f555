//! Copies the write-ahead log into the file while the writer goes on.
//!
//! A commit that finds the log full has to copy all of it, and everybody who waits for that commit waits for
//! the copy too (measured: 64 MiB take some 300 ms). This task copies in smaller steps on a connection of its
//! own, so that the full log has hardly anything left to copy. It cannot begin the log anew; the writer does,
//! with the next commit after one that found everything copied.
//!
//! Not here: the copy when all is quiet and the one at the end, which the writer does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::error::{StoreError, query};
use super::gauge::Counters;

/// How many pages must wait before a step is worth its two `fsync`s: a quarter of what fills the log.
const PAGES_A_STEP: i64 = 4096;
/// How often it looks at most.
const LOOK: Duration = Duration::from_millis(20);

/// Tells how many pages the log has and how many are copied; copies nothing.
const CHECKPOINT_NOOP: &str = "pragma wal_checkpoint(noop)";
const CHECKPOINT_PASSIVE: &str = "pragma wal_checkpoint(passive)";

/// The running task, as the writer holds it.
#[derive(Debug)]
pub(super) struct Copier {
    wake: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Copier {
    /// Starts it on `connection` to the store at `path`.
    pub(super) fn start(path: PathBuf, connection: SqliteConnection, counters: Arc<Counters>) -> Self {
        let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let work = Work { path, connection, counters };
        Self { task: tokio::spawn(work.run(Arc::clone(&wake), stop.clone())), wake, stop }
    }

    /// Something was committed.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Ends it, after the step it is in.
    pub(super) async fn stop(&mut self) {
        self.stop.cancel();
        // It fails only by a panic, which has been reported then.
        let _ = (&mut self.task).await;
    }
}

struct Work {
    path: PathBuf,
    connection: SqliteConnection,
    counters: Arc<Counters>,
}

impl Work {
    async fn run(mut self, wake: Arc<Notify>, stop: CancellationToken) {
        while stop.run_until_cancelled(wake.notified()).await.is_some() {
            if let Err(error) = self.step().await {
                self.counters.failed(&self.path, error);
            }
            if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
                break;
            }
        }
        // Nothing of it is unsaved; when it cannot be closed, the system does it with the process.
        let _ = self.connection.close().await;
    }

    /// Copies what waits, if it is enough.
    async fn step(&mut self) -> Result<(), StoreError> {
        if self.counters.stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (_, pages, copied) = self.checkpoint(CHECKPOINT_NOOP).await?;
        if pages - copied >= PAGES_A_STEP {
            self.checkpoint(CHECKPOINT_PASSIVE).await?;
        }
        Ok(())
    }

    /// Whether another connection was at it, pages of the log, and how many of them are in the file.
    async fn checkpoint(&mut self, statement: &'static str) -> Result<(i64, i64, i64), StoreError> {
        let done = sqlx::query_as(statement).fetch_one(&mut self.connection).await;
        done.map_err(query("copy the log into the file"))
    }
}
