//! Patterns in the event stream: what one is, what it rests on, and what people set about finding them.
//!
//! Not here: how they are found (`analytics::patterns`), and how they are kept (`store`).

mod answer;
mod evidence;
mod id;
mod query;
mod settings;

use serde::{Deserialize, Serialize};

use super::Micros;
use super::answer::Rate;
use super::time::rfc3339;

pub use answer::{
    ChangeKind, FailedTask, LearnProgress, LearnStep, Learning, OccurrenceCounts, OccurrenceRow, PatternChange,
    PatternDetail, PatternPage, PatternsBrief, PatternsPage, TypeCount, WeekFigures, counts_by_type,
};
pub use evidence::{
    Beat, CorrelationEvidence, Evidence, FrequencyEvidence, Histogram, PrecursorEvidence, Season, SequenceEvidence,
    StepGap, TemporalEvidence,
};
pub use id::pattern_id;
pub use query::{LearnOverrides, PatternQuery, PatternSettings, PatternsQuery};
pub use settings::{LearnSettings, LearnSettingsError};

/// The kinds of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PatternType {
    /// Events that follow each other again and again.
    Sequence,
    /// One event at equal intervals.
    Frequency,
    /// One event that is followed by another within the window more often than by chance.
    Correlation,
    /// One event that keeps to an hour of the day or a day of the week.
    Temporal,
    /// Events after which failures are more likely.
    Precursor,
}

impl PatternType {
    /// Every kind, in the order pages list them.
    pub const ALL: [Self; 5] = [Self::Sequence, Self::Frequency, Self::Correlation, Self::Temporal, Self::Precursor];

    /// The word in answers, filters and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequence => "sequence",
            Self::Frequency => "frequency",
            Self::Correlation => "correlation",
            Self::Temporal => "temporal",
            Self::Precursor => "precursor",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whose events are looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those of one agent: every step was done by the same agent.
    Agent,
    /// Those of one swarm: the steps were done by several agents.
    Swarm,
}

impl Scope {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Swarm => "swarm",
        }
    }
}

/// Something that recurs in the events, with the figures it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Pattern {
    /// The same on every machine and in every run that finds the pattern; see [`pattern_id`].
    pub pattern_id: String,
    /// Its kind.
    pub pattern_type: PatternType,
    /// A short name for people, such as `heartbeat every 5.0 s (± 0.2 s)`.
    pub description: String,
    /// The event types it is made of, in their order. Of a precursor the last is the failure.
    pub events: Vec<String>,
    /// How far it holds, 0 to 1. Sequences, correlations and precursors: the share of the first event's occurrences
    /// that the rest follows. Frequency: 1 − MAD ÷ median of the intervals, at least 0. Temporal: the share of active
    /// days on which the hour holds at least twice its expected share (of weeks, for a weekday).
    pub confidence: f64,
    /// How often it was seen: of a frequency the beats, of a temporal pattern the events in the hour or weekday.
    pub occurrences: u64,
    /// When it was first seen, among the events considered.
    #[serde(with = "rfc3339")]
    pub first_seen: Micros,
    /// When it was last seen.
    #[serde(with = "rfc3339")]
    pub last_seen: Micros,
    /// The counts behind the confidence; of a frequency, the intervals within a quarter of the median of all.
    pub support: Rate,
    /// How many times as often as if the events were independent; `None` where that has no meaning (frequency).
    pub lift: Option<f64>,
    /// The chance that events in random order show it at least as strongly.
    pub p_value: f64,
    /// The p-value corrected for everything of its kind that was looked at (Benjamini–Hochberg).
    pub q_value: f64,
    /// What is special to its kind.
    pub metadata: Evidence,
    /// Its newest occurrences, newest first, at most [`Self::RECENT_MAX`]: where to look for the rows.
    pub recent: Vec<Occurrence>,
}

impl Pattern {
    /// Most occurrences a pattern carries.
    pub const RECENT_MAX: usize = 20;
}

/// One time a pattern was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Occurrence {
    /// The instant of its first event.
    #[serde(with = "rfc3339")]
    pub from: Micros,
    /// The instant of its last event; inclusive, so a range that holds all its rows ends just after it.
    #[serde(with = "rfc3339")]
    pub until: Micros,
    /// The agent of the first event; `None` where no agent is known.
    pub agent_id: Option<String>,
    /// The swarm of the first event.
    pub swarm_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back() {
        for kind in PatternType::ALL {
            assert_eq!(PatternType::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        }
        assert_eq!(PatternType::parse("n-gram"), None);
    }

    #[test]
    fn evidence_carries_the_documented_names_beside_its_kind() {
        let evidence = Evidence::Correlation(CorrelationEvidence {
            scope: Scope::Agent,
            correlation: 0.75,
            time_window_ms: 10_000,
            median_lead_ms: 1_200.0,
            leads: Histogram { start: 0.0, step: 1_000.0, counts: vec![3, 1], above: 0 },
            reverse_confidence: 0.5,
            expected_confidence: 0.2,
            agents: 2,
        });
        let json = serde_json::to_value(&evidence).expect("JSON");
        assert_eq!(json["type"], "correlation");
        assert_eq!(json["correlation"], 0.75);
        assert_eq!(json["time_window_ms"], 10_000);
        assert_eq!(serde_json::from_value::<Evidence>(json).expect("reads back"), evidence);
    }
}
