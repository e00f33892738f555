//! Failure precursors: one event, or two in a row, that a failure follows within the window.
//!
//! Counted and held against chance like correlations, with a window as long as somebody needs to act. Two events in a
//! row are told only if they are a surer sign than either alone. What comes less than a second before is no sign but the
//! failure itself, and so are failures on the way to another; a failure that has several names is told by one.

use super::Found;
use super::follow::{self, Counts, Hit, Lead};
use super::group::Group;
use super::histogram::first_by;
use super::search::Search;
use super::sequence::{advance, covers};
use super::streams::{ALARM, Streams};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{Evidence, Pattern, PatternType, PrecursorEvidence, pattern_id};

/// Words of an event type that make it a failure, as parts of it: `tool_error:Bash`, `task_failed`, `agent_down`.
const FAILURE_WORDS: [&str; 14] = [
    "aborted",
    "crash",
    "crashed",
    "down",
    "error",
    "exception",
    "exhausted",
    "exhaustion",
    "fail",
    "failed",
    "failure",
    "killed",
    "panic",
    "timeout",
];
/// So many signs of a failure are paired with each other, the likeliest.
const PAIRED_MAX: usize = 24;
/// How much surer two events in a row must be than each alone.
const SURER: f64 = 0.1;
/// Milliseconds by which a sign must precede, in the median; and by which failures may differ that are one.
const LEAD_MIN_MS: f64 = 1_000.0;

/// Whether an event type names a failure: one of its words is `error`, `failed`, `timeout`, `down`, ….
#[must_use]
pub fn is_failure(event_type: &str) -> bool {
    event_type
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| FAILURE_WORDS.iter().any(|failure| word.eq_ignore_ascii_case(failure)))
}

/// A sign before a failure: its types, and the moments it was complete.
#[derive(Debug)]
struct Sign<'a> {
    kinds: Vec<u32>,
    leads: Vec<Lead<'a>>,
    counts: Counts,
}

/// Looks for signs of every failure.
pub(super) fn find(search: Search<'_>) -> Found {
    let Search { log, streams, pairs, widths, settings, .. } = search;
    let mut found = Found::default();
    let least = u64::from(settings.min_occurrences);
    let named = |kind: &u32| log.kind_names.get(*kind as usize).is_some_and(|name| is_failure(name));
    for &failure in pairs.kinds.iter().filter(|kind| named(kind)) {
        let mut signs = Vec::new();
        for &kind in pairs.kinds.iter().filter(|kind| **kind != failure) {
            found.tested += 1;
            let [all, _, apart] = pairs.trials(kind);
            let reach = pairs.get(kind, failure).map(|pair| pair.alarm).unwrap_or_default();
            let mut counts = follow::of_pair([all, apart], reach);
            if counts.hits >= least {
                let leads = follow::leads(streams, kind);
                counts.weigh(streams, &leads, failure, ALARM, widths);
                signs.push(Sign { kinds: vec![kind], leads, counts });
            }
        }
        for sign in signs.iter().filter(|s| s.counts.enough(settings) && s.counts.stands_out(0.0, settings)) {
            found.patterns.extend(pattern(search, failure, sign, &sign.leads));
        }
        signs.retain(|sign| !sign.kinds.iter().any(named));
        signs.sort_by(|a, b| b.counts.confidence().total_cmp(&a.counts.confidence()).then(a.kinds.cmp(&b.kinds)));
        signs.truncate(PAIRED_MAX);
        in_pairs(search, failure, &signs, &mut found);
    }
    found.patterns = told_once(found.patterns);
    found
}

/// Two signs in a row, where that is surer than either alone.
fn in_pairs(search: Search<'_>, failure: u32, signs: &[Sign<'_>], found: &mut Found) {
    let Search { streams, widths, settings, .. } = search;
    for first in signs {
        for second in signs.iter().filter(|second| second.kinds != first.kinds) {
            found.tested += 1;
            let rows = in_a_row(streams, &first.leads, second.kinds[0], widths.0[0]);
            let leads: Vec<Lead<'_>> =
                rows.iter().map(|(group, ends, _)| Lead { group, moments: ends.as_slice() }).collect();
            let counts = follow::count(streams, &leads, failure, ALARM, widths);
            let alone = first.counts.confidence().max(second.counts.confidence());
            if counts.confidence() >= alone + SURER && counts.enough(settings) && counts.stands_out(alone, settings) {
                let starts: Vec<Lead<'_>> =
                    rows.iter().map(|(group, _, starts)| Lead { group, moments: starts.as_slice() }).collect();
                let kinds = vec![first.kinds[0], second.kinds[0]];
                let sign = Sign { kinds, leads, counts };
                found.patterns.extend(pattern(search, failure, &sign, &starts));
            }
        }
    }
}

