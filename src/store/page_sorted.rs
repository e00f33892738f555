//! Pages of tasks in another order than that of time.
//!
//! No index holds such an order: every task of the range that fits the filter is looked at, the first of them
//! are kept, and a page goes on after a place in the order. Sealed rows are looked at too; of a chunk only the
//! column that is sorted by, unless a row of it belongs to the page.
//!
//! Not here: the order of time, which costs the same at any depth (`page`).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::archive::rows::{column_of, task, used};
use super::archive::{Chunk, Test, Walk, Wanted};
use super::dictionary::Dict;
use super::error::{StoreError, query};
use super::page::{Condition, conditions, narrow, push_conditions, records};
use super::table::Table as _;
use super::tasks::TaskRow;
use super::{Row, Store};
use crate::model::filter::PageRequest;
use crate::model::{Dataset, Order, TimeRange, TokenCounts};

/// The columns that all tokens of a sealed task are made from.
const TOKENS: Wanted =
    Wanted::columns(&[task::USED, task::INPUT, task::OUTPUT, task::CACHE_READ, task::CACHE_WRITE, task::REASONING]);

/// What tasks are sorted by; the time is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSort {
    /// Duration.
    Duration,
    /// All tokens.
    Tokens,
    /// Files changed.
    Files,
    /// The agent's name.
    Agent,
    /// The swarm's name.
    Swarm,
    /// The project's name.
    Project,
    /// The model's name.
    Model,
    /// The result word.
    Result,
}

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SortKey {
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// A word.
    Text(String),
}

/// A place in a sorted list: a list goes on after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SortPlace {
    /// What its row is sorted by; rows without come last.
    pub key: Option<SortKey>,
    /// Its row, which tells equals apart.
    pub row: i64,
}

impl SortPlace {
    /// The order of a list: rows without a key last, equals by row, both in the direction of `order`.
    #[must_use]
    pub fn compare(&self, other: &Self, order: Order) -> Ordering {
        let directed = |ordering: Ordering| if order == Order::Asc { ordering } else { ordering.reverse() };
        let by_key = match (&self.key, &other.key) {
            (Some(a), Some(b)) => directed(a.compare(b)),
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
        };
        by_key.then(directed(self.row.cmp(&other.row)))
    }
}

impl SortKey {
    #[expect(clippy::cast_precision_loss, reason = "whole numbers are compared with others of their kind")]
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Int(a), Self::Real(b)) => (*a as f64).total_cmp(b),
            (Self::Real(a), Self::Int(b)) => a.total_cmp(&(*b as f64)),
            (Self::Text(_), _) => Ordering::Greater,
            (_, Self::Text(_)) => Ordering::Less,
        }
    }
}

impl TaskSort {
    /// What SQLite sorts by, and its column.
    fn expression(self) -> (&'static str, &'static str) {
        match self {
            Self::Duration => ("duration_ms", "duration_ms"),
            Self::Tokens => ("tokens_used", "tokens_used"),
            Self::Files => ("files_changed", "files_changed"),
            Self::Agent => ("(select name from agent_name where id = agent)", "agent"),
            Self::Swarm => ("(select name from swarm_name where id = swarm)", "swarm"),
            Self::Project => ("(select name from project_name where id = project)", "project"),
            Self::Model => ("(select name from model_name where id = model)", "model"),
            Self::Result => ("(select name from result_name where id = result)", "result"),
        }
    }

    fn dictionary(self) -> Option<Dict> {
        match self {
            Self::Duration | Self::Tokens | Self::Files => None,
            Self::Agent => Some(Dict::Agent),
            Self::Swarm => Some(Dict::Swarm),
            Self::Project => Some(Dict::Project),
            Self::Model => Some(Dict::Model),
            Self::Result => Some(Dict::Result),
        }
    }
}

