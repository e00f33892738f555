//! Why a use case failed.

use thiserror::Error;

use crate::model::{Problem, ProblemKind};
use crate::store::StoreError;

/// A failure of a use case. The doors log the whole chain and show only [`Self::problem`].
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The asker is told exactly this.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl ServiceError {
    /// What may be shown: no internals.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Store(error @ StoreError::DiskFull { .. }) => Problem::new(ProblemKind::DiskFull, error.to_string()),
            Self::Store(
                error @ (StoreError::Overloaded
                | StoreError::Closed
                | StoreError::Locked { .. }
                | StoreError::Stopped { .. }),
            ) => Problem::new(ProblemKind::Overloaded, error.to_string()),
            Self::Store(error @ StoreError::UnknownFilter { .. }) => Problem::bad_request(error.to_string()),
            Self::Store(StoreError::Query { action, .. }) => {
                Problem::new(ProblemKind::Internal, format!("could not {action}; the log says why"))
            }
            Self::Store(error) => Problem::new(ProblemKind::Internal, error.to_string()),
        }
    }
}
