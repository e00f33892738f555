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
    let retired = number(&path, "select sum(tasks) from agent_rollup where tier = 0 and bucket = 0").await;
    assert_eq!(retired, 20, "what was deleted stays counted for /metrics");
    let oldest = number(&path, "select min(first_ts) / 86400000000 from swarm_agent").await;
    assert_eq!(oldest, today() / DAY_MS - 50, "the span of the swarm starts with what is left");

    let again = run(folder.path(), &["--db", "s.db", "cleanup"]);
    assert_eq!((again.code, again.out.trim()), (Some(0), "nothing is due"));
    assert_eq!(number(&path, "select count(*) from maintenance_run where finished_ts is not null").await, 2);
    assert_eq!(run(folder.path(), &["--db", "s.db", "check"]).code, Some(0));
}

#[tokio::test]
async fn records_older_than_7_days_are_sealed_stay_readable_and_become_rows_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = aged_store(folder.path(), &[20, 10, 2]).await;
    let exported = || run(folder.path(), &["--db", "s.db", "export", "tasks", "--format", "ndjson"]).out;
    let before = exported();
    assert_eq!(before.lines().count(), 30);
    let done = run(folder.path(), &["--db", "s.db", "cleanup", "--json"]);
    let report = json(&done.out);
    assert_eq!(rows(&report, "sealed", "task", "rows"), 20, "{report}");
    assert_eq!(rows(&report, "sealed", "event", "rows"), 2, "{report}");
    assert_eq!(number(&path, "select count(*) from task").await, 10);
    assert_eq!(number(&path, "select sum(rows) from chunk where dataset = 'tasks'").await, 20);
    assert_eq!(exported(), before, "sealed records are read like rows");
    let back = run(folder.path(), &["--db", "s.db", "unarchive", "--from", "now-15d"]);
    assert_eq!((back.code, back.out.starts_with("13 sealed records")), (Some(0), true), "{back:?}");
    assert_eq!(number(&path, "select count(*) from task").await, 20);
    assert_eq!(exported(), before);
    assert_eq!(run(folder.path(), &["--db", "s.db", "check"]).code, Some(0));
}

#[tokio::test]
async fn a_store_above_its_limit_loses_its_oldest_days_and_says_when_that_is_not_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = aged_store(folder.path(), &[20, 10, 5, 1]).await;
    std::fs::write(folder.path().join("c.toml"), "[retention]\nsize_cap_mb = 1\n").expect("written");
    let fits = run(folder.path(), &["--db", "s.db", "--config", "c.toml", "cleanup", "--json"]);
    assert_eq!(rows(&json(&fits.out), "deleted", "task", "rows"), 0, "it is small enough: {}", fits.out);
    let heavy = task("heavy", today() - 5 * DAY_MS, &format!(r#","metadata":{{"text":"{}"}}"#, "x".repeat(60_000)));
    let lines: String = (0..40).map(|n| heavy.replace("heavy", &format!("heavy{n}")) + "\n").collect();
    std::fs::write(folder.path().join("heavy.ndjson"), lines).expect("written");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "heavy.ndjson"]).code, Some(0));
    let done = run(folder.path(), &["--db", "s.db", "--config", "c.toml", "cleanup", "--json"]);
    assert_eq!(json(&done.out)["over_cap_bytes"], 0, "{}", done.out);
    assert_eq!(number(&path, "select count(*) from chunk").await, 0, "sealed days went first");
    assert_eq!(number(&path, "select min(ts) / 86400000000 from task").await, today() / DAY_MS - 1, "yesterday stays");
    assert_eq!(number(&path, "select sum(tasks) from fleet_rollup where tier = 86400").await, 10);
}

