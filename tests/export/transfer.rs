//! How the bytes travel: names, headers, compression, refusals, failures half-way, and the command line.

use std::process::Command;

use async_compression::tokio::bufread::GzipDecoder;
use futures::StreamExt;
use serde_json::Value;
use swarmscope::model::{Dataset, Format, Json, Outcome, Record, Selection, TaskRecord};
use tokio::io::AsyncReadExt;

use super::fixture::{NOON, Server, mixed, task};

async fn gunzip(bytes: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    GzipDecoder::new(bytes).read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn every_form_has_its_media_type_and_file_name() {
    let server = Server::with(mixed()).await;
    let media_types = [
        (Format::Csv, "text/csv; charset=utf-8; header=present"),
        (Format::Json, "application/json"),
        (Format::Ndjson, "application/x-ndjson"),
        (Format::Prometheus, "text/plain; version=0.0.4; charset=utf-8"),
        (Format::OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (Format::Grafana, "application/json"),
    ];
    for selection in Dataset::ALL.map(Selection::One).into_iter().chain([Selection::All]) {
        for (format, media_type) in media_types {
            let file = format!("{}.{}", selection.as_str(), format.extension());
            let response = server.get(&format!("/api/v1/export/{file}?from=2026-01-01T12:00:00Z")).await;
            if !selection.formats().contains(&format) {
                assert_eq!(response.status(), 404, "{file}");
                assert_eq!(response.headers()["content-type"], "application/problem+json");
                continue;
            }
            assert_eq!(response.status(), 200, "{file}");
            assert_eq!(response.headers()["content-type"], media_type);
            let (name, extension) = (selection.as_str(), format.extension());
            assert_eq!(
                response.headers()["content-disposition"].to_str().expect("ASCII"),
                format!("attachment; filename=\"swarmscope-{name}-since-20260101T120000Z.{extension}\"")
            );
            assert!(!response.bytes().await.expect("a whole body").is_empty(), "{file}");
        }
    }
}

#[tokio::test]
async fn an_empty_store_exports_empty_documents() {
    let server = Server::start().await;
    assert_eq!(server.export("tasks.ndjson").await, "");
    assert_eq!(server.export("tasks.json").await, "[]\n");
    assert_eq!(server.export("tasks.csv").await.lines().count(), 1);
    assert_eq!(server.export("tasks.prom").await, "");
    assert_eq!(server.export("tasks.om").await, "# EOF\n");
    assert_eq!(server.export("tasks.grafana.json").await, "[]\n");
    let all: Value = serde_json::from_str(&server.export("all.json").await).expect("JSON");
    assert_eq!(all, serde_json::json!({"swarms": [], "memory": []}));
}

#[tokio::test]
async fn compressed_files_and_transfers_hold_the_same_bytes() {
    let server = Server::with(mixed()).await;
    for file in ["tasks.csv", "all.ndjson", "all.json", "events.om"] {
        let plain = server.export(file).await;
        let response = server.get(&format!("/api/v1/export/{file}.gz")).await;
        assert_eq!(response.headers()["content-type"], "application/gzip");
        assert!(response.headers().get("content-encoding").is_none(), "the file is compressed, not the transfer");
        let disposition = response.headers()["content-disposition"].to_str().expect("ASCII").to_owned();
        assert!(disposition.ends_with(".gz\""), "{disposition}");
        assert_eq!(gunzip(&response.bytes().await.expect("a body")).await.expect("gzip"), plain);

        let request = reqwest::Client::new().get(format!("{}/api/v1/export/{file}.gz", server.base));
        let response = request.header("accept-encoding", "gzip").send().await.expect("an answer");
        assert!(response.headers().get("content-encoding").is_none(), "not compressed twice");

        let request = reqwest::Client::new().get(format!("{}/api/v1/export/{file}", server.base));
        let response = request.header("accept-encoding", "br;q=0.1, gzip").send().await.expect("an answer");
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.headers()["vary"], "accept-encoding");
        assert_eq!(gunzip(&response.bytes().await.expect("a body")).await.expect("gzip"), plain);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_what_is_known() {
    let server = Server::start().await;
    for (path, status, said) in [
        ("tasks.csv?form=now-1h", 400, "unknown query parameter `form`; known: from, to, pretty"),
        ("tasks.csv?session_id=x", 400, "known: from, to, pretty, metadata, guard, task_id"),
        ("tasks.csv?from=yesterday", 400, "`from`: `yesterday` is no time"),
        ("tasks.csv?from=now&to=now-1h", 400, "the range is empty"),
        ("tasks.csv?guard=maybe", 400, "write 1 or 0"),
        ("memory.prom", 404, "memory cannot be written as .prom; there is .csv, .json, .ndjson"),
        ("all.csv", 404, "all cannot be written as .csv; there is .json, .ndjson"),
        ("agents.om", 404, "there is .csv, .json, .ndjson, .prom"),
        ("tasks.xlsx", 404, "there is no form `.xlsx`"),
        ("task.csv", 404, "there is no dataset `task`; known: tasks"),
    ] {
        let response = server.get(&format!("/api/v1/export/{path}")).await;
        assert_eq!(response.status(), status, "{path}");
        let problem: Value = response.json().await.expect("a problem");
        let detail = problem["detail"].as_str().expect("words");
        assert!(detail.contains(said), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_failure_half_way_breaks_the_transfer_off_and_never_ends_a_line() {
    const TASKS: i64 = 8000;
    const BYTES: usize = 3000; // each, so that the whole fits into no buffer on the way
    let metadata = format!("\"{}\"", "x".repeat(BYTES));
    for file in ["tasks.ndjson", "tasks.csv", "tasks.json"] {
        let tasks = (0..TASKS).map(|n| {
            let metadata = Some(Json(metadata.clone()));
            Record::Task(TaskRecord { metadata, ..task(&format!("t-{n}"), "a", Some(Outcome::Success), NOON + n) })
        });
        let server = Server::with(tasks.collect()).await;
        let mut body = server.get(&format!("/api/v1/export/{file}")).await.bytes_stream();
        let mut received = body.next().await.expect("a chunk").expect("readable").to_vec();
        server.service.store().close().await;
        let mut broken = false;
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => received.extend_from_slice(&chunk),
                Err(_) => broken = true,
            }
        }
        assert!(broken, "{file}: the client sees that the transfer is incomplete");
        assert!(received.len() < TASKS as usize * BYTES, "{file}: the store was closed half-way");
        assert!(!received.ends_with(b"\n"), "{file}: what was received does not look whole");
    }
}

#[tokio::test]
async fn rows_that_arrive_meanwhile_break_nothing() {
    let tasks = |from: i64, until: i64, ts: i64| -> Vec<Record> {
        (from..until).map(|n| Record::Task(task(&format!("t-{n}"), "a", Some(Outcome::Success), ts + n))).collect()
    };
    let server = Server::with(tasks(0, 20_000, NOON)).await;
    let mut body = server.get("/api/v1/export/tasks.ndjson").await.bytes_stream();
    let mut received = body.next().await.expect("a chunk").expect("readable").to_vec();
    server.store(tasks(20_000, 20_500, NOON - 1_000_000)).await; // behind the export
    server.store(tasks(20_500, 21_000, NOON + 1_000_000)).await; // ahead of it
    while let Some(chunk) = body.next().await {
        received.extend_from_slice(&chunk.expect("readable"));
    }
    let text = String::from_utf8(received).expect("UTF-8");
    let mut ids: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["task_id"].as_str().expect("an id").to_owned())
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "none twice");
    assert!((0..20_000).all(|n| ids.binary_search(&format!("t-{n}")).is_ok()), "all that were there");
}

fn swarmscope(server: &Server, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .arg("--db")
        .arg(&server.db)
        .arg("export")
        .args(arguments)
        .output()
        .expect("it runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_writes_the_same_bytes_beside_a_running_server() {
    let server = Server::with(mixed()).await;
    for (dataset, format) in
        [("tasks", "csv"), ("all", "ndjson"), ("all", "json"), ("healings", "om"), ("events", "grafana.json")]
    {
        let output = swarmscope(&server, &[dataset, "--format", format]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let served = server.export(&format!("{dataset}.{format}")).await;
        assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), served, "{dataset}.{format}");
    }
    let filtered = swarmscope(&server, &["tasks", "--format", "ndjson", "--filter", "result=failed", "--no-metadata"]);
    assert_eq!(
        String::from_utf8(filtered.stdout).expect("UTF-8"),
        server.export("tasks.ndjson?result=failed&metadata=0").await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_writes_a_whole_file_or_none() {
    let server = Server::with(mixed()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tasks.csv.gz");
    let name = file.to_str().expect("a path");
    std::fs::write(&file, "old").expect("written");
    let output = swarmscope(&server, &["tasks", "--format", "csv", "--gzip", "-o", name]);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = gunzip(&std::fs::read(&file).expect("a file")).await.expect("gzip");
    assert_eq!(written, server.export("tasks.csv").await);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left");

    let missing = folder.path().join("no/such/folder.csv");
    let output = swarmscope(&server, &["tasks", "--format", "csv", "-o", missing.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not write"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_is_explained() {
    let server = Server::start().await;
    for (arguments, said) in [
        (&["task", "--format", "csv"][..], "known: tasks"),
        (&["tasks", "--format", "xlsx"], "known: csv"),
        (&["all", "--format", "csv"], "all cannot be written as .csv"),
        (&["tasks", "--format", "csv", "--from", "soon"], "`soon` is no time"),
        (&["tasks", "--format", "csv", "--filter", "colour=red"], "no filter `colour`"),
        (&["tasks", "--format", "csv", "--filter", "result"], "FIELD=VALUE"),
    ] {
        let output = swarmscope(&server, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}
