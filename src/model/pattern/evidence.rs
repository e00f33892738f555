//! What each kind of pattern rests on, as far as a page draws it.
//!
//! Counts and figures only: the sentence about them and the drawing are the page's.

use serde::{Deserialize, Serialize};

use super::Scope;
use crate::model::Micros;
use crate::model::time::rfc3339;

/// What is special to a kind of pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Evidence {
    /// Of a sequence.
    Sequence(SequenceEvidence),
    /// Of a frequency.
    Frequency(FrequencyEvidence),
    /// Of a correlation.
    Correlation(CorrelationEvidence),
    /// Of a temporal pattern.
    Temporal(TemporalEvidence),
    /// Of a precursor.
    Precursor(PrecursorEvidence),
}

/// Counts in equal steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Histogram {
    /// Where the first step begins, in the unit its field names.
    pub start: f64,
    /// How wide a step is, above 0.
    pub step: f64,
    /// How many values each step holds: from its begin, up to but without its end.
    pub counts: Vec<u64>,
    /// Values beyond the last step.
    pub above: u64,
}

/// How long one step of a sequence takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StepGap {
    /// Milliseconds since the step before: the median.
    pub median_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SequenceEvidence {
    /// Whether one agent does all steps.
    pub scope: Scope,
    /// Milliseconds allowed between two steps.
    pub max_gap_ms: u32,
    /// The gaps, one fewer than there are events.
    pub gaps: Vec<StepGap>,
    /// How long the whole takes, from first to last event, in milliseconds: the median.
    pub median_duration_ms: f64,
    /// The confidence to expect if the events were independent.
    pub expected_confidence: f64,
    /// In how many agents (swarms, in that scope) it was seen.
    pub streams: u64,
}

/// Beats that did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Beat {
    /// The last beat before the silence.
    #[serde(with = "rfc3339")]
    pub after: Micros,
    /// The first beat after it; `None` while it lasts.
    #[serde(with = "rfc3339::option")]
    pub until: Option<Micros>,
    /// How many beats are missing, at least 1.
    pub missed: u64,
}

/// Of a frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FrequencyEvidence {
    /// The agent that beats.
    pub agent_id: String,
    /// The mean of the regular intervals, those within a quarter of the median, in seconds.
    pub avg_interval_seconds: f64,
    /// Their sample standard deviation; `None` with fewer than two.
    pub stddev_seconds: Option<f64>,
    /// The median of all intervals, in seconds.
    pub median_interval_seconds: f64,
    /// The median absolute deviation from it, in seconds.
    pub mad_seconds: f64,
    /// The intervals, in seconds.
    pub intervals: Histogram,
    /// Beats that did not come, between the first and `now`. A silence of a hundred beats or more is a pause, in which
    /// nothing is missed.
    pub missed_beats: u64,
    /// The newest silences, newest first, at most [`Self::MISSED_MAX`].
    pub missed: Vec<Beat>,
}

impl FrequencyEvidence {
    /// Most silences that are listed.
    pub const MISSED_MAX: usize = 20;
}

/// Of a correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CorrelationEvidence {
    /// Whether one agent does both.
    pub scope: Scope,
    /// The phi coefficient, −1 to 1, over windows of time in which the agents were at work.
    pub correlation: f64,
    /// The window, in milliseconds.
    pub time_window_ms: u32,
    /// From the first event to the second, in milliseconds: the median.
    pub median_lead_ms: f64,
    /// The same as a histogram, in milliseconds.
    pub leads: Histogram,
    /// The share of second events that a first one precedes within the window.
    pub reverse_confidence: f64,
    /// The confidence to expect if the two were independent.
    pub expected_confidence: f64,
    /// In how many agents it was seen.
    pub agents: u64,
}

/// What a temporal pattern repeats in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Season {
    /// An hour of the day.
    HourOfDay,
    /// A day of the week.
    DayOfWeek,
}

/// Of a temporal pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TemporalEvidence {
    /// What it repeats in.
    pub season: Season,
    /// The hour, 0 to 23, or the weekday, 0 = Monday.
    pub slot: u8,
    /// The zone the hour is in.
    pub tz: String,
    /// Events of the type by hour (24) or by weekday (7).
    pub counts: Vec<u64>,
    /// The share of them in the slot.
    pub share: f64,
    /// The share an even spread gives it: 1 ÷ 24 or 1 ÷ 7.
    pub expected_share: f64,
    /// The share of all events of other types in the slot; `None` when there are none.
    pub others_share: Option<f64>,
    /// Days (weeks, for a weekday) with events of the type.
    pub active: u64,
    /// Those on which the slot holds at least twice its expected share.
    pub strong: u64,
}

/// Of a precursor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PrecursorEvidence {
    /// Whether the failure is that of the same agent.
    pub scope: Scope,
    /// The failure that follows: also the last of the events.
    pub failure: String,
    /// Milliseconds before the failure that were searched.
    pub window_ms: u32,
    /// How long before the failure the first event comes, in milliseconds: the median.
    pub median_lead_ms: f64,
    /// The same as a histogram, in milliseconds.
    pub leads: Histogram,
    /// All failures of this type.
    pub failures: u64,
    /// Those that it preceded.
    pub preceded: u64,
    /// The share of moments at work that such a failure follows within the window: the confidence to expect.
    pub expected_confidence: f64,
}
