//! Keeping a store, from outside: the program and a real server, judged by the rows that are left.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

mod common;

use std::path::{Path, PathBuf};

use common::{Server, run, task};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use swarmscope::model::Dataset;

const DAY_MS: i64 = 86_400_000;

/// Midnight of today, in milliseconds.
fn today() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_millis()).expect("this era") / DAY_MS * DAY_MS
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection")
}

async fn number(path: &Path, sql: &str) -> i64 {
    let mut connection = connect(path).await;
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.expect("a number")
}

/// A store with 10 tasks, 2 metrics and 1 event on each of the days that lie `back` days before today, which
/// arrived when they happened.
async fn aged_store(folder: &Path, back: &[i64]) -> PathBuf {
    let mut lines = String::new();
    for day in back {
        let noon = today() - day * DAY_MS + DAY_MS / 2;
        for n in 0..10 {
            lines.push_str(&task(&format!("t{day}-{n}"), noon + n, r#","duration_ms":100,"swarm_id":"s1""#));
            lines.push('\n');
        }
        for n in 0..2 {
            lines.push_str(&format!(
                "{{\"kind\":\"agent_metric\",\"agent_id\":\"a1\",\"metric_type\":\"load\",\"value\":{n},\"timestamp\":{}}}\n",
                noon + n
            ));
        }
        lines.push_str(&format!(
            "{{\"kind\":\"event\",\"event_type\":\"spawn\",\"agent_id\":\"a1\",\"timestamp\":{noon}}}\n"
        ));
    }
    std::fs::write(folder.join("records.ndjson"), lines).expect("written");
    let ended = run(folder, &["--db", "s.db", "ingest", "records.ndjson"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let path = folder.join("s.db");
    let mut connection = connect(&path).await;
    sqlx::query("update arrival set last_ts = day + 86400000000").execute(&mut connection).await.expect("aged");
    connection.close().await.expect("closed");
    path
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The rows of a change.
fn rows(report: &serde_json::Value, action: &str, table: &str, shelf: &str) -> u64 {
    let changes = report["changes"].as_array().expect("changes");
    let same = |change: &&serde_json::Value| {
        change["action"] == action && change["table"] == table && change["shelf"] == shelf
    };
    changes.iter().find(same).map_or(0, |change| change["rows"].as_u64().expect("rows"))
}

#[tokio::test]
async fn cleanup_takes_days_after_90_days_and_says_what_it_took_and_a_second_one_finds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = aged_store(folder.path(), &[120, 100, 50, 1]).await;
    let dry = run(folder.path(), &["--db", "s.db", "cleanup", "--dry-run", "--json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert_eq!(rows(&json(&dry.out), "deleted", "task", "rows"), 20);
    assert_eq!(number(&path, "select count(*) from maintenance_run").await, 0, "a dry run changes nothing");

    let done = run(folder.path(), &["--db", "s.db", "cleanup", "--json"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let report = json(&done.out);
    assert_eq!(rows(&report, "deleted", "task", "rows"), 20);
    assert_eq!(rows(&report, "deleted", "agent_metric", "rows"), 4);
    assert_eq!(rows(&report, "deleted", "event", "rows"), 2);
    assert_eq!(rows(&report, "deleted", "fleet_rollup", "days"), 2);
    assert_eq!(rows(&report, "deleted", "agent_rollup", "hours"), 3, "one hour of each day older than 30 days");
    let left = number(&path, "select sum(tasks) from fleet_rollup where tier = 86400").await;
    assert_eq!(left, 20, "two days are left");
    assert_eq!(number(&path, "select sum(tasks) from agent_rollup where tier = 3600").await, 10, "of yesterday");
    assert_eq!(number(&path, "select sum(tasks) from agent_rollup where tier = 86400").await, 20);
    assert_eq!(number(&path, "select sum(n) from lifetime_count where counter = 'tasks'").await, 40, "never less");
    let oldest = number(&path, "select min(first_ts) / 86400000000 from swarm_agent").await;
    assert_eq!(oldest, today() / DAY_MS - 50, "the span of the swarm starts with what is left");

    let again = run(folder.path(), &["--db", "s.db", "cleanup"]);
    assert_eq!((again.code, again.out.trim()), (Some(0), "nothing is due"));
    assert_eq!(number(&path, "select count(*) from maintenance_run where finished_ts is not null").await, 2);
    assert_eq!(run(folder.path(), &["--db", "s.db", "check"]).code, Some(0));
}

#[tokio::test]
async fn older_than_deletes_only_and_spares_what_arrived_recently() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = aged_store(folder.path(), &[40, 20, 3]).await;
    let lines = task("late", today() - 40 * DAY_MS, "");
    std::fs::write(folder.path().join("late.ndjson"), lines).expect("written");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "late.ndjson"]).code, Some(0));
    let done = run(folder.path(), &["--db", "s.db", "cleanup", "--older-than", "10", "--json"]);
    let report = json(&done.out);
    assert_eq!(rows(&report, "deleted", "task", "rows"), 10, "of 20 days ago: {report}");
    assert_eq!(report["days_spared"], 1, "of 40 days ago, where a task arrived just now");
    assert_eq!(number(&path, "select count(*) from task").await, 21);
    let refused = run(folder.path(), &["--db", "s.db", "cleanup", "--older-than", "0"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[tokio::test]
async fn a_backup_is_read_back_and_restores_to_the_same_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    aged_store(folder.path(), &[3, 1]).await;
    let done = run(folder.path(), &["--db", "s.db", "backup", "copy.db"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("26 records were read back"), "{}", done.out);
    assert!(!folder.path().join("copy.db.partial").exists());
    let counts = |db: &str| run(folder.path(), &["--db", db, "check"]).out.replace(db, "");
    assert_eq!(counts("copy.db"), counts("s.db"));
    let again = run(folder.path(), &["--db", "s.db", "backup", "copy.db"]);
    assert_eq!(again.code, Some(1), "it does not overwrite");
}

#[tokio::test]
async fn the_server_reports_the_store_and_runs_tasks_one_at_a_time_for_its_own_pages_only() {
    let server = Server::start().await;
    let now = today() + DAY_MS / 4;
    let lines: String = (0..100).map(|n| task(&format!("t{n}"), now - DAY_MS + n, "") + "\n").collect();
    assert_eq!(server.send(&lines).await.counts(), [100, 0, 0, 0]);
    let report = server.get("/api/v1/store").await.json();
    let parts = report["parts"].as_array().expect("parts");
    let tasks = parts.iter().find(|part| part["table"] == "task").expect("the table");
    assert_eq!((tasks["shelf"].as_str(), tasks["rows"].as_u64()), (Some("rows"), Some(100)));
    assert_eq!(report["datasets"][0]["rows"], 100);
    assert_eq!(report["retention"]["daily_days"], 90);
    let bytes: u64 = parts.iter().map(|part| part["bytes"].as_u64().expect("bytes")).sum();
    assert!(bytes <= report["file_bytes"].as_u64().expect("bytes"), "{report}");
    assert_eq!(report["forecast"]["records_a_day"], 100, "{report}");

    let post = async |path: &str| common::Answer::of(server.client.post(server.url(path))).await;
    let vacuum = post("/api/v1/maintenance/vacuum?wait=1").await;
    assert_eq!(vacuum.status, 200, "{}", vacuum.text);
    let backup = post("/api/v1/maintenance/backup?name=mine.db&wait=1").await;
    assert_eq!(backup.json()["backup"]["records"], 100, "{}", backup.text);
    let outside = post("/api/v1/maintenance/backup?name=..%2Fmine.db").await;
    assert_eq!((outside.status, outside.detail().contains("no folder")), (400, true));
    assert_eq!(post("/api/v1/maintenance/explode").await.status, 404);
    assert_eq!(post("/api/v1/maintenance/vacuum?older_than=3").await.status, 400);
    let foreign = server.client.post(server.url("/api/v1/maintenance/cleanup")).header("origin", "http://evil.example");
    assert_eq!(common::Answer::of(foreign).await.status, 403);
    let runs = server.get("/api/v1/store").await.json()["runs"].clone();
    let names: Vec<_> = runs.as_array().expect("runs").iter().map(|run| run["task"].as_str()).collect();
    assert_eq!(names, [Some("backup"), Some("vacuum")]);
    assert!(runs[0]["finished"].is_string() && runs[0]["error"].is_null(), "{runs}");
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 100);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_task_that_was_started_is_seen_to_its_end() {
    let server = Server::start().await;
    assert_eq!(server.send(&task("t", today(), "")).await.status, 200);
    let started = common::Answer::of(server.client.post(server.url("/api/v1/maintenance/check"))).await;
    assert_eq!((started.status, started.json()["task"]["task"].as_str()), (202, Some("check")));
    let ended = async {
        loop {
            let report = server.get("/api/v1/store").await.json();
            if report["runs"][0]["finished"].is_string() && report["running"].is_null() {
                break report;
            }
        }
    };
    let report = tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("it ends");
    assert_eq!(report["runs"][0]["report"]["problems"], serde_json::json!([]));
}
