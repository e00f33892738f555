//! Sums of hours and days in which a record was replaced: the hour again from its records, the day
//! again from its hours. Subtracting the old record would leave extremes and deviations wrong.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

use super::cube::{Cell, Cells, Cube, Numbers, ordered};
use super::expire::Hourless;
use super::metrics::{self, MetricCube, MetricSums};
use super::tasks::{self, AgentCells, HourSums, TaskCubes};
use super::{Width, first_minute};
use crate::model::time::{DAY, HOUR};
use crate::model::{Dataset, Micros, TimeRange};
use crate::store::archive::rows::column_of;
use crate::store::archive::{Test, sealed_rows};
use crate::store::error::{StoreError, query};
use crate::store::metrics::{MetricRow, Subject};
use crate::store::table::Table;
use crate::store::tasks::TaskRow;

/// Sums every hour and day again that a replaced task was or is in.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn tasks(
    connection: &mut SqliteConnection,
    cubes: &mut TaskCubes,
    hourless: &Hourless,
    replaced: &[(TaskRow, TaskRow)],
    now: Micros,
) -> Result<(), StoreError> {
    let both = replaced.iter().flat_map(|(old, new)| [old.ts, new.ts]);
    let hours: BTreeSet<i64> = both.map(|ts| Width::Hour.bucket(ts)).collect();
    task_hours(connection, cubes, hourless, &hours, now).await
}

/// Sums `hours` and their days again.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn task_hours(
    connection: &mut SqliteConnection,
    cubes: &mut TaskCubes,
    hourless: &Hourless,
    hours: &BTreeSet<i64>,
    now: Micros,
) -> Result<(), StoreError> {
    for &hour in hours {
        let sums = HourSums::of(tasks_of(connection, hour).await?.iter(), first_minute(now));
        cubes.fleet.clear(connection, Width::Minute.tier(), hour, hour + HOUR).await?;
        resum(connection, &mut cubes.fleet, hour, sums.fleet).await?;
        resum(connection, &mut cubes.usage, hour, sums.usage).await?;
        if !hourless.holds(Dataset::Tasks, hour) {
            resum(connection, &mut cubes.agent, hour, sums.agent).await?;
        }
    }
    let days: BTreeSet<i64> = hours.iter().map(|hour| Width::Day.bucket(*hour)).collect();
    for day in days {
        resum_day(connection, &mut cubes.fleet, day).await?;
        resum_day(connection, &mut cubes.usage, day).await?;
        if hourless.holds(Dataset::Tasks, day) {
            agents_of_day(connection, cubes, day).await?;
        } else {
            resum_day(connection, &mut cubes.agent, day).await?;
        }
    }
    Ok(())
}

/// Sums the agents of a day without hours again, from its records.
async fn agents_of_day(connection: &mut SqliteConnection, cubes: &mut TaskCubes, day: i64) -> Result<(), StoreError> {
    let mut agents: AgentCells = Cells::new();
    for hour in hours_of(day) {
        let sums = HourSums::of(tasks_of(connection, hour).await?.iter(), i64::MAX);
        for (key, cell) in tasks::days(ordered(&sums.agent)) {
            agents.entry(key).or_default().merge(&cell);
        }
    }
    cubes.agent.clear(connection, Width::Day.tier(), day, day + 1).await?;
    cubes.agent.replace(connection, agents).await
}

/// The starts of the hours of `day`.
fn hours_of(day: i64) -> impl Iterator<Item = i64> {
    (0..24).map(move |hour| day + hour * HOUR)
}

/// The tasks of one hour.
async fn tasks_of(connection: &mut SqliteConnection, hour: i64) -> Result<Vec<TaskRow>, StoreError> {
    let sql = TaskRow::sql();
    let mut select = QueryBuilder::<Sqlite>::new(format!("select {} from {} where ts >= ", sql.columns, sql.name));
    select.push_bind(hour).push(" and ts < ").push_bind(hour + HOUR);
    let rows = select.build().fetch_all(&mut *connection).await.map_err(query("read the tasks of an hour"))?;
    let rows = rows.iter().map(|row| TaskRow::read(row).map_err(query("read a record")));
    let mut tasks = rows.collect::<Result<Vec<_>, _>>()?;
    let sealed = sealed_rows::<TaskRow>(connection, hour_range(hour), Vec::new()).await?;
    tasks.extend(sealed.into_iter().map(|(_, task)| task));
    Ok(tasks)
}

