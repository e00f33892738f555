//! What sessions remember, on a real store: current values and history, expiry at its exact instant, JSON null, pages,
//! and what is deleted when.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{NOON, stored};
use swarmscope::model::maintain::MaintenanceTask;
use swarmscope::model::session::{MemoryQuery, SessionsQuery};
use swarmscope::model::time::{HOUR, MINUTE};
use swarmscope::model::{Dataset, Json, MemoryRecord, Micros, RangeSpec, Record};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Store, StoreOptions};

struct Memory {
    service: Service,
    _folder: tempfile::TempDir,
}

/// Minutes after noon.
fn at(minutes: i64) -> Micros {
    Micros(NOON + minutes * MINUTE)
}

fn entry(session: &str, kind: &str, key: &str, value: &str, minutes: i64, ttl_hours: Option<f64>) -> Record {
    Record::Memory(MemoryRecord {
        session_id: session.into(),
        memory_type: kind.into(),
        key: key.into(),
        value: Json(value.into()),
        timestamp: at(minutes),
        ttl_hours,
        id: None,
        project: None,
        source: None,
    })
}

async fn memory(records: Vec<Record>) -> Memory {
    let folder = tempfile::tempdir().expect("a folder");
    let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), ..StoreOptions::default() };
    let store = Store::open(&folder.path().join("s.db"), &options).await.expect("a store");
    let service = Service::new(store, Settings::default());
    service.record_atomic(records, Micros(NOON)).await.expect("stored");
    Memory { service, _folder: folder }
}

impl Memory {
    /// `type/key=value` of each entry, with `†` for what expired, and whether there is another page.
    async fn shown(&self, query: &MemoryQuery, now: Micros) -> (Vec<String>, Option<String>) {
        let page = self.service.session_memory("s", query, now).await.expect("readable");
        let show = |entry: &swarmscope::model::session::MemoryEntry| {
            let mark = if entry.expired { "†" } else { "" };
            format!("{}/{}={}{mark}", entry.memory_type, entry.key, entry.value.0)
        };
        (page.entries.iter().map(show).collect(), page.next)
    }

    async fn current(&self, now: Micros) -> Vec<String> {
        self.shown(&MemoryQuery::default(), now).await.0
    }

    async fn value(&self, kind: &str, key: &str, now: Micros) -> Option<String> {
        let found = self.service.memory_value("s", kind, key, now).await.expect("readable");
        found.map(|entry| entry.value.0)
    }
}

