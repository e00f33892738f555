//! What of an answer about healings is drawn.

use serde::{Deserialize, Serialize};

use super::{Mean, Origin};
use crate::model::answer::Rate;

/// How long attempts took: bins of 1, 2, 5, 10, 20, 50 … milliseconds, without empty ones at both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The bins, ascending and without gaps.
    pub bins: Vec<HistogramBin>,
    /// Mean time to recovery, to be drawn into it.
    pub mttr_ms: Option<Mean>,
}

/// One bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HistogramBin {
    /// From so many milliseconds.
    pub from_ms: f64,
    /// To less than so many.
    pub until_ms: f64,
    /// Attempts that worked.
    pub success: u64,
    /// Attempts that did not.
    pub failure: u64,
}

/// Failures counted by kind (rows) and something else (columns), each failure once, when it was noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatMap {
    /// Kinds of failures, most frequent first; at most [`Self::ROWS_MAX`], then "others" if there are more.
    pub rows: Vec<String>,
    /// Hours `00` to `23`, or agents; at most [`Self::AGENTS_MAX`], then "others".
    pub columns: Vec<String>,
    /// Cells that are not empty, by row, then column.
    pub cells: Vec<HeatCell>,
    /// Failures that name no agent and so have no column; 0 for hours.
    pub without_column: u64,
    /// How many kinds of failures there are, those in "others" included.
    pub row_count: u64,
    /// How many agents there are, those in "others" included; 24 for hours.
    pub column_count: u64,
}

impl HeatMap {
    /// Most kinds of failures with a row of their own.
    pub const ROWS_MAX: usize = 12;
    /// Most agents with a column of their own.
    pub const AGENTS_MAX: usize = 12;
    /// The name of the row or column of all others.
    pub const OTHERS: &'static str = "others";
}

/// One cell of a [`HeatMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatCell {
    /// Index into the rows.
    pub row: usize,
    /// Index into the columns.
    pub column: usize,
    /// Failures; not 0.
    pub count: u64,
}

/// Success rates over time; every column is as long as `time`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OverTime {
    /// Width of a bucket in milliseconds.
    pub step_ms: i64,
    /// Starts of the buckets, epoch milliseconds, UTC-aligned, ascending.
    pub time: Vec<i64>,
    /// One entry for each strategy and origin, in the order of `by_strategy`; at most [`Self::STRATEGIES_MAX`].
    pub strategies: Vec<StrategyOverTime>,
}

impl OverTime {
    /// Most strategies drawn.
    pub const STRATEGIES_MAX: usize = 8;
}

/// One strategy over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyOverTime {
    /// Its name.
    pub strategy: String,
    /// Where its attempts come from.
    pub origin: Origin,
    /// Success of each bucket; `None` = no attempts.
    pub success: Vec<Option<Rate>>,
}
