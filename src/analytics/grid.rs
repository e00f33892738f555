//! Time cut into equal steps: which step suits a range, and which rollup tiers add up to it.
//!
//! Not here: the rollups themselves (`store`), and zones; buckets are aligned to UTC.

use crate::model::answer::Tier;
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::model::{Micros, TimeRange};

/// Most steps a chart is cut into.
pub const SLOTS_MAX: i64 = 120;

/// Every step is counted from this Monday, so that weeks start on Mondays and shorter steps at
/// midnight, the full hour, the full minute.
const MONDAY: i64 = 4 * DAY;

/// The steps people can read, ascending. Above 30 minutes of data, the next finer one would give more
/// than [`SLOTS_MAX`] slots, and the chosen one gives at least 24.
const LADDER: [i64; 28] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    56 * DAY,
    112 * DAY,
    224 * DAY,
    448 * DAY,
    896 * DAY,
    1792 * DAY,
];

/// The width of a tier's buckets in microseconds; 0 for the records themselves.
#[must_use]
pub const fn width(tier: Tier) -> i64 {
    match tier {
        Tier::Raw => 0,
        Tier::Minute => MINUTE,
        Tier::Hour => HOUR,
        Tier::Day => DAY,
    }
}

/// The coarsest tier whose buckets fit into steps of `step` microseconds.
#[must_use]
pub const fn tier_of(step: i64) -> Tier {
    match step {
        ..MINUTE => Tier::Raw,
        MINUTE..HOUR => Tier::Minute,
        HOUR..DAY => Tier::Hour,
        _ => Tier::Day,
    }
}

/// Equal steps over a range; slot 0 starts at or before the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The start of slot 0.
    pub start: Micros,
    /// The width of a slot in microseconds, above 0.
    pub step: i64,
    /// How many slots cover the range.
    pub slots: usize,
}

impl Grid {
    /// The finest readable grid over `range` that has at most [`SLOTS_MAX`] slots, none narrower than `finest`
    /// microseconds.
    #[must_use]
    pub fn over(range: TimeRange, finest: i64) -> Self {
        let fits = |step: &i64| *step >= finest && slots(range, *step) <= SLOTS_MAX;
        let step = LADDER.into_iter().find(fits).unwrap_or_else(|| {
            // Ranges of millennia: whole weeks again, as few as needed.
            let week = 7 * DAY;
            (range.length() / (SLOTS_MAX - 1) / week + 1).saturating_mul(week)
        });
        Self { start: Micros(align(range.from.0, step)), step, slots: usize::try_from(slots(range, step)).unwrap_or(0) }
    }

    /// One slot for everything: any time divided by this step is 0.
    pub const WHOLE: Self = Self { start: Micros(0), step: i64::MAX, slots: 1 };

    /// The start of slot `index`.
    #[must_use]
    pub fn slot_start(&self, index: usize) -> Micros {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        Micros(self.start.0.saturating_add(index.saturating_mul(self.step)))
    }

    /// The slot `time` lies in; `None` outside the grid.
    #[must_use]
    pub fn slot(&self, time: Micros) -> Option<usize> {
        let index = usize::try_from(time.0.saturating_sub(self.start.0).div_euclid(self.step)).ok()?;
        (index < self.slots).then_some(index)
    }
}

fn align(time: i64, step: i64) -> i64 {
    time.saturating_sub(MONDAY).div_euclid(step).saturating_mul(step).saturating_add(MONDAY)
}

/// How many aligned steps touch the range.
fn slots(range: TimeRange, step: i64) -> i64 {
    let span = range.until.0.saturating_sub(align(range.from.0, step));
    span.div_euclid(step) + i64::from(span.rem_euclid(step) != 0)
}

/// A part of a range that buckets of one tier cover exactly, or that only the records cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Which rows to read.
    pub tier: Tier,
    /// From where to where; whole buckets unless the tier is [`Tier::Raw`].
    pub range: TimeRange,
}

/// Cuts `range` into pieces, in order and without gaps: the coarsest whole buckets inside, finer ones
/// around them, records at the ragged ends. No tier is coarser than `coarsest`; minutes are used only from
/// `minutes_from` on, and not at all without it.
#[must_use]
pub fn pieces(range: TimeRange, coarsest: Tier, minutes_from: Option<Micros>) -> Vec<Piece> {
    let mut out = Vec::new();
    cut(range, coarsest, minutes_from, &mut out);
    out
}

fn cut(range: TimeRange, tier: Tier, minutes_from: Option<Micros>, out: &mut Vec<Piece>) {
    let finer = match tier {
        Tier::Raw => return out.push(Piece { tier, range }),
        Tier::Minute => Tier::Raw,
        Tier::Hour => Tier::Minute,
        Tier::Day => Tier::Hour,
    };
    let served_from = match (tier, minutes_from) {
        (Tier::Minute, Some(from)) => range.from.max(from),
        (Tier::Minute, None) => range.until,
        _ => range.from,
    };
    let first = ceil(served_from.0, width(tier));
    let last = floor(range.until.0, width(tier));
    if first >= last {
        return cut(range, finer, minutes_from, out);
    }
    let (first, last) = (Micros(first), Micros(last));
    if range.from < first {
        cut(TimeRange { from: range.from, until: first }, finer, minutes_from, out);
    }
    out.push(Piece { tier, range: TimeRange { from: first, until: last } });
    if last < range.until {
        cut(TimeRange { from: last, until: range.until }, finer, minutes_from, out);
    }
}

