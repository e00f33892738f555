//! Rollups equal brute force over the records, whatever arrives in whatever order, and whatever retention seals,
//! takes away or deletes meanwhile.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

use proptest::prelude::*;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use swarmscope::analytics::sketch::Sketch;

use swarmscope::model::maintain::{CompressionSettings, MaintenanceTask, RetentionSettings};
use swarmscope::model::{
    Dataset, EventRecord, MetricRecord, Micros, Outcome, Record, Source, TaskRecord, TimeRange, TokenCounts,
};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Landing, Store, StoreOptions};

const NOON: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z
const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

fn source(key: Option<u8>) -> Option<Source> {
    key.map(|key| Source { file: "a.jsonl".into(), key: format!("key-{key}") })
}

prop_compose! {
    /// Few ids, times and keys, so that duplicates, late records and updates are frequent.
    fn a_time()(hours in 0..60_i64, minutes in 0..3_i64) -> i64 {
        NOON - hours * HOUR + minutes * 20 * MINUTE
    }
}

prop_compose! {
    fn a_task()(
        ts in a_time(), id in 0..6_u8, agent in 0..3_u8, swarm in proptest::option::of(0..2_u8),
        key in proptest::option::of(0..4_u8), result in 0..7_usize, duration in proptest::option::of(0.0..1e5_f64),
        used in proptest::option::of(0..1000_i64), input in proptest::option::of(0..1000_i64),
        files in proptest::option::of(0..9_i64), cost in proptest::option::of(0.0..2.0_f64),
        model in proptest::option::of(0..2_u8), project in proptest::option::of(0..2_u8),
    ) -> Record {
        let results = [
            Some(Outcome::Success), Some(Outcome::Failure), Some(Outcome::Timeout), Some(Outcome::Cancelled),
            Some(Outcome::Failed), Some(Outcome::Other("partial".into())), None,
        ];
        Record::Task(TaskRecord {
            task_id: format!("task-{id}").try_into().expect("an id"),
            agent_id: format!("agent-{agent}").try_into().expect("an id"),
            result: results[result].clone(),
            timestamp: Micros(ts),
            duration_ms: duration,
            tokens_used: used,
            files_changed: files,
            swarm_id: swarm.map(|swarm| format!("swarm-{swarm}").try_into().expect("an id")),
            model: model.map(|model| format!("model-{model}")),
            tokens: TokenCounts { input, output: input.map(|n| n / 2), ..Default::default() },
            cost_usd: cost,
            metadata: None,
            project: project.map(|project| format!("project-{project}")),
            source: source(key),
        })
    }
}

prop_compose! {
    fn a_metric()(ts in a_time(), subject in 0..2_u8, key in proptest::option::of(0..4_u8), value in -1e3..1e3_f64)
    -> Record {
        Record::AgentMetric(MetricRecord {
            subject: format!("agent-{subject}"),
            metric_type: "load".into(),
            value,
            timestamp: Micros(ts),
            id: None,
            metadata: None,
            project: None,
            source: source(key),
        })
    }
}

prop_compose! {
    fn an_event()(ts in a_time(), id in 0..2_u8, kind in 0..3_u8, agent in 0..3_u8, swarm in proptest::option::of(0..2_u8), key in proptest::option::of(0..4_u8))
    -> Record {
        Record::Event(EventRecord {
            event_type: format!("type-{kind}"),
            agent_id: format!("agent-{agent}").try_into().expect("an id"),
            agent_type: None,
            // With its time: after a day was sealed, an id sent again with a later time counts as new.
            event_id: Some(format!("event-{id}-{ts}").try_into().expect("an id")),
            task_id: None,
            swarm_id: swarm.map(|swarm| format!("swarm-{swarm}").try_into().expect("an id")),
            timestamp: Micros(ts),
            metadata: None,
            project: None,
            source: source(key),
        })
    }
}

fn a_record() -> impl Strategy<Value = Record> {
    prop_oneof![6 => a_task(), 3 => a_metric(), 2 => an_event()]
}

