//! Agents, swarms, sessions and sorted lists over a real connection.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Answer, NOON, Server};
use serde_json::{Value, json};

/// 2026-01-01T12:00:00Z in milliseconds.
const MILLIS: i64 = NOON / 1000;

/// Nine tasks of three agents in two swarms; the n-th took n × 100 ms, and the last one has no duration.
async fn filled() -> Server {
    let server = Server::start().await;
    let lines: Vec<String> = (1..=9)
        .map(|n| {
            let (agent, swarm, time) = (n % 3, n % 2, MILLIS + n * 60_000);
            let duration = if n == 9 { String::new() } else { format!(r#","duration_ms":{n}00"#) };
            format!(
                r#"{{"kind":"task","task_id":"t{n}","agent_id":"a{agent}","swarm_id":"s{swarm}","result":"success","timestamp":{time}{duration}}}"#
            )
        })
        .collect();
    assert_eq!(server.send(&lines.join("\n")).await.counts(), [9, 0, 0, 0]);
    server
}

fn column(answer: &Answer, name: &str) -> Vec<Value> {
    let json = answer.json();
    let items = json["items"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    items.iter().map(|item| item[name].clone()).collect()
}

/// All pages of a list, each asked for with its cursor alone.
async fn pages(server: &Server, list: &str, query: &str, name: &str) -> Vec<Value> {
    let (mut rows, mut path) = (Vec::new(), format!("/api/v1/{list}?{query}"));
    loop {
        let page = server.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        rows.extend(column(&page, name));
        match page.json()["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/v1/{list}?limit=2&cursor={cursor}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn sorted_lists_go_on_after_each_page_in_the_form_of_records() {
    let server = filled().await;
    let slowest = pages(&server, "tasks", "sort=duration_ms&limit=2", "task_id").await;
    assert_eq!(slowest, ["t8", "t7", "t6", "t5", "t4", "t3", "t2", "t1", "t9"], "no duration comes last");
    let fastest = pages(&server, "tasks", "sort=duration_ms&order=asc&limit=2&agent_id=a0", "task_id").await;
    assert_eq!(fastest, ["t3", "t6", "t9"]);
    let first = server.get("/api/v1/tasks?sort=duration_ms&limit=1").await.json();
    assert_eq!((&first["items"][0]["kind"], &first["items"][0]["duration_ms"]), (&json!("task"), &json!(800)));
    let by_name = pages(&server, "agents", "sort=agent_id&order=asc&limit=2", "agent_id").await;
    assert_eq!(by_name, ["a0", "a1", "a2"]);
    let busiest = pages(&server, "swarms", "sort=tasks&limit=1", "swarm_id").await;
    assert_eq!(busiest, ["s1", "s0"], "five of nine are odd");
}

#[tokio::test]
async fn a_sorted_cursor_goes_with_its_own_question_only() {
    let server = filled().await;
    let first = server.get("/api/v1/tasks?sort=duration_ms&limit=2&agent_id=a1").await.json();
    let cursor = first["next_cursor"].as_str().expect("more").to_owned();
    for (beside, status) in [
        ("sort=duration_ms&agent_id=a1", 200),
        ("sort=tokens_used", 400),
        ("order=asc", 400),
        ("agent_id=a2", 400),
        ("from=now-1h", 400),
    ] {
        let answer = server.get(&format!("/api/v1/tasks?cursor={cursor}&{beside}")).await;
        assert_eq!(answer.status, status, "{beside}: {}", answer.text);
    }
    assert_eq!(server.get(&format!("/api/v1/agents?cursor={cursor}")).await.status, 400, "another list");
    assert_eq!(server.get(&format!("/api/v1/events?cursor={cursor}")).await.status, 400, "another list");
    let many = server.get("/api/v1/tasks?sort=duration_ms&limit=1001").await;
    assert_eq!((many.status, many.detail().as_str()), (400, "`limit=1001`: a sorted page has at most 1000 rows"));
}

#[tokio::test]
async fn lists_of_agents_and_swarms_carry_the_figures_of_their_tasks() {
    let server = filled().await;
    let agents = server.get("/api/v1/agents?sort=agent_id&order=asc").await.json();
    assert_eq!(agents["total"], json!({"count": 3, "or_more": false}));
    let a1 = &agents["items"][1];
    assert_eq!((&a1["task_count"], &a1["avg_duration_ms"], &a1["n"]), (&json!(3), &json!(400.0), &json!(3)));
    assert_eq!((&a1["health"]["state"], &a1["spawn_time"]), (&json!("unknown"), &Value::Null), "it never beat");
    let agent = server.get("/api/v1/agents/a0").await.json();
    assert_eq!((&agent["totals"]["task_count"], &agent["totals"]["n"]), (&json!(3), &json!(2)));
    assert_eq!((&agent["swarms"], &agent["life_count"]), (&json!(["s1", "s0"]), &json!(0)));
    let swarm = server.get("/api/v1/swarms/s0").await.json();
    assert_eq!((&swarm["agent_count"], &swarm["totals"]["avg_duration_ms"]), (&json!(3), &json!(500.0)));
    let health = server.get("/api/v1/swarms/s0/health").await.json();
    assert_eq!(health["parts"][0]["part"], "success_rate");
    assert_eq!((&health["parts"][0]["numerator"], &health["parts"][0]["denominator"]), (&json!(4), &json!(4)));
    for path in ["agents/nobody", "swarms/nothing", "swarms/nothing/health"] {
        let answer = server.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.status, answer.detail().starts_with("there is no ")), (404, true), "{}", answer.text);
    }
    let odd = server.get("/api/v1/agents/%ff").await;
    assert_eq!((odd.status, odd.detail().starts_with("the path `/api/v1/agents/%ff` cannot be read")), (400, true));
}

#[tokio::test]
async fn tasks_are_ranked_by_any_number_in_both_orders() {
    let server = filled().await;
    let ranked =
        async |query: &str| column(&server.get(&format!("/api/v1/slowest-tasks?limit=2&{query}")).await, "task_id");
    assert_eq!(ranked("").await, ["t8", "t7"]);
    assert_eq!(ranked("order=asc").await, ["t1", "t2"]);
    assert_eq!(ranked("by=files_changed").await, Vec::<Value>::new(), "nobody recorded files");
    let hits = server.service.cache_gauge().hits;
    assert_eq!(ranked("order=asc&to=2026-01-02T00:00:00Z&from=2026-01-01T00:00:00Z").await, ["t1", "t2"]);
    assert_eq!(ranked("order=asc&to=2026-01-02T00:00:00Z&from=2026-01-01T00:00:00Z").await, ["t1", "t2"]);
    assert_eq!(server.service.cache_gauge().hits, hits + 1, "the second answer was kept");
}

async fn send(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let request = server.client.request(method.parse().expect("a method"), server.url(path));
    Answer::of(request.header("content-type", "application/json").body(body.to_owned())).await
}

#[tokio::test]
async fn an_agent_lives_goes_on_and_lives_again() {
    let server = Server::start().await;
    let register = async |body: &str| send(&server, "POST", "/api/v1/agents", body).await;
    let first = register(
        r#"{"agent_id":"w","agent_type":"coder","spawn_time":"2026-01-01T12:00:00Z","metadata":{"b":1,"a":2}}"#,
    )
    .await;
    assert_eq!((first.status, first.json()["life_count"].clone()), (201, json!(1)), "{}", first.text);
    assert!(first.text.contains(r#""metadata":{"b":1,"a":2}"#), "as it was written: {}", first.text);
    let again = register(r#"{"agent_id":"w","agent_type":"coder","spawn_time":"2026-01-01T12:00:00Z"}"#).await;
    assert_eq!((again.status, again.json()["new_life"].clone()), (200, json!(false)), "{}", again.text);
    let patch = async |body: &str| send(&server, "PATCH", "/api/v1/agents/w", body).await;
    assert_eq!(patch(r#"{"status":"running"}"#).await.json()["status"], "running");
    let done = patch(r#"{"status":"complete","complete_time":"2026-01-01T12:00:05Z"}"#).await.json();
    assert_eq!((&done["status"], &done["duration_ms"]), (&json!("complete"), &json!(5000.0)));
    let back = patch(r#"{"status":"running"}"#).await;
    assert_eq!((back.status, back.detail().starts_with("agent `w` is complete")), (409, true), "{}", back.text);
    let unknown = send(&server, "PATCH", "/api/v1/agents/x", r#"{"status":"running"}"#).await;
    assert_eq!((unknown.status, unknown.detail().contains("register it first")), (404, true));
    let second = register(r#"{"agent_id":"w","agent_type":"coder","spawn_time":"2026-01-02T12:00:00Z"}"#).await;
    assert_eq!((second.status, second.json()["life_count"].clone()), (201, json!(2)));
    let lives = server.get("/api/v1/agents/w").await.json()["lives"].clone();
    assert_eq!((&lives[0]["status"], &lives[1]["status"]), (&json!("spawned"), &json!("complete")));
    assert_eq!(column(&server.get("/api/v1/agents?status=active").await, "agent_id"), ["w"]);
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_is_refused_with_the_reason() {
    let server = Server::start().await;
    for (body, reason) in [
        ("{", "the body is no JSON object"),
        ("[]", "the body is no JSON object"),
        (r#"{"agent_id":"w","shoe":44}"#, "unknown field `shoe` in the body; known: agent_id"),
        (r#"{"agent_id":"w"}"#, "agent_type"),
        (r#"{"agent_id":"","agent_type":"coder"}"#, "agent_id"),
        (r#"{"agent_id":"w","agent_type":"coder","status":"asleep"}"#, "asleep"),
    ] {
        let answer = send(&server, "POST", "/api/v1/agents", body).await;
        assert_eq!((answer.status, answer.detail().contains(reason)), (400, true), "{body}: {}", answer.text);
    }
    assert_eq!(send(&server, "POST", "/api/v1/agents", &" ".repeat((1 << 20) + 1)).await.status, 413);
    let typeless = Answer::of(server.client.post(server.url("/api/v1/agents")).body("{}")).await;
    assert_eq!((typeless.status, typeless.detail().contains("send application/json")), (415, true));
    let elsewhere = server.client.patch(server.url("/api/v1/agents/w")).header("origin", "http://evil.example");
    assert_eq!(Answer::of(elsewhere.body("{}")).await.status, 403);
    for body in [r#"{"status":"asleep"}"#, r#"{"metadata":[1]}"#, r#"{"duration_ms":"long"}"#] {
        assert_eq!(send(&server, "PATCH", "/api/v1/agents/w", body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_session_remembers_every_version_of_a_key_until_it_expires() {
    let server = Server::start().await;
    let place = "/api/v1/sessions/s%2F1/memory/semantic/the%20goal";
    assert_eq!(server.get(place).await.status, 404);
    let put = async |query: &str, body: &str| send(&server, "PUT", &format!("{place}{query}"), body).await;
    let first = put("", r#"{"b": 1, "a": [ 2 ]}"#).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(first.text.contains(r#""value":{"b": 1, "a": [ 2 ]}"#), "verbatim: {}", first.text);
    let null = put("?ttl_hours=24&project=shop", "null").await.json();
    assert_eq!((&null["value"], &null["ttl_hours"], &null["versions"]), (&Value::Null, &json!(24.0), &json!(2)));
    let now = server.get(place).await.json();
    assert_eq!((&now["value"], &now["key"]), (&Value::Null, &json!("the goal")), "null is a value");
    let gone = put("?ttl_hours=0", "3").await;
    assert_eq!((gone.status, gone.json()["expired"].clone()), (201, json!(true)), "{}", gone.text);
    assert_eq!(server.get(place).await.json()["value"], Value::Null, "what expired hides nothing");
    let memory = async |query: &str| server.get(&format!("/api/v1/sessions/s%2F1/memory{query}")).await;
    assert_eq!(column(&memory("").await, "value"), [Value::Null]);
    let history = column(&memory("?history=1&key=the%20goal").await, "value");
    assert_eq!(history, [Value::Null, json!({"b": 1, "a": [2]})]);
    assert_eq!(column(&memory("?history=1&expired=1").await, "expired"), [json!(true), json!(false), json!(false)]);
    assert_eq!(column(&server.get("/api/v1/sessions").await, "session_id"), ["s/1"]);
    assert_eq!(server.get("/api/v1/sessions/other/memory").await.status, 404);
    assert_eq!(put("?ttl_hours=-1", "1").await.status, 400);
    assert_eq!(put("", "{oops").await.status, 400);
}

#[tokio::test]
async fn events_are_counted_by_type_as_a_whole_and_over_time() {
    let server = Server::start().await;
    let event = |kind: &str, hour: i64| {
        let time = MILLIS + hour * 3_600_000;
        format!(r#"{{"kind":"event","event_type":"{kind}","agent_id":"a","timestamp":{time}}}"#)
    };
    let lines = [event("beat", 0), event("beat", 1), event("spawn", 1), event("odd one", 2)].join("\n");
    assert_eq!(server.send(&lines).await.counts(), [4, 0, 0, 0]);
    let range = "from=2026-01-01T12:00:00Z&to=2026-01-01T15:00:00Z";
    let counts = server.get(&format!("/api/v1/event-counts?{range}&bucket=1h")).await.json();
    assert_eq!(counts["series"][0]["group"]["event_type"], "beat");
    assert_eq!(counts["series"][0]["columns"][0]["values"], json!([1.0, 1.0, null]));
    assert_eq!((&counts["group_count"], &counts["truncated"]), (&json!(3), &json!(false)));
    let one = server.get("/api/v1/event-counts?limit=1&agent_id=a").await.json();
    assert_eq!((one["series"].as_array().map(Vec::len), &one["truncated"]), (Some(1), &json!(true)));
}
