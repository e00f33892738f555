//! Sequences made into patterns: each is walked once more, now with its rows, and parts of others are left out.

use super::histogram::{first_by, median};
use super::search::Search;
use super::sequence::{Sequence, advance, covers};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{Evidence, Pattern, PatternType, Scope, SequenceEvidence, StepGap, pattern_id};

/// One walk through a sequence.
#[derive(Debug)]
struct Walk {
    from: i64,
    until: i64,
    row: u32,
}

/// What walking a sequence brings.
#[derive(Debug, Default)]
struct Trace {
    walks: Vec<Walk>,
    /// Milliseconds of each step.
    gaps: Vec<Vec<f64>>,
    streams: u64,
    /// Walks by more than one agent.
    together: usize,
}

/// The pattern of a sequence; `None` where the scope is a swarm and one agent does it alone.
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds stay far below 2^53")]
pub(super) fn pattern(search: Search<'_>, sequence: &Sequence) -> Option<Pattern> {
    let Search { scope, settings, .. } = search;
    let mut trace = walk(search, sequence);
    if !search.belongs(trace.together, trace.walks.len()) {
        return None;
    }
    let names: Vec<String> = sequence.kinds.iter().filter_map(|kind| search.kind_name(*kind)).collect();
    let mut whole: Vec<f64> = trace.walks.iter().map(|walk| (walk.until - walk.from) as f64 / 1e3).collect();
    let gaps = trace
        .gaps
        .iter_mut()
        .map(|gaps| {
            let max_ms = gaps.iter().copied().fold(0.0, f64::max);
            StepGap { median_ms: median(gaps).unwrap_or_default(), max_ms }
        })
        .collect();
    let confidence = sequence.count as f64 / sequence.starts as f64;
    let first_seen = trace.walks.iter().map(|walk| walk.from).min()?;
    let last_seen = trace.walks.iter().map(|walk| walk.until).max()?;
    let newest = first_by(trace.walks, Pattern::RECENT_MAX, |walk| std::cmp::Reverse((walk.from, walk.row)));
    Some(Pattern {
        pattern_id: pattern_id(
            PatternType::Sequence,
            std::iter::once(scope.as_str()).chain(names.iter().map(String::as_str)),
        ),
        pattern_type: PatternType::Sequence,
        description: names.join(" → "),
        events: names,
        confidence,
        occurrences: sequence.count,
        first_seen: Micros(first_seen),
        last_seen: Micros(last_seen),
        support: Rate::new(sequence.count, sequence.starts)?,
        lift: (sequence.expected > 0.0).then(|| confidence / sequence.expected),
        p_value: sequence.p_value,
        q_value: 1.0,
        metadata: Evidence::Sequence(SequenceEvidence {
            scope,
            max_gap_ms: settings.max_gap_ms,
            gaps,
            median_duration_ms: median(&mut whole)?,
            expected_confidence: sequence.expected,
            streams: trace.streams,
        }),
        recent: newest.iter().map(|walk| search.occurrence(walk.row, walk.from, walk.until)).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^53")]
fn walk(search: Search<'_>, sequence: &Sequence) -> Trace {
    let Search { streams, widths, .. } = search;
    let mut trace = Trace { gaps: vec![Vec::new(); sequence.gaps.len()], ..Trace::default() };
    let Some((first, rest)) = sequence.kinds.split_first() else { return trace };
    for group in streams.of_kind(*first) {
        let later: Vec<_> = rest.iter().filter_map(|kind| streams.group(group.stream, *kind)).collect();
        if later.len() < rest.len() {
            continue;
        }
        let starts = streams.times_of(group);
        let mut places = vec![0; rest.len()];
        let before = trace.walks.len();
        for (i, &from) in starts.iter().enumerate() {
            let cut = starts.get(i + 1).copied().unwrap_or(i64::MAX);
            let row = streams.rows[group.at.start + i];
            let (mut last, mut alone) = (from, true);
            let mut steps = 0;
            for ((step, place), (gap, taken)) in
                later.iter().zip(&mut places).zip(sequence.gaps.iter().zip(&mut trace.gaps))
            {
                let times = streams.times_of(step);
                *place = advance(times, *place, last);
                match times.get(*place) {
                    Some(time) if time - last <= widths.0[*gap] && *time <= cut => {
                        taken.push((time - last) as f64 / 1e3);
                        last = *time;
                        steps += 1;
                        let by = streams.rows[step.at.start + *place];
                        alone &= search.agent(by) == search.agent(row);
                    }
                    _ => break,
                }
            }
            if steps == rest.len() {
                trace.walks.push(Walk { from, until: last, row });
                trace.together += usize::from(!alone);
            } else {
                // Broken off: the steps that were taken do not count.
                trace.gaps.iter_mut().for_each(|gaps| gaps.truncate(trace.walks.len()));
            }
        }
        trace.streams += u64::from(trace.walks.len() > before);
    }
    trace
}

/// Leaves out what another pattern accounts for: its parts, and the same round begun elsewhere. What one agent does alone
/// accounts for what several seem to do together.
pub(super) fn closed(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    patterns.sort_by(|a, b| {
        scope(a)
            .cmp(&scope(b))
            .then_with(|| (b.events.len(), b.occurrences).cmp(&(a.events.len(), a.occurrences)))
            .then_with(|| (a.first_seen, &a.events).cmp(&(b.first_seen, &b.events)))
    });
    let mut kept: Vec<Pattern> = Vec::new();
    for pattern in patterns {
        let within = |longer: &Pattern| {
            (covers(longer.occurrences, pattern.occurrences) || scope(longer) < scope(&pattern))
                && is_part(&pattern.events, longer.events.iter().chain(&longer.events))
        };
        if !kept.iter().any(within) {
            kept.push(pattern);
        }
    }
    kept
}

fn scope(pattern: &Pattern) -> Option<Scope> {
    match &pattern.metadata {
        Evidence::Sequence(evidence) => Some(evidence.scope),
        _ => None,
    }
}

/// Whether all of `part` comes in `whole`, in its order.
fn is_part<'a>(part: &[String], mut whole: impl Iterator<Item = &'a String>) -> bool {
    part.iter().all(|event| whole.any(|other| other == event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_keeps_the_order_of_the_whole() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let whole = words("a b c d");
        assert!(is_part(&words("a c"), whole.iter()));
        assert!(!is_part(&words("c a"), whole.iter()));
        assert!(is_part(&words("c d a"), whole.iter().chain(&whole)), "the same round, begun elsewhere");
        assert!(!is_part(&words("a e"), whole.iter().chain(&whole)));
    }
}
