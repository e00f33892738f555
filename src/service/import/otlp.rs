//! OpenTelemetry in files: export bodies one a line or one after another, of any size.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Found;
use super::known::all;
use super::report::ImportReport;
use super::sink::Sink;
use super::{Meter, OnProgress, blocking, search};
use crate::model::{Dataset, Micros, Problem, ProblemKind, RecordFilter};
use crate::service::{Service, ServiceError};
use crate::store::{Store, StoreOptions};
use crate::wire::lenient::Haul;
use crate::wire::otlp::facts::{Facts, Session};
use crate::wire::otlp::known::Known;
use crate::wire::otlp::read::batches;
use crate::wire::otlp::records::records;
use crate::wire::otlp::split::{Piece, Splitter};

/// What is gathered before it is written: log records, spans and points.
const GATHERED_MAX: usize = 20_000;
/// How such files are called, as far as folders are searched for them.
const ENDINGS: [&str; 4] = ["json", "jsonl", "ndjson", "log"];

/// Reads the OpenTelemetry files at `paths` as an import into an empty store would, and stores nothing. What a file
/// tells of a session depends on what others told of it, which a store in a temporary folder remembers meanwhile.
///
/// # Errors
/// [`ServiceError`] when reading is cut short, or no temporary store can be made; what single files lack is in the
/// report.
pub async fn survey_otlp(paths: Vec<PathBuf>, now: Micros, progress: OnProgress) -> Result<ImportReport, ServiceError> {
    let folder = blocking(tempfile::tempdir).await?.map_err(|error| {
        let reason = format!("a dry run needs a temporary folder, and none could be made: {error}");
        Problem::new(ProblemKind::Internal, reason)
    })?;
    let store = Store::open(&folder.path().join("dry.db"), &StoreOptions::default()).await?;
    let report = run(&store, paths, now, progress).await;
    store.close().await;
    Ok(ImportReport { dry_run: true, records: BTreeMap::new(), ..report? })
}

impl Service {
    /// Reads the OpenTelemetry files at `paths` (files, or folders with such files below) and stores what
    /// is new. Doing it again changes nothing, and a session that transcripts told of counts once.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails; running it again goes on.
    pub async fn import_otlp(
        &self,
        paths: Vec<PathBuf>,
        now: Micros,
        progress: OnProgress,
    ) -> Result<ImportReport, ServiceError> {
        run(self.store(), paths, now, progress).await
    }
}

async fn run(
    store: &Store,
    paths: Vec<PathBuf>,
    now: Micros,
    progress: OnProgress,
) -> Result<ImportReport, ServiceError> {
    let (found, report) = search(paths, is_ours).await?;
    let meter = Arc::new(Meter::new(found.iter().map(|file| file.bytes), progress));
    let mut sink = Sink::of_versions(Some(store), report);
    for file in found {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut reading = match Reading::open(&file, now) {
            Ok(reading) => reading,
            Err(error) => {
                sink.report.problem(&file.path.to_string_lossy(), None, format!("cannot be read: {error}"));
                continue;
            }
        };
        let mut read = false;
        loop {
            let at = Arc::clone(&meter);
            let (back, mut part) = blocking(move || {
                let mut reading = reading;
                let part = reading.part();
                at.within(reading.bytes);
                (reading, part)
            })
            .await?;
            reading = back;
            read |= !part.facts.is_empty();
            part.tell(&name, &mut sink.report);
            write(store, &mut sink, &mut part.facts, &name).await?;
            if part.ended {
                break;
            }
        }
        meter.advance(file.bytes);
        match read {
            true => sink.report.files += 1,
            false => sink.report.problem(&file.path.to_string_lossy(), None, "holds no telemetry"),
        }
    }
    sink.finish().await
}

/// Writes what was gathered, each session with what the store knows of it.
async fn write(store: &Store, sink: &mut Sink<'_>, facts: &mut Facts, file: &str) -> Result<(), ServiceError> {
    let (sessions, metrics) = facts.drain();
    sink.add(metrics).await?;
    for session in sessions {
        sink.flush().await?;
        let told = records(&session, &load(store, &session).await?, file);
        for (kind, count) in told.kept {
            sink.report.landed(kind).kept += count;
        }
        if told.refused > 0 {
            let note = format!("{file}: {} records have ids that are too long and were left out", told.refused);
            sink.report.notes.insert(note);
        }
        sink.add(told.records).await?;
    }
    Ok(())
}

