//! The tables `pattern`, `pattern_change` and `pattern_learning`: what was learned of the whole store, and what became
//! of it.
//!
//! What changed is decided within the transaction that keeps it, against what is there then: two processes that learn
//! from one file tell a change once. Not here: learning (`analytics::patterns`) and when (`jobs::patterns`).

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Store;
use super::chore::{Chore, Outcome};
use super::error::{StoreError, query};
use super::queue::{Done, Work};
use super::read::Snapshot;
use super::sequence;
use crate::analytics::pattern_changes::{self, Known};
use crate::model::pattern::{ChangeKind, Learning, Pattern, PatternChange, PatternType};
use crate::model::time::DAY;
use crate::model::{Dataset, HighWater, Micros};

/// How long a pattern that faded is remembered, so that its page still tells what it was.
const FADED_KEPT: i64 = 30 * DAY;
/// Most changes that are remembered.
const CHANGES_KEPT: i64 = 10_000;

const SELECT_KNOWN: &str = "select pattern_id, pattern_type, description, noted_confidence, noted_occurrences, faded_ts is not null from pattern";
const UPSERT: &str = "insert into pattern (pattern_id, place, pattern_type, description, appeared_ts, \
    noted_confidence, noted_occurrences, body) \
    select value ->> 0, key, value ->> 1, value ->> 2, ?2, value ->> 3, value ->> 4, value ->> 5 from json_each(?1) \
    where true on conflict (pattern_id) do update set place = excluded.place, description = excluded.description, \
    body = excluded.body, faded_ts = null, \
    appeared_ts = iif(faded_ts is null, appeared_ts, excluded.appeared_ts)";
const NOTE: &str = "update pattern set noted_confidence = ?2, noted_occurrences = ?3 where pattern_id = ?1";
const FADE: &str = "update pattern set faded_ts = ?2 where pattern_id = ?1";
const FORGET_FADED: &str = "delete from pattern where faded_ts < ?";
const INSERT_CHANGE: &str = "insert into pattern_change (ts, pattern_id, change, pattern_type, description, \
    confidence_before, confidence_after, occurrences_before, occurrences_after) values (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const FORGET_CHANGES: &str = "delete from pattern_change where id <= (select max(id) from pattern_change) - ?";
const UPSERT_LEARNING: &str = "insert into pattern_learning (id, ts, history, body) values (1, ?1, ?2, ?3) \
    on conflict (id) do update set ts = excluded.ts, history = excluded.history, body = excluded.body";
const SELECT_LEARNING: &str = "select history, body from pattern_learning";
const SELECT_LEARNED_AT: &str = "select ts from pattern_learning";
const SELECT_PATTERNS: &str = "select body from pattern where faded_ts is null order by place";
const SELECT_PATTERN: &str = "select body, appeared_ts, faded_ts from pattern where pattern_id = ?";
const SELECT_CHANGES: &str = "select ts, change, pattern_id, pattern_type, description, confidence_before, \
    confidence_after, occurrences_before, occurrences_after from pattern_change order by id desc limit ?";
const SELECT_CHANGES_OF: &str = "select ts, change, pattern_id, pattern_type, description, confidence_before, \
    confidence_after, occurrences_before, occurrences_after from pattern_change where pattern_id = ? \
    order by id desc limit ?";
const SELECT_REWRITES: &str = "select n from lifetime_count where counter = 'rewritten' and label = 0";
const COUNT_REWRITE: &str = "insert into lifetime_count (counter, label, n) values ('rewritten', 0, 1) \
    on conflict (counter, label) do update set n = n + 1";

/// A state of the records that are learned from. Equal states are equal records; from one state to a later one with
/// the same `rewrites`, records were only added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryState {
    /// The last row ids of tasks, metrics and events.
    pub place: HighWater,
    /// How often such records were deleted or replaced.
    pub rewrites: i64,
}

/// What is to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// When, and over what.
    pub learning: Learning,
    /// The state of the records it was learned from.
    pub history: HistoryState,
    /// The patterns, in the order they are listed.
    pub patterns: Vec<Pattern>,
}

