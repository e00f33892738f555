//! Patterns in words: what one says to a person, and what each of its figures means.

use crate::model::pattern::{
    CorrelationEvidence, Evidence, FrequencyEvidence, Pattern, PatternType, PrecursorEvidence, Scope, Season,
    SequenceEvidence, TemporalEvidence,
};
use crate::web::charts::Unit;
use crate::web::components::ids::short_id;
use crate::web::format::{self, NBSP, NONE};

/// The largest lift that is told as it is.
const LIFT_SAID: f64 = 1000.0;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What patterns of a kind are called, all together.
pub(super) fn plural(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Sequence => "Sequences",
        PatternType::Frequency => "Frequencies",
        PatternType::Correlation => "Correlations",
        PatternType::Temporal => "Times",
        PatternType::Precursor => "Precursors",
    }
}

/// What one pattern of a kind is called.
pub(super) fn singular(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Sequence => "Sequence",
        PatternType::Frequency => "Frequency",
        PatternType::Correlation => "Correlation",
        PatternType::Temporal => "Time of day or week",
        PatternType::Precursor => "Failure precursor",
    }
}

/// What patterns of a kind are, in half a sentence.
pub(super) fn meaning(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Sequence => "steps that one agent, or one swarm, takes again and again",
        PatternType::Frequency => "events of one agent at equal intervals",
        PatternType::Correlation => "events that another one follows more often than by chance",
        PatternType::Temporal => "events that keep to an hour of the day or a day of the week",
        PatternType::Precursor => "what happens before something fails",
    }
}

/// What a page needs to be sent to find patterns of a kind.
pub(super) fn needs(kind: PatternType) -> &'static str {
    match kind {
        PatternType::Sequence => "the same events in the same order, at least 5 times in one agent or swarm",
        PatternType::Frequency => "at least 5 events of one type from one agent, at equal intervals",
        PatternType::Correlation => "two types of events, the second soon after the first, at least 5 times",
        PatternType::Temporal => {
            "events of one type in the same hour on at least three days, beside others at other hours"
        }
        PatternType::Precursor => "error events or failed tasks, and other events of the same agents before them",
    }
}

/// A share, 0 to 1, in percent.
pub(super) fn share(value: f64) -> String {
    Unit::Ratio.write(value)
}

/// A time in milliseconds.
pub(super) fn time(ms: f64) -> String {
    format::duration(ms).to_string()
}

/// How many times as often. Of long sequences the lifts of their steps multiply to figures that say no more.
pub(super) fn times(lift: f64) -> String {
    if lift > LIFT_SAID { format!("over {LIFT_SAID:.0}×") } else { format!("{lift:.1}×") }
}

/// A chance. Below one in ten thousand only that is said.
pub(super) fn chance(p: f64) -> String {
    if p < 0.0001 { format!("<{NBSP}0.0001") } else { format::number(p) }
}

/// What the pattern says, as a person would.
pub(super) fn sentence(pattern: &Pattern) -> String {
    let seen = format!(
        "{} of {} times ({})",
        format::count(pattern.support.numerator).exact,
        format::count(pattern.support.denominator).exact,
        share(pattern.support.ratio())
    );
    match &pattern.metadata {
        Evidence::Sequence(of) => sequence(pattern, of, &seen),
        Evidence::Frequency(of) => frequency(pattern, of),
        Evidence::Correlation(of) => correlation(pattern, of, &seen),
        Evidence::Temporal(of) => temporal(pattern, of),
        Evidence::Precursor(of) => precursor(pattern, of, &seen),
    }
}

