//! A store whose old days are sealed answers as one that never sealed anything: a twin gets the same
//! records and is asked the same questions.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

#[path = "store_archive/answers.rs"]
mod answers;

use proptest::prelude::*;
use swarmscope::model::filter::PageRequest;
use swarmscope::model::time::{DAY, HOUR};
use swarmscope::model::{
    Cursor, Dataset, EventRecord, HealingRecord, Json, MetricRecord, Micros, Order, Outcome, Record, RecordFilter,
    Source, TaskRecord, TimeRange, TokenCounts,
};
use swarmscope::store::archive::SEALED;
use swarmscope::store::{Clock, SealOptions, Store, StoreError, StoreOptions};

/// 2026-01-01T00:00:00Z
const FIRST_DAY: i64 = 1_767_225_600_000_000;
const DAYS: i64 = 3;
const OPTIONS: SealOptions = SealOptions { level: 3, rows_per_chunk: 4 };

/// What happens to the two stores.
#[derive(Debug, Clone)]
enum Step {
    /// Both get these records.
    Write(Vec<Record>),
    /// Only one seals a day.
    Seal(Dataset, i64),
    /// … and takes some of it back.
    Unseal(Dataset, i64),
}

struct Pair {
    sealed: Store,
    plain: Store,
    _folder: tempfile::TempDir,
}

async fn pair() -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let options = StoreOptions { clock: Clock::fixed(Micros(FIRST_DAY + 9 * DAY)), ..StoreOptions::default() };
    let open = async |name| Store::open(&folder.path().join(name), &options).await.expect("a store");
    Pair { sealed: open("sealed.db").await, plain: open("plain.db").await, _folder: folder }
}

impl Pair {
    async fn take(&self, step: &Step) {
        match step {
            Step::Write(records) => {
                let sealed = self.sealed.write(records.clone()).await.expect("written");
                let plain = self.plain.write(records.clone()).await.expect("written");
                for ((record, sealed), plain) in records.iter().zip(sealed).zip(plain) {
                    assert_eq!(sealed, plain, "what became of {record:?}");
                }
            }
            Step::Seal(dataset, day) => {
                self.sealed.seal_day(*dataset, Micros(FIRST_DAY + day * DAY), &OPTIONS).await.expect("sealed");
            }
            Step::Unseal(dataset, hour) => {
                let from = Micros(FIRST_DAY + hour * HOUR);
                let range = TimeRange { from, until: Micros(from.0 + 2 * HOUR) };
                self.sealed.unseal(range, *dataset).await.expect("unsealed");
            }
        }
    }
}

/// Every record a walk through pages of `limit` finds.
async fn walk(store: &Store, dataset: Dataset, filter: &RecordFilter, order: Order, limit: u32) -> Vec<Record> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest { range: TimeRange::ALL, filter: filter.clone(), order, after, limit };
        let page = store.page(dataset, &request).await.expect("a page");
        let Some(last) = page.last() else { return found };
        after = Some(Cursor { time: last.time, row: last.id });
        found.extend(page.into_iter().map(|row| row.record));
    }
}

fn filters(dataset: Dataset) -> Vec<RecordFilter> {
    let values = |field: &str| -> &[&str] {
        match field {
            "task_id" => &["t-1", "0190a6e5-9c3b-7d2e-8f10-000000000002", "nobody"],
            "agent_id" => &["agent-0", "agent-2"],
            "swarm_id" => &["swarm-0"],
            "result" => &["failure", "cancelled", "partial", "none"],
            "model" => &["large"],
            "project" => &["p"],
            "metric_type" => &["load"],
            "event_type" => &["heartbeat"],
            "agent_type" => &["coder"],
            "event_id" => &["0190a6e5-9c3b-7d2e-8f10-000000000001"],
            "strategy" => &["retry"],
            "failure_type" => &["crash"],
            "success" => &["true", "false"],
            field => panic!("no values for {field}"),
        }
    };
    let mut filters = vec![RecordFilter::default()];
    for field in RecordFilter::fields(dataset) {
        for value in values(field) {
            let mut filter = RecordFilter::default();
            *filter.field_mut(field).expect("a field") = Some((*value).to_owned());
            filters.push(filter);
        }
    }
    filters
}

