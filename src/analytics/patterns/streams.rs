//! Events laid out by stream (an agent's or a swarm's events) and type, with what chance alone would make of them.
//!
//! Two questions are answered here for every type in every stream, at every window width:
//! - *cover*: at what share of moments does such an event follow within the window? It needs no other type, so the
//!   lift of two events does not change when unrelated ones are added.
//! - *slots*: how many events of any type follow within the window? With it one can say what a random order of the
//!   same events would show, bursts and idle nights included.

use std::ops::Range;

use super::log::{EventLog, NONE};

/// A silence longer than this ends a session: half an hour. Time beyond it is not time at work.
pub(super) const SESSION: i64 = 30 * crate::model::time::MINUTE;

/// How many gap widths are tried: `max_gap`, a half of it, a quarter, …
pub(super) const SCALES: usize = 12;
/// The window of correlations, after the gap widths.
pub(super) const LAG: usize = SCALES;
/// The window of precursors.
pub(super) const ALARM: usize = SCALES + 1;
/// How many widths there are.
pub(super) const WIDTHS: usize = SCALES + 2;

/// The widths in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths(pub [i64; WIDTHS]);

impl Widths {
    pub fn new(max_gap: i64, lag: i64, alarm: i64) -> Self {
        let mut widths = [0; WIDTHS];
        for (k, width) in widths.iter_mut().enumerate().take(SCALES) {
            *width = (max_gap >> k).max(1);
        }
        widths[LAG] = lag;
        widths[ALARM] = alarm;
        Self(widths)
    }
}

/// The events of one type in one stream.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub stream: u32,
    pub kind: u32,
    /// Where they are in [`Streams::times`].
    pub at: Range<usize>,
    /// Time at work between the first and the last, in microseconds: silences count up to [`SESSION`].
    active: f64,
    /// The part of it that such an event follows within the width.
    covered: [f64; WIDTHS],
    /// The mean number of events of any type that follow within the width.
    slots: [f64; WIDTHS],
}

impl Group {
    pub fn len(&self) -> f64 {
        float(self.at.len())
    }
}

/// All events by stream, type and time.
#[derive(Debug)]
pub(super) struct Streams {
    /// The instants, by stream, type and time.
    pub times: Vec<i64>,
    /// The row of the log each came from.
    pub rows: Vec<u32>,
    /// The rows by stream and time.
    pub order: Vec<u32>,
    /// By stream and type.
    pub groups: Vec<Group>,
    /// The groups of each stream.
    by_stream: Vec<Range<usize>>,
    /// The groups of each type, ascending by stream.
    by_kind: Vec<Vec<u32>>,
    /// How many events each stream has.
    sizes: Vec<u32>,
}

impl Streams {
    /// Lays out the events for which `stream_of` names a stream below `streams`; [`NONE`] leaves an event out.
    pub fn new(log: &EventLog, stream_of: &[u32], streams: usize, widths: Widths) -> Self {
        let kinds = log.kind_names.len();
        let kept: Vec<u32> = (0_u32..).zip(stream_of).filter(|(_, s)| **s != NONE).map(|(row, _)| row).collect();
        // Two stable passes, so that each stream's types stay in the order of time.
        let by_time = grouped(&kept, stream_of, streams);
        let by_kind = grouped(&kept, &log.kinds, kinds);
        let rows = grouped(&by_kind, stream_of, streams);
        let mut this = Self {
            times: rows.iter().map(|row| log.times[*row as usize]).collect(),
            rows,
            order: by_time,
            groups: Vec::new(),
            by_stream: Vec::with_capacity(streams),
            by_kind: vec![Vec::new(); kinds],
            sizes: vec![0; streams],
        };
        this.find_groups(log, stream_of, streams);
        this.measure_cover(widths);
        this.measure_slots(log, widths);
        this
    }

