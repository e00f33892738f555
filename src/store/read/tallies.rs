//! Counts and sums of tasks by time: the same columns from rollups and from records.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups};
use crate::analytics::cost::add_tokens;
use crate::analytics::grid::{Grid, Piece};
use crate::model::TimeRange;
use crate::model::answer::{Rate, Tier};
use crate::model::overview::TokenTotals;

/// Sums over rollup rows. `total` and a cast, not `sum`: absurd token counts saturate instead of failing the page.
const BUCKET_SUMS: &str = "sum(tasks), sum(success), sum(failure), sum(timeout), sum(cancelled), sum(failed), \
    sum(other), sum(duration_n), total(duration_sum), max(duration_max), sum(used_n), \
    cast(total(used_sum) as integer), cast(total(input_sum) as integer), cast(total(output_sum) as integer), \
    cast(total(cache_read_sum) as integer), cast(total(cache_write_sum) as integer), \
    cast(total(reasoning_sum) as integer), cast(total(unsplit_sum) as integer), min(duration_min)";

/// The same over records. Results 1–5 are the known words; 6–15 are not given out.
const TASK_SUMS: &str = "count(*), count(*) filter (where result = 1), count(*) filter (where result = 2), \
    count(*) filter (where result = 3), count(*) filter (where result = 4), count(*) filter (where result = 5), \
    count(*) filter (where result is null or result > 5), count(duration_ms), total(duration_ms), max(duration_ms), \
    count(tokens_used), cast(total(tokens_used) as integer), cast(total(tokens_input) as integer), \
    cast(total(tokens_output) as integer), cast(total(tokens_cache_read) as integer), \
    cast(total(tokens_cache_write) as integer), cast(total(tokens_reasoning) as integer), \
    cast(total(tokens_used) filter (where coalesce(tokens_input, tokens_output, tokens_cache_read, \
    tokens_cache_write) is null) as integer), min(duration_ms)";

/// Counts and sums of some tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// All of them.
    pub tasks: u64,
    /// Those that succeeded.
    pub success: u64,
    /// … failed.
    pub failure: u64,
    /// … ran out of time.
    pub timeout: u64,
    /// … were stopped.
    pub cancelled: u64,
    /// … failed, nobody says how.
    pub failed: u64,
    /// … have another result word, or none.
    pub other: u64,
    /// Those with a duration.
    pub timed: u64,
    /// Sum of the durations in milliseconds.
    pub duration_sum: f64,
    /// The shortest duration.
    pub duration_min: Option<f64>,
    /// The longest duration.
    pub duration_max: Option<f64>,
    /// Tokens.
    pub tokens: TokenTotals,
}

impl Tally {
    /// Adds the tasks of `other`.
    pub fn add(&mut self, other: &Self) {
        self.tasks += other.tasks;
        self.success += other.success;
        self.failure += other.failure;
        self.timeout += other.timeout;
        self.cancelled += other.cancelled;
        self.failed += other.failed;
        self.other += other.other;
        self.timed += other.timed;
        self.duration_sum += other.duration_sum;
        self.duration_min = one_of(self.duration_min, other.duration_min, f64::min);
        self.duration_max = one_of(self.duration_max, other.duration_max, f64::max);
        add_tokens(&mut self.tokens, &other.tokens);
    }

    /// All of `parts` together.
    #[must_use]
    pub fn over(parts: &[Self]) -> Self {
        let mut whole = Self::default();
        parts.iter().for_each(|part| whole.add(part));
        whole
    }