/// Every row of a select whose columns are numbers; null reads as NaN.
async fn numbers(connection: &mut SqliteConnection, select: String) -> Vec<Vec<f64>> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(connection).await.expect("rows");
    rows.iter()
        .map(|row| {
            let number = |at| row.try_get::<Option<f64>, _>(at);
            let integer = |at| row.try_get::<Option<i64>, _>(at).expect("a number").map(|n| n as f64);
            (0..row.len()).map(|at| number(at).unwrap_or_else(|_| integer(at)).unwrap_or(f64::NAN)).collect()
        })
        .collect()
}

/// Asserts that both selects give the same numbers, but for rounding.
async fn assert_same(connection: &mut SqliteConnection, kept: String, counted: String) {
    let kept_rows = numbers(connection, kept.clone()).await;
    let counted_rows = numbers(connection, counted).await;
    assert_eq!(kept_rows.len(), counted_rows.len(), "rows of {kept}");
    for (kept_row, counted_row) in kept_rows.iter().zip(&counted_rows) {
        for (at, (a, b)) in kept_row.iter().zip(counted_row).enumerate() {
            let near = (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0) || (a.is_nan() && b.is_nan());
            assert!(near, "column {at} of {kept}\n kept    {kept_row:?}\n counted {counted_row:?}");
        }
    }
}

const SUMS: &str = "count(*), sum(result is 1), sum(result is 2), sum(result is 3), sum(result is 4), sum(result is 5), \
    sum(result is null or result > 5), count(duration_ms), total(duration_ms), \
    total(duration_ms * duration_ms) - coalesce(total(duration_ms) * total(duration_ms) / nullif(count(duration_ms), 0), 0), \
    min(duration_ms), max(duration_ms), count(tokens_used), total(tokens_used), count(tokens_input), \
    total(tokens_input), count(tokens_output), total(tokens_output), \
    sum(tokens_used is not null and tokens_input is null), total(tokens_used) filter (where tokens_input is null), \
    count(files_changed), total(files_changed), count(cost_usd), total(cost_usd)";
const KEPT: &str = "tasks, success, failure, timeout, cancelled, failed, other, duration_n, duration_sum, duration_m2, \
    duration_min, duration_max, used_n, used_sum, input_n, input_sum, output_n, output_sum, unsplit_n, unsplit_sum, \
    files_n, files_sum, cost_n, cost_sum";

/// Compares every rollup with what the records say at `now`.
async fn compare(connection: &mut SqliteConnection, now: i64) {
    for (tier, since) in [(60, now - 48 * HOUR), (3600, 0), (86_400, 0)] {
        let bucket = format!("ts / {tier}000000 * {tier}000000");
        // Days whose hours were taken away have none; their days must be right all the same.
        let with_hours = |time: &str, dataset: &str| match tier {
            3600 => format!(
                "{time} / 86400000000 * 86400000000 not in (select day from hourless_day where dataset = '{dataset}')"
            ),
            _ => "1".to_owned(),
        };
        let (agents, series) = (with_hours("ts", "tasks"), with_hours("ts", "agent-metrics"));
        assert_same(
            connection,
            format!("select bucket, {KEPT} from fleet_rollup where tier = {tier} and bucket >= {since} order by 1"),
            format!("select {bucket}, {SUMS} from task where ts >= {since} group by 1 order by 1"),
        )
        .await;
        if tier == 60 {
            continue;
        }
        assert_same(
            connection,
            format!("select bucket, agent, swarm, {KEPT} from agent_rollup where tier = {tier} order by 1, 2, 3"),
            format!(
                "select {bucket}, agent, coalesce(swarm, 0), {SUMS} from task where {agents}
                 group by 1, 2, 3 order by 1, 2, 3"
            ),
        )
        .await;
        assert_same(
            connection,
            format!(
                "select bucket, model, project, costed, tasks, recorded, used, input, output, unsplit, cost
                 from usage_rollup where tier = {tier} order by 1, 2, 3, 4"
            ),
            format!(
                "select {bucket}, coalesce(model, 0), coalesce(project, 0), cost_usd is not null, count(*),
                 sum(tokens_used is not null or tokens_input is not null), total(tokens_used), total(tokens_input),
                 total(tokens_output), total(tokens_used) filter (where tokens_input is null), total(cost_usd)
                 from task group by 1, 2, 3, 4 order by 1, 2, 3, 4"
            ),
        )
        .await;
        assert_same(
            connection,
            format!(
                "select subject, metric, bucket, n, sum, m2, min, max, last_ts, last from metric_rollup
                 where kind = 1 and tier = {tier} order by 1, 2, 3"
            ),
            format!(
                "select agent, metric, {bucket}, count(*), total(value),
                 total(value * value) - total(value) * total(value) / count(*), min(value), max(value), max(ts),
                 (select last.value from agent_metric last where last.agent = m.agent and last.metric = m.metric
                  and last.ts / {tier}000000 = m.ts / {tier}000000 order by last.ts desc, last.id desc limit 1)
                 from agent_metric m where {series} group by 1, 2, 3 order by 1, 2, 3"
            ),
        )
        .await;
        assert_same(
            connection,
            format!("select bucket, type, n from event_rollup where tier = {tier} and n <> 0 order by 1, 2"),
            format!("select {bucket}, type, count(*) from event group by 1, 2 order by 1, 2"),
        )
        .await;
        compare_sketches(connection, tier).await;
    }
    compare_spans(connection).await;
}

