//! Whether the program says how it is: the command, the probes, and the key metrics.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Server, Serving, eventually, run, task};
use serde_json::{Value, json};
use swarmscope::config::Config;
use swarmscope::store::{Store, StoreOptions, UPTIME_KEY};

/// Status and text of an answer; `None` when nobody answers.
async fn ask(address: std::net::SocketAddr, path: &str) -> Option<(u16, String)> {
    let answer = reqwest::get(format!("http://{address}{path}")).await.ok()?;
    Some((answer.status().as_u16(), answer.text().await.ok()?))
}

fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn ingest(folder: &Path, lines: &str) {
    std::fs::write(folder.join("in.ndjson"), lines).expect("written");
    assert_eq!(run(folder, &["--db", "s.db", "ingest", "in.ndjson"]).code, Some(0));
}

#[test]
fn the_command_looks_at_the_file_briefly_or_at_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let missing = run(path, &["--db", "s.db", "health"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("there is no store at s.db"), "{}", missing.err);
    ingest(path, &task("t1", now_ms(), ""));
    let brief = run(path, &["--db", "s.db", "health"]);
    assert_eq!((brief.code, brief.out.as_str()), (Some(0), "healthy - 1 active agents\n"), "{}", brief.err);
    // Thresholds that no machine passes: the long look must not depend on where the test runs.
    let calm = "[health]\nmemory = { critical = 1.0 }\ndisk = { critical = 1.0 }\ndisk_free_mb_min = 0\n\
                response_p95_ms = { critical = 1e9 }\n";
    std::fs::write(path.join("calm.toml"), calm).expect("written");
    let long = run(path, &["--db", "s.db", "--config", "calm.toml", "health", "--verbose"]);
    assert_eq!(long.code, Some(0), "{}{}", long.out, long.err);
    for line in [
        "[ok] database: readable and writable\n",
        "[ok] disk_space: ",
        "[ok] memory: ",
        "[ok] query_performance: answered in ",
        "[ok] agents: 1 active, none expected to beat\n",
        "\nuptime         –",
        "a running server knows it: ask it with --url",
        "all health checks passed\n",
    ] {
        assert!(long.out.contains(line), "`{line}` is missing in {}", long.out);
    }
    std::fs::write(path.join("tight.toml"), calm.replace("min = 0", "min = 999999999")).expect("written");
    let tight = ["--db", "s.db", "--config", "tight.toml", "health"];
    assert_eq!(run(path, &tight).code, Some(0), "the brief look is about the store alone");
    let failing = run(path, &[&tight[..], &["--verbose", "--json"]].concat());
    assert_eq!(failing.code, Some(1));
    let body: Value = serde_json::from_str(&failing.out).expect("JSON");
    let named = |name: &str| body["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name);
    let disk = named("disk_space").expect("a check of the disk");
    assert_eq!((&disk["healthy"], &disk["status"]), (&json!(false), &json!("critical")));
    assert_eq!(disk["details"]["free_needed_bytes"], json!(999_999_999_u64 << 20));
    assert_eq!((&body["healthy"], &body["active_agents"], &body["started"]), (&json!(false), &json!(1), &Value::Null));
}

#[test]
fn thresholds_that_cannot_be_meant_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, reason) in [
        ("[health]\ndisk = { target = 0.95, critical = 0.9 }\n", "setting `health.disk`: `target` must be from 0 to"),
        ("[health]\ncpu = { target = 0.5 }\n", "bad.toml, line 2: missing field `critical`"),
        ("[log]\nkeep = 0\n", "setting `log.keep`: must be 1 to 10000"),
        ("[log]\nrotate = \"weekly\"\n", "bad.toml, line 2: unknown variant `weekly`, expected one of `never`"),
    ] {
        std::fs::write(folder.path().join("bad.toml"), text).expect("written");
        let ended = run(folder.path(), &["--config", "bad.toml", "health"]);
        assert_eq!(ended.code, Some(2), "{text}");
        assert!(ended.err.contains(reason), "{}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_knows_more_than_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    ingest(path, &task("t1", now_ms(), ""));
    let mut serving = Serving::start(path.join("s.db"));
    let url = format!("http://{}", serving.address);
    for _ in 0..9 {
        assert_eq!(ask(serving.address, "/api/v1/tasks").await.expect("an answer").0, 200);
        assert_eq!(ask(serving.address, "/livez").await.expect("an answer").0, 200);
    }
    let ended = run(path, &["health", "--url", &url, "--json", "--verbose"]);
    let body: Value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.err));
    let metric = |name: &str| {
        let metrics = body["metrics"].as_array().expect("metrics");
        metrics.iter().find(|metric| metric["metric"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    // Probes are no questions; the question at hand is answered after it is counted.
    assert_eq!(metric("response_time")["basis"], "p95 of 9 questions in the last 5 minutes");
    assert!(metric("response_time")["value"].as_f64().is_some_and(|p95| p95 > 0.0));
    assert_eq!(metric("error_rate")["rate"], json!({"numerator": 0, "denominator": 9}));
    assert_eq!((&metric("error_rate")["status"], &metric("error_rate")["unit"]), (&json!("ok"), &json!("share")));
    assert_eq!(metric("uptime")["limits"], json!({"target": 0.999, "critical": 0.99}));
    let bytes: u64 =
        ["s.db", "s.db-wal"].iter().map(|name| std::fs::metadata(path.join(name)).expect("a file").len()).sum();
    assert_eq!(metric("database_size")["value"].as_f64(), Some(bytes as f64));
    assert!(body["started"].is_string());
    assert_eq!(run(path, &["health", "--url", &url]).out, "healthy - 1 active agents\n");
    serving.signal("TERM");
    assert_eq!(tokio::task::block_in_place(|| serving.wait(Duration::from_secs(20))), Some(0));
    let gone = run(path, &["health", "--url", &url]);
    assert_eq!(gone.code, Some(1));
    assert!(gone.err.contains(&format!("no server answers at {url}")), "{}", gone.err);
    // A stop that was asked for is written down as one.
    let store = Store::open(&path.join("s.db"), &StoreOptions::default()).await.expect("a store");
    let log: Value = serde_json::from_str(&store.info(UPTIME_KEY).await.expect("read").expect("a log")).expect("JSON");
    store.close().await;
    assert_eq!((log["spans"].as_array().map(Vec::len), &log["spans"][0]["planned"]), (Some(1), &json!(true)));
}

#[tokio::test]
async fn agents_that_failed_to_beat_make_it_unhealthy_and_imported_ones_do_not() {
    let server = Server::start().await;
    let beat = |agent: &str, minutes: i64| {
        let at = now_ms() - minutes * 60_000;
        format!(r#"{{"kind":"event","event_type":"heartbeat","agent_id":"{agent}","timestamp":{at}}}"#) + "\n"
    };
    // The last was heard of long ago, as in an import.
    let beats: String = [beat("well", 0), beat("gone", 30), beat("lost", 40), beat("old", 5000)].concat();
    assert_eq!(server.send(&beats).await.status, 200);
    let body = server.get("/api/v1/system").await.json();
    let agents = body["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "agents");
    let agents = agents.expect("a check of the agents");
    assert_eq!(agents["message"], "1 active, 2 of 3 failed to beat");
    assert_eq!((&agents["status"], &agents["details"]["failed"]), (&json!("critical"), &json!(2)));
    assert_eq!((&body["healthy"], &body["status"]), (&json!(false), &json!("critical")));
    assert_eq!(server.get("/readyz").await.status, 200, "which is no reason to send no requests");
}

#[tokio::test]
async fn each_check_of_a_probe_has_a_route_and_can_be_left_out() {
    let mut config = Config::default();
    config.health.disk_free_mb_min = 1 << 40;
    let server = Server::start_with(config).await;
    let answer = server.get("/readyz?verbose").await;
    assert_eq!(answer.status, 503);
    assert!(
        answer.text.contains("[-]disk-headroom failed: ") && answer.text.contains("[+]migrations ok\n"),
        "{answer:?}"
    );
    assert_eq!(server.get("/readyz?exclude=disk-headroom").await.status, 200);
    assert_eq!(server.get("/readyz/disk-headroom").await.status, 503);
    for path in ["/readyz/store-writing", "/livez/process", "/startupz/migrations"] {
        assert_eq!(server.get(path).await.text, "ok\n", "{path}");
    }
    let unknown = server.get("/readyz/disk").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.detail().contains("there is no check `disk`; there are store-readable, store-writing, migrations"));
    assert_eq!(server.get("/readyz?exclude=disk").await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_answer_while_the_store_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("s.db");
    // Somebody else is migrating: opening waits for the lock that all processes on the file share.
    let lock = std::fs::File::create(folder.path().join("s.db.lock")).expect("a lock");
    lock.lock().expect("locked");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let mut command = common::program();
    command.arg("--db").arg(&db).args(["serve", "--bind", &port.to_string()]);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("it starts");
    eventually("it listens", async || ask(port, "/livez").await.is_some()).await;
    assert_eq!(ask(port, "/livez").await, Some((200, "ok\n".into())));
    let (status, text) = ask(port, "/startupz?verbose").await.expect("an answer");
    assert_eq!(status, 503);
    assert!(text.contains("[-]migrations failed: the store is being opened and brought up to date"), "{text}");
    assert_eq!(ask(port, "/readyz/migrations").await.expect("an answer").0, 503);
    let (status, text) = ask(port, "/api/v1/tasks").await.expect("an answer");
    assert_eq!(status, 503);
    assert!(text.contains("try again in a moment"), "{text}");
    lock.unlock().expect("unlocked");
    eventually("it is ready", async || ask(port, "/readyz").await.is_some_and(|(status, _)| status == 200)).await;
    assert_eq!(ask(port, "/startupz").await, Some((200, "ok\n".into())));
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so_before_it_stops_listening() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[server]\ndrain_delay_seconds = 3\n").expect("written");
    let mut serving = Serving::start_with(folder.path().join("s.db"), |command| {
        command.arg("--config").arg(&config);
    });
    let address = serving.address;
    assert_eq!(ask(address, "/readyz").await, Some((200, "ok\n".into())));
    serving.signal("TERM");
    eventually("it says that it stops", async || {
        ask(address, "/readyz?verbose")
            .await
            .is_some_and(|(status, text)| status == 503 && text.contains("[-]shutdown failed: the server is stopping"))
    })
    .await;
    assert_eq!(ask(address, "/api/v1/tasks").await.expect("an answer").0, 200, "it still answers");
    assert_eq!(tokio::task::block_in_place(|| serving.wait(Duration::from_secs(20))), Some(0));
}
