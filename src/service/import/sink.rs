//! Takes records as they are made, writes them in batches, and counts what became of them.

use std::collections::HashSet;

use super::report::ImportReport;
use super::{BATCH, kind};
use crate::model::{Record, Source};
use crate::service::ServiceError;
use crate::store::{Landing, Store};
use crate::wire::lenient::Haul;

/// Where records of one import go.
pub struct Sink<'a> {
    /// `None` = a dry run.
    store: Option<&'a Store>,
    batch: Vec<Record>,
    /// Source keys taken so far.
    seen: HashSet<(&'static str, String)>,
    /// What is known so far.
    pub report: ImportReport,
}

impl<'a> Sink<'a> {
    /// A sink for sources that may bring a record twice, as copied files do: the first one counts.
    pub fn new(store: Option<&'a Store>, report: ImportReport) -> Self {
        Self { store, batch: Vec::new(), seen: HashSet::new(), report }
    }

    /// Takes what was made of a piece of `file` that holds `rows`.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn take(&mut self, file: &str, rows: &str, haul: Haul) -> Result<(), ServiceError> {
        self.report.rows(rows, haul.rows);
        for oddity in haul.oddities {
            self.report.odd(file, oddity);
        }
        for record in haul.records {
            self.record(record);
        }
        if self.batch.len() >= BATCH { self.write().await } else { Ok(()) }
    }

    fn record(&mut self, record: Record) {
        let kind = kind(&record);
        if let Some(source) = source(&record)
            && !self.seen.insert((kind, source.key.clone()))
        {
            return;
        }
        *self.report.found.entry(kind).or_default() += 1;
        if self.store.is_some() {
            self.batch.push(record);
        }
    }

    async fn write(&mut self) -> Result<(), ServiceError> {
        let records = std::mem::take(&mut self.batch);
        let Some(store) = self.store.filter(|_| !records.is_empty()) else { return Ok(()) };
        let kinds: Vec<&'static str> = records.iter().map(kind).collect();
        let landings = store.write(records).await?;
        for (kind, landing) in kinds.into_iter().zip(landings) {
            let landed = self.report.landed(kind);
            match landing {
                Landing::Stored => landed.stored += 1,
                Landing::Updated => landed.updated += 1,
                Landing::Duplicate => landed.duplicate += 1,
                Landing::Differs => landed.differing += 1,
            }
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn finish(mut self) -> Result<ImportReport, ServiceError> {
        self.write().await?;
        self.report.dry_run = self.store.is_none();
        Ok(self.report)
    }
}

fn source(record: &Record) -> Option<&Source> {
    match record {
        Record::Task(task) => task.source.as_ref(),
        Record::AgentMetric(metric) | Record::SwarmMetric(metric) => metric.source.as_ref(),
        Record::Event(event) => event.source.as_ref(),
        Record::Healing(healing) => healing.source.as_ref(),
        Record::Agent(agent) => agent.source.as_ref(),
        Record::Memory(memory) => memory.source.as_ref(),
    }
}