async fn compare_lists(pair: &Pair) {
    for dataset in SEALED {
        for filter in filters(dataset) {
            for order in [Order::Asc, Order::Desc] {
                let plain = walk(&pair.plain, dataset, &filter, order, 1000).await;
                for limit in [1, 3, 1000] {
                    let sealed = walk(&pair.sealed, dataset, &filter, order, limit).await;
                    assert_eq!(sealed, plain, "{dataset:?} {filter:?} {order:?} {limit}");
                }
            }
        }
    }
}

fn any_time() -> impl Strategy<Value = Micros> {
    (0..DAYS * 6, 0..2_i64).prop_map(|(slot, micro)| Micros(FIRST_DAY + slot * 4 * HOUR + micro))
}

fn any_source() -> impl Strategy<Value = Option<Source>> {
    let source = (0..6).prop_map(|key| Source { file: "a.jsonl".into(), key: format!("k-{key}") });
    prop::option::weighted(0.4, source)
}

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4).prop_map(|number| format!("t-{number}")),
        (0..6).prop_map(|number| format!("0190a6e5-9c3b-7d2e-8f10-{number:012}")),
    ]
}

/// An id alone is not compared with what is sealed when the time is later than all of that, unless an
/// importer owns the record; so here such ids come back with their times only.
fn timely(id: String, time: Micros, source: Option<&Source>) -> String {
    match (source, id.rsplit_once('-')) {
        (None, Some((start, number))) if start.len() > 9 => {
            let number: i64 = number.parse().expect("a number");
            format!("{start}-{:012x}", number + time.0 - FIRST_DAY)
        }
        (None, _) => format!("{id}@{}", time.0),
        _ => id,
    }
}

fn some(word: &'static str) -> impl Strategy<Value = Option<String>> {
    prop::option::of(Just(word.to_owned()))
}

fn any_task() -> impl Strategy<Value = Record> {
    let result = prop::option::of(prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Failure),
        Just(Outcome::Timeout),
        Just(Outcome::Cancelled),
        Just(Outcome::Failed),
        Just(Outcome::Other("partial".into())),
    ]);
    let duration = prop::option::of(prop_oneof![(0..9).prop_map(f64::from), Just(0.1 + 0.2), Just(1e300)]);
    let tokens = (prop::option::of(0..5_i64), prop::option::of(0..5_i64), prop::option::of(0..9_i64));
    let words = (some("p"), some("large"), prop::option::of(0..2), some("{ \"a\": 1 }"));
    (any_id(), 0..3, any_time(), result, duration, tokens, words, any_source()).prop_map(
        |(id, agent, timestamp, result, duration_ms, (input, output, used), (project, model, swarm, meta), source)| {
            Record::Task(TaskRecord {
                task_id: id.try_into().expect("an id"),
                agent_id: format!("agent-{agent}").try_into().expect("an id"),
                result,
                timestamp,
                duration_ms,
                tokens_used: used,
                files_changed: input,
                swarm_id: swarm.map(|swarm| format!("swarm-{swarm}").try_into().expect("an id")),
                model,
                tokens: TokenCounts { input, output, ..TokenCounts::default() },
                cost_usd: duration_ms.filter(|_| used.is_some()),
                metadata: meta.map(Json),
                project,
                source,
            })
        },
    )
}

fn any_metric(of_agents: bool) -> impl Strategy<Value = Record> {
    let id = prop::option::of((0..4).prop_map(|number| format!("m-{number}")));
    (0..3, prop_oneof![Just("load"), Just("health")], -2..4, any_time(), id, some("p"), any_source()).prop_map(
        move |(subject, metric_type, value, timestamp, id, project, source)| {
            let subject = format!("{}-{subject}", if of_agents { "agent" } else { "swarm" });
            let id = id.map(|id| timely(id, timestamp, source.as_ref()));
            let metric = MetricRecord {
                subject,
                metric_type: metric_type.into(),
                value: f64::from(value) / 4.0,
                timestamp,
                id,
                metadata: None,
                project,
                source,
            };
            if of_agents { Record::AgentMetric(metric) } else { Record::SwarmMetric(metric) }
        },
    )
}

fn any_event() -> impl Strategy<Value = Record> {
    let kind = prop_oneof![Just("heartbeat"), Just("task_started")];
    let task = prop::option::of(any_id());
    (any_id(), kind, 0..3, some("coder"), task, prop::option::of(0..2), any_time(), any_source()).prop_map(
        |(id, kind, agent, agent_type, task, swarm, timestamp, source)| {
            Record::Event(EventRecord {
                event_type: kind.into(),
                agent_id: format!("agent-{agent}").try_into().expect("an id"),
                agent_type,
                event_id: Some(timely(id, timestamp, source.as_ref()).try_into().expect("an id")),
                task_id: task.map(|task| task.try_into().expect("an id")),
                swarm_id: swarm.map(|swarm| format!("swarm-{swarm}").try_into().expect("an id")),
                timestamp,
                metadata: Some(Json("{\"duration_ms\": 3}".into())),
                project: None,
                source,
            })
        },
    )
}

