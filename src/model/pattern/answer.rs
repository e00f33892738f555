//! Answers about patterns, as pages, routes and the command line share them.
//!
//! Not here: what is asked (`query`), what a pattern is (`pattern`), and how one is found (`analytics::patterns`).

use serde::{Deserialize, Serialize};

use super::{LearnSettings, Occurrence, Pattern, PatternType};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::overview::{EventRow, Scope};
use crate::model::time::rfc3339;

/// What patterns were learned from, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Learning {
    /// The clock when it was done.
    #[serde(with = "rfc3339")]
    pub learned_at: Micros,
    /// The first event considered; `None` when there was none.
    #[serde(with = "rfc3339::option")]
    pub from: Option<Micros>,
    /// The last event considered.
    #[serde(with = "rfc3339::option")]
    pub until: Option<Micros>,
    /// Events considered.
    pub events: u64,
    /// Of these, conditions computed from tasks and metrics: failed tasks, high token usage and the like.
    pub derived: u64,
    /// Whether older events were left out because of `max_history_size`.
    pub limited: bool,
    /// The settings.
    pub settings: LearnSettings,
    /// Whether it is what the server learns by itself and keeps.
    pub kept: bool,
}

/// What learning is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LearnStep {
    /// Others are learned before it.
    Waiting,
    /// Records are read.
    Reading,
    /// Patterns are looked for.
    Learning,
}

/// How far learning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LearnProgress {
    /// When it was asked for.
    #[serde(with = "rfc3339")]
    pub started: Micros,
    /// What it is at.
    pub step: LearnStep,
    /// Events read so far.
    pub events: u64,
}

/// What became of a pattern from one learning to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was found for the first time, or again after it had faded.
    Appeared,
    /// Since its last change its confidence rose by [`PatternChange::CONFIDENCE_STEP`], or it was seen twice as often.
    Strengthened,
    /// It was not found any more.
    Faded,
}

impl ChangeKind {
    /// The word in answers and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Strengthened => "strengthened",
            Self::Faded => "faded",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Appeared, Self::Strengthened, Self::Faded].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A change of a kept pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PatternChange {
    /// When it was noticed.
    #[serde(with = "rfc3339")]
    pub timestamp: Micros,
    /// What became of it.
    pub change: ChangeKind,
    /// The pattern.
    pub pattern_id: String,
    /// Its kind.
    pub pattern_type: PatternType,
    /// Its name at that time.
    pub description: String,
    /// Its confidence at the change before; `None` when it appeared.
    pub confidence_before: Option<f64>,
    /// Its confidence now; `None` when it faded.
    pub confidence_after: Option<f64>,
    /// Its occurrences at the change before; `None` when it appeared.
    pub occurrences_before: Option<u64>,
    /// Its occurrences now; `None` when it faded.
    pub occurrences_after: Option<u64>,
}

impl PatternChange {
    /// By how much the confidence must rise for a pattern to be strengthened.
    pub const CONFIDENCE_STEP: f64 = 0.05;
}

/// Patterns of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TypeCount {
    /// The kind.
    pub pattern_type: PatternType,
    /// How many.
    pub count: u64,
}

/// The patterns page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatternsPage {
    /// What every page knows.
    pub scope: Scope,
    /// What they were learned from; `None` when nothing was learned yet.
    pub learning: Option<Learning>,
    /// How far learning is, while it goes on: then ask again. What was learned before is shown meanwhile.
    pub progress: Option<LearnProgress>,
    /// Patterns that fit, in the order of the kinds, the surest first; at most [`Self::LISTED`].
    pub patterns: Vec<Pattern>,
    /// How many fit.
    pub matching: u64,
    /// Patterns by kind, whatever kind is asked for; every kind in the order of [`PatternType::ALL`].
    pub counts: Vec<TypeCount>,
    /// What changed lately in what the server learns by itself, newest first; at most [`Self::CHANGES_LISTED`]. Empty
    /// for everything else.
    pub changes: Vec<PatternChange>,
}

impl PatternsPage {
    /// Most patterns that are listed.
    pub const LISTED: usize = 500;
    /// Most changes that are listed.
    pub const CHANGES_LISTED: u32 = 50;
}

/// The page of one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatternPage {
    /// What every page knows.
    pub scope: Scope,
    /// What it was learned from; `None` while that is being learned.
    pub learning: Option<Learning>,
    /// How far learning is, while it goes on: then ask again.
    pub progress: Option<LearnProgress>,
    /// The pattern; `None` while it is being looked for.
    pub detail: Option<PatternDetail>,
}

