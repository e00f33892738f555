//! What is new: records by row id, in the order of arrival.
//!
//! Only one process writes at a time, and row ids are given out and committed within its transaction: who sees row
//! `n` of a table sees every row below it that will ever be there. So a row id is a place to go on from.
//!
//! Not here: who waits for news (`service::live`), pages by time (`page`).

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{QueryBuilder, Sqlite};

use super::error::{StoreError, query};
use super::events::EventRow;
use super::healings::HealingRow;
use super::memory::MemoryRow;
use super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::names::Names;
use super::page::records;
use super::registry::LifeRow;
use super::table::Table;
use super::tasks::TaskRow;
use super::{Row, sequence};
use crate::model::{Dataset, HighWater};

/// Most rows of session memory read at once: a value may be as large as a line of ingest.
const MEMORIES_AT_ONCE: u32 = 32;

const SELECT_SEALED: &str = "select exists (select 1 from chunk where dataset = ? and high_row > ?)";

/// Records that arrived after a place.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// Dataset by dataset in the order of [`Dataset::ALL`], ascending row ids within each.
    pub rows: Vec<(Dataset, Row)>,
    /// The place after them.
    pub until: HighWater,
    /// Where the order of arrival ended when they were read; beyond `until` when the limit cut them off.
    pub end: HighWater,
}

/// The last row ids as they are committed.
pub(super) async fn high_water(readers: &SqlitePool) -> Result<HighWater, StoreError> {
    let mut connection = readers.acquire().await.map_err(query("read the last row ids"))?;
    sequence::last(&mut connection).await
}

/// At most `limit` records after `after`, all seen at one moment.
pub(super) async fn news(
    readers: &SqlitePool,
    names: &Names,
    after: HighWater,
    limit: u32,
) -> Result<News, StoreError> {
    let mut moment = readers.begin().await.map_err(query("start reading"))?;
    let end = sequence::last(&mut moment).await?;
    let mut reading = Reading { connection: &mut moment, after, end, until: after, left: limit };
    let tasks = reading.rows::<TaskRow>().await?;
    let agent_metrics = reading.rows::<MetricRow<OfAgent>>().await?;
    let swarm_metrics = reading.rows::<MetricRow<OfSwarm>>().await?;
    let events = reading.rows::<EventRow>().await?;
    let healings = reading.rows::<HealingRow>().await?;
    let lives = reading.rows::<LifeRow>().await?;
    let memories = reading.rows::<MemoryRow>().await?;
    let until = reading.until;
    moment.rollback().await.map_err(query("end reading"))?; // looking words up may need the connection

    let mut rows = Vec::new();
    add(&mut rows, tasks, readers, names).await?;
    add(&mut rows, agent_metrics, readers, names).await?;
    add(&mut rows, swarm_metrics, readers, names).await?;
    add(&mut rows, events, readers, names).await?;
    add(&mut rows, healings, readers, names).await?;
    add(&mut rows, lives, readers, names).await?;
    add(&mut rows, memories, readers, names).await?;
    Ok(News { rows, until, end })
}

/// Whether a chunk holds a row that arrived after `after`.
pub(super) async fn is_sealed_since(readers: &SqlitePool, after: HighWater) -> Result<bool, StoreError> {
    for dataset in Dataset::ALL {
        let found: bool = sqlx::query_scalar(SELECT_SEALED)
            .bind(dataset.as_str())
            .bind(after.of(dataset))
            .fetch_one(readers)
            .await
            .map_err(query("look for sealed news"))?;
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Reading<'a> {
    connection: &'a mut SqliteConnection,
    after: HighWater,
    end: HighWater,
    until: HighWater,
    left: u32,
}

impl Reading<'_> {
    /// The new rows of a table, as far as the limit allows; moves the place on.
    async fn rows<T: Table>(&mut self) -> Result<Vec<(i64, T)>, StoreError> {
        let (after, end) = (self.after.of(T::DATASET), self.end.of(T::DATASET));
        let limit = if T::DATASET == Dataset::Memory { self.left.min(MEMORIES_AT_ONCE) } else { self.left };
        if end <= after || limit == 0 {
            return Ok(Vec::new());
        }
        let mut select = statement::<T>(after, end, limit);
        let found = select.build().fetch_all(&mut *self.connection).await.map_err(query("read new records"))?;
        let read = |row| Ok((sqlx::Row::try_get(row, 0)?, T::read(row)?));
        let rows: Vec<(i64, T)> =
            found.iter().map(|row| read(row).map_err(query("read a record"))).collect::<Result<_, _>>()?;
        // Ids that no row has any more, or never had, are passed with the last of the table.
        let full = rows.len() >= limit as usize;
        let last = rows.last().filter(|_| full).map_or(end, |(id, _)| *id);
        self.until.pass(T::DATASET, last);
        self.left -= u32::try_from(rows.len()).unwrap_or(self.left).min(self.left);
        Ok(rows)
    }
}

async fn add<T: Table>(
    rows: &mut Vec<(Dataset, Row)>,
    found: Vec<(i64, T)>,
    readers: &SqlitePool,
    names: &Names,
) -> Result<(), StoreError> {
    rows.extend(records(found, readers, names).await?.into_iter().map(|row| (T::DATASET, row)));
    Ok(())
}

/// The statement of the rows of `T` after one id up to another.
pub(super) fn statement<T: Table>(after: i64, end: i64, limit: u32) -> QueryBuilder<Sqlite> {
    let sql = T::sql();
    let mut select = QueryBuilder::new(format!("select {} from {} where id > ", sql.columns, sql.name));
    select.push_bind(after).push(" and id <= ").push_bind(end);
    select.push(" order by id limit ").push_bind(i64::from(limit));
    select
}
