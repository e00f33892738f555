//! What went wrong, as routes (RFC 9457) and pages show it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The kind of a problem; decides status and title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The request cannot be understood.
    BadRequest,
    /// Nobody knows who asks.
    Unauthenticated,
    /// It comes from where it may not come from.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The route is there, and not for this method.
    MethodNotAllowed,
    /// The answer has no form that the asker accepts.
    NotAcceptable,
    /// Something else is at work that it would disturb.
    Conflict,
    /// A limit on size is exceeded.
    TooLarge,
    /// The media type or encoding is not read here.
    UnsupportedMediaType,
    /// It is understood, and contradicts what is known.
    Unprocessable,
    /// Too often from one address; try again later.
    TooMany,
    /// Too much is waiting; try again later.
    Overloaded,
    /// The disk is full; reading goes on.
    DiskFull,
    /// Our own failure.
    Internal,
}

impl ProblemKind {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Unprocessable => 422,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Overloaded => 503,
            Self::DiskFull => 507,
        }
    }

    /// The constant sentence of the kind.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be understood",
            Self::Unauthenticated => "Log in first",
            Self::Forbidden => "The request is not allowed from there",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "The route does not take this method",
            Self::NotAcceptable => "No accepted form of the answer exists",
            Self::Conflict => "Something else is at work",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "The media type is not supported",
            Self::Unprocessable => "The request contradicts what is stored",
            Self::TooMany => "Too many requests came from there",
            Self::Internal => "Something failed inside Swarmscope",
            Self::Overloaded => "Too much is waiting to be written",
            Self::DiskFull => "The disk is full",
        }
    }
}

/// One problem. `detail` says what and where, and what to do; it never carries internals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{detail}")]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// This occurrence, in words.
    pub detail: String,
    /// The request it happened in, as the log names it.
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of `kind`, explained by `detail`.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), request_id: None }
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::BadRequest, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }
}
