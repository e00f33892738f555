//! SQLite: the only room that knows SQL.
//!
//! One writer task owns the one write connection (`writer`); it commits groups of records together
//! with the rollups that depend on them (`batch`, `insert`, `rollup`), and answers a sender only when
//! its records are durable. Readers are a small read-only pool (`page`, `read`). Other processes may
//! use the same file at the same time (`lock`). Rows of old days are sealed into compressed chunks
//! (`archive`), which readers see like any other row.
//!
//! Not here: what a request means (`service`), how records look outside (`wire`).

pub mod alerts;
pub mod archive;
mod batch;
pub mod changes;
pub mod chore;
pub mod clock;
mod copier;
pub mod deliveries;
pub mod derived;
mod dictionary;
pub mod error;
mod events;
pub mod foreign;
pub mod gauge;
mod healings;
pub mod idempotency;
mod insert;
mod key;
pub mod lifetime;
mod lock;
mod memory;
mod metrics;
mod names;
mod news;
mod open;
mod page;
pub mod page_sorted;
pub mod patterns;
#[cfg(test)]
mod plans;
pub mod pulse;
mod queue;
pub mod read;
mod registry;
pub mod retention;
mod rollup;
mod runs;
mod sequence;
pub mod size;
mod table;
mod tasks;
pub mod upkeep;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::task::JoinHandle;

use crate::model::filter::PageRequest;
use crate::model::{Dataset, HighWater, Micros, Record, TimeRange};

pub use archive::{SealOptions, SealedDay, SealedRows, Unsealed};
pub use clock::Clock;
pub use error::StoreError;
pub use gauge::Gauge;
pub use idempotency::KeyUse;
pub use news::News;
pub use upkeep::CheckReport;

use names::Names;
use queue::{Done, Queue, Work};

/// The fact under which servers note when they were up.
pub const UPTIME_KEY: &str = "uptime";

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections that read at the same time.
    pub readers: u32,
    /// KiB of pages that each of them keeps in memory.
    pub reader_cache_kib: u32,
    /// Make the file when it is not there.
    pub create: bool,
    /// Tells when records are stored.
    pub clock: Clock,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 3, reader_cache_kib: 16_384, create: true, clock: Clock::default() }
    }
}

/// What became of one record that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// It is new.
    Stored,
    /// It was there, and the same.
    Duplicate,
    /// It was there and different; the first is kept.
    Differs,
    /// It was there and this one moved it on: its importer brought a newer version, or an agent's
    /// life went on.
    Updated,
}

/// One stored record with its place in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its row id, ascending in the order of arrival.
    pub id: i64,
    /// Its time: `timestamp`, or `spawn_time` for the registry.
    pub time: Micros,
    /// The record as it was sent.
    pub record: Record,
}

/// An open store. Cheap to clone; all clones share one writer and one reader pool.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    queue: Queue,
    writer: std::sync::Mutex<Option<JoinHandle<()>>>,
    readers: SqlitePool,
    watcher: tokio::sync::Mutex<Option<SqliteConnection>>,
    names: Names,
    counters: Arc<gauge::Counters>,
    changes: Arc<changes::Changes>,
}

impl Store {
    /// Opens `path`, makes its folder and file when allowed, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when it is a folder, is missing and may not be made, is no database or one of
    /// another program, is of a newer version, is locked, or cannot be read and written.
    pub async fn open(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let opened = open::open(path, options).await?;
        let counters = Arc::new(gauge::Counters::default());
        let changes = Arc::new(changes::Changes::default());
        let (queue, jobs) = Queue::new(Arc::clone(&counters));
        let writer = writer::Writer {
            path: path.to_owned(),
            connection: opened.writer,
            lock: opened.lock,
            clock: options.clock.clone(),
            counters: Arc::clone(&counters),
            changes: Arc::clone(&changes),
            caches: batch::Caches::default(),
            copier: copier::Copier::start(path.to_owned(), opened.copier, Arc::clone(&counters)),
            version: None,
        };
        let shared = Shared {
            path: path.to_owned(),
            queue,
            writer: std::sync::Mutex::new(Some(tokio::spawn(writer.run(jobs)))),
            readers: opened.readers,
            watcher: tokio::sync::Mutex::new(Some(opened.watcher)),
            names: Names::default(),
            counters,
            changes,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Stores `records` in one transaction and returns what became of each, in their order, once
    /// they are durable. Concurrent calls share a commit. A caller that stops waiting does not stop
    /// the writing.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when the queue stays full, [`StoreError::DiskFull`], …; then
    /// nothing of the batch is stored.
    pub async fn write(&self, records: Vec<Record>) -> Result<Vec<Landing>, StoreError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        match self.shared.queue.run(Work::Records(records)).await? {
            Done::Records(landings) => Ok(landings),
            _ => Err(StoreError::Closed),
        }
    }

    /// Remembers an idempotency key with the SHA-256 of the body it came with, for 48 hours.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn idempotency(&self, key: &str, digest: [u8; 32]) -> Result<KeyUse, StoreError> {
        match self.shared.queue.run(Work::Key { key: key.to_owned(), digest }).await? {
            Done::Key(known) => Ok(known),
            _ => Err(StoreError::Closed),
        }
    }

