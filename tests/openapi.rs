//! The document against the server: every operation is called with its own examples, and what comes back is what
//! the document says.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{Answer, Server};
use serde_json::Value;
use swarmscope::api;
use swarmscope::config::Config;

/// One record of each kind that the examples name, and some more of their neighbours.
fn records() -> String {
    let mut lines = vec![
        r#"{"kind":"agent","agent_id":"coder-1","agent_type":"coder","status":"running","spawn_time":"2026-01-10T08:00:00Z","project":"shop"}"#.to_owned(),
        r#"{"kind":"agent_metric","agent_id":"coder-1","metric_type":"success_rate","value":0.98,"timestamp":"2026-01-15T12:00:00Z","metadata":{"window":"1h"},"id":"m-1"}"#.to_owned(),
        r#"{"kind":"swarm_metric","swarm_id":"swarm-1","metric_type":"health","value":0.9,"timestamp":"2026-01-15T12:00:00Z"}"#.to_owned(),
        r#"{"kind":"event","event_type":"spawn","agent_id":"coder-1","agent_type":"coder","event_id":"0d6c1f6e-8a65-4f3c-9b1e-6f0f5f6f7a01","task_id":"task-1","swarm_id":"swarm-1","timestamp":"2026-01-10T08:00:00Z","metadata":[1]}"#.to_owned(),
        r#"{"kind":"healing","strategy":"restart","failure_type":"timeout","success":true,"duration_ms":310,"failure_id":"f-1","agent_id":"coder-1","detected_at":"2026-01-15T12:00:00Z","timestamp":"2026-01-15T12:00:01Z","actions":["kill","start"]}"#.to_owned(),
        r#"{"kind":"memory","session_id":"session-1","memory_type":"semantic","key":"goal","value":{"text":"ship"},"timestamp":"2026-01-15T12:00:00Z"}"#.to_owned(),
    ];
    // Two hours of a heartbeat, so that there is a pattern.
    for beat in 0..120 {
        lines.push(format!(
            r#"{{"kind":"event","event_type":"heartbeat","agent_id":"coder-1","swarm_id":"swarm-1","project":"shop","timestamp":"2026-01-15T{:02}:{:02}:00Z"}}"#,
            8 + beat / 60,
            beat % 60
        ));
    }
    // Healings of one strategy, enough of them for a recommendation.
    for n in 1..=10 {
        lines.push(format!(
            r#"{{"kind":"healing","strategy":"retry","failure_type":"timeout","success":true,"duration_ms":{n}0,"failure_id":"f-retry-{n}","agent_id":"coder-1","timestamp":"2026-01-15T12:{n:02}:01Z"}}"#
        ));
    }
    for n in 1..=12 {
        let result = ["success", "failure", "timeout"][n % 3];
        lines.push(format!(
            r#"{{"kind":"task","task_id":"task-{n}","agent_id":"coder-{}","result":"{result}","timestamp":"2026-01-15T12:{n:02}:00.5Z","duration_ms":{n}00.25,"files_changed":{n},"swarm_id":"swarm-1","model":"claude-sonnet-4","project":"shop","tokens_input":10,"tokens_output":{n},"cost_usd":0.01,"metadata":{{"branch":"main"}}}}"#,
            1 + n % 2
        ));
    }
    lines.join("\n")
}

/// The channel that the examples name; nobody listens there.
const CHANNELS: &str = "[[alerts.channels]]
name = 'ops'
type = 'webhook'
url = 'http://127.0.0.1:9/'
allow_private = true";

