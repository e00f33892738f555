//! Pages of records: keyset paging by (time, row id), so that page 10 000 costs what page 1 does.
//!
//! Sealed rows stand between those of the table, as if they had never been sealed.
//!
//! Not here: aggregates (`read`). Words are looked up in memory (`names`), not joined.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{QueryBuilder, Sqlite};

use super::Row;
use super::archive::rows::column_of;
use super::archive::{Sealed, Test, Walk};
use super::dictionary::Dict;
use super::error::{StoreError, query};
use super::events::EventRow;
use super::healings::HealingRow;
use super::key::TextId;
use super::memory::MemoryRow;
use super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::names::{Names, UnknownName};
use super::registry::LifeRow;
use super::table::{Matches, Table, Unreadable};
use super::tasks::TaskRow;
use crate::model::filter::PageRequest;
use crate::model::{Dataset, Micros, Order, Record, RecordFilter};

/// One page of `dataset`.
///
/// # Errors
/// [`StoreError::UnknownFilter`] for a field the dataset does not have, else [`StoreError::Query`]
/// or [`StoreError::Damaged`].
pub(super) async fn page(
    readers: &SqlitePool,
    names: &Names,
    dataset: Dataset,
    request: &PageRequest,
) -> Result<Vec<Row>, StoreError> {
    match dataset {
        Dataset::Tasks => whole_page_of::<TaskRow>(readers, names, request).await,
        Dataset::AgentMetrics => whole_page_of::<MetricRow<OfAgent>>(readers, names, request).await,
        Dataset::SwarmMetrics => whole_page_of::<MetricRow<OfSwarm>>(readers, names, request).await,
        Dataset::Events => whole_page_of::<EventRow>(readers, names, request).await,
        Dataset::Healings => whole_page_of::<HealingRow>(readers, names, request).await,
        Dataset::Agents => page_of::<LifeRow>(readers, names, request).await,
        Dataset::Memory => page_of::<MemoryRow>(readers, names, request).await,
    }
}

/// A page of a table that is never sealed.
async fn page_of<T: Table>(readers: &SqlitePool, names: &Names, request: &PageRequest) -> Result<Vec<Row>, StoreError> {
    let Some(conditions) = conditions::<T>(readers, &request.filter).await? else { return Ok(Vec::new()) };
    let mut connection = readers.acquire().await.map_err(query("read a page of records"))?;
    let found = rows_of::<T>(&mut connection, request, &conditions).await?;
    drop(connection); // looking words up may need it
    records(found, readers, names).await
}

/// A page of a table and of what is sealed of it. Both are read in one transaction, so that a row which is
/// being sealed meanwhile is neither missed nor seen twice.
async fn whole_page_of<T: Sealed>(
    readers: &SqlitePool,
    names: &Names,
    request: &PageRequest,
) -> Result<Vec<Row>, StoreError> {
    let Some(conditions) = conditions::<T>(readers, &request.filter).await? else { return Ok(Vec::new()) };
    let Some(request) = narrow(readers, T::DATASET, request, &conditions).await? else { return Ok(Vec::new()) };
    let tests = conditions.iter().map(Condition::test::<T>).collect::<Result<Vec<_>, _>>()?;
    let mut moment = readers.begin().await.map_err(query("start reading"))?;
    let mut found = rows_of::<T>(&mut moment, &request, &conditions).await?;
    let sealed = sealed_rows_of::<T>(&mut moment, &request, tests, &found).await?;
    moment.rollback().await.map_err(query("end reading"))?;
    if !sealed.is_empty() {
        found.extend(sealed);
        found.sort_unstable_by_key(|(id, row)| (row.time(), *id));
        if request.order == Order::Desc {
            found.reverse();
        }
        found.truncate(request.limit as usize);
    }
    records(found, readers, names).await
}

/// The page's rows in the table, with their ids.
async fn rows_of<T: Table>(
    connection: &mut SqliteConnection,
    request: &PageRequest,
    conditions: &[Condition],
) -> Result<Vec<(i64, T)>, StoreError> {
    let mut select = statement::<T>(request, conditions);
    let found = select.build().fetch_all(connection).await.map_err(query("read a page of records"))?;
    let read = |row| Ok((sqlx::Row::try_get(row, 0)?, T::read(row)?));
    found.iter().map(|row| read(row).map_err(query("read a record"))).collect()
}

