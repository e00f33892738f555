//! Time cut into buckets at the midnight and the hours of a zone.
//!
//! A zone that changes its clock has days of 23 and 25 hours. Between two changes its offset stands still and the
//! buckets are equal, so a range is read in such stretches; parts of one bucket in two stretches are added up.

use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

use crate::analytics::grid::{Grid, floor, tier_of};
use crate::model::aggregate::{AggregateQuery, Bucket};
use crate::model::answer::Tier;
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::model::{Micros, Problem, TimeRange};

/// How far apart an offset is looked at. No zone changed its clock twice within half a day.
const LOOK: i64 = DAY / 2;

/// Buckets over a range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// Starts of the buckets, ascending; the first is at or before the range.
    pub starts: Vec<Micros>,
    /// The end of the last.
    pub end: Micros,
    /// The range, in the parts it is read in.
    pub stretches: Vec<Stretch>,
}

/// A part of a range in which buckets are equally long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The part.
    pub range: TimeRange,
    /// Its buckets, counted by themselves.
    pub grid: Grid,
    /// The coarsest rollups that fit into them.
    pub coarsest: Tier,
}

impl Axis {
    /// One bucket: the range.
    pub(super) fn whole(range: TimeRange) -> Self {
        let stretch = Stretch { range, grid: Grid::WHOLE, coarsest: Tier::Day };
        Self { starts: vec![range.from], end: range.until, stretches: vec![stretch] }
    }

    /// Buckets that start at the midnight and the hours of `zone`.
    ///
    /// # Errors
    /// A [`Problem`] when there are more than [`AggregateQuery::BUCKETS_MAX`].
    pub(super) fn over(range: TimeRange, bucket: Bucket, zone: Tz) -> Result<Self, Problem> {
        let step = bucket.micros();
        if range.length() / step > AggregateQuery::BUCKETS_MAX as i64 {
            return Err(too_many(bucket, range));
        }
        // The bucket that holds the start may have begun under another offset, and the last may end under one.
        let around = TimeRange { from: Micros(range.from.0 - DAY - HOUR), until: Micros(range.until.0 + DAY + HOUR) };
        let parts = offsets(around, zone);
        let starts = starts(&parts, step);
        let first = starts.partition_point(|start| *start <= range.from).saturating_sub(1);
        let last = starts.partition_point(|start| *start < range.until);
        let end = starts.get(last).copied().unwrap_or(around.until);
        let starts = starts.get(first..last).unwrap_or_default().to_vec();
        if starts.len() > AggregateQuery::BUCKETS_MAX {
            return Err(too_many(bucket, range));
        }
        let stretches = parts.iter().filter_map(|(part, offset)| stretch(range, *part, *offset, step)).collect();
        Ok(Self { starts, end, stretches })
    }

    /// The bucket that holds slot `slot` of `stretch`.
    pub(super) fn bucket(&self, stretch: &Stretch, slot: usize) -> Option<usize> {
        let time = if stretch.grid == Grid::WHOLE { stretch.range.from } else { stretch.grid.slot_start(slot) };
        let time = time.max(stretch.range.from);
        self.starts.partition_point(|start| *start <= time).checked_sub(1)
    }

    /// Seconds of bucket `index` that `range` covers.
    #[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
    pub(super) fn seconds(&self, index: usize, range: TimeRange) -> f64 {
        let start = self.starts.get(index).copied().unwrap_or(range.from).max(range.from);
        let end = self.starts.get(index + 1).copied().unwrap_or(self.end).min(range.until);
        end.0.saturating_sub(start.0) as f64 / SECOND as f64
    }
}

fn too_many(bucket: Bucket, range: TimeRange) -> Problem {
    let (most, count) = (AggregateQuery::BUCKETS_MAX, range.length() / bucket.micros() + 1);
    let fitting = Bucket::fitting(range, most as i64);
    let advice =
        if fitting > bucket { format!("`bucket={fitting}` or a shorter range") } else { "a shorter range".into() };
    Problem::bad_request(format!(
        "`bucket={bucket}` cuts the range into {count} buckets, at most {most}; ask for {advice}"
    ))
}

fn stretch(range: TimeRange, part: TimeRange, offset: i64, step: i64) -> Option<Stretch> {
    let range = TimeRange::new(range.from.max(part.from), range.until.min(part.until)).ok()?;
    let start = Micros(floor(range.from.0 + offset, step) - offset);
    let slots = usize::try_from((range.until.0 - start.0 - 1) / step + 1).ok()?;
    Some(Stretch { range, grid: Grid { start, step, slots }, coarsest: tier_of(step).min(tier_at(offset)) })
}

/// The coarsest rollups whose UTC buckets are whole in a zone at `offset`.
fn tier_at(offset: i64) -> Tier {
    match offset {
        0 => Tier::Day,
        _ if offset % HOUR == 0 => Tier::Hour,
        _ if offset % MINUTE == 0 => Tier::Minute,
        _ => Tier::Raw,
    }
}

/// Every start of a bucket in `parts`.
fn starts(parts: &[(TimeRange, i64)], step: i64) -> Vec<Micros> {
    let mut starts: Vec<Micros> = Vec::new();
    let mut before = None;
    for (part, offset) in parts {
        let local = |time: i64| floor(time + offset, step);
        let mut next = local(part.from.0) - offset;
        if next < part.from.0 {
            // Inside a bucket. Where the clock jumps over a bucket's start, the bucket starts with the jump.
            let jumped = before.is_some_and(|before| local(part.from.0) > floor(part.from.0 - 1 + before, step));
            starts.extend(jumped.then_some(part.from));
            next += step;
        }
        while next < part.until.0 {
            starts.push(Micros(next));
            next += step;
        }
        before = Some(offset);
    }
    starts
}