/// `pieces` without hours of the `hourless` days (midnights, ascending): retention took them away, so the records
/// are read there. Days are whole, and stay.
#[must_use]
pub fn without_hours(pieces: Vec<Piece>, hourless: &[Micros]) -> Vec<Piece> {
    if hourless.is_empty() {
        return pieces;
    }
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if piece.tier != Tier::Hour {
            out.push(piece);
            continue;
        }
        let mut from = piece.range.from;
        for day in hourless {
            let hole = (day.0.max(from.0), day.0.saturating_add(DAY).min(piece.range.until.0));
            if hole.0 < hole.1 {
                push(&mut out, Tier::Hour, from, Micros(hole.0));
                push(&mut out, Tier::Raw, Micros(hole.0), Micros(hole.1));
                from = Micros(hole.1);
            }
        }
        push(&mut out, Tier::Hour, from, piece.range.until);
    }
    out
}

/// Adds a piece unless it is empty; records that follow records are one piece.
fn push(out: &mut Vec<Piece>, tier: Tier, from: Micros, until: Micros) {
    match out.last_mut() {
        _ if from >= until => {}
        Some(last) if tier == Tier::Raw && last.tier == tier && last.range.until == from => last.range.until = until,
        _ => out.push(Piece { tier, range: TimeRange { from, until } }),
    }
}

/// `range` with its ends moved out to midnight where they lie beyond all data: the same records, and no
/// ragged end to read.
#[must_use]
pub fn widen(range: TimeRange, data: TimeRange) -> TimeRange {
    TimeRange {
        from: if range.from <= data.from { Micros(floor(range.from.0, DAY)) } else { range.from },
        until: if range.until >= data.until { Micros(ceil(range.until.0, DAY)) } else { range.until },
    }
}

/// `time` moved back to the start of its bucket of `width` microseconds.
#[must_use]
pub const fn floor(time: i64, width: i64) -> i64 {
    time.div_euclid(width).saturating_mul(width)
}

