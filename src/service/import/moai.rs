//! MoAI-Flow's databases, row by row: a file of any size is read in bounded memory.

use std::path::{Path, PathBuf};

use chrono::FixedOffset;

use super::files::Found;
use super::report::ImportReport;
use super::sink::Sink;
use super::{Meter, OnProgress, search};
use crate::model::Micros;
use crate::service::{Service, ServiceError};
use crate::store::Store;
use crate::store::foreign::{ForeignError, ForeignFile, ForeignRow, ForeignTable};
use crate::wire::lenient::Haul;
use crate::wire::moai::zone::{NAIVE, Zones};
use crate::wire::moai::{Clock, Row, TableKind, archive, read};

/// Rows read at once.
const CHUNK: usize = 1000;
/// Tables of another program that are named.
const NAMED: usize = 5;
/// How SQLite files are called, as far as folders are searched for them.
const ENDINGS: [&str; 3] = ["db", "sqlite", "sqlite3"];

/// How rows are read.
#[derive(Debug, Clone, Copy)]
pub struct MoaiOptions {
    /// The offset of times that name none; what a file says about itself is used without.
    pub assume_offset: Option<FixedOffset>,
    /// What "24 h ahead" is measured from.
    pub now: Micros,
}

/// Reads the MoAI-Flow databases at `paths` and stores nothing.
///
/// # Errors
/// [`ServiceError`] when reading is cut short; what single files lack is in the report.
pub async fn survey_moai(
    paths: Vec<PathBuf>,
    options: MoaiOptions,
    progress: OnProgress,
) -> Result<ImportReport, ServiceError> {
    run(None, paths, options, progress).await
}

impl Service {
    /// Reads the MoAI-Flow databases at `paths` (files, or folders with such files below) and stores what
    /// is new. Doing it again changes nothing, and the files stay as they are.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails; running it again goes on.
    pub async fn import_moai(
        &self,
        paths: Vec<PathBuf>,
        options: MoaiOptions,
        progress: OnProgress,
    ) -> Result<ImportReport, ServiceError> {
        run(Some(self.store()), paths, options, progress).await
    }
}

async fn run(
    store: Option<&Store>,
    paths: Vec<PathBuf>,
    options: MoaiOptions,
    progress: OnProgress,
) -> Result<ImportReport, ServiceError> {
    let (found, report) = search(paths, is_ours).await?;
    let meter = Meter::new(found.iter().map(|file| file.bytes), progress);
    let mut sink = Sink::of_rows(store, report);
    for file in found {
        let mut reading = Reading { file: &file, name: name(&file.path), options, meter: &meter, sink: &mut sink };
        if let Err(error) = reading.whole().await? {
            sink.report.problem(&file.path.to_string_lossy(), None, error.to_string());
        }
        meter.advance(file.bytes);
    }
    if sink.report.odd.contains_key(NAIVE) {
        let note = "rows whose times name no offset were left out; say it with --assume-offset, such as +09:00";
        sink.report.notes.insert(note.to_owned());
    }
    sink.finish().await
}

/// Whether a file found in a folder is called as databases are.
pub fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ENDINGS.iter().any(|ending| extension == *ending))
}

/// The file with the two folders above it: `.moai/memory/swarm.db`.
fn name(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(3)..].join("/").trim_start_matches('/').to_owned()
}

struct Reading<'a, 's> {
    file: &'a Found,
    name: String,
    options: MoaiOptions,
    meter: &'a Meter,
    sink: &'a mut Sink<'s>,
}

/// A failure of our store ends the import; one of the file ends the file.
type Read<T> = Result<Result<T, ForeignError>, ServiceError>;

