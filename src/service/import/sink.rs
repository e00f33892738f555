//! Takes records as they are made, writes them in batches, and counts what became of them.

use std::collections::HashSet;

use super::report::ImportReport;
use super::{BATCH, kind};
use crate::model::{Record, Source, TaskId, TaskRecord};
use crate::service::ServiceError;
use crate::store::{Landing, Store};
use crate::wire::lenient::Haul;

/// Where records of one import go.
pub struct Sink<'a> {
    /// `None` = a dry run.
    store: Option<&'a Store>,
    batch: Vec<Record>,
    /// Source keys taken so far; `None` when the source cannot bring one twice.
    seen: Option<HashSet<(&'static str, String)>>,
    /// Whether two tasks of a source may have the same id and time.
    repeats: bool,
    /// What is known so far.
    pub report: ImportReport,
}

impl<'a> Sink<'a> {
    /// A sink for sources that may bring a record twice, as copied files do: the first one counts.
    pub fn new(store: Option<&'a Store>, report: ImportReport) -> Self {
        Self { store, batch: Vec::new(), seen: Some(HashSet::new()), repeats: false, report }
    }

    /// A sink for sources that bring newer versions of what they brought before.
    pub fn of_versions(store: Option<&'a Store>, report: ImportReport) -> Self {
        Self { seen: None, ..Self::new(store, report) }
    }

    /// A sink for sources whose keys are unique by themselves, and whose tasks need not be: two with the
    /// same id and time are two.
    pub fn of_rows(store: Option<&'a Store>, report: ImportReport) -> Self {
        Self { seen: None, repeats: true, ..Self::new(store, report) }
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
        self.add(haul.records).await
    }

    /// Takes records that stand for no rows of their own.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn add(&mut self, records: Vec<Record>) -> Result<(), ServiceError> {
        records.into_iter().for_each(|record| self.record(record));
        if self.batch.len() >= BATCH { self.write().await } else { Ok(()) }
    }

    /// Writes what is left of a batch, so that it can be read back.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn flush(&mut self) -> Result<(), ServiceError> {
        self.write().await
    }

    fn record(&mut self, record: Record) {
        let kind = kind(&record);
        if let (Some(seen), Some(source)) = (&mut self.seen, source(&record))
            && !seen.insert((kind, source.key.clone()))
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
        let tasks: Vec<Option<TaskRecord>> = match self.repeats {
            true => records
                .iter()
                .map(|record| if let Record::Task(task) = record { Some(task.clone()) } else { None })
                .collect(),
            false => Vec::new(),
        };
        let mut landings = store.write(records).await?;
        self.write_repeats(store, tasks, &mut landings).await?;
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

    /// Tries once more with those tasks that met another of the same id and time: with the end of their
    /// key at their id, which is the same whenever they are imported.
    async fn write_repeats(
        &self,
        store: &Store,
        tasks: Vec<Option<TaskRecord>>,
        landings: &mut [Landing],
    ) -> Result<(), ServiceError> {
        let mut places = Vec::new();
        let mut again = Vec::new();
        for (place, task) in tasks.into_iter().enumerate() {
            let Some(mut task) = task.filter(|_| landings[place] == Landing::Differs) else { continue };
            let key = task.source.as_ref().map_or("", |source| &source.key);
            let Ok(id) = TaskId::new(format!("{}#{}", task.task_id.as_str(), &key[key.len().saturating_sub(16)..]))
            else {
                continue;
            };
            task.task_id = id;
            places.push(place);
            again.push(Record::Task(task));
        }
        if !again.is_empty() {
            for (place, landing) in places.into_iter().zip(store.write(again).await?) {
                landings[place] = landing;
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