/// `time`, or the start of the next bucket when it lies inside one.
#[must_use]
pub const fn ceil(time: i64, width: i64) -> i64 {
    let floor = floor(time, width);
    if floor == time { time } else { floor.saturating_add(width) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: i64 = 1_767_225_600_000_000; // 2026-01-01T00:00:00Z, a Thursday

    fn range(from: i64, until: i64) -> TimeRange {
        TimeRange { from: Micros(MIDNIGHT + from), until: Micros(MIDNIGHT + until) }
    }

    fn shown(pieces: &[Piece]) -> Vec<(&'static str, i64, i64)> {
        pieces
            .iter()
            .map(|piece| {
                let minute = |time: Micros| (time.0 - MIDNIGHT) / MINUTE;
                (piece.tier.as_str(), minute(piece.range.from), minute(piece.range.until))
            })
            .collect()
    }

    #[test]
    fn the_step_suits_the_range() {
        let step = |length| {
            let grid = Grid::over(range(0, length), 0);
            (grid.step, grid.slots)
        };
        assert_eq!(step(HOUR), (30 * SECOND, 120));
        assert_eq!(step(2 * HOUR), (MINUTE, 120));
        assert_eq!(step(6 * HOUR), (5 * MINUTE, 72));
        assert_eq!(step(DAY), (15 * MINUTE, 96));
        assert_eq!(step(7 * DAY), (2 * HOUR, 84));
        assert_eq!(step(30 * DAY), (6 * HOUR, 120));
        assert_eq!(step(90 * DAY), (DAY, 90));
        assert_eq!(step(365 * DAY).0, 7 * DAY);
    }

    #[test]
    fn a_range_of_any_length_gets_between_24_and_120_slots() {
        let mut length = 30 * SECOND;
        while length < 4000 * 365 * DAY {
            let slots = Grid::over(range(1, length), 0).slots;
            assert!((24..=120).contains(&slots), "{length} µs give {slots}");
            length += length / 7;
        }
        assert!(Grid::over(TimeRange::ALL, 0).slots <= 120);
    }

    #[test]
    fn the_step_is_never_finer_than_asked() {
        let grid = Grid::over(range(0, DAY), HOUR);
        assert_eq!((grid.step, grid.slots), (HOUR, 24));
    }

    #[test]
    fn slots_are_aligned_to_utc_and_weeks_to_mondays() {
        let grid = Grid::over(range(7 * MINUTE, DAY + 7 * MINUTE), 0);
        assert_eq!((grid.start.0, grid.slots), (MIDNIGHT, 97));
        assert_eq!(grid.slot(Micros(MIDNIGHT + 15 * MINUTE)), Some(1));
        assert_eq!(grid.slot(Micros(MIDNIGHT - 1)), None);
        assert_eq!(grid.slot(Micros(grid.slot_start(97).0)), None);
        let weeks = Grid::over(range(0, 365 * DAY), 0);
        assert_eq!(weeks.start.0, MIDNIGHT - 3 * DAY, "the Monday before a Thursday");
    }

    #[test]
    fn a_ragged_range_is_days_inside_hours_inside_minutes_inside_records() {
        let ragged = range(22 * HOUR + 58 * MINUTE + 30 * SECOND, 3 * DAY + HOUR + 2 * MINUTE + 1);
        let day = 24 * 60;
        assert_eq!(
            shown(&pieces(ragged, Tier::Day, Some(Micros(0)))),
            [
                ("raw", 22 * 60 + 58, 22 * 60 + 59),
                ("1m", 22 * 60 + 59, 23 * 60),
                ("1h", 23 * 60, day),
                ("1d", day, 3 * day),
                ("1h", 3 * day, 3 * day + 60),
                ("1m", 3 * day + 60, 3 * day + 62),
                ("raw", 3 * day + 62, 3 * day + 62),
            ]
        );
        let no_minutes = pieces(ragged, Tier::Hour, None);
        assert_eq!(
            shown(&no_minutes),
            [("raw", 22 * 60 + 58, 23 * 60), ("1h", 23 * 60, 3 * day + 60), ("raw", 3 * day + 60, 3 * day + 62)]
        );
        assert_eq!(no_minutes[2].range.length(), 2 * MINUTE + 1);
    }

    #[test]
    fn a_range_on_bucket_boundaries_needs_no_records() {
        assert_eq!(shown(&pieces(range(0, DAY), Tier::Day, None)), [("1d", 0, 24 * 60)]);
        assert_eq!(shown(&pieces(range(0, HOUR), Tier::Day, None)), [("1h", 0, 60)]);
        assert_eq!(shown(&pieces(range(0, HOUR), Tier::Raw, None)), [("raw", 0, 60)]);
        assert_eq!(shown(&pieces(range(1, MINUTE), Tier::Day, Some(Micros(0)))), [("raw", 0, 1)]);
    }

    #[test]
    fn hours_that_were_taken_away_are_read_from_records_and_days_stay() {
        let day = 24 * 60;
        let hourless = [1, 2].map(|n| Micros(MIDNIGHT + n * DAY));
        let hours = pieces(range(0, 4 * DAY), Tier::Hour, None);
        let shown_hours = shown(&without_hours(hours.clone(), &hourless));
        assert_eq!(shown_hours, [("1h", 0, day), ("raw", day, 3 * day), ("1h", 3 * day, 4 * day)]);
        assert_eq!(without_hours(hours.clone(), &[]), hours);
        // From 01:00 of a day without hours over a whole one to 02:00 of the next.
        let ragged = pieces(range(DAY + HOUR, 3 * DAY + 2 * HOUR), Tier::Day, None);
        let shown_ragged = shown(&without_hours(ragged, &hourless));
        assert_eq!(
            shown_ragged,
            [("raw", day + 60, 2 * day), ("1d", 2 * day, 3 * day), ("1h", 3 * day, 3 * day + 120)]
        );
    }

    #[test]
    fn minutes_are_used_only_from_where_they_are_complete() {
        let from = Some(Micros(MIDNIGHT + 20 * MINUTE));
        assert_eq!(shown(&pieces(range(10 * MINUTE, 40 * MINUTE), Tier::Day, from)), [("raw", 10, 20), ("1m", 20, 40)]);
    }

    #[test]
    fn pieces_follow_each_other_without_gap_or_overlap() {
        for (from, until) in [(1, 2), (1, HOUR), (MINUTE, 3 * DAY), (HOUR - 1, HOUR + 1), (5 * HOUR + 3, 40 * DAY + 7)]
        {
            for coarsest in [Tier::Raw, Tier::Minute, Tier::Hour, Tier::Day] {
                for minutes_from in [None, Some(Micros(MIDNIGHT + 90 * MINUTE))] {
                    let all = pieces(range(from, until), coarsest, minutes_from);
                    assert_eq!(all.first().map(|piece| piece.range.from), Some(Micros(MIDNIGHT + from)));
                    assert_eq!(all.last().map(|piece| piece.range.until), Some(Micros(MIDNIGHT + until)));
                    assert!(all.windows(2).all(|pair| pair[0].range.until == pair[1].range.from));
                    assert!(all.iter().all(|piece| piece.range.from < piece.range.until && piece.tier <= coarsest));
                }
            }
        }
    }

    #[test]
    fn ends_beyond_all_data_are_moved_to_midnight() {
        let data = range(3 * HOUR, 5 * HOUR);
        assert_eq!(widen(range(2 * HOUR, 5 * HOUR), data), range(0, DAY));
        assert_eq!(widen(range(4 * HOUR, 5 * HOUR - 1), data), range(4 * HOUR, 5 * HOUR - 1));
    }
}
