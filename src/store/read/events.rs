//! Events of one agent or one task, for their pages.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::dictionary::Dict;
use super::super::error::query;
use super::super::key::TextId;
use super::Snapshot;
use super::cut::Cut;
use crate::model::overview::EventRow;
use crate::model::{Micros, TimeRange};

/// `duration_ms` is looked for where importers put it; metadata is an object or nothing of use here.
const COLUMNS: &str = "select e.id, n.name, e.ts, a.name, e.task_id,
    case when json_valid(e.metadata) and json_type(e.metadata, '$.duration_ms') in ('integer', 'real')
        then cast(json_extract(e.metadata, '$.duration_ms') as real) end,
    e.metadata ";

const WORDS: &str = " join event_name n on n.id = e.type join agent_name a on a.id = e.agent ";

impl Snapshot {
    /// The newest events of the agent of `cut` in `range`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_events(&mut self, range: TimeRange, cut: &Cut, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push("from event e")
            .push(WORDS)
            .push("where e.agent = ")
            .push_bind(cut.agent)
            .push(" and e.ts >= ")
            .push_bind(range.from.0);
        sql.push(" and e.ts < ").push_bind(range.until.0);
        sql.push(" order by e.ts desc, e.id desc limit ").push_bind(limit);
        let mut events: Vec<EventRow> =
            sql.build().try_map(read_event).fetch_all(&mut *self.tx).await.map_err(query("read an agent's events"))?;
        let last = events.last().filter(|_| events.len() >= limit as usize);
        let until = last.map(|last| (last.timestamp.0, last.row));
        if let Some(mut sql) = self.sealed_agent_events_sql(range, cut, limit, until).await? {
            sql.push(COLUMNS).push("from e").push(WORDS);
            let sealed = sql.build().persistent(false).try_map(read_event).fetch_all(&mut *self.tx).await;
            events.extend(sealed.map_err(query("read an agent's events"))?);
            events.sort_by_key(|event| std::cmp::Reverse((event.timestamp, event.row)));
            events.truncate(limit as usize);
        }
        Ok(events)
    }

    /// Events of the agent of `cut` in `range` by type, most frequent first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_event_types(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: u32,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select n.name, count(*) as times from event e join event_name n on n.id = e.type where e.agent = ",
        );
        sql.push_bind(cut.agent).push(" and e.ts >= ").push_bind(range.from.0);
        sql.push(" and e.ts < ").push_bind(range.until.0);
        sql.push(" group by e.type");
        let read = |row: SqliteRow| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs()));
        let mut types: Vec<(String, u64)> =
            sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("count an agent's events"))?;
        self.add_sealed_event_types(range, cut, &mut types).await?;
        types.sort_by(|(name, times), (other, of)| of.cmp(times).then_with(|| name.cmp(other)));
        types.truncate(limit as usize);
        Ok(types)
    }

    /// The oldest events of `cut` in `range` that are of one of `types`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of_types(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        types: &[&str],
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let mut events = Vec::new();
        for name in types {
            let kind: Option<i64> = sqlx::query_scalar(Dict::Event.select_id())
                .bind(*name)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(query("look up a name"))?;
            let Some(kind) = kind else { continue };
            let mut sql = of_type_sql(range, cut, kind, limit);
            let found = sql.build().try_map(read_event).fetch_all(&mut *self.tx).await;
            events.extend(found.map_err(query("read events"))?);
            if let Some(mut sql) = self.sealed_events_of_type_sql(range, cut, kind, limit).await? {
                sql.push(COLUMNS).push("from e").push(WORDS);
                let sealed = sql.build().persistent(false).try_map(read_event).fetch_all(&mut *self.tx).await;
                events.extend(sealed.map_err(query("read events"))?);
            }
        }
        events.sort_by_key(|event| (event.timestamp, event.row));
        events.truncate(limit as usize);
        Ok(events)
    }

    /// Events that name this task, oldest first, and how many do. Where an id was used again, these are the
    /// events of all its uses.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn task_events(&mut self, task_id: &str, limit: u32) -> Result<(Vec<EventRow>, u64), StoreError> {
        let push_where = |sql: &mut QueryBuilder<Sqlite>| {
            sql.push("where e.task_id = ");
            match TextId::new(task_id) {
                TextId::Uuid(bytes) => sql.push_bind(bytes.to_vec()),
                TextId::Text(text) => sql.push_bind(text.to_string()),
            };
        };
        let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
        sql.push("from event e").push(WORDS);
        push_where(&mut sql);
        sql.push(" order by e.ts, e.id limit ").push_bind(limit);
        let mut events: Vec<EventRow> =
            sql.build().try_map(read_event).fetch_all(&mut *self.tx).await.map_err(query("read a task's events"))?;
        let mut sql = QueryBuilder::<Sqlite>::new("select count(*) from event e ");
        push_where(&mut sql);
        let count: i64 =
            sql.build_query_scalar().fetch_one(&mut *self.tx).await.map_err(query("count a task's events"))?;
        let (sealed, sealed_count) = self.sealed_task_events_sql(TextId::new(task_id), limit).await?;
        if let Some(mut sql) = sealed {
            sql.push(COLUMNS).push("from e").push(WORDS);
            let sealed = sql.build().persistent(false).try_map(read_event).fetch_all(&mut *self.tx).await;
            events.extend(sealed.map_err(query("read a task's events"))?);
            events.sort_by_key(|event| (event.timestamp, event.row));
            events.truncate(limit as usize);
        }
        Ok((events, count.unsigned_abs() + sealed_count))
    }
}

/// The oldest events of a type in `range`.
pub(in crate::store) fn of_type_sql(range: TimeRange, cut: &Cut, kind: i64, limit: u32) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::<Sqlite>::new(COLUMNS);
    sql.push("from event e").push(WORDS).push("where e.ts >= ").push_bind(range.from.0);
    sql.push(" and e.ts < ").push_bind(range.until.0);
    for (column, id) in [("e.agent = ", cut.agent), ("e.swarm = ", cut.swarm), ("e.type = ", Some(kind))] {
        if let Some(id) = id {
            sql.push(" and ").push(column).push_bind(id);
        }
    }
    sql.push(" order by e.ts, e.id limit ").push_bind(limit);
    sql
}

fn read_event(row: SqliteRow) -> Result<EventRow, sqlx::Error> {
    Ok(EventRow {
        row: row.try_get(0)?,
        event_type: row.try_get(1)?,
        timestamp: Micros(row.try_get(2)?),
        agent_id: row.try_get(3)?,
        task_id: TextId::read(&row, 4)?.map(|id| id.to_string()),
        duration_ms: row.try_get(5)?,
        metadata: row.try_get(6)?,
    })
}
