//! How a task ended, and where an agent is in its life.

use serde::{Deserialize, Serialize};

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it was asked.
    Success,
    /// It ended without success.
    Failure,
    /// It ran out of time.
    Timeout,
    /// Somebody stopped it.
    Cancelled,
    /// It failed and the source does not say how (`"success": false`).
    Failed,
    /// A word only an importer brought, such as `partial`; kept, shown, outside the success rate.
    Other(String),
}

impl Outcome {
    /// The four words the contract knows.
    pub const KNOWN: [&'static str; 4] = ["success", "failure", "timeout", "cancelled"];

    /// Reads one of [`Self::KNOWN`]; `None` for any other word.
    #[must_use]
    pub fn known(word: &str) -> Option<Self> {
        match word {
            "success" => Some(Self::Success),
            "failure" => Some(Self::Failure),
            "timeout" => Some(Self::Timeout),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// The word shown to people.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }

    /// Whether the outcome counts in the success rate, and if so, as a success.
    #[must_use]
    pub fn rated(&self) -> Option<bool> {
        match self {
            Self::Success => Some(true),
            Self::Failure | Self::Timeout | Self::Cancelled | Self::Failed => Some(false),
            Self::Other(_) => None,
        }
    }
}

/// Where an agent is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// It was started.
    Spawned,
    /// It works.
    Running,
    /// It ended as planned.
    Complete,
    /// It ended with an error.
    Error,
}

impl AgentStatus {
    /// Every word, in the order of a life.
    pub const WORDS: [&'static str; 4] = ["spawned", "running", "complete", "error"];

    /// Reads one of [`Self::WORDS`]; `None` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "spawned" => Some(Self::Spawned),
            "running" => Some(Self::Running),
            "complete" => Some(Self::Complete),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    /// The word stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Spawned => "spawned",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Error => "error",
        }
    }
}
