//! Healings found in events, and whose events are still to be looked through.
//!
//! The writer marks agents in the transaction of their events and tasks, whoever writes and however late; so nothing
//! is missed, whatever is imported, replaced or sealed meanwhile. `service::healing` looks marked agents through and
//! puts what it found in the place of what was found before. Not here: what is a healing (`analytics::healing`).

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, SqlStr, Sqlite};

use super::Store;
use super::chore::{Chore, Outcome};
use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::{StoreError, query};
use super::insert::Written;
use super::pulse::Sign;
use super::queue::{Done, Work};
use super::table::sql;
use crate::model::healing::Evidence;
use crate::model::{AgentId, Micros};

/// Most agents whose marks are remembered to save making them again.
const REMEMBERED: usize = 50_000;
/// Rows of one upsert; the largest that fits is taken.
const UPSERT_SIZES: [usize; 3] = [256, 16, 1];
/// Rows of one insert, below the variables SQLite binds.
const ROWS_A_STATEMENT: usize = 500;

static UPSERTS: LazyLock<[SqlStr; 3]> = LazyLock::new(|| {
    UPSERT_SIZES.map(|size| {
        let rows = vec!["(?, ?, 1)"; size].join(", ");
        sql(format!(
            "insert into derive_due (agent, from_ts, seq) values {rows} on conflict (agent) do update set \
             from_ts = min(from_ts, excluded.from_ts), seq = seq + 1"
        ))
    })
});

/// Failures that could heal until before ?1 are decided by now.
const MARK_DECIDED: &str = "insert into derive_due (agent, from_ts, seq)
    select agent, min(span_from), 1 from derived_healing indexed by derived_healing_open
    where success is null and span_until < ?1 group by agent
    on conflict (agent) do update set from_ts = min(from_ts, excluded.from_ts), seq = seq + 1";
const ANY_DUE: &str = "select exists (select 1 from derive_due)
    or exists (select 1 from derived_healing where success is null and span_until < ?1)";
const SELECT_DUE: &str =
    "select d.agent, n.name, d.from_ts, d.seq from derive_due d join agent_name n on n.id = d.agent
    order by d.agent limit ?1";
const SELECT_AROUND: &str = "select min(span_from) from derived_healing
    where agent = ?1 and span_from < ?2 and span_until >= ?2";
const IS_DUE: &str = "select exists (select 1 from derive_due where agent = ?1)";
const SELECT_STRETCH: &str = "select failure_id, attempt, ts, success, strategy, failure_type, duration_ms, span_until
    from derived_healing where agent = ?1 and span_from >= ?2 and span_from < ?3";
const DELETE_STRETCH: &str = "delete from derived_healing where agent = ?1 and span_from >= ?2 and span_from < ?3";
const DELETE_DUE: &str = "delete from derive_due where agent = ?1 and seq = ?2";
const DELETE_DAY: &str = "delete from derived_healing where ts >= ?1 and ts < ?2";
/// Events that arrived while their day was being deleted stay, and are looked through again.
const MARK_DAY: &str = "insert into derive_due (agent, from_ts, seq)
    select agent, min(ts), 1 from event where ts >= ?1 and ts < ?2 group by agent
    on conflict (agent) do update set from_ts = min(from_ts, excluded.from_ts), seq = seq + 1";

/// An agent whose events are to be looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAgent {
    /// Its number in the store.
    pub number: i64,
    /// The agent.
    pub agent_id: AgentId,
    /// From when on anything was written.
    pub from: Micros,
    /// Which mark this is.
    pub seq: i64,
}

/// What was found in events, to be stored: an attempt, or a failure that may still heal.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundHealing {
    /// When it ended, or the failure was noticed.
    pub ts: Micros,
    /// What was tried.
    pub strategy: &'static str,
    /// On which kind of failure.
    pub failure_type: String,
    /// Whether it worked; `None` = it may still heal.
    pub success: Option<bool>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// The failure's event.
    pub failure_id: String,
    /// Which attempt it is; 0 = it may still heal.
    pub attempt: u32,
    /// When the failure was noticed.
    pub detected_at: Micros,
    /// Its project.
    pub project: Option<String>,
    /// The events it was found in.
    pub evidence: Vec<Evidence>,
    /// The first of them, …
    pub span_from: Micros,
    /// … and the last instant at which another could change it.
    pub span_until: Micros,
}

