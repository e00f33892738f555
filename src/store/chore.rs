//! Small pieces of upkeep that the writer does between records, each in one transaction.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;

use super::alerts::{self, AlertChore};
use super::batch::Caches;
use super::deliveries;
use super::derived::{self, FoundStretch};
use super::error::StoreError;
use super::patterns::{self, Learned};
use super::{memory, pulse, retention, runs};
use crate::model::maintain::Shelf;
use crate::model::pattern::PatternChange;
use crate::model::{Dataset, Micros};

/// What is to be done.
#[derive(Debug, Clone)]
pub(super) enum Chore {
    /// Note that a maintenance run starts.
    BeginRun { task: &'static str, now: Micros },
    /// Note how it ended.
    EndRun { id: i64, now: Micros, report: Option<String>, error: Option<String> },
    /// Take some minute buckets before an instant away.
    Minutes { before: Micros },
    /// Take some hours of a day away, and keep in mind that they are gone.
    Hours { dataset: Dataset, day: Micros },
    /// Begin to delete a day: its rollups go at once.
    Doom { dataset: Dataset, day: Micros },
    /// Delete some chunks or rows of a doomed day; with the last of them it is no longer doomed.
    Delete { dataset: Dataset, day: Micros },
    /// Keep in mind that so many rows left their table by other means.
    Count { rows: u64 },
    /// Mark agents that say they are at work and were last heard of before an instant.
    MarkStale { before: Micros, now: Micros },
    /// Forget which agents are marked as having news, and mark those with failures that are decided by now.
    FindDue { now: Micros },
    /// Store healings that were found in events.
    PutHealings(Vec<FoundStretch>),
    /// Delete some memory that expired.
    ExpireMemory { now: Micros },
    /// Keep the patterns that were learned, and note what changed.
    KeepPatterns(Arc<Learned>),
    /// Keep what became of alerts, or what people set about them.
    Alerts(Box<AlertChore>),
    /// Keep, claim or note messages to channels.
    Deliver(Box<deliveries::Step>),
}

/// What was done.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The run or silence has this id, or so many rows of alerts were changed.
    Run(i64),
    /// So many rows were changed.
    Counted(u64),
    /// So much was taken away.
    Removed(Removed),
    /// Patterns changed so.
    Patterns(Vec<PatternChange>),
    /// Messages to channels were kept, claimed or noted.
    Delivered(deliveries::Stepped),
    /// Nothing to tell.
    Noted,
}

/// What one step took away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Rows by table and shelf.
    pub rows: Vec<(&'static str, Shelf, u64)>,
    /// Bytes of the chunks among them.
    pub sealed_bytes: u64,
    /// Whether there is more of the same to do.
    pub more: bool,
}

impl Removed {
    pub(super) fn note(&mut self, table: &'static str, shelf: Shelf, rows: u64) {
        match self.rows.iter_mut().find(|(known, of, _)| (*known, *of) == (table, shelf)) {
            Some((_, _, sum)) => *sum += rows,
            None if rows > 0 => self.rows.push((table, shelf, rows)),
            None => {}
        }
    }

    /// All rows together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, _, rows)| rows).sum()
    }
}

/// Does `chore` inside the writer's transaction.
///
/// # Errors
/// [`StoreError`]; then the transaction must be rolled back and the caches forgotten.
pub(super) async fn run(
    connection: &mut SqliteConnection,
    caches: &mut Caches,
    chore: &Chore,
    clock: Micros,
) -> Result<Outcome, StoreError> {
    let rollups = &mut caches.rollups;
    let removed = match chore {
        Chore::BeginRun { task, now } => return runs::begin(connection, task, *now).await.map(Outcome::Run),
        Chore::EndRun { id, now, report, error } => {
            runs::end(connection, *id, *now, report.as_deref(), error.as_deref()).await?;
            return Ok(Outcome::Noted);
        }
        Chore::Count { rows } => {
            retention::count_deleted(connection, *rows).await?;
            return Ok(Outcome::Noted);
        }
        Chore::MarkStale { before, now } => {
            let marked = pulse::mark(connection, *before, *now).await?;
            caches.pulses = Default::default();
            return Ok(Outcome::Counted(marked));
        }
        Chore::FindDue { now } => {
            caches.marks = Default::default();
            derived::mark_decided(connection, *now).await?;
            return Ok(Outcome::Noted);
        }
        Chore::PutHealings(found) => {
            let mut changed = 0;
            for stretch in found {
                changed += derived::put(connection, &mut caches.words, stretch).await?;
            }
            return Ok(Outcome::Counted(changed));
        }
        Chore::KeepPatterns(learned) => return patterns::keep(connection, learned).await.map(Outcome::Patterns),
        Chore::Alerts(chore) => return alerts::run(connection, chore).await.map(Outcome::Run),
        Chore::Deliver(step) => return deliveries::run(connection, step).await.map(Outcome::Delivered),
        Chore::ExpireMemory { now } => memory::expire_some(connection, *now).await?,
        Chore::Minutes { before } => retention::take_minutes(connection, *before).await?,
        Chore::Hours { dataset, day } => retention::take_hours(connection, *dataset, *day).await?,
        Chore::Doom { dataset, day } => retention::doom(connection, rollups, *dataset, *day).await?,
        Chore::Delete { dataset, day } => {
            patterns::count_rewrite(connection).await?;
            retention::delete_some(connection, rollups, *dataset, *day, clock).await?
        }
    };
    // The sums that are remembered may be among those that went.
    caches.rollups = Default::default();
    caches.sealing.forget();
    retention::count_deleted(connection, removed.total()).await?;
    Ok(Outcome::Removed(removed))
}
