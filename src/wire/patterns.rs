//! Patterns as CSV: a row for each, what has no meaning for its kind left empty. Words are guarded against formulas as
//! in [`csv`](super::csv).

use super::EncodeError;
use super::csv::{guarded, table};
use super::text::number;
use crate::model::pattern::{Evidence, Pattern};

/// The columns: what every kind has, then the documented figures of some.
const HEADER: [&str; 23] = [
    "pattern_id",
    "pattern_type",
    "description",
    "events",
    "scope",
    "agent_id",
    "confidence",
    "occurrences",
    "support",
    "support_of",
    "lift",
    "p_value",
    "q_value",
    "first_seen",
    "last_seen",
    "avg_interval_seconds",
    "stddev_seconds",
    "missed_beats",
    "correlation",
    "time_window_ms",
    "median_lead_ms",
    "median_duration_ms",
    "expected",
];

/// `patterns` in their order.
///
/// # Errors
/// [`EncodeError::Csv`].
pub fn csv(patterns: &[Pattern]) -> Result<Vec<u8>, EncodeError> {
    table(HEADER, patterns.iter().map(row))
}

/// What only some kinds have.
#[derive(Debug, Default)]
struct Special<'a> {
    scope: &'a str,
    agent_id: &'a str,
    avg_interval_seconds: Option<f64>,
    stddev_seconds: Option<f64>,
    missed_beats: Option<u64>,
    correlation: Option<f64>,
    window_ms: Option<u32>,
    median_lead_ms: Option<f64>,
    median_duration_ms: Option<f64>,
    expected: Option<f64>,
}

fn special(evidence: &Evidence) -> Special<'_> {
    match evidence {
        Evidence::Sequence(of) => Special {
            scope: of.scope.as_str(),
            median_duration_ms: Some(of.median_duration_ms),
            expected: Some(of.expected_confidence),
            ..Special::default()
        },
        Evidence::Frequency(of) => Special {
            agent_id: &of.agent_id,
            avg_interval_seconds: Some(of.avg_interval_seconds),
            stddev_seconds: of.stddev_seconds,
            missed_beats: Some(of.missed_beats),
            ..Special::default()
        },
        Evidence::Correlation(of) => Special {
            scope: of.scope.as_str(),
            correlation: Some(of.correlation),
            window_ms: Some(of.time_window_ms),
            median_lead_ms: Some(of.median_lead_ms),
            expected: Some(of.expected_confidence),
            ..Special::default()
        },
        Evidence::Temporal(of) => Special { expected: Some(of.expected_share), ..Special::default() },
        Evidence::Precursor(of) => Special {
            scope: of.scope.as_str(),
            window_ms: Some(of.window_ms),
            median_lead_ms: Some(of.median_lead_ms),
            expected: Some(of.expected_confidence),
            ..Special::default()
        },
    }
}

fn row(pattern: &Pattern) -> [String; HEADER.len()] {
    let real = |value: Option<f64>| value.map(number).unwrap_or_default();
    let of = special(&pattern.metadata);
    [
        pattern.pattern_id.clone(),
        pattern.pattern_type.as_str().to_owned(),
        guarded(&pattern.description).into_owned(),
        guarded(&pattern.events.join(" → ")).into_owned(),
        of.scope.to_owned(),
        guarded(of.agent_id).into_owned(),
        number(pattern.confidence),
        pattern.occurrences.to_string(),
        pattern.support.numerator.to_string(),
        pattern.support.denominator.to_string(),
        real(pattern.lift),
        number(pattern.p_value),
        number(pattern.q_value),
        pattern.first_seen.to_rfc3339(),
        pattern.last_seen.to_rfc3339(),
        real(of.avg_interval_seconds),
        real(of.stddev_seconds),
        of.missed_beats.map(|n| n.to_string()).unwrap_or_default(),
        real(of.correlation),
        of.window_ms.map(|n| n.to_string()).unwrap_or_default(),
        real(of.median_lead_ms),
        real(of.median_duration_ms),
        real(of.expected),
    ]
}
