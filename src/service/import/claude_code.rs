//! Claude Code transcripts. One project is in memory at a time, as structure without text.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::known::Known;
use super::walk::{self, Found, Transcript};
use super::{BATCH, Meter, OnProgress, blocking, kind, read};
use crate::model::Record;
use crate::service::{Service, ServiceError};
use crate::store::{Landing, Store};
use crate::wire::claude_code::claims::{self, Claims};
use crate::wire::claude_code::records::{Group, records};
use crate::wire::claude_code::report::{Figures, Report};
use crate::wire::claude_code::session::Session;

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

async fn run(store: Option<&Store>, paths: Vec<PathBuf>, progress: OnProgress) -> Result<Report, ServiceError> {
    let (found, report) = find(paths).await?;
    take(store, found, report, progress).await
}

/// The transcripts below `paths`, and what kept others from being found.
///
/// # Errors
/// [`ServiceError`] when the search is cut short.
pub async fn find(paths: Vec<PathBuf>) -> Result<(Found, Report), ServiceError> {
    blocking(move || {
        let mut report = Report::default();
        let found = walk::transcripts(&paths, &mut report);
        (walk::group(found, read::session_of), report)
    })
    .await
}

/// Reads the transcripts found and stores what is new, if there is a store.
///
/// # Errors
/// [`ServiceError`] when the store fails or reading is cut short.
pub async fn take(
    store: Option<&Store>,
    found: Found,
    mut report: Report,
    progress: OnProgress,
) -> Result<Report, ServiceError> {
    let meter =
        Arc::new(Meter::new(found.values().flat_map(BTreeMap::values).flatten().map(|file| file.bytes), progress));
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
            let (mut groups, refused) = records(session, &stored_claims.divide(session));
            known.settle(&session.id, &mut groups);
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

fn read_project(
    project: &str,
    sessions: BTreeMap<String, Vec<Transcript>>,
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
