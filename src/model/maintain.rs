//! What keeping a store means: how long what is kept, how large it is, what was done to it.
//!
//! Not here: deciding what is due (`analytics::retention`) and doing it (`store`).

mod settings;

use serde::{Deserialize, Serialize};

use super::answer::Tier;
use super::time::rfc3339;
use super::{Dataset, Micros};

pub use settings::{CompressionSettings, RetentionSettings, StreamSettings, WriteBufferSettings};

/// What a part of the file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Shelf {
    /// Records as rows.
    Rows,
    /// Records sealed into compressed chunks.
    Sealed,
    /// Minute rollups.
    Minutes,
    /// Hour rollups.
    Hours,
    /// Day rollups.
    Days,
    /// Names, counters, the schema.
    Other,
}

impl Shelf {
    /// Its name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Sealed => "sealed",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Other => "other",
        }
    }

    /// The shelf of a rollup tier.
    #[must_use]
    pub fn of(tier: Tier) -> Self {
        match tier {
            Tier::Raw => Self::Rows,
            Tier::Minute => Self::Minutes,
            Tier::Hour => Self::Hours,
            Tier::Day => Self::Days,
        }
    }
}

/// How much one table holds on one shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StorePart {
    /// The table.
    pub table: String,
    /// What it holds.
    pub shelf: Shelf,
    /// Its rows.
    pub rows: u64,
    /// Its bytes with indices. Where a table holds several tiers they are shared out by rows.
    pub bytes: u64,
}

/// A day of records that was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SealedDay {
    /// What is sealed.
    pub dataset: Dataset,
    /// Midnight at its start.
    #[serde(with = "rfc3339")]
    pub day: Micros,
    /// Its records.
    pub rows: u64,
    /// In so many chunks.
    pub chunks: u64,
    /// Of so many bytes in all.
    pub bytes: u64,
}

/// What is kept of one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DatasetState {
    /// The dataset.
    pub dataset: Dataset,
    /// Its records that are rows.
    pub rows: u64,
    /// Its records that are sealed.
    pub sealed: u64,
    /// The first of its days, at midnight; `None` when it is empty.
    #[serde(with = "rfc3339::option")]
    pub first_day: Option<Micros>,
    /// The last of its days.
    #[serde(with = "rfc3339::option")]
    pub last_day: Option<Micros>,
    /// Days whose hours were taken away.
    pub days_without_hours: u64,
}

/// How large the store becomes if things go on as they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Forecast {
    /// Bytes in use in 30 days.
    pub bytes_30: u64,
    /// Bytes in use in 90 days.
    pub bytes_90: u64,
    /// Records a day that this counts on: the mean of the last [`Self::basis_days`].
    pub records_a_day: u64,
    /// Whole days the rate was taken from, at most 7.
    pub basis_days: u32,
    /// Bytes of one record as a row, indices included.
    pub row_bytes: u64,
    /// Bytes of one sealed record.
    pub sealed_bytes: u64,
    /// Whether [`Self::sealed_bytes`] is a guess, because nothing was sealed yet.
    pub sealed_guessed: bool,
}

/// What can be done to a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase", tag = "task")]
pub enum MaintenanceTask {
    /// What retention asks for: seal, take hours away, take days away.
    Cleanup {
        /// Instead: take everything away that is older than so many days.
        older_than_days: Option<u32>,
        /// Only say what would be done.
        dry_run: bool,
    },
    /// Give free pages back to the disk.
    Vacuum,
    /// Copy the store into the folder `backups` beside it, and verify the copy.
    Backup {
        /// The name of the copy's file, without a folder; made from the time without one.
        name: Option<String>,
    },
    /// Look at every page and index.
    Check,
    /// Turn sealed records back into rows. The next cleanup seals them again.
    Unarchive {
        /// The first instant they are from.
        #[serde(with = "rfc3339")]
        from: Micros,
        /// The first instant after.
        #[serde(with = "rfc3339")]
        until: Micros,
    },
}

impl MaintenanceTask {
    /// Its name in routes and records of runs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Cleanup { .. } => "cleanup",
            Self::Vacuum => "vacuum",
            Self::Backup { .. } => "backup",
            Self::Check => "check",
            Self::Unarchive { .. } => "unarchive",
        }
    }
}

/// What was done to a part of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Rows became chunks.
    Sealed,
    /// Taken away for good.
    Deleted,
}

/// One line of what a cleanup did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Change {
    /// What was done.
    pub action: Action,
    /// To which table.
    pub table: String,
    /// On which shelf.
    pub shelf: Shelf,
    /// Days it was done for.
    pub days: u64,
    /// Rows it was done to; records where they were sealed.
    pub rows: u64,
    /// Bytes that became free, as far as they are known: chunks by their size, rows by the mean of their table.
    pub bytes: u64,
}

