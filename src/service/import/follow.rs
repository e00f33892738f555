//! Keeps transcripts in sync as they grow.
//!
//! It polls: size and time of every file, once a round. That needs no support of the file system, sees
//! files on network drives, and misses nothing, because a session whose files changed is read anew as a
//! whole and what is known is recognised. A last line that is only half written is skipped until it is
//! whole; a file that was cut back or removed takes nothing away: the store knows more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::claude_code::{find, take};
use super::walk::Found;
use super::{OnProgress, blocking};
use crate::service::{Service, ServiceError};
use crate::wire::claude_code::report::Report;

/// Size and time of a file.
type State = (u64, Option<SystemTime>);

/// Follows the transcripts below some paths.
#[derive(Debug)]
pub struct Follower {
    paths: Vec<PathBuf>,
    states: BTreeMap<PathBuf, State>,
    report: Report,
}

/// What one round found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Files that are new or have changed.
    pub changed: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Records that are new in the store.
    pub stored: u64,
    /// Records that have grown.
    pub updated: u64,
}

impl Follower {
    /// Begins with nothing read.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self { paths, states: BTreeMap::new(), report: Report::default() }
    }

    /// Looks once, and imports the sessions whose files changed. After an error the next round tries the
    /// same files again.
    ///
    /// # Errors
    /// As [`Service::import_claude_code`].
    pub async fn round(&mut self, service: &Service, progress: OnProgress) -> Result<Round, ServiceError> {
        let (found, report) = find(self.paths.clone()).await?;
        let (found, states) = blocking(move || {
            let states = states(&found);
            (found, states)
        })
        .await?;
        let changed: BTreeSet<PathBuf> = states
            .iter()
            .filter(|(path, state)| self.states.get(*path) != Some(state))
            .map(|(path, _)| path.clone())
            .collect();
        let removed = self.states.keys().filter(|path| !states.contains_key(*path)).count();
        let mut round = Round { changed: changed.len(), removed, ..Round::default() };
        let found = only(found, &changed);
        let read: BTreeSet<String> = names(&found);
        // Paths that cannot be opened are said anew in every round.
        self.report.problems.retain(|problem| !self.paths.iter().any(|path| Path::new(&problem.file) == path));
        let later = take(Some(service.store()), found, report, progress).await?;
        for landed in later.records.values() {
            round.stored += landed.stored;
            round.updated += landed.updated;
        }
        self.report.renew(later, &read);
        self.states = states;
        Ok(round)
    }

    /// What was read so far: each session as it was last read, records as they were stored and updated.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

fn states(found: &Found) -> BTreeMap<PathBuf, State> {
    let files = found.values().flat_map(BTreeMap::values).flatten();
    files
        .map(|file| {
            let written = std::fs::metadata(&file.path).and_then(|metadata| metadata.modified()).ok();
            (file.path.clone(), (file.bytes, written))
        })
        .collect()
}

/// The sessions of which a file changed, with all their files.
fn only(mut found: Found, changed: &BTreeSet<PathBuf>) -> Found {
    for sessions in found.values_mut() {
        sessions.retain(|_, files| files.iter().any(|file| changed.contains(&file.path)));
    }
    found.retain(|_, sessions| !sessions.is_empty());
    found
}

/// The names under which problems of these files are told.
fn names(found: &Found) -> BTreeSet<String> {
    let files = found.values().flat_map(BTreeMap::values).flatten();
    files.flat_map(|file| [file.path.to_string_lossy().into_owned(), file.location.name.clone()]).collect()
}
