//! Events laid out by stream (an agent's or a swarm's events) and type, with what chance alone would make of them.
//!
//! Two questions are answered here for every type in every stream, at every window width:
//! - *cover*: at what share of moments does such an event follow within the window? It needs no other type, so the
//!   lift of two events does not change when unrelated ones are added.
//! - *slots*: how many events of any type follow within the window? With it one can say what a random order of the
//!   same events would show, bursts and idle nights included.
//!
//! Both are sums over events, kept as whole numbers, so that events can be added and taken away and leave no trace; who
//! does that is `tally`.

use std::ops::Range;

use super::group::Group;
use super::window::Window;

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

    /// The widest.
    pub fn far(&self) -> i64 {
        self.0[0].max(self.0[LAG]).max(self.0[ALARM])
    }
}

/// The events of one agent or swarm.
#[derive(Debug, Clone, Default)]
pub(super) struct Stream {
    /// When, ascending.
    pub times: Window<i64>,
    /// The type of each.
    pub kinds: Window<u32>,
    /// The same events by type, ascending; none is empty.
    pub groups: Vec<Group>,
}

impl Stream {
    /// The group of a type, made where there is none yet.
    pub fn group_for(&mut self, stream: u32, kind: u32) -> &mut Group {
        let at = self.groups.binary_search_by_key(&kind, |group| group.kind).unwrap_or_else(|at| {
            self.groups.insert(at, Group::new(stream, kind));
            at
        });
        &mut self.groups[at]
    }

    /// The group of a type.
    pub fn group(&self, kind: u32) -> Option<&Group> {
        self.groups.binary_search_by_key(&kind, |group| group.kind).ok().map(|at| &self.groups[at])
    }

    /// Adds what the events at these places see following (`sign` 1), or takes it away (−1). `places` says where the
    /// group of each type is.
    pub fn count_slots(&mut self, at: Range<usize>, places: &[u32], sign: i64, widths: Widths) {
        let Self { times, kinds, groups } = self;
        let (mut after, mut ends) = (at.start, [at.start; WIDTHS]);
        for (time, kind) in times[at.clone()].iter().zip(&kinds[at]) {
            while times.get(after).is_some_and(|later| later <= time) {
                after += 1;
            }
            let group = &mut groups[places[*kind as usize] as usize];
            for ((end, width), slots) in ends.iter_mut().zip(widths.0).zip(&mut group.slots) {
                *end = (*end).max(after);
                while times.get(*end).is_some_and(|later| later - time <= width) {
                    *end += 1;
                }
                *slots += sign * i64::try_from(*end - after).unwrap_or(0);
            }
        }
    }
}

/// All events by stream, type and time.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams {
    /// By number.
    pub all: Vec<Stream>,
    /// The streams that hold each type, ascending.
    by_kind: Vec<Vec<u32>>,
    /// How many rows the log had before its first one.
    pub gone: u32,
}

impl Streams {
    /// Streams without events.
    pub fn empty(streams: usize) -> Self {
        Self { all: vec![Stream::default(); streams], ..Self::default() }
    }

    /// Forgets groups without events, and finds out which streams hold each of `kinds` types.
    pub fn index(&mut self, kinds: usize) {
        self.by_kind.iter_mut().for_each(Vec::clear);
        self.by_kind.resize(kinds, Vec::new());
        for (number, stream) in (0_u32..).zip(&mut self.all) {
            stream.groups.retain(|group| !group.times.is_empty());
            for group in &stream.groups {
                self.by_kind[group.kind as usize].push(number);
            }
        }
    }

    /// Gives streams and types their new numbers, in the same order; those without one hold nothing.
    pub fn renumber(&mut self, streams: &[Option<u32>], count: usize, kinds: &[Option<u32>]) {
        let mut all = vec![Stream::default(); count];
        for (old, new) in std::mem::take(&mut self.all).into_iter().zip(streams) {
            if let Some(place) = new.and_then(|new| all.get_mut(new as usize)) {
                *place = old;
            }
        }
        let renumbered = |kind: u32| kinds.get(kind as usize).copied().flatten().unwrap_or(kind);
        for (number, stream) in (0_u32..).zip(&mut all) {
            stream.groups.retain(|group| !group.times.is_empty());
            stream.kinds.iter_mut().for_each(|kind| *kind = renumbered(*kind));
            for group in &mut stream.groups {
                (group.stream, group.kind) = (number, renumbered(group.kind));
            }
        }
        self.all = all;
    }

    /// The row of the log that the n-th event of a group came from.
    pub fn row(&self, group: &Group, nth: usize) -> u32 {
        group.rows[nth].wrapping_sub(self.gone)
    }

    /// The groups of a type, one a stream.
    pub fn of_kind(&self, kind: u32) -> impl Iterator<Item = &Group> {
        self.by_kind.get(kind as usize).into_iter().flatten().filter_map(move |stream| self.group(*stream, kind))
    }

    /// The group of a type in a stream.
    pub fn group(&self, stream: u32, kind: u32) -> Option<&Group> {
        self.all.get(stream as usize)?.group(kind)
    }

    /// The share of moments at which `then` follows within the width, seen over the time at work of the two types
    /// alone: from the first of either to the last.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a session")]
    pub fn cover(first: &Group, then: &Group, width: usize, widths: Widths) -> f64 {
        let (a, c) = (&first.times, &then.times);
        let (Some(a0), Some(a1), Some(c0), Some(c1)) = (a.first(), a.last(), c.first(), c.last()) else { return 0.0 };
        let lead = (c0 - a0).clamp(0, SESSION);
        let tail = (a1 - c1).clamp(0, SESSION);
        let active = then.active + lead + tail;
        if active <= 0 {
            return 1.0;
        }
        (then.covered[width] + lead.min(widths.0[width])) as f64 / active as f64
    }

    /// The chance that `then` is among the events that follow a `first` within the width, if the stream's events came
    /// in random order.
    pub fn shuffled(&self, first: &Group, then: &Group, width: usize) -> f64 {
        let count = if first.kind == then.kind { then.len() - 1.0 } else { then.len() };
        let share = count / (self.size(first.stream) - 1.0).max(1.0);
        hit(share, share, first.followers(width))
    }

    /// The same, where the next event of the type `cut` ends the search.
    pub fn shuffled_until(&self, last: &Group, then: &Group, cut: &Group, width: usize) -> f64 {
        let others = (self.size(last.stream) - 1.0).max(1.0);
        let (share, stop) = (then.len() / others, (cut.len() - 1.0).max(0.0) / others);
        hit(share, share + stop, last.followers(width))
    }

    fn size(&self, stream: u32) -> f64 {
        self.all.get(stream as usize).map_or(0.0, |stream| float(stream.times.len()))
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
