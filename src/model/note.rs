//! Notes on a time axis: what happened beside the figures.

use serde::{Deserialize, Serialize};

use super::Micros;

/// Something that happened, or several like it in one step of the axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When; of several, the start of their step.
    pub at: Micros,
    /// What kind of thing.
    pub kind: NoteKind,
    /// What happened, as people say it.
    pub words: String,
    /// Where there is more about it, on this server.
    pub href: String,
    /// How often; at least 1.
    pub count: u64,
}

/// Kinds of notes, those that want attention first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// An attempt to heal a failure did not help.
    NotHealed,
    /// One did.
    Healed,
    /// A pattern was learned for the first time.
    PatternAppeared,
    /// A pattern became surer, or more frequent.
    PatternStrengthened,
    /// A pattern was not found any more.
    PatternFaded,
}

/// What is shown or hidden together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteGroup {
    /// Attempts to heal.
    Healings,
    /// What became of patterns.
    Patterns,
}

impl NoteGroup {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Healings, Self::Patterns];

    /// The name of the group.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healings => "healings",
            Self::Patterns => "patterns",
        }
    }
}

impl NoteKind {
    /// What it is shown and hidden with.
    #[must_use]
    pub const fn group(self) -> NoteGroup {
        match self {
            Self::NotHealed | Self::Healed => NoteGroup::Healings,
            Self::PatternAppeared | Self::PatternStrengthened | Self::PatternFaded => NoteGroup::Patterns,
        }
    }
}

/// The notes of a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// In the order of time.
    pub notes: Vec<Note>,
    /// Whether there are earlier ones, which are left out.
    pub truncated: bool,
}

impl Notes {
    /// Most of each group.
    pub const MAX: u32 = 500;
}
