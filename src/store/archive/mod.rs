//! Sealed detail: rows of old days as compressed columns, readable like any other.
//!
//! `codec` turns columns into bytes, `rows` says which columns a table has, `chunk` stores and opens
//! chunks, `seal` moves rows into them and back, `walk` goes through them in the order of time. Readers of
//! records (`page`, `read`) ask both the table and the chunks, within one read transaction.
//!
//! Invariants: a record lies in its table or in one chunk; chunks of a dataset never span two UTC days and
//! do not overlap in the order (time, row id); no two records share a key, wherever they lie (`meet`).
//!
//! Not here: when days are old enough to be sealed (`service`), and rollups, which sealing leaves alone.

mod cells;
mod check;
mod chunk;
mod codec;
mod filter;
mod meet;
pub(in crate::store) mod rows;
mod seal;
mod walk;

use sqlx::sqlite::SqliteConnection;

use super::Store;
use super::error::{StoreError, query};
use super::events::EventRow;
use super::healings::HealingRow;
use super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::queue::{Done, Work};
use super::tasks::TaskRow;
use crate::model::time::DAY;
use crate::model::{Dataset, Micros, TimeRange};

pub(in crate::store) use check::problems;
pub(in crate::store) use chunk::delete_of_day;
pub(in crate::store) use chunk::{Chunk, Head, Place, Wanted};
pub(in crate::store) use meet::{Sealing, meet};
pub(in crate::store) use rows::Sealed;
pub(in crate::store) use walk::{Test, Walk, open_at, open_holding, sealed_ends, sealed_rows};

/// Datasets whose old rows can be sealed. The registry and memory are small and always at hand.
pub const SEALED: [Dataset; 5] =
    [Dataset::Tasks, Dataset::AgentMetrics, Dataset::SwarmMetrics, Dataset::Events, Dataset::Healings];

const SELECT_DAYS: &str = "select day, sum(rows), count(*), sum(bytes) from chunk where dataset = ? \
                           group by day order by day";

/// How rows are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealOptions {
    /// Of zstd, 1 to 22.
    pub level: i32,
    /// Rows of a chunk, at least 1. Larger chunks are smaller on disk and slower to look into.
    pub rows_per_chunk: u32,
}

impl Default for SealOptions {
    fn default() -> Self {
        Self { level: 6, rows_per_chunk: 8192 }
    }
}

/// What sealing a day did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealedRows {
    /// Rows that left their table.
    pub rows: u64,
    /// Chunks that were written, those included that were packed anew because late rows fell into them.
    pub chunks: u64,
    /// Bytes of those chunks.
    pub bytes: u64,
}

/// What unsealing or dropping chunks did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsealed {
    /// Rows of the chunks.
    pub rows: u64,
    /// The chunks.
    pub chunks: u64,
}

/// What is sealed of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedDay {
    /// Its start.
    pub day: Micros,
    /// Rows.
    pub rows: u64,
    /// Chunks.
    pub chunks: u64,
    /// Bytes of the chunks.
    pub bytes: u64,
}

/// One step of work on chunks: one transaction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Seal some rows of the day.
    Seal { day: i64, options: SealOptions },
    /// Move a chunk back into its table.
    Unseal { range: TimeRange },
    /// Delete chunks that end before this moment.
    Drop { before: i64 },
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub rows: u64,
    pub chunks: u64,
    pub bytes: u64,
    /// Whether another step may find something to do.
    pub more: bool,
}

/// Does one step, inside a transaction that the writer opened.
///
/// # Errors
/// [`StoreError::NotSealed`] for a dataset that is never sealed, else what the step met.
pub(super) async fn step(
    connection: &mut SqliteConnection,
    dataset: Dataset,
    step: Step,
) -> Result<Progress, StoreError> {
    match dataset {
        Dataset::Tasks => step_of::<TaskRow>(connection, step).await,
        Dataset::AgentMetrics => step_of::<MetricRow<OfAgent>>(connection, step).await,
        Dataset::SwarmMetrics => step_of::<MetricRow<OfSwarm>>(connection, step).await,
        Dataset::Events => step_of::<EventRow>(connection, step).await,
        Dataset::Healings => step_of::<HealingRow>(connection, step).await,
        Dataset::Agents | Dataset::Memory => Err(StoreError::NotSealed { dataset }),
    }
}

