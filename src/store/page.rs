//! Pages of records: keyset paging by (time, row id), so that page 10 000 costs what page 1 does.
//!
//! Not here: aggregates (`read`). Words are looked up in memory (`names`), not joined.

use sqlx::sqlite::SqlitePool;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::Row;
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
        Dataset::Tasks => page_of::<TaskRow>(readers, names, request).await,
        Dataset::AgentMetrics => page_of::<MetricRow<OfAgent>>(readers, names, request).await,
        Dataset::SwarmMetrics => page_of::<MetricRow<OfSwarm>>(readers, names, request).await,
        Dataset::Events => page_of::<EventRow>(readers, names, request).await,
        Dataset::Healings => page_of::<HealingRow>(readers, names, request).await,
        Dataset::Agents => page_of::<LifeRow>(readers, names, request).await,
        Dataset::Memory => page_of::<MemoryRow>(readers, names, request).await,
    }
}

async fn page_of<T: Table>(readers: &SqlitePool, names: &Names, request: &PageRequest) -> Result<Vec<Row>, StoreError> {
    let Some(conditions) = conditions::<T>(readers, &request.filter).await? else { return Ok(Vec::new()) };
    let Some(request) = narrow(readers, T::DATASET, request, &conditions).await? else { return Ok(Vec::new()) };
    let found = statement::<T>(&request, &conditions)
        .build()
        .fetch_all(readers)
        .await
        .map_err(query("read a page of records"))?;
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let id: i64 = row.try_get(0).map_err(query("read a record"))?;
        let row = T::read(&row).map_err(query("read a record"))?;
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

/// The results that `task_failed` holds.
const FAILURES: std::ops::RangeInclusive<i64> = 2..=5;
const CANCELLED: i64 = 4;

const SELECT_SWARM_SPAN: &str = "select min(first_ts), max(last_ts) from swarm_agent where swarm = ?";

/// `request` within the time the swarm it asks for was at work, since tasks and events have no index
/// by swarm; `None` when it never was.
async fn narrow(
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
async fn conditions<T: Table>(
    readers: &SqlitePool,
    filter: &RecordFilter,
) -> Result<Option<Vec<Condition>>, StoreError> {
    let mut conditions = Vec::new();
    for (field, value) in set_fields(filter) {
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

/// The fields that are filtered by, as requests name them.
fn set_fields(filter: &RecordFilter) -> impl Iterator<Item = (&'static str, &str)> {
    // Taken apart by name, so that a new field cannot be forgotten here.
    let RecordFilter {
        task_id,
        agent_id,
        swarm_id,
        result,
        model,
        project,
        metric_type,
        event_type,
        agent_type,
        event_id,
        strategy,
        failure_type,
        success,
        status,
        session_id,
        memory_type,
        key,
    } = filter;
    [
        ("task_id", task_id),
        ("agent_id", agent_id),
        ("swarm_id", swarm_id),
        ("result", result),
        ("model", model),
        ("project", project),
        ("metric_type", metric_type),
        ("event_type", event_type),
        ("agent_type", agent_type),
        ("event_id", event_id),
        ("strategy", strategy),
        ("failure_type", failure_type),
        ("success", success),
        ("status", status),
        ("session_id", session_id),
        ("memory_type", memory_type),
        ("key", key),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field, value.as_deref()?)))
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
