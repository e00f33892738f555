//! Rollups: sums by minute, hour and day, kept in the transaction of the records they sum up.
//!
//! A batch is summed in memory first, by the finest keys; coarser sums are merged from those, so a
//! record is looked at once whatever the number of tiers. The sums are then merged into the stored
//! ones, whether the records are new, late or out of order. A replaced record has its hour summed
//! again from the records, and its day from the hours.
//!
//! A day whose hours were taken away by retention gets no hours any more: late records go into the day only,
//! and a replaced one has the day summed again from the records.
//!
//! Not here: reading rollups for answers (`read`), and when old ones go (`retention`).

pub(in crate::store) mod cube;
mod events;
mod expire;
mod ledger;
mod metrics;
mod rebuild;
mod retire;
mod statements;
mod tasks;

use sqlx::sqlite::SqliteConnection;

use super::error::StoreError;
use super::events::EventRow;
use super::healings::HealingRow;
use super::insert::Written;
use super::metrics::{MetricRow, OfAgent, OfSwarm, Subject};
use super::table::Table;
use super::tasks::TaskRow;
use crate::model::Micros;
use crate::model::maintain::Shelf;
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};

/// The counters of healings that worked and that did not; their labels are strategies.
pub(in crate::store) const HEALINGS: [(bool, &str); 2] = [(true, "healings_success"), (false, "healings_failure")];

/// How long minute buckets are worth their place, counted back from the moment of writing.
const MINUTES_KEPT: i64 = 48 * HOUR;

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    /// In microseconds.
    pub(in crate::store) const fn micros(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// The column `tier`: the width in seconds.
    pub(in crate::store) const fn tier(self) -> i64 {
        self.micros() / SECOND
    }

    /// What buckets of this width are kept as.
    pub(in crate::store) const fn shelf(self) -> Shelf {
        match self {
            Self::Minute => Shelf::Minutes,
            Self::Hour => Shelf::Hours,
            Self::Day => Shelf::Days,
        }
    }

    /// The start of the bucket that holds `ts`; rounds down before 1970 as well.
    pub(in crate::store) const fn bucket(self, ts: i64) -> i64 {
        ts.div_euclid(self.micros()) * self.micros()
    }
}

/// The stored sums that the writer remembers. Can be dropped at any time between transactions.
#[derive(Debug, Default)]
pub(in crate::store) struct Rollups {
    tasks: tasks::TaskCubes,
    metrics: metrics::MetricCube,
    events: events::EventCube,
    ledger: ledger::Ledger,
    hourless: expire::Hourless,
}

impl Rollups {
    /// Brings every sum about tasks up to date with what was `written`.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be rolled back and `self` dropped.
    pub(in crate::store) async fn tasks(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<TaskRow>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.hourless.load(connection).await?;
        self.tasks.merge(connection, written.stored(), &self.hourless, now).await?;
        let spans: Vec<_> = written.stored().filter_map(|task| Some((task.swarm?, task.agent, task.ts))).collect();
        self.ledger.span_swarms(connection, &spans).await?;
        self.ledger.count(connection, "tasks", written.stored().map(|task| task.result.unwrap_or(0))).await?;
        self.arrived(connection, written, now).await?;
        rebuild::tasks(connection, &mut self.tasks, &self.hourless, &written.replaced, now).await?;
        let moved =
            written.replaced.iter().map(|(old, new)| ((old.swarm, old.agent, old.ts), (new.swarm, new.agent, new.ts)));
        self.ledger.move_in_swarms(connection, moved).await
    }

    /// Brings every sum about agent metrics up to date.
    ///
    /// # Errors
    /// As [`Self::tasks`].
    pub(in crate::store) async fn agent_metrics(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<MetricRow<OfAgent>>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.metric_series(connection, written, now).await
    }

    /// Brings every sum about swarm metrics up to date.
    ///
    /// # Errors
    /// As [`Self::tasks`].
    pub(in crate::store) async fn swarm_metrics(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<MetricRow<OfSwarm>>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.metric_series(connection, written, now).await
    }

    async fn metric_series<S: Subject>(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<MetricRow<S>>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.hourless.load(connection).await?;
        self.metrics.merge(connection, written.stored(), &self.hourless).await?;
        self.arrived(connection, written, now).await?;
        rebuild::metrics(connection, &mut self.metrics, &self.hourless, &written.replaced).await
    }

    /// Brings every count about events up to date.
    ///
    /// # Errors
    /// As [`Self::tasks`].
    pub(in crate::store) async fn events(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<EventRow>,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.events.merge(connection, written).await?;
        let spans: Vec<_> = written.stored().filter_map(|event| Some((event.swarm?, event.agent, event.ts))).collect();
        self.ledger.span_swarms(connection, &spans).await?;
        self.ledger.count(connection, "events", written.stored().map(|event| event.kind)).await?;
        let moved =
            written.replaced.iter().map(|(old, new)| ((old.swarm, old.agent, old.ts), (new.swarm, new.agent, new.ts)));
        self.ledger.move_in_swarms(connection, moved).await?;
        self.arrived(connection, written, now).await
    }

    /// Counts healings, by strategy and whether they worked.
    ///
    /// # Errors
    /// As [`Self::tasks`].
    pub(in crate::store) async fn healings(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<HealingRow>,
        now: Micros,
    ) -> Result<(), StoreError> {
        for (success, counter) in HEALINGS {
            let of_these = written.stored().filter(|healing| healing.success == success);
            self.ledger.count(connection, counter, of_these.map(|healing| healing.strategy)).await?;
        }
        self.arrived(connection, written, now).await
    }

    /// Notes that records of these days arrived now.
    ///
    /// # Errors
    /// As [`Self::tasks`].
    pub(in crate::store) async fn arrived<T: Table>(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<T>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let after = written.replaced.iter().map(|(_, after)| after);
        let days = written.stored().chain(after).map(|row| Width::Day.bucket(row.time()));
        self.ledger.arrive(connection, T::DATASET, days, now).await
    }
}

/// The oldest minute bucket worth writing at `now`.
pub(in crate::store) fn first_minute(now: Micros) -> i64 {
    Width::Minute.bucket(now.0.saturating_sub(MINUTES_KEPT))
}

pub(in crate::store) use events::count_uncounted;
#[cfg(test)]
pub(in crate::store) use expire::clears;
pub(in crate::store) use retire::RETIRED;

/// The selects that read cells by key, up to their values, and how many values a key has.
#[cfg(test)]
pub(in crate::store) fn cell_reads() -> Vec<(String, usize)> {
    let [fleet, agent, usage] = tasks::sqls();
    let all = [(fleet, 2), (agent, 4), (usage, 5), (metrics::sql(), 5), (events::sql(), 3)];
    all.map(|(sql, keys)| (sql.select_by_keys(), keys)).into()
}
