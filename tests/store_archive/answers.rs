//! What pages and summaries ask, of the sealed store and of its twin.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde_json::Value;
use swarmscope::analytics::grid::{Grid, Piece, pieces};
use swarmscope::model::aggregate::{AggregateQuery, Bucket, Field, Function, GroupBy, Source};
use swarmscope::model::answer::Tier;
use swarmscope::model::overview::EventRow;
use swarmscope::model::time::{DAY, HOUR};
use swarmscope::model::{Format, Micros, RangeSpec, RecordFilter, Selection, TimeRange};
use swarmscope::service::export::ExportRequest;
use swarmscope::service::{Service, Settings};
use swarmscope::store::Store;
use swarmscope::store::read::{Cut, FullTask, Rollups, Snapshot, Tally};
use swarmscope::wire::Layout;

use super::{DAYS, FIRST_DAY, Pair};

const LIMITS: [u32; 2] = [2, 50];

fn filter(field: &str, value: &str) -> RecordFilter {
    let mut filter = RecordFilter::default();
    *filter.field_mut(field).expect("a field") = Some(value.to_owned());
    filter
}

fn cuts() -> Vec<RecordFilter> {
    let mut both = filter("agent_id", "agent-1");
    both.swarm_id = Some("swarm-0".into());
    vec![
        RecordFilter::default(),
        filter("agent_id", "agent-0"),
        filter("swarm_id", "swarm-1"),
        both,
        filter("project", "p"),
        filter("model", "large"),
        filter("result", "failure"),
        filter("result", "none"),
    ]
}

fn ranges() -> Vec<TimeRange> {
    let range = |from: i64, until: i64| TimeRange { from: Micros(FIRST_DAY + from), until: Micros(FIRST_DAY + until) };
    vec![range(0, DAYS * DAY), range(4 * HOUR + 1, 2 * DAY - HOUR), range(HOUR, 9 * HOUR)]
}

/// Floats to ten digits: sums of the same numbers in another order differ in the last ones, and SQLite hands
/// out 15, so that equal numbers may seem to spread by a trace.
fn digits(value: f64) -> String {
    if value.abs() < 1e-12 { "0".into() } else { format!("{value:.9e}") }
}

