use super::*;
use crate::model::{AgentStatus, Json, Outcome, TaskRecord};

/// 2026-01-01T12:00:00Z
const NOON: Micros = Micros(1_767_268_800_000_000);
const CONTEXT: ParseContext = ParseContext { now: NOON, assume_offset: None };

fn all(line: &str) -> Result<Vec<Record>, RecordError> {
    let mut records = Vec::new();
    parse(line.as_bytes(), &CONTEXT, &mut records, &mut IgnoredFields::default()).map(|_| records)
}

fn one(line: &str) -> Record {
    let mut records = all(line).expect("a record");
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn task(line: &str) -> TaskRecord {
    match one(line) {
        Record::Task(task) => task,
        other => panic!("not a task: {other:?}"),
    }
}

fn refusal(line: &str) -> String {
    all(line).expect_err(line).to_string()
}

fn ignored(line: &str) -> BTreeMap<String, u64> {
    let mut ignored = IgnoredFields::default();
    parse(line.as_bytes(), &CONTEXT, &mut Vec::new(), &mut ignored).expect("a record");
    ignored.into_inner()
}

/// A task with `fields` beside the required ones.
fn task_with(fields: &str) -> String {
    format!(r#"{{"kind":"task","task_id":"t","agent_id":"a","result":"success",{fields}}}"#)
}

#[test]
fn a_full_task_keeps_every_field() {
    let task = task(
        r#"{"kind":"task","task_id":"t1","agent_id":"a1","result":"failure","timestamp":"2026-01-01T11:00:00.000001Z",
        "duration_ms":12.5,"tokens_used":99,"files_changed":3,"swarm_id":"s1","model":"m1","tokens_input":1,
        "tokens_output":2,"tokens_cache_read":3,"tokens_cache_write":4,"tokens_reasoning":1,"cost_usd":0.25,
        "project":"p1","metadata":{"z":1,"a":[1.0, "x\ny"]}}"#,
    );
    assert_eq!(task.task_id.as_str(), "t1");
    assert_eq!(task.agent_id.as_str(), "a1");
    assert_eq!(task.result, Some(Outcome::Failure));
    assert_eq!(task.timestamp, Micros(NOON.0 - 3_600_000_000 + 1));
    assert_eq!((task.duration_ms, task.tokens_used, task.files_changed), (Some(12.5), Some(99), Some(3)));
    assert_eq!(task.swarm_id.as_ref().map(|id| id.as_str()), Some("s1"));
    assert_eq!((task.model.as_deref(), task.project.as_deref()), (Some("m1"), Some("p1")));
    assert_eq!(task.tokens.total(), Some(10));
    assert_eq!((task.tokens.reasoning, task.cost_usd), (Some(1), Some(0.25)));
    assert_eq!(task.metadata, Some(Json(r#"{"z":1,"a":[1.0, "x\ny"]}"#.into())), "verbatim, order and spaces too");
}

#[test]
fn the_smallest_task_gets_the_time_of_arrival_and_no_invented_numbers() {
    let task = task(r#"{"kind":"task","task_id":"t","agent_id":"a","result":"success","duration_ms":null}"#);
    assert_eq!(task.timestamp, NOON);
    assert_eq!((task.duration_ms, task.tokens_used, task.files_changed, task.cost_usd), (None, None, None, None));
    assert_eq!((task.metadata, task.model, task.swarm_id, task.project, task.source), (None, None, None, None, None));
}

#[test]
fn absent_tokens_used_is_the_sum_of_the_kinds_without_reasoning() {
    let line = task_with(r#""tokens_input":5,"tokens_output":7,"tokens_reasoning":6"#);
    assert_eq!(task(&line).tokens_used, Some(12));
    assert_eq!(task(&task_with(r#""tokens_used":3,"tokens_input":5"#)).tokens_used, Some(3));
}

#[test]
fn success_stands_in_for_result() {
    let with = |fields: &str| format!(r#"{{"kind":"task","task_id":"t","agent_id":"a",{fields}}}"#);
    assert_eq!(task(&with(r#""success":true"#)).result, Some(Outcome::Success));
    assert_eq!(task(&with(r#""success":false"#)).result, Some(Outcome::Failed));
    assert_eq!(task(&with(r#""success":false,"result":"timeout""#)).result, Some(Outcome::Timeout));
    assert_eq!(
        refusal(&with(r#""success":true,"result":"timeout""#)),
        "`success` contradicts `result`, which is `timeout`"
    );
}

#[test]
fn an_imported_task_may_bring_any_result_or_none() {
    let with = |fields: &str| {
        format!(r#"{{"kind":"task","task_id":"t","agent_id":"a","source":{{"file":"f","key":"k"}}{fields}}}"#)
    };
    assert_eq!(task(&with("")).result, None);
    assert_eq!(task(&with(r#","result":"partial""#)).result, Some(Outcome::Other("partial".into())));
    assert_eq!(task(&with("")).source, Some(Source { file: "f".into(), key: "k".into() }));
    let plain = r#"{"kind":"task","task_id":"t","agent_id":"a","result":"partial"}"#;
    assert_eq!(refusal(plain), "`result` is `partial`; known: success, failure, timeout, cancelled");
    assert_eq!(refusal(r#"{"kind":"task","task_id":"t","agent_id":"a"}"#), "`result` is missing");
    assert!(refusal(&task_with(r#""source":"me""#)).starts_with("`source` must be an object"));
}

#[test]
fn every_other_kind_is_read() {
    let metric = one(r#"{"kind":"agent_metric","agent_id":"a","metric_type":"agent_success_rate","value":1,"id":"i"}"#);
    let Record::AgentMetric(metric) = metric else { panic!("{metric:?}") };
    assert_eq!((metric.subject.as_str(), metric.metric_type.as_str(), metric.value), ("a", "success_rate", 1.0));
    assert_eq!(metric.id.as_deref(), Some("i"));

    let metric = one(r#"{"kind":"swarm_metric","swarm_id":"s","metric_type":"queue","value":-2.5}"#);
    let Record::SwarmMetric(metric) = metric else { panic!("{metric:?}") };
    assert_eq!((metric.subject.as_str(), metric.metric_type.as_str(), metric.value), ("s", "queue", -2.5));

    let event = one(r#"{"kind":"event","event_type":"spawn","agent_id":"a","agent_type":"planner","task_id":"t"}"#);
    let Record::Event(event) = event else { panic!("{event:?}") };
    assert_eq!((event.event_type.as_str(), event.agent_type.as_deref()), ("spawn", Some("planner")));
    assert_eq!(event.event_id, None, "ids are made by the service");

    let healing = one(r#"{"kind":"healing","strategy":"restart","failure_type":"down","success":false,"duration_ms":0,
        "failure_id":"f","detected_at":1767268740000,"actions":["stop","start"]}"#);
    let Record::Healing(healing) = healing else { panic!("{healing:?}") };
    assert_eq!((healing.success, healing.duration_ms), (false, 0.0));
    assert_eq!(healing.detected_at, Some(Micros(NOON.0 - 60_000_000)));
    assert_eq!(healing.actions, ["stop", "start"]);

    let agent = one(r#"{"kind":"agent","agent_id":"a","agent_type":"coder","status":"running"}"#);
    let Record::Agent(agent) = agent else { panic!("{agent:?}") };
    assert_eq!((agent.status, agent.spawn_time, agent.complete_time), (AgentStatus::Running, NOON, None));

    let memory =
        one(r#"{"kind":"memory","session_id":"s","memory_type":"semantic","key":"k","value":null,"ttl_hours":1}"#);
    let Record::Memory(memory) = memory else { panic!("{memory:?}") };
    assert_eq!((memory.value, memory.ttl_hours), (Json("null".into()), Some(1.0)));
}

#[test]
fn what_must_be_refused_is_refused_with_the_field_and_its_value() {
    for (fields, reason) in [
        (r#""duration_ms":-1"#, "`duration_ms` is -1, must not be negative"),
        (r#""duration_ms":"12""#, "`duration_ms` must be a finite number, not the text `12`"),
        (r#""duration_ms":1e13"#, "`duration_ms` is 10000000000000, more than 1000000000000"),
        (r#""tokens_used":-5"#, "`tokens_used` is -5, must not be negative"),
        (r#""tokens_used":1.5"#, "`tokens_used` must be a whole number, not 1.5"),
        (r#""tokens_used":18446744073709551615"#, "`tokens_used` is 18446744073709551615, more than 1000000000000"),
        (r#""files_changed":[1]"#, "`files_changed` must be a whole number, not an array"),
        (r#""swarm_id":"""#, "`swarm_id` must not be empty"),
        (r#""swarm_id":7"#, "`swarm_id` must be a text, not 7"),
        (
            r#""timestamp":"2026-01-01T12:00:00""#,
            "`timestamp` is naive: `2026-01-01T12:00:00` has no offset from UTC; write one (…Z or …+09:00), or say which to assume with assume_offset",
        ),
        (r#""timestamp":"soon""#, "`timestamp` must be RFC 3339 or epoch milliseconds, not the text `soon`"),
        (
            r#""timestamp":1767268800"#,
            "`timestamp` is 1767268800, before the year 2000; epoch times are in milliseconds",
        ),
        (
            r#""timestamp":"1999-12-31T23:59:59Z""#,
            "`timestamp` is the text `1999-12-31T23:59:59Z`, before the year 2000",
        ),
        (
            r#""timestamp":"2026-01-02T12:00:00.000001Z""#,
            "`timestamp` is the text `2026-01-02T12:00:00.000001Z`, more than 24 h ahead",
        ),
        (r#""cost_usd":-0.1"#, "`cost_usd` is -0.1, must not be negative"),
        (r#""duration_ms":NaN"#, "`duration_ms` is NaN or infinite; leave it out when there is no number"),
        (r#""cost_usd":-Infinity"#, "`cost_usd` is NaN or infinite; leave it out when there is no number"),
        (r#""result":"success""#, "`result` comes twice"),
    ] {
        assert_eq!(refusal(&task_with(fields)), reason);
    }
    assert_eq!(task(&task_with(r#""timestamp":"2026-01-02T12:00:00Z""#)).timestamp.0, NOON.0 + DAY, "24 h are allowed");
    assert_eq!(task(&task_with(r#""timestamp":"2000-01-01T00:00:00Z""#)).timestamp, TIME_MIN);
}

#[test]
fn ids_have_1_to_512_bytes() {
    let with = |id: &str| format!(r#"{{"kind":"task","task_id":"{id}","agent_id":"a","result":"success"}}"#);
    assert!(all(&with(&"x".repeat(512))).is_ok());
    assert_eq!(refusal(&with(&"x".repeat(513))), "`task_id` has 513 bytes, at most 512 are allowed");
    assert_eq!(refusal(&with("")), "`task_id` must not be empty");
    assert_eq!(refusal(r#"{"kind":"task","agent_id":"a","result":"success"}"#), "`task_id` is missing");
}

#[test]
fn metadata_has_64_kib_and_100_levels_and_fits_on_a_line() {
    let of = |bytes: usize| task_with(&format!(r#""metadata":"{}""#, "m".repeat(bytes - 2)));
    assert!(all(&of(METADATA_BYTES_MAX)).is_ok());
    assert_eq!(refusal(&of(METADATA_BYTES_MAX + 1)), "`metadata` has 65537 bytes, at most 65536 are allowed");
    let nested = |depth: usize| task_with(&format!(r#""metadata":{}{}"#, "[".repeat(depth), "]".repeat(depth)));
    assert!(all(&nested(100)).is_ok());
    assert_eq!(refusal(&nested(30_000)), "`metadata` is nested 30000 levels deep, at most 100 are allowed");
    let pretty = task(&task_with("\"metadata\":{\n  \"a b\": \"c \\\" d\",\n  \"e\": 1.50\n}"));
    assert_eq!(pretty.metadata, Some(Json(r#"{"a b":"c \" d","e":1.50}"#.into())));
}

#[test]
fn what_is_no_record_is_named() {
    assert_eq!(refusal("[]"), "a record must be a JSON object, not an array");
    assert_eq!(refusal("7"), "a record must be a JSON object, not a number");
    assert!(refusal("{").starts_with("not JSON: EOF"));
    assert!(refusal("{} x").starts_with("not JSON: trailing characters"));
    assert!(refusal("\u{0}\u{1}binary").starts_with("not JSON: "));
    assert!(refusal("{}").starts_with("`kind` is missing; write one of task, agent_metric"));
    assert!(refusal(r#"{"kind":"tusk"}"#).starts_with("unknown kind `tusk`; known: task, "));
    let mut records = Vec::new();
    let invalid = b"{\"kind\":\"task\",\"task_id\":\"\xff\"}";
    assert!(parse(invalid, &CONTEXT, &mut records, &mut IgnoredFields::default()).is_err());
}

#[test]
fn an_assumed_offset_makes_naive_times_readable() {
    let context = ParseContext { now: NOON, assume_offset: Some(FixedOffset::east_opt(9 * 3600).expect("an offset")) };
    let mut records = Vec::new();
    let line = task_with(r#""timestamp":"2026-01-01T21:00:00.5""#);
    parse(line.as_bytes(), &context, &mut records, &mut IgnoredFields::default()).expect("readable");
    let Some(Record::Task(task)) = records.pop() else { panic!("a task") };
    assert_eq!(task.timestamp, Micros(NOON.0 + 500_000));
}

#[test]
fn fields_nobody_reads_are_counted_by_name() {
    let line = task_with(r#""colour":"red","event_type":"x","ttl_hours":null,"nested":{"a":1}"#);
    assert_eq!(ignored(&line), BTreeMap::from([("colour".into(), 1), ("event_type".into(), 1), ("nested".into(), 1)]));
    let many: Vec<String> = (0..100).map(|n| format!(r#""f{n}":1"#)).collect();
    assert_eq!(ignored(&task_with(&many.join(","))).len(), IgnoredFields::NAMES_MAX);
}

#[test]
fn the_three_documented_shapes_are_accepted_as_they_stand() {
    let task = task(
        r#"{"type":"task_complete","timestamp":"2026-01-01T11:59:00+00:00","agent_id":"agent-001","task_id":"task-123",
        "duration_ms":2500,"tokens_used":1500,"result":"success","metadata":{"complexity":"medium","retry_count":0}}"#,
    );
    assert_eq!((task.duration_ms, task.tokens_used, task.result), (Some(2500.0), Some(1500), Some(Outcome::Success)));

    let health = r#"{"type":"agent_health","timestamp":"2026-01-01T11:59:00+00:00","agent_id":"agent-001",
        "health_state":"HEALTHY","success_rate":0.95,"avg_response_time_ms":2000,"heartbeat_interval_ms":5000}"#;
    let records = all(health).expect("a heartbeat and three numbers");
    let Record::Event(event) = &records[0] else { panic!("{records:?}") };
    assert_eq!(event.event_type, "heartbeat");
    assert_eq!(event.metadata, Some(Json(r#"{"health_state":"HEALTHY"}"#.into())));
    let numbers: Vec<(&str, f64)> = records[1..]
        .iter()
        .map(|record| match record {
            Record::AgentMetric(metric) => (metric.metric_type.as_str(), metric.value),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [("success_rate", 0.95), ("avg_response_time_ms", 2000.0), ("heartbeat_interval_ms", 5000.0)]);
    assert!(ignored(health).is_empty());

    let resources = r#"{"type":"resource_metric","timestamp":"2026-01-01T11:59:00+00:00","metadata":
        {"token_usage_percent":75,"memory_usage_percent":60,"queue_depth":25,"active_agents":8,"note":"x"}}"#;
    let records = all(resources).expect("four numbers");
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|record| matches!(record, Record::SwarmMetric(m) if m.subject == "default")));
    assert_eq!(ignored(resources), BTreeMap::from([("metadata.note".into(), 1)]));
    assert!(refusal(r#"{"type":"resource_metric","metadata":{"a":"b"}}"#).contains("holds no number"));
}

#[test]
fn any_other_type_is_an_event_that_keeps_everything() {
    let event = one(
        r#"{"type":"task_complete","agent_id":"a","duration_ms":2500,"result":"success","metadata":{"tokens_used":1500}}"#,
    );
    let Record::Event(event) = event else { panic!("{event:?}") };
    assert_eq!(event.event_type, "task_complete");
    let kept = r#"{"result":"success","duration_ms":2500,"tokens_used":1500}"#;
    assert_eq!(event.metadata, Some(Json(kept.into())));
    let Record::Event(event) = one(r#"{"type":"lunch","agent_id":"a"}"#) else { panic!("an event") };
    assert_eq!((event.event_type.as_str(), event.metadata), ("lunch", None));
    assert_eq!(refusal(r#"{"type":"lunch"}"#), "`agent_id` is missing");
}

#[test]
fn one_id_gives_every_part_of_a_line_its_own() {
    let records = all(r#"{"type":"agent_health","id":"h1","agent_id":"a","x":1}"#).expect("two records");
    let [Record::Event(event), Record::AgentMetric(metric)] = &records[..] else { panic!("{records:?}") };
    assert_eq!(event.event_id.as_ref().map(|id| id.as_str()), Some("h1"));
    assert_eq!(metric.id.as_deref(), Some("h1/x"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut records = Vec::new();
            let result = parse(&bytes, &CONTEXT, &mut records, &mut IgnoredFields::default());
            prop_assert_eq!(result.unwrap_or(0), records.len());
        }

        #[test]
        fn no_change_of_a_good_line_makes_the_parser_panic(at in 0_usize..170, byte in any::<u8>(), cut in 0_usize..170) {
            let mut line = task_with(r#""timestamp":"2026-01-01T00:00:00Z","duration_ms":1.5,"metadata":{"a":[1,"é"]}"#).into_bytes();
            let at = at.min(line.len() - 1);
            line[at] = byte;
            line.truncate(line.len().saturating_sub(cut).max(1));
            let mut records = Vec::new();
            let result = parse(&line, &CONTEXT, &mut records, &mut IgnoredFields::default());
            prop_assert_eq!(result.unwrap_or(0), records.len());
        }
    }
}