#[tokio::test]
async fn a_cleanup_that_was_cut_off_while_deleting_a_day_is_finished_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = aged_store(folder.path(), &[100, 1]).await;
    let day = (today() / DAY_MS - 100) * 86_400_000_000;
    let mut connection = connect(&path).await;
    for statement in [
        format!("insert into doomed_day (dataset, day, last_id) values ('tasks', {day}, 1000)"),
        "delete from fleet_rollup where bucket < 0 + (select max(bucket) from fleet_rollup where tier = 86400)".into(),
        "delete from task where id <= 4".into(),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("as if it had been cut off");
    }
    connection.close().await.expect("closed");
    let done = run(folder.path(), &["--db", "s.db", "cleanup", "--json"]);
    assert_eq!(rows(&json(&done.out), "deleted", "task", "rows"), 6, "{}", done.out);
    assert_eq!(number(&path, "select count(*) from doomed_day").await, 0);
    assert_eq!(number(&path, "select count(*) from arrival where dataset = 'tasks'").await, 1);
    assert_eq!(number(&path, "select sum(tasks) from agent_rollup where tier = 86400").await, 10);
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

fn config(change: impl FnOnce(&mut swarmscope::config::Config)) -> swarmscope::config::Config {
    let mut config = swarmscope::config::Config::default();
    change(&mut config);
    config
}

#[tokio::test]
async fn a_buffered_body_is_answered_before_it_is_stored_and_a_flush_stores_it() {
    let server = Server::start_with(config(|config| config.write_buffer.flush_interval_seconds = 3600.0)).await;
    let path = "/api/v1/ingest?ack=buffered";
    let lines = format!("{}\n{{\"kind\":\"task\"}}\n{}\n", task("a", today(), ""), task("b", today() + 1, ""));
    let answer = server.send_to(path, &lines).await;
    assert_eq!((answer.status, answer.json()["buffered"].as_u64()), (202, Some(2)), "{}", answer.text);
    assert_eq!(
        (answer.json()["rejected"][0]["index"].as_u64(), &answer.json()["rejected_count"]),
        (Some(1), &1.into())
    );
    assert!(server.stored(Dataset::Tasks).await.is_empty());
    assert!(server.get("/metrics").await.text.contains("moai_flow_buffer_records 2\n"));
    let flushed = common::Answer::of(server.client.post(server.url("/api/v1/flush"))).await;
    assert_eq!((flushed.status, flushed.text.as_str()), (200, "{\"flushed\":2}"));
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 2);
    let none = server.send_to(path, "{}\n[]\n").await;
    assert_eq!((none.status, none.json()["rejected_count"].as_u64()), (400, Some(2)), "{}", none.text);
    for impossible in ["?ack=buffered&atomic=1", "?ack=soon"] {
        assert_eq!(server.send_to(&format!("/api/v1/ingest{impossible}"), &lines).await.status, 400, "{impossible}");
    }
}

#[tokio::test]
async fn the_buffer_empties_itself_when_it_holds_enough_and_when_the_server_stops() {
    let server = Server::start_with(config(|config| {
        config.write_buffer.flush_interval_seconds = 3600.0;
        config.write_buffer.max_size = 3;
    }))
    .await;
    let store = server.service.store().clone();
    let one = |n: i64| task(&format!("t{n}"), today() + n, "");
    let path = "/api/v1/ingest?ack=buffered";
    for n in 0..3 {
        assert_eq!(server.send_to(path, &one(n)).await.status, 202);
    }
    let full = async {
        while store.counts().await.expect("counts")[0] < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), full).await.expect("it is emptied");
    assert_eq!(server.send_to(path, &one(3)).await.status, 202);
    let folder = tempfile::tempdir().expect("a folder");
    let db = store.path().to_owned();
    let kept = folder.path().join("kept.db");
    assert!(server.stop_and(|| std::fs::copy(&db, &kept)).await, "it stops cleanly");
    assert_eq!(number(&kept, "select count(*) from task").await, 4);
}

#[tokio::test]
async fn a_buffer_that_is_switched_off_means_waiting_for_the_commit() {
    let server = Server::start_with(config(|config| config.write_buffer.enabled = false)).await;
    let answer = server.send_to("/api/v1/ingest?ack=buffered", &task("a", today(), "")).await;
    assert_eq!((answer.status, answer.counts()), (200, [1, 0, 0, 0]));
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 1);
}