/// What a task did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct MaintenanceReport {
    /// Cleanup: what was done, by table and shelf.
    pub changes: Vec<Change>,
    /// Cleanup: whether nothing was changed, and this is what would be.
    pub dry_run: bool,
    /// Cleanup: days old enough to go whose records arrived too recently.
    pub days_spared: u64,
    /// Cleanup: bytes in use above the limit that could not be helped.
    pub over_cap_bytes: u64,
    /// Vacuum: bytes given back to the disk.
    pub freed_bytes: u64,
    /// Backup: the copy.
    pub backup: Option<BackupReport>,
    /// Check: what is wrong.
    pub problems: Vec<String>,
    /// Unarchive: records that are rows again.
    pub restored_rows: u64,
}

/// A verified copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct BackupReport {
    /// Its file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The records that were read back from it.
    pub records: u64,
}

/// One run of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MaintenanceRun {
    /// Ascending.
    pub id: i64,
    /// What ran.
    pub task: String,
    /// When it started.
    #[serde(with = "rfc3339")]
    pub started: Micros,
    /// When it ended; `None` while it runs, or when its process died.
    #[serde(with = "rfc3339::option")]
    pub finished: Option<Micros>,
    /// What it did; `None` until it ended well.
    pub report: Option<MaintenanceReport>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A task at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MaintenanceStatus {
    /// What runs.
    pub task: MaintenanceTask,
    /// Since when.
    #[serde(with = "rfc3339")]
    pub started: Micros,
    /// What it is doing, in words.
    pub step: String,
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0 while nobody knows.
    pub total: u64,
}

/// What a cleanup would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CleanupTrial {
    /// When it was tried.
    #[serde(with = "rfc3339")]
    pub at: Micros,
    /// Days it was asked to go by; `None` = as retention says.
    pub older_than_days: Option<u32>,
    /// What it found.
    pub report: MaintenanceReport,
}

/// The store as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StoreReport {
    /// The file.
    pub file: String,
    /// Its bytes.
    pub file_bytes: u64,
    /// Bytes of its write-ahead log.
    pub wal_bytes: u64,
    /// Bytes inside the file that are free, and which `vacuum` gives back.
    pub free_bytes: u64,
    /// When the sizes below were measured: they are read from every page, so they are kept for some minutes.
    #[serde(with = "rfc3339")]
    pub measured: Micros,
    /// Bytes and rows by table and shelf, largest first.
    pub parts: Vec<StorePart>,
    /// What is kept of each dataset.
    pub datasets: Vec<DatasetState>,
    /// Every sealed day, newest first.
    pub sealed: Vec<SealedDay>,
    /// How large it becomes; `None` before a whole day of records is there.
    pub forecast: Option<Forecast>,
    /// `[retention]`.
    pub retention: RetentionSettings,
    /// `[compression]`.
    pub compression: CompressionSettings,
    /// When the server cleans up next; `None` when it does not, or never did.
    #[serde(with = "rfc3339::option")]
    pub next_cleanup: Option<Micros>,
    /// The last runs, newest first; at most [`Self::RUNS_LISTED`].
    pub runs: Vec<MaintenanceRun>,
    /// What runs now.
    pub running: Option<MaintenanceStatus>,
    /// What the last dry run of this process would have done; `None` when there was none, or something was done since.
    pub dry_run: Option<CleanupTrial>,
}

impl StoreReport {
    /// Most runs in [`Self::runs`].
    pub const RUNS_LISTED: u32 = 20;

    /// Bytes of one shelf.
    #[must_use]
    pub fn shelf_bytes(&self, shelf: Shelf) -> u64 {
        self.parts.iter().filter(|part| part.shelf == shelf).map(|part| part.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_and_read_back() {
        let run = MaintenanceRun {
            id: 1,
            task: "vacuum".into(),
            started: Micros(1_767_268_800_000_000),
            finished: None,
            report: Some(MaintenanceReport { freed_bytes: 5, ..MaintenanceReport::default() }),
            error: None,
        };
        let text = serde_json::to_string(&run).expect("JSON");
        assert!(text.contains(r#""started":"2026-01-01T12:00:00Z","finished":null"#), "{text}");
        assert_eq!(serde_json::from_str::<MaintenanceRun>(&text).expect("a run"), run);
    }

    #[test]
    fn a_task_names_itself_in_json() {
        let task = MaintenanceTask::Cleanup { older_than_days: Some(30), dry_run: true };
        let text = serde_json::to_string(&task).expect("JSON");
        assert_eq!(text, r#"{"task":"cleanup","older_than_days":30,"dry_run":true}"#);
        assert_eq!(serde_json::to_string(&MaintenanceTask::Check).expect("JSON"), r#"{"task":"check"}"#);
    }
}
