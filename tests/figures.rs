//! Figures over HTTP and on the command line, over a real server, with numbers to check by hand.

mod common;

use common::Server;

/// Five tasks of two agents within a minute: 100 to 500 ms, one failure, one cancelled, one without tokens.
const TASKS: &str = r#"{"kind":"task","task_id":"t1","agent_id":"a","result":"success","timestamp":"2026-01-01T12:00:01Z","duration_ms":100,"tokens_used":10}
{"kind":"task","task_id":"t2","agent_id":"a","result":"success","timestamp":"2026-01-01T12:00:02Z","duration_ms":200,"tokens_used":20}
{"kind":"task","task_id":"t3","agent_id":"b","result":"failure","timestamp":"2026-01-01T12:00:03Z","duration_ms":300,"tokens_used":30}
{"kind":"task","task_id":"<b>","agent_id":"b","result":"success","timestamp":"2026-01-01T12:00:04Z","duration_ms":400}
{"kind":"task","task_id":"t5","agent_id":"b","result":"cancelled","timestamp":"2026-01-01T12:00:59.5Z","duration_ms":500,"tokens_used":40}
"#;

async fn filled() -> Server {
    let server = Server::start().await;
    let answer = server.send(TASKS).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    server
}

#[tokio::test]
async fn the_summary_adds_up() {
    let server = filled().await;
    let body = server.get("/api/v1/summary").await.json();
    assert_eq!(body["from"], "2026-01-01T12:00:01Z");
    assert_eq!(body["to"], "2026-01-01T12:00:59.500001Z", "just after the last record");
    assert_eq!(
        (&body["total_tasks"], &body["successful_tasks"], &body["rated_tasks"]),
        (&5.into(), &3.into(), &5.into())
    );
    assert_eq!((&body["success_rate"], &body["avg_duration_ms"]), (&0.6.into(), &300.0.into()));
    assert_eq!(body["p95_duration_ms"], 480.0, "rank 0.95 · 4 = 3.8, between 400 and 500");
    assert_eq!(body["p99_duration_ms"], 496.0);
    assert_eq!((&body["avg_tokens_per_task"], &body["total_tokens_used"]), (&25.0.into(), &100.into()));
    assert_eq!((&body["unique_agents"], &body["n"], &body["estimator"]), (&2.into(), &5.into(), &"exact".into()));
    server.stop().await;
}

#[tokio::test]
async fn a_range_excludes_its_end_and_filters_narrow_it() {
    let server = filled().await;
    let range = "from=2026-01-01T12:00:01Z&to=2026-01-01T12:00:03Z";
    assert_eq!(server.get(&format!("/api/v1/summary?{range}")).await.json()["total_tasks"], 2);
    let of_b = server.get("/api/v1/summary?agent_id=b").await.json();
    assert_eq!((&of_b["total_tasks"], &of_b["avg_duration_ms"]), (&3.into(), &400.0.into()));
    let nobody = server.get("/api/v1/summary?agent_id=nobody").await.json();
    assert_eq!(nobody["total_tasks"], 0);
    for unknown in ["success_rate", "avg_duration_ms", "p95_duration_ms", "total_tokens_used", "tier", "estimator"] {
        assert!(nobody[unknown].is_null(), "{unknown} of nothing is not 0");
    }
    server.stop().await;
}

#[tokio::test]
async fn agents_and_tasks_come_in_the_order_asked_for() {
    let server = filled().await;
    let agents = async |query: &str| {
        let body = server.get(&format!("/api/v1/top-agents{query}")).await.json();
        let items = body["items"].as_array().expect("agents").clone();
        items.iter().map(|agent| agent["agent_id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(agents("").await, ["a", "b"], "fastest first");
    assert_eq!(agents("?metric=tasks&order=desc").await, ["b", "a"]);
    assert_eq!(agents("?metric=success_rate&order=desc&limit=1").await, ["a"]);
    let body = server.get("/api/v1/slowest-tasks?limit=2").await.json();
    let items = body["items"].as_array().expect("tasks");
    assert_eq!((&items[0]["task_id"], &items[1]["task_id"]), (&"t5".into(), &"<b>".into()));
    assert_eq!((items.len(), &items[0]["duration_ms"]), (2, &500.0.into()));
    assert_eq!(items[0]["timestamp"], "2026-01-01T12:00:59.500Z");
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_with_what_can() {
    let server = filled().await;
    for (path, told) in [
        ("/api/v1/summary?form=now-1h", "unknown query parameter `form`"),
        ("/api/v1/summary?from=yesterday", "`yesterday` is no time"),
        ("/api/v1/summary?from=now&to=now", "the range is empty"),
        ("/api/v1/summary?from=-9223372036854775807", "beyond the years 1 to 9999"),
        ("/api/v1/summary?to=9223372036854775807", "beyond the years 1 to 9999"),
        ("/api/v1/summary?agent_id=", "filter `agent_id` is empty"),
        ("/api/v1/top-agents?metric=speed", "`metric=speed`: write tasks, success_rate"),
        ("/api/v1/top-agents?order=up", "write asc or desc"),
        ("/api/v1/slowest-tasks?limit=0", "from 1 to 1000"),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(told), "{path}: {detail}");
    }
    server.stop().await;
}

#[test]
fn the_command_line_says_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tasks.ndjson"), TASKS).expect("written");
    let missing = common::run(folder.path(), &["summary"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.contains("there is no store at"), "{}", missing.err);
    assert_eq!(common::run(folder.path(), &["ingest", "tasks.ndjson"]).code, Some(0));
    let json = common::run(folder.path(), &["summary", "--json", "--agent", "b"]);
    let body: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((&body["total_tasks"], &body["avg_duration_ms"]), (&3.into(), &400.0.into()));
    let text = common::run(folder.path(), &["summary"]);
    assert!(text.out.contains("60.0 %  (3 of 5)"), "{}", text.out);
    let unreadable = common::run(folder.path(), &["summary", "--from", "yesterday"]);
    assert_eq!(unreadable.code, Some(2));
    assert!(unreadable.err.contains("`yesterday` is no time"), "{}", unreadable.err);
}