    /// Successes of the tasks that count in the rate; `None` when none does.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        Rate::new(self.success, self.success + self.failure + self.timeout + self.cancelled + self.failed)
    }

    /// The mean duration in milliseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.duration_sum / self.timed as f64)
    }

    fn read(row: &SqliteRow, first: usize) -> Result<Self, sqlx::Error> {
        let count = |offset: usize| row.try_get::<i64, _>(first + offset).map(i64::unsigned_abs);
        let sum = |offset: usize| row.try_get::<i64, _>(first + offset);
        Ok(Self {
            tasks: count(0)?,
            success: count(1)?,
            failure: count(2)?,
            timeout: count(3)?,
            cancelled: count(4)?,
            failed: count(5)?,
            other: count(6)?,
            timed: count(7)?,
            duration_sum: row.try_get(first + 8)?,
            duration_min: row.try_get(first + 18)?,
            duration_max: row.try_get(first + 9)?,
            tokens: TokenTotals {
                recorded: count(10)?,
                used: sum(11)?,
                input: sum(12)?,
                output: sum(13)?,
                cache_read: sum(14)?,
                cache_write: sum(15)?,
                reasoning: sum(16)?,
                unsplit: sum(17)?,
            },
        })
    }
}

/// The one that `choose` prefers; the only one where there is no other.
fn one_of(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}

/// A tally of one slot; a slot may come in several parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TallyAt {
    /// Its place in the grid.
    pub slot: usize,
    /// The part of its tasks.
    pub tally: Tally,
}

/// How many tasks of one slot have one imported result word, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordAt {
    /// Its place in the grid.
    pub slot: usize,
    /// The word; `None` = no result.
    pub word: Option<String>,
    /// How many.
    pub tasks: u64,
}

/// Adds `select (… - start) / step`, the slot.
pub(super) fn push_slot(sql: &mut QueryBuilder<Sqlite>, time: &str, grid: &Grid) {
    sql.push("select (").push(time).push(" - ").push_bind(grid.start.0).push(") / ").push_bind(grid.step);
}

/// The slot in the first column.
pub(super) fn read_slot(row: &SqliteRow) -> Result<usize, sqlx::Error> {
    usize::try_from(row.try_get::<i64, _>(0)?).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

impl Snapshot {
    /// Tallies of `cut` by slot, over all `pieces`. Pieces of rollup tiers need a cut that has rollups.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn tallies(&mut self, pieces: &[Piece], cut: &Cut, grid: &Grid) -> Result<Vec<TallyAt>, StoreError> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let read = |row: SqliteRow| Ok(TallyAt { slot: read_slot(&row)?, tally: Tally::read(&row, 1)? });
        let mut sql = tallies_sql(pieces, cut, grid);
        let mut tallies = sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("add up tasks"))?;
        self.add_sealed_tallies(pieces, cut, grid, &mut tallies).await?;
        Ok(tallies)
    }

    /// Which words [`Tally::other`] counted; a word of a slot may come in two parts.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn other_words(&mut self, range: TimeRange, cut: &Cut, grid: &Grid) -> Result<Vec<WordAt>, StoreError> {
        let read = |row: SqliteRow| {
            let tasks = row.try_get::<i64, _>(2)?.unsigned_abs();
            Ok(WordAt { slot: read_slot(&row)?, word: row.try_get(1)?, tasks })
        };
        let mut sql = other_words_sql(range, cut, grid);
        let mut words =
            sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("count result words"))?;
        self.add_sealed_words(range, cut, grid, &mut words).await?;
        Ok(words)
    }
}

pub(super) fn tallies_sql(pieces: &[Piece], cut: &Cut, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        if piece.tier == Tier::Raw {
            push_slot(&mut sql, "ts", grid);
            sql.push(", ").push(TASK_SUMS);
            cut.push_tasks(&mut sql, piece.range);
        } else {
            push_slot(&mut sql, "bucket", grid);
            sql.push(", ").push(BUCKET_SUMS);
            cut.push_buckets(&mut sql, piece.tier, piece.range);
        }
        sql.push(" group by 1");
    }
    sql
}

pub(super) fn other_words_sql(range: TimeRange, cut: &Cut, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    push_slot(&mut sql, "ts", grid);
    sql.push(", (select name from result_name where id = result), count(*)");
    if cut.rollups() == Rollups::Fleet {
        sql.push(" from task indexed by task_other where (result is null or result > 15)");
        sql.push(" and ts >= ").push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    } else {
        cut.push_tasks(&mut sql, range);
        sql.push(" and (result is null or result > 15)");
    }
    sql.push(" group by 1, result");
    sql
}
