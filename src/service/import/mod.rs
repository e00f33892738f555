//! Import from files on this machine: find, read, hand to the store, report.
//!
//! What lines, rows and values mean is decided in `wire`; here are folders, files and what the store
//! already knows. Sources are opened for reading only. Not here: which folders a browser may ask for,
//! beyond [`discover`].

mod claude_code;
mod claude_flow;
pub mod discover;
mod files;
mod follow;
mod known;
mod moai;
mod otlp;
mod read;
pub mod report;
mod sink;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ServiceError;
use crate::model::{Problem, ProblemKind, Record};

pub use claude_code::survey_claude_code;
pub use claude_flow::survey_claude_flow;
pub use follow::{Follower, Round};
pub use moai::{MoaiOptions, survey_moai};
pub use otlp::survey_otlp;
pub use report::ImportReport;

/// Records written at once. A batch is one transaction; an import that is cut short is finished by
/// running it again.
const BATCH: usize = 2000;

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

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ServiceError> {
    // Reading is abandoned only when the program stops.
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::new(ProblemKind::Internal, "the import was cut short; run it again to go on").into())
}

/// The files below `paths` that are `ours`, and a report that says what could not be searched.
async fn search(
    paths: Vec<PathBuf>,
    ours: fn(&Path) -> bool,
) -> Result<(Vec<files::Found>, ImportReport), ServiceError> {
    let look = move || {
        let mut report = ImportReport::default();
        let found = files::find(&paths, &ours, &mut report);
        (found, report)
    };
    blocking(look).await
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
    /// For files of these sizes.
    fn new(sizes: impl Iterator<Item = u64>, told: OnProgress) -> Self {
        let (files_total, bytes_total) = sizes.fold((0, 0), |(files, all), bytes| (files + 1, all + bytes));
        Self { files: AtomicU64::new(0), bytes: AtomicU64::new(0), files_total, bytes_total, told }
    }

    /// Tells how far a file is that was not read to its end.
    fn within(&self, bytes: u64) {
        (self.told)(Progress {
            files: self.files.load(Ordering::Relaxed),
            files_total: self.files_total,
            bytes: self.bytes.load(Ordering::Relaxed) + bytes,
            bytes_total: self.bytes_total,
        });
    }

    /// A file of so many bytes is done.
    fn advance(&self, bytes: u64) {
        (self.told)(Progress {
            files: self.files.fetch_add(1, Ordering::Relaxed) + 1,
            files_total: self.files_total,
            bytes: self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes,
            bytes_total: self.bytes_total,
        });
    }
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
