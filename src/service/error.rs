//! Why a use case failed.

use thiserror::Error;

use crate::model::registry::UpdateRefused;
use crate::model::{Problem, ProblemKind};
use crate::store::StoreError;
use crate::wire::EncodeError;

/// A failure of a use case. The doors log the whole chain and show only [`Self::problem`].
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The asker is told exactly this.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A change of an agent that its life does not allow.
    #[error(transparent)]
    Update(#[from] UpdateRefused),
    /// A record could not be written in the form asked for.
    #[error("an export could not be written")]
    Encode(#[from] EncodeError),
    /// An export could not be sorted in a temporary file beside the store.
    #[error("an export could not be sorted on disk")]
    Sort(#[source] std::io::Error),
    /// An export could not be compressed.
    #[error("an export could not be compressed")]
    Compress(#[source] std::io::Error),
}

impl ServiceError {
    /// What may be shown: no internals.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Update(refused @ UpdateRefused::Unknown { .. }) => Problem::not_found(refused.to_string()),
            Self::Update(refused @ UpdateRefused::Backwards { .. }) => {
                Problem::new(ProblemKind::Conflict, refused.to_string())
            }
            Self::Store(error @ StoreError::DiskFull { .. }) => Problem::new(ProblemKind::DiskFull, error.to_string()),
            Self::Store(
                error @ (StoreError::Overloaded
                | StoreError::Closed
                | StoreError::Locked { .. }
                | StoreError::Stopped { .. }),
            ) => Problem::new(ProblemKind::Overloaded, error.to_string()),
            Self::Store(error @ StoreError::UnknownFilter { .. }) => Problem::bad_request(error.to_string()),
            Self::Encode(_) | Self::Compress(_) => {
                Problem::new(ProblemKind::Internal, "the export could not be written; the log says why")
            }
            Self::Sort(error) if error.kind() == std::io::ErrorKind::StorageFull => Problem::new(
                ProblemKind::DiskFull,
                "the export needs room for sorting beside the store; free some, or ask for a shorter range",
            ),
            Self::Sort(_) => {
                Problem::new(ProblemKind::Internal, "the export could not be sorted on disk; the log says why")
            }
            Self::Store(StoreError::Query { action, .. }) => {
                Problem::new(ProblemKind::Internal, format!("could not {action}; the log says why"))
            }
            Self::Store(error) => Problem::new(ProblemKind::Internal, error.to_string()),
        }
    }
}