impl Store {
    /// One page of tasks sorted by `sort`, each with its place. Range, filter, order and limit are those of
    /// `request`; the page goes on after `after`.
    ///
    /// # Errors
    /// [`StoreError::UnknownFilter`] for a field tasks do not have, or a failure to read.
    pub async fn sorted_tasks(
        &self,
        request: &PageRequest,
        sort: TaskSort,
        after: Option<&SortPlace>,
    ) -> Result<Vec<(SortPlace, Row)>, StoreError> {
        let readers = self.reader();
        let Some(conditions) = conditions::<TaskRow>(readers, &request.filter).await? else { return Ok(Vec::new()) };
        let narrowed = narrow(readers, Dataset::Tasks, request, &conditions).await?;
        let Some(request) = narrowed else { return Ok(Vec::new()) };
        let mut moment = readers.begin().await.map_err(query("start reading"))?;
        let mut found = hot(&mut moment, &request, &conditions, sort, after).await?;
        self.add_sealed(&mut moment, &request, &conditions, sort, after, &mut found).await?;
        moment.rollback().await.map_err(query("end reading"))?;
        let (places, rows): (Vec<SortPlace>, Vec<(i64, TaskRow)>) = found.into_iter().unzip();
        Ok(places.into_iter().zip(records(rows, readers, &self.shared.names).await?).collect())
    }

    /// How many tasks of `request` there are; counting stops at `most`.
    ///
    /// # Errors
    /// As [`Self::sorted_tasks`].
    pub async fn count_tasks(&self, request: &PageRequest, most: u64) -> Result<u64, StoreError> {
        let readers = self.reader();
        let Some(conditions) = conditions::<TaskRow>(readers, &request.filter).await? else { return Ok(0) };
        let narrowed = narrow(readers, Dataset::Tasks, request, &conditions).await?;
        let Some(request) = narrowed else { return Ok(0) };
        let mut moment = readers.begin().await.map_err(query("start reading"))?;
        let mut sql = count_sql(request.range, &conditions, most);
        let hot: i64 = sql.build_query_scalar().fetch_one(&mut *moment).await.map_err(query("count tasks"))?;
        let mut count = hot.unsigned_abs();
        let mut walk = Walk::<TaskRow>::new(request.range, Order::Desc, tests(&conditions)?);
        while count < most {
            let Some(chunk) = walk.next(&mut moment, None).await? else { break };
            count += chunk.rows.len() as u64;
        }
        moment.rollback().await.map_err(query("end reading"))?;
        Ok(count.min(most))
    }

    /// Merges sealed rows into the page `found`.
    async fn add_sealed(
        &self,
        moment: &mut SqliteConnection,
        request: &PageRequest,
        conditions: &[Condition],
        sort: TaskSort,
        after: Option<&SortPlace>,
        found: &mut Vec<(SortPlace, (i64, TaskRow))>,
    ) -> Result<(), StoreError> {
        let (limit, order) = (request.limit as usize, request.order);
        let column = column_of::<TaskRow>(sort.expression().1).unwrap_or_default();
        let words = match sort.dictionary() {
            Some(dict) => Some(words(moment, dict).await?),
            None => None,
        };
        let walk = Walk::<TaskRow>::new(request.range, order, tests(conditions)?);
        let mut walk = walk.with(if sort == TaskSort::Tokens { TOKENS } else { Wanted::columns(&[column]) });
        while let Some(mut part) = walk.next(moment, None).await? {
            let mut places = Vec::new();
            for row in &part.rows {
                let key = match (&words, sort) {
                    (Some(words), _) => {
                        part.chunk.int(column, *row).and_then(|number| words.get(&number).cloned()).map(SortKey::Text)
                    }
                    (None, TaskSort::Tokens) => tokens_used(&part.chunk, *row).map(SortKey::Int),
                    (None, TaskSort::Duration) => part.chunk.real(column, *row).map(SortKey::Real),
                    (None, _) => part.chunk.int(column, *row).map(SortKey::Int),
                };
                let Some((_, id)) = part.chunk.place(*row) else { continue };
                places.push((SortPlace { key, row: id }, *row));
            }
            let worst = found.last().filter(|_| found.len() >= limit).map(|(place, _)| place.clone());
            places.retain(|(place, _)| {
                after.is_none_or(|after| place.compare(after, order) == Ordering::Greater)
                    && worst.as_ref().is_none_or(|worst| place.compare(worst, order) == Ordering::Less)
            });
            places.sort_by(|(a, _), (b, _)| a.compare(b, order));
            places.truncate(limit);
            if places.is_empty() {
                continue;
            }
            let (places, rows): (Vec<SortPlace>, Vec<usize>) = places.into_iter().unzip();
            part.rows = rows;
            found.extend(places.into_iter().zip(part.into_rows::<TaskRow>(moment, limit).await?));
            found.sort_by(|(a, _), (b, _)| a.compare(b, order));
            found.truncate(limit);
        }
        Ok(())
    }
}

