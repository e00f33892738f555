//! Records for the tests of the formats: one of each kind with everything set, and the oddities.

use crate::model::{
    AgentId, AgentRecord, AgentStatus, EventId, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Micros,
    Outcome, Record, Source, SwarmId, TaskId, TaskRecord, TokenCounts,
};

/// 2026-01-01T12:00:00Z.
pub(super) const NOON: Micros = Micros(1_767_268_800_000_000);

/// `NOON` and so many milliseconds.
pub(super) fn noon_plus(millis: i64) -> Micros {
    Micros(NOON.0 + millis * 1000)
}

pub(super) fn agent(id: &str) -> AgentId {
    AgentId::new(id).expect("an id")
}

/// A task with nothing but what is required.
pub(super) fn task(task: &str, agent_id: &str, result: Option<Outcome>, timestamp: Micros) -> TaskRecord {
    TaskRecord {
        task_id: TaskId::new(task).expect("an id"),
        agent_id: agent(agent_id),
        result,
        timestamp,
        duration_ms: None,
        tokens_used: None,
        files_changed: None,
        swarm_id: None,
        model: None,
        tokens: TokenCounts::default(),
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    }
}

pub(super) fn metric(subject: &str, metric_type: &str, value: f64, timestamp: Micros) -> MetricRecord {
    MetricRecord {
        subject: subject.into(),
        metric_type: metric_type.into(),
        value,
        timestamp,
        id: None,
        metadata: None,
        project: None,
        source: None,
    }
}

pub(super) fn event(event_type: &str, agent_id: &str, timestamp: Micros) -> EventRecord {
    EventRecord {
        event_type: event_type.into(),
        agent_id: agent(agent_id),
        agent_type: None,
        event_id: None,
        task_id: None,
        swarm_id: None,
        timestamp,
        metadata: None,
        project: None,
        source: None,
    }
}

pub(super) fn healing(strategy: &str, success: bool, duration_ms: f64, timestamp: Micros) -> HealingRecord {
    HealingRecord {
        strategy: strategy.into(),
        failure_type: "timeout".into(),
        success,
        duration_ms,
        failure_id: None,
        agent_id: None,
        detected_at: None,
        timestamp,
        actions: Vec::new(),
        id: None,
        metadata: None,
        project: None,
        source: None,
    }
}

/// One record of each kind, with every field set.
pub(super) fn one_of_each() -> Vec<Record> {
    let project = || Some("apollo".to_owned());
    let source = |key: &str| Some(Source { file: "old.db".into(), key: key.into() });
    vec![
        Record::Task(TaskRecord {
            duration_ms: Some(1500.0),
            tokens_used: Some(16),
            files_changed: Some(3),
            swarm_id: SwarmId::new("s-1").ok(),
            model: Some("=opus".into()),
            tokens: TokenCounts {
                input: Some(1),
                output: Some(2),
                cache_read: Some(4),
                cache_write: Some(9),
                reasoning: Some(1),
            },
            cost_usd: Some(0.25),
            metadata: Some(Json("{\"b\": 1,\"a\":[true]}".into())),
            project: project(),
            source: source("task:1"),
            ..task("t-1", "a,\"1\"", Some(Outcome::Success), noon_plus(120))
        }),
        Record::AgentMetric(MetricRecord {
            id: Some("m-1".into()),
            metadata: Some(Json("{}".into())),
            project: project(),
            source: source("m:1"),
            ..metric("a", "success_rate", 0.5, NOON)
        }),
        Record::SwarmMetric(MetricRecord {
            id: Some("m-2".into()),
            metadata: Some(Json("{}".into())),
            project: project(),
            source: source("m:2"),
            ..metric("s-1", "health", -1.0, NOON)
        }),
        Record::Event(EventRecord {
            agent_type: Some("planner".into()),
            event_id: EventId::new("e-1").ok(),
            task_id: TaskId::new("t-1").ok(),
            swarm_id: SwarmId::new("s-1").ok(),
            metadata: Some(Json("{\"n\":1}".into())),
            project: project(),
            source: source("e:1"),
            ..event("tool:Bash", "a", Micros(NOON.0 + 1))
        }),
        Record::Healing(HealingRecord {
            failure_id: Some("f-1".into()),
            agent_id: Some(agent("a")),
            detected_at: Some(NOON),
            actions: vec!["stop".into(), "start, \"again\"".into()],
            id: Some("h-1".into()),
            metadata: Some(Json("{}".into())),
            project: project(),
            source: source("h:1"),
            ..healing("restart", true, 12.5, noon_plus(2000))
        }),
        Record::Agent(AgentRecord {
            agent_id: agent("a"),
            agent_type: "planner".into(),
            status: AgentStatus::Complete,
            spawn_time: NOON,
            complete_time: Some(noon_plus(60_000)),
            duration_ms: Some(60_000.0),
            metadata: Some(Json("{}".into())),
            project: project(),
            source: source("a:1"),
        }),
        Record::Memory(MemoryRecord {
            session_id: "s-1".into(),
            memory_type: "semantic".into(),
            key: "k".into(),
            value: Json("-5".into()),
            timestamp: NOON,
            ttl_hours: Some(24.0),
            id: Some("y-1".into()),
            project: project(),
            source: source("y:1"),
        }),
    ]
}