/// Where the same sign precedes several failures by the same time, they are one: the most telling name stays.
fn told_once(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    let lift = |pattern: &Pattern| pattern.lift.unwrap_or_default();
    patterns.sort_by(|a, b| {
        lift(b)
            .total_cmp(&lift(a))
            .then_with(|| b.occurrences.cmp(&a.occurrences))
            .then_with(|| a.pattern_id.cmp(&b.pattern_id))
    });
    let mut kept: Vec<Pattern> = Vec::new();
    for pattern in patterns {
        let same = |other: &Pattern| {
            sign_of(other) == sign_of(&pattern)
                && (lead(other) - lead(&pattern)).abs() <= LEAD_MIN_MS
                && covers(other.occurrences, pattern.occurrences)
        };
        if !kept.iter().any(same) {
            kept.push(pattern);
        }
    }
    kept
}

fn sign_of(pattern: &Pattern) -> &[String] {
    pattern.events.split_last().map_or(&[], |(_, sign)| sign)
}

fn lead(pattern: &Pattern) -> f64 {
    match &pattern.metadata {
        Evidence::Precursor(evidence) => evidence.median_lead_ms,
        _ => 0.0,
    }
}

/// Where the next `second` follows a lead within the gap, before the lead comes again: the group of the seconds, when
/// they were, and when their leads were.
fn in_a_row<'a>(
    streams: &'a Streams,
    leads: &[Lead<'a>],
    second: u32,
    gap: i64,
) -> Vec<(&'a Group, Vec<i64>, Vec<i64>)> {
    let mut found = Vec::new();
    for lead in leads {
        let Some(group) = streams.group(lead.group.stream, second) else { continue };
        let times = &group.times;
        let (mut at, mut ends, mut starts) = (0, Vec::new(), Vec::new());
        for (i, &start) in lead.moments.iter().enumerate() {
            let cut = lead.moments.get(i + 1).copied().unwrap_or(i64::MAX);
            at = advance(times, at, start);
            if let Some(&end) = times.get(at).filter(|end| **end - start <= gap && **end <= cut) {
                ends.push(end);
                starts.push(start);
            }
        }
        if !ends.is_empty() {
            found.push((group, ends, starts));
        }
    }
    found
}

/// `starts` are the moments at which the sign began, one for each at which it was complete.
fn pattern(search: Search<'_>, failure: u32, sign: &Sign<'_>, starts: &[Lead<'_>]) -> Option<Pattern> {
    let Search { scope, streams, widths, settings, .. } = search;
    let window = widths.0[ALARM];
    let mut hits: Vec<Hit> = follow::hits(streams, &sign.leads, failure, window);
    for hit in &mut hits {
        hit.from = starts.get(hit.lead)?.moments.get(hit.nth).copied()?;
    }
    // The row that bears the agent: of the event that completed the sign.
    let row = |hit: &Hit| {
        let lead = &sign.leads[hit.lead];
        let at = lead.group.times.partition_point(|time| *time < lead.moments[hit.nth]);
        streams.row(lead.group, at)
    };
    let together = hits.iter().filter(|hit| search.agent(row(hit)) != search.agent(hit.by)).count();
    if !search.belongs(together, hits.len()) {
        return None;
    }
    let (median_lead_ms, leads) = follow::lead_times(&hits, window)?;
    if median_lead_ms < LEAD_MIN_MS {
        return None;
    }
    let mut met: Vec<u32> = hits.iter().map(|hit| hit.by).collect();
    met.sort_unstable();
    met.dedup();
    let events: Vec<String> = sign.kinds.iter().chain([&failure]).filter_map(|kind| search.kind_name(*kind)).collect();
    let window_ms = settings.precursor_window_ms;
    let (first_seen, last_seen) = (hits.iter().map(|hit| hit.from).min()?, hits.iter().map(|hit| hit.until).max()?);
    let newest = first_by(hits, Pattern::RECENT_MAX, |hit| std::cmp::Reverse((hit.from, hit.until, row(hit))));
    Some(Pattern {
        pattern_id: pattern_id(
            PatternType::Precursor,
            [scope.as_str(), &window_ms.to_string()].into_iter().chain(events.iter().map(String::as_str)),
        ),
        pattern_type: PatternType::Precursor,
        description: events.join(" → "),
        confidence: sign.counts.confidence(),
        occurrences: sign.counts.hits,
        first_seen: Micros(first_seen),
        last_seen: Micros(last_seen),
        support: Rate::new(sign.counts.hits, sign.counts.trials)?,
        lift: sign.counts.lift(),
        p_value: sign.counts.p_value(0.0),
        q_value: 1.0,
        metadata: Evidence::Precursor(PrecursorEvidence {
            scope,
            failure: events.last()?.clone(),
            window_ms,
            median_lead_ms,
            leads,
            failures: streams.of_kind(failure).map(Group::count).sum(),
            preceded: met.len() as u64,
            expected_confidence: sign.counts.expected,
        }),
        recent: newest.iter().map(|hit| search.occurrence(row(hit), hit.from, hit.until)).collect(),
        events,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_known_by_their_words() {
        for failure in ["error", "tool_error:Bash", "task_failed", "agent_down", "api.timeout", "Crash"] {
            assert!(is_failure(failure), "{failure}");
        }
        for other in ["tool:Bash", "terrors", "download", "task_complete", "failover_done", ""] {
            assert!(!is_failure(other), "{other}");
        }
    }
}