/// The page's sealed rows, as far as they may come before the last of those in the table.
async fn sealed_rows_of<T: Sealed>(
    connection: &mut SqliteConnection,
    request: &PageRequest,
    tests: Vec<Test>,
    beside: &[(i64, T)],
) -> Result<Vec<(i64, T)>, StoreError> {
    let limit = request.limit as usize;
    let full = beside.last().filter(|_| beside.len() >= limit);
    let until = full.map(|(id, row)| (row.time(), *id));
    let after = request.after.map(|after| (after.time.0, after.row));
    let mut walk = Walk::<T>::new(request.range, request.order, tests).after(after);
    let mut rows = Vec::new();
    while rows.len() < limit {
        let Some(found) = walk.next(connection, until).await? else { break };
        rows.extend(found.into_rows::<T>(connection, limit - rows.len()).await?);
    }
    Ok(rows)
}

/// The records the rows stand for.
pub(super) async fn records<T: Table>(
    found: Vec<(i64, T)>,
    readers: &SqlitePool,
    names: &Names,
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::with_capacity(found.len());
    for (id, row) in found {
        let record = record(&row, readers, names).await?;
        rows.push(Row { id, time: Micros(row.time()), record });
    }
    Ok(rows)
}

/// The record `row` stands for; words that are not in memory yet are looked up.
async fn record<T: Table>(row: &T, readers: &SqlitePool, names: &Names) -> Result<Record, StoreError> {
    // A row has words of at most every dictionary, each of which is read at most once.
    for _ in Dict::ALL {
        match row.record(names) {
            Ok(record) => return Ok(record),
            Err(Unreadable::Name(UnknownName { dict, .. })) => names.refresh(readers, dict).await?,
            Err(unreadable) => return Err(unreadable.into_error(T::sql().name)),
        }
    }
    row.record(names).map_err(|unreadable| unreadable.into_error(T::sql().name))
}