/// The span of an agent in a swarm holds all its records there, and nothing but them unless a day was deleted.
async fn compare_spans(connection: &mut SqliteConnection) {
    let kept = "select swarm, agent, first_ts, last_ts from swarm_agent order by 1, 2";
    let counted = "select swarm, agent, min(ts), max(ts) from (select swarm, agent, ts from task union all
         select swarm, agent, ts from event) where swarm is not null group by 1, 2 order by 1, 2";
    let deleted = numbers(connection, "select count(*) from maintenance_run where report like '%\"deleted\"%'".into());
    if deleted.await[0][0] == 0.0 {
        return assert_same(connection, kept.into(), counted.into()).await;
    }
    let narrow = format!(
        "select count(*) from ({counted}) c left join swarm_agent k on k.swarm = c.swarm and k.agent = c.agent
         and k.first_ts <= c.\"min(ts)\" and k.last_ts >= c.\"max(ts)\" where k.swarm is null"
    );
    assert_eq!(numbers(connection, narrow).await, [[0.0]], "a span that hides records");
}

/// Every sketch counts exactly the values of its cell.
async fn compare_sketches(connection: &mut SqliteConnection, tier: i64) {
    let tables = [
        ("fleet_sketch", "duration", "", "duration_ms", "task"),
        ("agent_sketch", "duration", ", agent, swarm", "duration_ms", "task"),
        ("metric_sketch", "value", ", subject, metric", "value", "agent_metric"),
    ];
    for (table, column, keys, value, records) in tables {
        let select = format!("select bucket, {column}{keys} from {table} where tier = {tier}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(&mut *connection).await.expect("sketches");
        let mut counted = 0;
        for row in rows {
            let bucket: i64 = row.get(0);
            let sketch = Sketch::decode(row.get(1)).expect("a sketch");
            let cell = match (table, row.len()) {
                ("agent_sketch", _) => {
                    format!("and agent = {} and coalesce(swarm, 0) = {}", row.get::<i64, _>(2), row.get::<i64, _>(3))
                }
                ("metric_sketch", _) => {
                    format!("and agent = {} and metric = {}", row.get::<i64, _>(2), row.get::<i64, _>(3))
                }
                _ => String::new(),
            };
            let values = numbers(
                connection,
                format!(
                    "select {value} from {records} where ts >= {bucket} and ts < {bucket} + {tier}000000
                     and {value} is not null {cell}"
                ),
            )
            .await;
            let mut expected = Sketch::default();
            values.iter().for_each(|row| expected.add(row[0]));
            assert_eq!(sketch, expected, "{table} {bucket}");
            counted += values.len();
        }
        let dataset = if records == "task" { "tasks" } else { "agent-metrics" };
        let lost = if tier == 3600 && table != "fleet_sketch" {
            format!("ts / 86400000000 * 86400000000 in (select day from hourless_day where dataset = '{dataset}')")
        } else {
            "0".to_owned()
        };
        let all = numbers(connection, format!("select count({value}) from {records} where not ({lost})")).await;
        assert_eq!(counted as f64, all[0][0], "{table} leaves nothing out");
    }
}

/// What happens to a store.
#[derive(Debug, Clone)]
enum Deed {
    /// Records arrive.
    Write(Vec<Record>),
    /// Some hours pass, then retention does its work.
    Clean { hours: i64 },
}

fn a_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => proptest::collection::vec(a_record(), 1..25).prop_map(Deed::Write),
        2 => (0..50_i64).prop_map(|hours| Deed::Clean { hours }),
    ]
}

