//! How often each type is followed by each other type, counted for all pairs in one sweep.
//!
//! Every stream is walked backwards while the next event of each type is known; so one event costs one step a type, and
//! sequences, correlations and precursors get their counts from the same walk.

use std::ops::Range;

use super::is_failure;
use super::log::{EventLog, NONE};
use super::streams::{ALARM, LAG, SCALES, Streams, Widths};

/// Most types that are paired: the most frequent. A table of all pairs of so many takes 22 MB.
pub(super) const KINDS_MAX: usize = 512;

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
#[derive(Debug)]
pub(super) struct Pairs {
    /// The types that are paired, ascending.
    pub kinds: Vec<u32>,
    /// Their places in the table, by type.
    places: Vec<u32>,
    table: Vec<Pair>,
    /// Events of each paired type, and those whose windows do not overlap: of correlations, of precursors.
    trials: Vec<[u64; 3]>,
    /// Frequent types that are not paired, because there are too many.
    pub left_out: u64,
}

/// One stream while it is walked.
struct Walk<'a> {
    times: Vec<i64>,
    /// The place of each event's type in the table, or [`NONE`].
    places: Vec<u32>,
    /// Whether its windows overlap none before: of correlations, of precursors.
    apart: Vec<[bool; 2]>,
    /// The places of the stream's types, and whether each is a failure.
    present: &'a [(u32, bool)],
}

impl Pairs {
    /// Counts the pairs of types that come at least `least` times in the streams.
    pub fn new(log: &EventLog, streams: &Streams, widths: Widths, least: u64) -> Self {
        let mut frequent: Vec<(u64, u32)> = (0_u32..)
            .take(streams.kinds())
            .map(|kind| (streams.of_kind(kind).map(|group| group.at.len() as u64).sum(), kind))
            .filter(|(total, _)| *total >= least)
            .collect();
        frequent.sort_unstable_by_key(|(total, kind)| (std::cmp::Reverse(*total), *kind));
        let left_out = frequent.len().saturating_sub(KINDS_MAX) as u64;
        frequent.truncate(KINDS_MAX);
        frequent.sort_unstable_by_key(|(_, kind)| *kind);
        let mut places = vec![NONE; streams.kinds()];
        for (place, (_, kind)) in (0_u32..).zip(&frequent) {
            places[*kind as usize] = place;
        }
        let mut this = Self {
            table: vec![Pair::default(); frequent.len() * frequent.len()],
            trials: frequent.iter().map(|(total, _)| [*total, 0, 0]).collect(),
            kinds: frequent.into_iter().map(|(_, kind)| kind).collect(),
            places,
            left_out,
        };
        for (stream, at) in (0_u32..).zip(streams.by_time()) {
            this.count(log, streams, stream, at, widths);
        }
        this
    }

    /// What follows `first`, if both are paired.
    pub fn get(&self, first: u32, then: u32) -> Option<&Pair> {
        let place = |kind: u32| self.places.get(kind as usize).filter(|place| **place != NONE).map(|p| *p as usize);
        self.table.get(place(first)? * self.kinds.len() + place(then)?)
    }

    /// The events of a paired type: all, those apart for correlations, those apart for precursors.
    pub fn trials(&self, kind: u32) -> [u64; 3] {
        let place = self.places.get(kind as usize).copied().unwrap_or(NONE);
        self.trials.get(place as usize).copied().unwrap_or_default()
    }

    fn count(&mut self, log: &EventLog, streams: &Streams, stream: u32, at: Range<usize>, widths: Widths) {
        let rows = &streams.order[at];
        let present: Vec<(u32, bool)> = streams
            .of_stream(stream)
            .iter()
            .map(|group| (self.places[group.kind as usize], is_failure(&log.kind_names[group.kind as usize])))
            .filter(|(place, _)| *place != NONE)
            .collect();
        let mut walk = Walk {
            times: rows.iter().map(|row| log.times[*row as usize]).collect(),
            places: rows.iter().map(|row| self.places[log.kinds[*row as usize] as usize]).collect(),
            apart: vec![[false; 2]; rows.len()],
            present: &present,
        };
        self.part(&mut walk, [widths.0[LAG], widths.0[ALARM]]);
        self.walk(&walk, widths);
    }

    /// Finds the events whose windows overlap none before.
    fn part(&mut self, walk: &mut Walk<'_>, windows: [i64; 2]) {
        let mut open = vec![[i64::MIN; 2]; self.kinds.len()];
        for ((time, place), apart) in walk.times.iter().zip(&walk.places).zip(&mut walk.apart) {
            let Some(open) = open.get_mut(*place as usize) else { continue };
            for (i, window) in windows.into_iter().enumerate() {
                if *time >= open[i] {
                    open[i] = time.saturating_add(window);
                    apart[i] = true;
                    self.trials[*place as usize][i + 1] += 1;
                }
            }
        }
    }

    fn walk(&mut self, walk: &Walk<'_>, widths: Widths) {
        let (max_gap, lag, alarm) = (widths.0[0], widths.0[LAG], widths.0[ALARM]);
        let near = max_gap.max(lag);
        let far = near.max(alarm);
        let side = self.kinds.len();
        let mut next = vec![i64::MAX; side];
        let mut end = walk.times.len();
        while end > 0 {
            // Events of one instant do not follow each other.
            let time = walk.times[end - 1];
            let start = walk.times[..end].partition_point(|earlier| *earlier < time);
            for i in (start..end).rev().filter(|i| walk.places[*i] != NONE) {
                let place = walk.places[i] as usize;
                // Of several at one instant the last stands for all.
                let again = walk.places[i + 1..end].contains(&walk.places[i]);
                let cut = if again { time } else { next[place] };
                let row = &mut self.table[place * side..(place + 1) * side];
                for &(then, failure) in walk.present {
                    let follows = next[then as usize];
                    let wait = follows.saturating_sub(time);
                    if wait > if failure { far } else { near } {
                        continue;
                    }
                    let pair = &mut row[then as usize];
                    if wait <= max_gap && follows <= cut {
                        pair.gaps[halvings(max_gap, wait)] += 1;
                    }
                    if wait <= lag {
                        pair.lag.add(follows <= cut, walk.apart[i][0]);
                    }
                    if failure && wait <= alarm {
                        pair.alarm.add(follows <= cut, walk.apart[i][1]);
                    }
                }
            }
            for i in start..end {
                if let Some(next) = next.get_mut(walk.places[i] as usize) {
                    *next = time;
                }
            }
            end = start;
        }
    }
}

impl Reach {
    fn add(&mut self, last_before: bool, apart: bool) {
        self.hits += 1;
        self.met += u32::from(last_before);
        self.apart_hits += u32::from(apart);
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
