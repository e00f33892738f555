//! A store's file as SQL text that makes it again.

use std::fmt::Write as _;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

/// Tables first, then what stands on them; SQLite's own tables make themselves.
const SELECT_OBJECTS: &str = "select type, name, sql from sqlite_schema \
    where sql is not null and name not like 'sqlite_%' order by type <> 'table', rowid";

/// Columns that say when and how fast a migration ran, which is of no interest later.
const PASSING: [(&str, &str); 2] = [("installed_on", "'2026-01-01 00:00:00'"), ("execution_time", "0")];

/// The text.
pub async fn dump(db: &Path) -> String {
    let mut file = SqliteConnectOptions::new().filename(db).read_only(true).connect().await.expect("a store");
    let mut text = String::from("pragma auto_vacuum = incremental;\nbegin;\n");
    for object in sqlx::query(SELECT_OBJECTS).fetch_all(&mut file).await.expect("a schema") {
        let (kind, name): (String, String) = (object.get(0), object.get(1));
        writeln!(text, "{};", object.get::<String, _>(2)).expect("memory");
        if kind == "table" {
            rows(&mut file, &name, &mut text).await;
        }
    }
    text.push_str("commit;\n");
    text
}

async fn rows(file: &mut SqliteConnection, table: &str, text: &mut String) {
    let columns: Vec<String> = sqlx::query_scalar("select name from pragma_table_info(?) order by cid")
        .bind(table)
        .fetch_all(&mut *file)
        .await
        .expect("columns");
    let quoted: Vec<String> = columns
        .iter()
        .map(|column| {
            let passing = PASSING.iter().find(|(name, _)| name == column).map(|(_, value)| (*value).to_owned());
            passing.map_or_else(|| format!("quote(\"{column}\")"), |value| format!("quote({value})"))
        })
        .collect();
    let select = format!("select {} from {table}", quoted.join(" || ', ' || "));
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(file).await.expect("rows");
    for row in rows {
        writeln!(text, "insert into {table} values ({row});").expect("memory");
    }
}