/// [`one_of_each`] as NDJSON.
pub(super) const NDJSON: &str = concat!(
    r#"{"kind":"task","task_id":"t-1","agent_id":"a,\"1\"","result":"success","timestamp":"2026-01-01T12:00:00.120Z","duration_ms":1500,"tokens_used":16,"files_changed":3,"swarm_id":"s-1","model":"=opus","tokens_input":1,"tokens_output":2,"tokens_cache_read":4,"tokens_cache_write":9,"tokens_reasoning":1,"cost_usd":0.25,"metadata":{"b": 1,"a":[true]},"project":"apollo","source":{"file":"old.db","key":"task:1"}}"#,
    "\n",
    r#"{"kind":"agent_metric","agent_id":"a","metric_type":"success_rate","value":0.5,"timestamp":"2026-01-01T12:00:00Z","metadata":{},"id":"m-1","project":"apollo","source":{"file":"old.db","key":"m:1"}}"#,
    "\n",
    r#"{"kind":"swarm_metric","swarm_id":"s-1","metric_type":"health","value":-1,"timestamp":"2026-01-01T12:00:00Z","metadata":{},"id":"m-2","project":"apollo","source":{"file":"old.db","key":"m:2"}}"#,
    "\n",
    r#"{"kind":"event","event_type":"tool:Bash","agent_id":"a","agent_type":"planner","event_id":"e-1","task_id":"t-1","swarm_id":"s-1","timestamp":"2026-01-01T12:00:00.000001Z","metadata":{"n":1},"project":"apollo","source":{"file":"old.db","key":"e:1"}}"#,
    "\n",
    r#"{"kind":"healing","strategy":"restart","failure_type":"timeout","success":true,"duration_ms":12.5,"failure_id":"f-1","agent_id":"a","detected_at":"2026-01-01T12:00:00Z","timestamp":"2026-01-01T12:00:02Z","actions":["stop","start, \"again\""],"metadata":{},"id":"h-1","project":"apollo","source":{"file":"old.db","key":"h:1"}}"#,
    "\n",
    r#"{"kind":"agent","agent_id":"a","agent_type":"planner","status":"complete","spawn_time":"2026-01-01T12:00:00Z","complete_time":"2026-01-01T12:01:00Z","duration_ms":60000,"metadata":{},"project":"apollo","source":{"file":"old.db","key":"a:1"}}"#,
    "\n",
    r#"{"kind":"memory","session_id":"s-1","memory_type":"semantic","key":"k","value":-5,"timestamp":"2026-01-01T12:00:00Z","ttl_hours":24,"id":"y-1","project":"apollo","source":{"file":"old.db","key":"y:1"}}"#,
    "\n",
);

/// Three tasks as only importers bring them: failed of unknown kind, an unknown word, no result.
pub(super) fn oddities() -> Vec<Record> {
    [Some(Outcome::Failed), Some(Outcome::Other("partial".into())), None]
        .into_iter()
        .zip(1..)
        .map(|(result, n)| {
            let source = Some(Source { file: "x.db".into(), key: format!("task:{n}") });
            Record::Task(TaskRecord { source, ..task(&format!("t-{n}"), "a", result, NOON) })
        })
        .collect()
}

/// What `writer` makes of `records`, sorted as the service sorts.
pub(super) fn grouped(writer: &mut dyn super::Grouped, records: &[Record]) -> String {
    let mut pieces = Vec::new();
    for record in records {
        writer.split(record, &mut |place, piece| pieces.push((place, piece.to_owned())));
    }
    pieces.sort_by_key(|(place, _)| *place);
    let mut out = Vec::new();
    writer.begin(&mut out);
    for (place, piece) in &pieces {
        writer.piece(*place, piece, &mut out).expect("its own pieces");
    }
    writer.end(&mut out).expect("its own pieces");
    String::from_utf8(out).expect("UTF-8")
}