fn any_healing() -> impl Strategy<Value = Record> {
    let id = |prefix: &'static str| prop::option::of((0..3).prop_map(move |number| format!("{prefix}-{number}")));
    let kind = prop_oneof![Just("crash"), Just("stall")];
    (any::<bool>(), kind, id("f"), id("h"), any_time(), prop::option::of(0..3), any_source()).prop_map(
        |(success, kind, failure_id, id, timestamp, agent, source)| {
            let id = id.map(|id| timely(id, timestamp, source.as_ref()));
            Record::Healing(HealingRecord {
                strategy: if success { "retry" } else { "restart" }.into(),
                failure_type: kind.into(),
                success,
                duration_ms: 12.5,
                failure_id,
                agent_id: agent.map(|agent| format!("agent-{agent}").try_into().expect("an id")),
                detected_at: agent.map(|_| timestamp),
                timestamp,
                actions: vec!["look".into(), "fix".into()],
                id,
                metadata: None,
                project: None,
                source,
            })
        },
    )
}

fn any_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        4 => any_task(),
        1 => any_metric(true),
        1 => any_metric(false),
        2 => any_event(),
        1 => any_healing(),
    ]
}

fn any_dataset() -> impl Strategy<Value = Dataset> {
    prop_oneof![3 => Just(Dataset::Tasks), 2 => prop::sample::select(SEALED.to_vec())]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(any_record(), 1..25).prop_map(Step::Write),
        4 => (any_dataset(), 0..DAYS).prop_map(|(dataset, day)| Step::Seal(dataset, day)),
        1 => (any_dataset(), 0..DAYS * 24).prop_map(|(dataset, hour)| Step::Unseal(dataset, hour)),
    ]
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_is_listed_as_if_it_were_not(
        records in prop::collection::vec(any_record(), 1..150),
        steps in prop::collection::vec(any_step(), 1..14),
    ) {
        run(async {
            let pair = pair().await;
            pair.take(&Step::Write(records)).await;
            for step in &steps {
                pair.take(step).await;
            }
            compare_lists(&pair).await;
            answers::compare(&pair).await;
        });
    }
}

