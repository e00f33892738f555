//! The program's own log: its lines, its levels, its file, and what is never in it.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Serving, eventually, skipped};
use serde_json::Value;

/// A server that logs JSON as `[log]` says, to standard error in `s.db.log`.
fn serve(folder: &Path, log: &str) -> Serving {
    let config = folder.join("c.toml");
    std::fs::write(&config, format!("[log]\nformat = \"json\"\n{log}")).expect("written");
    Serving::start_with(folder.join("s.db"), |command| {
        command.arg("--config").arg(&config);
    })
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The lines of a log; each must be one JSON object with the four fixed fields.
fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "target", "message"] {
            assert!(value[field].is_string(), "{field} is missing in {line}");
        }
        value
    };
    text.lines().map(line).collect()
}

#[tokio::test]
async fn every_request_is_one_line_with_its_latency_and_nothing_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = serve(folder.path(), "level = \"debug\"\n");
    let url = |path: &str| format!("http://{}{path}", serving.address);
    let client = reqwest::Client::new();
    let named = client.get(url("/api/v1/agents/coder%201?from=now-secretrange")).header("x-request-id", "req-1");
    named.header("authorization", "Bearer secret-token").send().await.expect("an answer");
    let body = r#"{"kind":"event","event_type":"prompt","agent_id":"a1","metadata":{"text":"secret-prompt"}}"#;
    let post = client.post(url("/api/v1/ingest")).header("content-type", "application/x-ndjson").body(body);
    assert_eq!(post.header("x-request-id", "req-2").send().await.expect("an answer").status(), 200);
    client.get(url("/readyz")).header("x-request-id", "req-3").send().await.expect("an answer");
    let log = folder.path().join("s.db.log");
    eventually("three lines", async || read(&log).contains("req-3")).await;
    let text = read(&log);
    assert!(!text.contains("secret"), "{text}");
    let lines = lines(&text);
    let answered = |id: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["request_id"] == id && line["latency_ms"].is_number()).collect()
    };
    let [agent] = answered("req-1")[..] else { panic!("{text}") };
    assert_eq!((&agent["level"], &agent["method"], &agent["status"]), (&"INFO".into(), &"GET".into(), &400.into()));
    assert_eq!(
        (&agent["agent_id"], &agent["message"]),
        (&"coder 1".into(), &"GET /api/v1/agents/coder%201 400".into())
    );
    let [ingest] = answered("req-2")[..] else { panic!("{text}") };
    assert_eq!((&ingest["path"], &ingest["status"]), (&"/api/v1/ingest".into(), &200.into()));
    let [probe] = answered("req-3")[..] else { panic!("{text}") };
    assert_eq!(probe["level"], "DEBUG", "probes come every few seconds");
}

#[tokio::test]
async fn a_slow_query_is_a_warning_that_says_what_was_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = serve(folder.path(), "slow_query_ms = 1\nlevel = \"WARNING\"\n");
    // A page is rendered from many questions: more than a millisecond on any machine.
    let page = reqwest::get(format!("http://{}/", serving.address)).await.expect("an answer");
    assert_eq!(page.status(), 200);
    let log = folder.path().join("s.db.log");
    eventually("a warning", async || read(&log).contains("query took")).await;
    let lines = lines(&read(&log));
    let slow = lines.iter().find(|line| line["path"] == "/").expect("a line about the page");
    assert_eq!(slow["level"], "WARNING");
    assert!(slow["message"].as_str().is_some_and(|text| text.ends_with(" ms (expected below 1 ms)")), "{slow}");
    assert!(slow["query_ms"].as_f64().is_some_and(|millis| millis >= 1.0), "{slow}");
    assert!(lines.iter().all(|line| line["level"] != "INFO"), "{lines:?}");
}

#[tokio::test]
async fn a_log_file_follows_logrotate() {
    let folder = tempfile::tempdir().expect("a folder");
    let logs = folder.path().join("logs");
    let file = logs.join("swarmscope.log");
    let serving = serve(folder.path(), &format!("file = {file:?}\n"));
    let ask = async |id: &str| {
        let request = reqwest::Client::new().get(format!("http://{}/api/v1/tasks", serving.address));
        request.header("x-request-id", id).send().await.expect("an answer");
    };
    ask("before").await;
    eventually("the first line", async || read(&file).contains("before")).await;
    assert_eq!(lines(&read(&file)), lines(&read(&folder.path().join("s.db.log"))), "both have every line");
    // The shipped file, with this folder and this process in it.
    let shipped = include_str!("../ops/logrotate/swarmscope");
    let signal = "systemctl kill --signal=HUP swarmscope.service";
    assert!(shipped.contains("/var/log/swarmscope/*.log {") && shipped.contains(signal));
    let own = shipped
        .replace("/var/log/swarmscope", &logs.display().to_string())
        .replace(signal, &format!("kill -HUP {}", serving.child.id()));
    let config = folder.path().join("logrotate.conf");
    std::fs::write(&config, own).expect("written");
    let state = folder.path().join("state");
    let rotate = Command::new("logrotate").arg("-f").arg("-s").arg(&state).arg(&config).output();
    match rotate {
        Err(_) => {
            skipped("the log file under logrotate (not installed)");
            std::fs::rename(&file, logs.join("swarmscope.log.1")).expect("renamed");
            serving.signal("HUP");
        }
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr)),
    }
    eventually("the new file is written", async || {
        ask("after").await;
        read(&file).contains("after")
    })
    .await;
    assert!(!read(&file).contains("before") && read(&logs.join("swarmscope.log.1")).contains("before"));
}

#[test]
fn logrotate_accepts_the_shipped_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/logrotate/swarmscope");
    let Ok(done) = Command::new("logrotate").arg("-d").arg(&path).output() else {
        return skipped("ops/logrotate by logrotate (not installed)");
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && !said.to_lowercase().contains("error"), "{said}");
    assert!(said.contains("after 1 days (7 rotations)"), "{said}");
}

#[test]
fn filebeat_reads_the_fields_that_are_written_where_logrotate_leaves_them() {
    let filebeat = include_str!("../ops/filebeat.yml");
    for part in
        ["- /var/log/swarmscope/*.log", "message_key: message", "field: timestamp", "from: level", "from: target"]
    {
        assert!(filebeat.contains(part), "{part}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/filebeat.yml");
    let parse = "import sys, yaml; d = yaml.safe_load(open(sys.argv[1])); print(d['filebeat.inputs'][0]['type'])";
    match Command::new("python3").args(["-c", parse]).arg(path).output() {
        Ok(done) if done.status.success() => assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "filestream"),
        _ => skipped("ops/filebeat.yml by a YAML reader (python3-yaml is not installed)"),
    }
}

#[tokio::test]
async fn a_full_disk_under_the_log_stops_no_request() {
    if !Path::new("/dev/full").exists() {
        return skipped("a full disk for logs (no /dev/full)");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let serving = serve(folder.path(), "file = \"/dev/full\"\n");
    for _ in 0..5 {
        let answer = reqwest::get(format!("http://{}/api/v1/tasks", serving.address)).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    let text = read(&folder.path().join("s.db.log"));
    let told = text.lines().filter(|line| line.contains("could not write /dev/full"));
    assert_eq!(told.count(), 1, "it is said once: {text}");
    assert!(text.lines().filter(|line| line.contains("\"latency_ms\"")).count() >= 4, "{text}");
}

#[test]
fn a_log_file_that_cannot_be_made_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("written");
    let ended = common::run(folder.path(), &["--log-file", "file/s.log", "serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("setting `log.file`: could not open file/s.log"), "{}", ended.err);
}
