//! Stores as earlier versions of the program left them: SQL text in `tests/fixtures`, one file a schema version, each
//! with the records of `tests/fixtures/records.ndjson`. `tests/migrations` makes and checks them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

/// A store of an earlier version.
pub struct Fixture {
    /// The newest migration it knows.
    pub version: i64,
    sql: String,
}

impl Fixture {
    /// Every one there is, oldest first.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = std::fs::read_dir(folder())
            .expect("the fixtures")
            .map(|entry| entry.expect("a fixture").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .map(|path| Self {
                version: version(&path),
                sql: std::fs::read_to_string(&path).expect("a fixture of text"),
            })
            .collect();
        all.sort_by_key(|fixture| fixture.version);
        all
    }

    /// Makes the file.
    pub async fn build(&self, path: &Path) {
        let mut file =
            SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.expect("a file");
        sqlx::raw_sql(sqlx::AssertSqlSafe(self.sql.clone())).execute(&mut file).await.expect("the fixture is SQL");
        file.close().await.expect("closed");
    }
}

/// Where fixtures lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The number that the name of a migration, or of its fixture, carries.
pub fn version(path: &Path) -> i64 {
    let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

/// The lines of the records that every fixture holds.
pub fn lines() -> Vec<String> {
    let text = std::fs::read_to_string(folder().join("records.ndjson")).expect("the records");
    text.lines().map(str::to_owned).collect()
}

/// The same, read.
pub fn records() -> Vec<Value> {
    lines().iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
