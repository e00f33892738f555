//! One session as Claude Code tells it three ways: transcript, logs, and spans.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// 2026-01-02T00:00:00Z in milliseconds.
pub const START: u64 = 1_767_312_000_000;
pub const SESSION: &str = "5e55-1";

fn iso(ms: u64) -> String {
    swarmscope::model::Micros::from_millis(i64::try_from(START + ms).expect("small")).to_rfc3339()
}

/// (request, turn, by a sub-agent, input, output, end in ms, cost)
pub const REQUESTS: [(&str, usize, bool, u64, u64, u64, f64); 4] = [
    ("req_1", 0, false, 10, 100, 3000, 0.25),
    ("req_2", 0, true, 20, 200, 5000, 0.5),
    ("req_3", 0, false, 30, 300, 7000, 0.125),
    ("req_4", 1, false, 40, 400, 12000, 1.0),
];

fn assistant(request: &str, sub: bool, input: u64, output: u64, ms: u64, content: &Value) -> Value {
    json!({"type": "assistant", "uuid": format!("u-{request}"), "sessionId": SESSION, "isSidechain": sub, "timestamp": iso(ms),
        "agentId": if sub { json!("a1") } else { Value::Null }, "requestId": request, "message": {"id": format!("msg-{request}"),
        "model": "claude-opus-4-8", "stop_reason": "end_turn", "content": content, "usage": {"input_tokens": input, "output_tokens": output}}})
}

/// Writes the transcripts of the session; returns their projects folder.
pub fn transcripts(folder: &Path) -> PathBuf {
    let user = |uuid: &str, ms: u64, content: Value, agent: Option<&str>| {
        json!({"type": "user", "uuid": uuid, "sessionId": SESSION, "timestamp": iso(ms), "isSidechain": agent.is_some(),
            "agentId": agent, "message": {"role": "user", "content": content}})
    };
    let call = json!([{"type": "tool_use", "id": "call_1", "name": "Task", "input": {"subagent_type": "reviewer"}}]);
    let result = json!([{"type": "tool_result", "tool_use_id": "call_1", "content": "x"}]);
    let main = [
        user("p-1", 1000, json!("x"), None),
        assistant("req_1", false, 10, 100, 3000, &call),
        user("r-1", 6000, result, None),
        assistant("req_3", false, 30, 300, 7000, &json!([{"type": "text", "text": "x"}])),
        user("p-2", 10000, json!("x"), None),
        assistant("req_4", false, 40, 400, 12000, &json!([{"type": "text", "text": "x"}])),
    ];
    let agent = [
        user("p-a", 3500, json!("x"), Some("a1")),
        assistant("req_2", true, 20, 200, 5000, &json!([{"type": "text", "text": "x"}])),
    ];
    let lines = |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let project = folder.join("projects/-p");
    std::fs::create_dir_all(project.join(SESSION).join("subagents")).expect("made");
    std::fs::write(project.join(format!("{SESSION}.jsonl")), lines(&main)).expect("written");
    std::fs::write(project.join(SESSION).join("subagents/agent-a1.jsonl"), lines(&agent)).expect("written");
    folder.join("projects")
}

fn attributes(list: Value) -> Value {
    let list = list.as_object().expect("attributes").clone();
    let value = |value: Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_u64() => json!({"intValue": number.to_string()}),
        number => json!({"doubleValue": number}),
    };
    list.into_iter().map(|(key, of)| json!({"key": key, "value": value(of)})).collect()
}

fn resource() -> Value {
    json!({"attributes": attributes(json!({"service.name": "claude-code"}))})
}

/// A body with one log record.
fn log(ms: u64, name: &str, more: Value) -> Value {
    let mut list = json!({"session.id": SESSION, "event.name": name});
    list.as_object_mut().expect("an object").extend(more.as_object().expect("attributes").clone());
    let record = json!({"timeUnixNano": ((START + ms) * 1_000_000).to_string(), "attributes": attributes(list)});
    json!({"resourceLogs": [{"resource": resource(), "scopeLogs": [{"logRecords": [record]}]}]})
}

/// The bodies with the session's log records, in order.
pub fn logs() -> Vec<Value> {
    let prompt = |turn: usize| format!("prompt-{turn}");
    let mut bodies = vec![log(1000, "user_prompt", json!({"prompt.id": prompt(0), "message.uuid": "p-1"}))];
    for (request, turn, sub, input, output, ms, cost) in REQUESTS {
        if request == "req_4" {
            bodies.push(log(10000, "user_prompt", json!({"prompt.id": prompt(1), "message.uuid": "p-2"})));
        }
        let mut more = json!({"prompt.id": prompt(turn), "request_id": request, "model": "claude-opus-4-8", "duration_ms": 500,
            "input_tokens": input, "output_tokens": output, "cost_usd": cost});
        if sub {
            more["agent.name"] = json!("reviewer");
        }
        bodies.push(log(ms, "api_request", more));
    }
    let result = json!({"prompt.id": prompt(0), "tool_name": "Task", "tool_use_id": "call_1", "success": "true", "duration_ms": "3000"});
    bodies.push(log(6000, "tool_result", result));
    bodies
}

/// The bodies with the session's spans, children first.
pub fn spans() -> Vec<Value> {
    let span = |id: &str, kind: &str, trace: usize, from: u64, to: u64, more: Value| {
        let mut list = json!({"session.id": SESSION, "span.type": kind});
        list.as_object_mut().expect("an object").extend(more.as_object().expect("attributes").clone());
        let parent = if kind == "interaction" { "" } else { "root" };
        json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [{"spans": [{"traceId": format!("trace{trace}"), "spanId": id,
            "parentSpanId": parent, "name": format!("claude_code.{kind}"), "startTimeUnixNano": ((START + from) * 1_000_000).to_string(),
            "endTimeUnixNano": ((START + to) * 1_000_000).to_string(), "attributes": attributes(list)}]}]}]})
    };
    let mut bodies = Vec::new();
    for (request, turn, _, input, output, ms, _) in REQUESTS {
        let more =
            json!({"request_id": request, "model": "claude-opus-4-8", "input_tokens": input, "output_tokens": output});
        bodies.push(span(request, "llm_request", turn, ms - 500, ms, more));
    }
    bodies.push(span("t", "tool", 0, 3000, 6000, json!({"tool_name": "Task", "tool_use_id": "call_1"})));
    bodies.push(span("root", "interaction", 0, 1000, 7000, json!({})));
    bodies.push(span("root1", "interaction", 1, 10000, 12000, json!({})));
    bodies
}

pub fn ndjson(bodies: &[Value]) -> String {
    bodies.iter().map(|body| format!("{body}\n")).collect()
}
