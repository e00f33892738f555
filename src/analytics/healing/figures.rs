//! Headline figures, figures by kind of failure, and how long attempts took.

use super::{Attempt, Attempts, name};
use crate::analytics::stats::Moments;
use crate::analytics::wilson;
use crate::model::answer::Rate;
use crate::model::healing::{HealingTotals, Histogram, HistogramBin, Mean, Origin, Success, TypeRow};

/// What a failure number has shown so far: seen, and healed.
const SEEN: u8 = 1;
const HEALED: u8 = 2;

/// Figures of all attempts.
#[must_use]
pub fn totals(attempts: &Attempts) -> HealingTotals {
    totals_of(attempts.rows())
}

/// The same for each origin that has attempts.
#[must_use]
pub fn by_origin(attempts: &Attempts) -> Vec<(Origin, HealingTotals)> {
    let of = |origin| totals_of(attempts.rows().iter().filter(move |row| row.origin == origin));
    let all = Origin::ALL.into_iter().map(|origin| (origin, of(origin)));
    all.filter(|(_, totals)| totals.total_healings > 0).collect()
}

fn totals_of<'a>(rows: impl IntoIterator<Item = &'a Attempt>) -> HealingTotals {
    let (mut healings, mut worked, mut failures) = (0, 0, Failures::default());
    let (mut all, mut successful, mut since_detection) = (Mean0::default(), Mean0::default(), Mean0::default());
    for row in rows {
        healings += 1;
        worked += u64::from(row.success);
        failures.note(row);
        all.push(row.duration_ms);
        if row.success {
            successful.push(row.duration_ms);
            since_detection.push(since_detected(row));
        }
    }
    HealingTotals {
        total_failures: failures.seen,
        healed_failures: Rate::new(failures.healed, failures.seen),
        total_healings: healings,
        success: success(worked, healings),
        avg_healing_time_ms: all.mean(),
        mttr_ms: successful.mean(),
        detection_to_recovery_ms: since_detection.mean(),
    }
}

/// Milliseconds from the moment its failure was noticed; `None` when that is not known, or lies later.
#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53 µs")]
fn since_detected(row: &Attempt) -> Option<f64> {
    let micros = row.ts.0.checked_sub(row.detected_at?.0)?;
    (micros >= 0).then_some(micros as f64 / 1000.0)
}

/// A share with its interval; `None` of nothing.
pub(super) fn success(worked: u64, of: u64) -> Option<Success> {
    let rate = Rate::new(worked, of)?;
    let (low, high) = wilson::interval(rate);
    Some(Success { rate, low, high })
}

/// Counts distinct failures.
#[derive(Debug, Default)]
struct Failures {
    known: Vec<u8>,
    seen: u64,
    healed: u64,
}

impl Failures {
    fn note(&mut self, row: &Attempt) {
        let Some(failure) = row.failure else {
            self.seen += 1;
            self.healed += u64::from(row.success);
            return;
        };
        let failure = failure as usize;
        if self.known.len() <= failure {
            self.known.resize(failure + 1, 0);
        }
        let known = &mut self.known[failure];
        self.seen += u64::from(*known & SEEN == 0);
        *known |= SEEN;
        if row.success {
            self.healed += u64::from(*known & HEALED == 0);
            *known |= HEALED;
        }
    }
}

/// A mean in the making.
#[derive(Debug, Default)]
pub(super) struct Mean0(Moments);

impl Mean0 {
    pub(super) fn push(&mut self, value: Option<f64>) {
        // A plain sum: the mean is all that is asked for.
        if let Some(value) = value {
            self.0.n += 1;
            self.0.sum += value;
        }
    }

    pub(super) fn mean(&self) -> Option<Mean> {
        self.0.mean().map(|ms| Mean { ms, n: self.0.n })
    }
}

/// Figures by kind of failure: reported first, then by attempts, most first, then by name.
#[must_use]
pub fn by_failure_type(attempts: &Attempts) -> Vec<TypeRow> {
    let groups = attempts.grouped(attempts.failure_types.len(), |row| row.failure_type);
    let row = |((origin, number), rows): ((Origin, usize), Vec<&Attempt>)| {
        let totals = totals_of(rows.iter().copied());
        let success = totals.success?;
        Some(TypeRow {
            failure_type: name(&attempts.failure_types, number),
            origin,
            failures: totals.total_failures,
            success_count: success.rate.numerator,
            failure_count: success.rate.denominator - success.rate.numerator,
            success,
            avg_healing_time_ms: totals.avg_healing_time_ms,
            mttr_ms: totals.mttr_ms,
        })
    };
    let mut rows: Vec<TypeRow> = groups.into_iter().filter_map(row).collect();
    rows.sort_by(|a, b| {
        let by_size = (a.origin, b.success.rate.denominator).cmp(&(b.origin, a.success.rate.denominator));
        by_size.then_with(|| a.failure_type.cmp(&b.failure_type))
    });
    rows
}

/// How long attempts took; `None` when none says so.
#[must_use]
pub fn histogram(attempts: &Attempts) -> Option<Histogram> {
    let mut counts: Vec<(u64, u64)> = Vec::new();
    let mut edges: Vec<f64> = vec![0.0];
    for (row, ms) in attempts.rows().iter().filter_map(|row| Some((row, row.duration_ms?))) {
        while edges.last().is_some_and(|edge| *edge <= ms) {
            edges.push(next_edge(edges.len()));
            counts.push((0, 0));
        }
        // edges[i] <= ms < edges[i + 1]; the first edge is 0 and durations are not negative.
        let bin = edges.partition_point(|edge| *edge <= ms).saturating_sub(1);
        if let Some((success, failure)) = counts.get_mut(bin) {
            *(if row.success { success } else { failure }) += 1;
        }
    }
    let first = counts.iter().position(|count| *count != (0, 0))?;
    let bins = counts.iter().zip(edges.windows(2)).skip(first);
    let bins = bins.map(|(count, edge)| HistogramBin {
        from_ms: edge[0],
        until_ms: edge[1],
        success: count.0,
        failure: count.1,
    });
    Some(Histogram { bins: bins.collect(), mttr_ms: totals(attempts).mttr_ms })
}

/// Edge number `index`, from 1: 1, 2, 5, 10, 20, 50 … milliseconds.
fn next_edge(index: usize) -> f64 {
    let (decade, step) = ((index - 1) / 3, (index - 1) % 3);
    [1.0, 2.0, 5.0][step] * 10_f64.powi(i32::try_from(decade).unwrap_or(i32::MAX))
}
