//! How often each type is followed by each other type, counted for all pairs in one sweep.
//!
//! Every stream is walked backwards while the next event of each type is known; so one event costs one step a type, and
//! sequences, correlations and precursors get their counts from the same walk.

use std::ops::Range;

use super::group::Group;
use super::is_failure;
use super::log::NONE;
use super::streams::{ALARM, LAG, SCALES, Stream, Streams, Widths};

/// Most types that are paired: the most frequent. A table of all pairs of so many takes 22 MB.
pub(super) const KINDS_MAX: usize = 512;

/// So many types have a place in the table although they are rare.
const ROOM: usize = 128;

/// How often one type follows another within a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// First events that were followed.
    pub hits: u32,
    /// Different events that followed.
    pub met: u32,
    /// Those of the hits whose windows do not overlap.
    pub apart_hits: u32,
}

/// One type followed by another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pair {
    /// First events that the other follows before they come again, by the smallest gap that reaches it.
    pub gaps: [u32; SCALES],
    /// Within the window of correlations.
    pub lag: Reach,
    /// Within the window of precursors; counted of failures only.
    pub alarm: Reach,
}

/// The counts of all pairs of frequent types.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs {
    /// The types that are paired, ascending.
    pub kinds: Vec<u32>,
    /// Their places in the table, by type; it may hold more than are paired by now.
    places: Vec<u32>,
    /// How many types the table holds.
    side: usize,
    table: Vec<Pair>,
    /// Which types are failures.
    failures: Vec<bool>,
    /// Events of each type, and those whose windows do not overlap: of correlations, of precursors.
    trials: Vec<[u64; 3]>,
    /// Frequent types that are not paired, because there are too many.
    pub left_out: u64,
}

impl Pairs {
    /// A table without counts for the types that come at least `least` times, and for others while there is room: they
    /// may become frequent.
    pub fn new(totals: &[u64], least: u64) -> Self {
        let mut this = Self { places: vec![NONE; totals.len()], ..Self::default() };
        this.seat(frequent(totals, least).0.into_iter(), KINDS_MAX);
        this.seat(0..u32::try_from(totals.len()).unwrap_or(u32::MAX), ROOM);
        this
    }

    /// Gives types without a place one, while the table holds fewer than `most`.
    fn seat(&mut self, kinds: impl Iterator<Item = u32>, most: usize) {
        let before = self.side;
        for kind in kinds {
            if self.side < most && self.places[kind as usize] == NONE {
                self.places[kind as usize] = u32::try_from(self.side).unwrap_or(NONE);
                self.side += 1;
            }
        }
        if self.side > before {
            let mut table = vec![Pair::default(); self.side * self.side];
            if before > 0 {
                let rows = table.chunks_exact_mut(self.side).zip(self.table.chunks_exact(before));
                rows.for_each(|(new, old)| new[..before].copy_from_slice(old));
            }
            self.table = table;
        }
    }

    /// What follows `first`, if both are in the table.
    pub fn get(&self, first: u32, then: u32) -> Option<&Pair> {
        self.table.get(self.place(first)? * self.side + self.place(then)?)
    }

    fn place(&self, kind: u32) -> Option<usize> {
        self.places.get(kind as usize).filter(|place| **place != NONE).map(|place| *place as usize)
    }

    /// The events of a type: all, those apart for correlations, those apart for precursors.
    pub fn trials(&self, kind: u32) -> [u64; 3] {
        self.trials.get(kind as usize).copied().unwrap_or_default()
    }

    /// Finds out which types are failures.
    pub fn name(&mut self, kinds: &[String]) {
        self.failures = kinds.iter().map(|name| is_failure(name)).collect();
    }

    /// Chooses the types that are paired. Whether all of them are in the table.
    pub fn settle(&mut self, streams: &Streams, kinds: usize, least: u64) -> bool {
        self.trials = vec![[0; 3]; kinds];
        for group in streams.all.iter().flat_map(|stream| &stream.groups) {
            let trials = &mut self.trials[group.kind as usize];
            trials.iter_mut().zip([group.count(), group.trials[0], group.trials[1]]).for_each(|(all, own)| *all += own);
        }
        let totals: Vec<u64> = self.trials.iter().map(|trials| trials[0]).collect();
        (self.kinds, self.left_out) = frequent(&totals, least);
        self.kinds.iter().all(|kind| self.places[*kind as usize] != NONE)
    }