impl Reading<'_, '_> {
    async fn whole(&mut self) -> Read<()> {
        let mut source = match ForeignFile::open(&self.file.path).await {
            Ok(source) => source,
            Err(error) => return Ok(Err(error)),
        };
        let tables = match source.tables().await {
            Ok(tables) => tables,
            Err(error) => return Ok(Err(error)),
        };
        let mut known: Vec<(TableKind, &ForeignTable)> =
            tables.iter().filter_map(|table| Some((TableKind::of(&table.name, &table.columns)?, table))).collect();
        known.sort_by_key(|(kind, _)| *kind);
        if known.is_empty() {
            let names: Vec<&str> = tables.iter().take(NAMED).map(|table| table.name.as_str()).collect();
            let what = if names.is_empty() {
                "it has no table".to_owned()
            } else {
                format!("its tables: {}", names.join(", "))
            };
            return Ok(Err(ForeignError::Other(format!("it is a database of another program ({what})"))));
        }
        self.sink.report.files += 1;
        self.tell_unknown(&tables);
        let clock = match self.clock(&mut source, &known).await {
            Ok(clock) => clock,
            Err(error) => return Ok(Err(error)),
        };
        let rows: u64 = known.iter().map(|(_, table)| table.rows).sum();
        let mut done = 0;
        for (kind, table) in known {
            if let Err(error) = self.table(&mut source, kind, table, &clock, &mut done, rows).await? {
                return Ok(Err(error));
            }
        }
        Ok(source.close().await)
    }

    /// Tables that nobody reads are named.
    fn tell_unknown(&mut self, tables: &[ForeignTable]) {
        for table in tables {
            let known = TableKind::of(&table.name, &table.columns).is_some() || TableKind::is_info(&table.name);
            if !known {
                let note = format!(
                    "{}: table `{}` ({} rows) is not known and was left out",
                    self.name, table.name, table.rows
                );
                self.sink.report.notes.insert(note);
            }
        }
    }

    /// What naive times of the file mean.
    async fn clock(
        &mut self,
        source: &mut ForeignFile,
        known: &[(TableKind, &ForeignTable)],
    ) -> Result<Clock, ForeignError> {
        let mut clock = Clock { given: self.options.assume_offset, inferred: None, now: self.options.now };
        if clock.given.is_some() {
            return Ok(clock);
        }
        let mut zones = Zones::default();
        for (_, table) in known.iter().filter(|(kind, _)| matches!(kind, TableKind::Events | TableKind::Memory)) {
            let mut rows = source.rows(table);
            loop {
                let some = rows.next(CHUNK).await.map_err(|(_, error)| error)?;
                if some.is_empty() {
                    break;
                }
                some.iter().for_each(|row| zones.note(&view(&self.name, table, row)));
            }
        }
        clock.inferred = zones.most();
        if let Some(said) = zones.describe() {
            self.sink.report.notes.insert(format!("{}: {said}; --assume-offset says otherwise", self.name));
        }
        Ok(clock)
    }

    async fn table(
        &mut self,
        source: &mut ForeignFile,
        kind: TableKind,
        table: &ForeignTable,
        clock: &Clock,
        done: &mut u64,
        all: u64,
    ) -> Read<()> {
        let mut rows = source.rows(table);
        loop {
            let (some, failure) = match rows.next(CHUNK).await {
                Ok(some) => (some, None),
                Err((some, error)) => (some, Some(error)),
            };
            let ended = some.is_empty();
            *done += some.len() as u64;
            let mut haul = Haul::default();
            for row in &some {
                let row = view(&self.name, table, row);
                if kind == TableKind::Archive {
                    archive::read(&row, clock, &mut haul)
                } else {
                    read(kind, &row, clock, &mut haul)
                }
            }
            self.sink.take(&self.name, &table.name, haul).await?;
            self.meter.within(portion(self.file.bytes, *done, all));
            match failure {
                Some(error) => return Ok(Err(error)),
                None if ended => return Ok(Ok(())),
                None => {}
            }
        }
    }
}

fn view<'a>(file: &'a str, table: &'a ForeignTable, row: &'a ForeignRow) -> Row<'a> {
    Row { file, table: &table.name, columns: &table.columns, number: row.number, cells: &row.cells }
}

/// How many of `bytes` stand for `done` of `all` rows.
fn portion(bytes: u64, done: u64, all: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(done) / u128::from(all.max(1))).unwrap_or(bytes)
}
