//! Sums of hours and days in which a record was replaced: the hour again from its records, the day
//! again from its hours. Subtracting the old record would leave extremes and deviations wrong.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

use super::cube::{Cell, Cells, Cube, Numbers};
use super::metrics::{self, MetricCells, MetricCube};
use super::tasks::{self, HourSums, TaskCubes};
use super::{Width, first_minute};
use crate::model::Micros;
use crate::model::time::{DAY, HOUR};
use crate::store::error::{StoreError, query};
use crate::store::metrics::{MetricRow, Subject};
use crate::store::table::Table as _;
use crate::store::tasks::TaskRow;

/// Sums every hour and day again that a replaced task was or is in.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn tasks(
    connection: &mut SqliteConnection,
    cubes: &mut TaskCubes,
    replaced: &[(TaskRow, TaskRow)],
    now: Micros,
) -> Result<(), StoreError> {
    let hours: BTreeSet<i64> =
        replaced.iter().flat_map(|(old, new)| [old.ts, new.ts]).map(|ts| Width::Hour.bucket(ts)).collect();
    for &hour in &hours {
        let sums = HourSums::of(tasks_of(connection, hour).await?.iter(), first_minute(now));
        cubes.fleet.clear(connection, Width::Minute.tier(), hour, hour + HOUR).await?;
        resum(connection, &mut cubes.fleet, hour, sums.fleet).await?;
        resum(connection, &mut cubes.agent, hour, sums.agent).await?;
        resum(connection, &mut cubes.usage, hour, sums.usage).await?;
    }
    let days: BTreeSet<i64> = hours.iter().map(|hour| Width::Day.bucket(*hour)).collect();
    for day in days {
        resum_day(connection, &mut cubes.fleet, day).await?;
        resum_day(connection, &mut cubes.agent, day).await?;
        resum_day(connection, &mut cubes.usage, day).await?;
    }
    Ok(())
}

/// The tasks of one hour.
async fn tasks_of(connection: &mut SqliteConnection, hour: i64) -> Result<Vec<TaskRow>, StoreError> {
    let sql = TaskRow::sql();
    let mut select = QueryBuilder::<Sqlite>::new(format!("select {} from {} where ts >= ", sql.columns, sql.name));
    select.push_bind(hour).push(" and ts < ").push_bind(hour + HOUR);
    let rows = select.build().fetch_all(connection).await.map_err(query("read the tasks of an hour"))?;
    rows.iter().map(|row| TaskRow::read(row).map_err(query("read a record"))).collect()
}

async fn resum<const K: usize, N: Numbers>(
    connection: &mut SqliteConnection,
    cube: &mut Cube<K, N>,
    hour: i64,
    cells: Cells<K, N>,
) -> Result<(), StoreError> {
    cube.clear(connection, Width::Hour.tier(), hour, hour + HOUR).await?;
    cube.replace(connection, cells).await
}

async fn resum_day<const K: usize, N: Numbers>(
    connection: &mut SqliteConnection,
    cube: &mut Cube<K, N>,
    day: i64,
) -> Result<(), StoreError> {
    let hours = cube.span(connection, Width::Hour.tier(), day, day + DAY).await?;
    cube.clear(connection, Width::Day.tier(), day, day + 1).await?;
    cube.replace(connection, tasks::days(hours.iter().map(|(key, cell)| (key, cell)))).await
}

/// Sums every hour and day of a series again that a replaced value was or is in.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn metrics<S: Subject>(
    connection: &mut SqliteConnection,
    cube: &mut MetricCube,
    replaced: &[(MetricRow<S>, MetricRow<S>)],
) -> Result<(), StoreError> {
    let both = replaced.iter().flat_map(|(old, new)| [old, new]);
    let hours: BTreeSet<[i64; 3]> = both.map(|row| [row.subject, row.metric, Width::Hour.bucket(row.ts)]).collect();
    for &[subject, metric, hour] in &hours {
        let key = [S::KIND, subject, metric, Width::Hour.tier(), hour];
        let mut cell = Cell::default();
        for (ts, value) in values_of::<S>(connection, subject, metric, hour).await? {
            metrics::add(&mut cell, ts, value);
        }
        cube.put(connection, key, cell).await?;
    }
    let days: BTreeSet<[i64; 3]> =
        hours.iter().map(|[subject, metric, hour]| [*subject, *metric, Width::Day.bucket(*hour)]).collect();
    for [subject, metric, day] in days {
        let hours = cube.hours(connection, [S::KIND, subject, metric], day).await?;
        let mut cells: MetricCells = metrics::days(hours.iter().map(|(key, cell)| (key, cell)));
        let key = [S::KIND, subject, metric, Width::Day.tier(), day];
        cube.put(connection, key, cells.remove(&key).unwrap_or_default()).await?;
    }
    Ok(())
}

/// The values of a series in one hour, in the order of time.
async fn values_of<S: Subject>(
    connection: &mut SqliteConnection,
    subject: i64,
    metric: i64,
    hour: i64,
) -> Result<Vec<(i64, f64)>, StoreError> {
    let mut select = QueryBuilder::<Sqlite>::new(format!("select ts, value from {} where ", S::sql().name));
    select.push(format!("{} = ", S::COLUMN)).push_bind(subject).push(" and metric = ").push_bind(metric);
    select.push(" and ts >= ").push_bind(hour).push(" and ts < ").push_bind(hour + HOUR).push(" order by ts, id");
    select.build_query_as().fetch_all(connection).await.map_err(query("read the values of an hour"))
}
