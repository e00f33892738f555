//! Healing attempts, reported and derived, for figures: many at once, packed into texts by SQLite, which is several
//! times faster than rows.
//!
//! Both tables name the columns they share alike, so that one statement reads either. Not here: lists of the records
//! that were sent (`Store::page`).

use std::collections::HashMap;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::Store;
use super::super::archive::sealed_rows;
use super::super::dictionary::Dict;
use super::super::error::{StoreError, query};
use super::super::healings::HealingRow;
use super::super::page::{Condition, conditions, push_conditions};
use super::durations::{unpack, unpack_durations};
use crate::analytics::healing::{Attempt, Attempts};
use crate::model::healing::{Evidence, HealingEntry, HealingQuery, Origin, Waiting};
use crate::model::{Micros, TimeRange};

const PACK: &str = "select json_group_array(ts), json_group_array(strategy), json_group_array(failure_type), \
    json_group_array(success), json_group_array(coalesce(duration_ms, -1)), json_group_array(coalesce(agent, 0)), \
    json_group_array(detected_ts), json_group_array(failure_id) from ";
/// Agents that were not looked through since something of theirs was written.
const COUNT_DUE: &str = "select count(*) from derive_due";
const LAST_DERIVED: &str = "select max(ts) from derived_healing where success is not null";
const ENTRIES: &str = "select d.id, d.ts, (select name from strategy_name where id = d.strategy), \
    (select name from failure_name where id = d.failure_type), d.success, d.duration_ms, d.detected_ts, d.failure_id, \
    (select name from agent_name where id = d.agent), (select name from project_name where id = d.project), d.evidence \
    from derived_healing d where ";

/// Attempts as they are read, words as numbers of the store.
#[derive(Debug, Default)]
struct Gathered {
    rows: Vec<Attempt>,
    strategies: Numbers,
    failure_types: Numbers,
    agents: Numbers,
    failures: HashMap<(Origin, Box<str>), u32>,
}

/// Numbers of the store, and the dense ones that stand for them.
#[derive(Debug, Default)]
struct Numbers {
    dense: HashMap<i64, u32>,
    order: Vec<i64>,
}

impl Numbers {
    fn dense(&mut self, number: i64) -> u32 {
        let next = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        *self.dense.entry(number).or_insert_with(|| {
            self.order.push(number);
            next
        })
    }
}

/// One attempt as the store has it.
struct Raw<'a> {
    origin: Origin,
    ts: i64,
    strategy: i64,
    failure_type: i64,
    success: bool,
    duration_ms: Option<f64>,
    agent: Option<i64>,
    detected_ts: Option<i64>,
    failure_id: Option<&'a str>,
}

impl Gathered {
    fn push(&mut self, raw: &Raw<'_>) {
        let next = u32::try_from(self.failures.len()).unwrap_or(u32::MAX);
        let failure = raw.failure_id.map(|id| *self.failures.entry((raw.origin, id.into())).or_insert(next));
        self.rows.push(Attempt {
            ts: Micros(raw.ts),
            origin: raw.origin,
            strategy: self.strategies.dense(raw.strategy),
            failure_type: self.failure_types.dense(raw.failure_type),
            agent: raw.agent.map(|agent| self.agents.dense(agent)),
            success: raw.success,
            duration_ms: raw.duration_ms,
            detected_at: raw.detected_ts.map(Micros),
            failure,
        });
    }

