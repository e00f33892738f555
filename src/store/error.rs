//! What can go wrong between us and the file.

use std::path::PathBuf;

use thiserror::Error;

/// A failure of the store. `source` carries the cause; the text says what was being done.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The queue to the writer stayed full.
    #[error("too many records are waiting to be written")]
    Overloaded,
    /// The disk is full; reading goes on.
    #[error("the disk that holds {path} is full; free some space, nothing of this batch was stored")]
    DiskFull {
        /// The store's file.
        path: PathBuf,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else that a query met.
    #[error("could not {action}")]
    Query {
        /// What was being done.
        action: &'static str,
        /// The cause.
        source: sqlx::Error,
    },
}
