//! Functions of cells, and their columns.

use super::axis::Axis;
use super::gather::Cell;
use crate::model::TimeRange;
use crate::model::aggregate::{AggregateColumn, Field, Function};
use crate::model::answer::Estimator;

/// A figure with what it stands on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Figure {
    pub value: Option<f64>,
    pub samples: u64,
    pub successes: u64,
}

/// `function` of `cell`, whose time is `seconds` long.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn figure(cell: &mut Cell, function: Function, field: Option<Field>, seconds: f64) -> Figure {
    let moments = &cell.moments;
    let counted = if field.is_some() { cell.carried } else { cell.records };
    let (value, samples) = match function {
        Function::Avg => (moments.mean(), moments.n),
        Function::Sum => ((moments.n > 0).then_some(moments.sum), moments.n),
        Function::Min => (moments.min, moments.n),
        Function::Max => (moments.max, moments.n),
        Function::Stddev => (moments.stddev(), moments.n),
        Function::StddevSamp => (moments.stddev_samp(), moments.n),
        Function::Count => (Some(counted as f64), counted),
        Function::Rate => ((seconds > 0.0).then(|| counted as f64 / seconds), counted),
        Function::Percentile(share) => {
            (cell.values.as_mut().and_then(|values| values.quantile(f64::from(share) / 100_000.0)), cell.carried)
        }
        Function::SuccessRate => {
            let rate = (cell.rated > 0).then(|| cell.success as f64 / cell.rated as f64);
            return Figure { value: rate, samples: cell.rated, successes: cell.success };
        }
    };
    // Absurd numbers add up to infinity, which JSON cannot say.
    Figure { value: value.map(|value| value.clamp(f64::MIN, f64::MAX)), samples, successes: 0 }
}

/// The column of `function` over the buckets `cells`, with `whole` for the range.
pub(super) fn column(
    function: Function,
    field: Option<Field>,
    (axis, range): (&Axis, TimeRange),
    cells: &mut [Cell],
    whole: Figure,
    estimator: Estimator,
) -> AggregateColumn {
    let mut column = AggregateColumn {
        function,
        values: Vec::with_capacity(cells.len()),
        samples: Vec::with_capacity(cells.len()),
        successes: (function == Function::SuccessRate).then(Vec::new),
        total: whole.value,
        n: whole.samples,
        estimator: matches!(function, Function::Percentile(_)).then_some(estimator),
    };
    for (index, cell) in cells.iter_mut().enumerate() {
        // A bucket without records has no figures, not even a count.
        let found = match cell.records {
            0 => Figure::default(),
            _ => figure(cell, function, field, axis.seconds(index, range)),
        };
        column.values.push(found.value);
        column.samples.push(found.samples);
        if let Some(successes) = &mut column.successes {
            successes.push(found.successes);
        }
    }
    column
}