/// Everything about one pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatternDetail {
    /// The pattern, as it was found last.
    pub pattern: Pattern,
    /// Since when it is known; `None` for what the server does not learn by itself.
    #[serde(with = "rfc3339::option")]
    pub appeared: Option<Micros>,
    /// Since when it is not found any more; `None` while it is.
    #[serde(with = "rfc3339::option")]
    pub faded: Option<Micros>,
    /// What became of it, newest first; at most 50.
    pub changes: Vec<PatternChange>,
    /// A page of its occurrences, newest first; at most [`Self::OCCURRENCES_LISTED`].
    pub occurrences: Vec<OccurrenceRow>,
    /// How many newer ones come before this page.
    pub skip: u64,
    /// How many there are on all pages.
    pub occurrence_count: u64,
    /// Its occurrences over time; `None` when there are none.
    pub timeline: Option<OccurrenceCounts>,
    /// The seven days up to the last event considered.
    pub this_week: WeekFigures,
    /// The seven days before.
    pub last_week: WeekFigures,
}

impl PatternDetail {
    /// Most occurrences of a page.
    pub const OCCURRENCES_LISTED: usize = 20;
    /// Most events that are listed of one occurrence.
    pub const EVENTS_LISTED: u32 = 20;
}

/// One occurrence with its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccurrenceRow {
    /// When and where.
    pub occurrence: Occurrence,
    /// The events of its types in its time, of its agent (of its swarm, or of all, where the steps were done by
    /// several), oldest first; at most [`PatternDetail::EVENTS_LISTED`]. Steps that were computed from tasks and metrics
    /// are no events and not among them.
    pub events: Vec<EventRow>,
    /// The tasks of that agent that failed in its time, when the pattern speaks of failed tasks.
    pub tasks: Vec<FailedTask>,
}

/// A failed task of an occurrence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FailedTask {
    /// The task.
    pub task_id: String,
    /// When it ended.
    #[serde(with = "rfc3339")]
    pub timestamp: Micros,
    /// Whose it was.
    pub agent_id: String,
    /// Its result word.
    pub result: Option<String>,
}

/// Occurrences over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OccurrenceCounts {
    /// Width of a bucket in milliseconds.
    pub step_ms: i64,
    /// Starts of the buckets, epoch milliseconds, ascending, none left out.
    pub time: Vec<i64>,
    /// The end of the last bucket, epoch milliseconds.
    pub end: i64,
    /// Occurrences that began in each bucket.
    pub counts: Vec<u64>,
}

/// How a pattern did in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WeekFigures {
    /// Its begin.
    #[serde(with = "rfc3339")]
    pub from: Micros,
    /// Its end, without it.
    #[serde(with = "rfc3339")]
    pub until: Micros,
    /// Occurrences that began in it.
    pub occurrences: u64,
    /// Of how many first events they were; `None` for kinds that do not follow from another event, or without any.
    pub support: Option<Rate>,
    /// Whether all of the week was looked at; else older events were left out because of `max_history_size`, or the
    /// range begins in it.
    pub complete: bool,
}

/// Patterns in short, for the overview.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PatternsBrief {
    /// When they were learned last; `None` = never yet.
    pub learned_at: Option<Micros>,
    /// Events that were considered.
    pub events: u64,
    /// Patterns by kind, every kind.
    pub counts: Vec<TypeCount>,
    /// Some of them: of every kind the surest, then the next; at most [`Self::LISTED`].
    pub top: Vec<Pattern>,
    /// What changed lately, newest first; at most [`Self::LISTED`].
    pub changes: Vec<PatternChange>,
}

impl PatternsBrief {
    /// Most patterns, and most changes.
    pub const LISTED: usize = 6;
}

/// Patterns by kind, every kind in its order.
#[must_use]
pub fn counts_by_type<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Vec<TypeCount> {
    let mut counts = PatternType::ALL.map(|pattern_type| TypeCount { pattern_type, count: 0 });
    for pattern in patterns {
        if let Some(of) = counts.iter_mut().find(|of| of.pattern_type == pattern.pattern_type) {
            of.count += 1;
        }
    }
    counts.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_back() {
        for kind in [ChangeKind::Appeared, ChangeKind::Strengthened, ChangeKind::Faded] {
            assert_eq!(ChangeKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ChangeKind::parse("grew"), None);
    }
}