/// What the store holds of a session: as a swarm for transcripts, as an agent for telemetry.
async fn load(store: &Store, session: &Session) -> Result<Known, ServiceError> {
    let id = Some(session.id().to_owned());
    let swarm = RecordFilter { swarm_id: id.clone(), ..RecordFilter::default() };
    let agent = RecordFilter { agent_id: id, ..RecordFilter::default() };
    let mut known = Known::default();
    let wanted = [
        (Dataset::Tasks, swarm.clone()),
        (Dataset::Tasks, agent.clone()),
        (Dataset::Events, swarm),
        (Dataset::Events, agent.clone()),
        (Dataset::Agents, agent),
    ];
    for (dataset, filter) in wanted {
        all(store, dataset, filter).await?.into_iter().for_each(|record| known.note(record));
    }
    Ok(known)
}

/// Whether a file found in a folder is called as such files are.
fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ENDINGS.iter().any(|ending| extension == *ending))
}

/// A file that is being read.
struct Reading {
    lines: BufReader<File>,
    splitter: Splitter,
    name: String,
    now: Micros,
    bytes: u64,
}

/// A part of a file.
#[derive(Default)]
struct Part {
    facts: Facts,
    haul: Haul,
    logs: u64,
    spans: u64,
    points: u64,
    ended: bool,
    failure: Option<String>,
}

impl Reading {
    fn open(file: &Found, now: Micros) -> std::io::Result<Self> {
        let lines = BufReader::with_capacity(256 * 1024, File::open(&file.path)?);
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { lines, splitter: Splitter::default(), name, now, bytes: 0 })
    }

    /// Reads on until enough is gathered.
    fn part(&mut self) -> Part {
        let mut part = Part::default();
        let mut line = Vec::new();
        while !part.ended && part.facts.len() < GATHERED_MAX {
            line.clear();
            let mut pieces = Vec::new();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => {
                    self.splitter.end(&mut |piece| pieces.push(piece));
                    part.ended = true;
                }
                Ok(read) => {
                    self.bytes += read as u64;
                    let line = line.strip_suffix(b"\n").unwrap_or(&line);
                    self.splitter.line(line, &mut |piece| pieces.push(piece));
                }
                Err(error) => {
                    part.failure = Some(format!("cannot be read from here on: {error}"));
                    part.ended = true;
                }
            }
            pieces.into_iter().for_each(|piece| self.piece(piece, &mut part));
        }
        part
    }

    fn piece(&self, piece: Piece, part: &mut Part) {
        let (line, bytes) = match piece {
            Piece::Broken(line) => {
                return part.haul.odd("no whole JSON object", format!("line {line}"), "it was left out");
            }
            Piece::Whole(line, bytes) => (line, bytes),
        };
        let place = format!("line {line}");
        let json = match serde_json::from_slice(&bytes) {
            Ok(json) => json,
            Err(error) => return part.haul.odd("no whole JSON object", place, error.to_string()),
        };
        let found = batches(&json);
        if found.is_empty() {
            part.haul.odd("JSON that is no telemetry", place.as_str(), "it was left out");
        }
        for batch in found {
            part.logs += batch.logs.len() as u64;
            part.spans += batch.spans.len() as u64;
            part.points += batch.points.len() as u64;
            part.facts.take(batch, &self.name, &place, self.now, &mut part.haul);
        }
    }
}

impl Part {
    fn tell(&mut self, file: &str, report: &mut ImportReport) {
        for (what, rows) in [("log records", self.logs), ("spans", self.spans), ("metric points", self.points)] {
            if rows > 0 {
                report.rows(what, rows);
            }
        }
        for oddity in std::mem::take(&mut self.haul.oddities) {
            report.odd(file, oddity);
        }
        if let Some(failure) = self.failure.take() {
            report.problem(file, None, failure);
        }
    }
}
