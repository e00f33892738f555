//! Records of every kind go in, come back as they were, and count once.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

use std::path::PathBuf;

use swarmscope::model::filter::PageRequest;
use swarmscope::model::{
    AgentRecord, AgentStatus, Cursor, Dataset, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Micros,
    Order, Outcome, Record, RecordFilter, Source, TaskRecord, TimeRange, TokenCounts,
};
use swarmscope::store::{Landing, Store, StoreError, StoreOptions};

const NOON: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z

struct Fixture {
    store: Store,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/er/swarmscope.db");
    let store = Store::open(&path, &StoreOptions::default()).await.expect("a new store");
    Fixture { store, path, _folder: folder }
}

fn task(id: &str, ts: i64) -> TaskRecord {
    TaskRecord {
        task_id: id.to_owned().try_into().expect("an id"),
        agent_id: "agent-1".to_owned().try_into().expect("an id"),
        result: Some(Outcome::Success),
        timestamp: Micros(ts),
        duration_ms: Some(12.5),
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

/// A task with every field set.
fn full_task() -> TaskRecord {
    TaskRecord {
        tokens_used: Some(10),
        files_changed: Some(0),
        swarm_id: Some("swarm".to_owned().try_into().expect("an id")),
        model: Some("model".into()),
        tokens: TokenCounts {
            input: Some(1),
            output: Some(2),
            cache_read: Some(3),
            cache_write: Some(4),
            reasoning: Some(1),
        },
        cost_usd: Some(0.25),
        metadata: Some(Json(r#"{ "b": 1,  "a": "é\u0000" }"#.into())),
        project: Some("project".into()),
        source: Some(Source { file: "a.jsonl".into(), key: "k-1".into() }),
        result: Some(Outcome::Other("partial".into())),
        ..task("0190a6e5-9c3b-7d2e-8f10-1234567890ab", NOON + 1)
    }
}

fn metric(subject: &str, id: Option<&str>, value: f64) -> MetricRecord {
    MetricRecord {
        subject: subject.into(),
        metric_type: "load".into(),
        value,
        timestamp: Micros(NOON),
        id: id.map(Into::into),
        metadata: Some(Json("{}".into())),
        project: None,
        source: None,
    }
}

fn event(id: &str) -> EventRecord {
    EventRecord {
        event_type: "tool:Bash".into(),
        agent_id: "agent-1".to_owned().try_into().expect("an id"),
        agent_type: Some("planner".into()),
        event_id: Some(id.to_owned().try_into().expect("an id")),
        task_id: Some("0190A6E5-9C3B-7D2E-8F10-1234567890AB".to_owned().try_into().expect("an id")),
        swarm_id: Some("swarm".to_owned().try_into().expect("an id")),
        timestamp: Micros(NOON),
        metadata: None,
        project: None,
        source: None,
    }
}

fn healing() -> HealingRecord {
    HealingRecord {
        strategy: "restart".into(),
        failure_type: "oom".into(),
        success: false,
        duration_ms: 1e-3,
        failure_id: Some("f".into()),
        agent_id: None,
        detected_at: Some(Micros(NOON - 5)),
        timestamp: Micros(NOON),
        actions: vec!["stop".into(), "\"start\"".into()],
        id: None,
        metadata: None,
        project: Some("project".into()),
        source: None,
    }
}

fn life(status: AgentStatus) -> AgentRecord {
    AgentRecord {
        agent_id: "agent-1".to_owned().try_into().expect("an id"),
        agent_type: "planner".into(),
        status,
        spawn_time: Micros(NOON),
        complete_time: None,
        duration_ms: None,
        metadata: None,
        project: None,
        source: None,
    }
}

fn memory() -> MemoryRecord {
    MemoryRecord {
        session_id: "s".into(),
        memory_type: "semantic".into(),
        key: "k".into(),
        value: Json("null".into()),
        timestamp: Micros(NOON),
        ttl_hours: Some(0.5),
        id: Some("m-1".into()),
        project: None,
        source: None,
    }
}

fn one_of_each() -> Vec<Record> {
    vec![
        Record::Task(full_task()),
        Record::AgentMetric(metric("agent-1", Some("x"), -0.5)),
        Record::SwarmMetric(metric("swarm", None, 1e300)),
        Record::Event(event("e-1")),
        Record::Healing(healing()),
        Record::Agent(life(AgentStatus::Running)),
        Record::Memory(memory()),
    ]
}

fn everything(order: Order) -> PageRequest {
    PageRequest { range: TimeRange::ALL, filter: RecordFilter::default(), order, after: None, limit: 10_000 }
}

async fn all(store: &Store, dataset: Dataset) -> Vec<Record> {
    let rows = store.page(dataset, &everything(Order::Asc)).await.expect("a page");
    rows.into_iter().map(|row| row.record).collect()
}

async fn filtered(store: &Store, dataset: Dataset, filter: RecordFilter) -> Result<usize, StoreError> {
    let request = PageRequest { filter, ..everything(Order::Desc) };
    store.page(dataset, &request).await.map(|rows| rows.len())
}

#[tokio::test]
async fn a_record_of_every_kind_comes_back_as_it_was_sent_also_after_reopening() {
    let f = fixture().await;
    let sent = one_of_each();
    assert_eq!(f.store.write(sent.clone()).await.expect("stored"), [Landing::Stored; 7]);
    for round in 0..2 {
        let store = if round == 0 {
            f.store.clone()
        } else {
            f.store.close().await;
            Store::open(&f.path, &StoreOptions { create: false, ..Default::default() }).await.expect("opens again")
        };
        for (dataset, record) in Dataset::ALL.into_iter().zip(&sent) {
            assert_eq!(all(&store, dataset).await, std::slice::from_ref(record), "{}", dataset.as_str());
        }
        assert_eq!(store.counts().await.expect("counts"), [1; 7]);
        assert!(store.check().await.expect("checked").is_sound());
        let bounds = store.bounds().await.expect("bounds");
        assert_eq!(bounds, Some(TimeRange { from: Micros(NOON), until: Micros(NOON + 2) }));
    }
}

#[tokio::test]
async fn sending_everything_twice_counts_once_where_there_is_an_identity() {
    let f = fixture().await;
    f.store.write(one_of_each()).await.expect("stored");
    let again = f.store.write(one_of_each()).await.expect("stored");
    // The swarm metric brings no id, so nothing says that it is the same measurement.
    use Landing::{Duplicate, Stored};
    assert_eq!(again, [Duplicate, Duplicate, Stored, Duplicate, Duplicate, Duplicate, Duplicate]);
    assert_eq!(f.store.counts().await.expect("counts"), [1, 1, 2, 1, 1, 1, 1]);
}

#[tokio::test]
async fn a_repeat_that_differs_keeps_the_first_and_says_so() {
    let f = fixture().await;
    let first = task("t", NOON);
    let other = TaskRecord { tokens_used: Some(7), ..first.clone() };
    let later = task("t", NOON + 1);
    let batch = [&first, &other, &first, &later].map(|task| Record::Task(task.clone()));
    let landings = f.store.write(batch.to_vec()).await.expect("stored");
    assert_eq!(landings, [Landing::Stored, Landing::Differs, Landing::Duplicate, Landing::Stored]);
    assert_eq!(all(&f.store, Dataset::Tasks).await, [Record::Task(first), Record::Task(later)]);
}

#[tokio::test]
async fn an_importer_replaces_its_own_record_and_the_last_of_a_batch_wins() {
    let f = fixture().await;
    let version = |files, ts| {
        Record::Task(TaskRecord {
            files_changed: Some(files),
            source: Some(Source { file: "a.jsonl".into(), key: "turn-1".into() }),
            ..task("turn-1", ts)
        })
    };
    let landings = f.store.write(vec![version(1, NOON), version(2, NOON + 5)]).await.expect("stored");
    assert_eq!(landings, [Landing::Stored, Landing::Updated]);
    assert_eq!(all(&f.store, Dataset::Tasks).await, [version(2, NOON + 5)]);
    let landings = f.store.write(vec![version(2, NOON + 5), version(3, NOON + 9)]).await.expect("stored");
    assert_eq!(landings, [Landing::Duplicate, Landing::Updated]);
    assert_eq!(all(&f.store, Dataset::Tasks).await, [version(3, NOON + 9)]);
}

#[tokio::test]
async fn of_an_imported_series_that_grows_the_latest_value_stays_whatever_order_its_files_come_in() {
    let f = fixture().await;
    let version = |value, ts| {
        let source = Some(Source { file: "metrics.json".into(), key: "series-1".into() });
        Record::AgentMetric(MetricRecord { timestamp: Micros(ts), source, ..metric("agent-1", None, value) })
    };
    for (value, ts, landing) in
        [(9.0, NOON + 2, Landing::Stored), (5.0, NOON + 1, Landing::Duplicate), (12.0, NOON + 3, Landing::Updated)]
    {
        assert_eq!(f.store.write(vec![version(value, ts)]).await.expect("stored"), [landing], "{value}");
    }
    assert_eq!(all(&f.store, Dataset::AgentMetrics).await, [version(12.0, NOON + 3)]);
}

#[tokio::test]
async fn a_place_that_an_update_left_is_free_for_the_next_record_of_the_batch() {
    let f = fixture().await;
    let source = Some(Source { file: "a".into(), key: "k".into() });
    let imported = |ts| Record::Task(TaskRecord { source: source.clone(), ..task("t", ts) });
    f.store.write(vec![imported(NOON)]).await.expect("stored");
    let live = Record::Task(TaskRecord { files_changed: Some(3), ..task("t", NOON) });
    let landings = f.store.write(vec![imported(NOON + 1), live.clone()]).await.expect("stored");
    assert_eq!(landings, [Landing::Updated, Landing::Stored]);
    assert_eq!(all(&f.store, Dataset::Tasks).await, [live, imported(NOON + 1)]);
}

#[tokio::test]
async fn an_imported_record_meets_the_live_one_with_the_same_id_and_time() {
    let f = fixture().await;
    let live = task("t", NOON);
    let imported = TaskRecord { source: Some(Source { file: "a".into(), key: "k".into() }), ..live.clone() };
    let landings = f.store.write(vec![Record::Task(live.clone()), Record::Task(imported)]).await.expect("stored");
    assert_eq!(landings, [Landing::Stored, Landing::Duplicate]);
    assert_eq!(all(&f.store, Dataset::Tasks).await, [Record::Task(live)]);
}

#[tokio::test]
async fn a_life_moves_on_keeps_what_it_knows_and_never_goes_back() {
    let f = fixture().await;
    let spawned = AgentRecord { metadata: Some(Json("{}".into())), ..life(AgentStatus::Spawned) };
    let complete =
        AgentRecord { complete_time: Some(Micros(NOON + 9)), duration_ms: Some(9.0), ..life(AgentStatus::Complete) };
    let sent = [&spawned, &complete, &spawned, &complete, &life(AgentStatus::Error)];
    let sent: Vec<Record> = sent.into_iter().map(|life| Record::Agent(life.clone())).collect();
    let landings = f.store.write(sent).await.expect("stored");
    use Landing::{Differs, Duplicate, Stored, Updated};
    assert_eq!(landings, [Stored, Updated, Duplicate, Duplicate, Differs]);
    let merged = AgentRecord { metadata: Some(Json("{}".into())), ..complete };
    assert_eq!(all(&f.store, Dataset::Agents).await, [Record::Agent(merged)]);
}

#[tokio::test]
async fn pages_walk_every_row_once_in_both_directions_even_where_times_are_equal() {
    let f = fixture().await;
    let tasks: Vec<Record> =
        (0..50).map(|i| Record::Task(task(&format!("t{}", (i * 7) % 50), NOON + i / 20))).collect();
    f.store.write(tasks).await.expect("stored");
    for order in [Order::Asc, Order::Desc] {
        let mut request = PageRequest { limit: 7, ..everything(order) };
        let mut seen = Vec::new();
        loop {
            let rows = f.store.page(Dataset::Tasks, &request).await.expect("a page");
            let Some(last) = rows.last() else { break };
            request.after = Some(Cursor { time: last.time, row: last.id });
            seen.extend(rows.iter().map(|row| (row.time, row.id)));
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 50);
        if order == Order::Desc {
            sorted.reverse();
        }
        assert_eq!(seen, sorted);
    }
}

#[tokio::test]
async fn filters_match_exactly_and_unknown_ones_are_refused() {
    let f = fixture().await;
    f.store.write(one_of_each()).await.expect("stored");
    f.store.write(vec![Record::Task(TaskRecord { result: None, ..task("none", NOON) })]).await.expect("stored");
    let some = |text: &str| Some(text.to_owned());
    let filter = |change: fn(&mut RecordFilter)| {
        let mut filter = RecordFilter::default();
        change(&mut filter);
        filter
    };
    let cases: [(Dataset, RecordFilter, usize); 11] = [
        (Dataset::Tasks, filter(|f| f.swarm_id = Some("swarm".into())), 1),
        (Dataset::Events, filter(|f| f.swarm_id = Some("swarm".into())), 1),
        (Dataset::Tasks, filter(|f| f.task_id = Some("0190a6e5-9c3b-7d2e-8f10-1234567890ab".into())), 1),
        (Dataset::Tasks, filter(|f| f.agent_id = Some("agent-1".into())), 2),
        (Dataset::Tasks, filter(|f| f.agent_id = Some("nobody".into())), 0),
        (Dataset::Tasks, filter(|f| f.result = Some("none".into())), 1),
        (Dataset::Tasks, filter(|f| f.result = Some("partial".into())), 1),
        (Dataset::Events, filter(|f| f.task_id = Some("0190A6E5-9C3B-7D2E-8F10-1234567890AB".into())), 1),
        (Dataset::Healings, filter(|f| f.success = Some("true".into())), 0),
        (Dataset::Agents, filter(|f| f.status = Some("running".into())), 1),
        (Dataset::Memory, filter(|f| f.key = Some("k".into())), 1),
    ];
    for (dataset, filter, expected) in cases {
        assert_eq!(filtered(&f.store, dataset, filter.clone()).await.expect("a page"), expected, "{filter:?}");
    }
    let strategy = RecordFilter { strategy: some("restart"), ..Default::default() };
    let refused = filtered(&f.store, Dataset::Tasks, strategy).await;
    assert!(matches!(refused, Err(StoreError::UnknownFilter { dataset: Dataset::Tasks, field: "strategy" })));
}

#[tokio::test]
async fn every_filter_the_model_names_is_answered() {
    let f = fixture().await;
    for dataset in Dataset::ALL {
        for field in RecordFilter::fields(dataset) {
            let mut filter = RecordFilter::default();
            *filter.field_mut(field).expect("a field") = Some("nothing is called so".into());
            assert_eq!(filtered(&f.store, dataset, filter).await.expect("a page"), 0, "{} {field}", dataset.as_str());
        }
    }
}