/// A stretch of an agent's time, and everything that was found in it.
#[derive(Debug, Clone)]
pub struct FoundStretch {
    /// The agent's number.
    pub agent: i64,
    /// What was found before and began from here on …
    pub from: Micros,
    /// … and before this makes room.
    pub until: Micros,
    /// What was found.
    pub rows: Vec<FoundHealing>,
    /// The mark that is done with this; `None` = more follows.
    pub done: Option<i64>,
}

/// The marks that the writer remembers to have made. Must be dropped before anybody reads them to act on them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    known: HashMap<i64, i64>,
}

impl Marks {
    /// Marks the agents of rows that are new, and of those that took the place of others.
    ///
    /// # Errors
    /// [`StoreError::Query`]; then the transaction must be rolled back and `self` dropped.
    pub(super) async fn note<T: Sign>(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<T>,
    ) -> Result<(), StoreError> {
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        let mut news: HashMap<i64, i64> = HashMap::new();
        let replaced = written.replaced.iter().flat_map(|(before, after)| [before, after]);
        for row in written.stored().chain(replaced) {
            if self.known.get(&row.agent()).is_none_or(|known| row.time() < *known) {
                let from = news.entry(row.agent()).or_insert(i64::MAX);
                *from = row.time().min(*from);
            }
        }
        let mut news: Vec<(i64, i64)> = news.into_iter().collect();
        news.sort_unstable(); // neighbours share a page
        let mut rest = news.as_slice();
        for (size, statement) in UPSERT_SIZES.into_iter().zip(UPSERTS.iter()) {
            while let Some((now, later)) = rest.split_at_checked(size) {
                let mut upsert = sqlx::query(statement.clone());
                for (agent, from) in now {
                    upsert = upsert.bind(*agent).bind(*from);
                }
                upsert.execute(&mut *connection).await.map_err(query("mark agents with news"))?;
                rest = later;
            }
        }
        self.known.extend(news);
        Ok(())
    }
}

/// Marks agents with failures that are decided by now, inside the writer's transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn mark_decided(connection: &mut SqliteConnection, now: Micros) -> Result<(), StoreError> {
    let mark = sqlx::query(MARK_DECIDED).bind(now.0).execute(connection);
    mark.await.map(drop).map_err(query("mark agents whose failures are decided"))
}

/// What is compared to see whether anything changed.
type Known = (String, i64, i64, Option<bool>, i64, i64, Option<f64>, i64);

/// Puts what was found in the place of what was found before; how many rows that changed. Nothing is stored when
/// somebody else looked the agent through meanwhile.
///
/// # Errors
/// [`StoreError`]; then the transaction must be rolled back and the caches forgotten.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    words: &mut Dictionary,
    found: &FoundStretch,
) -> Result<u64, StoreError> {
    let action = "store healings that were found";
    let due: bool =
        sqlx::query_scalar(IS_DUE).bind(found.agent).fetch_one(&mut *connection).await.map_err(query(action))?;
    if !due {
        return Ok(0);
    }
    let mut unknown = Unknown::default();
    for row in &found.rows {
        words.note(Dict::Strategy, row.strategy, &mut unknown);
        words.note(Dict::Failure, &row.failure_type, &mut unknown);
        if let Some(project) = &row.project {
            words.note(Dict::Project, project, &mut unknown);
        }
    }
    words.learn(connection, &unknown).await?;
    let stretch = |statement: &'static str| (statement, found.agent, found.from.0, found.until.0);
    let (select, agent, from, until) = stretch(SELECT_STRETCH);
    let select = sqlx::query_as(select).bind(agent).bind(from).bind(until).fetch_all(&mut *connection);
    let mut before: Vec<Known> = select.await.map_err(query(action))?;
    let mut after = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let (strategy, kind) = (words.id(Dict::Strategy, row.strategy)?, words.id(Dict::Failure, &row.failure_type)?);
        let (id, attempt) = (row.failure_id.clone(), i64::from(row.attempt));
        after.push((id, attempt, row.ts.0, row.success, strategy, kind, row.duration_ms, row.span_until.0));
    }
    let key = |row: &Known| (row.0.clone(), row.1);
    before.sort_by_key(key);
    after.sort_by_key(key);
    let mut changed = 0;
    if before != after {
        let delete = sqlx::query(DELETE_STRETCH).bind(agent).bind(from).bind(until).execute(&mut *connection);
        changed = delete.await.map_err(query(action))?.rows_affected();
        for rows in found.rows.chunks(ROWS_A_STATEMENT) {
            insert(connection, words, agent, rows).await?;
        }
        changed += found.rows.len() as u64;
    }
    if let Some(seq) = found.done {
        let delete = sqlx::query(DELETE_DUE).bind(agent).bind(seq).execute(connection);
        delete.await.map_err(query(action))?;
    }
    Ok(changed)
}

