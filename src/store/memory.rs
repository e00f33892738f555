//! The table of session memory: what sessions remember, every version of it, until it expires.
//!
//! Not here: reading it as sessions do (`read::sessions`).

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::Store;
use super::chore::{Chore, Outcome, Removed};
use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::{StoreError, query};
use super::names::Names;
use super::queue::{Done, Work};
use super::table::{
    Bound, Key, KeyPart, KeySql, Matches, Meeting, Origin, SOURCE_KEY, Table, TableSql, Unreadable, meet, text,
};
use crate::model::maintain::Shelf;
use crate::model::{Dataset, Json, MemoryRecord, Micros, Record};

const COLUMNS: &str = "id, ts, session_id, memory_type, key, value, ttl_hours, record_id, project, source, source_key";

static SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("memory", COLUMNS));

/// Most rows deleted at once: values may be large.
const ROWS_A_SLICE: u64 = 500;
const ANY_EXPIRED: &str = "select exists (select 1 from memory where expires_ts <= ?)";
const COUNT_EXPIRED: &str = "select count(*) from memory where expires_ts <= ?";
const DELETE_EXPIRED: &str = "delete from memory where id in (
    select id from memory where expires_ts <= ?1 order by expires_ts limit ?2)";

/// Deletes some memory that expired at `now`.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn expire_some(
    connection: &mut SqliteConnection,
    now: Micros,
) -> Result<Removed, StoreError> {
    let delete = sqlx::query(DELETE_EXPIRED).bind(now.0).bind(i64::try_from(ROWS_A_SLICE).unwrap_or(i64::MAX));
    let rows = delete.execute(connection).await.map_err(query("delete expired memory"))?.rows_affected();
    let mut removed = Removed::default();
    removed.note("memory", Shelf::Rows, rows);
    removed.more = rows == ROWS_A_SLICE;
    Ok(removed)
}

impl Store {
    /// Deletes some memory that expired at `now`. Nothing is written when nothing did.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn expire_memory(&self, now: Micros) -> Result<Removed, StoreError> {
        let any: bool = sqlx::query_scalar(ANY_EXPIRED)
            .bind(now.0)
            .fetch_one(self.reader())
            .await
            .map_err(query("look for expired memory"))?;
        if !any {
            return Ok(Removed::default());
        }
        match self.queue().run(Work::Chore(Chore::ExpireMemory { now })).await? {
            Done::Chore(Outcome::Removed(removed)) => Ok(removed),
            _ => Err(StoreError::Closed),
        }
    }

    /// How many entries expired at `now` and are there still.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn expired_memory(&self, now: Micros) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar(COUNT_EXPIRED).bind(now.0).fetch_one(self.reader());
        let rows: i64 = count.await.map_err(query("count expired memory"))?;
        Ok(rows.unsigned_abs())
    }
}

/// A memory as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct MemoryRow {
    pub ts: i64,
    pub session_id: Arc<str>,
    pub memory_type: Arc<str>,
    pub key: Arc<str>,
    pub value: Arc<str>,
    pub ttl_hours: Option<f64>,
    pub record_id: Option<Arc<str>>,
    pub origin: Origin,
}

/// Notes every word of `memory`.
pub(in crate::store) fn note<'a>(memory: &'a MemoryRecord, dictionary: &Dictionary, unknown: &mut Unknown<'a>) {
    Origin::note(memory.project.as_deref(), memory.source.as_ref(), dictionary, unknown);
}

impl MemoryRow {
    /// The row of `memory`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(in crate::store) fn new(memory: &MemoryRecord, words: &Dictionary) -> Result<Self, StoreError> {
        Ok(Self {
            ts: memory.timestamp.0,
            session_id: memory.session_id.as_str().into(),
            memory_type: memory.memory_type.as_str().into(),
            key: memory.key.as_str().into(),
            value: memory.value.0.as_str().into(),
            ttl_hours: memory.ttl_hours,
            record_id: memory.id.as_deref().map(Into::into),
            origin: Origin::new(memory.project.as_deref(), memory.source.as_ref(), words)?,
        })
    }

    fn says(&self, other: &Self) -> bool {
        let project = self.origin.project == other.origin.project;
        project && *self == Self { origin: self.origin.clone(), ..other.clone() }
    }
}

impl Table for MemoryRow {
    const DATASET: Dataset = Dataset::Memory;
    const TIME: &'static str = "ts";
    const KEYS: &'static [KeySql] = &[SOURCE_KEY, KeySql { columns: "record_id", and: "record_id is not null and " }];
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("project", Matches::Word(Dict::Project, "project")),
        ("session_id", Matches::Text("session_id")),
        ("memory_type", Matches::Text("memory_type")),
        ("key", Matches::Text("key")),
    ];

    fn sql() -> &'static TableSql {
        &SQL
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.ts)?;
        values.add(self.session_id.clone())?;
        values.add(self.memory_type.clone())?;
        values.add(self.key.clone())?;
        values.add(self.value.clone())?;
        values.add(self.ttl_hours)?;
        values.add(self.record_id.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ts: row.try_get(1)?,
            session_id: row.try_get::<&str, _>(2)?.into(),
            memory_type: row.try_get::<&str, _>(3)?.into(),
            key: row.try_get::<&str, _>(4)?.into(),
            value: row.try_get::<&str, _>(5)?.into(),
            ttl_hours: row.try_get(6)?,
            record_id: text(row, 7)?,
            origin: Origin::read(row, 8)?,
        })
    }

    fn time(&self) -> i64 {
        self.ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            _ => self.record_id.clone().map(|id| vec![KeyPart::Text(id)]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        meet(self, self.says(stored), self.origin.owns(&stored.origin))
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        Ok(Record::Memory(MemoryRecord {
            session_id: self.session_id.to_string(),
            memory_type: self.memory_type.to_string(),
            key: self.key.to_string(),
            value: Json(self.value.to_string()),
            timestamp: Micros(self.ts),
            ttl_hours: self.ttl_hours,
            id: self.record_id.as_deref().map(str::to_owned),
            project,
            source,
        }))
    }
}