/// Everything an answer says, as a text that can be compared.
type Said = Vec<(&'static str, String)>;

fn tally(tally: &Tally) -> String {
    let ends = (tally.duration_min.map(digits), tally.duration_max.map(digits));
    let sum = digits(tally.duration_sum);
    let counts = Tally { duration_sum: 0.0, duration_min: None, duration_max: None, ..*tally };
    format!("{counts:?} {sum} {ends:?}")
}

/// Tasks without their row ids, which count attempts and may differ.
fn tasks(tasks: Vec<FullTask>) -> String {
    let plain = tasks.into_iter().map(|mut task| {
        task.row.row = 0;
        format!("{task:?}")
    });
    plain.collect::<Vec<_>>().join("\n")
}

fn events(events: Vec<EventRow>) -> String {
    let plain = events.into_iter().map(|event| format!("{:?}", EventRow { row: 0, ..event }));
    plain.collect::<Vec<_>>().join("\n")
}

async fn sums(snapshot: &mut Snapshot, range: TimeRange, cut: &Cut, said: &mut Said) {
    let grid = Grid::over(range, HOUR);
    let raw = vec![Piece { tier: Tier::Raw, range }];
    let tiered = if cut.rollups() == Rollups::None { raw.clone() } else { pieces(range, Tier::Day, None) };
    for pieces in [&raw, &tiered] {
        let mut slots: BTreeMap<usize, Tally> = BTreeMap::new();
        for part in snapshot.tallies(pieces, cut, &grid).await.expect("tallies") {
            slots.entry(part.slot).or_default().add(&part.tally);
        }
        let slots: Vec<_> =
            slots.iter().filter(|(_, part)| part.tasks > 0).map(|(slot, part)| (slot, tally(part))).collect();
        said.push(("tallies", format!("{slots:?}")));
        said.push(("swarms", format!("{}", snapshot.swarms(pieces, cut).await.expect("swarms"))));
        let usable = if cut.has_usage() { pieces } else { &raw };
        let mut usage: Vec<_> = snapshot.usage(usable, cut).await.expect("usage");
        usage.sort_by_key(|usage| format!("{:?} {:?} {}", usage.model, usage.project, usage.reported.is_some()));
        let mut by_key: BTreeMap<String, (u64, f64, i64, u64)> = BTreeMap::new();
        for part in usage {
            let key = format!("{:?} {:?} {}", part.model, part.project, part.reported.is_some());
            let sum = by_key.entry(key).or_default();
            sum.0 += part.tasks;
            sum.1 += part.reported.unwrap_or_default();
            sum.2 += part.tokens.used + 100 * part.tokens.unsplit + 10_000 * part.tokens.input;
            sum.3 += part.tokens.recorded;
        }
        let usage: Vec<_> = by_key.iter().map(|(key, sum)| (key, sum.0, digits(sum.1), sum.2, sum.3)).collect();
        said.push(("usage", format!("{usage:?}")));
        let mut agents = snapshot.agent_sums(pieces, cut).await.expect("sums");
        agents.retain(|sum| sum.tasks > 0);
        agents.sort_by_key(|sum| sum.number());
        for sum in &agents {
            let ends = (digits(sum.duration_sum), sum.duration_max.map(digits));
            let counts = (sum.number(), sum.tasks, sum.success, sum.rated, sum.timed, sum.recorded, sum.used);
            said.push(("agent", format!("{counts:?} {ends:?}")));
        }
        said.push(("facts", format!("{:?}", snapshot.agent_facts(&agents, range, cut).await.expect("facts"))));
        for mut durations in snapshot.agent_durations(range, cut, &agents).await.expect("durations") {
            durations.sort_by(f64::total_cmp);
            said.push(("agent durations", durations.into_iter().map(digits).collect::<Vec<_>>().join(" ")));
        }
        said.push(("health", {
            let mut slots: BTreeMap<usize, (u64, f64)> = BTreeMap::new();
            let pieces = if cut.rollups() == Rollups::None { &raw } else { pieces };
            for (slot, n, sum) in snapshot.health(pieces, cut, &grid).await.expect("health") {
                let part = slots.entry(slot).or_default();
                (part.0, part.1) = (part.0 + n, part.1 + sum);
            }
            format!("{slots:?}")
        }));
    }
    let mut words: BTreeMap<(usize, Option<String>), u64> = BTreeMap::new();
    for word in snapshot.other_words(range, cut, &grid).await.expect("words") {
        *words.entry((word.slot, word.word)).or_default() += word.tasks;
    }
    said.push(("words", format!("{words:?}")));
    let mut durations = snapshot.durations(range, cut, &grid).await.expect("durations");
    durations.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    said.push(("durations", format!("{:?}", durations.iter().map(|(slot, d)| (slot, digits(*d))).collect::<Vec<_>>())));
}

async fn lists(snapshot: &mut Snapshot, range: TimeRange, cut: &Cut, said: &mut Said) {
    for limit in LIMITS {
        let newest = snapshot.newest_tasks(range, cut, limit).await.expect("newest");
        said.push(("newest", tasks(snapshot.tasks(&newest).await.expect("tasks"))));
        let failures = snapshot.newest_failures(range, cut, limit).await.expect("failures");
        said.push(("failures", tasks(snapshot.tasks(&failures).await.expect("tasks"))));
        let slowest = snapshot.slowest_tasks(range, cut, limit).await.expect("slowest");
        let slowest = snapshot.tasks(&slowest).await.expect("tasks");
        // Which of equal ones is listed last is open.
        said.push(("slowest", format!("{:?}", slowest.iter().map(|task| task.row.duration_ms).collect::<Vec<_>>())));
    }
    said.push(("agents", format!("{}", snapshot.active_agents(range, cut).await.expect("agents"))));
    said.push(("heard", format!("{:?}", snapshot.heard(cut).await.expect("heard"))));
}

/// What is learned from, without row ids, in the order of time.
async fn history(snapshot: &mut Snapshot, range: TimeRange, cut: &Cut, said: &mut Said) {
    let metrics = snapshot.metric_numbers(&["load"]).await.expect("numbers");
    for limit in LIMITS {
        let mut history = snapshot.history(range, cut, &metrics, limit as usize, &|_| ()).await.expect("history");
        history.events.iter_mut().for_each(|event| event.row = 0);
        history.tasks.iter_mut().for_each(|task| task.row = 0);
        history.agent_metrics.iter_mut().chain(&mut history.swarm_metrics).for_each(|metric| metric.row = 0);
        let durations: Vec<_> = history.tasks.iter_mut().map(|task| task.duration_ms.take().map(digits)).collect();
        said.push(("history", format!("{history:?} {durations:?}")));
    }
}

async fn pages(snapshot: &mut Snapshot, range: TimeRange, said: &mut Said) {
    for agent in ["agent-0", "agent-1", "agent-2"] {
        let Some(cut) = snapshot.agent(agent).await.expect("a cut") else { continue };
        for limit in LIMITS {
            said.push(("events", events(snapshot.agent_events(range, &cut, limit).await.expect("events"))));
        }
        said.push(("types", format!("{:?}", snapshot.agent_event_types(range, &cut, 9).await.expect("types"))));
        let mut swarms = snapshot.swarms_of_agent(range, &cut, 9).await.expect("swarms");
        swarms.sort(); // of equal last times any may come first
        said.push(("swarms of agent", format!("{swarms:?}")));
    }
    for id in ["t-0", "t-3", "0190a6e5-9c3b-7d2e-8f10-000000000004", "nobody"] {
        let found = snapshot.task_by_id(id, None).await.expect("a task");
        let at = found.as_ref().map(|task| task.row.timestamp);
        said.push(("task", tasks(found.into_iter().collect())));
        let again = snapshot.task_by_id(id, at).await.expect("a task");
        said.push(("task at", tasks(again.into_iter().collect())));
        for limit in LIMITS {
            let (found, count) = snapshot.task_events(id, limit).await.expect("events");
            said.push(("task events", format!("{count} {}", events(found))));
        }
    }
}

async fn answers(store: &Store) -> Said {
    let mut said = Said::new();
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    said.push(("bounds", format!("{:?}", snapshot.bounds().await.expect("bounds"))));
    said.push(("task bounds", format!("{:?}", snapshot.task_bounds().await.expect("bounds"))));
    for range in ranges() {
        for cut in cuts() {
            let Some(cut) = snapshot.cut(&cut).await.expect("a cut") else { continue };
            sums(&mut snapshot, range, &cut, &mut said).await;
            lists(&mut snapshot, range, &cut, &mut said).await;
            history(&mut snapshot, range, &cut, &mut said).await;
        }
        pages(&mut snapshot, range, &mut said).await;
    }
    drop(snapshot);
    said.push(("counts", format!("{:?}", store.counts().await.expect("counts"))));
    said.push(("problems", format!("{:?}", store.check().await.expect("a check").problems)));
    said
}

/// What the service makes of it: aggregates of every source, and the export of everything.
async fn served(store: &Store) -> Said {
    let service = Service::new(store.clone(), Settings::default());
    let now = Micros(FIRST_DAY + 9 * DAY);
    let mut said = Said::new();
    let asked = [
        (Source::Tasks, Some(Field::DurationMs), vec![GroupBy::Agent, GroupBy::Result]),
        (Source::Tasks, Some(Field::TokensUsed), vec![GroupBy::Model, GroupBy::Project]),
        (Source::Tasks, None, vec![GroupBy::Swarm]),
        (Source::AgentMetrics, Some(Field::Value), vec![GroupBy::Agent, GroupBy::MetricType]),
        (Source::SwarmMetrics, Some(Field::Value), vec![GroupBy::Project]),
        (Source::Events, None, vec![GroupBy::EventType, GroupBy::AgentType]),
        (Source::Healings, Some(Field::DurationMs), vec![GroupBy::Strategy, GroupBy::Success]),
    ];
    let range = |from: i64, to: i64| RangeSpec {
        from: Micros(FIRST_DAY + from).to_rfc3339(),
        to: Micros(FIRST_DAY + to).to_rfc3339(),
    };
    for (source, field, group_by) in asked {
        let functions = match field {
            Some(_) => vec![Function::Count, Function::Sum, Function::Min, Function::Max, Function::Stddev],
            None => vec![Function::Count],
        };
        for (range, bucket) in [(range(0, DAYS * DAY), None), (range(HOUR, 30 * HOUR), Some("1h"))] {
            let bucket = bucket.map(|bucket| Bucket::parse(bucket).expect("a bucket"));
            let (functions, group_by) = (functions.clone(), group_by.clone());
            let query =
                AggregateQuery { source, field, functions, range, group_by, bucket, ..AggregateQuery::default() };
            let mut answer =
                serde_json::to_value(service.aggregate(&query, now).await.expect("an answer")).expect("JSON");
            round(&mut answer);
            said.push(("aggregate", answer.to_string()));
        }
    }
    let everything = ExportRequest {
        selection: Selection::All,
        format: Format::Ndjson,
        range: TimeRange::ALL,
        filter: RecordFilter::default(),
        layout: Layout::default(),
        gzip: false,
    };
    let mut export = service.export(everything).expect("an export");
    let mut bytes = Vec::new();
    while let Some(part) = export.next().await {
        bytes.extend(part.expect("bytes"));
    }
    said.push(("export", String::from_utf8(bytes).expect("text")));
    said
}

/// Rounds every number in an answer.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = digits(number.as_f64().expect("a float")).into(),
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}

/// Asks both everything.
pub(super) async fn compare(pair: &Pair) {
    let (mut sealed, mut plain) = (answers(&pair.sealed).await, answers(&pair.plain).await);
    sealed.extend(served(&pair.sealed).await);
    plain.extend(served(&pair.plain).await);
    for (index, (sealed, plain)) in sealed.iter().zip(&plain).enumerate() {
        assert_eq!(sealed, plain, "answer {index}");
    }
    assert_eq!(sealed.len(), plain.len());
}
