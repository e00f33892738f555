//! Databases as MoAI-Flow makes them: the tables of its documents, filled by the tests.

use std::io::Write as _;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

/// v1, `MetricsStorage`.
pub const V1: &str = "
create table task_metrics (task_id TEXT NOT NULL, agent_id TEXT NOT NULL, duration_ms INTEGER, result TEXT NOT NULL,
    tokens_used INTEGER DEFAULT 0, files_changed INTEGER DEFAULT 0, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (task_id, timestamp));
create table agent_metrics (metric_id INTEGER PRIMARY KEY AUTOINCREMENT, agent_id TEXT NOT NULL,
    metric_type TEXT NOT NULL, value REAL NOT NULL, metadata TEXT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP);
create table swarm_metrics (metric_id INTEGER PRIMARY KEY AUTOINCREMENT, swarm_id TEXT NOT NULL,
    metric_type TEXT NOT NULL, value REAL NOT NULL, metadata TEXT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP);
create table metrics_schema_info (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT DEFAULT CURRENT_TIMESTAMP);
create index idx_task_agent on task_metrics (agent_id, timestamp);
insert into metrics_schema_info (key, value) values ('version', '1.0.0');";

/// v2, `MetricsPersistence`, with its indices put where SQLite takes them.
pub const V2: &str = "
create table task_metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL, agent_id TEXT NOT NULL,
    timestamp INTEGER NOT NULL, duration_ms INTEGER, tokens_used INTEGER DEFAULT 0, success INTEGER NOT NULL, metadata TEXT);
create table agent_metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, agent_id TEXT NOT NULL, timestamp INTEGER NOT NULL,
    metric_type TEXT NOT NULL, value REAL NOT NULL, metadata TEXT);
create table swarm_metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, swarm_id TEXT NOT NULL, timestamp INTEGER NOT NULL,
    metric_type TEXT NOT NULL, value REAL NOT NULL, metadata TEXT);
create table metrics_archive (id INTEGER PRIMARY KEY AUTOINCREMENT, archive_date TEXT NOT NULL, metric_table TEXT NOT NULL,
    aggregation_level TEXT NOT NULL, compressed_data BLOB NOT NULL, record_count INTEGER NOT NULL, created_at INTEGER NOT NULL);
create table storage_schema_info (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT);";

/// `SwarmDB`.
pub const SWARM: &str = "
create table agent_events (id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT UNIQUE NOT NULL, event_type TEXT NOT NULL,
    agent_id TEXT NOT NULL, agent_type TEXT NOT NULL, timestamp TEXT NOT NULL, metadata TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP);
create table agent_registry (agent_id TEXT PRIMARY KEY, agent_type TEXT NOT NULL, status TEXT NOT NULL,
    spawn_time REAL NOT NULL, complete_time REAL, duration_ms INTEGER, metadata TEXT, last_updated TEXT);
create table session_memory (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, memory_type TEXT NOT NULL,
    key TEXT NOT NULL, value TEXT, timestamp TEXT NOT NULL, ttl_hours INTEGER, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
create table schema_info (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT);";

/// Opens `path` for writing, in the mode its program uses, and runs `sql`.
pub async fn write(path: &Path, mode: SqliteJournalMode, sql: &str) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(mode);
    let mut connection = options.connect().await.expect("a file");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("SQL");
    connection
}

/// The same, and closes it.
pub async fn make(path: &Path, sql: &str) {
    use sqlx::Connection as _;
    write(path, SqliteJournalMode::Delete, sql).await.close().await.expect("closed");
}

/// Rows packed as v2 packs them, as a literal for SQL.
pub fn packed(rows: &serde_json::Value) -> String {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(rows.to_string().as_bytes()).expect("packed");
    let hex: String = packer.finish().expect("packed").iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{hex}'")
}