    /// Gives types their new numbers, and those that are new to the log a place while there is room.
    pub fn renumber(&mut self, kinds: &[Option<u32>], count: usize) {
        let mut places = vec![NONE; count];
        let mut known = vec![false; count];
        for (place, new) in self.places.iter().zip(kinds) {
            if let Some(new) = new.map(|new| new as usize) {
                (places[new], known[new]) = (*place, true);
            }
        }
        self.places = places;
        self.seat((0_u32..).zip(known).filter(|(_, known)| !known).map(|(kind, _)| kind), ROOM);
    }

    /// Adds what the events at these places of a stream are followed by (`sign` 1), or takes it away (−1). The places
    /// end with the stream, or begin with it. `groups` says where the group of each type is.
    pub fn count(&mut self, stream: &Stream, at: Range<usize>, groups: &[u32], sign: i64, widths: Widths) {
        let Some(newest) = at.end.checked_sub(1).and_then(|last| stream.times.get(last)) else { return };
        let next = |group: &Group| {
            let after = group.times.partition_point(|time| time <= newest);
            group.times.get(after).copied().unwrap_or(i64::MAX)
        };
        let mut left: Vec<usize> = stream.groups.iter().map(|group| group.times.len()).collect();
        if at.end < stream.times.len() {
            left.fill(0);
            stream.kinds[..at.end].iter().for_each(|kind| left[groups[*kind as usize] as usize] += 1);
        }
        let walk = Walk {
            next: stream.groups.iter().map(next).collect(),
            left,
            present: self.present(stream),
            sign: if sign < 0 { u32::MAX } else { 1 },
            stream,
            groups,
        };
        self.walk(walk, at, widths);
    }

    /// The groups of a stream whose types are in the table: which, where, and whether they are failures.
    fn present(&self, stream: &Stream) -> Vec<(u32, u32, bool)> {
        let groups = (0_u32..).zip(&stream.groups);
        let named = groups.map(|(n, g)| (n, self.places[g.kind as usize], self.failures[g.kind as usize]));
        named.filter(|(_, place, _)| *place != NONE).collect()
    }

    fn walk(&mut self, mut walk: Walk<'_>, at: Range<usize>, widths: Widths) {
        let (max_gap, lag, alarm) = (widths.0[0], widths.0[LAG], widths.0[ALARM]);
        let near = max_gap.max(lag);
        let far = near.max(alarm);
        let Stream { times, kinds, groups } = walk.stream;
        let sign = walk.sign;
        let mut end = at.end;
        while end > at.start {
            // Events of one instant do not follow each other.
            let time = times[end - 1];
            let start = end - times[at.start..end].iter().rev().take_while(|earlier| **earlier == time).count();
            for kind in kinds[start..end].iter().rev() {
                let own = walk.groups[*kind as usize] as usize;
                let nth = walk.left[own] - 1;
                walk.left[own] = nth;
                let Some(row) = self.place(*kind).and_then(|place| self.table.chunks_exact_mut(self.side).nth(place))
                else {
                    continue;
                };
                // Of several at one instant the last stands for all: the others are cut off by it.
                let cut = groups[own].times.get(nth + 1).copied().unwrap_or(i64::MAX);
                let [apart_lag, apart_alarm] = groups[own].apart[nth];
                for &(group, then, failure) in &walk.present {
                    let follows = walk.next[group as usize];
                    let wait = follows.saturating_sub(time);
                    if wait > if failure { far } else { near } {
                        continue;
                    }
                    let pair = &mut row[then as usize];
                    if wait <= max_gap && follows <= cut {
                        let hits = &mut pair.gaps[halvings(max_gap, wait)];
                        *hits = hits.wrapping_add(sign);
                    }
                    if wait <= lag {
                        pair.lag.add(follows <= cut, apart_lag, sign);
                    }
                    if failure && wait <= alarm {
                        pair.alarm.add(follows <= cut, apart_alarm, sign);
                    }
                }
            }
            let instant = times[start..].iter().take_while(|same| **same == time).count();
            for kind in &kinds[start..start + instant] {
                walk.next[walk.groups[*kind as usize] as usize] = time;
            }
            end = start;
        }
    }

