use super::*;
use std::fs;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

async fn make(path: &Path, mode: SqliteJournalMode) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(mode);
    let mut connection = options.connect().await.expect("a file");
    let sql = r#"create table "odd ""name" (a, "select" text, primary key (a)); create table b (x) ;
        insert into "odd ""name" values (1, 'one'), (2.5, null), (x'00ff', 'drei'), ('vier', x'41');
        create table w (k text primary key, v) without rowid; insert into w values ('k', 1);"#;
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("made");
    connection
}

async fn read_all(path: &Path) -> Result<Vec<(Option<i64>, Vec<Cell>)>, ForeignError> {
    let mut file = ForeignFile::open(path).await?;
    let tables = file.tables().await?;
    let mut all = Vec::new();
    for table in &tables {
        let mut rows = file.rows(table);
        while let Some(some) = Some(rows.next(3).await.map_err(|(_, error)| error)?).filter(|rows| !rows.is_empty()) {
            all.extend(some.into_iter().map(|row| (row.number, row.cells)));
        }
    }
    file.close().await?;
    Ok(all)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("readable")
        .flatten()
        .map(|entry| format!("{} {}", entry.file_name().to_string_lossy(), entry.metadata().expect("there").len()))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn rows_come_with_the_types_they_have_and_nothing_is_written() {
    for mode in [SqliteJournalMode::Delete, SqliteJournalMode::Wal] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.db");
        make(&path, mode).await.close().await.expect("closed");
        let before = (files(folder.path()), fs::read(&path).expect("readable"));
        let rows = read_all(&path).await.expect("readable");
        let text = |text: &str| Cell::Text(text.into());
        assert_eq!(
            rows,
            [
                (Some(1), vec![Cell::Int(1), text("one")]),
                (Some(2), vec![Cell::Real(2.5), Cell::Null]),
                (Some(3), vec![Cell::Blob(vec![0, 255]), text("drei")]),
                (Some(4), vec![text("vier"), Cell::Blob(vec![0x41])]),
                (None, vec![text("k"), Cell::Int(1)]),
            ]
        );
        assert_eq!((files(folder.path()), fs::read(&path).expect("readable")), before, "{mode:?}");
    }
}

#[tokio::test]
async fn rows_that_lie_in_the_log_of_a_writer_at_work_are_read_and_its_files_stay_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let writer = make(&path, SqliteJournalMode::Wal).await;
    let before = files(folder.path());
    assert!(before.iter().any(|name| name.starts_with("x.db-wal")), "{before:?}");
    assert_eq!(read_all(&path).await.expect("readable").len(), 5);
    assert_eq!(files(folder.path()), before);
    drop(writer);
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let said = async |path: &Path| read_all(path).await.expect_err("it cannot be read").to_string();
    fs::write(&path, "").expect("written");
    assert_eq!(said(&path).await, "is empty");
    fs::write(&path, "a text that is long enough to be anything").expect("written");
    assert_eq!(said(&path).await, "is no SQLite database");
    assert!(said(&folder.path().join("none")).await.starts_with("cannot be opened: "));

    fs::remove_file(&path).expect("removed");
    let mut writer = make(&path, SqliteJournalMode::Delete).await;
    for _ in 0..200 {
        sqlx::query("insert into b values (hex(zeroblob(2000)))").execute(&mut writer).await.expect("inserted");
    }
    sqlx::raw_sql("begin exclusive").execute(&mut writer).await.expect("locked");
    assert_eq!(said(&path).await, "is locked by another program; end it or try again later");
    writer.close().await.expect("closed");
    let whole = fs::read(&path).expect("readable");
    fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    assert!(said(&path).await.starts_with("is damaged or was not copied to its end"), "half a file");
}