/// One condition of a page.
#[derive(Debug)]
pub(super) enum Condition {
    Number(&'static str, i64),
    Id(&'static str, TextId),
    Text(&'static str, String),
    /// Failed tasks with this result: said so that the partial index of failures serves.
    Failure(i64),
    NoResult,
}

impl Condition {
    /// What it asks of a sealed row.
    pub(super) fn test<T: Sealed>(&self) -> Result<Test, StoreError> {
        let place = |name: &str| {
            let lost = || StoreError::Damaged { what: format!("{} has no column {name} to filter by", T::sql().name) };
            column_of::<T>(name).ok_or_else(lost)
        };
        Ok(match self {
            Self::Number(column, number) => Test::Is(place(column)?, *number),
            Self::Id(column, id) => Test::Id(place(column)?, id.clone()),
            Self::Text(column, text) => Test::Text(place(column)?, text.clone()),
            Self::Failure(result) => Test::Is(place("result")?, *result),
            Self::NoResult => Test::Null(place("result")?),
        })
    }
}

/// The results that `task_failed` holds.
const FAILURES: std::ops::RangeInclusive<i64> = 2..=5;
const CANCELLED: i64 = 4;

const SELECT_SWARM_SPAN: &str = "select min(first_ts), max(last_ts) from swarm_agent where swarm = ?";

/// `request` within the time the swarm it asks for was at work, since tasks and events have no index
/// by swarm; `None` when it never was.
pub(super) async fn narrow(
    readers: &SqlitePool,
    dataset: Dataset,
    request: &PageRequest,
    conditions: &[Condition],
) -> Result<Option<PageRequest>, StoreError> {
    let mut request = request.clone();
    let swarm = conditions.iter().find_map(|condition| match condition {
        Condition::Number("swarm", swarm) => Some(*swarm),
        _ => None,
    });
    let (Some(swarm), Dataset::Tasks | Dataset::Events) = (swarm, dataset) else { return Ok(Some(request)) };
    let span: (Option<i64>, Option<i64>) = sqlx::query_as(SELECT_SWARM_SPAN)
        .bind(swarm)
        .fetch_one(readers)
        .await
        .map_err(query("see when a swarm was at work"))?;
    let (Some(first), Some(last)) = span else { return Ok(None) };
    request.range.from.0 = request.range.from.0.max(first);
    request.range.until.0 = request.range.until.0.min(last.saturating_add(1));
    Ok(Some(request))
}

/// What `filter` asks of the columns of `T`; `None` when no record can match.
pub(super) async fn conditions<T: Table>(
    readers: &SqlitePool,
    filter: &RecordFilter,
) -> Result<Option<Vec<Condition>>, StoreError> {
    let mut conditions = Vec::new();
    for (field, value) in filter.asked() {
        let matches = T::FILTERS.iter().find(|(name, _)| *name == field).map(|(_, matches)| *matches);
        let matches = matches.ok_or(StoreError::UnknownFilter { dataset: T::DATASET, field })?;
        let condition = match matches {
            Matches::Word(dict, column) => {
                Names::id(readers, dict, value).await?.map(|id| Condition::Number(column, id))
            }
            Matches::Id(column) => Some(Condition::Id(column, TextId::new(value))),
            Matches::Text(column) => Some(Condition::Text(column, value.to_owned())),
            Matches::Flag(column) => value.parse::<bool>().ok().map(|flag| Condition::Number(column, flag.into())),
            Matches::Result if value == "none" => Some(Condition::NoResult),
            Matches::Result => Names::id(readers, Dict::Result, value).await?.map(|id| {
                let failure = FAILURES.contains(&id) && id != CANCELLED;
                if failure { Condition::Failure(id) } else { Condition::Number("result", id) }
            }),
        };
        let Some(condition) = condition else { return Ok(None) };
        conditions.push(condition);
    }
    Ok(Some(conditions))
}

/// The statement of a page.
pub(super) fn statement<T: Table>(request: &PageRequest, conditions: &[Condition]) -> QueryBuilder<Sqlite> {
    let (sql, time) = (T::sql(), T::TIME);
    let mut select = QueryBuilder::new(format!("select {} from {} where {time} >= ", sql.columns, sql.name));
    // The cursor narrows the range as well, or the index would be walked from its start.
    let (mut from, mut until) = (request.range.from.0, request.range.until.0);
    match (request.order, request.after) {
        (Order::Asc, Some(after)) => from = from.max(after.time.0),
        (Order::Desc, Some(after)) => until = until.min(after.time.0.saturating_add(1)),
        (_, None) => {}
    }
    select.push_bind(from).push(format!(" and {time} < ")).push_bind(until);
    push_conditions(&mut select, conditions);
    let (than, order) = match request.order {
        Order::Asc => (">", "asc"),
        Order::Desc => ("<", "desc"),
    };
    if let Some(after) = request.after {
        select.push(format!(" and ({time}, id) {than} (")).push_bind(after.time.0);
        select.push(", ").push_bind(after.row).push(")");
    }
    select.push(format!(" order by {time} {order}, id {order} limit ")).push_bind(i64::from(request.limit));
    select
}

/// Adds ` and …` for every condition.
pub(super) fn push_conditions(select: &mut QueryBuilder<Sqlite>, conditions: &[Condition]) {
    for condition in conditions {
        match condition {
            Condition::Number(column, number) => select.push(format!(" and {column} = ")).push_bind(*number),
            Condition::Text(column, text) => select.push(format!(" and {column} = ")).push_bind(text.clone()),
            Condition::Id(column, TextId::Uuid(bytes)) => {
                select.push(format!(" and {column} = ")).push_bind(bytes.to_vec())
            }
            Condition::Id(column, TextId::Text(text)) => {
                select.push(format!(" and {column} = ")).push_bind(text.clone())
            }
            Condition::Failure(result) => select.push(" and result in (2, 3, 5) and result = ").push_bind(*result),
            Condition::NoResult => select.push(" and result is null"),
        };
    }
}
