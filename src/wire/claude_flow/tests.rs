use super::*;
use crate::model::{AgentStatus, Outcome, Record};
use serde_json::json;

const NOW: Micros = Micros(1_767_268_800_000_000);
const SETTING: Setting<'static> = Setting { project: "p", file: "p/x.json", now: NOW };

#[test]
fn a_task_keeps_its_fraction_its_end_and_what_it_was() {
    let entry = json!([{"id": "cmd-hive-mind-1754048816309", "type": "hive-mind", "success": false,
        "duration": 32.116_708_999_999_986, "timestamp": 1_754_048_816_342_u64, "metadata": {}}]);
    let haul = read(FileKind::Tasks, &entry, SETTING);
    let [Record::Task(task)] = &haul.records[..] else { panic!("one task: {haul:?}") };
    assert_eq!(task.duration_ms, Some(32.116_708_999_999_986));
    assert_eq!(task.timestamp, Micros::from_millis(1_754_048_816_342));
    assert_eq!((task.agent_id.as_str(), &task.result), ("hive-mind@p", &Some(Outcome::Failed)));
    assert_eq!(
        task.metadata.as_ref().map(|json| json.0.as_str()),
        Some(r#"{"command":"hive-mind","started_ms":1754048816309}"#)
    );
}

#[test]
fn what_is_odd_is_named_and_costs_only_itself() {
    let entries = json!([
        {"id": "a", "success": true, "duration": "fast", "timestamp": 1_754_048_816_342_u64},
        {"id": "b", "success": true, "timestamp": 12},
        {"success": true, "timestamp": 1_754_048_816_342_u64},
        {"id": "c", "success": "maybe", "duration": -1, "timestamp": 1_754_048_816_342_u64},
        7
    ]);
    let haul = read(FileKind::Tasks, &entries, SETTING);
    assert_eq!((haul.rows, haul.records.len()), (5, 2));
    let odd: Vec<_> = haul.oddities.iter().map(|odd| (odd.place.as_str(), odd.kind)).collect();
    assert_eq!(
        odd,
        [
            ("entry 1", "duration is no number of milliseconds"),
            ("entry 2", "time before the year 2000"),
            ("entry 3", "no id"),
            ("entry 4", "duration is no number of milliseconds"),
            ("entry 4", "success is neither true nor false"),
            ("entry 5", "no id"),
        ]
    );
}

#[test]
fn counters_become_metrics_of_the_project_at_the_last_activity() {
    let file = json!({"startTime": 1_754_048_816_000_u64, "lastActivity": 1_754_048_817_000_u64, "sessionId": "s",
        "totalTasks": 3, "memoryMode": "basic", "operations": {"store": {"count": 2}}});
    let haul = read(FileKind::Performance, &file, SETTING);
    let metrics: Vec<_> = haul
        .records
        .iter()
        .map(|record| {
            let Record::SwarmMetric(metric) = record else { panic!("a swarm metric: {record:?}") };
            (metric.subject.as_str(), metric.metric_type.as_str(), metric.value, metric.timestamp.millis())
        })
        .collect();
    assert_eq!(
        metrics,
        [("p", "operations.store.count", 2.0, 1_754_048_817_000), ("p", "total_tasks", 3.0, 1_754_048_817_000)]
    );
}

#[test]
fn an_agent_has_a_life_an_event_and_totals() {
    let file = json!({"general": {"total": 1, "successful": 1, "failed": 0, "totalDuration": 0.5, "actions": [
        {"id": "general-1", "action": "spawn", "duration": 0.5, "success": true, "timestamp": 1_755_355_495_384_u64}]}});
    let haul = read(FileKind::Agents, &file, SETTING);
    let lives: Vec<_> = haul
        .records
        .iter()
        .filter_map(|record| if let Record::Agent(life) = record { Some(life) } else { None })
        .collect();
    assert_eq!((lives.len(), lives[0].agent_id.as_str(), &lives[0].status), (1, "general@p", &AgentStatus::Spawned));
    assert_eq!(haul.records.iter().filter(|record| matches!(record, Record::AgentMetric(_))).count(), 4);
    assert_eq!(haul.records.iter().filter(|record| matches!(record, Record::Event(_))).count(), 1);
}

#[test]
fn a_sample_is_known_by_what_it_says() {
    let sample = |free: u64| json!({"timestamp": 1_754_526_803_567_u64, "memoryFree": free, "cpuLoad": "NaN", "platform": "linux"});
    let haul = read(FileKind::System, &json!([sample(1), sample(2), sample(1)]), SETTING);
    let keys: Vec<_> = haul
        .records
        .iter()
        .map(
            |record| if let Record::SwarmMetric(metric) = record { metric.source.clone().map(|s| s.key) } else { None },
        )
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[0] == keys[2] && keys[0] != keys[1], "{keys:?}");
    assert_eq!(haul.oddities.len(), 3, "cpuLoad is no number");
}

#[test]
fn verifications_become_metrics_of_agents_and_of_the_project() {
    let file = json!({"totalVerifications": 3, "passedVerifications": 1, "averageScore": 0.75,
        "byAgent": {"coder": {"total": 3, "passed": 1, "avgScore": 0.75}}, "byHour": {"15": {"total": 3, "avgScore": 0.75}},
        "created": "2025-08-12T15:57:16.156Z", "lastUpdated": "2025-08-12T15:58:19.178Z"});
    let haul = read(FileKind::Verified, &file, SETTING);
    let metrics: Vec<_> = haul
        .records
        .iter()
        .map(|record| {
            let (Record::SwarmMetric(metric) | Record::AgentMetric(metric)) = record else { panic!("{record:?}") };
            let key = metric.source.as_ref().map_or("", |source| source.key.as_str());
            assert!(key.starts_with("claude-flow:verified:2025-08-12T15:57:16.156Z:"), "{key}");
            (metric.subject.as_str(), metric.metric_type.as_str(), metric.value, metric.timestamp.millis())
        })
        .collect();
    let at = 1_755_014_299_178;
    let of = |subject| {
        [("verification_total", 3.0), ("verification_passed", 1.0), ("verification_score", 0.75)]
            .map(|(name, value)| (subject, name, value, at))
    };
    assert_eq!(metrics, [of("p"), of("coder@p")].concat());
    let timeless = read(FileKind::Verified, &json!({"averageScore": 0.5, "lastUpdated": "yesterday"}), SETTING);
    assert_eq!((timeless.records.len(), timeless.oddities[0].kind), (0, "no time"));
}
