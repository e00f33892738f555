use super::facts::Facts;
use super::known::Known;
use super::records::records;
use super::*;
use crate::model::{Outcome, Record, TaskRecord};
use crate::wire::lenient::Haul;
use serde_json::json;

const NOW: Micros = Micros(1_793_491_200_000_000);
/// 2026-01-01T12:00:00Z in nanoseconds.
const NOON: u64 = 1_767_268_800_000_000_000;

fn gather(documents: &[Value]) -> (Facts, Haul) {
    let (mut facts, mut haul) = (Facts::default(), Haul::default());
    for batch in documents.iter().flat_map(read::batches) {
        facts.take(batch, "f", "line 1", NOW, &mut haul);
    }
    (facts, haul)
}

fn records_of(documents: &[Value]) -> Vec<Record> {
    let (mut facts, haul) = gather(documents);
    assert_eq!(haul.oddities, []);
    let (sessions, metrics) = facts.drain();
    sessions.iter().flat_map(|session| records(session, &Known::default(), "f").records).chain(metrics).collect()
}

fn tasks(records: &[Record]) -> Vec<&TaskRecord> {
    records.iter().filter_map(|record| if let Record::Task(task) = record { Some(task) } else { None }).collect()
}

fn attributes(list: &[(&str, Value)]) -> Value {
    list.iter().map(|(name, value)| json!({"key": name, "value": value})).collect()
}

fn log(service: &str, second: u64, list: &[(&str, Value)]) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": attributes(&[("service.name", json!({"stringValue": service}))])},
        "scopeLogs": [{"logRecords": [{"timeUnixNano": (NOON + second * 1_000_000_000).to_string(), "attributes": attributes(list)}]}],
    }]})
}

fn text(text: &str) -> Value {
    json!({ "stringValue": text })
}

#[test]
fn numbers_are_read_in_every_form_they_are_sent_in() {
    let list = attributes(&[
        ("number", json!({"intValue": 7})),
        ("digits", json!({"intValue": "8"})),
        ("double", json!({"doubleValue": 0.5})),
        ("list", json!({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}})),
        ("map", json!({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": true}}]}})),
        ("none", json!({})),
    ]);
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"observedTimeUnixNano": NOON, "timeUnixNano": "0", "attributes": list}]}]}]});
    let batches = read::batches(&body);
    let log = &batches[0].logs[0];
    assert_eq!(log.at, Some(Micros(1_767_268_800_000_000)));
    assert_eq!(
        Value::Object(log.attributes.clone()),
        json!({"number": 7, "digits": 8, "double": 0.5, "list": [1, "a"], "map": {"k": true}, "none": null})
    );
}

#[test]
fn cached_tokens_are_taken_out_of_the_input_where_they_are_part_of_it() {
    let codex = log(
        "codex_exec",
        5,
        &[
            ("event.name", text("codex.sse_event")),
            ("event.kind", text("response.completed")),
            ("conversation.id", text("c")),
            ("input_token_count", text("100")),
            ("cached_token_count", text("60")),
            ("output_token_count", text("7")),
            ("reasoning_token_count", text("3")),
        ],
    );
    let records = records_of(&[codex]);
    let task = tasks(&records)[0];
    let tokens = task.tokens;
    assert_eq!(
        (tokens.input, tokens.cache_read, tokens.output, tokens.reasoning),
        (Some(40), Some(60), Some(7), Some(3))
    );
    assert_eq!(task.tokens_used, Some(107));
}

#[test]
fn a_turn_fails_only_when_nothing_was_asked_after_the_error() {
    let error = |second: u64| {
        log(
            "claude-code",
            second,
            &[("event.name", text("api_error")), ("session.id", text("s")), ("prompt.id", text("p"))],
        )
    };
    let request = |second: u64, id: &str| {
        log(
            "claude-code",
            second,
            &[
                ("event.name", text("api_request")),
                ("session.id", text("s")),
                ("prompt.id", text("p")),
                ("request_id", text(id)),
                ("input_tokens", json!({"intValue": 5})),
                ("duration_ms", json!({"intValue": 1000})),
            ],
        )
    };
    let recovered = records_of(&[request(1, "a"), error(2), request(4, "b")]);
    assert_eq!(tasks(&recovered)[0].result, Some(Outcome::Success));
    assert_eq!((tasks(&recovered)[0].duration_ms, tasks(&recovered)[0].tokens.input), (Some(4000.0), Some(10)));
    let failed = records_of(&[request(1, "a"), error(2)]);
    assert_eq!(tasks(&failed)[0].result, Some(Outcome::Failure));
}

