//! Where the figures come from: the store's file, or a server that has it open.

use std::sync::Arc;

use super::remote::path;
use crate::cli::remote::{Access, Remote};
use crate::cli::{CliError, Setup, now};
use crate::model::top::{Top, TopQuery};
use crate::service::{Service, ServiceError};
use crate::store::StoreOptions;

/// KiB of the file's pages kept in memory: enough for sums of days. The system caches the file, too.
const CACHE_KIB: u32 = 2048;

/// Where the figures come from. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The store's file, read by this process, and its path.
    File(Box<Service>, Arc<str>),
    /// A running server.
    Server(Arc<Remote>),
}

impl Source {
    /// The store that is set.
    pub(super) async fn file(setup: &Setup) -> Result<Self, CliError> {
        let options = StoreOptions { readers: 1, reader_cache_kib: CACHE_KIB, ..StoreOptions::default() };
        let service = setup.open_existing_with(options).await?;
        Ok(Self::File(Box::new(service), setup.config.store.path.display().to_string().into()))
    }

    /// The server at `url`.
    pub(super) fn server(url: &str, access: &Access) -> Result<Self, CliError> {
        Ok(Self::Server(Arc::new(Remote::open(url, access)?)))
    }

    /// How it is called on the screen.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(_, path) => path.to_string(),
            Self::Server(remote) => remote.url().to_owned(),
        }
    }

    /// The figures now.
    pub(super) async fn look(&self, query: &TopQuery) -> Result<Top, CliError> {
        match self {
            Self::File(service, _) => service.top(query, now()).await.map_err(|error| match error {
                ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range nobody can read
                error => CliError::Service(error),
            }),
            Self::Server(remote) => remote.get(&path(query)).await,
        }
    }

    /// Lets the file go.
    pub(super) async fn close(&self) {
        if let Self::File(service, _) = self {
            service.store().close().await;
        }
    }
}