/// Task `number` of the first day, which has 10 000: a random UUID, tenths of milliseconds, tokens by kind.
fn usual_task(number: i64) -> Record {
    // SplitMix64: numbers that look random and follow from the index alone.
    let random = |salt: u64| {
        let mut z = number.unsigned_abs().wrapping_add(salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let below = |salt: u64, end: u64| (random(salt) % end).cast_signed();
    let id = u128::from(random(1)) << 64 | u128::from(random(2));
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        id >> 96,
        id >> 80 & 0xffff,
        id >> 68 & 0xfff,
        id >> 56 & 0xfff,
        id & 0xffff_ffff_ffff
    );
    let tokens = TokenCounts {
        input: Some(below(3, 4000)),
        output: Some(below(4, 2000)),
        cache_read: Some(below(5, 90_000)),
        cache_write: Some(below(6, 4000)),
        reasoning: None,
    };
    Record::Task(TaskRecord {
        task_id: id.try_into().expect("an id"),
        agent_id: format!("agent-{}", below(7, 200)).try_into().expect("an id"),
        result: Some(if below(8, 20) == 0 { Outcome::Failure } else { Outcome::Success }),
        timestamp: Micros(FIRST_DAY + number * 8_640_000 + below(9, 8_640_000)),
        duration_ms: Some(f64::from(u32::try_from(below(10, 100_000)).expect("small")) / 10.0),
        tokens_used: tokens.total(),
        files_changed: Some(below(11, 8)),
        swarm_id: Some(format!("swarm-{}", below(7, 200) % 10).try_into().expect("an id")),
        model: Some(if below(7, 200) % 3 == 0 { "large" } else { "small" }.into()),
        tokens,
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    })
}

#[tokio::test]
async fn a_sealed_task_takes_at_most_sixteen_bytes_beside_its_id() {
    let pair = pair().await;
    pair.sealed.write((0..10_000).map(usual_task).collect()).await.expect("written");
    let sealed =
        pair.sealed.seal_day(Dataset::Tasks, Micros(FIRST_DAY), &SealOptions::default()).await.expect("sealed");
    let hundredths = sealed.bytes * 100 / sealed.rows;
    println!(
        "{} tasks in {} chunks: {}.{:02} bytes each",
        sealed.rows,
        sealed.chunks,
        hundredths / 100,
        hundredths % 100
    );
    assert!(hundredths <= 3200, "{hundredths}"); // a random UUID takes 16
}

#[tokio::test]
async fn a_damaged_chunk_is_named_and_never_yields_a_record() {
    let pair = pair().await;
    pair.sealed.write((0..100).map(usual_task).collect()).await.expect("written");
    pair.sealed.seal_day(Dataset::Tasks, Micros(FIRST_DAY), &OPTIONS).await.expect("sealed");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(pair.sealed.path());
    let mut outsider = sqlx::ConnectOptions::connect(&options).await.expect("a connection");
    let spoil = "update chunk_data set narrow = cast(substr(narrow, 1, 40) || x'00' || substr(narrow, 42) as blob) where chunk = 3";
    sqlx::query(spoil).execute(&mut outsider).await.expect("spoilt");
    let request = |from: i64| PageRequest {
        range: TimeRange { from: Micros(FIRST_DAY + from), until: Micros(FIRST_DAY + DAY) },
        filter: RecordFilter::default(),
        order: Order::Asc,
        after: None,
        limit: 100,
    };
    let error = pair.sealed.page(Dataset::Tasks, &request(0)).await.expect_err("damage");
    assert!(error.to_string().contains("sealed chunk 3: its checksum is wrong"), "{error}");
    // Chunks of four tasks: what is not asked of the third does not suffer.
    assert_eq!(pair.sealed.page(Dataset::Tasks, &request(12 * 8_640_000)).await.expect("a page").len(), 88);
    let problems = pair.sealed.check().await.expect("a check").problems;
    assert_eq!(problems, ["sealed chunk 3: its checksum is wrong"]);
}

#[tokio::test]
async fn a_day_is_sealed_in_chunks_and_comes_back_whole() {
    let pair = pair().await;
    let task = |number: i64| {
        Record::Task(TaskRecord {
            task_id: format!("t-{number}").try_into().expect("an id"),
            agent_id: "agent-0".to_owned().try_into().expect("an id"),
            result: Some(Outcome::Success),
            timestamp: Micros(FIRST_DAY + number * HOUR),
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
        })
    };
    // 24 of the first day, 6 of the next.
    pair.take(&Step::Write((0..30).map(task).collect())).await;
    let store = &pair.sealed;
    let sealed = store.seal_day(Dataset::Tasks, Micros(FIRST_DAY + 5), &SealOptions { rows_per_chunk: 10, level: 1 });
    let sealed = sealed.await.expect("sealed");
    assert_eq!((sealed.rows, sealed.chunks), (24, 3));
    let days = store.sealed_days(Dataset::Tasks).await.expect("days");
    assert_eq!(days.len(), 1);
    assert_eq!((days[0].day, days[0].rows, days[0].bytes), (Micros(FIRST_DAY), 24, sealed.bytes));
    assert_eq!(store.counts().await.expect("counts")[0], 30);

    let again = store.seal_day(Dataset::Tasks, Micros(FIRST_DAY), &SealOptions::default()).await.expect("sealed");
    assert_eq!((again.rows, again.chunks), (0, 0));
    let range = TimeRange { from: Micros(FIRST_DAY), until: Micros(FIRST_DAY + 1) };
    let back = store.unseal(range, Dataset::Tasks).await.expect("unsealed");
    assert_eq!((back.rows, back.chunks), (10, 1));
    compare_lists(&pair).await;

    let dropped = store.drop_chunks(Dataset::Tasks, Micros(FIRST_DAY + 20 * HOUR)).await.expect("dropped");
    assert_eq!((dropped.rows, dropped.chunks), (10, 1)); // the hours 10 to 19; the last chunk goes on to 23
    assert_eq!(store.counts().await.expect("counts")[0], 20);
    let refused = store.seal_day(Dataset::Agents, Micros(FIRST_DAY), &OPTIONS).await;
    assert!(matches!(refused, Err(StoreError::NotSealed { dataset: Dataset::Agents })));
}
