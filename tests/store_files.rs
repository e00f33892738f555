//! The file as a whole: what is refused, what two writers do to each other, a full disk, closing.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use swarmscope::model::filter::PageRequest;
use swarmscope::model::{
    Dataset, Json, Micros, Order, Outcome, Record, RecordFilter, TaskRecord, TimeRange, TokenCounts,
};
use swarmscope::store::{Clock, KeyUse, Landing, Store, StoreError, StoreOptions};

const NOON: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z

fn task(id: &str, ts: i64) -> Record {
    Record::Task(TaskRecord {
        task_id: id.to_owned().try_into().expect("an id"),
        agent_id: format!("agent-{}", ts % 7).try_into().expect("an id"),
        result: Some(Outcome::Success),
        timestamp: Micros(ts),
        duration_ms: Some(12.5),
        tokens_used: None,
        files_changed: None,
        swarm_id: None,
        model: None,
        tokens: TokenCounts::default(),
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    })
}

fn heavy(id: &str, ts: i64, bytes: usize) -> Record {
    let Record::Task(mut record) = task(id, ts) else { unreachable!() };
    record.metadata = Some(Json(format!("\"{}\"", "x".repeat(bytes))));
    Record::Task(record)
}

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, &StoreOptions::default()).await
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.expect("a connection")
}

async fn ids(store: &Store) -> Vec<String> {
    let request = PageRequest {
        range: TimeRange::ALL,
        filter: RecordFilter::default(),
        order: Order::Asc,
        after: None,
        limit: 1_000_000,
    };
    let rows = store.page(Dataset::Tasks, &request).await.expect("a page");
    let id = |record| if let Record::Task(task) = record { task.task_id.to_string() } else { unreachable!() };
    rows.into_iter().map(|row| id(row.record)).collect()
}

#[tokio::test]
async fn files_that_are_no_store_are_refused_each_with_its_name_and_left_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "just some notes, ".repeat(100)).expect("written");
    let foreign = folder.path().join("metrics.db");
    let mut connection = raw(&foreign).await;
    sqlx::query("create table task_metrics (id integer)").execute(&mut connection).await.expect("created");
    connection.close().await.expect("closed");
    for path in [&text, &foreign] {
        let before = std::fs::read(path).expect("the file");
        let refused = open(path).await.expect_err("refused");
        match &refused {
            StoreError::NotADatabase { .. } => assert_eq!(path, &text),
            StoreError::Foreign { table, .. } => assert_eq!((path, table.as_str()), (&foreign, "task_metrics")),
            other => panic!("{other:?}"),
        }
        assert!(refused.to_string().contains(path.to_str().expect("a path")), "{refused}");
        assert_eq!(std::fs::read(path).expect("the file"), before);
        let lock = format!("{}.lock", path.display());
        assert!(!Path::new(&lock).exists(), "nothing is left beside it");
    }
    let refused = open(folder.path()).await.expect_err("refused");
    assert!(matches!(refused, StoreError::Folder { .. }), "{refused:?}");
    let missing = folder.path().join("none.db");
    let options = StoreOptions { create: false, ..Default::default() };
    let refused = Store::open(&missing, &options).await.expect_err("refused");
    assert!(matches!(refused, StoreError::Missing { .. }), "{refused:?}");
    assert!(!missing.exists());
    let under_a_file = text.join("s.db");
    let refused = open(&under_a_file).await.expect_err("refused");
    assert!(matches!(refused, StoreError::Unreadable { .. }), "{refused:?}");
}

#[tokio::test]
async fn the_file_is_durable_compactable_and_written_by_a_safe_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let store = open(&path).await.expect("a store");
    let mut connection = raw(&path).await;
    let text = |pragma: &'static str| sqlx::query_scalar::<_, String>(pragma);
    assert_eq!(text("pragma journal_mode").fetch_one(&mut connection).await.expect("a mode"), "wal");
    let vacuum: i64 = sqlx::query_scalar("pragma auto_vacuum").fetch_one(&mut connection).await.expect("a mode");
    assert_eq!(vacuum, 2, "incremental");
    let version = text("select sqlite_version()").fetch_one(&mut connection).await.expect("a version");
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().expect("a number")).collect();
    assert!(numbers >= vec![3, 51, 3], "{version} can lose committed transactions");
    connection.close().await.expect("closed");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_write_one_file_at_once_and_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let stores = [open(&path).await.expect("a store"), open(&path).await.expect("the same store")];
    let mut writers = Vec::new();
    for (number, store) in stores.iter().cloned().enumerate() {
        for lane in 0..4 {
            let store = store.clone();
            writers.push(tokio::spawn(async move {
                for round in 0..25_i64 {
                    // Both send the task `shared-…`: it counts once.
                    let own = task(&format!("own-{number}-{lane}-{round}"), NOON + round);
                    let shared = task(&format!("shared-{lane}-{round}"), NOON + round);
                    let landings = store.write(vec![own, shared]).await.expect("stored");
                    assert_eq!(landings[0], Landing::Stored);
                }
            }));
        }
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    let mut found = ids(&stores[0]).await;
    found.sort();
    assert_eq!(found.len(), 2 * 4 * 25 + 4 * 25);
    found.dedup();
    assert_eq!(found.len(), 300, "each once");
    let mut connection = raw(&path).await;
    let (rows, rolled): (i64, i64) =
        sqlx::query_as("select (select count(*) from task), (select sum(tasks) from agent_rollup where tier = 86400)")
            .fetch_one(&mut connection)
            .await
            .expect("counts");
    assert_eq!((rows, rolled), (300, 300), "rollups of both writers add up");
    assert!(stores[1].check().await.expect("checked").is_sound());
    for store in stores {
        store.close().await;
    }
}

