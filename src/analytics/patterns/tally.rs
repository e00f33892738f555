//! What is counted in the streams of one scope, and kept while events come and go.
//!
//! What an event counts for depends on what follows within the widest window, and on nothing else; but for the windows
//! that overlap none before, which are chosen from the first event on. So when events are added at the end of a stream,
//! what the events just before counted for is taken away, and counted again; when the oldest go, what they counted for
//! is taken away, and windows are chosen again until the choice is as it was. The counts are the same as if all had been
//! counted anew, to the last bit: they are whole numbers.

use std::ops::Range;

use super::log::{EventLog, NONE};
use super::pairs::Pairs;
use super::streams::{Stream, Streams, Widths};

/// Streams and the counts of their pairs.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub streams: Streams,
    pub pairs: Pairs,
    pub widths: Widths,
    /// Where the group of each type is in the stream that is looked at.
    places: Vec<u32>,
}

/// Rows by stream.
#[derive(Debug)]
pub(super) struct Rows {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Rows {
    /// The rows for which `stream_of` names one of `streams` streams, in the order they had; [`NONE`] leaves one out.
    pub fn new(rows: Range<usize>, streams: usize, stream_of: impl Fn(usize) -> u32) -> Self {
        let mut starts = vec![0_usize; streams + 1];
        let named = || rows.clone().map(|row| (row, stream_of(row))).filter(|(_, stream)| *stream != NONE);
        named().for_each(|(_, stream)| starts[stream as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut sorted = vec![0; starts.last().copied().unwrap_or(0)];
        let mut next = starts.clone();
        for (row, stream) in named() {
            sorted[next[stream as usize]] = u32::try_from(row).unwrap_or(u32::MAX);
            next[stream as usize] += 1;
        }
        Self { starts, rows: sorted }
    }

    /// The streams that have any, with their rows.
    pub fn by_stream(&self) -> impl Iterator<Item = (u32, &[u32])> {
        (0_u32..)
            .zip(self.starts.windows(2))
            .map(|(s, at)| (s, &self.rows[at[0]..at[1]]))
            .filter(|(_, r)| !r.is_empty())
    }
}

impl Tally {
    /// Counts these rows. Types that come at least `least` times are paired.
    pub fn new(log: &EventLog, rows: &Rows, widths: Widths, least: u64) -> Self {
        let mut totals = vec![0_u64; log.kind_names.len()];
        rows.rows.iter().for_each(|row| totals[log.kinds[*row as usize] as usize] += 1);
        let streams = rows.starts.len().saturating_sub(1);
        let mut this =
            Self { streams: Streams::empty(streams), pairs: Pairs::new(&totals, least), widths, places: Vec::new() };
        this.append(log, rows);
        this.settle(log, least);
        this
    }

    /// Adds rows at the end of their streams.
    pub fn append(&mut self, log: &EventLog, rows: &Rows) {
        self.pairs.name(&log.kind_names);
        for (number, rows) in rows.by_stream() {
            let (Some(first), gone) = (rows.first().map(|row| log.times[*row as usize]), self.streams.gone) else {
                continue;
            };
            let from = self.within_reach(number, first);
            self.count(number, from..usize::MAX, -1);
            let stream = &mut self.streams.all[number as usize];
            for &row in rows {
                let (time, kind) = (log.times[row as usize], log.kinds[row as usize]);
                stream.times.push(time);
                stream.kinds.push(kind);
                stream.group_for(number, kind).push(time, row.wrapping_add(gone), self.widths);
            }
            self.count(number, from..usize::MAX, 1);
        }
    }

    /// Takes these rows away, the newest of their streams.
    pub fn drop_back(&mut self, log: &EventLog, rows: &Rows) {
        for (number, rows) in rows.by_stream() {
            let Some(first) = rows.first().map(|row| log.times[*row as usize]) else { continue };
            let from = self.within_reach(number, first);
            self.count(number, from..usize::MAX, -1);
            let stream = &mut self.streams.all[number as usize];
            let left = stream.times.len() - rows.len();
            for (kind, count) in counts(&stream.kinds[left..]) {
                stream.group_for(number, kind).drop_back(count, self.widths);
            }
            stream.times.truncate(left);
            stream.kinds.truncate(left);
            self.count(number, from..usize::MAX, 1);
        }
    }

    /// Takes these rows away, the oldest of their streams.
    pub fn drop_front(&mut self, rows: &Rows) {
        for (number, rows) in rows.by_stream() {
            self.count(number, 0..rows.len(), -1);
            let stream = &mut self.streams.all[number as usize];
            let mut changed = Vec::new();
            for (kind, count) in counts(&stream.kinds[..rows.len()]) {
                let places = stream.group_for(number, kind).drop_front(count, self.widths);
                changed.push((kind, places));
            }
            stream.times.drop_front(rows.len());
            stream.kinds.drop_front(rows.len());
            for (kind, places) in changed {
                self.pairs.reopen(stream, stream.group(kind), &places, self.widths);
            }
        }
    }

    /// Takes all events of a stream away.
    pub fn clear(&mut self, number: u32) {
        self.count(number, 0..usize::MAX, -1);
        if let Some(stream) = self.streams.all.get_mut(number as usize) {
            *stream = Stream::default();
        }
    }

    /// Finds the streams of each type and the types that are paired. Whether all of these were counted: a type that became
    /// frequent was not.
    pub fn settle(&mut self, log: &EventLog, least: u64) -> bool {
        self.streams.index(log.kind_names.len());
        self.pairs.settle(&self.streams, log.kind_names.len(), least)
    }

    /// Gives streams and types their new numbers, in the same order.
    pub fn renumber(&mut self, streams: &[Option<u32>], count: usize, kinds: &[Option<u32>], kinds_count: usize) {
        self.streams.renumber(streams, count, kinds);
        self.pairs.renumber(kinds, kinds_count);
    }

    /// The first event of a stream whose windows reach `time`.
    fn within_reach(&self, number: u32, time: i64) -> usize {
        let far = self.widths.far();
        self.streams.all[number as usize].times.partition_point(|earlier| earlier.saturating_add(far) < time)
    }

    /// Adds what the events at these places of a stream count for (`sign` 1), or takes it away (−1).
    fn count(&mut self, number: u32, at: Range<usize>, sign: i64) {
        let Some(stream) = self.streams.all.get_mut(number as usize) else { return };
        let at = at.start..at.end.min(stream.times.len());
        if at.is_empty() {
            return;
        }
        for (place, group) in (0_u32..).zip(&stream.groups) {
            let kind = group.kind as usize;
            if self.places.len() <= kind {
                self.places.resize(kind + 1, NONE);
            }
            self.places[kind] = place;
        }
        stream.count_slots(at.clone(), &self.places, sign, self.widths);
        self.pairs.count(stream, at, &self.places, sign, self.widths);
    }
}

/// How often each type comes.
fn counts(kinds: &[u32]) -> Vec<(u32, usize)> {
    let mut sorted = kinds.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
}
