//! Sequences: types that follow each other in one stream, two to eight of them, each at most once; and types that
//! come in runs, as the sequence of the type and itself.
//!
//! An occurrence starts at an event of the first type. Each step is the next event of its type, strictly later and
//! within the gap, before the first type comes again; so occurrences never share an event. Events of other types may
//! lie between. Confidence is the share of the first type's events that the whole rest follows.
//!
//! Patterns grow step by step (prefix growth as in PrefixSpan, Pei et al. 2001). A step must be more than chance: more
//! often than the type follows at any moment ([`Streams::cover`]), and more often than in a random order of the same
//! events ([`Streams::shuffled_until`]). It is tried at gaps of `max_gap`, a half, a quarter, … and kept at the one
//! that sets it off best from the first of the two, which looks at no unrelated type. A pattern is as doubtful as its
//! most doubtful step.

use super::group::Group;
use super::pairs::halvings;
use super::search::Search;
use super::significance::binomial_tail;
use super::streams::{SCALES, Streams};
use crate::model::pattern::LearnSettings;

/// The longest sequence.
const LENGTH_MAX: usize = 8;
/// A step must come so many times as often as at any moment; else it says only that its type is common.
pub(super) const LIFT_MIN: f64 = 1.5;
/// A part of a longer pattern is told only if the longer one accounts for less than this share of it.
pub(super) const ABSORBED: f64 = 0.9;

/// A sequence that passed, not yet held against the others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sequence {
    /// Its types.
    pub kinds: Vec<u32>,
    /// The gap of each step, an index into [`Widths`].
    pub gaps: Vec<usize>,
    /// Events of the first type.
    pub starts: u64,
    /// Those that the rest follows.
    pub count: u64,
    /// The confidence to expect of independent events.
    pub expected: f64,
    /// That of its most doubtful step.
    pub p_value: f64,
}

impl Sequence {
    /// One step longer.
    fn then(&self, step: &Step) -> Self {
        let mut longer = self.clone();
        longer.kinds.push(step.kind);
        longer.gaps.push(step.gap);
        longer.count = step.hits;
        longer.expected *= step.expected;
        longer.p_value = longer.p_value.max(step.p_value);
        longer
    }
}

/// A start that was followed so far.
#[derive(Debug, Clone, Copy)]
struct Thread {
    stream: u32,
    /// When the last step was.
    last: i64,
    /// When the first type comes again: the search ends.
    cut: i64,
}

/// How many threads are in a stream.
#[derive(Debug, Clone, Copy)]
struct Run {
    stream: u32,
    threads: f64,
}

/// A step that may be taken.
#[derive(Debug, Clone, Copy)]
struct Step {
    kind: u32,
    gap: usize,
    hits: u64,
    expected: f64,
    p_value: f64,
}

/// Finds sequences in a set of streams.
#[derive(Debug)]
pub(super) struct Miner<'a> {
    pub search: Search<'a>,
    /// How many steps were looked at.
    pub tested: u64,
    /// What was found.
    pub found: Vec<Sequence>,
}

impl<'a> Miner<'a> {
    pub fn new(search: Search<'a>) -> Self {
        Self { search, tested: 0, found: Vec::new() }
    }

    /// Looks at every type that is frequent enough as a start.
    pub fn run(&mut self) {
        for &kind in &self.search.pairs.kinds {
            let starts = self.search.pairs.trials(kind)[0];
            let root =
                Sequence { kinds: vec![kind], gaps: Vec::new(), starts, count: starts, expected: 1.0, p_value: 0.0 };
            // The first steps are counted already, and most types have none.
            let runs: Vec<Run> = self
                .search
                .streams
                .of_kind(kind)
                .map(|group| Run { stream: group.stream, threads: group.len() })
                .collect();
            let mut steps = Vec::new();
            for &then in self.search.pairs.kinds.iter().filter(|then| **then != kind) {
                let hits = self.search.pairs.get(kind, then).map(|pair| pair.gaps.map(u64::from)).unwrap_or_default();
                steps.extend(self.weigh(&root, &runs, starts, then, hits));
            }
            let again = self.search.pairs.get(kind, kind).map(|pair| pair.gaps.map(u64::from)).unwrap_or_default();
            if let Some(step) = self.weigh(&root, &runs, starts, kind, again) {
                self.found.push(root.then(&step));
            }
            if !steps.is_empty() {
                self.branch(&root, &self.starts(kind), &steps);
            }
        }
    }

    fn starts(&self, kind: u32) -> Vec<Thread> {
        let mut threads = Vec::new();
        for group in self.search.streams.of_kind(kind) {
            let times = &group.times;
            for (i, time) in times.iter().enumerate() {
                let cut = times.get(i + 1).copied().unwrap_or(i64::MAX);
                threads.push(Thread { stream: group.stream, last: *time, cut });
            }
        }
        threads
    }