#[tokio::test]
async fn two_processes_write_one_file_at_once_beside_this_one_and_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let store = open(&path).await.expect("a store");
    let children: Vec<_> = (0..2)
        .map(|number| {
            let lines: String = (0..3000)
                .map(|line| format!("{{\"kind\":\"task\",\"task_id\":\"p{number}-{line}\",\"agent_id\":\"a\",\"result\":\"success\",\"timestamp\":\"2026-01-01T12:00:00Z\"}}\n"))
                .collect();
            let file = folder.path().join(format!("{number}.ndjson"));
            std::fs::write(&file, lines).expect("written");
            std::process::Command::new(env!("CARGO_BIN_EXE_swarmscope"))
                .arg("--db")
                .arg(&path)
                .arg("ingest")
                .arg(&file)
                .stderr(std::process::Stdio::piped())
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("the program starts")
        })
        .collect();
    for round in 0..100 {
        store.write(vec![task(&format!("own-{round}"), NOON)]).await.expect("stored");
    }
    for child in children {
        let done = child.wait_with_output().expect("it ends");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let mut found = ids(&store).await;
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 2 * 3000 + 100);
    assert!(store.check().await.expect("checked").is_sound());
}

#[tokio::test]
async fn space_of_deleted_rows_is_given_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let store = open(&path).await.expect("a store");
    let tasks = (0..300).map(|n| heavy(&format!("t{n}"), NOON + n, 20_000)).collect();
    store.write(tasks).await.expect("stored");
    let mut connection = raw(&path).await;
    sqlx::query("delete from task").execute(&mut connection).await.expect("deleted");
    connection.close().await.expect("closed");
    let freed = store.vacuum().await.expect("vacuumed");
    assert!(freed > 300 * 20_000, "{freed} bytes");
    assert_eq!(store.vacuum().await.expect("vacuumed"), 0);
    store.close().await;
    assert!(std::fs::metadata(&path).expect("a file").len() < 1_000_000);
}

#[tokio::test]
async fn the_data_version_tells_of_writes_by_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let (one, other) = (open(&path).await.expect("a store"), open(&path).await.expect("a store"));
    let before = one.data_version().await.expect("a version");
    assert_eq!(one.data_version().await.expect("a version"), before);
    other.write(vec![task("t", NOON)]).await.expect("stored");
    assert_ne!(one.data_version().await.expect("a version"), before);
}

#[tokio::test]
async fn a_sender_that_goes_away_does_not_stop_what_it_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder.path().join("s.db")).await.expect("a store");
    let tasks: Vec<Record> = (0..500).map(|n| task(&format!("t{n}"), NOON + n)).collect();
    // Long enough to hand the work over, too short to see it done.
    let gone = tokio::time::timeout(Duration::from_micros(1), store.write(tasks)).await;
    store.write(vec![task("after", NOON)]).await.expect("stored");
    let found = ids(&store).await.len();
    assert!(found == 501 || (gone.is_err() && found == 1), "all of the batch or none of it: {found}");
}

#[tokio::test]
async fn closing_commits_what_was_taken_and_refuses_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let store = open(&path).await.expect("a store");
    let writes: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.write(vec![task(&format!("t{n}"), NOON)]).await })
        })
        .collect();
    tokio::task::yield_now().await;
    store.close().await;
    let mut acknowledged = 0;
    for write in writes {
        match write.await.expect("no panic") {
            Ok(landings) => acknowledged += landings.len(),
            Err(error) => assert!(matches!(error, StoreError::Closed), "{error:?}"),
        }
    }
    assert!(matches!(store.write(vec![task("late", NOON)]).await, Err(StoreError::Closed)));
    assert!(!folder.path().join("s.db-wal").exists(), "the log was copied into the file");
    let store = open(&path).await.expect("opens again");
    assert_eq!(ids(&store).await.len(), acknowledged);
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_body_and_remembers_when_it_first_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), ..Default::default() };
    let store = Store::open(&folder.path().join("s.db"), &options).await.expect("a store");
    let key = async |digest| store.idempotency("k", [digest; 32]).await.expect("an answer");
    assert_eq!(key(1).await, KeyUse::First(Micros(NOON)));
    assert_eq!(key(1).await, KeyUse::Again(Micros(NOON)));
    assert_eq!(key(2).await, KeyUse::OtherBody);
}

#[tokio::test]
async fn a_bad_batch_fails_alone_and_its_neighbours_are_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(open(&folder.path().join("s.db")).await.expect("a store"));
    let Record::Task(mut bad) = task("bad", NOON) else { unreachable!() };
    bad.duration_ms = Some(-1.0); // refused where bytes become records; the table's check is the last guard
    let batches = [vec![task("a", NOON)], vec![task("b", NOON), Record::Task(bad)], vec![task("c", NOON)]];
    let writes = batches.map(|batch| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.write(batch).await })
    });
    let [a, b, c] = writes;
    assert!(a.await.expect("no panic").is_ok());
    assert!(matches!(b.await.expect("no panic"), Err(StoreError::Query { .. })));
    assert!(c.await.expect("no panic").is_ok());
    assert_eq!(ids(&store).await, ["a", "c"]);
    assert_eq!(store.write(vec![task("b", NOON)]).await.expect("stored"), [Landing::Stored]);
}

#[tokio::test]
async fn a_backup_is_a_store_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder.path().join("s.db")).await.expect("a store");
    store.write(vec![task("t", NOON)]).await.expect("stored");
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.expect("copied");
    assert!(store.backup(&copy).await.is_err(), "a backup does not overwrite");
    let copy = open(&copy).await.expect("a store");
    assert_eq!(ids(&copy).await, ["t"]);
    assert!(copy.check().await.expect("checked").is_sound());
}
