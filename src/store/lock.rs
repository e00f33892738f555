//! The lock between processes: whoever writes to a store holds `<store>.lock`.
//!
//! SQLite alone lets the process that just committed take the write lock again at once, so that
//! another one starves in its busy timeout (measured: a median of 1.9 s). An operating system lock
//! with a pause after each release is fair enough, and is gone when its process dies.
//! Not here: locks between tasks of one process; the writer is one task.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::error::StoreError;

/// How long a process leaves the lock alone after it gave it back.
const PAUSE: Duration = Duration::from_millis(1);
/// How often a waiting process asks. No longer than [`PAUSE`], or it would miss its turn.
const ASK_AGAIN: Duration = Duration::from_micros(500);

/// An open lock file. The lock is held from [`Self::acquire`] to [`Self::release`] or drop.
#[derive(Debug)]
pub(super) struct ProcessLock {
    file: File,
    path: PathBuf,
    released: Option<Instant>,
}

impl ProcessLock {
    /// Opens (makes) the lock file of the store at `store`.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when the folder may not be written.
    pub(super) fn open(store: &Path) -> Result<Self, StoreError> {
        let mut path = store.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        // The lock file is never removed: a process that waits on the removed one would not see its successor.
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|source| StoreError::Unreadable { path: path.clone(), source })?;
        Ok(Self { file, path, released: None })
    }

    /// Waits for the lock, at most `patience`.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process kept it, [`StoreError::Unreadable`] when the system refuses.
    pub(super) async fn acquire(&mut self, patience: Duration) -> Result<(), StoreError> {
        if let Some(released) = self.released {
            tokio::time::sleep_until(released + PAUSE).await;
        }
        let started = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(StoreError::Unreadable { path: self.path.clone(), source });
                }
            }
            if started.elapsed() > patience {
                return Err(StoreError::Locked { path: self.path.clone() });
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when the system refuses, which no healthy descriptor does.
    pub(super) fn release(&mut self) -> Result<(), StoreError> {
        self.released = Some(Instant::now());
        self.file.unlock().map_err(|source| StoreError::Unreadable { path: self.path.clone(), source })
    }
}
