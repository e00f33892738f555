//! What of `GET /api/v1/healing` is for charts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::answer::Rate;
use crate::model::healing::{HeatMap, Histogram, Origin, OverTime};

/// Attempts that took so long.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingBinBody {
    /// From so many milliseconds.
    pub from_ms: f64,
    /// To less than so many.
    pub until_ms: f64,
    /// Attempts that worked.
    pub success: u64,
    /// Attempts that did not.
    pub failure: u64,
}

pub(super) fn bins(histogram: Option<Histogram>) -> Vec<HealingBinBody> {
    let bins = histogram.map(|histogram| histogram.bins).unwrap_or_default().into_iter();
    bins.map(|bin| HealingBinBody {
        from_ms: bin.from_ms,
        until_ms: bin.until_ms,
        success: bin.success,
        failure: bin.failure,
    })
    .collect()
}

/// Failures, each once when it was noticed: `counts[row][column]`.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingHeatBody {
    /// Kinds of failures, most frequent first; at most 12, the last being `others` where there are more.
    pub rows: Vec<String>,
    /// Hours of the day, or agents in the same manner.
    pub columns: Vec<String>,
    /// How many.
    pub counts: Vec<Vec<u64>>,
    /// Failures that name no agent.
    pub without_column: u64,
    /// Kinds of failures in all.
    pub row_count: u64,
    /// Hours or agents in all.
    pub column_count: u64,
}

impl From<HeatMap> for HealingHeatBody {
    fn from(map: HeatMap) -> Self {
        let mut counts = vec![vec![0; map.columns.len()]; map.rows.len()];
        for cell in map.cells {
            if let Some(count) = counts.get_mut(cell.row).and_then(|row| row.get_mut(cell.column)) {
                *count = cell.count;
            }
        }
        Self {
            rows: map.rows,
            columns: map.columns,
            counts,
            without_column: map.without_column,
            row_count: map.row_count,
            column_count: map.column_count,
        }
    }
}

/// Success over time; every column is as long as `time`.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingOverTimeBody {
    /// Width of a bucket.
    pub step_ms: i64,
    /// Starts of the buckets, epoch milliseconds.
    pub time: Vec<i64>,
    /// The strategies with most attempts, at most 8.
    pub series: Vec<HealingSeriesBody>,
}

/// One strategy over time; null = no attempts in that bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingSeriesBody {
    /// Its name.
    pub strategy: String,
    /// Where its attempts come from.
    pub origin: Origin,
    /// Share of attempts that worked.
    pub success_rate: Vec<Option<f64>>,
    /// Attempts.
    pub attempts: Vec<u64>,
}

impl From<OverTime> for HealingOverTimeBody {
    fn from(over: OverTime) -> Self {
        let series = over.strategies.into_iter().map(|one| HealingSeriesBody {
            success_rate: one.success.iter().map(|rate| rate.map(Rate::ratio)).collect(),
            attempts: one.success.iter().map(|rate| rate.map_or(0, |rate| rate.denominator)).collect(),
            strategy: one.strategy,
            origin: one.origin,
        });
        Self { step_ms: over.step_ms, time: over.time, series: series.collect() }
    }
}