    fn find_groups(&mut self, log: &EventLog, stream_of: &[u32], streams: usize) {
        let mut start = 0;
        for run in self.rows.chunk_by(|a, b| {
            stream_of[*a as usize] == stream_of[*b as usize] && log.kinds[*a as usize] == log.kinds[*b as usize]
        }) {
            let (stream, kind) = (stream_of[run[0] as usize], log.kinds[run[0] as usize]);
            let at = start..start + run.len();
            start = at.end;
            self.sizes[stream as usize] += u32::try_from(run.len()).unwrap_or(u32::MAX);
            self.by_kind[kind as usize].push(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
            let (covered, slots) = ([0.0; WIDTHS], [0.0; WIDTHS]);
            self.groups.push(Group { stream, kind, at, active: 0.0, covered, slots });
        }
        let mut next = 0;
        for stream in 0..streams {
            let first = next;
            while self.groups.get(next).is_some_and(|group| group.stream as usize == stream) {
                next += 1;
            }
            self.by_stream.push(first..next);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of a session")]
    fn measure_cover(&mut self, widths: Widths) {
        for group in &mut self.groups {
            for pair in self.times[group.at.clone()].windows(2) {
                let gap = (pair[1] - pair[0]).min(SESSION);
                group.active += gap as f64;
                for (covered, width) in group.covered.iter_mut().zip(widths.0) {
                    *covered += gap.min(width) as f64;
                }
            }
        }
    }

    fn measure_slots(&mut self, log: &EventLog, widths: Widths) {
        let mut group_of = vec![NONE; log.len()];
        for (id, group) in (0_u32..).zip(&self.groups) {
            self.rows[group.at.clone()].iter().for_each(|row| group_of[*row as usize] = id);
        }
        for at in self.by_time().collect::<Vec<_>>() {
            let stream = &self.order[at];
            let times: Vec<i64> = stream.iter().map(|row| log.times[*row as usize]).collect();
            let mut ends = [0_usize; WIDTHS];
            let mut after = 0;
            for (row, time) in stream.iter().zip(&times) {
                while after < times.len() && times[after] <= *time {
                    after += 1;
                }
                let group = &mut self.groups[group_of[*row as usize] as usize];
                for ((end, width), slots) in ends.iter_mut().zip(widths.0).zip(&mut group.slots) {
                    *end = (*end).max(after);
                    while *end < times.len() && times[*end] - time <= width {
                        *end += 1;
                    }
                    *slots += float(*end - after);
                }
            }
        }
        for group in &mut self.groups {
            let count = group.len();
            group.slots.iter_mut().for_each(|slots| *slots /= count);
        }
    }

    /// Where each stream's rows are in [`Self::order`].
    pub fn by_time(&self) -> impl Iterator<Item = Range<usize>> {
        self.sizes.iter().scan(0, |start, size| {
            let first = *start;
            *start += *size as usize;
            Some(first..*start)
        })
    }

    /// The groups of a type, one a stream.
    pub fn of_kind(&self, kind: u32) -> impl Iterator<Item = &Group> {
        self.by_kind.get(kind as usize).into_iter().flatten().filter_map(|id| self.groups.get(*id as usize))
    }

    /// The groups of a stream, one a type, ascending.
    pub fn of_stream(&self, stream: u32) -> &[Group] {
        self.by_stream.get(stream as usize).and_then(|at| self.groups.get(at.clone())).unwrap_or_default()
    }

    /// The group of a type in a stream.
    pub fn group(&self, stream: u32, kind: u32) -> Option<&Group> {
        let groups = self.of_stream(stream);
        groups.binary_search_by_key(&kind, |group| group.kind).ok().map(|i| &groups[i])
    }

    pub fn times_of(&self, group: &Group) -> &[i64] {
        &self.times[group.at.clone()]
    }

    /// How many types any stream holds beside others.
    pub fn kinds(&self) -> usize {
        self.by_kind.len()
    }

    /// The share of moments at which `then` follows within the width, seen over the time at work of the two types
    /// alone: from the first of either to the last.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a session")]
    pub fn cover(&self, first: &Group, then: &Group, width: usize, widths: Widths) -> f64 {
        let (a, c) = (self.times_of(first), self.times_of(then));
        let (Some(a0), Some(a1), Some(c0), Some(c1)) = (a.first(), a.last(), c.first(), c.last()) else { return 0.0 };
        let lead = (c0 - a0).clamp(0, SESSION);
        let tail = (a1 - c1).clamp(0, SESSION);
        let active = then.active + (lead + tail) as f64;
        if active <= 0.0 {
            return 1.0;
        }
        (then.covered[width] + lead.min(widths.0[width]) as f64) / active
    }

    /// The chance that `then` is among the events that follow a `first` within the width, if the stream's events came
    /// in random order.
    pub fn shuffled(&self, first: &Group, then: &Group, width: usize) -> f64 {
        let count = if first.kind == then.kind { then.len() - 1.0 } else { then.len() };
        let share = count / (self.size(first.stream) - 1.0).max(1.0);
        hit(share, share, first.slots[width])
    }

    /// The same, where the next event of the type `cut` ends the search.
    pub fn shuffled_until(&self, last: &Group, then: &Group, cut: &Group, width: usize) -> f64 {
        let others = (self.size(last.stream) - 1.0).max(1.0);
        let (share, stop) = (then.len() / others, (cut.len() - 1.0).max(0.0) / others);
        hit(share, share + stop, last.slots[width])
    }

    fn size(&self, stream: u32) -> f64 {
        self.sizes.get(stream as usize).copied().map_or(0.0, f64::from)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

/// The chance that among `slots` draws one of chance `share` comes before any other of chance `ending − share`.
fn hit(share: f64, ending: f64, slots: f64) -> f64 {
    let ending = ending.clamp(f64::MIN_POSITIVE, 1.0);
    (share / ending * (1.0 - (1.0 - ending).powf(slots))).clamp(0.0, 1.0)
}

/// The rows in the order of their keys, equal keys in the order they had.
fn grouped(rows: &[u32], key_of: &[u32], keys: usize) -> Vec<u32> {
    let mut starts = vec![0_usize; keys + 1];
    for row in rows {
        starts[key_of[*row as usize] as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut sorted = vec![0; rows.len()];
    for row in rows {
        let start = &mut starts[key_of[*row as usize] as usize];
        sorted[*start] = *row;
        *start += 1;
    }
    sorted
}
