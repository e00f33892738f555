//! Finds transcripts below the paths a person gave, in a fixed order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::wire::claude_code::place::{Location, locate};
use crate::wire::claude_code::report::Report;

/// How deep folders are searched; a projects folder needs 6.
const DEPTH_MAX: usize = 16;

/// One transcript on disk.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// Where it is.
    pub path: PathBuf,
    /// What its path says.
    pub location: Location,
    /// Its size, in bytes, when it was found.
    pub bytes: u64,
}

/// The transcripts of each session, sub-agents first; by project, then by session.
pub type Found = BTreeMap<String, BTreeMap<String, Vec<Transcript>>>;

/// Everything below `paths`. What cannot be read is noted in `report`. Folders that are symbolic links
/// are not entered (a link can lead back up); a path given by name is, whatever it is.
pub fn transcripts(paths: &[PathBuf], report: &mut Report) -> Vec<Transcript> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for given in paths {
        match fs::canonicalize(given) {
            Ok(path) => enter(&path, true, 0, &mut seen, &mut found, report),
            Err(error) => report.trouble(&given.to_string_lossy(), None, format!("cannot be opened: {error}")),
        }
    }
    found
}

fn enter(
    path: &Path,
    named: bool,
    depth: usize,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut Vec<Transcript>,
    report: &mut Report,
) {
    let trouble = |report: &mut Report, error: &std::io::Error| {
        report.trouble(&path.to_string_lossy(), None, format!("cannot be opened: {error}"));
    };
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return trouble(report, &error),
    };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return trouble(report, &error),
    };
    if metadata.is_dir() {
        if kind.is_symlink() || depth > DEPTH_MAX {
            let why = if kind.is_symlink() { "is a link to a folder" } else { "lies too deep" };
            return report.trouble(
                &path.to_string_lossy(),
                None,
                format!("{why} and was not searched; give it by name"),
            );
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return trouble(report, &error),
        };
        let mut children: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        children.sort();
        for child in children {
            // Links to files are followed; other files are none of ours.
            let wanted = child.is_dir() || locate(&child).is_some();
            if wanted {
                enter(&child, false, depth + 1, seen, found, report);
            }
        }
        return;
    }
    if !metadata.is_file() {
        return report.trouble(&path.to_string_lossy(), None, "is neither a file nor a folder");
    }
    match locate(path) {
        Some(location) if seen.insert(path.to_owned()) => {
            found.push(Transcript { path: path.to_owned(), location, bytes: metadata.len() });
        }
        None if named => report.trouble(&path.to_string_lossy(), None, "is no transcript: its name must end in .jsonl"),
        _ => {}
    }
}

/// Puts transcripts together by session. `session_of` finds the session of a file whose path does not say.
pub fn group(found: Vec<Transcript>, session_of: impl Fn(&Path) -> Option<String>) -> Found {
    let mut groups = Found::new();
    for transcript in found {
        let location = &transcript.location;
        let session = location.session.clone().or_else(|| session_of(&transcript.path));
        // Without a name for its session, a sub-agent's file is one of its own.
        let session = session.unwrap_or_else(|| format!("agent-{}", location.agent.as_deref().unwrap_or_default()));
        groups.entry(location.project.clone()).or_default().entry(session).or_default().push(transcript);
    }
    for files in groups.values_mut().flat_map(BTreeMap::values_mut) {
        files.sort_by(|a, b| {
            let key = |t: &Transcript| (t.location.agent.is_none(), t.location.name.clone(), t.path.clone());
            key(a).cmp(&key(b))
        });
    }
    groups
}
