//! What the store counts about itself. Counters here start at 0 with the process; those that must
//! outlive it are rows of `lifetime_count`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Landing;
use super::error::StoreError;
use super::queue::Done;

/// Counters shared by the senders and the writer.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub queued_records: AtomicU64,
    pub commits: AtomicU64,
    pub commit_micros: AtomicU64,
    pub stored: AtomicU64,
    pub updated: AtomicU64,
    pub duplicates: AtomicU64,
    pub differing: AtomicU64,
    pub failures: AtomicU64,
    pub stopped: AtomicBool,
    pub failing: AtomicBool,
}

/// How the store is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauge {
    /// Records that wait to be written.
    pub queued_records: u64,
    /// The most that may wait.
    pub queue_limit: u64,
    /// Transactions committed since the start.
    pub commits: u64,
    /// Time spent in them, in microseconds.
    pub commit_micros: u64,
    /// Records stored since the start.
    pub stored: u64,
    /// Records replaced by their importer, or lives moved on, since the start.
    pub updated: u64,
    /// Records that were there before, and the same, since the start.
    pub duplicates: u64,
    /// Records that were there before, and different, since the start.
    pub differing: u64,
    /// Transactions that failed since the start.
    pub failures: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of its write-ahead log.
    pub wal_bytes: u64,
    /// Whether writing stopped after the disk failed to keep a write.
    pub stopped: bool,
    /// Whether the last attempt to write failed for a reason that is not in what was written.
    pub failing: bool,
}

impl Counters {
    /// Counts a committed transaction that took `micros` and what became of its records.
    pub(super) fn committed(&self, micros: u64, done: &[Done]) {
        self.failing.store(false, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
        for done in done {
            let Done::Records(landings) = done else { continue };
            for landing in landings {
                let counter = match landing {
                    Landing::Stored => &self.stored,
                    Landing::Updated => &self.updated,
                    Landing::Duplicate => &self.duplicates,
                    Landing::Differs => &self.differing,
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Counts a failure to write `path` and tells what it means. When the disk failed to keep a write, writing
    /// stops: asking it again would succeed and hide the loss.
    pub(super) fn failed(&self, path: &Path, error: StoreError) -> StoreError {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let error = error.of_writing(path);
        if !error.is_about_a_record() {
            self.failing.store(true, Ordering::Relaxed);
        }
        if matches!(error, StoreError::Stopped { .. }) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        error
    }

    /// A reading, without the sizes of the files.
    pub(super) fn read(&self) -> Gauge {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Gauge {
            queued_records: of(&self.queued_records),
            queue_limit: super::queue::RECORDS_MAX as u64,
            commits: of(&self.commits),
            commit_micros: of(&self.commit_micros),
            stored: of(&self.stored),
            updated: of(&self.updated),
            duplicates: of(&self.duplicates),
            differing: of(&self.differing),
            failures: of(&self.failures),
            file_bytes: 0,
            wal_bytes: 0,
            stopped: self.stopped.load(Ordering::Relaxed),
            failing: self.failing.load(Ordering::Relaxed),
        }
    }
}
