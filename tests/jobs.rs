//! What a running server does without being asked, seen from outside: the program itself over a file that was filled
//! before it started. What each job decides is tested where it is decided; here it is that somebody does it at all.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Serving, eventually, program};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

const MINUTE_MS: i64 = 60_000;

/// Stores `records` as `swarmscope ingest` does.
fn ingest(db: &std::path::Path, records: &[Value]) {
    let file = db.with_extension("ndjson");
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    std::fs::write(&file, lines.join("\n")).expect("written");
    let ended = program().arg("--db").arg(db).arg("ingest").arg(&file).output().expect("the program starts");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[tokio::test]
async fn a_server_marks_who_fell_silent_and_deletes_memory_that_expired() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("store.db");
    let now = chrono::Utc::now().timestamp_millis();
    let ago = |minutes: i64| now - minutes * MINUTE_MS;
    let agent = |id: &str, minutes: i64| {
        let at = ago(minutes);
        json!({"kind": "agent", "agent_id": id, "agent_type": "coder", "status": "running", "spawn_time": at, "timestamp": at})
    };
    let memory = |key: &str, ttl: Value| {
        json!({"kind": "memory", "session_id": "s", "memory_type": "semantic", "key": key, "value": 1,
            "timestamp": ago(120), "ttl_hours": ttl})
    };
    ingest(
        &db,
        &[
            agent("silent", 90),
            agent("busy", 1),
            memory("short", json!(1)),
            memory("long", json!(100)),
            memory("lasting", Value::Null),
        ],
    );

    let serving = Serving::start(db.clone());
    let client = reqwest::Client::new();
    let profile = async |id: &str| -> Value {
        let url = format!("http://{}/api/v1/agents/{id}", serving.address);
        client.get(url).send().await.expect("answered").json().await.expect("JSON")
    };
    eventually("the silent one is marked", async || !profile("silent").await["stale_since"].is_null()).await;
    assert_eq!(profile("busy").await["stale_since"], Value::Null);

    let mut store: SqliteConnection = SqliteConnectOptions::new().filename(&db).connect().await.expect("a connection");
    eventually("expired memory is deleted", async || {
        let keys: Vec<String> =
            sqlx::query_scalar("select key from memory order by key").fetch_all(&mut store).await.expect("readable");
        keys == ["lasting", "long"]
    })
    .await;
    store.close().await.expect("closed");
}