#[tokio::test]
async fn the_newest_version_is_current_and_the_history_keeps_all_of_them() {
    let memory = memory(vec![
        entry("s", "semantic", "style", r#"{"tabs":true}"#, 2, None),
        entry("s", "semantic", "style", r#"{"tabs":false}"#, 1, None),
        entry("s", "episodic", "style", "[1, 2]", 0, None),
        entry("s", "own_word", "z", "\"text\"", 3, None),
        entry("other", "semantic", "style", "0", 9, None),
    ])
    .await;
    let now = at(60);
    assert_eq!(
        memory.current(now).await,
        ["episodic/style=[1, 2]", r#"own_word/z="text""#, r#"semantic/style={"tabs":true}"#]
    );
    assert_eq!(memory.value("semantic", "style", now).await.as_deref(), Some(r#"{"tabs":true}"#));
    let history = MemoryQuery {
        memory_type: Some("semantic".into()),
        key: Some("style".into()),
        history: true,
        ..MemoryQuery::default()
    };
    assert_eq!(
        memory.shown(&history, now).await.0,
        [r#"semantic/style={"tabs":true}"#, r#"semantic/style={"tabs":false}"#]
    );
    let versions = memory.service.memory_value("s", "semantic", "style", now).await.expect("readable");
    assert_eq!(versions.expect("an entry").versions, 2);
}

#[tokio::test]
async fn versions_of_one_instant_are_told_apart_by_their_arrival() {
    let memory = memory(vec![entry("s", "t", "k", "1", 0, None), entry("s", "t", "k", "2", 0, None)]).await;
    assert_eq!(memory.current(at(1)).await, ["t/k=2"]);
}

#[tokio::test]
async fn json_null_is_a_value_and_what_is_absent_is_none() {
    let memory = memory(vec![entry("s", "t", "nothing", "null", 0, None)]).await;
    assert_eq!(memory.value("t", "nothing", at(1)).await.as_deref(), Some("null"));
    assert_eq!(memory.value("t", "absent", at(1)).await, None);
    assert_eq!(
        memory.service.get_memory("s", "t", "nothing", at(1)).await.expect("readable"),
        Some(Json("null".into()))
    );
}

#[tokio::test]
async fn an_entry_expires_at_its_exact_instant_for_every_reader() {
    let memory =
        memory(vec![entry("s", "t", "half", "1", 0, Some(0.5)), entry("s", "t", "day", "2", 0, Some(24.0))]).await;
    let end = at(30);
    assert_eq!(memory.current(Micros(end.0 - 1)).await, ["t/day=2", "t/half=1"]);
    assert_eq!(memory.current(end).await, ["t/day=2"], "timestamp + ttl = now is expired");
    assert_eq!(memory.value("t", "half", end).await, None);
    let history = MemoryQuery { history: true, ..MemoryQuery::default() };
    assert_eq!(memory.shown(&history, end).await.0, ["t/day=2"]);
    let all = MemoryQuery { include_expired: true, ..MemoryQuery::default() };
    assert_eq!(memory.shown(&all, end).await.0, ["t/day=2", "t/half=1†"]);
    let page = memory.service.session_memory("s", &all, end).await.expect("readable");
    assert_eq!(page.entries[1].expires_at, Some(end));
    let session = page.session.expect("a session");
    assert_eq!((session.live, session.expired), (1, 1));
}

#[tokio::test]
async fn zero_expires_at_once_and_huge_and_absent_never() {
    let memory = memory(vec![
        entry("s", "t", "zero", "0", 0, Some(0.0)),
        entry("s", "t", "tiny", "1", 0, Some(1e-12)),
        entry("s", "t", "huge", "2", 0, Some(1e300)),
        entry("s", "t", "absent", "3", 0, None),
    ])
    .await;
    assert_eq!(memory.current(at(0)).await, ["t/absent=3", "t/huge=2"]);
    let far = Micros(NOON + 876_000 * HOUR); // a hundred years later
    assert_eq!(memory.current(far).await, ["t/absent=3", "t/huge=2"]);
    assert_eq!(memory.service.expire_memory(far).await.expect("deleted"), 2);
}

#[tokio::test]
async fn an_older_version_that_lives_is_current_again_before_and_after_the_newer_one_is_deleted() {
    let memory = memory(vec![
        entry("s", "t", "k", "\"for ever\"", 0, None),
        entry("s", "t", "k", "\"for an hour\"", 1, Some(1.0)),
    ])
    .await;
    assert_eq!(memory.current(at(60)).await, ["t/k=\"for an hour\""]);
    assert_eq!(memory.current(at(61)).await, ["t/k=\"for ever\""]);
    assert_eq!(memory.service.expire_memory(at(61)).await.expect("deleted"), 1);
    assert_eq!(memory.current(at(61)).await, ["t/k=\"for ever\""]);
    assert_eq!(stored(memory.service.store(), Dataset::Memory).await.len(), 1);
}

#[tokio::test]
async fn what_expired_is_deleted_whatever_the_amount_and_nothing_else() {
    let mut records: Vec<Record> = (0..1203).map(|n| entry("s", "t", &n.to_string(), "1", 0, Some(1.0))).collect();
    records.push(entry("s", "t", "keep", "1", 0, Some(1.1)));
    let memory = memory(records).await;
    assert_eq!(memory.service.expire_memory(Micros(at(60).0 - 1)).await.expect("deleted"), 0);
    assert_eq!(memory.service.expire_memory(at(60)).await.expect("deleted"), 1203);
    assert_eq!(memory.current(at(60)).await, ["t/keep=1"]);
    assert_eq!(memory.service.expire_memory(at(60)).await.expect("deleted"), 0);
}

#[tokio::test]
async fn a_cleanup_counts_the_memory_that_it_deletes_and_a_dry_run_says_how_much() {
    let memory = memory(vec![entry("s", "t", "a", "1", 0, Some(1.0)), entry("s", "t", "b", "1", 0, None)]).await;
    let cleanup = |dry_run| MaintenanceTask::Cleanup { older_than_days: None, dry_run };
    for dry_run in [true, false] {
        let report = memory.service.run_maintenance(cleanup(dry_run), at(60)).await.expect("cleaned");
        let rows: Vec<_> = report.changes.iter().map(|change| (change.table.as_str(), change.rows)).collect();
        assert_eq!(rows, [("memory", 1)]);
    }
    assert_eq!(stored(memory.service.store(), Dataset::Memory).await.len(), 1);
}

#[tokio::test]
async fn pages_join_without_gap_or_repeat_and_a_cursor_is_of_its_question_only() {
    let mut records: Vec<Record> = (0..7).map(|n| entry("s", "t", &format!("k{n}"), "1", n, None)).collect();
    records.extend((0..7).map(|n| entry("s", "t", &format!("k{n}"), "2", 100 + n, None)));
    let memory = memory(records).await;
    for (history, expected) in [(false, 7), (true, 14)] {
        let mut query = MemoryQuery { history, limit: 3, ..MemoryQuery::default() };
        let whole = memory.shown(&MemoryQuery { limit: 100, ..query.clone() }, at(500)).await.0;
        assert_eq!(whole.len(), expected);
        let mut joined = Vec::new();
        loop {
            let (page, next) = memory.shown(&query, at(500)).await;
            assert!((1..=3).contains(&page.len()));
            joined.extend(page);
            query.cursor = next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(joined, whole);
    }
    let first = memory.shown(&MemoryQuery { limit: 3, ..MemoryQuery::default() }, at(500)).await.1;
    let other = MemoryQuery { cursor: first, history: true, limit: 3, ..MemoryQuery::default() };
    let refused = memory.service.session_memory("s", &other, at(500)).await.expect_err("another question");
    assert!(refused.problem().detail.contains("made for another question"));
    for limit in [0, 1001] {
        let refused = memory.service.session_memory("s", &MemoryQuery { limit, ..MemoryQuery::default() }, at(0)).await;
        assert_eq!(refused.expect_err("refused").problem().detail, "`limit`: write a whole number from 1 to 1000");
    }
}

#[tokio::test]
async fn sessions_are_listed_by_their_last_entry_with_counts_by_type() {
    let memory = memory(vec![
        entry("old", "semantic", "a", "1", -600, None),
        entry("s", "semantic", "a", "1", 0, None),
        entry("s", "semantic", "a", "2", 1, None),
        entry("s", "episodic", "b", "1", 2, Some(1.0)),
        entry("late", "own_word", "c", "1", 5, None),
    ])
    .await;
    let now = at(120);
    let all = SessionsQuery { range: RangeSpec { from: "all".into(), to: String::new() }, ..SessionsQuery::default() };
    let list = memory.service.sessions(&all, now).await.expect("readable");
    let rows: Vec<_> = list
        .sessions
        .iter()
        .map(|session| (session.session_id.as_str(), session.live, session.expired, session.types.len()))
        .collect();
    assert_eq!(rows, [("late", 1, 0, 1), ("s", 2, 1, 1), ("old", 1, 0, 1)]);
    assert_eq!((list.sessions[1].first, list.sessions[1].last, list.total), (at(0), at(2), 3));
    assert_eq!(list.sessions[1].types.get("semantic"), Some(&2));
    let range = RangeSpec { from: "now-3h".into(), to: String::new() };
    let recent = SessionsQuery { range: range.clone(), limit: 1, ..SessionsQuery::default() };
    let first = memory.service.sessions(&recent, now).await.expect("readable");
    assert_eq!((first.sessions[0].session_id.as_str(), first.total), ("late", 2));
    let second = SessionsQuery { cursor: first.next.clone(), ..recent.clone() };
    // The range is that of the first page, however late the second is asked for.
    let second = memory.service.sessions(&second, at(100_000)).await.expect("readable");
    assert_eq!((second.sessions[0].session_id.as_str(), second.next), ("s", None));
    let other = SessionsQuery { cursor: first.next, range: RangeSpec { from: "now-9h".into(), ..range }, limit: 1 };
    assert!(memory.service.sessions(&other, now).await.is_err());
}

#[tokio::test]
async fn the_command_line_shows_agents_and_memory() {
    let memory = memory(vec![
        entry("s", "semantic", "plan", r#"{"steps": [1, null]}"#, 0, None),
        entry("s", "semantic", "gone", "1", 0, Some(0.0)),
    ])
    .await;
    let folder = &memory._folder;
    memory.service.store().close().await;
    let run = |words: &[&str]| common::run(folder.path(), &[&["--db", "s.db"], words].concat());
    let listed = run(&["memory"]);
    assert!(listed.out.starts_with("session  entries  expired  last\ns        1        1"), "{}", listed.out);
    let shown = run(&["memory", "s"]);
    assert!(
        shown.out.contains(r#"semantic  plan  {"steps": [1, null]}"#) && !shown.out.contains("gone"),
        "{}",
        shown.out
    );
    let json: serde_json::Value =
        serde_json::from_str(&run(&["memory", "s", "--expired", "--json"]).out).expect("JSON");
    assert_eq!((json[1]["value"].to_string().as_str(), &json[1]["expired"]), (r#"{"steps":[1,null]}"#, &false.into()));
    assert_eq!((json[0]["key"].as_str(), &json[0]["expired"]), (Some("gone"), &true.into()));
    let missing = run(&["memory", "nobody"]);
    assert_eq!(
        (missing.code, missing.err.as_str()),
        (Some(1), "swarmscope: session `nobody` remembers nothing; `swarmscope memory` lists those that do\n")
    );
    assert_eq!(run(&["memory", "s", "--limit", "0"]).code, Some(2));
    std::fs::write(
        folder.path().join("a.ndjson"),
        r#"{"kind":"agent","agent_id":"worker","agent_type":"coder","status":"running"}"#,
    )
    .expect("written");
    assert_eq!(run(&["ingest", "a.ndjson"]).code, Some(0));
    let agents = run(&["agents", "--status", "active"]);
    assert!(agents.out.contains("worker  coder  running  unknown"), "{}", agents.out);
    let json: serde_json::Value = serde_json::from_str(&run(&["agents", "--json"]).out).expect("JSON");
    assert_eq!((json[0]["state"].as_str(), json[0]["lives"].as_u64()), (Some("unknown"), Some(1)));
    assert_eq!(run(&["agents", "--state", "sleepy"]).code, Some(2));
}
