//! Opening a foreign file such that nothing is written to it or beside it.
//!
//! - nothing beside it, rollback journal: opened read-only, with SQLite's own locks;
//! - WAL mode, no log: closed cleanly, so it is opened as immutable (read-only would want a log);
//! - a log or a journal with something in it: copied together with it, and the copy is opened. Its
//!   writer may be at work: a copy during which a file changed is thrown away.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use super::{ForeignError, beside};

/// How long another program's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a file that changes under our hands is copied again.
const ATTEMPTS: usize = 3;
/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Where the header says how it is written: 2 = WAL.
const WRITE_VERSION: usize = 18;

const TOUCH: &str = "select count(*) from sqlite_schema";

pub(super) async fn open(path: &Path) -> Result<(SqliteConnection, Option<TempDir>), ForeignError> {
    let head = head(path)?;
    let busy = beside(path).iter().any(|file| fs::metadata(file).is_ok_and(|found| found.len() > 0));
    let options = SqliteConnectOptions::new()
        .foreign_keys(false)
        .row_buffer_size(1024) // fewer hand-overs between SQLite's thread and ours
        .pragma("query_only", "on")
        .pragma("cache_size", "-4096") // KiB; every page is read once
        .busy_timeout(PATIENCE)
        .disable_statement_logging();
    let (options, copy) = if busy {
        let path = path.to_owned();
        let copied = tokio::task::spawn_blocking(move || copy(&path)).await;
        let (folder, file) = copied.map_err(|error| ForeignError::Other(error.to_string()))??;
        (options.filename(file), Some(folder))
    } else {
        let immutable = head[WRITE_VERSION] == 2;
        (options.filename(path).read_only(true).immutable(immutable), None)
    };
    let mut connection = options.connect().await?;
    // Opening looks at nothing yet.
    sqlx::query(TOUCH).execute(&mut connection).await?;
    Ok((connection, copy))
}

/// The first bytes of a file that begins as SQLite files do.
fn head(path: &Path) -> Result<[u8; 32], ForeignError> {
    let mut head = [0; 32];
    let mut file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(ForeignError::NotADatabase);
    }
    if file.metadata()?.len() == 0 {
        return Err(ForeignError::Empty);
    }
    match file.read_exact(&mut head) {
        Ok(()) if head.starts_with(MAGIC) => Ok(head),
        Ok(()) => Err(ForeignError::NotADatabase),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(ForeignError::NotADatabase),
        Err(error) => Err(error.into()),
    }
}

fn copy(path: &Path) -> Result<(TempDir, std::path::PathBuf), ForeignError> {
    for _ in 0..ATTEMPTS {
        let before = states(path);
        let folder = tempfile::tempdir()?;
        let name = path.file_name().unwrap_or_default();
        let target = folder.path().join(name);
        fs::copy(path, &target)?;
        for (from, to) in beside(path).iter().zip(beside(&target)) {
            match fs::copy(from, to) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        if states(path) == before {
            return Ok((folder, target));
        }
    }
    Err(ForeignError::Changing)
}

/// Size and time of the file and of those beside it.
fn states(path: &Path) -> Vec<Option<(u64, Option<SystemTime>)>> {
    let state = |path: &Path| fs::metadata(path).ok().map(|found| (found.len(), found.modified().ok()));
    std::iter::once(state(path)).chain(beside(path).iter().map(|path| state(path))).collect()
}