/// `range` in parts with one offset from UTC each, in microseconds.
pub(in crate::service) fn offsets(range: TimeRange, zone: Tz) -> Vec<(TimeRange, i64)> {
    let mut parts = Vec::new();
    let (mut from, mut offset) = (range.from, offset_at(zone, range.from));
    let mut seen = range.from;
    while zone != Tz::UTC && seen < range.until {
        let next = Micros(seen.0 + LOOK).min(range.until);
        if offset_at(zone, next) != offset {
            let change = change_between(zone, seen, next, offset);
            parts.push((TimeRange { from, until: change }, offset));
            (from, offset) = (change, offset_at(zone, change));
        }
        seen = next;
    }
    if from < range.until {
        parts.push((TimeRange { from, until: range.until }, offset));
    }
    parts
}

/// The first second after `early` at which the offset is no longer `offset`; at `late` it is not.
fn change_between(zone: Tz, early: Micros, late: Micros, offset: i64) -> Micros {
    let (mut early, mut late) = (floor(early.0, SECOND), late.0 - late.0.rem_euclid(SECOND) + SECOND);
    while late - early > SECOND {
        let middle = early + (late - early) / (2 * SECOND) * SECOND;
        if offset_at(zone, Micros(middle)) == offset { early = middle } else { late = middle }
    }
    Micros(late)
}

fn offset_at(zone: Tz, time: Micros) -> i64 {
    let utc = DateTime::from_timestamp_micros(time.0).unwrap_or_default().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros::parse_rfc3339(text, None).expect("a time")
    }

    fn axis(from: &str, until: &str, bucket: &str, zone: &str) -> Axis {
        let range = TimeRange { from: at(from), until: at(until) };
        Axis::over(range, Bucket::parse(bucket).expect("a width"), zone.parse().expect("a zone")).expect("few buckets")
    }

    fn shown(axis: &Axis) -> Vec<String> {
        axis.starts.iter().map(|start| start.to_rfc3339()).chain([axis.end.to_rfc3339()]).collect()
    }

    #[test]
    fn days_start_at_midnight_of_the_zone_also_when_the_clock_changes() {
        // Berlin goes from +1 to +2 on 29 March 2026 at 01:00Z, and back on 25 October.
        let spring = axis("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "1d", "Europe/Berlin");
        let days = ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"];
        assert_eq!(shown(&spring), days);
        assert_eq!(spring.stretches.len(), 2);
        assert!(spring.stretches.iter().all(|stretch| stretch.coarsest == Tier::Hour));
        let autumn = axis("2026-10-25T12:00:00Z", "2026-10-25T13:00:00Z", "1d", "Europe/Berlin");
        assert_eq!(shown(&autumn), ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"], "a day of 25 hours");
    }

    #[test]
    fn the_repeated_hour_is_two_buckets_and_the_skipped_one_none() {
        let autumn = axis("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "1h", "Europe/Berlin");
        assert_eq!(autumn.starts.len(), 3);
        let spring = axis("2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", "1h", "Europe/Berlin");
        assert_eq!(spring.starts.len(), 3);
        let quarter = axis("2026-03-28T23:00:00Z", "2026-03-29T10:00:00Z", "6h", "Europe/Berlin");
        assert_eq!(shown(&quarter)[..2], ["2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z"], "five hours until six");
    }

    #[test]
    fn a_day_without_a_midnight_starts_with_the_jump() {
        // In São Paulo the clock jumped from 00:00 to 01:00 on 4 November 2018, at 03:00Z.
        let days = axis("2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z", "1d", "America/Sao_Paulo");
        let expected = ["2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", "2018-11-06T02:00:00Z"];
        assert_eq!(shown(&days), expected);
    }

    #[test]
    fn a_zone_off_the_hour_needs_finer_rows() {
        let days = axis("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "1d", "Asia/Kolkata");
        assert_eq!(shown(&days), ["2025-12-31T18:30:00Z", "2026-01-01T18:30:00Z", "2026-01-02T18:30:00Z"]);
        assert_eq!(days.stretches[0].coarsest, Tier::Minute);
        assert_eq!(axis("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "1d", "UTC").stretches[0].coarsest, Tier::Day);
    }

    #[test]
    fn every_moment_has_its_bucket() {
        for zone in ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"] {
            for bucket in ["15m", "1h", "2h", "12h", "1d"] {
                let axis = axis("2018-10-01T05:07:00Z", "2018-11-10T17:03:00Z", bucket, zone);
                assert!(
                    axis.starts.windows(2).all(|pair| pair[0] < pair[1])
                        && axis.starts[axis.starts.len() - 1] < axis.end
                );
                for stretch in &axis.stretches {
                    for time in (stretch.range.from.0..stretch.range.until.0).step_by(7_654_321_000) {
                        let slot = stretch.grid.slot(Micros(time)).expect("a slot");
                        let index = axis.bucket(stretch, slot).expect("a bucket");
                        let end = axis.starts.get(index + 1).copied().unwrap_or(axis.end);
                        assert!(axis.starts[index].0 <= time && time < end.0, "{zone} {bucket} {time}");
                    }
                }
            }
        }
    }

    #[test]
    fn too_many_buckets_are_refused_with_a_width_that_fits() {
        let range = TimeRange { from: at("2026-01-01T00:00:00Z"), until: at("2026-02-01T00:00:00Z") };
        let problem = Axis::over(range, Bucket::parse("1m").expect("a width"), Tz::UTC).expect_err("44 640 buckets");
        assert!(problem.detail.contains("44641 buckets, at most 5000; ask for `bucket=10m`"), "{}", problem.detail);
    }
}