    /// Sets a fact about the file.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn set_info(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.shared.queue.run(Work::Info { key: key.to_owned(), value: value.to_owned() }).await.map(drop)
    }

    /// A fact about the file; `None` when it was never set.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn info(&self, key: &str) -> Result<Option<String>, StoreError> {
        upkeep::info(self.reader(), key).await
    }

    /// One page of a dataset, in the order and from the place asked for.
    ///
    /// # Errors
    /// [`StoreError::UnknownFilter`] for a field the dataset does not have, or a failure to read.
    pub async fn page(&self, dataset: Dataset, request: &PageRequest) -> Result<Vec<Row>, StoreError> {
        page::page(self.reader(), &self.shared.names, dataset, request).await
    }

    /// Where the order of arrival ends now.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn high_water(&self) -> Result<HighWater, StoreError> {
        news::high_water(self.reader()).await
    }

    /// Records that arrived after `after`, at most `limit` of them.
    ///
    /// # Errors
    /// A failure to read.
    pub async fn news(&self, after: HighWater, limit: u32) -> Result<News, StoreError> {
        news::news(self.reader(), &self.shared.names, after, limit).await
    }

    /// Whether a record that arrived after `after` is sealed by now, so that [`Self::news`] would miss it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn is_sealed_since(&self, after: HighWater) -> Result<bool, StoreError> {
        news::is_sealed_since(self.reader(), after).await
    }

    /// From the first record of any kind to just after the last; `None` for an empty store.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn bounds(&self) -> Result<Option<TimeRange>, StoreError> {
        self.snapshot().await?.bounds().await
    }

    /// How many records each dataset holds, in the order of [`Dataset::ALL`].
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn counts(&self) -> Result<[u64; 7], StoreError> {
        upkeep::counts(self.reader()).await
    }

    /// Checks the whole file; writers go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Query`] when the file cannot even be read.
    pub async fn check(&self) -> Result<CheckReport, StoreError> {
        upkeep::check(self.reader()).await
    }

    /// A number that changes when anybody, another process included, commits.
    ///
    /// # Errors
    /// [`StoreError::Query`], or [`StoreError::Closed`].
    pub async fn data_version(&self) -> Result<i64, StoreError> {
        let mut watcher = self.shared.watcher.lock().await;
        upkeep::data_version(watcher.as_mut().ok_or(StoreError::Closed)?).await
    }

    /// Gives space that deleted records left back to the disk, in small steps between which others
    /// write. Returns how many bytes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn vacuum(&self) -> Result<u64, StoreError> {
        let mut freed = 0;
        loop {
            match self.shared.queue.run(Work::Vacuum).await? {
                Done::Vacuum { bytes: 0 } => return Ok(freed),
                Done::Vacuum { bytes } => freed += bytes,
                _ => return Err(StoreError::Closed),
            }
        }
    }

    /// Writes a compact copy of the store, as of now, to `target`, which must not exist, and reads it back.
    /// Writers go on. Returns the copy's records by dataset, in the order of [`Dataset::ALL`].
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when `target` exists or cannot be made, [`StoreError::Damaged`] when the copy
    /// is not sound, or a failure to copy.
    pub async fn backup(&self, target: &Path) -> Result<[u64; 7], StoreError> {
        upkeep::backup(&self.shared.path, target).await
    }

    /// What was written lately.
    #[must_use]
    pub fn changes(&self) -> &changes::Changes {
        &self.shared.changes
    }

    /// How the store is doing.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        let mut log = self.shared.path.as_os_str().to_owned();
        log.push("-wal");
        let wal_bytes = size(Path::new(&log));
        Gauge { file_bytes: size(&self.shared.path), wal_bytes, ..self.shared.counters.read() }
    }

    /// Stops taking records, commits what was taken, and closes every connection.
    pub async fn close(&self) {
        self.shared.queue.close();
        // Open readers would keep the log from being emptied.
        self.shared.readers.close().await;
        if let Some(watcher) = self.shared.watcher.lock().await.take() {
            // A reader has nothing to lose; when it cannot be closed, the system does it with the process.
            let _ = sqlx::Connection::close(watcher).await;
        }
        let writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // The writer ends by itself; it fails only by a panic, which has been reported then.
            let _ = writer.await;
        }
    }

    /// The way to the writer.
    pub(in crate::store) fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// The connections for reading.
    pub(in crate::store) fn reader(&self) -> &SqlitePool {
        &self.shared.readers
    }
}
