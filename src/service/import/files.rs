//! Files below the paths a person gave, in a fixed order, and reading small ones whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::report::ImportReport;

/// How deep folders are searched.
const DEPTH_MAX: usize = 16;
/// Folders that hold other people's files.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];
/// The largest file that is read whole.
const WHOLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A file on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes when it was found.
    pub bytes: u64,
}

/// The files below `paths` that `wanted` takes; a file given by name is taken whatever it is called.
/// What cannot be read is noted in `report`. Links to folders are not followed: one can lead back up.
pub fn find(paths: &[PathBuf], wanted: &dyn Fn(&Path) -> bool, report: &mut ImportReport) -> Vec<Found> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for given in paths {
        let before = found.len();
        match fs::canonicalize(given) {
            Ok(path) if path.is_dir() => {
                enter(&path, 0, wanted, &mut seen, &mut found, report);
                if found.len() == before {
                    report.problem(&given.to_string_lossy(), None, "holds nothing that can be imported");
                }
            }
            Ok(path) => add(path, &mut seen, &mut found, report),
            Err(error) => report.problem(&given.to_string_lossy(), None, format!("cannot be opened: {error}")),
        }
    }
    found
}

fn enter(
    folder: &Path,
    depth: usize,
    wanted: &dyn Fn(&Path) -> bool,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut Vec<Found>,
    report: &mut ImportReport,
) {
    if depth > DEPTH_MAX {
        return report.problem(&folder.to_string_lossy(), None, "lies too deep and was not searched; give it by name");
    }
    let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return report.problem(&folder.to_string_lossy(), None, format!("cannot be opened: {error}")),
    };
    let mut children: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    children.sort();
    for child in children {
        let linked = fs::symlink_metadata(&child).is_ok_and(|metadata| metadata.is_symlink());
        if child.is_dir() {
            let skipped = child.file_name().is_some_and(|name| SKIPPED.iter().any(|skipped| name == *skipped));
            if !linked && !skipped {
                enter(&child, depth + 1, wanted, seen, found, report);
            }
        } else if wanted(&child) {
            add(child, seen, found, report);
        }
    }
}

fn add(path: PathBuf, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<Found>, report: &mut ImportReport) {
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {
            if seen.insert(path.clone()) {
                found.push(Found { path, bytes: metadata.len() });
            }
        }
        Ok(_) => report.problem(&path.to_string_lossy(), None, "is neither a file nor a folder"),
        Err(error) => report.problem(&path.to_string_lossy(), None, format!("cannot be opened: {error}")),
    }
}

/// Reads a whole file as JSON.
///
/// # Errors
/// What is wrong with it, and in which line.
pub fn json(path: &Path) -> Result<Value, (Option<u64>, String)> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(WHOLE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| (None, format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > WHOLE_BYTES_MAX {
        return Err((None, format!("is larger than {} MB; such files hold a few", WHOLE_BYTES_MAX / 1_000_000)));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err((None, "is empty".into()));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(text).map_err(|error| match conflict(text) {
        Some(line) => (Some(line), "has git conflict markers; resolve them and import again".into()),
        None => (Some(error.line() as u64), format!("is no JSON (column {})", error.column())),
    })
}

/// The first line with a marker that git leaves where two versions meet.
fn conflict(text: &[u8]) -> Option<u64> {
    let markers: [&[u8]; 3] = [b"<<<<<<< ", b"=======", b">>>>>>> "];
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.position(|line| markers.iter().any(|marker| line.starts_with(marker))).map(|index| index as u64 + 1)
}