    /// Grows `prefix`, whose occurrences are `threads`, and returns the steps there were.
    fn grow(&mut self, prefix: &Sequence, threads: &[Thread]) -> Vec<Step> {
        if prefix.kinds.len() >= LENGTH_MAX {
            return Vec::new();
        }
        let steps = self.steps(prefix, threads);
        self.branch(prefix, threads, &steps);
        steps
    }

    /// Takes every step.
    fn branch(&mut self, prefix: &Sequence, threads: &[Thread], steps: &[Step]) {
        let mut children: Vec<(Step, Vec<Thread>, i128)> = steps
            .iter()
            .map(|step| {
                let (next, lag) = self.follow(threads, step.kind, self.search.widths.0[step.gap]);
                (*step, next, lag)
            })
            .collect();
        // The nearest step first: what comes later is found again after it.
        children.sort_by_key(|(step, next, lag)| (lag / i128::try_from(next.len()).unwrap_or(1).max(1), step.kind));
        let mut nearer: Vec<Vec<Step>> = Vec::new();
        for (step, next, _) in children {
            let absorbed = |after: &Vec<Step>| after.iter().any(|s| s.kind == step.kind && covers(s.hits, step.hits));
            if nearer.iter().any(absorbed) {
                continue;
            }
            let longer = prefix.then(&step);
            let after = self.grow(&longer, &next);
            self.found.push(longer);
            nearer.push(after);
        }
    }

    /// The steps from `prefix` that pass.
    fn steps(&mut self, prefix: &Sequence, threads: &[Thread]) -> Vec<Step> {
        let Some(&last) = prefix.kinds.last() else { return Vec::new() };
        let runs: Vec<Run> = threads
            .chunk_by(|a, b| a.stream == b.stream)
            .map(|run| Run { stream: run[0].stream, threads: float(run.len()) })
            .collect();
        let eligible = self.search.pairs.kinds.iter().copied().filter(|kind| !prefix.kinds.contains(kind));
        let (near, far): (Vec<u32>, Vec<u32>) = eligible.partition(|kind| self.can_pass(prefix, last, &runs, *kind));
        self.tested += far.len() as u64;
        let mut hits = vec![[0; SCALES]; near.len()];
        for run in threads.chunk_by(|a, b| a.stream == b.stream) {
            for (kind, hits) in near.iter().zip(&mut hits) {
                if let Some(group) = self.search.streams.group(run[0].stream, *kind) {
                    self.count(run, &group.times, hits);
                }
            }
        }
        near.into_iter()
            .zip(hits)
            .filter_map(|(kind, hits)| self.weigh(prefix, &runs, threads.len() as u64, kind, hits))
            .collect()
    }

