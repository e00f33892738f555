//! What an import of claude-flow, MoAI-Flow or OpenTelemetry data read and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::model::ImportSummary;
use crate::wire::claude_code::report::{Landed, Trouble};
use crate::wire::lenient::Oddity;

/// Examples kept of each kind of oddity.
const EXAMPLES: usize = 5;

/// One odd place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: String,
    /// What stood there.
    pub what: String,
}

/// Rows that could not be taken as they stand, of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// How many.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// The whole report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Files read.
    pub files: u64,
    /// Rows, entries or data points in them.
    pub rows: u64,
    /// The same by what they are: a table, a kind of file, a signal.
    pub rows_by: BTreeMap<String, u64>,
    /// Records made of them, by kind; a record met twice in the files counts once.
    pub found: BTreeMap<&'static str, u64>,
    /// What became of the records, by kind; empty when nothing was to be stored.
    pub records: BTreeMap<&'static str, Landed>,
    /// What could not be taken as it stands, by kind.
    pub odd: BTreeMap<&'static str, Odd>,
    /// What was assumed or passed over, one sentence each.
    pub notes: BTreeSet<String>,
    /// Files that were left out, wholly or from some point on; at most [`Self::PROBLEMS_MAX`] entries.
    pub problems: Vec<Trouble>,
    /// How many those are.
    pub problem_count: u64,
    /// Whether this was a dry run.
    pub dry_run: bool,
}

impl ImportReport {
    /// Most entries in `problems`.
    pub const PROBLEMS_MAX: usize = 1000;

    /// Notes that a file, or the rest of it, was left out.
    pub fn problem(&mut self, file: &str, line: Option<u64>, reason: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < Self::PROBLEMS_MAX {
            self.problems.push(Trouble { file: file.to_owned(), line, reason: reason.into() });
        }
    }

    /// Counts something odd in `file`.
    pub fn odd(&mut self, file: &str, oddity: Oddity) {
        let odd = self.odd.entry(oddity.kind).or_default();
        odd.count += 1;
        if odd.examples.len() < EXAMPLES {
            odd.examples.push(Example { file: file.to_owned(), place: oddity.place, what: oddity.what });
        }
    }

    /// Counts rows that are `what`.
    pub fn rows(&mut self, what: &str, rows: u64) {
        self.rows += rows;
        match self.rows_by.get_mut(what) {
            Some(count) => *count += rows,
            None => {
                self.rows_by.insert(what.to_owned(), rows);
            }
        }
    }

    /// The entry for records of `kind`.
    pub fn landed(&mut self, kind: &'static str) -> &mut Landed {
        self.records.entry(kind).or_default()
    }

    /// One line of it, for a page.
    #[must_use]
    pub fn summary(&self) -> ImportSummary {
        let landed = || self.records.values();
        ImportSummary {
            files: self.files,
            sessions: 0,
            stored: landed().map(|landed| landed.stored).sum(),
            updated: landed().map(|landed| landed.updated).sum(),
            known: landed().map(|landed| landed.duplicate + landed.kept).sum(),
            problems: self.problem_count,
        }
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read          {} files, {} rows", self.files, self.rows)?;
        for (what, rows) in &self.rows_by {
            writeln!(f, "  {rows:>9}  {what}")?;
        }
        for (kind, found) in &self.found {
            match self.records.get(kind) {
                None => writeln!(f, "{kind:<13} {found} found")?,
                Some(landed) => {
                    write!(f, "{kind:<13} {} stored, {} updated", landed.stored, landed.updated)?;
                    write!(f, ", {} known", landed.duplicate)?;
                    let rare = [(landed.kept, "kept"), (landed.differing, "differing"), (landed.refused, "refused")];
                    for (count, what) in rare.into_iter().filter(|(count, _)| *count > 0) {
                        write!(f, ", {count} {what}")?;
                    }
                    writeln!(f)?;
                }
            }
        }
        for (kind, odd) in &self.odd {
            writeln!(f, "odd           {} × {kind}", odd.count)?;
            for example in &odd.examples {
                writeln!(f, "              {}: {}: {}", example.file, example.place, example.what)?;
            }
        }
        for note in &self.notes {
            writeln!(f, "note          {note}")?;
        }
        if self.dry_run {
            writeln!(f, "dry run       nothing was stored")?;
        }
        Ok(())
    }
}