#[test]
fn a_request_told_by_log_and_span_is_one() {
    let request = log(
        "claude-code",
        3,
        &[
            ("event.name", text("api_request")),
            ("session.id", text("s")),
            ("prompt.id", text("p")),
            ("request_id", text("r")),
            ("input_tokens", json!({"intValue": 5})),
        ],
    );
    let span = json!({"resourceSpans": [{
        "resource": {"attributes": attributes(&[("service.name", text("claude-code"))])},
        "scopeSpans": [{"spans": [{
            "traceId": "AB", "spanId": "01", "name": "claude_code.llm_request",
            "startTimeUnixNano": NOON.to_string(), "endTimeUnixNano": (NOON + 3_000_000_000).to_string(),
            "attributes": attributes(&[
                ("session.id", text("s")), ("span.type", text("llm_request")), ("request_id", text("r")), ("input_tokens", json!({"intValue": 5})),
            ]),
        }]}],
    }]});
    for documents in [[request.clone(), span.clone()], [span.clone(), request.clone()]] {
        let records = records_of(&documents);
        let tasks = tasks(&records);
        assert_eq!((tasks.len(), tasks[0].tokens.input), (1, Some(5)));
        assert_eq!(tasks[0].source.as_ref().map(|source| source.key.as_str()), Some("otlp:s:turn:p"));
        let requests =
            records.iter().filter(|record| matches!(record, Record::Event(event) if event.event_type == "api_request"));
        assert_eq!(requests.count(), 1);
    }
    assert_eq!(tasks(&records_of(&[span]))[0].task_id.as_str(), "trace:ab");
}

#[test]
fn what_people_said_and_who_they_are_is_not_kept() {
    let prompt = log(
        "claude-code",
        1,
        &[
            ("event.name", text("user_prompt")),
            ("session.id", text("s")),
            ("prompt.id", text("p")),
            ("prompt", text("the secret plan")),
            ("prompt_length", json!({"intValue": 15})),
            ("user.email", text("me@example.org")),
            ("user.account_uuid", text("secret-account")),
            ("tool_parameters", text("rm -rf secret")),
        ],
    );
    let kept = format!("{:?}", records_of(&[prompt]));
    for word in ["secret", "me@example.org", "rm -rf"] {
        assert!(!kept.contains(word), "{word} in {kept}");
    }
    assert!(kept.contains("prompt_length"));
}

#[test]
fn a_cumulative_series_is_one_number_that_grows_and_a_delta_is_many() {
    let points = |temporality: u8, values: &[(u64, f64)]| {
        let points: Vec<Value> = values
            .iter()
            .map(|(second, value)| {
                json!({"startTimeUnixNano": NOON.to_string(), "timeUnixNano": (NOON + second * 1_000_000_000).to_string(),
                    "asDouble": value, "attributes": attributes(&[("session.id", text("s")), ("type", text("input"))])})
            })
            .collect();
        json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "unit": "tokens",
            "sum": {"aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": points}}]}]}]})
    };
    let values = |document: Value| -> Vec<(String, f64)> {
        let metrics = records_of(&[document]).into_iter();
        let values =
            metrics.filter_map(
                |record| if let Record::AgentMetric(m) = record { Some((m.metric_type, m.value)) } else { None },
            );
        let mut values: Vec<_> = values.collect();
        values.sort_by(|a, b| a.1.total_cmp(&b.1));
        values
    };
    let name = || "m.input".to_owned();
    assert_eq!(values(points(2, &[(2, 9.0), (1, 5.0)])), [(name(), 9.0)]);
    assert_eq!(values(points(1, &[(1, 5.0), (2, 9.0)])), [(name(), 5.0), (name(), 9.0)]);
}

#[test]
fn what_has_no_time_or_is_no_telemetry_is_said() {
    let (facts, haul) = gather(&[json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": []}]}]}]})]);
    assert!(facts.is_empty());
    assert_eq!(haul.oddities.iter().map(|odd| odd.kind).collect::<Vec<_>>(), ["no time"]);
    assert!(read::batches(&json!({"name": "package", "version": 1})).is_empty());
}
