//! What retention asks for, one short transaction after the other. Stopping between two of them is always fine:
//! the next run goes on.

use std::collections::BTreeMap;

use crate::analytics::retention::{DayState, Due, Policy, Step, next_victim};
use crate::model::maintain::{Action, Change, MaintenanceReport, SealedDay, Shelf};
use crate::model::{Dataset, Micros};
use crate::service::{Service, ServiceError};
use crate::store::SealOptions;
use crate::store::chore::Removed;
use crate::store::retention::{VACUUM_AFTER_ROWS, first_minute};
use crate::store::size::{Measured, table_of};

/// What was done so far, by action, table and shelf.
#[derive(Debug, Default)]
struct Book {
    lines: BTreeMap<(Action, &'static str, Shelf), Line>,
    measured: Measured,
}

#[derive(Debug, Default)]
struct Line {
    days: u64,
    rows: u64,
    bytes: u64,
    last_day: Option<Micros>,
}

impl Book {
    fn add(&mut self, action: Action, table: &'static str, shelf: Shelf, day: Option<Micros>, rows: u64, bytes: u64) {
        if rows == 0 {
            return;
        }
        let line = self.lines.entry((action, table, shelf)).or_default();
        line.days += u64::from(day.is_some() && line.last_day != day);
        line.last_day = day;
        line.rows += rows;
        line.bytes += bytes;
    }

    fn removed(&mut self, removed: &Removed, day: Option<Micros>) {
        for &(table, shelf, rows) in &removed.rows {
            let of_chunks = shelf == Shelf::Sealed;
            let bytes = if of_chunks { removed.sealed_bytes } else { self.bytes_of(table, shelf, rows) };
            self.add(Action::Deleted, table, shelf, day, rows, bytes);
        }
    }

    /// About how many bytes `rows` of a table take, by the mean of all of them.
    fn bytes_of(&self, table: &str, shelf: Shelf, rows: u64) -> u64 {
        let part = self.measured.parts.iter().find(|part| part.table == table && part.shelf == shelf);
        part.map_or(0, |part| part.bytes.saturating_mul(rows) / part.rows.max(1))
    }

    fn changes(self) -> Vec<Change> {
        let change = |((action, table, shelf), line): ((Action, &str, Shelf), Line)| Change {
            action,
            table: table.to_owned(),
            shelf,
            days: line.days,
            rows: line.rows,
            bytes: line.bytes,
        };
        self.lines.into_iter().map(change).collect()
    }
}

impl Service {
    /// Does what retention asks for at `now`, or, with `older_than`, deletes what is older than so many days.
    pub(super) async fn cleanup(
        &self,
        older_than: Option<u32>,
        dry_run: bool,
        now: Micros,
    ) -> Result<MaintenanceReport, ServiceError> {
        self.desk.step("looking at what there is", 0, 0);
        let settings = self.settings();
        let policy =
            older_than.map_or_else(|| Policy::new(&settings.retention, &settings.compression), Policy::older_than);
        let plan = policy.plan(&self.days().await?, now);
        let mut book = Book { measured: self.measured(now).await?.1, ..Book::default() };
        let sealed = if dry_run { self.sealed().await? } else { Vec::new() };
        let total = plan.steps.len() as u64;
        for (done, step) in (0..).zip(&plan.steps) {
            self.desk.step(describe(step), done, total);
            if dry_run { self.foresee(step, &sealed, &mut book).await? } else { self.take(step, &mut book).await? }
        }
        let mut report = MaintenanceReport { dry_run, days_spared: plan.spared, ..MaintenanceReport::default() };
        if dry_run {
            let expired = self.store().expired_memory(now).await?;
            let bytes = book.bytes_of("memory", Shelf::Rows, expired);
            book.add(Action::Deleted, "memory", Shelf::Rows, None, expired, bytes);
        } else {
            self.desk.step("deleting expired memory", total, total);
            self.take_expired(&mut book, now).await?;
            self.desk.step("taking old minutes away", total, total);
            self.take_minutes(&mut book, now).await?;
            report.over_cap_bytes = self.keep_below_cap(&mut book, now).await?;
            if self.store().rows_deleted().await? >= VACUUM_AFTER_ROWS {
                report.freed_bytes = self.vacuum().await?.freed_bytes;
            }
        }
        report.changes = book.changes();
        Ok(report)
    }

    /// What is known of every day of every dataset.
    async fn days(&self) -> Result<Vec<DayState>, ServiceError> {
        let mut days = Vec::new();
        for dataset in Dataset::ALL {
            days.extend(self.store().day_states(dataset).await?);
        }
        for sealed in self.sealed().await? {
            let own = |day: &&mut DayState| (day.dataset, day.day) == (sealed.dataset, sealed.day);
            if let Some(day) = days.iter_mut().find(own) {
                day.sealed = true;
            }
        }
        Ok(days)
    }

