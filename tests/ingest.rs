//! Records in, over HTTP: what is stored, what is refused and why, and what a repeat does.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use async_compression::tokio::bufread::{GzipEncoder, ZstdEncoder};
use common::{Answer, NOON, Server, task};
use serde_json::json;
use swarmscope::config::Config;
use swarmscope::model::{Dataset, Json, Micros, Outcome, Record};
use tokio::io::AsyncReadExt;

const MILLIS: i64 = NOON / 1000;

async fn send_as(server: &Server, media_type: &str, encoding: &str, body: Vec<u8>) -> Answer {
    let mut request = server.client.post(server.url("/api/v1/ingest")).header("content-type", media_type);
    if !encoding.is_empty() {
        request = request.header("content-encoding", encoding);
    }
    Answer::of(request.body(body)).await
}

async fn gzip(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzipEncoder::new(text).read_to_end(&mut bytes).await.expect("in memory");
    bytes
}

#[tokio::test]
async fn every_kind_is_stored_as_it_was_sent() {
    let server = Server::start().await;
    let lines = format!(
        r#"{{"kind":"task","task_id":"t1","agent_id":"a1","result":"timeout","timestamp":{MILLIS},"duration_ms":1.5,"tokens_input":3,"tokens_output":4,"metadata":{{"b":1, "a":2}}}}
{{"kind":"agent_metric","agent_id":"a1","metric_type":"agent_success_rate","value":0.5,"timestamp":{MILLIS}}}
{{"kind":"swarm_metric","swarm_id":"s1","metric_type":"queue","value":7,"timestamp":{MILLIS}}}
{{"kind":"event","event_type":"spawn","agent_id":"a1","timestamp":"2026-01-01T21:00:00+09:00"}}

{{"kind":"healing","strategy":"restart","failure_type":"down","success":true,"duration_ms":250,"timestamp":{MILLIS},"actions":["stop","start"]}}
{{"kind":"agent","agent_id":"a1","agent_type":"coder","status":"running","spawn_time":{MILLIS}}}
{{"kind":"memory","session_id":"m1","memory_type":"semantic","key":"k","value":[1,null],"timestamp":{MILLIS}}}"#
    );
    assert_eq!(server.send(&lines).await.counts(), [7, 0, 0, 0]);

    let tasks = server.stored(Dataset::Tasks).await;
    let [Record::Task(task)] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((task.task_id.as_str(), task.result.clone()), ("t1", Some(Outcome::Timeout)));
    assert_eq!((task.duration_ms, task.tokens_used, task.timestamp), (Some(1.5), Some(7), Micros(NOON)));
    assert_eq!(task.metadata, Some(Json(r#"{"b":1, "a":2}"#.into())));
    let metrics = server.stored(Dataset::AgentMetrics).await;
    assert!(matches!(&metrics[..], [Record::AgentMetric(m)] if m.metric_type == "success_rate" && m.value == 0.5));
    let metrics = server.stored(Dataset::SwarmMetrics).await;
    assert!(matches!(&metrics[..], [Record::SwarmMetric(m)] if m.subject == "s1" && m.value == 7.0));
    let events = server.stored(Dataset::Events).await;
    assert!(matches!(&events[..], [Record::Event(e)] if e.timestamp == Micros(NOON) && e.event_id.is_some()));
    let healings = server.stored(Dataset::Healings).await;
    assert!(matches!(&healings[..], [Record::Healing(h)] if h.success && h.actions == ["stop", "start"]));
    let agents = server.stored(Dataset::Agents).await;
    assert!(matches!(&agents[..], [Record::Agent(a)] if a.agent_type == "coder"));
    let memory = server.stored(Dataset::Memory).await;
    assert!(matches!(&memory[..], [Record::Memory(m)] if m.value == Json("[1,null]".into())));
    server.stop().await;
}

#[tokio::test]
async fn what_is_refused_is_named_and_takes_no_neighbour_with_it() {
    let server = Server::start().await;
    let good = task("good", MILLIS, "");
    for (bad, reason) in [
        (task("", MILLIS, ""), "`task_id` must not be empty"),
        (task("t", MILLIS, r#","duration_ms":-1"#), "`duration_ms` is -1, must not be negative"),
        (
            task("t", MILLIS, r#","duration_ms":NaN"#),
            "`duration_ms` is NaN or infinite; leave it out when there is no number",
        ),
        (task("t", 1, ""), "`timestamp` is 1, before the year 2000; epoch times are in milliseconds"),
        (task("t", i64::MAX, ""), "`timestamp` is 9223372036854775807, more than 24 h ahead"),
        (
            r#"{"kind":"tusk"}"#.into(),
            "unknown kind `tusk`; known: task, agent_metric, swarm_metric, event, healing, agent, memory",
        ),
        (
            r#"{"kind":"task","task_id":"t","agent_id":"a","result":"great"}"#.into(),
            "`result` is `great`; known: success, failure, timeout, cancelled",
        ),
        ("[1]".into(), "a record must be a JSON object, not an array"),
    ] {
        for (media_type, body) in
            [("application/x-ndjson", format!("{bad}\n{good}\n")), ("application/json", format!("[{bad},{good}]"))]
        {
            let answer = send_as(&server, media_type, "", body.into()).await;
            assert_eq!(answer.status, 200, "{bad}: {}", answer.text);
            assert_eq!(answer.json()["rejected"], json!([{"index": 0, "error": reason}]), "{bad} as {media_type}");
        }
    }
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 1, "the good one, once");
}

#[tokio::test]
async fn a_body_without_a_valid_record_is_a_400_with_the_reasons() {
    let server = Server::start().await;
    let answer = server.send("nonsense\n{}\n").await;
    assert_eq!(answer.status, 400);
    assert!(answer.detail().starts_with("none of the 2 records is valid; record 0: not JSON"), "{}", answer.text);
    assert_eq!(answer.json()["rejected"].as_array().map(Vec::len), Some(2));
    assert_eq!(answer.json()["rejected_count"], 2);
    assert_eq!(send_as(&server, "application/json", "", b"[]".to_vec()).await.counts(), [0, 0, 0, 0]);
    for cut in ["", "[", r#"[{"kind":"task"}"#, "7"] {
        let answer = send_as(&server, "application/json", "", cut.into()).await;
        assert_eq!(answer.status, 400, "{cut}");
        assert!(answer.detail().starts_with("not JSON: "), "{cut}: {}", answer.text);
    }
}

#[tokio::test]
async fn sending_twice_counts_once_and_a_repeat_that_differs_keeps_the_first() {
    let server = Server::start().await;
    let first = task("t", MILLIS, r#","duration_ms":5"#);
    assert_eq!(server.send(&first).await.counts(), [1, 0, 0, 0]);
    assert_eq!(server.send(&first).await.counts(), [0, 1, 0, 0]);
    let other = server.send(&task("t", MILLIS, r#","duration_ms":6"#)).await;
    assert_eq!((other.status, other.counts()), (200, [0, 0, 1, 0]));
    assert_eq!(other.json()["differing"][0]["index"], 0);
    assert_eq!(server.send(&task("t", MILLIS + 1, "")).await.counts(), [1, 0, 0, 0], "another time is another task");
    let tasks = server.stored(Dataset::Tasks).await;
    assert!(matches!(&tasks[0], Record::Task(task) if task.duration_ms == Some(5.0)));
}

#[tokio::test]
async fn an_idempotency_key_makes_a_body_without_identities_count_once() {
    let server = Server::start().await;
    let body = r#"[{"kind":"event","event_type":"spawn","agent_id":"a"},{"kind":"agent_metric","agent_id":"a","metric_type":"x","value":1},
        {"kind":"task","task_id":"t","agent_id":"a","result":"success"},{"kind":"healing","strategy":"s","failure_type":"f","success":true,"duration_ms":1}]"#;
    let send = |key: &'static str, body: &str| {
        let request = server.client.post(server.url("/api/v1/ingest")).header("content-type", "application/json");
        Answer::of(request.header("idempotency-key", key).body(body.to_owned()))
    };
    assert_eq!(send("k1", body).await.counts(), [4, 0, 0, 0]);
    assert_eq!(send("k1", body).await.counts(), [0, 4, 0, 0]);
    let other = send("k1", &body.replace("spawn", "error")).await;
    assert_eq!(other.status, 422);
    assert!(other.detail().contains("came before with another body"));
    assert_eq!(send("k2", body).await.counts(), [4, 0, 0, 0], "another key is another delivery");
    assert_eq!(server.stored(Dataset::Events).await.len(), 2);
    let too_long = "k".repeat(256);
    let request = server.client.post(server.url("/api/v1/ingest")).header("content-type", "application/json");
    assert_eq!(Answer::of(request.header("idempotency-key", too_long).body("[]")).await.status, 400);
}

#[tokio::test]
async fn atomic_stores_all_or_nothing() {
    let server = Server::start().await;
    let mixed = format!("{}\n{}\n", task("t1", MILLIS, ""), task("", MILLIS, ""));
    let answer = server.send_to("/api/v1/ingest?atomic=true", &mixed).await;
    assert_eq!(answer.status, 400);
    assert!(answer.detail().starts_with("1 of 2 records are invalid, so none is stored; record 1: `task_id`"));
    assert_eq!(server.stored(Dataset::Tasks).await, []);
    let good = format!("{}\n{}\n", task("t1", MILLIS, ""), task("t2", MILLIS, ""));
    assert_eq!(server.send_to("/api/v1/ingest?atomic=true", &good).await.counts(), [2, 0, 0, 0]);
}

#[tokio::test]
async fn gzip_and_zstd_are_decoded() {
    let server = Server::start().await;
    let lines = |prefix: &str| (0..1000).map(|n| task(&format!("{prefix}{n}"), MILLIS, "") + "\n").collect::<String>();
    let two_members = [gzip(lines("g").as_bytes()).await, gzip(lines("h").as_bytes()).await].concat();
    assert_eq!(send_as(&server, "application/x-ndjson", "gzip", two_members).await.counts(), [2000, 0, 0, 0]);
    let mut zstd = Vec::new();
    ZstdEncoder::new(lines("z").as_bytes()).read_to_end(&mut zstd).await.expect("in memory");
    assert_eq!(send_as(&server, "application/x-ndjson", "zstd", zstd).await.counts(), [1000, 0, 0, 0]);
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 3000);
}

#[tokio::test]
async fn the_limit_holds_for_decoded_bytes_and_what_was_stored_before_is_told() {
    let mut config = Config::default();
    config.ingest.ndjson_bytes_max = 1 << 20;
    config.ingest.json_bytes_max = 1 << 20;
    let server = Server::start_with(config).await;
    let bomb = gzip(&vec![b' '; 64 << 20]).await;
    assert!(bomb.len() < 1 << 20, "small on the way");
    for media_type in ["application/json", "application/x-ndjson"] {
        let answer = send_as(&server, media_type, "gzip", bomb.clone()).await;
        assert_eq!(answer.status, 413);
        assert!(answer.detail().starts_with("the decoded body has more than 1048576 bytes"), "{}", answer.text);
    }
    let lines: String = (0..20_000).map(|n| task(&format!("t{n}"), MILLIS, "") + "\n").collect();
    let answer = send_as(&server, "application/x-ndjson", "gzip", gzip(lines.as_bytes()).await).await;
    assert_eq!(answer.status, 413);
    let stored = server.stored(Dataset::Tasks).await.len() as u64;
    assert!(stored > 0 && stored < 20_000);
    assert_eq!(answer.counts(), [stored, 0, 0, 0], "the account is of what is stored");
}

#[tokio::test]
async fn a_broken_stream_keeps_and_tells_what_came_before() {
    let server = Server::start().await;
    let lines: String = (0..5000).map(|n| task(&format!("t{n}"), MILLIS, "") + "\n").collect();
    let mut cut = gzip(lines.as_bytes()).await;
    cut.truncate(cut.len() - 100);
    let answer = send_as(&server, "application/x-ndjson", "gzip", cut).await;
    assert_eq!(answer.status, 400);
    assert!(answer.detail().starts_with("the body could not be read to its end"), "{}", answer.text);
    assert_eq!(answer.counts()[0], server.stored(Dataset::Tasks).await.len() as u64);
    let answer = send_as(&server, "application/x-ndjson", "zstd", b"not zstd at all".to_vec()).await;
    assert_eq!((answer.status, answer.counts()), (400, [0, 0, 0, 0]));
}

#[tokio::test]
async fn media_types_encodings_and_parameters_that_are_not_read_are_refused() {
    let server = Server::start().await;
    let line = task("t", MILLIS, "");
    let plain = send_as(&server, "text/plain", "", line.clone().into()).await;
    assert_eq!(plain.status, 415);
    assert!(plain.detail().contains("send application/json or application/x-ndjson"));
    let brotli = send_as(&server, "application/json", "br", line.clone().into()).await;
    assert_eq!(brotli.status, 415);
    assert!(brotli.detail().contains("`br` is not read here; send gzip, zstd, or none"));
    let typo = server.send_to("/api/v1/ingest?atomc=true", &line).await;
    assert_eq!(typo.status, 400);
    assert_eq!(typo.detail(), "unknown query parameter `atomc`; known: ack, atomic, assume_offset");
    assert_eq!(send_as(&server, "application/json; charset=utf-8", "", line.into()).await.counts(), [1, 0, 0, 0]);
}

#[tokio::test]
async fn a_client_that_is_refused_early_still_reads_why() {
    let mut config = Config::default();
    config.ingest.json_bytes_max = 1000;
    let server = Server::start_with(config).await;
    let body = [b"[".to_vec(), vec![b' '; 20 << 20], b"]".to_vec()].concat();
    assert_eq!(send_as(&server, "text/plain", "", body.clone()).await.status, 415);
    let answer = send_as(&server, "application/json", "", body.clone()).await;
    assert_eq!(answer.status, 413);
    assert!(answer.detail().starts_with("the decoded body has more than 1000 bytes"));
    let foreign = server.client.post(server.url("/api/v1/ingest")).header("origin", "http://evil.example").body(body);
    assert_eq!(Answer::of(foreign).await.status, 403);
}

#[tokio::test]
async fn naive_times_need_an_offset_to_assume() {
    let server = Server::start().await;
    let line = r#"{"kind":"task","task_id":"t","agent_id":"a","result":"success","timestamp":"2026-01-01T21:00:00"}"#;
    let refused = server.send(line).await;
    assert_eq!(refused.status, 400);
    assert!(refused.detail().contains("has no offset from UTC"));
    assert_eq!(server.send_to("/api/v1/ingest?assume_offset=+09:00", line).await.counts(), [1, 0, 0, 0]);
    let tasks = server.stored(Dataset::Tasks).await;
    assert!(matches!(&tasks[..], [Record::Task(task)] if task.timestamp == Micros(NOON)));
    assert_eq!(server.send_to("/api/v1/ingest?assume_offset=Tokyo", line).await.status, 400);
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_skipped_and_its_neighbours_are_stored() {
    let server = Server::start().await;
    let huge = task("huge", MILLIS, &format!(r#","metadata":"{}""#, "m".repeat(3 << 20)));
    let body = format!("{}\n{huge}\n{}\n", task("before", MILLIS, ""), task("after", MILLIS, ""));
    let answer = server.send(&body).await;
    assert_eq!(answer.counts(), [2, 0, 0, 1]);
    let reason = "the line has more than 1048576 bytes (ingest.line_bytes_max)";
    assert_eq!(answer.json()["rejected"], json!([{"index": 1, "error": reason}]));
}

#[tokio::test]
async fn a_line_of_several_rows_counts_once() {
    let server = Server::start().await;
    let health = format!(r#"{{"type":"agent_health","agent_id":"a","timestamp":{MILLIS},"x":1,"y":2}}"#);
    let resources = format!(
        r#"{{"type":"resource_metric","timestamp":{MILLIS},"metadata":{{"queue_depth":25,"active_agents":8}}}}"#
    );
    assert_eq!(server.send(&format!("{health}\n{resources}\n")).await.counts(), [2, 0, 0, 0]);
    assert_eq!(server.stored(Dataset::Events).await.len(), 1);
    assert_eq!(server.stored(Dataset::AgentMetrics).await.len(), 2);
    assert_eq!(server.stored(Dataset::SwarmMetrics).await.len(), 2);
}

#[tokio::test]
async fn more_refusals_than_are_listed_are_counted() {
    let server = Server::start().await;
    let answer = server.send(&format!("{}{}\n", "bad\n".repeat(1500), task("t", MILLIS, ""))).await;
    assert_eq!(answer.counts(), [1, 0, 0, 1500]);
    assert_eq!(answer.json()["rejected"].as_array().map(Vec::len), Some(1000));
}

#[tokio::test]
async fn concurrent_senders_lose_nothing() {
    let server = std::sync::Arc::new(Server::start().await);
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let server = server.clone();
            tokio::spawn(async move {
                let lines: String = (0..2000).map(|n| task(&format!("{sender}-{n}"), MILLIS, "") + "\n").collect();
                server.send(&lines).await.counts()
            })
        })
        .collect();
    for sender in senders {
        assert_eq!(sender.await.expect("sent"), [2000, 0, 0, 0]);
    }
    assert_eq!(server.stored(Dataset::Tasks).await.len(), 16_000);
}
