//! Sequences made into patterns: each is walked once more, now with its rows, and parts of others are left out.

use super::histogram::{first_by, median};
use super::search::Search;
use super::sequence::{Sequence, advance, covers};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{Evidence, Pattern, PatternType, Scope, SequenceEvidence, StepGap, pattern_id};

/// One walk through a sequence.
#[derive(Debug, Clone, Copy)]
struct Walk {
    from: i64,
    until: i64,
    row: u32,
    /// Whether one agent made every step.
    alone: bool,
}

/// A sequence, as much of it as must be known to choose among them.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    search: Search<'a>,
    pub sequence: &'a Sequence,
    /// The names of its types.
    pub events: Vec<String>,
    first_seen: i64,
}

/// The outline of a sequence; `None` where the scope is a swarm and one agent does it alone.
pub(super) fn outline<'a>(search: Search<'a>, sequence: &'a Sequence) -> Option<Outline<'a>> {
    let (mut first_seen, mut all, mut together) = (i64::MAX, 0, 0);
    walk(search, sequence, |walk, _| {
        first_seen = first_seen.min(walk.from);
        all += 1;
        together += usize::from(!walk.alone);
        search.scope == Scope::Swarm // within an agent the first walk says it all
    });
    let events = search.names(&sequence.kinds);
    (all > 0 && search.belongs(together, all)).then_some(Outline { search, sequence, events, first_seen })
}

impl Outline<'_> {
    /// The pattern.
    #[expect(clippy::cast_precision_loss, reason = "counts and milliseconds stay far below 2^53")]
    pub fn pattern(&self, q_value: f64) -> Option<Pattern> {
        let Self { search, sequence, .. } = *self;
        let Search { scope, settings, .. } = search;
        let mut walks = Vec::new();
        let mut gaps = vec![Vec::new(); sequence.gaps.len()];
        let streams = walk(search, sequence, |walk, steps| {
            gaps.iter_mut().zip(steps).for_each(|(gaps, step)| gaps.push(*step as f64 / 1e3));
            walks.push(walk);
            true
        });
        let gap = |mut gaps: Vec<f64>| {
            let max_ms = gaps.iter().copied().fold(0.0, f64::max);
            StepGap { median_ms: median(&mut gaps).unwrap_or_default(), max_ms }
        };
        let mut whole: Vec<f64> = walks.iter().map(|walk| (walk.until - walk.from) as f64 / 1e3).collect();
        let confidence = sequence.count as f64 / sequence.starts as f64;
        let last_seen = walks.iter().map(|walk| walk.until).max()?;
        let newest = first_by(walks, Pattern::RECENT_MAX, |walk| std::cmp::Reverse((walk.from, walk.row)));
        Some(Pattern {
            pattern_id: pattern_id(
                PatternType::Sequence,
                std::iter::once(scope.as_str()).chain(self.events.iter().map(String::as_str)),
            ),
            pattern_type: PatternType::Sequence,
            description: self.events.join(" → "),
            events: self.events.clone(),
            confidence,
            occurrences: sequence.count,
            first_seen: Micros(self.first_seen),
            last_seen: Micros(last_seen),
            support: Rate::new(sequence.count, sequence.starts)?,
            lift: (sequence.expected > 0.0).then(|| confidence / sequence.expected),
            p_value: sequence.p_value,
            q_value,
            metadata: Evidence::Sequence(SequenceEvidence {
                scope,
                max_gap_ms: settings.max_gap_ms,
                gaps: gaps.into_iter().map(gap).collect(),
                median_duration_ms: median(&mut whole)?,
                expected_confidence: sequence.expected,
                streams,
            }),
            recent: newest.iter().map(|walk| search.occurrence(walk.row, walk.from, walk.until)).collect(),
        })
    }
}

/// Calls `each` with every walk through the sequence and the microseconds of its steps, stream by stream; it says whether
/// the stream's other walks are wanted, too. Returns how many streams had any.
fn walk(search: Search<'_>, sequence: &Sequence, mut each: impl FnMut(Walk, &[i64]) -> bool) -> u64 {
    let Search { streams, widths, .. } = search;
    let Some((first, rest)) = sequence.kinds.split_first() else { return 0 };
    let (mut places, mut taken, mut walked) = (vec![0; rest.len()], Vec::with_capacity(rest.len()), 0);
    for group in streams.of_kind(*first) {
        let later: Vec<_> = rest.iter().filter_map(|kind| streams.group(group.stream, *kind)).collect();
        if later.len() < rest.len() {
            continue;
        }
        places.fill(0);
        let mut any = false;
        for (i, &from) in group.times.iter().enumerate() {
            let cut = group.times.get(i + 1).copied().unwrap_or(i64::MAX);
            let row = streams.row(group, i);
            let (mut until, mut alone) = (from, true);
            taken.clear();
            for ((step, place), gap) in later.iter().zip(&mut places).zip(&sequence.gaps) {
                *place = advance(&step.times, *place, until);
                match step.times.get(*place) {
                    Some(time) if time - until <= widths.0[*gap] && *time <= cut => {
                        taken.push(time - until);
                        until = *time;
                        alone &= search.agent(streams.row(step, *place)) == search.agent(row);
                    }
                    _ => break,
                }
            }
            if taken.len() == rest.len() {
                any = true;
                if !each(Walk { from, until, row, alone }, &taken) {
                    break;
                }
            }
        }
        walked += u64::from(any);
    }
    walked
}

/// Leaves out what another sequence accounts for: its parts, and the same round begun elsewhere. What one agent does
/// alone accounts for what several seem to do together. Each comes with its q-value.
pub(super) fn closed<'a>(mut outlines: Vec<(Outline<'a>, f64)>) -> Vec<(Outline<'a>, f64)> {
    let scope = |outline: &Outline<'_>| outline.search.scope;
    outlines.sort_by(|(a, _), (b, _)| {
        scope(a)
            .cmp(&scope(b))
            .then_with(|| (b.events.len(), b.sequence.count).cmp(&(a.events.len(), a.sequence.count)))
            .then_with(|| (a.first_seen, &a.events).cmp(&(b.first_seen, &b.events)))
    });
    let mut kept: Vec<(Outline<'a>, f64)> = Vec::new();
    for (outline, q_value) in outlines {
        let within = |(longer, _): &(Outline<'_>, f64)| {
            (covers(longer.sequence.count, outline.sequence.count) || scope(longer) < scope(&outline))
                && is_part(&outline.events, longer.events.iter().chain(&longer.events))
        };
        if !kept.iter().any(within) {
            kept.push((outline, q_value));
        }
    }
    kept
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