const fn hour_range(hour: i64) -> TimeRange {
    TimeRange { from: Micros(hour), until: Micros(hour + HOUR) }
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
    cube.replace(connection, tasks::days(hours.iter().map(|(key, cell)| (key, cell)))).await // in the order of keys
}

/// Sums every hour and day of a series again that a replaced value was or is in.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn metrics<S: Subject>(
    connection: &mut SqliteConnection,
    cube: &mut MetricCube,
    hourless: &Hourless,
    replaced: &[(MetricRow<S>, MetricRow<S>)],
) -> Result<(), StoreError> {
    let both = replaced.iter().flat_map(|(old, new)| [old, new]);
    let hours = both.map(|row| [row.subject, row.metric, Width::Hour.bucket(row.ts)]).collect();
    metric_hours::<S>(connection, cube, hourless, &hours).await
}

/// Sums `hours` (subject, metric, start) and their days again.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn metric_hours<S: Subject>(
    connection: &mut SqliteConnection,
    cube: &mut MetricCube,
    hourless: &Hourless,
    hours: &BTreeSet<[i64; 3]>,
) -> Result<(), StoreError> {
    let is_hourless = |ts: i64| hourless.holds(MetricRow::<S>::DATASET, ts);
    for &[subject, metric, hour] in hours.iter().filter(|[_, _, hour]| !is_hourless(*hour)) {
        let cell = sum_hour::<S>(connection, subject, metric, hour).await?;
        cube.put(connection, [S::KIND, subject, metric, Width::Hour.tier(), hour], cell).await?;
    }
    let days: BTreeSet<[i64; 3]> =
        hours.iter().map(|[subject, metric, hour]| [*subject, *metric, Width::Day.bucket(*hour)]).collect();
    for [subject, metric, day] in days {
        let key = [S::KIND, subject, metric, Width::Day.tier(), day];
        let mut whole = Cell::default();
        if is_hourless(day) {
            for hour in hours_of(day) {
                whole.merge(&sum_hour::<S>(connection, subject, metric, hour).await?);
            }
        } else {
            for (_, hour) in cube.hours(connection, [S::KIND, subject, metric], day).await? {
                whole.merge(&hour);
            }
        }
        cube.put(connection, key, whole).await?;
    }
    Ok(())
}

/// The sums of a series in one hour, from its values.
async fn sum_hour<S: Subject>(
    connection: &mut SqliteConnection,
    subject: i64,
    metric: i64,
    hour: i64,
) -> Result<Cell<MetricSums>, StoreError> {
    let mut cell = Cell::default();
    for (ts, value) in values_of::<S>(connection, subject, metric, hour).await? {
        metrics::add(&mut cell, ts, value);
    }
    Ok(cell)
}

/// The values of a series in one hour, in the order of time.
async fn values_of<S: Subject>(
    connection: &mut SqliteConnection,
    subject: i64,
    metric: i64,
    hour: i64,
) -> Result<Vec<(i64, f64)>, StoreError> {
    let mut select = QueryBuilder::<Sqlite>::new(format!("select ts, id, value from {} where ", S::sql().name));
    select.push(format!("{} = ", S::COLUMN)).push_bind(subject).push(" and metric = ").push_bind(metric);
    select.push(" and ts >= ").push_bind(hour).push(" and ts < ").push_bind(hour + HOUR);
    let values = select.build_query_as().fetch_all(&mut *connection).await;
    let mut values: Vec<(i64, i64, f64)> = values.map_err(query("read the values of an hour"))?;
    let tests = [(S::COLUMN, subject), ("metric", metric)]
        .into_iter()
        .filter_map(|(name, number)| Some(Test::Is(column_of::<MetricRow<S>>(name)?, number)));
    let sealed = sealed_rows::<MetricRow<S>>(connection, hour_range(hour), tests.collect()).await?;
    values.extend(sealed.into_iter().map(|(id, row)| (row.ts, id, row.value)));
    values.sort_by_key(|(ts, id, _)| (*ts, *id));
    Ok(values.into_iter().map(|(ts, _, value)| (ts, value)).collect())
}