async fn filled() -> (Server, Value) {
    let config = Config::parse(CHANNELS, Path::new("test.toml")).expect("a configuration");
    let server = Server::start_with(config).await;
    let sent = server.send(&records()).await;
    assert_eq!((sent.status, sent.json()["rejected_count"].as_u64()), (200, Some(0)), "{}", sent.text);
    // The job would do it in the middle of a test.
    server.service.mark_stale(api::now()).await.expect("marked");
    // What the examples of deleting name.
    let rule = serde_json::json!({"name": "old_rule", "kind": "agent_stale"});
    let silence = serde_json::json!({"matchers": {"alertname": "old_rule"}, "for": "1h"});
    for (path, body) in [("rules", rule), ("silences", silence)] {
        let made = server.client.post(server.url(&format!("/api/v1/alerts/{path}"))).json(&body);
        assert_eq!(Answer::of(made).await.status, 201, "{path}");
    }
    let document = server.get("/api/v1/openapi.json").await.json();
    (server, document)
}

/// One operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    described: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations");
        methods.iter().map(move |(method, described)| Operation { method, path, described })
    });
    // A stream has no end; tests/stream.rs follows it.
    each.filter(|operation| operation.path != "/api/v1/stream").collect()
}

impl Operation<'_> {
    fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let all = self.described["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(move |parameter| parameter["in"] == place)
    }

    /// The path with its examples in it.
    fn concrete(&self) -> String {
        let mut path = self.path.to_owned();
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().expect("a name");
            path = path.replace(&format!("{{{name}}}"), &text(&parameter["example"]));
        }
        assert!(!path.contains('{'), "{path} has a parameter without an example");
        path
    }

    /// Query strings: none, and each optional parameter alone.
    fn queries(&self) -> Vec<String> {
        let given = self.parameters("query").filter(|parameter| parameter["example"] != "");
        let each = given.map(|parameter| {
            format!(
                "?{}={}",
                parameter["name"].as_str().expect("a name"),
                text(&parameter["example"]).replace('+', "%2B")
            )
        });
        std::iter::once(String::new()).chain(each).collect()
    }

    /// A media type and a body of it.
    fn body(&self) -> Option<(&str, String)> {
        let content = self.described["requestBody"]["content"].as_object()?;
        let (media_type, body) = content.iter().find(|(_, body)| body.get("example").is_some()).expect("an example");
        let example = &body["example"];
        Some((media_type, example.as_str().map_or_else(|| example.to_string(), str::to_owned)))
    }

    async fn call(&self, server: &Server, query: &str) -> Answer {
        let method = self.method.to_uppercase().parse().expect("a method");
        let mut request = server.client.request(method, server.url(&format!("{}{query}", self.concrete())));
        if let Some((media_type, body)) = self.body() {
            request = request.header("content-type", media_type).body(body);
        }
        Answer::of(request).await
    }

    /// Holds an answer against what is declared for its status; says what is wrong.
    fn check(&self, document: &Value, query: &str, answer: &Answer) -> Vec<String> {
        let called = format!("{} {}{query}", self.method, self.path);
        let declared = &self.described["responses"][answer.status.to_string()];
        if !declared.is_object() {
            return vec![format!("{called} answers {} undeclared: {}", answer.status, answer.text)];
        }
        let media_type = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
        let content = declared["content"].as_object();
        let Some(content) = content else {
            let silent = answer.text.is_empty();
            return if silent { vec![] } else { vec![format!("{called} declares no content for {}", answer.status)] };
        };
        match content.get(&media_type) {
            None => vec![format!("{called}: {media_type} is undeclared")],
            Some(content) if media_type.ends_with("json") && media_type != "application/x-ndjson" => {
                validate(document, &content["schema"], &answer.json(), &called)
            }
            Some(_) => vec![],
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn validate(document: &Value, schema: &Value, instance: &Value, context: &str) -> Vec<String> {
    let mut whole = schema.clone();
    assert!(whole.is_object(), "{context} declares no schema");
    whole["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{context}: {error}"));
    let wrong = validator.iter_errors(instance).map(|error| format!("{context}: {error} at {}", error.instance_path()));
    wrong.collect()
}

/// Whether an example that is right for the operation cannot stand alone.
fn needs_company(operation: &Operation<'_>, query: &str) -> bool {
    let words_of_other_sources = ["metric_type", "event_type", "agent_type", "strategy", "failure_type", "success="];
    match operation.path {
        "/api/v1/aggregate" => words_of_other_sources.iter().any(|word| query[1.min(query.len())..].starts_with(word)),
        // Each task takes its own.
        "/api/v1/maintenance/{task}" => !query.is_empty() && !query.starts_with("?wait"),
        "/api/v1/export/{file}" => true,
        _ => false,
    }
}

#[tokio::test]
async fn every_operation_answers_its_examples_as_declared() {
    let (server, document) = filled().await;
    let (mut called, mut wrong) = (0, Vec::new());
    for operation in operations(&document) {
        for body in
            operation.described["requestBody"]["content"].as_object().into_iter().flatten().map(|(_, body)| body)
        {
            if let Some(example) = body.get("example") {
                wrong.extend(validate(&document, &body["schema"], example, &format!("the body of {}", operation.path)));
            }
        }
        for query in operation.queries() {
            let answer = operation.call(&server, &query).await;
            wrong.extend(operation.check(&document, &query, &answer));
            let fine = answer.status < 300 || (answer.status == 400 && needs_company(&operation, &query));
            if !fine {
                wrong
                    .push(format!("{} {}{query}: {} {}", operation.method, operation.path, answer.status, answer.text));
            }
            assert!(answer.header("server-timing").contains("total;dur="), "{}", operation.path);
            assert_eq!(answer.header("x-request-id").len(), 32, "{}", operation.path);
            called += 1;
            // One task at a time.
            common::eventually("maintenance ends", async || {
                server.get("/api/v1/store").await.json()["running"].is_null()
            })
            .await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(called > 150, "{called}");
}

#[tokio::test]
async fn every_operation_refuses_an_unknown_parameter_and_a_foreign_host() {
    let (server, document) = filled().await;
    let mut wrong = Vec::new();
    for operation in operations(&document) {
        let answer = operation.call(&server, "?shoe_size=44").await;
        wrong.extend(operation.check(&document, "?shoe_size", &answer));
        assert_eq!(answer.status, 400, "{}", operation.path);
        assert!(answer.detail().starts_with("unknown query parameter `shoe_size`; known: "), "{}", answer.text);
        let method = operation.method.to_uppercase().parse().expect("a method");
        let foreign = server.client.request(method, server.url(&operation.concrete())).header("host", "evil.example");
        let answer = Answer::of(foreign).await;
        wrong.extend(operation.check(&document, " from elsewhere", &answer));
        assert_eq!((answer.status, answer.detail().contains("evil.example")), (403, true), "{}", operation.path);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn whatever_can_be_read_has_a_head_and_a_limit_to_what_is_accepted() {
    let (server, document) = filled().await;
    let mut wrong = Vec::new();
    for operation in operations(&document).into_iter().filter(|operation| operation.method == "get") {
        let url = server.url(&operation.concrete());
        let head = Answer::of(server.client.head(&url)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{}", operation.path);
        let picky = Answer::of(server.client.get(&url).header("accept", "image/png")).await;
        wrong.extend(operation.check(&document, " as a picture", &picky));
        assert_eq!((picky.status, picky.detail().contains("`Accept` leaves out")), (406, true), "{}", operation.path);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_answer_about_the_past_is_sent_again_only_when_it_changed() {
    let (server, document) = filled().await;
    let range = "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z";
    let (mut revisable, mut wrong) = (0, Vec::new());
    for operation in operations(&document).into_iter().filter(|one| one.described["responses"]["304"].is_object()) {
        revisable += 1;
        let url = server.url(&format!("{}{range}", operation.concrete()));
        let first = Answer::of(server.client.get(&url)).await;
        let tag = first.header("etag").to_owned();
        assert_eq!((first.status, tag.is_empty(), first.header("cache-control")), (200, false, "no-cache"));
        let again = Answer::of(server.client.get(&url).header("if-none-match", &tag)).await;
        wrong.extend(operation.check(&document, range, &again));
        assert_eq!((again.status, again.header("etag")), (304, tag.as_str()), "{url}");
        let other = Answer::of(server.client.get(&url).header("if-none-match", "\"other\"")).await;
        assert_eq!((other.status, other.text), (200, first.text));
        let moving = server.get(&format!("{}?from=now-30000d", operation.concrete())).await;
        assert_eq!((moving.header("etag"), moving.header("cache-control")), ("", "no-store"), "{}", operation.path);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(revisable >= 12, "{revisable}");
    let tasks = format!("/api/v1/tasks{range}");
    let before = server.get(&tasks).await.header("etag").to_owned();
    let late = r#"{"kind":"task","task_id":"late","agent_id":"coder-1","result":"success","timestamp":"2026-01-02T00:00:00Z"}"#;
    assert_eq!(server.send(late).await.counts(), [1, 0, 0, 0]);
    let request = server.client.get(server.url(&tasks)).header("if-none-match", &before);
    let answer = Answer::of(request).await;
    assert_eq!((answer.status, answer.text.contains("late")), (200, true), "a late record changes the past");
}

#[tokio::test]
async fn every_route_that_is_promised_is_described_with_limits_and_examples() {
    let (_server, document) = filled().await;
    let operations = operations(&document);
    let described: BTreeSet<String> =
        operations.iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    for promised in [
        "post /api/v1/ingest",
        "get /api/v1/tasks",
        "get /api/v1/agent-metrics",
        "get /api/v1/swarm-metrics",
        "get /api/v1/events",
        "get /api/v1/healings",
        "get /api/v1/aggregate",
        "get /api/v1/summary",
        "get /api/v1/top-agents",
        "get /api/v1/slowest-tasks",
        "get /api/v1/agents",
        "get /api/v1/agents/{agent_id}",
        "get /api/v1/swarms",
        "get /api/v1/swarms/{swarm_id}",
        "post /api/v1/agents",
        "patch /api/v1/agents/{agent_id}",
        "get /api/v1/event-counts",
        "get /api/v1/patterns",
        "get /api/v1/patterns/{pattern_id}",
        "get /api/v1/sessions",
        "get /api/v1/sessions/{session_id}/memory",
        "get /api/v1/sessions/{session_id}/memory/{memory_type}/{key}",
        "put /api/v1/sessions/{session_id}/memory/{memory_type}/{key}",
        "get /api/v1/swarms/{swarm_id}/health",
        "get /api/v1/export/{file}",
        "get /api/v1/openapi.json",
        "get /metrics",
        "get /livez",
        "get /readyz",
        "get /readyz/{check}",
        "get /api/v1/system",
        "get /startupz",
    ] {
        assert!(described.contains(promised), "{promised} is missing");
    }
    let mut names = BTreeSet::new();
    for operation in operations {
        let at = format!("{} {}", operation.method, operation.path);
        let id = operation.described["operationId"].as_str().expect("an id");
        assert!(names.insert(id.to_owned()), "{id} is used twice");
        let summary = operation.described["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{at} says nothing about itself");
        for parameter in operation.described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{at}: {name}");
            let schema = &parameter["schema"];
            assert!(schema.is_object() && parameter.get("example").is_some(), "{at}: {name}");
            if schema["type"] == "integer" {
                let limited = schema["minimum"].is_number() && schema["maximum"].is_number();
                assert!(limited, "{at}: {name} has no limits");
            }
        }
        for (status, response) in operation.described["responses"].as_object().expect("responses") {
            let body = response["content"].is_object() || status == "304";
            assert!(body, "{at} does not say what {status} holds");
            let untyped =
                response["content"]["application/json"]["schema"].as_object().is_some_and(serde_json::Map::is_empty);
            assert!(!untyped || operation.path == "/api/v1/openapi.json", "{at} answers {status} without a schema");
        }
    }
}