    /// Reads packed columns.
    fn unpack(&mut self, origin: Origin, packed: &SqliteRow) -> Result<(), StoreError> {
        let text = |index: usize| packed.try_get::<&str, _>(index).map_err(query("read healings"));
        let whole = |index: usize| unpack::<i64>(text(index)?);
        let (times, strategies, kinds, successes) = (whole(0)?, whole(1)?, whole(2)?, whole(3)?);
        let durations = unpack_durations(text(4)?)?;
        let agents = whole(5)?;
        let detected: Vec<Option<i64>> = parse(text(6)?)?;
        let failures: Vec<Option<String>> = parse(text(7)?)?;
        for (place, ts) in times.into_iter().enumerate() {
            let lost = || StoreError::Damaged { what: "columns of healings differ in length".to_owned() };
            let at = |column: &[i64]| column.get(place).copied().ok_or_else(lost);
            let agent = at(&agents)?;
            self.push(&Raw {
                origin,
                ts,
                strategy: at(&strategies)?,
                failure_type: at(&kinds)?,
                success: at(&successes)? != 0,
                duration_ms: durations.get(place).copied().filter(|ms| *ms >= 0.0),
                agent: (agent != 0).then_some(agent),
                detected_ts: detected.get(place).copied().flatten(),
                failure_id: failures.get(place).and_then(Option::as_deref),
            });
        }
        Ok(())
    }
}

/// Reads a JSON array that SQLite packed.
fn parse<'a, T: serde::Deserialize<'a>>(packed: &'a str) -> Result<Vec<T>, StoreError> {
    serde_json::from_str(packed).map_err(|error| StoreError::Damaged { what: format!("packed healings: {error}") })
}

/// Which table holds attempts of `origin`, and what makes its rows attempts.
fn table(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::Reported => ("healing", ""),
        Origin::Derived => ("derived_healing", " and success is not null"),
    }
}

pub(in crate::store) fn pack_sql(origin: Origin, range: TimeRange, conditions: &[Condition]) -> QueryBuilder<Sqlite> {
    let (table, attempts) = table(origin);
    let mut sql = QueryBuilder::new(PACK);
    sql.push(table).push(" where ts >= ").push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    sql.push(attempts);
    push_conditions(&mut sql, conditions);
    sql
}

impl Store {
    /// Every attempt that `query` asks about in `range`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn healing_attempts(&self, asked: &HealingQuery, range: TimeRange) -> Result<Attempts, StoreError> {
        let Some(conditions) = conditions::<HealingRow>(self.reader(), &asked.filter).await? else {
            return Ok(Attempts::default()); // a word that no record uses
        };
        let action = "read healings";
        let tests = conditions.iter().map(Condition::test::<HealingRow>).collect::<Result<Vec<_>, _>>()?;
        let mut gathered = Gathered::default();
        let mut moment = self.reader().begin().await.map_err(query("start reading"))?;
        for origin in Origin::ALL.into_iter().filter(|origin| asked.origins.has(*origin)) {
            let mut sql = pack_sql(origin, range, &conditions);
            let packed = sql.build().fetch_one(&mut *moment).await.map_err(query(action))?;
            gathered.unpack(origin, &packed)?;
        }
        if asked.origins.has(Origin::Reported) {
            for (_, row) in sealed_rows::<HealingRow>(&mut moment, range, tests).await? {
                gathered.push(&Raw {
                    origin: Origin::Reported,
                    ts: row.ts,
                    strategy: row.strategy,
                    failure_type: row.failure_type,
                    success: row.success,
                    duration_ms: Some(row.duration_ms),
                    agent: row.agent,
                    detected_ts: row.detected_ts,
                    failure_id: row.failure_id.as_deref(),
                });
            }
        }
        let strategies = words(&mut moment, Dict::Strategy, &gathered.strategies).await?;
        let failure_types = words(&mut moment, Dict::Failure, &gathered.failure_types).await?;
        let agents = words(&mut moment, Dict::Agent, &gathered.agents).await?;
        moment.rollback().await.map_err(query("end reading"))?;
        Ok(Attempts::new(gathered.rows, strategies, failure_types, agents))
    }

    /// Failures noticed in `range` that may still heal, and how many agents were not looked through; the limit is the
    /// caller's to say.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn waiting_healings(&self, asked: &HealingQuery, range: TimeRange) -> Result<Waiting, StoreError> {
        let action = "count failures that may still heal";
        let behind: i64 =
            sqlx::query_scalar(COUNT_DUE).fetch_one(self.reader()).await.map_err(query("count agents with news"))?;
        let mut waiting = Waiting { agents_behind: behind.unsigned_abs(), ..Waiting::default() };
        let conditions = conditions::<HealingRow>(self.reader(), &asked.filter).await?;
        let (Some(conditions), true) = (conditions, asked.origins.has(Origin::Derived)) else { return Ok(waiting) };
        let mut sql = waiting_sql(range, &conditions);
        let open: i64 = sql.build_query_scalar().fetch_one(self.reader()).await.map_err(query(action))?;
        waiting.failures = open.unsigned_abs();
        Ok(waiting)
    }

    /// When the last derived attempt ended.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn last_derived(&self) -> Result<Option<Micros>, StoreError> {
        let last: Option<i64> =
            sqlx::query_scalar(LAST_DERIVED).fetch_one(self.reader()).await.map_err(query("find the last healing"))?;
        Ok(last.map(Micros))
    }

    /// Derived attempts, newest first: at most `limit`, after the place (time, row) `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn derived_entries(
        &self,
        asked: &HealingQuery,
        range: TimeRange,
        after: Option<(Micros, i64)>,
        limit: u32,
    ) -> Result<Vec<HealingEntry>, StoreError> {
        let Some(conditions) = conditions::<HealingRow>(self.reader(), &asked.filter).await? else {
            return Ok(Vec::new());
        };
        let mut sql = entries_sql(range, &conditions, after, limit);
        let rows = sql.build().fetch_all(self.reader()).await.map_err(query("list healings that were found"))?;
        rows.iter().map(entry).collect()
    }
}

