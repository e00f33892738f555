use super::zone::Zones;
use super::*;
use crate::model::{AgentStatus, Micros, Outcome, Record, TaskRecord};
use chrono::FixedOffset;

/// 2026-01-01T12:00:00Z.
const NOW: Micros = Micros(1_767_268_800_000_000);

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn columns(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_owned).collect()
}

fn one(kind: TableKind, names: &str, cells: &[Cell], clock: &Clock) -> Haul {
    let mut haul = Haul::default();
    let columns = columns(names);
    read(kind, &Row { file: "f.db", table: "t", columns: &columns, number: Some(7), cells }, clock, &mut haul);
    haul
}

fn utc() -> Clock {
    Clock { given: FixedOffset::east_opt(0), inferred: None, now: NOW }
}

fn kinds(haul: &Haul) -> Vec<&'static str> {
    haul.oddities.iter().map(|odd| odd.kind).collect()
}

fn task(haul: &Haul) -> &TaskRecord {
    match &haul.records[..] {
        [Record::Task(task)] => task,
        other => panic!("one task: {other:?} {:?}", haul.oddities),
    }
}

const V1: &str = "task_id agent_id duration_ms result tokens_used files_changed timestamp";

fn v1(duration: Cell, result: Cell, tokens: Cell, time: Cell) -> Vec<Cell> {
    vec![text("t1"), text("a1"), duration, result, tokens, Cell::Int(0), time]
}

#[test]
fn a_task_of_v1_keeps_microseconds_fractions_and_unknown_results() {
    let cells = v1(Cell::Real(12.7), text("partial"), Cell::Null, text("2025-11-29T19:11:29.953194"));
    let clock = Clock { given: FixedOffset::east_opt(9 * 3600), ..utc() };
    let haul = one(TableKind::Tasks, V1, &cells, &clock);
    let task = task(&haul);
    assert_eq!(task.timestamp.to_rfc3339(), "2025-11-29T10:11:29.953194Z");
    assert_eq!((task.duration_ms, task.tokens_used, task.files_changed), (Some(12.7), None, Some(0)));
    assert_eq!(task.result, Some(Outcome::Other("partial".into())));
    assert_eq!(task.result.as_ref().and_then(Outcome::rated), None);
    assert_eq!(kinds(&haul), ["unknown result, kept as it is"]);
    assert_eq!(task.source.as_ref().map(|s| s.key.as_str()), Some("moai:t:2025-11-29T19:11:29.953194:t1"));
}

#[test]
fn times_of_every_form_are_read_and_a_naive_one_needs_an_offset() {
    let at = |time: Cell, clock: &Clock| {
        let haul = one(TableKind::Tasks, V1, &v1(Cell::Null, text("success"), Cell::Null, time), clock);
        let time = haul.records.first().map(|record| match record {
            Record::Task(task) => task.timestamp.to_rfc3339(),
            other => panic!("{other:?}"),
        });
        (time.unwrap_or_default(), kinds(&haul).first().copied().unwrap_or_default())
    };
    let seoul = Clock { given: FixedOffset::east_opt(9 * 3600), ..utc() };
    let unknown = Clock { given: None, ..utc() };
    assert_eq!(at(text("2025-11-29T10:00:00+02:00"), &unknown).0, "2025-11-29T08:00:00Z");
    assert_eq!(at(text("2025-11-29T10:00:00"), &seoul).0, "2025-11-29T01:00:00Z");
    assert_eq!(at(text("2025-11-29 10:00:00.5"), &seoul).0, "2025-11-29T01:00:00.500Z");
    // SQLite's own default is UTC.
    assert_eq!(
        at(text("2025-11-29 10:00:00"), &seoul),
        ("2025-11-29T10:00:00Z".into(), "blank-separated time, read as UTC")
    );
    assert_eq!(at(text("2025-11-29T10:00:00"), &unknown), (String::new(), "time without an offset, left out"));
    assert_eq!(at(Cell::Null, &seoul), (String::new(), "no time, left out"));
    assert_eq!(at(text("soon"), &seoul), (String::new(), "unreadable time, left out"));
    assert_eq!(at(text("2031-01-01T00:00:00Z"), &seoul), (String::new(), "time more than 24 h ahead"));
    assert_eq!(at(Cell::Int(1_764_411_089), &unknown).0, "2025-11-29T10:11:29Z");
    assert_eq!(at(Cell::Int(1_764_411_089_953), &unknown).0, "2025-11-29T10:11:29.953Z");
}

