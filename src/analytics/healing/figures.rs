//! Headline figures, figures by kind of failure, and how long attempts took.

use std::collections::HashSet;

use super::{Attempt, Attempts, name};
use crate::analytics::wilson;
use crate::model::answer::Rate;
use crate::model::healing::{HealingTotals, Histogram, HistogramBin, Mean, Origin, Success, TypeRow};

/// Figures of all attempts.
#[must_use]
pub fn totals(attempts: &Attempts) -> HealingTotals {
    tallies(attempts, 1, |_| 0).first().map(Tally::totals).unwrap_or_default()
}

/// The same for each origin that has attempts.
#[must_use]
pub fn by_origin(attempts: &Attempts) -> Vec<(Origin, HealingTotals)> {
    let tallies = tallies(attempts, Origin::ALL.len(), |row| row.origin as usize);
    let all = Origin::ALL.into_iter().zip(tallies.iter().map(Tally::totals));
    all.filter(|(_, totals)| totals.total_healings > 0).collect()
}

/// Figures of a group in the making.
#[derive(Debug, Clone, Default)]
struct Tally {
    healings: u64,
    worked: u64,
    failures: u64,
    healed: u64,
    all: MeanOf,
    successful: MeanOf,
    since_detection: MeanOf,
}

/// The figures of `groups` groups, in one of which each attempt is.
fn tallies(attempts: &Attempts, groups: usize, of: impl Fn(&Attempt) -> usize) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); groups];
    let (mut seen, mut healed) = (Distinct::default(), Distinct::default());
    for row in attempts.rows() {
        let group = of(row);
        let Some(tally) = tallies.get_mut(group) else { continue };
        tally.healings += 1;
        tally.worked += u64::from(row.success);
        tally.failures += u64::from(seen.is_new(row.failure, group));
        tally.all.push(row.duration_ms);
        if row.success {
            tally.healed += u64::from(healed.is_new(row.failure, group));
            tally.successful.push(row.duration_ms);
            tally.since_detection.push(since_detected(row));
        }
    }
    tallies
}

impl Tally {
    fn totals(&self) -> HealingTotals {
        HealingTotals {
            total_failures: self.failures,
            healed_failures: Rate::new(self.healed, self.failures),
            total_healings: self.healings,
            success: success(self.worked, self.healings),
            avg_healing_time_ms: self.all.mean(),
            mttr_ms: self.successful.mean(),
            detection_to_recovery_ms: self.since_detection.mean(),
        }
    }
}

/// Failures met in groups. Nearly every failure is met in one group only.
#[derive(Debug, Default)]
struct Distinct {
    /// The first group of each failure, from 1; 0 = none.
    first: Vec<usize>,
    others: HashSet<(u32, usize)>,
}

impl Distinct {
    /// Whether the failure was not met in the group before; what has no number never was.
    fn is_new(&mut self, failure: Option<u32>, group: usize) -> bool {
        let Some(failure) = failure else { return true };
        let place = failure as usize;
        if self.first.len() <= place {
            self.first.resize(place + 1, 0);
        }
        match &mut self.first[place] {
            first @ 0 => {
                *first = group + 1;
                true
            }
            first if *first == group + 1 => false,
            _ => self.others.insert((failure, group)),
        }
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

/// A mean in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct MeanOf {
    n: u64,
    sum: f64,
}

impl MeanOf {
    pub(super) fn push(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.n += 1;
            self.sum += value;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(super) fn mean(&self) -> Option<Mean> {
        (self.n > 0).then(|| Mean { ms: self.sum / self.n as f64, n: self.n })
    }
}

/// Figures by kind of failure: reported first, then by attempts, most first, then by name.
#[must_use]
pub fn by_failure_type(attempts: &Attempts) -> Vec<TypeRow> {
    let count = attempts.failure_types.len();
    let tallies = tallies(attempts, 2 * count, |row| row.origin as usize * count + row.failure_type as usize);
    let groups = Origin::ALL.into_iter().flat_map(|origin| (0..count).map(move |number| (origin, number)));
    let row = |((origin, number), tally): ((Origin, usize), &Tally)| {
        let totals = tally.totals();
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
    let mut rows: Vec<TypeRow> = groups.zip(&tallies).filter_map(row).collect();
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
