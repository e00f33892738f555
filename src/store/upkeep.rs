//! Questions about the file as a whole: is it sound, how much is there;
//! and copies of it.

use std::path::Path;

use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::error::{StoreError, query};

const SELECT_INFO: &str = "select value from store_info where key = ?";
const SELECT_DATA_VERSION: &str = "pragma data_version";
const INTEGRITY_CHECK: &str = "pragma integrity_check";
const VACUUM_INTO: &str = "vacuum into ?";
/// One step; at 4 KiB a page it holds the lock for some milliseconds.
const VACUUM_SOME: &str = "pragma incremental_vacuum(1000)";
const SELECT_FREE: &str = "select freelist_count, page_size from pragma_freelist_count, pragma_page_size";

/// One statement, so that a row which is being sealed is counted once.
const SELECT_COUNTS: &str = "\
with sealed as (select dataset, sum(rows) as rows from chunk group by dataset)
select (select count(*) from task) + coalesce((select rows from sealed where dataset = 'tasks'), 0),
    (select count(*) from agent_metric) + coalesce((select rows from sealed where dataset = 'agent-metrics'), 0),
    (select count(*) from swarm_metric) + coalesce((select rows from sealed where dataset = 'swarm-metrics'), 0),
    (select count(*) from event) + coalesce((select rows from sealed where dataset = 'events'), 0),
    (select count(*) from healing) + coalesce((select rows from sealed where dataset = 'healings'), 0),
    (select count(*) from agent_life), (select count(*) from memory)";

/// What `check` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong, one sentence each; empty when all is well.
    pub problems: Vec<String>,
    /// Records by dataset, in the order of [`Dataset::ALL`](crate::model::Dataset::ALL).
    pub records: [u64; 7],
}

impl CheckReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// A fact about the file.
pub(super) async fn info(readers: &SqlitePool, key: &str) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar(SELECT_INFO).bind(key).fetch_optional(readers).await.map_err(query("read a fact"))
}

/// Records by dataset, sealed ones included, in the order of [`Dataset::ALL`](crate::model::Dataset::ALL).
pub(super) async fn counts(readers: &SqlitePool) -> Result<[u64; 7], StoreError> {
    let found: (i64, i64, i64, i64, i64, i64, i64) =
        sqlx::query_as(SELECT_COUNTS).fetch_one(readers).await.map_err(query("count the records"))?;
    Ok([found.0, found.1, found.2, found.3, found.4, found.5, found.6].map(i64::unsigned_abs))
}

/// The number that changes whenever any other connection commits.
pub(super) async fn data_version(watcher: &mut SqliteConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar(SELECT_DATA_VERSION).fetch_one(watcher).await.map_err(query("read the data version"))
}

/// Looks at every page and index, and at every number that should be a word. Writers go on meanwhile.
pub(super) async fn check(readers: &SqlitePool) -> Result<CheckReport, StoreError> {
    let found: Vec<String> =
        sqlx::query_scalar(INTEGRITY_CHECK).fetch_all(readers).await.map_err(query("check the file"))?;
    let mut problems: Vec<String> = found.into_iter().filter(|line| line != "ok").collect();
    for (select, what) in ORPHANS {
        let orphans: i64 = sqlx::query_scalar(*select).fetch_one(readers).await.map_err(query("check the words"))?;
        if orphans > 0 {
            problems.push(format!("{orphans} {what}"));
        }
    }
    let mut moment = readers.begin().await.map_err(query("check the sealed chunks"))?;
    problems.extend(super::archive::problems(&mut moment).await?);
    moment.rollback().await.map_err(query("check the sealed chunks"))?;
    Ok(CheckReport { problems, records: counts(readers).await? })
}

/// Rows whose required words are missing.
const ORPHANS: &[(&str, &str)] = &[
    (
        "select count(*) from (select distinct agent from task) where agent not in (select id from agent_name)",
        "agents of tasks have no name",
    ),
    (
        "select count(*) from (select distinct agent from event) where agent not in (select id from agent_name)",
        "agents of events have no name",
    ),
    (
        "select count(*) from (select distinct type from event) where type not in (select id from event_name)",
        "types of events have no name",
    ),
    (
        "select count(*) from (select distinct metric from agent_metric) \
         where metric not in (select id from metric_name)",
        "types of agent metrics have no name",
    ),
    (
        "select count(*) from (select distinct metric from swarm_metric) \
         where metric not in (select id from metric_name)",
        "types of swarm metrics have no name",
    ),
];

/// Gives some free pages back; returns how many bytes.
pub(super) async fn vacuum_some(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let action = "give free pages back";
    let free = sqlx::query_as::<_, (i64, i64)>(SELECT_FREE);
    let (before, page_size) = free.fetch_one(&mut *connection).await.map_err(query(action))?;
    sqlx::query(VACUUM_SOME).execute(&mut *connection).await.map_err(query(action))?;
    let free = sqlx::query_as::<_, (i64, i64)>(SELECT_FREE);
    let (after, _) = free.fetch_one(connection).await.map_err(query(action))?;
    Ok(((before - after).max(0) * page_size).unsigned_abs())
}

/// Writes a compact copy of the store, as of now, to `target`, and reads it back: a copy that is not sound is
/// removed. Until then it goes by another name, so that a copy cut short is not taken for one. Writers go on
/// meanwhile. Returns its records by dataset.
pub(super) async fn backup(store: &Path, target: &Path) -> Result<[u64; 7], StoreError> {
    if let Ok(found) = std::fs::metadata(target) {
        let source = std::io::ErrorKind::AlreadyExists.into();
        return Err(if found.is_dir() {
            StoreError::Folder { path: target.to_owned() }
        } else {
            StoreError::Unreadable { path: target.to_owned(), source }
        });
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = std::path::PathBuf::from(partial);
    let fail = |source| StoreError::Unreadable { path: target.to_owned(), source };
    if partial.exists() {
        std::fs::remove_file(&partial).map_err(fail)?; // of a copy that was cut short
    }
    let made = copy(store, &partial).await;
    if made.is_err() {
        // It may never have been made; what counts is the failure before.
        let _ = std::fs::remove_file(&partial);
    }
    let records = made?;
    std::fs::rename(&partial, target).map_err(fail)?;
    // The copy and its name must be on the disk before anybody relies on it.
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let sync = || std::fs::File::open(target)?.sync_all().and_then(|()| std::fs::File::open(folder)?.sync_all());
    sync().map_err(fail)?;
    Ok(records)
}

/// Copies and verifies.
async fn copy(store: &Path, target: &Path) -> Result<[u64; 7], StoreError> {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use sqlx::{ConnectOptions as _, Connection as _};
    let action = "write the backup";
    let path = target.to_str().ok_or_else(|| StoreError::Unreadable {
        path: target.to_owned(),
        source: std::io::ErrorKind::InvalidFilename.into(),
    })?;
    let mut source = SqliteConnectOptions::new().filename(store).connect().await.map_err(query(action))?;
    sqlx::query(VACUUM_INTO).bind(path).execute(&mut source).await.map_err(query(action))?;
    source.close().await.map_err(query(action))?;
    // A lone file, so that reading it leaves nothing beside it.
    let options = SqliteConnectOptions::new().filename(target).read_only(true).immutable(true);
    let copy = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(query(action))?;
    let report = check(&copy).await;
    copy.close().await;
    let report = report?;
    match report.problems.first() {
        None => Ok(report.records),
        Some(problem) => Err(StoreError::Damaged { what: format!("its copy is not sound ({problem})") }),
    }
}