    /// Whether a step to `kind` may pass. Each time it is taken, the newest event of the prefix's last type before it is
    /// one that it follows before that type comes again, and not that of another thread; so it is taken at most as often
    /// as the pair says. Most types come too rarely, or are too common for that, and need not be counted.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn can_pass(&self, prefix: &Sequence, last: u32, runs: &[Run], kind: u32) -> bool {
        let Some(pair) = self.search.pairs.get(last, kind) else { return false };
        let trials: f64 = runs.iter().map(|run| run.threads).sum();
        let most = within(pair.gaps.map(u64::from));
        most.into_iter()
            .enumerate()
            .take_while(|(_, most)| self.enough(prefix, *most))
            .any(|(gap, most)| (most as f64 / trials).min(1.0) >= LIFT_MIN * self.expected(prefix, runs, kind, gap))
    }

    /// Judges one step by how often it was taken at each gap alone.
    fn weigh(&mut self, prefix: &Sequence, runs: &[Run], trials: u64, kind: u32, hits: [u64; SCALES]) -> Option<Step> {
        self.tested += 1;
        self.judge(prefix, runs, trials, kind, &within(hits))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn enough(&self, prefix: &Sequence, hits: u64) -> bool {
        hits >= u64::from(self.search.settings.min_occurrences)
            && hits as f64 / prefix.starts as f64 >= self.search.settings.confidence_threshold
    }

    /// Counts the threads that an event of `times` continues, by the smallest gap that reaches it.
    fn count(&self, run: &[Thread], times: &[i64], hits: &mut [u64; SCALES]) {
        let max_gap = self.search.widths.0[0];
        let mut at = 0;
        for thread in run {
            at = advance(times, at, thread.last);
            let Some(time) = times.get(at) else { return };
            let lag = time - thread.last;
            if lag <= max_gap && *time <= thread.cut {
                hits[halvings(max_gap, lag)] += 1;
            }
        }
    }

    /// The gap at which the step stands out most, if it passes there.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn judge(&self, prefix: &Sequence, runs: &[Run], trials: u64, kind: u32, hits: &[u64; SCALES]) -> Option<Step> {
        let mut best: Option<(f64, Step)> = None;
        let mut tried = 0.0;
        let mut seen = None;
        for (gap, &hits) in hits.iter().enumerate().take_while(|(_, hits)| self.enough(prefix, **hits)) {
            tried += if seen == Some(hits) { 0.0 } else { 1.0 };
            seen = Some(hits);
            let expected = self.expected(prefix, runs, kind, gap);
            let share = hits as f64 / trials as f64;
            let score = divergence(share, expected);
            if share >= LIFT_MIN * expected && best.is_none_or(|(before, _)| score > before) {
                best = Some((score, Step { kind, gap, hits, expected, p_value: 1.0 }));
            }
        }
        let (_, mut step) = best?;
        // A type that comes in runs is held against the order alone: that it comes now and then not at all is the point.
        let run = prefix.kinds.first() == Some(&kind);
        let chance = self.mean(prefix, runs, kind, |first, last, then| {
            if run {
                self.search.streams.shuffled(last, then, step.gap)
            } else {
                self.search.streams.shuffled_until(last, then, first, step.gap)
            }
        });
        if run && (step.hits as f64) < LIFT_MIN * chance * trials as f64 {
            return None;
        }
        let p_value = binomial_tail(trials, step.hits, if run { chance } else { chance.max(step.expected) });
        step.p_value = (p_value * tried).min(1.0);
        let passed =
            step.hits < LearnSettings::CONTROLLED_FROM || step.p_value <= self.search.settings.false_discovery_rate;
        passed.then_some(step)
    }

    /// How often the step would be taken at any moment.
    fn expected(&self, prefix: &Sequence, runs: &[Run], kind: u32, gap: usize) -> f64 {
        self.mean(prefix, runs, kind, |first, last, then| {
            let order = if then.kind == first.kind { 1.0 } else { then.len() / (then.len() + first.len()) };
            order * Streams::cover(last, then, gap, self.search.widths)
        })
    }

    /// The mean of `chance(first, last, then)` over all threads.
    fn mean(&self, prefix: &Sequence, runs: &[Run], kind: u32, chance: impl Fn(&Group, &Group, &Group) -> f64) -> f64 {
        let (mut sum, mut threads) = (0.0, 0.0);
        let (Some(first), Some(last)) = (prefix.kinds.first(), prefix.kinds.last()) else { return 0.0 };
        for run in runs {
            threads += run.threads;
            let group = |kind| self.search.streams.group(run.stream, kind);
            if let (Some(first), Some(last), Some(then)) = (group(*first), group(*last), group(kind)) {
                sum += run.threads * chance(first, last, then);
            }
        }
        if threads > 0.0 { sum / threads } else { 0.0 }
    }

    /// The threads that the next event of `kind` continues, and the sum of the lags in microseconds.
    fn follow(&self, threads: &[Thread], kind: u32, gap: i64) -> (Vec<Thread>, i128) {
        let (mut next, mut lags) = (Vec::new(), 0);
        for run in threads.chunk_by(|a, b| a.stream == b.stream) {
            let Some(group) = self.search.streams.group(run[0].stream, kind) else { continue };
            let times = &group.times;
            let mut at = 0;
            for thread in run {
                at = advance(times, at, thread.last);
                let Some(time) = times.get(at) else { break };
                if time - thread.last <= gap && *time <= thread.cut {
                    next.push(Thread { last: *time, ..*thread });
                    lags += i128::from(time - thread.last);
                }
            }
        }
        (next, lags)
    }
}

/// How much came within each gap, of what is counted by the smallest: what came within an eighth came within a quarter.
fn within(mut hits: [u64; SCALES]) -> [u64; SCALES] {
    for k in (1..SCALES).rev() {
        hits[k - 1] += hits[k];
    }
    hits
}

/// Whether a longer pattern seen `longer` times accounts for a part of it seen `part` times.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn covers(longer: u64, part: u64) -> bool {
    longer as f64 >= ABSORBED * part as f64
}

/// The first place from `from` on whose time is after `time`: steps double, so far and near are both found fast.
pub(super) fn advance(times: &[i64], from: usize, time: i64) -> usize {
    let (mut low, mut step) = (from, 1);
    while times.get(low + step - 1).is_some_and(|t| *t <= time) {
        low += step;
        step *= 2;
    }
    let high = (low + step - 1).min(times.len());
    low + times[low..high].partition_point(|t| *t <= time)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

/// How far a share lies from what is expected, in nats a trial (Kullback and Leibler).
fn divergence(share: f64, expected: f64) -> f64 {
    let expected = expected.clamp(1e-12, 1.0 - 1e-12);
    let part = |a: f64, b: f64| if a > 0.0 { a * (a / b).ln() } else { 0.0 };
    part(share, expected) + part(1.0 - share, 1.0 - expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advance_finds_the_first_later_time() {
        let times = [1, 2, 2, 3, 5, 8, 13, 21];
        for from in 0..=times.len() {
            for time in 0..23 {
                let expected = from + times[from..].iter().take_while(|t| **t <= time).count();
                assert_eq!(advance(&times, from, time), expected, "{from} {time}");
            }
        }
    }

    #[test]
    fn divergence_is_zero_where_nothing_differs() {
        assert!(divergence(0.5, 0.5).abs() < 1e-12);
        assert!((divergence(1.0, 0.5) - 2.0_f64.ln()).abs() < 1e-12);
    }
}