/// A kept pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPattern {
    /// As it was found last.
    pub pattern: Pattern,
    /// Since when it is known.
    pub appeared: Micros,
    /// Since when it is not found any more.
    pub faded: Option<Micros>,
}

impl Store {
    /// Keeps what was learned in place of what was, and notes what changed; returns the changes. What was learned
    /// earlier than what is kept is not kept, and changes nothing.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn keep_patterns(&self, learned: Arc<Learned>) -> Result<Vec<PatternChange>, StoreError> {
        match self.queue().run(Work::Chore(Chore::KeepPatterns(learned))).await? {
            Done::Chore(Outcome::Patterns(changes)) => Ok(changes),
            _ => Err(StoreError::Closed),
        }
    }
}

impl Snapshot {
    /// The state of the records that are learned from.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn history_state(&mut self) -> Result<HistoryState, StoreError> {
        let last = sequence::last(&mut self.tx).await?;
        let mut place = HighWater::default();
        for dataset in [Dataset::Tasks, Dataset::AgentMetrics, Dataset::SwarmMetrics, Dataset::Events] {
            place.pass(dataset, last.of(dataset));
        }
        let rewrites: Option<i64> = sqlx::query_scalar(SELECT_REWRITES)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("see whether records were replaced"))?;
        Ok(HistoryState { place, rewrites: rewrites.unwrap_or(0) })
    }

    /// When and over what the kept patterns were learned; `None` when none ever were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn learning(&mut self) -> Result<Option<(Learning, HistoryState)>, StoreError> {
        let found: Option<(String, String)> = sqlx::query_as(SELECT_LEARNING)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read when patterns were learned"))?;
        let Some((history, body)) = found else { return Ok(None) };
        let lost =
            || StoreError::Damaged { what: format!("patterns were learned from `{history}`, which is no state") };
        let (place, rewrites) = history.split_once(' ').ok_or_else(lost)?;
        let history =
            HistoryState { place: place.parse().map_err(|_| lost())?, rewrites: rewrites.parse().map_err(|_| lost())? };
        Ok(Some((from_json(&body)?, history)))
    }

    /// The patterns that were found last, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patterns(&mut self) -> Result<Vec<Pattern>, StoreError> {
        let found: Vec<String> =
            sqlx::query_scalar(SELECT_PATTERNS).fetch_all(&mut *self.tx).await.map_err(query("read patterns"))?;
        found.iter().map(|body| from_json(body)).collect()
    }

    /// One pattern, even if it faded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pattern(&mut self, pattern_id: &str) -> Result<Option<KeptPattern>, StoreError> {
        let found: Option<(String, i64, Option<i64>)> = sqlx::query_as(SELECT_PATTERN)
            .bind(pattern_id)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read a pattern"))?;
        let Some((body, appeared, faded)) = found else { return Ok(None) };
        Ok(Some(KeptPattern { pattern: from_json(&body)?, appeared: Micros(appeared), faded: faded.map(Micros) }))
    }

    /// The newest changes, newest first; of one pattern, or of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pattern_changes(&mut self, of: Option<&str>, limit: u32) -> Result<Vec<PatternChange>, StoreError> {
        let select = match of {
            Some(pattern_id) => sqlx::query(SELECT_CHANGES_OF).bind(pattern_id),
            None => sqlx::query(SELECT_CHANGES),
        };
        let rows = select.bind(limit).try_map(read_change).fetch_all(&mut *self.tx);
        rows.await.map_err(query("read what became of patterns"))
    }
}

fn read_change(row: SqliteRow) -> Result<PatternChange, sqlx::Error> {
    let word = |place: usize| row.try_get::<String, _>(place);
    let unknown = |word: String| sqlx::Error::Decode(format!("`{word}` is not known").into());
    let times = |place: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(place)?.map(i64::unsigned_abs));
    let (change, pattern_type) = (word(1)?, word(3)?);
    Ok(PatternChange {
        timestamp: Micros(row.try_get(0)?),
        change: ChangeKind::parse(&change).ok_or_else(|| unknown(change))?,
        pattern_id: word(2)?,
        pattern_type: PatternType::parse(&pattern_type).ok_or_else(|| unknown(pattern_type))?,
        description: word(4)?,
        confidence_before: row.try_get(5)?,
        confidence_after: row.try_get(6)?,
        occurrences_before: times(7)?,
        occurrences_after: times(8)?,
    })
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Damaged { what: format!("a kept pattern is unreadable: {error}") })
}

fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Damaged { what: format!("a pattern cannot be written down: {error}") })
}

/// Keeps what was learned, inside the writer's transaction.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    learned: &Learned,
) -> Result<Vec<PatternChange>, StoreError> {
    let now = learned.learning.learned_at;
    let keeping = || query("keep patterns");
    let later: Option<i64> =
        sqlx::query_scalar(SELECT_LEARNED_AT).fetch_optional(&mut *connection).await.map_err(keeping())?;
    if later.is_some_and(|later| later > now.0) {
        return Ok(Vec::new());
    }
    let changes = pattern_changes::changes(&known(connection).await?, &learned.patterns, now);
    let rows = learned.patterns.iter().map(|pattern| {
        let Pattern { pattern_id, pattern_type, description, confidence, occurrences, .. } = pattern;
        Ok((pattern_id, pattern_type, description, confidence, occurrences, to_json(pattern)?))
    });
    let rows = to_json(&rows.collect::<Result<Vec<_>, StoreError>>()?)?;
    sqlx::query(UPSERT).bind(rows).bind(now.0).execute(&mut *connection).await.map_err(keeping())?;
    for change in &changes {
        let noted = match change.change {
            ChangeKind::Faded => sqlx::query(FADE).bind(&change.pattern_id).bind(now.0),
            ChangeKind::Appeared | ChangeKind::Strengthened => {
                let occurrences = change.occurrences_after.map(u64::cast_signed);
                sqlx::query(NOTE).bind(&change.pattern_id).bind(change.confidence_after).bind(occurrences)
            }
        };
        noted.execute(&mut *connection).await.map_err(keeping())?;
        sqlx::query(INSERT_CHANGE)
            .bind(change.timestamp.0)
            .bind(&change.pattern_id)
            .bind(change.change.as_str())
            .bind(change.pattern_type.as_str())
            .bind(&change.description)
            .bind(change.confidence_before)
            .bind(change.confidence_after)
            .bind(change.occurrences_before.map(u64::cast_signed))
            .bind(change.occurrences_after.map(u64::cast_signed))
            .execute(&mut *connection)
            .await
            .map_err(keeping())?;
    }
    sqlx::query(FORGET_FADED)
        .bind(now.0.saturating_sub(FADED_KEPT))
        .execute(&mut *connection)
        .await
        .map_err(keeping())?;
    sqlx::query(FORGET_CHANGES).bind(CHANGES_KEPT).execute(&mut *connection).await.map_err(keeping())?;
    let HistoryState { place, rewrites } = learned.history;
    sqlx::query(UPSERT_LEARNING)
        .bind(now.0)
        .bind(format!("{place} {rewrites}"))
        .bind(to_json(&learned.learning)?)
        .execute(connection)
        .await
        .map_err(keeping())?;
    Ok(changes)
}

async fn known(connection: &mut SqliteConnection) -> Result<BTreeMap<String, Known>, StoreError> {
    let rows: Vec<(String, String, String, f64, i64, bool)> =
        sqlx::query_as(SELECT_KNOWN).fetch_all(connection).await.map_err(query("read patterns"))?;
    let read = |(id, pattern_type, description, confidence, occurrences, faded): (String, String, _, _, i64, _)| {
        let pattern_type = PatternType::parse(&pattern_type)
            .ok_or_else(|| StoreError::Damaged { what: format!("a pattern is of kind `{pattern_type}`") })?;
        let occurrences = occurrences.unsigned_abs();
        Ok((id, Known { pattern_type, description, confidence, occurrences, faded }))
    };
    rows.into_iter().map(read).collect()
}

/// Notes that records which patterns are learned from were replaced or deleted, inside the writer's transaction.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn count_rewrite(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(COUNT_REWRITE).execute(connection).await.map_err(query("note that records were replaced"))?;
    Ok(())
}
