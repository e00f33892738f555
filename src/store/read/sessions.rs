//! What sessions remember. Who asks says what time it is: what has expired by then is as if it had never been there.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use crate::model::session::{MemoryEntry, SessionRow};
use crate::model::{Json, Micros, TimeRange};

/// Every session with an entry in [?1, ?2), and its last entry of all. One step into the index a session instead of
/// one at every entry.
const SESSIONS: &str = "with recursive s (id) as (
        select min(session_id) from memory
        union all select (select min(session_id) from memory where session_id > s.id) from s where s.id is not null)
    select s.id, (select max(ts) from memory where session_id = s.id)
    from s where s.id is not null
        and exists (select 1 from memory indexed by memory_by_session
            where session_id = s.id and ts >= ?1 and ts < ?2)";

/// Entries of a session by type: all, and those that expired at ?2.
const TYPES: &str = "select memory_type, count(*), count(*) filter (where expires_ts <= ?2), min(ts), max(ts)
    from memory indexed by memory_by_session where session_id = ?1 group by memory_type";

const NAMED: &str = "select s.value from json_each(?) s
    where exists (select 1 from memory where session_id = s.value) group by 1 order by 1";

/// An entry `m`, up to the versions of its key that are counted.
const ENTRY: &str = "select m.id, m.memory_type, m.key, m.value, m.ts, m.ttl_hours, m.expires_ts, p.name,
        (select count(*) from memory v where v.session_id = m.session_id and v.memory_type = m.memory_type
            and v.key = m.key and (v.expires_ts is null or v.expires_ts > ";
const OF_SESSION: &str = ")) from memory m left join project_name p on p.id = m.project where m.session_id = ";
/// A newer version of the entry's key; only those that live hide others, unless what expired is asked for as well.
const NEWER: &str = " and not exists (select 1 from memory n where n.session_id = m.session_id
        and n.memory_type = m.memory_type and n.key = m.key and n.ts >= m.ts and (n.ts > m.ts or n.id > m.id)";

/// What of a session is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryCut {
    /// The session.
    pub session_id: String,
    /// Only of this type.
    pub memory_type: Option<String>,
    /// Only of this key.
    pub key: Option<String>,
    /// Also what expired.
    pub include_expired: bool,
}

/// After which entry a page goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryPlace {
    /// Current entries: after this type and key.
    Key(String, String),
    /// Versions: after this time and row.
    Time(Micros, i64),
}

impl Snapshot {
    /// Every session with an entry in `range`, with the time of its last entry of all, in no order.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn sessions(&mut self, range: TimeRange) -> Result<Vec<(String, Micros)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(SESSIONS)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read sessions"))?;
        Ok(rows.into_iter().map(|(id, last)| (id, Micros(last))).collect())
    }

    /// A session as a whole; `None` when nothing of it is stored.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn session(&mut self, session_id: &str, now: Micros) -> Result<Option<SessionRow>, StoreError> {
        let rows: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(TYPES)
            .bind(session_id)
            .bind(now.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read about a session"))?;
        let (first, last) = (rows.iter().map(|row| row.3).min(), rows.iter().map(|row| row.4).max());
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        let mut session = SessionRow {
            session_id: session_id.to_owned(),
            first: Micros(first),
            last: Micros(last),
            live: 0,
            expired: 0,
            types: Default::default(),
        };
        for (memory_type, all, expired, ..) in rows {
            let (all, expired) = (all.unsigned_abs(), expired.unsigned_abs());
            session.expired += expired;
            session.live += all - expired;
            if all > expired {
                session.types.insert(memory_type, all - expired);
            }
        }
        Ok(Some(session))
    }

    /// Those of `names` that are sessions which remember something, sorted.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn sessions_named(&mut self, names: &[String]) -> Result<Vec<String>, StoreError> {
        let list = serde_json::to_string(names).unwrap_or_default();
        sqlx::query_scalar(NAMED).bind(list).fetch_all(&mut *self.tx).await.map_err(query("look for sessions"))
    }

    /// The current entries of `cut` by type and key, after `after`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn current_memory(
        &mut self,
        cut: &MemoryCut,
        after: Option<&MemoryPlace>,
        limit: u32,
        now: Micros,
    ) -> Result<Vec<MemoryEntry>, StoreError> {
        let mut sql = current_sql(cut, after, limit, now);
        self.entries(&mut sql, now).await
    }

    /// Every version of `cut`, newest first, after `after`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn memory_versions(
        &mut self,
        cut: &MemoryCut,
        after: Option<&MemoryPlace>,
        limit: u32,
        now: Micros,
    ) -> Result<Vec<MemoryEntry>, StoreError> {
        let mut sql = versions_sql(cut, after, limit, now);
        self.entries(&mut sql, now).await
    }

    async fn entries(&mut self, sql: &mut QueryBuilder<Sqlite>, now: Micros) -> Result<Vec<MemoryEntry>, StoreError> {
        let read = |row: SqliteRow| {
            let expires = row.try_get::<Option<i64>, _>(6)?.map(Micros);
            Ok(MemoryEntry {
                row: row.try_get(0)?,
                memory_type: row.try_get(1)?,
                key: row.try_get(2)?,
                value: Json(row.try_get(3)?),
                timestamp: Micros(row.try_get(4)?),
                ttl_hours: row.try_get(5)?,
                expires_at: expires,
                expired: expires.is_some_and(|at| at <= now),
                project: row.try_get(7)?,
                versions: row.try_get::<i64, _>(8)?.unsigned_abs(),
            })
        };
        sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read what a session remembers"))
    }
}

fn entries_sql(cut: &MemoryCut, now: Micros) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(ENTRY);
    sql.push_bind(now.0).push(OF_SESSION).push_bind(cut.session_id.clone());
    for (column, word) in [(" and m.memory_type = ", &cut.memory_type), (" and m.key = ", &cut.key)] {
        if let Some(word) = word {
            sql.push(column).push_bind(word.clone());
        }
    }
    if !cut.include_expired {
        sql.push(" and (m.expires_ts is null or m.expires_ts > ").push_bind(now.0).push(")");
    }
    sql
}

pub(super) fn current_sql(
    cut: &MemoryCut,
    after: Option<&MemoryPlace>,
    limit: u32,
    now: Micros,
) -> QueryBuilder<Sqlite> {
    let mut sql = entries_sql(cut, now);
    sql.push(NEWER);
    if !cut.include_expired {
        sql.push(" and (n.expires_ts is null or n.expires_ts > ").push_bind(now.0).push(")");
    }
    sql.push(")");
    if let Some(MemoryPlace::Key(memory_type, key)) = after {
        sql.push(" and (m.memory_type, m.key) > (").push_bind(memory_type.clone());
        sql.push(", ").push_bind(key.clone()).push(")");
    }
    sql.push(" order by m.memory_type, m.key limit ").push_bind(limit);
    sql
}

pub(super) fn versions_sql(
    cut: &MemoryCut,
    after: Option<&MemoryPlace>,
    limit: u32,
    now: Micros,
) -> QueryBuilder<Sqlite> {
    let mut sql = entries_sql(cut, now);
    if let Some(MemoryPlace::Time(ts, row)) = after {
        sql.push(" and m.ts <= ").push_bind(ts.0).push(" and (m.ts < ").push_bind(ts.0);
        sql.push(" or m.id < ").push_bind(*row).push(")");
    }
    sql.push(" order by m.ts desc, m.id desc limit ").push_bind(limit);
    sql
}
