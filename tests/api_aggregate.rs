//! `/api/v1/aggregate` over a real connection.

mod common;

use common::{NOON, Server, task};
use serde_json::json;

/// 2026-01-01T12:00:00Z in milliseconds.
const NOON_MS: i64 = NOON / 1000;
const HOUR_MS: i64 = 3_600_000;

async fn with_tasks() -> Server {
    let server = Server::start().await;
    let lines: Vec<String> = (1..=4)
        .map(|n| task(&format!("t{n}"), NOON_MS + (n - 1) * HOUR_MS / 2, &format!(r#","duration_ms":{n}00"#)))
        .collect();
    assert_eq!(server.send(&lines.join("\n")).await.counts(), [4, 0, 0, 0]);
    server
}

#[tokio::test]
async fn buckets_are_columns_with_nulls_where_nothing_is() {
    let server = with_tasks().await;
    let answer = server
        .get("/api/v1/aggregate?field=duration_ms&fn=avg,count,p50,success_rate&bucket=1h&from=2026-01-01T12:00:00Z&to=2026-01-01T15:00:00Z")
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-cache");
    let body = answer.json();
    assert_eq!(body["time"], json!([NOON_MS, NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS]));
    assert_eq!(
        (&body["end"], &body["zone"], &body["bucket"]),
        (&json!(NOON_MS + 3 * HOUR_MS), &json!("UTC"), &json!("1h"))
    );
    assert_eq!((&body["tier"], &body["truncated"], &body["group_count"]), (&json!("1h"), &json!(false), &json!(1)));
    let columns = &body["series"][0]["columns"];
    assert_eq!(columns[0]["values"], json!([150.0, 350.0, null]));
    assert_eq!((&columns[0]["fn"], &columns[0]["total"], &columns[0]["n"]), (&json!("avg"), &json!(250.0), &json!(4)));
    assert_eq!(columns[1]["values"], json!([2.0, 2.0, null]));
    assert_eq!((&columns[2]["values"], &columns[2]["estimator"]), (&json!([150.0, 350.0, null]), &json!("exact")));
    assert_eq!((&columns[3]["samples"], &columns[3]["successes"]), (&json!([2, 2, 0]), &json!([2, 2, 0])));
}

#[tokio::test]
async fn groups_are_named_and_zones_move_the_buckets() {
    let server = with_tasks().await;
    let body = server
        .get("/api/v1/aggregate?group_by=agent,model&bucket=1d&tz=Asia/Tokyo&order_by=-count&limit=5")
        .await
        .json();
    assert_eq!(body["series"][0]["group"], json!({"agent_id": "a1", "model": null}));
    assert_eq!((&body["zone"], &body["tier"]), (&json!("Asia/Tokyo"), &json!("raw")));
    // Tokyo's 1 January began at 15:00Z the day before.
    assert_eq!(body["time"], json!([NOON_MS - 21 * HOUR_MS]));
    assert_eq!(body["series"][0]["columns"][0]["values"], json!([4.0]));
}

#[tokio::test]
async fn whatever_cannot_be_understood_is_refused_with_what_can() {
    let server = with_tasks().await;
    for (query, reason) in [
        ("fnn=avg", "unknown query parameter `fnn`; known: source, field, fn"),
        ("fn=median", "there is no function `median`; known: avg, sum"),
        ("fn=avg", "`avg` needs a field"),
        ("source=shoes", "`source=shoes`: write tasks, agent-metrics"),
        ("group_by=agent,swarm,model", "group by at most 2 words"),
        ("bucket=7m", "there is no bucket `7m`"),
        ("tz=Nowhere", "there is no zone `Nowhere`"),
        ("limit=0", "`limit=0`: write a whole number from 1 to 1000"),
        ("order_by=p95", "`order_by=p95` is neither"),
        ("source=events&model=x", "figures of events can be filtered by event_type"),
        ("bucket=1m&from=2025-12-01T00:00:00Z&to=2026-01-01T00:00:00Z", "at most 5000; ask for `bucket=10m`"),
    ] {
        let answer = server.get(&format!("/api/v1/aggregate?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.detail().contains(reason), "{}", answer.detail());
    }
}

#[tokio::test]
async fn the_document_describes_the_route() {
    let server = Server::start().await;
    let document = server.get("/api/v1/openapi.json").await.json();
    let parameters =
        document["paths"]["/api/v1/aggregate"]["get"]["parameters"].as_array().expect("parameters").clone();
    let names: Vec<&str> = parameters.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
    for name in ["source", "fn", "bucket", "tz", "order_by", "failure_type"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}
