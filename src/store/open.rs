//! Opening a file: its settings, its schema, and a clear word about every file that is not ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::StoreOptions;
use super::error::{StoreError, code, query, sqlite_code};
use super::lock::ProcessLock;
use super::rollup::count_uncounted;

/// Every migration, compiled in.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// The oldest SQLite that keeps every committed transaction when two connections write and
/// checkpoint at once (<https://sqlite.org/wal.html#the_wal_reset_bug>).
const SQLITE_NEEDED: (&str, [u32; 3]) = ("3.51.3", [3, 51, 3]);

/// How long opening waits for another process that migrates or writes.
const OPEN_PATIENCE: Duration = Duration::from_secs(30);

/// Pages of log after which a commit copies what the copier left into the file; measured: 1,000 halves the rate.
const AUTOCHECKPOINT_PAGES: &str = "16384";

/// To how many bytes the log file is cut back once it has been copied: what those pages take.
const LOG_BYTES_KEPT: &str = "67108864";

const SELECT_SQLITE_VERSION: &str = "select sqlite_version()";
const SELECT_ONE_TABLE: &str = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' \
                                order by name = '_sqlx_migrations' desc limit 1";
const SELECT_MIGRATIONS: &str = "select version, checksum from _sqlx_migrations order by version";

/// The connections of an open store.
#[derive(Debug)]
pub(super) struct Opened {
    /// The one that writes.
    pub(super) writer: SqliteConnection,
    /// One more, which copies the log into the file.
    pub(super) copier: SqliteConnection,
    /// The lock the writer takes for each transaction.
    pub(super) lock: ProcessLock,
    /// The ones that read.
    pub(super) readers: SqlitePool,
    /// One more reader, which notices that somebody wrote.
    pub(super) watcher: SqliteConnection,
}

/// Opens the store at `path` and brings its schema up to date.
///
/// # Errors
/// [`StoreError`] naming the file and the remedy; the file is then as it was.
pub(super) async fn open(path: &Path, options: &StoreOptions) -> Result<Opened, StoreError> {
    prepare_path(path, options.create)?;
    recognise(path).await?; // before anything is made beside a file that is not ours
    let mut lock = ProcessLock::open(path)?;
    lock.acquire(OPEN_PATIENCE).await?;
    let writer = open_writer(path).await;
    lock.release()?;
    let writer = writer?;
    let copier = copier_options(path).connect().await;
    let copier = copier.map_err(|source| explain(path, "open the file for its log", source))?;
    let readers = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(options.readers.max(1))
        .connect_with(reader_options(path, options.reader_cache_kib))
        .await
        .map_err(|source| explain(path, "open the file for reading", source))?;
    let watcher = reader_options(path, options.reader_cache_kib).connect().await;
    let watcher = watcher.map_err(|source| explain(path, "open the file for reading", source))?;
    Ok(Opened { writer, copier, lock, readers, watcher })
}

/// Refuses folders and missing files, makes the folder of a new file.
fn prepare_path(path: &Path, create: bool) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(StoreError::Folder { path: path.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if !create {
                return Err(StoreError::Missing { path: path.to_owned() });
            }
            let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Unreadable { path: folder.to_owned(), source })
        }
        Err(source) => Err(StoreError::Unreadable { path: path.to_owned(), source }),
    }
}

async fn open_writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut writer =
        writer_options(path).connect().await.map_err(|source| explain(path, "open the file for writing", source))?;
    guard_version(&mut writer).await?;
    migrate(path, &mut writer).await?;
    count_uncounted(&mut writer).await?;
    Ok(writer)
}

/// Whether the file is new, or ours and of a version we know. A look that changes nothing: WAL mode
/// and `auto_vacuum` must not reach a foreign file.
async fn recognise(path: &Path) -> Result<(), StoreError> {
    if !std::fs::metadata(path).is_ok_and(|found| found.len() > 0) {
        return Ok(());
    }
    let look = SqliteConnectOptions::new().filename(path).disable_statement_logging();
    let mut look = look.connect().await.map_err(|source| explain(path, "open the file", source))?;
    let verdict = judge(path, &mut look).await;
    look.close().await.map_err(query("close the file after a first look"))?;
    verdict
}