async fn step_of<T: Sealed>(connection: &mut SqliteConnection, step: Step) -> Result<Progress, StoreError> {
    match step {
        Step::Seal { day, options } => seal::seal_step::<T>(connection, day, options).await,
        Step::Unseal { range } => seal::unseal_step::<T>(connection, range).await,
        Step::Drop { before } => {
            super::patterns::count_rewrite(connection).await?;
            seal::drop_step::<T>(connection, before).await
        }
    }
}

/// The statements that find chunks in the order of time.
#[cfg(test)]
pub(in crate::store) fn statements() -> Vec<&'static str> {
    walk::STATEMENTS.into_iter().chain(seal::STATEMENTS).collect()
}

impl Store {
    /// Seals every row of the UTC day that starts at `day`, a chunk a transaction, between which others
    /// write. Records that come later for that day stay in the table until it is sealed again.
    ///
    /// # Errors
    /// [`StoreError::NotSealed`] for the registry and memory, else as [`Store::write`]; what was sealed
    /// before the failure stays sealed.
    pub async fn seal_day(
        &self,
        dataset: Dataset,
        day: Micros,
        options: &SealOptions,
    ) -> Result<SealedRows, StoreError> {
        let day = day.0.div_euclid(DAY) * DAY;
        let done = self.steps(dataset, Step::Seal { day, options: *options }).await?;
        Ok(SealedRows { rows: done.rows, chunks: done.chunks, bytes: done.bytes })
    }

    /// Moves the rows of every chunk that overlaps `range` back into their table; whole chunks, so rows
    /// around the range may come along.
    ///
    /// # Errors
    /// As [`Self::seal_day`].
    pub async fn unseal(&self, range: TimeRange, dataset: Dataset) -> Result<Unsealed, StoreError> {
        let done = self.steps(dataset, Step::Unseal { range }).await?;
        Ok(Unsealed { rows: done.rows, chunks: done.chunks })
    }

    /// Deletes every chunk that ends before `before`, with its rows.
    ///
    /// # Errors
    /// As [`Self::seal_day`].
    pub async fn drop_chunks(&self, dataset: Dataset, before: Micros) -> Result<Unsealed, StoreError> {
        let done = self.steps(dataset, Step::Drop { before: before.0 }).await?;
        Ok(Unsealed { rows: done.rows, chunks: done.chunks })
    }

    /// What of `dataset` is sealed, by day, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn sealed_days(&self, dataset: Dataset) -> Result<Vec<SealedDay>, StoreError> {
        let days: Vec<(i64, i64, i64, i64)> = sqlx::query_as(SELECT_DAYS)
            .bind(dataset.as_str())
            .fetch_all(self.reader())
            .await
            .map_err(query("read what is sealed"))?;
        let read = |(day, rows, chunks, bytes): (i64, i64, i64, i64)| SealedDay {
            day: Micros(day),
            rows: rows.unsigned_abs(),
            chunks: chunks.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        };
        Ok(days.into_iter().map(read).collect())
    }

    /// Repeats a step until nothing is left to do.
    async fn steps(&self, dataset: Dataset, step: Step) -> Result<Progress, StoreError> {
        let mut whole = Progress::default();
        loop {
            let Done::Archive(done) = self.shared.queue.run(Work::Archive { dataset, step }).await? else {
                return Err(StoreError::Closed);
            };
            whole.rows += done.rows;
            whole.chunks += done.chunks;
            whole.bytes += done.bytes;
            if !done.more {
                return Ok(whole);
            }
        }
    }
}
