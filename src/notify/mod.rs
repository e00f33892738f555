//! The way out: one HTTP request or one mail, to an address that was checked, within a time, with what came back.
//!
//! These are the only connections the program makes by itself. Each is as narrow as it can be: the name is looked up
//! once and the connection goes to an address that was found then and may be reached; a redirect is an error; nothing is
//! read beyond [`ANSWER_MAX`]; and neither errors nor what [`Debug`] prints hold a secret.
//!
//! Not here: what is sent (`wire::notify`), to whom and when again (`service`), and any retry.

mod address;
mod dial;
mod error;
mod http;
mod secret;
mod smtp;
mod trust;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

pub use address::{Lookup, SystemLookup};
pub use error::SendError;
pub use http::Post;
pub use secret::{Revealed, read as read_secret, read_text};
pub use smtp::Letter;
pub use trust::read_authorities;

/// Most bytes of an answer that are read.
pub const ANSWER_MAX: usize = 64 << 10;

/// How far a message may go, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether loopback and private addresses may be reached, and in clear.
    pub allow_private: bool,
    /// For everything: looking up, connecting, sending, reading.
    pub timeout: Duration,
    /// Certificates of authorities that are trusted beside those this machine trusts.
    pub ca_file: Option<&'a Path>,
}

/// What sends. Cheap to clone; reads whom this machine trusts when it first needs to.
#[derive(Clone)]
pub struct Outbound {
    lookup: Arc<dyn Lookup>,
    trust: Arc<trust::Trust>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").finish_non_exhaustive()
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::with_lookup(Arc::new(SystemLookup))
    }
}

impl Outbound {
    /// Looks names up by `lookup`.
    #[must_use]
    pub fn with_lookup(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup, trust: Arc::default() }
    }

    /// Sends one request; returns the status, which is 200 to 299.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn post(&self, post: Post<'_>, bounds: Bounds<'_>) -> Result<u16, SendError> {
        within(bounds, http::post(self, &post, bounds)).await
    }

    /// Makes a connection that the caller opened encrypted, if `host` is who it says it is, by the word of
    /// an authority that this machine trusts or that `ca_file` holds.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn encrypt(
        &self,
        host: &str,
        stream: TcpStream,
        ca_file: Option<&Path>,
    ) -> Result<TlsStream<TcpStream>, SendError> {
        http::encrypt(self, host, stream, ca_file).await
    }

    /// Sends one mail; returns the status of the server that took it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn mail(&self, letter: Letter<'_>, bounds: Bounds<'_>) -> Result<u16, SendError> {
        within(bounds, smtp::send(self, &letter, bounds)).await
    }
}

async fn within<T>(bounds: Bounds<'_>, work: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    let late = |_| SendError::Timeout { seconds: bounds.timeout.as_secs() };
    tokio::time::timeout(bounds.timeout, work).await.map_err(late)?
}