    /// Does one step of the plan.
    async fn take(&self, step: &Step, book: &mut Book) -> Result<(), ServiceError> {
        match step.due {
            Due::Delete => self.delete_day(step, book).await,
            Due::TakeHours => loop {
                let removed = self.store().take_hours(step.dataset, step.day).await?;
                book.removed(&removed, Some(step.day));
                if !removed.more {
                    return Ok(());
                }
            },
            Due::Seal => self.seal_day(step, book).await,
        }
    }

    async fn delete_day(&self, step: &Step, book: &mut Book) -> Result<(), ServiceError> {
        let store = self.store();
        book.removed(&store.doom_day(step.dataset, step.day).await?, Some(step.day));
        loop {
            let removed = store.delete_rows(step.dataset, step.day).await?;
            book.removed(&removed, Some(step.day));
            if !removed.more {
                return Ok(());
            }
        }
    }

    async fn seal_day(&self, step: &Step, book: &mut Book) -> Result<(), ServiceError> {
        let settings = self.settings().compression;
        let options = SealOptions { level: settings.compression_level, rows_per_chunk: settings.batch_size };
        let sealed = self.store().seal_day(step.dataset, step.day, &options).await?;
        self.store().count_deleted(sealed.rows).await?;
        let table = table_of(step.dataset);
        let freed = book.bytes_of(table, Shelf::Rows, sealed.rows).saturating_sub(sealed.bytes);
        book.add(Action::Sealed, table, Shelf::Rows, Some(step.day), sealed.rows, freed);
        Ok(())
    }

    async fn take_expired(&self, book: &mut Book, now: Micros) -> Result<(), ServiceError> {
        loop {
            let removed = self.store().expire_memory(now).await?;
            book.removed(&removed, None);
            if !removed.more {
                return Ok(());
            }
        }
    }

    async fn take_minutes(&self, book: &mut Book, now: Micros) -> Result<(), ServiceError> {
        loop {
            let removed = self.store().take_minutes(first_minute(now)).await?;
            book.removed(&removed, None);
            if !removed.more {
                return Ok(());
            }
        }
    }

    /// Deletes the oldest days until the store is below its limit; returns by how much it still is above.
    async fn keep_below_cap(&self, book: &mut Book, now: Micros) -> Result<u64, ServiceError> {
        let cap = self.settings().retention.size_cap_mb.saturating_mul(1 << 20);
        if cap == 0 {
            return Ok(0);
        }
        loop {
            let (file, free) = self.store().space().await?;
            let over = (file - free).saturating_sub(cap);
            if over == 0 {
                return Ok(0);
            }
            let Some(victim) = next_victim(&self.days().await?, now) else { return Ok(over) };
            self.desk.step(format!("{}: the store is {over} bytes too large", describe(&victim)), 0, 0);
            self.delete_day(&victim, book).await?;
        }
    }

    /// Notes what a step would do.
    async fn foresee(&self, step: &Step, sealed: &[SealedDay], book: &mut Book) -> Result<(), ServiceError> {
        let (dataset, day) = (step.dataset, step.day);
        let table = table_of(dataset);
        match step.due {
            Due::TakeHours => {
                if let Some((table, rows)) = self.store().count_hours(dataset, day).await? {
                    let bytes = book.bytes_of(table, Shelf::Hours, rows);
                    book.add(Action::Deleted, table, Shelf::Hours, Some(day), rows, bytes);
                }
            }
            Due::Delete | Due::Seal => {
                let rows = self.store().count_rows(dataset, day).await?;
                let bytes = book.bytes_of(table, Shelf::Rows, rows);
                let action = if step.due == Due::Seal { Action::Sealed } else { Action::Deleted };
                book.add(action, table, Shelf::Rows, Some(day), rows, bytes);
                let own = |of: &&SealedDay| step.due == Due::Delete && (of.dataset, of.day) == (dataset, day);
                for of in sealed.iter().filter(own) {
                    book.add(Action::Deleted, "chunk", Shelf::Sealed, Some(day), of.rows, of.bytes);
                }
            }
        }
        Ok(())
    }
}

/// A step in words.
fn describe(step: &Step) -> String {
    let doing = match step.due {
        Due::Delete => "deleting",
        Due::TakeHours => "taking the hours away of",
        Due::Seal => "sealing",
    };
    let day = step.day.to_rfc3339();
    format!("{doing} {} of {}", step.dataset.as_str(), day.split('T').next().unwrap_or(&day))
}