pub(in crate::store) fn waiting_sql(range: TimeRange, conditions: &[Condition]) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select count(*) from derived_healing where success is null and ts >= ");
    sql.push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    push_conditions(&mut sql, conditions);
    sql
}

pub(in crate::store) fn entries_sql(
    range: TimeRange,
    conditions: &[Condition],
    after: Option<(Micros, i64)>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let until = after.map_or(range.until.0, |(ts, _)| range.until.0.min(ts.0.saturating_add(1)));
    let mut sql = QueryBuilder::new(ENTRIES);
    sql.push("d.ts >= ").push_bind(range.from.0).push(" and d.ts < ").push_bind(until);
    sql.push(" and d.success is not null");
    push_conditions(&mut sql, conditions);
    if let Some((ts, row)) = after {
        sql.push(" and (d.ts, d.id) < (").push_bind(ts.0).push(", ").push_bind(row).push(")");
    }
    sql.push(" order by d.ts desc, d.id desc limit ").push_bind(i64::from(limit));
    sql
}

fn entry(row: &SqliteRow) -> Result<HealingEntry, StoreError> {
    let evidence: String = row.try_get(10).map_err(query("list healings that were found"))?;
    let evidence: Vec<Evidence> = parse(&evidence)?;
    let read = || {
        Ok(HealingEntry {
            origin: Origin::Derived,
            row: row.try_get(0)?,
            timestamp: Micros(row.try_get(1)?),
            strategy: row.try_get(2)?,
            failure_type: row.try_get(3)?,
            success: row.try_get(4)?,
            duration_ms: row.try_get(5)?,
            detected_at: Some(Micros(row.try_get(6)?)),
            failure_id: row.try_get(7)?,
            agent_id: row.try_get(8)?,
            project: row.try_get(9)?,
            actions: Vec::new(),
            evidence,
        })
    };
    read().map_err(query("list healings that were found"))
}

/// The words of `numbers`, in their order.
async fn words(connection: &mut SqliteConnection, dict: Dict, numbers: &Numbers) -> Result<Vec<String>, StoreError> {
    let mut words = Vec::with_capacity(numbers.order.len());
    for number in &numbers.order {
        let word: Option<String> = sqlx::query_scalar(dict.select_name())
            .bind(*number)
            .fetch_optional(&mut *connection)
            .await
            .map_err(query("look up a name"))?;
        let lost =
            || StoreError::Damaged { what: format!("a healing uses {number}, which is not in {}", dict.table()) };
        words.push(word.ok_or_else(lost)?);
    }
    Ok(words)
}
