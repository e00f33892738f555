//! The figures of a pattern, and what each of them means.

use crate::model::pattern::{Evidence, Pattern, PatternType, Scope};
use crate::web::format::{self, NONE};

use super::words::{chance, share, time, times};

/// One figure of a pattern: its name, its value, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statistic {
    /// Its name, as answers and files have it.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it means.
    pub meaning: String,
}

fn statistic(name: &'static str, value: String, meaning: impl Into<String>) -> Statistic {
    Statistic { name, value, meaning: meaning.into() }
}

/// Every figure of a pattern.
pub(super) fn statistics(pattern: &Pattern) -> Vec<Statistic> {
    let support = pattern.support;
    let mut all = vec![
        statistic("Confidence", share(pattern.confidence), confidence_meaning(pattern.pattern_type)),
        statistic(
            "Support",
            format!("{} of {}", format::count(support.numerator).exact, format::count(support.denominator).exact),
            support_meaning(pattern.pattern_type),
        ),
        statistic("Occurrences", format::count(pattern.occurrences).exact, "how often it was seen"),
    ];
    if let Some(lift) = pattern.lift {
        all.push(statistic(
            "Lift",
            times(lift),
            "how many times as often as if the events knew nothing of each other; 1 is chance",
        ));
    }
    all.push(statistic(
        "p-value",
        chance(pattern.p_value),
        "the chance that events in random order show it at least as strongly",
    ));
    all.push(statistic(
        "q-value",
        chance(pattern.q_value),
        "the same, corrected for every candidate of its kind that was looked at (Benjamini–Hochberg)",
    ));
    all.extend(special(&pattern.metadata));
    all
}

fn confidence_meaning(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Sequence => "of all times the first event came, the share that the rest followed",
        PatternType::Correlation => {
            "of all times the first event came, the share that the second followed in the window"
        }
        PatternType::Precursor => "of all times these events came, the share that the failure followed",
        PatternType::Frequency => {
            "how regular the intervals are: 1 minus their median deviation from the median interval"
        }
        PatternType::Temporal => {
            "of the days (weeks) with any, the share on which it holds at least twice what is expected"
        }
    }
}

fn support_meaning(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Frequency => "intervals within a quarter of the median, of all",
        PatternType::Temporal => "days (weeks) on which it held, of those with any such event",
        _ => "times it held, of times its first event came",
    }
}

fn special(evidence: &Evidence) -> Vec<Statistic> {
    match evidence {
        Evidence::Sequence(of) => vec![
            statistic("Expected", share(of.expected_confidence), "the confidence if events were independent"),
            statistic("Duration", time(of.median_duration_ms), "from the first event to the last: the median"),
            statistic("Longest gap", time(f64::from(of.max_gap_ms)), "allowed between two steps (max_gap_ms)"),
            statistic(
                if of.scope == Scope::Agent { "Agents" } else { "Swarms" },
                format::count(of.streams).exact,
                "in how many of them it was seen",
            ),
        ],
        Evidence::Frequency(of) => {
            let spread = of.stddev_seconds.map_or(NONE.to_owned(), |seconds| time(seconds * 1000.0));
            vec![
                statistic(
                    "Interval",
                    time(of.avg_interval_seconds * 1000.0),
                    "the mean, without intervals that hold a missed beat",
                ),
                statistic("Standard deviation", spread, "of those intervals"),
                statistic("Median interval", time(of.median_interval_seconds * 1000.0), "of all intervals"),
                statistic("Median deviation", time(of.mad_seconds * 1000.0), "from the median interval (MAD)"),
                statistic("Missed beats", format::count(of.missed_beats).exact, "between the first and the last event"),
            ]
        }
        Evidence::Correlation(of) => vec![
            statistic(
                "Phi coefficient",
                format::number(of.correlation),
                "−1 to 1 over windows of time at work; 0 is no relation",
            ),
            statistic("Lead time", time(of.median_lead_ms), "from the first event to the second: the median"),
            statistic("Expected", share(of.expected_confidence), "the confidence if the two were independent"),
            statistic(
                "Backwards",
                share(of.reverse_confidence),
                "of the second events, the share that a first one precedes: the direction",
            ),
            statistic(
                "Window",
                time(f64::from(of.time_window_ms)),
                "within which the second counts as following (time_window_ms)",
            ),
            statistic("Agents", format::count(of.agents).exact, "in how many of them it was seen"),
        ],
        Evidence::Temporal(of) => vec![
            statistic("Share", share(of.share), "of all its events lie there"),
            statistic(
                "Expected share",
                share(of.expected_share),
                "of its events would lie there if they were spread evenly",
            ),
            statistic("Zone", of.tz.clone(), "in which hours and days are counted"),
        ],
        Evidence::Precursor(of) => vec![
            statistic("Lead time", time(of.median_lead_ms), "before the failure comes its first event: the median"),
            statistic(
                "Announced failures",
                format!("{} of {}", format::count(of.preceded).exact, format::count(of.failures).exact),
                "failures of this kind that it preceded, of all",
            ),
            statistic("Expected", share(of.expected_confidence), "the confidence at any other moment at work"),
            statistic("Window", time(f64::from(of.window_ms)), "before a failure that was searched"),
        ],
    }
}
