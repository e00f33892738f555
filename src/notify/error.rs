//! Why a message did not arrive.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

/// A failure of one attempt. Texts are for the delivery log: they say what to do, and hold no secret.
#[derive(Debug, Error)]
pub enum SendError {
    /// A variable of the environment is not there.
    #[error("the environment has no variable {0}; set it and start again")]
    NoVariable(String),
    /// The file of a secret cannot be read.
    #[error("could not read the secret in {path}: {source}")]
    SecretFile {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file of authorities cannot be used.
    #[error("could not read the certificates in {path}: {reason}")]
    CaFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A secret is not what its place needs.
    #[error("{what} cannot be used: {reason}")]
    Unusable {
        /// Which setting.
        what: &'static str,
        /// Why; never the value.
        reason: &'static str,
    },
    /// A name leads nowhere.
    #[error("there is no address for {host}{}", source.as_ref().map(|error| format!(": {error}")).unwrap_or_default())]
    Unresolved {
        /// The name.
        host: String,
        /// What the system said.
        source: Option<io::Error>,
    },
    /// The address may not be reached.
    #[error("{host} is {address}, which {}", if *.settable {
        "is a private address; write allow_private = true to allow it"
    } else {
        "no alert is ever sent to"
    })]
    Forbidden {
        /// The name.
        host: String,
        /// What it leads to.
        address: IpAddr,
        /// Whether a setting allows it.
        settable: bool,
    },
    /// Alerts would cross the internet in clear.
    #[error("{host} is a public address, which is only sent to encrypted: write https:// or tls")]
    Clear {
        /// The name.
        host: String,
    },
    /// Nobody listens, or the connection broke.
    #[error("could not talk to {host}: {reason}")]
    Connection {
        /// The name.
        host: String,
        /// What happened.
        reason: String,
    },
    /// It is not who it says it is.
    #[error("could not trust {host}: {reason}")]
    Tls {
        /// The name.
        host: String,
        /// Why.
        reason: String,
    },
    /// A mail server does not do what it is told to need.
    #[error("{host} does not offer {what}")]
    Lacks {
        /// The name.
        host: String,
        /// What is not there.
        what: &'static str,
    },
    /// A test left something that somebody has to close.
    #[error("the test opened an incident that could not be resolved again; resolve it by hand: {0}")]
    LeftOpen(Box<Self>),
    /// It took too long.
    #[error("no answer within {seconds} s")]
    Timeout {
        /// The limit.
        seconds: u64,
    },
    /// It leads elsewhere.
    #[error("answered {status}: it leads elsewhere, and redirects are not followed; write the final URL")]
    Redirect {
        /// The status.
        status: u16,
    },
    /// The receiver refused.
    #[error("answered {status}{}", if answer.is_empty() { String::new() } else { format!(": {answer}") })]
    Refused {
        /// Of HTTP or SMTP.
        status: u16,
        /// The beginning of what it said, without what is secret.
        answer: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
        /// Whether asking again may help.
        transient: bool,
    },
}

impl SendError {
    /// Whether another attempt may succeed without anybody changing a setting.
    #[must_use]
    pub const fn transient(&self) -> bool {
        match self {
            Self::Unresolved { .. }
            | Self::Connection { .. }
            | Self::Tls { .. }
            | Self::Lacks { .. }
            | Self::Timeout { .. }
            | Self::CaFile { .. }
            | Self::SecretFile { .. } => true,
            Self::Refused { transient, .. } => *transient,
            Self::NoVariable(_)
            | Self::Unusable { .. }
            | Self::Forbidden { .. }
            | Self::Clear { .. }
            | Self::LeftOpen(_)
            | Self::Redirect { .. } => false,
        }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Redirect { status } => Some(*status),
            Self::LeftOpen(error) => error.status(),
            _ => None,
        }
    }

    /// When the receiver wants to be asked again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
