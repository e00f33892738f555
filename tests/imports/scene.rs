//! A store of its own, a folder for files, and the program itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use swarmscope::model::filter::PageRequest;
use swarmscope::model::{
    AgentRecord, Dataset, EventRecord, MemoryRecord, MetricRecord, Micros, Order, Record, RecordFilter, TaskRecord,
    TimeRange,
};
use swarmscope::service::import::{ImportReport, OnProgress};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};

/// 2026-11-01T00:00:00Z: after everything that is imported.
pub const NOW: Micros = Micros(1_793_491_200_000_000);

pub struct Scene {
    pub folder: tempfile::TempDir,
    pub service: Service,
}

pub fn silent() -> OnProgress {
    Arc::new(|_| {})
}

impl Scene {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("store.db"), &StoreOptions::default()).await.expect("a store");
        Self { service: Service::new(store, Settings::default()), folder }
    }

    /// Writes a file below the folder and returns its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, text).expect("written");
        path
    }

    pub async fn rows(&self, dataset: Dataset) -> Vec<Record> {
        let request = PageRequest {
            range: TimeRange::ALL,
            filter: RecordFilter::default(),
            order: Order::Asc,
            after: None,
            limit: 1_000_000,
        };
        let rows = self.service.store().page(dataset, &request).await.expect("reads");
        rows.into_iter().map(|row| row.record).collect()
    }

    pub async fn tasks(&self) -> Vec<TaskRecord> {
        let task = |record| if let Record::Task(task) = record { Some(task) } else { None };
        self.rows(Dataset::Tasks).await.into_iter().filter_map(task).collect()
    }

    pub async fn events(&self) -> Vec<EventRecord> {
        let event = |record| if let Record::Event(event) = record { Some(event) } else { None };
        self.rows(Dataset::Events).await.into_iter().filter_map(event).collect()
    }

    pub async fn agents(&self) -> Vec<AgentRecord> {
        let agent = |record| if let Record::Agent(agent) = record { Some(agent) } else { None };
        self.rows(Dataset::Agents).await.into_iter().filter_map(agent).collect()
    }

    pub async fn memories(&self) -> Vec<MemoryRecord> {
        let memory = |record| if let Record::Memory(memory) = record { Some(memory) } else { None };
        self.rows(Dataset::Memory).await.into_iter().filter_map(memory).collect()
    }

    pub async fn metrics(&self, dataset: Dataset) -> Vec<MetricRecord> {
        let metric = |record| if let Record::AgentMetric(m) | Record::SwarmMetric(m) = record { Some(m) } else { None };
        self.rows(dataset).await.into_iter().filter_map(metric).collect()
    }

    /// Everything stored, as text: equal when nothing changed.
    pub async fn everything(&self) -> String {
        let mut text = String::new();
        for dataset in Dataset::ALL {
            for row in self.rows(dataset).await {
                text.push_str(&serde_json::to_string(&row).expect("records are JSON"));
                text.push('\n');
            }
        }
        text
    }
}

/// stored, updated, known
pub fn landed(report: &ImportReport) -> [u64; 3] {
    let all = || report.records.values();
    [
        all().map(|landed| landed.stored).sum(),
        all().map(|landed| landed.updated).sum(),
        all().map(|landed| landed.duplicate).sum(),
    ]
}

/// The folder `name` of the shared telemetry, where it is.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SWARMSCOPE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = Some(folder.join(name)).filter(|folder| folder.join("expected.json").exists());
    if folder.is_none() {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED: no {name}/expected.json in SWARMSCOPE_DATA or ../shared/data");
    }
    folder
}

/// Runs the program to its end: exit code, output, errors.
pub fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
    for name in ["SWARMSCOPE_DB", "SWARMSCOPE_CONFIG", "SWARMSCOPE_LOG_LEVEL", "SWARMSCOPE_LOG_FORMAT"] {
        command.env_remove(name);
    }
    let ended = command.current_dir(folder).args(words).stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}
