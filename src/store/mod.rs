//! SQLite: the only room that knows SQL.
//!
//! One writer task owns the one write connection; readers are a small read-only pool.

pub mod error;

use std::path::{Path, PathBuf};

use crate::model::filter::PageRequest;
use crate::model::{Dataset, Micros, Record};

pub use error::StoreError;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections that read at the same time.
    pub readers: u32,
    /// Make the file when it is not there.
    pub create: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 3, create: true }
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
    /// It was there and its importer brought a newer version, which replaced it.
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
    path: PathBuf,
}

impl Store {
    /// Opens `path`, makes its folder and file when allowed, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when it is no database, is of a newer version, or cannot be read.
    pub async fn open(path: &Path, _options: &StoreOptions) -> Result<Self, StoreError> {
        Ok(Self { path: path.to_owned() })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores `records` in one transaction and returns what became of each, in their order, once
    /// they are durable.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when the queue stays full, [`StoreError::DiskFull`], …; then
    /// nothing of the batch is stored.
    pub async fn write(&self, _records: Vec<Record>) -> Result<Vec<Landing>, StoreError> {
        Err(StoreError::Closed)
    }

    /// One page of a dataset, in the order and from the place asked for.
    ///
    /// # Errors
    /// [`StoreError`] when reading fails.
    pub async fn page(&self, _dataset: Dataset, _request: &PageRequest) -> Result<Vec<Row>, StoreError> {
        Err(StoreError::Closed)
    }

    /// Stops taking records, commits what was taken, and closes every connection.
    pub async fn close(&self) {}
}