/// Ages short enough that every tier expires within a test.
fn impatient() -> Settings {
    Settings {
        retention: RetentionSettings { detailed_days: 1, hourly_days: 2, daily_days: 4, ..Default::default() },
        compression: CompressionSettings { min_age_days: 1, batch_size: 7, ..Default::default() },
        ..Settings::default()
    }
}

async fn do_and_compare(deeds: Vec<Deed>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let now = Arc::new(AtomicI64::new(NOON));
    let told = Arc::clone(&now);
    let clock = Clock::new(move || Micros(told.load(Ordering::Relaxed)));
    let store = Store::open(&path, &StoreOptions { clock, ..Default::default() }).await.expect("a store");
    let service = Service::new(store.clone(), impatient());
    let mut stored = [0_i64; 7];
    for deed in deeds {
        match deed {
            Deed::Write(batch) => {
                let landings = store.write(batch.clone()).await.expect("stored");
                for (record, landing) in batch.iter().zip(landings) {
                    let dataset = match record {
                        Record::Task(_) => Dataset::Tasks,
                        Record::AgentMetric(_) => Dataset::AgentMetrics,
                        _ => Dataset::Events,
                    };
                    stored[dataset as usize] += i64::from(landing == Landing::Stored);
                }
            }
            Deed::Clean { hours } => {
                let now = Micros(now.fetch_add(hours * HOUR, Ordering::Relaxed) + hours * HOUR);
                let task = MaintenanceTask::Cleanup { older_than_days: None, dry_run: false };
                service.run_maintenance(task, now).await.expect("cleaned up");
            }
        }
    }
    for dataset in [Dataset::Tasks, Dataset::AgentMetrics, Dataset::Events] {
        // Brute force looks at rows. Sums stay what they are when sealed records become rows again.
        store.unseal(TimeRange::ALL, dataset).await.expect("unsealed");
    }
    let mut connection =
        SqliteConnectOptions::new().filename(&path).read_only(true).connect().await.expect("a connection");
    compare(&mut connection, now.load(Ordering::Relaxed)).await;
    for (counter, dataset) in [("tasks", Dataset::Tasks), ("events", Dataset::Events)] {
        let total =
            numbers(&mut connection, format!("select total(n) from lifetime_count where counter = '{counter}'"));
        assert_eq!(total.await[0][0], stored[dataset as usize] as f64, "lifetime count of {counter}");
    }
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn rollups_equal_brute_force(batches in proptest::collection::vec(proptest::collection::vec(a_record(), 1..25), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(do_and_compare(batches.into_iter().map(Deed::Write).collect()));
    }

    #[test]
    fn rollups_equal_brute_force_under_retention(deeds in proptest::collection::vec(a_deed(), 2..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(do_and_compare(deeds));
    }
}

#[tokio::test]
async fn a_task_older_than_two_days_has_no_minute_and_one_on_the_edge_has() {
    let at = |ts| {
        Record::Task(TaskRecord {
            task_id: format!("t{ts}").try_into().expect("an id"),
            agent_id: "a".to_owned().try_into().expect("an id"),
            result: Some(Outcome::Success),
            timestamp: Micros(ts),
            duration_ms: Some(100.0),
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
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), ..Default::default() };
    let store = Store::open(&path, &options).await.expect("a store");
    store.write(vec![at(NOON - 48 * HOUR - 1), at(NOON - 48 * HOUR), at(NOON)]).await.expect("stored");
    let mut connection =
        SqliteConnectOptions::new().filename(&path).read_only(true).connect().await.expect("a connection");
    let tiers =
        numbers(&mut connection, "select tier, sum(tasks) from fleet_rollup group by 1 order by 1".into()).await;
    assert_eq!(tiers, [[60.0, 2.0], [3600.0, 3.0], [86_400.0, 3.0]]);
    let days = numbers(&mut connection, "select count(*) from arrival where dataset = 'tasks'".into()).await;
    assert_eq!(days, [[2.0]]);
}