/// `a`, `a and b`, `a, b and c`, each in its own marks.
fn list(events: &[String]) -> String {
    let quoted = events.iter().map(|event| format!("“{event}”")).collect::<Vec<_>>();
    match &quoted[..] {
        [] => NONE.to_owned(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn sequence(pattern: &Pattern, of: &SequenceEvidence, seen: &str) -> String {
    let (first, rest) = pattern.events.split_first().map_or((NONE, &[][..]), |(first, rest)| (first.as_str(), rest));
    let who = match of.scope {
        Scope::Agent => "the same agent goes on with",
        Scope::Swarm => "the agents of the same swarm go on with",
    };
    format!(
        "After “{first}” {who} {}, in this order, {seen}; half of the time the whole takes {} or less. Were events \
         independent, it would be {} of the time.",
        list(rest),
        time(of.median_duration_ms),
        share(of.expected_confidence)
    )
}

fn frequency(pattern: &Pattern, of: &FrequencyEvidence) -> String {
    let missed = match of.missed_beats {
        0 => "No beat was missed.".to_owned(),
        1 => "One beat was missed.".to_owned(),
        n => format!("{} beats were missed.", format::count(n).exact),
    };
    format!(
        "{} sends {} every {}: half of the intervals differ from that by {} or less. {missed}",
        short_id(&of.agent_id),
        list(&pattern.events),
        time(of.median_interval_seconds * 1000.0),
        time(of.mad_seconds * 1000.0)
    )
}

fn correlation(pattern: &Pattern, of: &CorrelationEvidence, seen: &str) -> String {
    let (first, rest) = pattern.events.split_first().map_or((NONE, &[][..]), |(first, rest)| (first.as_str(), rest));
    let who = if of.scope == Scope::Agent { "of the same agent" } else { "of the same swarm" };
    format!(
        "Within {} after “{first}” comes {} {who}, {seen}; half of the time after {} or less. Were the two independent, it \
         would be {} of the time.",
        time(f64::from(of.time_window_ms)),
        list(rest),
        time(of.median_lead_ms),
        share(of.expected_confidence)
    )
}

fn temporal(pattern: &Pattern, of: &TemporalEvidence) -> String {
    let all = of.counts.iter().sum::<u64>();
    let others =
        of.others_share.map(|share_there| format!(", and of all other events {} come then", share(share_there)));
    let others = others.unwrap_or_default();
    let days = if of.season == Season::HourOfDay { "days" } else { "weeks" };
    format!(
        "{} of {} events {} come {}; spread evenly it would be {}{others}. That held on {} of the {} {days} with any.",
        format::count(pattern.occurrences).exact,
        format::count(all).exact,
        list(&pattern.events),
        slot(of),
        share(of.expected_share),
        format::count(of.strong).exact,
        format::count(of.active).exact
    )
}

/// When a temporal pattern comes: `from 02:00 to 03:00 UTC`, `on Mondays (UTC)`.
pub(super) fn slot(of: &TemporalEvidence) -> String {
    match of.season {
        Season::HourOfDay => format!("from {:02}:00 to {:02}:00 {}", of.slot, of.slot + 1, of.tz),
        Season::DayOfWeek => {
            let day = WEEKDAYS.get(usize::from(of.slot)).copied().unwrap_or(NONE);
            format!("on {day}s ({})", of.tz)
        }
    }
}

fn precursor(pattern: &Pattern, of: &PrecursorEvidence, seen: &str) -> String {
    let before = pattern.events.split_last().map_or(&[][..], |(_, before)| before);
    let order = if before.len() > 1 { ", in this order," } else { "" };
    format!(
        "After {}{order} follows “{}” of the same {} within {}, {seen}; half of the time there are {} or more to act. {} of the {} \
         such failures were announced so. At any other moment the chance is {}.",
        list(before),
        of.failure,
        of.scope.as_str(),
        time(f64::from(of.window_ms)),
        time(of.median_lead_ms),
        format::count(of.preceded).exact,
        format::count(of.failures).exact,
        share(of.expected_confidence)
    )
}

/// What a pattern rests on, in one line: `78 %, 412 of 530 · lift 6.1×`.
pub(crate) fn in_short(pattern: &Pattern) -> String {
    let support = pattern.support;
    let lift = pattern.lift.map(|lift| format!(" · lift {}", times(lift))).unwrap_or_default();
    let counts = format!("{} of {}", format::count(support.numerator).exact, format::count(support.denominator).exact);
    format!("confidence {}, {counts}{lift}", share(pattern.confidence))
}
