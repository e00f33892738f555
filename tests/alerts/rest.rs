//! The routes, and a server that looks by itself.

use common::{Answer, Server, eventually};
use swarmscope::config::Config;
use swarmscope::model::alert::Span;

use super::*;

async fn quick() -> Server {
    let mut config = Config::default();
    config.alerts.interval = Span::seconds(1);
    Server::start_with(config).await
}

fn failing(count: usize) -> String {
    let now = Micros(chrono::Utc::now().timestamp_micros()).to_rfc3339();
    let line = |n| {
        json!({"kind": "task", "task_id": format!("t-{n}"), "agent_id": "a", "result": "failure", "timestamp": now})
            .to_string()
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_server_looks_by_itself_and_says_what_fires() {
    let server = quick().await;
    assert_eq!(server.send(&failing(20)).await.status, 200);
    eventually("it fires", async || server.get("/api/v1/alerts").await.json()["counts"]["critical"] == 1).await;
    let page = server.get("/api/v1/alerts").await.json();
    let alert = &page["alerts"][0];
    assert_eq!((&alert["rule"], &alert["state"]), (&json!("low_success_rate"), &json!("firing")));
    assert_eq!(alert["labels"], json!({"alertname": "low_success_rate", "severity": "critical"}));
    assert_eq!(alert["figures"]["rate"], json!({"numerator": 0, "denominator": 20}));
    assert_eq!(page["watching"], true);
    let history = server.get("/api/v1/alerts/history?rule=low_success_rate&state=firing").await.json();
    assert_eq!(history["items"][0]["summary"], alert["summary"]);
    assert_eq!(history["next_cursor"], Value::Null);
}

#[tokio::test]
async fn what_a_body_cannot_mean_is_answered_with_its_key() {
    let server = quick().await;
    let post = async |path: &str, body: Value| Answer::of(server.client.post(server.url(path)).json(&body)).await;
    let rule = |more: Value| {
        let mut rule = json!({"name": "x", "kind": "aggregate", "function": "count", "above": 1});
        rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        rule
    };
    for (more, detail) in [
        (json!({"shoe": 1}), "the body: unknown field `shoe`"),
        (json!({"function": "p200"}), "the body: there is no function `p200`"),
        (json!({"window": "5 min"}), "the body: `5 min` is no length of time"),
        (json!({"below": 1}), "rule `x`: `below` and `above` are both there"),
        (json!({"metric": "m"}), "rule `x`: `metric` means nothing to the kind aggregate, which reads source,"),
    ] {
        let refused = post("/api/v1/alerts/rules", rule(more)).await;
        assert_eq!((refused.status, refused.detail().starts_with(detail)), (400, true), "{}", refused.text);
    }
    assert_eq!(post("/api/v1/alerts/rules", rule(json!({}))).await.status, 201);
    assert_eq!(post("/api/v1/alerts/rules", rule(json!({}))).await.status, 409);
    let endless = post("/api/v1/alerts/silences", json!({"matchers": {"a": "b"}, "for": "60d"})).await;
    assert_eq!((endless.status, endless.detail()), (400, "`for` is 60d: it must be 1s to 30d".to_owned()));
    let gone = Answer::of(server.client.delete(server.url("/api/v1/alerts/rules/x"))).await;
    assert_eq!((gone.status, &gone.json()["restored"]), (200, &Value::Null));
}
