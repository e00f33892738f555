//! Import from files on this machine: find, read, hand to the store, report.
//!
//! What lines mean is decided in `wire`; here are folders, files and what the store already knows.
//! One project is in memory at a time, as structure without text. Not here: which folders a browser
//! may ask for, beyond [`discover`].

pub mod discover;
mod known;
mod read;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Service, ServiceError};
use crate::model::{Problem, ProblemKind, Record};
use crate::store::{Landing, Store};
use crate::wire::claude_code::claims::{self, Claims};
use crate::wire::claude_code::records::{Group, records};
use crate::wire::claude_code::report::{Figures, Report};
use crate::wire::claude_code::session::Session;

use known::Known;
use walk::{Found, Transcript};

/// Records written at once. A batch is one transaction; an import that is cut short is finished by
/// running it again.
const BATCH: usize = 4000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files read.
    pub files: u64,
    /// Files found.
    pub files_total: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes found.
    pub bytes_total: u64,
}

/// Told how far an import is, from any thread.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Reads the Claude Code transcripts below `paths` and stores nothing.
///
/// # Errors
/// [`ServiceError`] when reading is cut short; what single files lack is in the report.
pub async fn survey_claude_code(paths: Vec<PathBuf>, progress: OnProgress) -> Result<Report, ServiceError> {
    let mut report = run(None, paths, progress).await?;
    report.dry_run = true;
    Ok(report)
}

impl Service {
    /// Reads the Claude Code transcripts below `paths` (projects folders, project or session folders,
    /// single files) and stores what is new or has grown. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails; what was written until then stays, and running it again
    /// goes on. What single files lack is in the report.
    pub async fn import_claude_code(&self, paths: Vec<PathBuf>, progress: OnProgress) -> Result<Report, ServiceError> {
        run(Some(self.store()), paths, progress).await
    }
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
    // Reading is abandoned only when the program stops.
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::new(ProblemKind::Internal, "the import was cut short; run it again to go on").into())
}

async fn run(store: Option<&Store>, paths: Vec<PathBuf>, progress: OnProgress) -> Result<Report, ServiceError> {
    let (found, mut report) = blocking(move || {
        let mut report = Report::default();
        let found = walk::transcripts(&paths, &mut report);
        (walk::group(found, read::session_of), report)
    })
    .await?;
    let meter = Arc::new(Meter::new(&found, progress));
    let mut read_claims = Claims::default();
    let mut stored_claims = Claims::default();
    for (project, sessions) in found {
        let meter = Arc::clone(&meter);
        let (mut project, read) = blocking(move || read_project(&project, sessions, report, &meter)).await?;
        report = read;
        let order = claims::order(&project);
        claims::share_answers(&mut project);
        let known = match store {
            Some(store) => Known::load(store, &project, &mut stored_claims).await?,
            None => Known::default(),
        };
        let mut batch = Vec::new();
        for index in order {
            let session = &project[index];
            tell(session, &mut read_claims, &mut report);
            let Some(store) = store else { continue };
            let (groups, refused) = records(session, &stored_claims.divide(session));
            for refused in refused {
                report.landed(refused.kind).refused += 1;
                report.trouble(&refused.file, Some(refused.line), refused.error.to_string());
            }
            for group in groups {
                keep_or_send(group, &known, &mut batch, &mut report);
            }
            if batch.len() >= BATCH {
                write(store, std::mem::take(&mut batch), &mut report).await?;
            }
        }
        if let Some(store) = store {
            write(store, batch, &mut report).await?;
        }
    }
    Ok(report)
}

/// Counts files and bytes for [`OnProgress`].
struct Meter {
    files: AtomicU64,
    bytes: AtomicU64,
    files_total: u64,
    bytes_total: u64,
    told: OnProgress,
}

impl Meter {
    fn new(found: &Found, told: OnProgress) -> Self {
        let all = || found.values().flat_map(|sessions| sessions.values()).flatten();
        Self {
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            files_total: all().count() as u64,
            bytes_total: all().map(|file| file.bytes).sum(),
            told,
        }
    }

    fn advance(&self, bytes: u64) {
        (self.told)(Progress {
            files: self.files.fetch_add(1, Ordering::Relaxed) + 1,
            files_total: self.files_total,
            bytes: self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes,
            bytes_total: self.bytes_total,
        });
    }
}

fn read_project(
    project: &str,
    sessions: std::collections::BTreeMap<String, Vec<Transcript>>,
    mut report: Report,
    meter: &Meter,
) -> (Vec<Session>, Report) {
    let read = |(id, files): (String, Vec<Transcript>)| {
        read::session(project, &id, &files, &mut report, &mut |bytes| meter.advance(bytes))
    };
    (sessions.into_iter().map(read).collect(), report)
}

/// Adds a session to the report.
fn tell(session: &Session, claims: &mut Claims, report: &mut Report) {
    let figures = Figures::of(session, &claims.divide(session));
    if session.first.is_some() || !session.requests.is_empty() {
        report.session(&session.project, &session.id, figures);
        return;
    }
    // Summaries, snapshots, or something else: nothing happened in it.
    for file in &session.files {
        if file.lines > 0 {
            report.trouble(&file.name, None, "holds no line of a session");
        }
    }
    report.figures.add(&figures);
}

/// Sends a group to the store, unless the store knows more of it.
fn keep_or_send(group: Group, known: &Known, batch: &mut Vec<Record>, report: &mut Report) {
    if known.knows_more(&group) {
        for record in &group.records {
            report.landed(kind(record)).kept += 1;
        }
    } else {
        batch.extend(group.records);
    }
}

async fn write(store: &Store, records: Vec<Record>, report: &mut Report) -> Result<(), ServiceError> {
    let kinds: Vec<&'static str> = records.iter().map(kind).collect();
    let landings = store.write(records).await?;
    for (kind, landing) in kinds.into_iter().zip(landings) {
        let landed = report.landed(kind);
        match landing {
            Landing::Stored => landed.stored += 1,
            Landing::Updated => landed.updated += 1,
            Landing::Duplicate => landed.duplicate += 1,
            Landing::Differs => landed.differing += 1,
        }
    }
    Ok(())
}

fn kind(record: &Record) -> &'static str {
    match record {
        Record::Task(_) => "task",
        Record::AgentMetric(_) => "agent_metric",
        Record::SwarmMetric(_) => "swarm_metric",
        Record::Event(_) => "event",
        Record::Healing(_) => "healing",
        Record::Agent(_) => "agent",
        Record::Memory(_) => "memory",
    }
}