#[test]
fn values_that_are_no_numbers_are_kept_beside_the_task() {
    let cells = v1(text("fast"), text("success"), text("12"), text("2025-11-29T10:00:00Z"));
    let haul = one(TableKind::Tasks, V1, &cells, &utc());
    let odd = task(&haul);
    assert_eq!((odd.duration_ms, odd.tokens_used), (None, Some(12)));
    assert_eq!(odd.metadata.as_ref().map(|json| json.0.as_str()), Some(r#"{"unreadable":{"duration_ms":"fast"}}"#));
    assert_eq!(kinds(&haul), ["number written as text", "no number, kept as text"]);
    let cells = v1(Cell::Int(-5), text("timeout"), Cell::Real(1.5), text("2025-11-29T10:00:00Z"));
    let haul = one(TableKind::Tasks, V1, &cells, &utc());
    assert_eq!((task(&haul).duration_ms, task(&haul).tokens_used), (None, None));
    assert_eq!(kinds(&haul), ["count out of bounds", "duration out of bounds"]);
}

#[test]
fn a_task_of_v2_knows_success_and_keeps_its_metadata_as_it_stands() {
    let names = "id task_id agent_id timestamp duration_ms tokens_used success metadata";
    let row = |success: i64, metadata: &str| {
        vec![
            Cell::Int(3),
            text("t1"),
            text("a1"),
            Cell::Int(1_764_411_089),
            Cell::Int(5),
            Cell::Int(9),
            Cell::Int(success),
            text(metadata),
        ]
    };
    let haul = one(TableKind::Tasks, names, &row(0, "{}"), &utc());
    assert_eq!((&task(&haul).result, task(&haul).files_changed), (&Some(Outcome::Failed), None));
    assert_eq!(task(&haul).metadata.as_ref().map(|json| json.0.as_str()), Some("{}"));
    let haul = one(TableKind::Tasks, names, &row(1, r#"{"a": "#), &utc());
    assert_eq!(task(&haul).metadata.as_ref().map(|json| json.0.as_str()), Some(r#""{\"a\": ""#));
    assert_eq!(kinds(&haul), ["broken JSON, kept as text"]);
}

#[test]
fn the_zone_is_what_most_rows_of_the_swarm_say() {
    let columns = columns("event_type agent_id timestamp created_at");
    let mut zones = Zones::default();
    let mut note = |local: &str, created: &str| {
        let cells = [text("spawn"), text("a"), text(local), text(created)];
        zones.note(&Row { file: "f", table: "t", columns: &columns, number: None, cells: &cells });
    };
    note("2025-11-29T19:11:29.953194", "2025-11-29 10:11:29");
    note("2025-11-29T19:11:30.059204", "2025-11-29 10:11:30");
    note("2025-11-29T10:11:30+00:00", "2025-11-29 10:11:30"); // says it itself
    note("2025-11-29T15:41:30", "2025-11-29 10:11:29");
    note("2025-11-20T15:41:30", "2025-11-29 10:11:29"); // written long after
    assert_eq!(zones.most(), FixedOffset::east_opt(9 * 3600));
    let said = "local times lie at +09:00 (and +05:30 in 1), inferred from created_at of 3 rows";
    assert_eq!(zones.describe().as_deref(), Some(said));
    assert_eq!(Zones::default().describe(), None);
}

#[test]
fn an_agent_of_the_registry_keeps_what_its_numbers_say_even_if_they_disagree() {
    let names = "agent_id agent_type status spawn_time complete_time duration_ms metadata last_updated";
    let row = |status: &str, end: Cell| {
        vec![
            text("a"),
            text("expert-backend"),
            text(status),
            Cell::Real(1_764_411_157.211_434),
            end,
            Cell::Int(1500),
            text("{}"),
            text("2025-11-29T19:12:37.315084"),
        ]
    };
    let life = |haul: &Haul| match &haul.records[..] {
        [Record::Agent(life)] => life.clone(),
        other => panic!("{other:?}"),
    };
    let haul = one(TableKind::Registry, names, &row("complete", Cell::Real(1_764_411_157.315_098)), &utc());
    let known = life(&haul);
    assert_eq!(known.spawn_time, Micros(1_764_411_157_211_434));
    assert_eq!((known.complete_time, known.duration_ms), (Some(Micros(1_764_411_157_315_098)), Some(1500.0)));
    let haul = one(TableKind::Registry, names, &row("paused", Cell::Null), &utc());
    let odd = life(&haul);
    assert_eq!((odd.status, odd.complete_time), (AgentStatus::Running, None));
    assert_eq!(odd.metadata.map(|json| json.0).as_deref(), Some(r#"{"unreadable":{"status":"paused"}}"#));
}