    /// Counts again the hits of windows that overlap none before, where events of `first` open one now and did not, or
    /// the other way round: the places that changed, each with its window.
    pub fn reopen(&mut self, stream: &Stream, first: Option<&Group>, changed: &[(usize, usize)], widths: Widths) {
        let Some(first) = first else { return };
        let present = self.present(stream);
        let place = self.place(first.kind);
        let Some(row) = place.and_then(|place| self.table.chunks_exact_mut(self.side).nth(place)) else { return };
        for &(at, window) in changed {
            let (time, width) = (first.times[at], widths.0[LAG + window]);
            let sign = if first.apart[at][window] { 1 } else { u32::MAX };
            for &(group, then, failure) in &present {
                let pair = &mut row[then as usize];
                let reach = if window == 0 { &mut pair.lag } else { &mut pair.alarm };
                let times = &stream.groups[group as usize].times;
                if window == 0 || failure {
                    let follows = times.get(times.partition_point(|earlier| *earlier <= time));
                    if follows.is_some_and(|follows| follows - time <= width) {
                        reach.apart_hits = reach.apart_hits.wrapping_add(sign);
                    }
                }
            }
        }
    }
}

/// One stream while it is walked, backwards.
struct Walk<'a> {
    stream: &'a Stream,
    /// Where the group of each type is.
    groups: &'a [u32],
    /// The groups whose types are in the table, with their places there; whether they are failures.
    present: Vec<(u32, u32, bool)>,
    /// The next event of each group.
    next: Vec<i64>,
    /// How many events of each group come before.
    left: Vec<usize>,
    /// What is added for a hit: 1, or its negative.
    sign: u32,
}

/// The most frequent types, ascending, and how many are left out because there are more.
fn frequent(totals: &[u64], least: u64) -> (Vec<u32>, u64) {
    let mut frequent: Vec<(u64, u32)> =
        totals.iter().copied().zip(0_u32..).filter(|(total, _)| *total >= least).collect();
    frequent.sort_unstable_by_key(|(total, kind)| (std::cmp::Reverse(*total), *kind));
    let left_out = frequent.len().saturating_sub(KINDS_MAX) as u64;
    let mut kinds: Vec<u32> = frequent.into_iter().take(KINDS_MAX).map(|(_, kind)| kind).collect();
    kinds.sort_unstable();
    (kinds, left_out)
}

impl Reach {
    /// Adds a hit, or takes one away where `sign` is −1.
    fn add(&mut self, last_before: bool, apart: bool, sign: u32) {
        self.hits = self.hits.wrapping_add(sign);
        self.met = self.met.wrapping_add(if last_before { sign } else { 0 });
        self.apart_hits = self.apart_hits.wrapping_add(if apart { sign } else { 0 });
    }
}

/// How often `whole` can be halved and still not be below `part`, up to the number of gaps; `0 < part ≤ whole`.
pub(super) fn halvings(whole: i64, part: i64) -> usize {
    // As many bits are moved as make the two equally long; that may be one too many.
    let same = part.leading_zeros() - whole.leading_zeros();
    let fits = (part << same) <= whole;
    ((same - u32::from(!fits)) as usize).min(SCALES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_halved_while_it_holds() {
        for whole in [1_i64, 2, 3, 7, 8, 1000, 60_000_000] {
            for part in [1, 2, 3, 5, 7, 8, 999, 1000, 59_999_999].into_iter().filter(|part| *part <= whole) {
                let brute = (0..SCALES).rev().find(|k| (whole >> k) >= part).expect("whole fits");
                assert_eq!(halvings(whole, part), brute, "{whole} {part}");
            }
        }
    }
}