async fn insert(
    connection: &mut SqliteConnection,
    words: &Dictionary,
    agent: i64,
    rows: &[FoundHealing],
) -> Result<(), StoreError> {
    let mut insert = QueryBuilder::<Sqlite>::new(
        "insert into derived_healing (ts, agent, strategy, failure_type, success, duration_ms, failure_id, attempt, \
         detected_ts, project, evidence, span_from, span_until) ",
    );
    let mut columns = Vec::with_capacity(rows.len());
    for row in rows {
        let evidence = serde_json::to_string(&row.evidence)
            .map_err(|error| StoreError::Damaged { what: format!("evidence cannot be written as JSON: {error}") })?;
        let (strategy, kind) = (words.id(Dict::Strategy, row.strategy)?, words.id(Dict::Failure, &row.failure_type)?);
        columns.push((row, strategy, kind, words.id_of(Dict::Project, row.project.as_deref())?, evidence));
    }
    insert.push_values(columns, |mut to, (row, strategy, kind, project, evidence)| {
        to.push_bind(row.ts.0).push_bind(agent).push_bind(strategy).push_bind(kind).push_bind(row.success);
        to.push_bind(row.duration_ms).push_bind(row.failure_id.clone()).push_bind(i64::from(row.attempt));
        to.push_bind(row.detected_at.0).push_bind(project).push_bind(evidence);
        to.push_bind(row.span_from.0).push_bind(row.span_until.0);
    });
    let done = insert.build().persistent(false).execute(connection).await;
    done.map(drop).map_err(query("store healings that were found"))
}

/// Forgets what was found in a day whose events were deleted, inside the writer's transaction. It is not counted as
/// deleted: the events it was made from are.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn forget_day(connection: &mut SqliteConnection, from: i64, until: i64) -> Result<(), StoreError> {
    for statement in [DELETE_DAY, MARK_DAY] {
        let done = sqlx::query(statement).bind(from).bind(until).execute(&mut *connection).await;
        done.map_err(query("forget healings that were found in deleted events"))?;
    }
    Ok(())
}

impl Store {
    /// At most `limit` agents whose events are to be looked through at `now`. Nothing is written when there are none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn due_agents(&self, limit: u32, now: Micros) -> Result<Vec<DueAgent>, StoreError> {
        let action = "look for agents with news";
        let any: bool =
            sqlx::query_scalar(ANY_DUE).bind(now.0).fetch_one(self.reader()).await.map_err(query(action))?;
        if !any {
            return Ok(Vec::new());
        }
        // From here on every write makes its mark anew.
        self.queue().run(Work::Chore(Chore::FindDue { now })).await?;
        let due: Vec<(i64, String, i64, i64)> =
            sqlx::query_as(SELECT_DUE).bind(limit).fetch_all(self.reader()).await.map_err(query(action))?;
        let agent = |(number, name, from, seq)| {
            let agent_id = AgentId::new(name);
            let agent_id = agent_id.map_err(|error| StoreError::Damaged { what: format!("an agent's id {error}") })?;
            Ok(DueAgent { number, agent_id, from: Micros(from), seq })
        };
        due.into_iter().map(agent).collect()
    }

    /// The latest instant, not after `from`, that lies within nothing that was found of the agent: from there on it
    /// can be looked through by itself.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn derive_start(&self, agent: i64, from: Micros) -> Result<Micros, StoreError> {
        let mut start = from.0;
        loop {
            let around: Option<i64> = sqlx::query_scalar(SELECT_AROUND)
                .bind(agent)
                .bind(start)
                .fetch_one(self.reader())
                .await
                .map_err(query("see what was found before"))?;
            match around {
                Some(earlier) => start = earlier,
                None => return Ok(Micros(start)),
            }
        }
    }

    /// Puts what was found of some agents in the place of what was found before, in one transaction; how many rows that
    /// changed.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn put_healings(&self, found: Vec<FoundStretch>) -> Result<u64, StoreError> {
        if found.is_empty() {
            return Ok(0);
        }
        match self.queue().run(Work::Chore(Chore::PutHealings(found))).await? {
            Done::Chore(Outcome::Counted(changed)) => Ok(changed),
            _ => Err(StoreError::Closed),
        }
    }
}

/// Statements that must not walk a whole table.
#[cfg(test)]
pub(super) fn statements() -> [&'static str; 8] {
    [MARK_DECIDED, SELECT_AROUND, IS_DUE, SELECT_STRETCH, DELETE_STRETCH, DELETE_DUE, DELETE_DAY, MARK_DAY]
}
