//! What can be imported from the usual places, for the dashboard of an empty store.
//!
//! A browser names a kind, never a path: only what [`Service::discover_sources`] finds is read for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::{MoaiOptions, OnProgress, blocking, claude_flow};
use crate::model::{FoundSource, ImportSummary, Micros, Problem, SourceKind};
use crate::service::{Service, ServiceError};
use crate::wire::claude_code::place::locate;
use crate::wire::claude_code::report::Report;

/// Counting stops here: the page needs an idea, not a census.
const FILES_MAX: u64 = 20_000;
/// Where MoAI-Flow keeps its databases, seen from a project.
pub const MOAI_FILES: [&str; 3] = [".moai/memory/swarm.db", ".swarm/metrics.db", ".swarm/metrics_persistent.db"];
/// How deep is counted; transcripts of sub-agents lie at 4.
const DEPTH_MAX: usize = 8;

impl Service {
    /// The telemetry that lies at `~/.claude/projects`, at `./.claude-flow/metrics` and in the databases of
    /// [`MOAI_FILES`].
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the search is cut short.
    pub async fn discover_sources(&self) -> Result<Vec<FoundSource>, ServiceError> {
        let places = self.usual_places();
        blocking(move || places.into_iter().filter_map(|(kind, path)| look(kind, &path)).collect()).await
    }

    /// Imports what [`Self::discover_sources`] finds of `kind`.
    ///
    /// # Errors
    /// [`Problem`] when nothing of that kind is found; as [`Service::import_claude_code`].
    pub async fn import_found(&self, kind: SourceKind, now: Micros) -> Result<ImportSummary, ServiceError> {
        let places = self.usual_places().into_iter();
        let found = blocking(move || {
            let mut found = places.filter(|(place, _)| *place == kind);
            found.find_map(|(kind, path)| look(kind, &path).map(|_| path))
        });
        let Some(path) = found.await? else {
            return Err(Problem::not_found(format!("there are no {} in the usual place", kind.title())).into());
        };
        let silent: OnProgress = Arc::new(|_| {});
        let paths = if kind == SourceKind::Moai { moai_files(&path) } else { vec![path] };
        Ok(match kind {
            SourceKind::ClaudeCode => summary(&self.import_claude_code(paths, silent).await?),
            SourceKind::ClaudeFlow => self.import_claude_flow(paths, now, silent).await?.summary(),
            SourceKind::Moai => {
                let options = MoaiOptions { assume_offset: None, now };
                self.import_moai(paths, options, silent).await?.summary()
            }
        })
    }

    fn usual_places(&self) -> Vec<(SourceKind, PathBuf)> {
        let settings = self.settings();
        let home = settings.home.as_ref().map(|home| (SourceKind::ClaudeCode, home.join(".claude").join("projects")));
        let here = settings.folder.as_ref();
        let flow = here.map(|folder| (SourceKind::ClaudeFlow, folder.join(".claude-flow").join("metrics")));
        let moai = here.map(|folder| (SourceKind::Moai, folder.clone()));
        home.into_iter().chain(flow).chain(moai).collect()
    }
}

/// What one place holds; `None` when there is nothing.
fn look(kind: SourceKind, path: &Path) -> Option<FoundSource> {
    let mut found = FoundSource {
        kind,
        path: path.to_string_lossy().into_owned(),
        files: 0,
        more: false,
        newest: None,
        importable: true,
    };
    match kind {
        SourceKind::Moai => moai_files(path).iter().for_each(|file| note(file, &mut found)),
        SourceKind::ClaudeCode | SourceKind::ClaudeFlow => count(path, 0, &mut found),
    }
    (found.files > 0).then_some(found)
}

fn count(folder: &Path, depth: usize, found: &mut FoundSource) {
    // A folder that cannot be read has nothing to offer; importing it by name says why.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if found.files >= FILES_MAX {
            found.more = true;
            return;
        }
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() {
            if depth < DEPTH_MAX {
                count(&path, depth + 1, found);
            }
            continue;
        }
        let wanted = match found.kind {
            SourceKind::ClaudeCode => locate(&path).is_some(),
            SourceKind::ClaudeFlow => claude_flow::is_ours(&path),
            SourceKind::Moai => false,
        };
        if wanted {
            note(&path, found);
        }
    }
}

/// Counts a file.
fn note(path: &Path, found: &mut FoundSource) {
    found.files += 1;
    let written = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let since = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    found.newest = found.newest.max(since.and_then(|since| i64::try_from(since.as_micros()).ok()).map(Micros));
}

/// The databases of MoAI-Flow in `folder`, by the names its documents give them.
fn moai_files(folder: &Path) -> Vec<PathBuf> {
    MOAI_FILES.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect()
}

fn summary(report: &Report) -> ImportSummary {
    let landed = || report.records.values();
    ImportSummary {
        files: report.figures.files,
        sessions: report.sessions,
        stored: landed().map(|landed| landed.stored).sum(),
        updated: landed().map(|landed| landed.updated).sum(),
        known: landed().map(|landed| landed.duplicate + landed.kept).sum(),
        problems: report.problem_count,
    }
}