/// All tokens of a sealed task, which are not written down where they are the sum of their kinds.
fn tokens_used(chunk: &Chunk, row: usize) -> Option<i64> {
    let kinds = TokenCounts {
        input: chunk.int(task::INPUT, row),
        output: chunk.int(task::OUTPUT, row),
        cache_read: chunk.int(task::CACHE_READ, row),
        cache_write: chunk.int(task::CACHE_WRITE, row),
        reasoning: chunk.int(task::REASONING, row),
    };
    used(chunk.int(task::USED, row), &kinds)
}

fn tests(conditions: &[Condition]) -> Result<Vec<Test>, StoreError> {
    conditions.iter().map(Condition::test::<TaskRow>).collect()
}

/// Every word of a dictionary by its number.
async fn words(
    moment: &mut SqliteConnection,
    dict: Dict,
) -> Result<std::collections::HashMap<i64, String>, StoreError> {
    let all: Vec<(i64, String)> =
        sqlx::query_as(dict.select_after()).bind(0).fetch_all(moment).await.map_err(query("read names"))?;
    Ok(all.into_iter().collect())
}

/// The page's rows in the table.
async fn hot(
    moment: &mut SqliteConnection,
    request: &PageRequest,
    conditions: &[Condition],
    sort: TaskSort,
    after: Option<&SortPlace>,
) -> Result<Vec<(SortPlace, (i64, TaskRow))>, StoreError> {
    let mut sql = sorted_sql(request, conditions, sort, after);
    let found = sql.build().fetch_all(moment).await.map_err(query("sort tasks"))?;
    let read = |row: &sqlx::sqlite::SqliteRow| {
        let columns = row.len() - 1;
        let key = match sort {
            TaskSort::Duration => row.try_get::<Option<f64>, _>(columns)?.map(SortKey::Real),
            TaskSort::Tokens | TaskSort::Files => row.try_get::<Option<i64>, _>(columns)?.map(SortKey::Int),
            _ => row.try_get::<Option<String>, _>(columns)?.map(SortKey::Text),
        };
        let id = row.try_get(0)?;
        Ok((SortPlace { key, row: id }, (id, TaskRow::read(row)?)))
    };
    found.iter().map(|row| read(row).map_err(query("read a task"))).collect()
}

/// Sorted in two steps: the ids of the page first, so that whole rows are not dragged through the sorter.
pub(super) fn sorted_sql(
    request: &PageRequest,
    conditions: &[Condition],
    sort: TaskSort,
    after: Option<&SortPlace>,
) -> QueryBuilder<Sqlite> {
    let (than, order) = if request.order == Order::Asc { (" > ", "asc") } else { (" < ", "desc") };
    let expression = sort.expression().0;
    let mut sql = QueryBuilder::new("select ");
    sql.push(TaskRow::sql().columns).push(", ").push(expression).push(" from task where id in (select id");
    push_tasks(&mut sql, request.range, conditions);
    if let Some(SortPlace { key, row }) = after {
        sql.push(" and (");
        if let Some(key) = key {
            sql.push(expression).push(" is null or ").push(expression).push(than);
            push_key(&mut sql, key);
            sql.push(" or (").push(expression).push(" = ");
            push_key(&mut sql, key);
        } else {
            sql.push("(").push(expression).push(" is null");
        }
        sql.push(" and id").push(than).push_bind(*row).push("))");
    }
    let push_order = |sql: &mut QueryBuilder<Sqlite>| {
        for part in [" order by ", expression, " is null, ", expression, " ", order, ", id ", order] {
            sql.push(part);
        }
    };
    push_order(&mut sql);
    sql.push(" limit ").push_bind(i64::from(request.limit)).push(")");
    push_order(&mut sql);
    sql
}

pub(super) fn count_sql(range: TimeRange, conditions: &[Condition], most: u64) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select count(*) from (select 1");
    push_tasks(&mut sql, range, conditions);
    sql.push(" limit ").push_bind(i64::try_from(most).unwrap_or(i64::MAX)).push(")");
    sql
}

fn push_tasks(sql: &mut QueryBuilder<Sqlite>, range: TimeRange, conditions: &[Condition]) {
    sql.push(" from task where ts >= ").push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    push_conditions(sql, conditions);
}

fn push_key(sql: &mut QueryBuilder<Sqlite>, key: &SortKey) {
    match key {
        SortKey::Int(number) => sql.push_bind(*number),
        SortKey::Real(number) => sql.push_bind(*number),
        SortKey::Text(text) => sql.push_bind(text.clone()),
    };
}
