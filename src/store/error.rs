//! What can go wrong between us and the file.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::Dataset;

/// A failure of the store. `source` carries the cause; the text says what, where, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file and none was to be made.
    #[error("there is no store at {path}; check the path given with --db, or start `swarmscope serve` to make one")]
    Missing {
        /// The file that was asked for.
        path: PathBuf,
    },
    /// The path names a folder.
    #[error("{path} is a folder; name a file in it, such as {path}/swarmscope.db")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file, its folder or its lock cannot be opened for reading and writing.
    #[error("cannot open {path}: {source}; check that it and its folder may be read and written")]
    Unreadable {
        /// The file that could not be opened.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is something else than SQLite, or its start is damaged.
    #[error("{path} is not a database; name another file, or restore it from a backup")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{path} is a database of another program (it has a table `{table}`); name another file, or import it")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// One of its tables.
        table: String,
    },
    /// A newer version of the program wrote the file.
    #[error("{path} has schema {found}, this program knows {known}; use the newer program, it was left as it is")]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The file's schema has the right number, but was made from another text.
    #[error(
        "{path} was made by another build, whose schema {version} reads differently; open it with that build, or \
         export it there and ingest it here; it was left as it is"
    )]
    OtherSchema {
        /// The file.
        path: PathBuf,
        /// The first migration that differs.
        version: i64,
    },
    /// The schema could not be brought up to date; the file is as it was.
    #[error("cannot bring the schema of {path} up to date; it was left as it is")]
    Migration {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: sqlx::migrate::MigrateError,
    },
    /// The SQLite inside can lose committed transactions.
    #[error("this program was built with SQLite {found}, which can lose committed data; rebuild it with {needed}")]
    OldSqlite {
        /// The version found.
        found: String,
        /// The oldest version that is safe.
        needed: &'static str,
    },
    /// Another process kept the file locked.
    #[error("{path} is locked by another program; end it or try again later")]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The queue to the writer stayed full.
    #[error("too many records are waiting to be written; try again later")]
    Overloaded,
    /// The disk is full; reading goes on.
    #[error("the disk that holds {path} is full; free some space, nothing of this batch was stored")]
    DiskFull {
        /// The store's file.
        path: PathBuf,
    },
    /// The disk reported that it could not keep what it had promised; reading goes on.
    #[error("the disk that holds {path} failed to keep a write; writing stopped: check the disk, then start again")]
    Stopped {
        /// The store's file.
        path: PathBuf,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The dataset has no such field to filter by.
    #[error("{} cannot be filtered by `{field}`", .dataset.as_str())]
    UnknownFilter {
        /// What was asked for.
        dataset: Dataset,
        /// The field it does not have.
        field: &'static str,
    },
    /// The dataset is never sealed.
    #[error("{} are never sealed; tasks, metrics, events and healings are", .dataset.as_str())]
    NotSealed {
        /// The dataset.
        dataset: Dataset,
    },
    /// The rows contradict each other, which only damage or another program's writing explains.
    #[error("the store is damaged: {what}; run `swarmscope check` and restore a backup")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// Anything else that a query met.
    #[error("could not {action}")]
    Query {
        /// What was being done.
        action: &'static str,
        /// The cause.
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Whether a record of the batch is to blame, which no second attempt would store: it violates what a table
    /// demands, or is too large for it.
    #[must_use]
    pub fn is_about_a_record(&self) -> bool {
        let Self::Query { source, .. } = self else { return false };
        sqlite_code(source)
            .is_some_and(|found| matches!(found & 0xff, code::TOOBIG | code::CONSTRAINT | code::MISMATCH))
    }

    /// The same failure once more, when it is one that meets every waiting sender alike: then
    /// trying each of them alone would be of no use.
    pub(in crate::store) fn shared(&self) -> Option<Self> {
        match self {
            Self::DiskFull { path } => Some(Self::DiskFull { path: path.clone() }),
            Self::Stopped { path } => Some(Self::Stopped { path: path.clone() }),
            Self::Locked { path } => Some(Self::Locked { path: path.clone() }),
            _ => None,
        }
    }
}

/// Wraps what sqlx says with what was being done.
pub(in crate::store) fn query(action: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Query { action, source }
}

/// The result codes of SQLite that are told apart here (<https://sqlite.org/rescode.html>).
pub(in crate::store) mod code {
    /// The primary code of "database is locked".
    pub const BUSY: i32 = 5;
    /// The primary code of a system call that failed, a read past the end of the file included.
    pub const IOERR: i32 = 10;
    /// The primary code of a broken file.
    pub const CORRUPT: i32 = 11;
    /// The primary code of a full disk.
    pub const FULL: i32 = 13;
    /// The primary code of a file that cannot be opened.
    pub const CANTOPEN: i32 = 14;
    /// The primary code of a text or blob that is too large.
    pub const TOOBIG: i32 = 18;
    /// The primary code of a violated constraint.
    pub const CONSTRAINT: i32 = 19;
    /// The primary code of a value of another type than its column's.
    pub const MISMATCH: i32 = 20;
    /// The primary code of "file is not a database".
    pub const NOTADB: i32 = 26;
    /// `SQLITE_IOERR_FSYNC`: what was written may be gone, and asking again would hide it.
    pub const IOERR_FSYNC: i32 = 1034;
    /// `SQLITE_IOERR_SHMSIZE`: the log's index cannot grow.
    pub const IOERR_SHMSIZE: i32 = 4874;
    /// `SQLITE_IOERR_DIR_FSYNC`.
    pub const IOERR_DIR_FSYNC: i32 = 1290;
}

impl StoreError {
    /// Tells the failures to write `path` apart that have a meaning of their own.
    pub(in crate::store) fn of_writing(self, path: &Path) -> Self {
        let Self::Query { source, .. } = &self else { return self };
        let path = path.to_owned();
        match sqlite_code(source) {
            Some(code::IOERR_FSYNC | code::IOERR_DIR_FSYNC) => Self::Stopped { path },
            // The log's index is a file too, and may be the one that finds no room.
            Some(code::IOERR_SHMSIZE) => Self::DiskFull { path },
            Some(found) if found & 0xff == code::FULL => Self::DiskFull { path },
            Some(found) if found & 0xff == code::BUSY => Self::Locked { path },
            _ => self,
        }
    }
}

/// SQLite's extended result code of an error, when it came from SQLite.
pub(in crate::store) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
