//! Telemetry that lies on this machine, waiting to be imported.

use serde::{Deserialize, Serialize};

use super::Micros;

/// Who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Claude Code transcripts.
    ClaudeCode,
    /// claude-flow metrics.
    ClaudeFlow,
    /// MoAI-Flow databases.
    Moai,
}

impl SourceKind {
    /// The name on the command line: `swarmscope import <name> PATH`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeFlow => "claude-flow",
            Self::Moai => "moai",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code transcripts",
            Self::ClaudeFlow => "claude-flow metrics",
            Self::Moai => "MoAI-Flow databases",
        }
    }
}

/// A place with telemetry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundSource {
    /// Who wrote it.
    pub kind: SourceKind,
    /// The folder.
    pub path: String,
    /// Files in it.
    pub files: u64,
    /// Whether there are more: counting stops at a limit.
    pub more: bool,
    /// When one was last written.
    pub newest: Option<Micros>,
    /// Whether this program can import it.
    pub importable: bool,
}

/// What a finished import says in one line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Files read.
    pub files: u64,
    /// Sessions in them.
    pub sessions: u64,
    /// Records that are new in the store.
    pub stored: u64,
    /// Records that were known and have grown.
    pub updated: u64,
    /// Records that were known.
    pub known: u64,
    /// Lines and files that were left out.
    pub problems: u64,
}