async fn judge(path: &Path, look: &mut SqliteConnection) -> Result<(), StoreError> {
    let table: Option<String> = sqlx::query_scalar(SELECT_ONE_TABLE)
        .fetch_optional(&mut *look)
        .await
        .map_err(|source| explain(path, "read the schema", source))?;
    match table {
        None => return Ok(()),
        Some(table) if table != "_sqlx_migrations" => {
            return Err(StoreError::Foreign { path: path.to_owned(), table });
        }
        Some(_) => {}
    }
    let done: Vec<(i64, Vec<u8>)> = sqlx::query_as(SELECT_MIGRATIONS)
        .fetch_all(look)
        .await
        .map_err(|source| explain(path, "read the schema version", source))?;
    let found = done.last().map_or(0, |(version, _)| *version);
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    if found > known {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, known });
    }
    for (version, checksum) in done {
        let ours = MIGRATIONS.iter().find(|migration| migration.version == version);
        if ours.is_some_and(|migration| *migration.checksum != *checksum) {
            return Err(StoreError::OtherSchema { path: path.to_owned(), version });
        }
    }
    Ok(())
}

async fn guard_version(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar(SELECT_SQLITE_VERSION)
        .fetch_one(writer)
        .await
        .map_err(query("ask for the version of SQLite"))?;
    let (needed, numbers) = SQLITE_NEEDED;
    if is_at_least(&found, numbers) { Ok(()) } else { Err(StoreError::OldSqlite { found, needed }) }
}

/// Whether the version text `found` (`3.51.3`) is `needed` or newer; a text that is no version is not.
fn is_at_least(found: &str, needed: [u32; 3]) -> bool {
    let numbers: Result<Vec<u32>, _> = found.split('.').map(str::parse).collect();
    numbers.is_ok_and(|numbers| !numbers.is_empty() && numbers.as_slice() >= needed.as_slice())
}

async fn migrate(path: &Path, writer: &mut SqliteConnection) -> Result<(), StoreError> {
    MIGRATIONS.run(writer).await.map_err(|source| match source {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)
            if sqlite_code(&source).is_some_and(|found| found & 0xff == code::FULL) =>
        {
            StoreError::DiskFull { path: path.to_owned() }
        }
        source => StoreError::Migration { path: path.to_owned(), source },
    })
}

fn writer_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        // Only heeded before the first table; lets `vacuum` give space back in small steps.
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged record survives a power cut; group commit pays for it.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false) // the schema has none
        .pragma("wal_autocheckpoint", AUTOCHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
        .pragma("cache_size", "-65536") // KiB
        .pragma("temp_store", "memory")
        .statement_cache_capacity(512)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging() // the texts are long, and the writer counts what it does
}

/// It never holds a page for itself.
fn copier_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(Duration::ZERO) // who is at it already copies as well
        .disable_statement_logging()
}

fn reader_options(path: &Path, cache_kib: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .foreign_keys(false)
        .pragma("query_only", "on")
        .pragma("cache_size", format!("-{cache_kib}")) // negative: KiB, not pages
        .pragma("temp_store", "memory")
        .row_buffer_size(1024) // fewer hand-overs between SQLite's thread and ours
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging()
}

/// What an error met while opening means.
fn explain(path: &Path, action: &'static str, source: sqlx::Error) -> StoreError {
    let path: PathBuf = path.to_owned();
    match sqlite_code(&source).map(|found| found & 0xff) {
        Some(code::NOTADB) => StoreError::NotADatabase { path },
        Some(code::BUSY) => StoreError::Locked { path },
        Some(code::FULL) => StoreError::DiskFull { path },
        Some(code::CANTOPEN) => {
            // SQLite says only "unable to open"; the system knows why.
            let source = std::fs::OpenOptions::new().read(true).write(true).open(&path).err();
            StoreError::Unreadable {
                path,
                source: source.unwrap_or_else(|| std::io::ErrorKind::PermissionDenied.into()),
            }
        }
        _ => StoreError::Query { action, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(is_at_least("3.51.3", SQLITE_NEEDED.1));
        assert!(is_at_least("3.100.0", SQLITE_NEEDED.1));
        assert!(!is_at_least("3.51.2", SQLITE_NEEDED.1));
        assert!(!is_at_least("3.9.30", SQLITE_NEEDED.1));
        assert!(!is_at_least("", SQLITE_NEEDED.1));
    }
}
