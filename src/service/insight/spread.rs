//! How durations are spread: percentiles by slot and over all.

use crate::analytics::grid::{Grid, Piece};
use crate::analytics::percentile::percentile;
use crate::analytics::sketch::Sketch;
use crate::model::answer::{Estimator, Tier};
use crate::model::overview::Durations;
use crate::model::{Micros, TimeRange};
use crate::store::StoreError;
use crate::store::read::{Cut, Rollups, Snapshot};

use super::{EXACT_MAX, EXACT_RECORDS_MAX, EXACT_SCATTERED_MAX};

/// Median, 95th and 99th percentile in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

/// Durations, one by one or summarised.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::service) enum Values {
    /// Each of them, in no order.
    Each(Vec<f64>),
    /// Their summary.
    Sketched(Sketch),
}

impl Values {
    /// Nothing, of the kind that `count` values are read as when they are asked for by name: whoever asks has
    /// the time that looking at each of them takes, a page has not.
    pub(in crate::service) fn for_question(count: u64) -> Self {
        Self::each_up_to(EXACT_RECORDS_MAX, count)
    }

    /// Nothing, of the kind that `timed` durations of a page are read as.
    pub(in crate::service) fn for_count(timed: u64, rollups: Rollups) -> Self {
        let exact_max = match rollups {
            Rollups::Fleet => EXACT_MAX,
            Rollups::Agents => EXACT_SCATTERED_MAX,
            Rollups::None => EXACT_RECORDS_MAX,
        };
        Self::each_up_to(exact_max, timed)
    }

    fn each_up_to(max: u64, count: u64) -> Self {
        if count <= max { Self::Each(Vec::new()) } else { Self::Sketched(Sketch::default()) }
    }

    pub(in crate::service) fn estimator(&self) -> Estimator {
        match self {
            Self::Each(_) => Estimator::Exact,
            Self::Sketched(_) => Estimator::Sketch,
        }
    }

    pub(in crate::service) fn push(&mut self, value: f64) {
        match self {
            Self::Each(values) => values.push(value),
            Self::Sketched(sketch) => sketch.add(value),
        }
    }

    pub(in crate::service) fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Each(values), Self::Each(more)) => values.extend_from_slice(more),
            (Self::Sketched(sketch), Self::Sketched(more)) => sketch.merge(more),
            (Self::Sketched(sketch), Self::Each(more)) => more.iter().for_each(|value| sketch.add(*value)),
            (each @ Self::Each(_), Self::Sketched(more)) => {
                let mut merged = Self::Sketched(more.clone());
                merged.merge(each);
                *each = merged;
            }
        }
    }

    /// `None` without values.
    pub(super) fn quantiles(&mut self) -> Option<Quantiles> {
        let at: Box<dyn Fn(f64) -> Option<f64>> = match self {
            Self::Each(values) => {
                values.sort_unstable_by(f64::total_cmp);
                Box::new(|q| percentile(values, q))
            }
            Self::Sketched(sketch) => Box::new(|q| sketch.quantile(q)),
        };
        Some(Quantiles { p50: at(0.5)?, p95: at(0.95)?, p99: at(0.99)? })
    }

    /// The value below which the share `q` (0..=1) lies; `None` without values.
    pub(in crate::service) fn quantile(&mut self, q: f64) -> Option<f64> {
        match self {
            Self::Each(values) => {
                values.sort_unstable_by(f64::total_cmp);
                percentile(values, q)
            }
            Self::Sketched(sketch) => sketch.quantile(q),
        }
    }

    /// The figures of `n` durations that add up to `sum`.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(super) fn durations(&mut self, n: u64, sum: f64, max: Option<f64>) -> Option<Durations> {
        let estimator = self.estimator();
        let Quantiles { p50, p95, p99 } = self.quantiles()?;
        let mean = (sum / n as f64).min(f64::MAX); // absurd durations add up to infinity, which JSON cannot say
        Some(Durations { n, mean, p50, p95, p99, max: max?, estimator })
    }
}

/// Reads the durations of `cut` by slot: from records when they are few, else from the sketches of `pieces`
/// and the records of those that are raw. `range` is what the pieces cover, without the parts beyond all data.
pub(super) async fn read(
    snapshot: &mut Snapshot,
    range: TimeRange,
    pieces: &[Piece],
    cut: &Cut,
    grid: &Grid,
    timed: u64,
) -> Result<Vec<Values>, StoreError> {
    let empty = Values::for_count(timed, cut.rollups());
    let mut slots = vec![empty.clone(); grid.slots];
    if timed == 0 {
        return Ok(slots);
    }
    if empty.estimator() == Estimator::Exact {
        add_each(&mut slots, snapshot.durations(range, cut, grid).await?);
        return Ok(slots);
    }
    for part in snapshot.sketches(pieces, cut, grid).await? {
        if let Some(Values::Sketched(sketch)) = slots.get_mut(part.slot) {
            sketch.merge(&part.sketch);
        }
    }
    for piece in pieces.iter().filter(|piece| piece.tier == Tier::Raw) {
        for part in portions(piece.range, timed / EXACT_RECORDS_MAX + 1) {
            add_each(&mut slots, snapshot.durations(part, cut, grid).await?);
        }
    }
    Ok(slots)
}

fn add_each(slots: &mut [Values], durations: Vec<(usize, f64)>) {
    for (slot, duration) in durations {
        if let Some(values) = slots.get_mut(slot) {
            values.push(duration);
        }
    }
}

/// All slots together.
pub(super) fn merged(slots: &[Values], timed: u64, rollups: Rollups) -> Values {
    let mut whole = Values::for_count(timed, rollups);
    for slot in slots {
        whole.merge(slot);
    }
    whole
}

/// `range` in `count` equal portions, so that no more than some 200 000 durations are in memory at once.
pub(in crate::service) fn portions(range: TimeRange, count: u64) -> Vec<TimeRange> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let step = (range.length() / count).saturating_add(1);
    let mut all = Vec::new();
    let mut from = range.from;
    while from < range.until {
        let until = Micros(from.0.saturating_add(step)).min(range.until);
        all.push(TimeRange { from, until });
        from = until;
    }
    all
}
