//! claude-flow's metric files. They are small: each is read whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{self, Found};
use super::report::ImportReport;
use super::sink::Sink;
use super::{Meter, OnProgress, blocking, search};
use crate::model::Micros;
use crate::service::{Service, ServiceError};
use crate::store::Store;
use crate::wire::claude_flow::{FileKind, Setting, read};
use crate::wire::lenient::Haul;

/// The folder claude-flow keeps its files in.
const FOLDER: &str = ".claude-flow";

/// Reads the claude-flow metrics below `paths` and stores nothing.
///
/// # Errors
/// [`ServiceError`] when reading is cut short; what single files lack is in the report.
pub async fn survey_claude_flow(
    paths: Vec<PathBuf>,
    now: Micros,
    progress: OnProgress,
) -> Result<ImportReport, ServiceError> {
    run(None, paths, now, progress).await
}

impl Service {
    /// Reads the claude-flow metrics below `paths` (projects, `.claude-flow` folders, single files) and
    /// stores what is new or has changed. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`ServiceError`] when the store fails; running it again goes on.
    pub async fn import_claude_flow(
        &self,
        paths: Vec<PathBuf>,
        now: Micros,
        progress: OnProgress,
    ) -> Result<ImportReport, ServiceError> {
        run(Some(self.store()), paths, now, progress).await
    }
}

async fn run(
    store: Option<&Store>,
    paths: Vec<PathBuf>,
    now: Micros,
    progress: OnProgress,
) -> Result<ImportReport, ServiceError> {
    let (found, report) = search(paths, is_ours).await?;
    let meter = Arc::new(Meter::new(found.iter().map(|file| file.bytes), progress));
    let mut sink = Sink::new(store, report);
    for file in found {
        let place = Place::of(&file.path);
        let Some(kind) = place.kind else {
            let known = "task-metrics.json, agent-metrics.json, agent-performance.json, performance.json and \
                         system-metrics.json";
            sink.report.problem(&place.file, None, format!("is none of {known}"));
            continue;
        };
        let (reader, at) = (Arc::clone(&meter), place.clone());
        match blocking(move || read_file(&file, kind, &at, now, &reader)).await? {
            Ok(haul) => {
                sink.report.files += 1;
                sink.take(&place.file, kind.entries(), haul).await?;
            }
            Err((line, reason)) => sink.report.problem(&place.file, line, reason),
        }
    }
    sink.finish().await
}

fn read_file(
    found: &Found,
    kind: FileKind,
    place: &Place,
    now: Micros,
    meter: &Meter,
) -> Result<Haul, (Option<u64>, String)> {
    let json = files::json(&found.path);
    meter.advance(found.bytes);
    let setting = Setting { project: &place.project, file: &place.file, now };
    json.map(|json| read(kind, &json, setting))
}

/// One of the known names, below a `.claude-flow`.
pub fn is_ours(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| FileKind::of(&name.to_string_lossy()).is_some());
    named && path.iter().any(|part| part == FOLDER)
}

/// What a path says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    project: String,
    /// The project and what is below it: the same on every machine.
    file: String,
    kind: Option<FileKind>,
}

impl Place {
    /// The project is the folder that holds `.claude-flow`; inside a git repository its path from there
    /// on, with the repository's name before it.
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let home = path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == FOLDER));
        let folder = home.unwrap_or(path).parent().unwrap_or(Path::new("/"));
        let root = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder);
        let above = root.parent().unwrap_or(root);
        let tell = |path: &Path| path.strip_prefix(above).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let project = Some(tell(folder)).filter(|project| !project.is_empty()).unwrap_or_else(|| "claude-flow".into());
        Self { file: tell(path), kind: FileKind::of(&name), project }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_from_its_repository_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let repository = folder.path().join("ruflo");
        std::fs::create_dir_all(repository.join(".git")).expect("made");
        let file = repository.join("benchmark/tests/.claude-flow/metrics/performance.json");
        let place = Place::of(&file);
        assert_eq!(place.project, "ruflo/benchmark/tests");
        assert_eq!(place.file, "ruflo/benchmark/tests/.claude-flow/metrics/performance.json");
        assert_eq!(place.kind, Some(FileKind::Performance));
        let alone = Place::of(&folder.path().join("x/tests/.claude-flow/metrics/other.json"));
        assert_eq!((alone.project.as_str(), alone.kind), ("tests", None));
    }
}
