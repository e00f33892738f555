//! Sums about metric series of agents and swarms, by hour and day.

use std::sync::LazyLock;

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::Width;
use super::cube::{Cell, Cells, Cube, Numbers, ordered};
use super::expire::Hourless;
use super::statements::CubeSql;
use super::tasks::{bind_moments, read_moments};
use crate::analytics::stats::Moments;
use crate::model::time::HOUR;
use crate::store::error::{StoreError, query};
use crate::store::metrics::{MetricRow, Subject};
use crate::store::table::{Bound, Table as _};

static METRIC: LazyLock<CubeSql> = LazyLock::new(|| {
    CubeSql::new::<MetricSums>("metric_rollup", "kind, subject, metric, tier, bucket", Some(("metric_sketch", "value")))
});

/// The statements of the table.
#[cfg(test)]
pub(super) fn sql() -> &'static CubeSql {
    &METRIC
}

const DELETE: &str =
    "delete from metric_rollup where kind = ? and subject = ? and metric = ? and tier = ? and bucket = ?";
const DELETE_SKETCH: &str =
    "delete from metric_sketch where kind = ? and subject = ? and metric = ? and tier = ? and bucket = ?";

/// The place of the tier in a key; the bucket follows.
pub(super) const TIER: usize = 3;

/// What is known of a series in one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct MetricSums {
    pub values: Moments,
    /// The latest value and its time; of equal times the one that arrived last.
    pub last: Option<(i64, f64)>,
}

impl MetricSums {
    pub(super) fn add(&mut self, ts: i64, value: f64) {
        self.values.push(value);
        self.later(ts, value);
    }

    fn later(&mut self, ts: i64, value: f64) {
        if self.last.is_none_or(|(last, _)| ts >= last) {
            self.last = Some((ts, value));
        }
    }
}

impl Numbers for MetricSums {
    const COLUMNS: &'static str = "n, sum, m2, min, max, last_ts, last";

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        bind_moments(&self.values, values)?;
        values.add(self.last.map(|(ts, _)| ts))?;
        values.add(self.last.map(|(_, value)| value))
    }

    fn read(row: &SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        Ok(Self { values: read_moments(row, at)?, last: Some((row.try_get(at + 5)?, row.try_get(at + 6)?)) })
    }

    fn merge(&mut self, other: &Self) {
        self.values.merge(&other.values);
        if let Some((ts, value)) = other.last {
            self.later(ts, value);
        }
    }
}

/// (kind, subject, metric, tier, bucket)
pub(super) type MetricCells = Cells<5, MetricSums>;

/// Adds a value to its cell.
pub(super) fn add(cell: &mut Cell<MetricSums>, ts: i64, value: f64) {
    cell.numbers.add(ts, value);
    cell.sketch.add(value);
}

/// The day cells of hour cells. In the order of time, so that the last value of the day is.
pub(super) fn days<'a>(cells: impl IntoIterator<Item = (&'a [i64; 5], &'a Cell<MetricSums>)>) -> MetricCells {
    let mut days = MetricCells::new();
    for (key, cell) in cells {
        let mut key = *key;
        (key[TIER], key[TIER + 1]) = (Width::Day.tier(), Width::Day.bucket(key[TIER + 1]));
        days.entry(key).or_default().merge(cell);
    }
    days
}

/// The table of metric series.
#[derive(Debug)]
pub(super) struct MetricCube(pub Cube<5, MetricSums>);

impl Default for MetricCube {
    fn default() -> Self {
        Self(Cube::new(&METRIC))
    }
}

impl MetricCube {
    /// Merges new values into their series.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn merge<'a, S: Subject>(
        &mut self,
        connection: &mut SqliteConnection,
        metrics: impl Iterator<Item = &'a MetricRow<S>>,
        hourless: &Hourless,
    ) -> Result<(), StoreError> {
        let mut cells = MetricCells::new();
        for metric in metrics {
            let hour = Width::Hour.bucket(metric.ts);
            let key = [S::KIND, metric.subject, metric.metric, Width::Hour.tier(), hour];
            add(cells.entry(key).or_default(), metric.ts, metric.value);
        }
        let days = days(ordered(&cells));
        cells.retain(|key, _| !hourless.holds(MetricRow::<S>::DATASET, key[TIER + 1]));
        cells.extend(days);
        self.0.merge(connection, &cells).await
    }

    /// Writes `cell` in the place of what was stored under `key`; an empty one takes it away.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn put(
        &mut self,
        connection: &mut SqliteConnection,
        key: [i64; 5],
        cell: Cell<MetricSums>,
    ) -> Result<(), StoreError> {
        for statement in [DELETE, DELETE_SKETCH] {
            let delete = key.iter().fold(sqlx::query(statement), |delete, part| delete.bind(*part));
            delete.execute(&mut *connection).await.map_err(query("take rollups away"))?;
        }
        self.0.forget(&key);
        if cell.numbers.values.n == 0 {
            return Ok(());
        }
        self.0.replace(connection, MetricCells::from([(key, cell)])).await
    }

    /// The hour cells of a series (kind, subject, metric) on `day`, in the order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn hours(
        &self,
        connection: &mut SqliteConnection,
        [kind, subject, metric]: [i64; 3],
        day: i64,
    ) -> Result<Vec<([i64; 5], Cell<MetricSums>)>, StoreError> {
        let keys: Vec<[i64; 5]> =
            (0..24).map(|hour| [kind, subject, metric, Width::Hour.tier(), day + hour * HOUR]).collect();
        let mut hours = self.0.read(connection, &keys).await?;
        hours.sort_by_key(|(key, _)| *key);
        Ok(hours)
    }
}
