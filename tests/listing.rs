//! Lists: every column in both directions, page by page, gives each row once and in order.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

#[expect(dead_code, reason = "the figures of pages use the rest")]
#[path = "insight/fleet.rs"]
mod fleet;

use std::collections::{BTreeMap, BTreeSet};

use fleet::{DAY, Fleet, HOUR, NOW};
use swarmscope::model::health::HealthState;
use swarmscope::model::listing::{AGENT_SORTS, AgentListRow, ListQuery, SWARM_SORTS, SwarmListRow, TASK_SORTS, Total};
use swarmscope::model::overview::TaskRow;
use swarmscope::model::{Dataset, EventRecord, Micros, Order, RangeSpec, Record, RecordFilter, SwarmId, TaskRecord};
use swarmscope::service::ServiceError;
use swarmscope::store::SealOptions;

/// A fleet whose oldest two days are sealed.
async fn fleet_of(count: u64) -> Fleet {
    let fleet = Fleet::of(count).await;
    for day in [-5, -4].map(|days| Micros((NOW + days * DAY).div_euclid(DAY) * DAY)) {
        for dataset in [Dataset::Tasks, Dataset::Events] {
            fleet.service.store().seal_day(dataset, day, &SealOptions::default()).await.expect("sealed");
        }
    }
    fleet
}

fn spec(from: i64, until: i64) -> RangeSpec {
    RangeSpec { from: Micros(from).to_rfc3339(), to: Micros(until).to_rfc3339() }
}

fn query(sort: &str, order: Order, limit: u32) -> ListQuery {
    ListQuery { range: spec(NOW - 4 * DAY - 7, NOW - HOUR), sort: sort.into(), order, limit, ..ListQuery::default() }
}

/// A list's pages, one after the other.
macro_rules! all_pages {
    ($fleet:expr, $list:ident, $query:expr) => {{
        let mut query: ListQuery = $query;
        let (mut rows, mut totals) = (Vec::new(), BTreeSet::new());
        loop {
            let page = $fleet.service.$list(&query, Micros(NOW)).await.expect("a page");
            assert!(page.rows.len() <= query.limit as usize);
            rows.extend(page.rows);
            let Total::Exact(total) = page.total else { panic!("few rows") };
            totals.insert(total);
            query.cursor = page.next;
            if query.cursor.is_none() {
                assert_eq!(totals, BTreeSet::from([rows.len() as u64]), "{query:?}");
                break rows;
            }
        }
    }};
}

/// Whether keys ascend or descend, with those without a value at the end.
fn assert_sorted<K: PartialOrd + std::fmt::Debug>(keys: &[Option<K>], order: Order, context: &str) {
    for pair in keys.windows(2) {
        let fine = match (&pair[0], &pair[1], order) {
            (Some(a), Some(b), Order::Asc) => a <= b,
            (Some(a), Some(b), Order::Desc) => a >= b,
            (Some(_) | None, None, _) => true,
            (None, Some(_), _) => false,
        };
        assert!(fine, "{pair:?} in {context} {order:?}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn number(value: Option<i64>) -> Option<(f64, String)> {
    value.map(|value| (value as f64, String::new()))
}

fn task_key(row: &TaskRow, sort: &str) -> Option<(f64, String)> {
    let word = |word: &Option<String>| word.clone().map(|word| (0.0, word));
    match sort {
        "timestamp" => number(Some(row.timestamp.0)),
        "duration_ms" => row.duration_ms.map(|duration| (duration, String::new())),
        "tokens_used" => number(row.tokens_used),
        "files_changed" => number(row.files_changed),
        "agent_id" => word(&Some(row.agent_id.clone())),
        "swarm_id" => word(&row.swarm_id),
        "project" => word(&row.project),
        "model" => word(&row.model),
        "result" => word(&row.result),
        other => panic!("{other} is no sort"),
    }
}

#[tokio::test]
async fn tasks_come_once_and_in_order_whatever_they_are_sorted_by() {
    let fleet = fleet_of(900).await;
    let inside = |task: &&TaskRecord| (NOW - 4 * DAY - 7..NOW - HOUR).contains(&task.timestamp.0);
    let expected: BTreeSet<String> = fleet.tasks().filter(inside).map(|task| task.task_id.to_string()).collect();
    for sort in TASK_SORTS {
        for order in [Order::Asc, Order::Desc] {
            let rows: Vec<TaskRow> = all_pages!(fleet, task_list, query(sort, order, 97));
            let keys: Vec<_> = rows.iter().map(|row| task_key(row, sort)).collect();
            assert_sorted(&keys, order, sort);
            assert_eq!(rows.len(), expected.len(), "{sort}");
            assert_eq!(rows.iter().map(|row| row.task_id.clone()).collect::<BTreeSet<_>>(), expected, "{sort}");
        }
    }
}

#[tokio::test]
async fn filters_narrow_rows_and_total_alike() {
    let fleet = fleet_of(900).await;
    let filter = |field: &str, word: &str| {
        let mut filter = RecordFilter::default();
        *filter.field_mut(field).expect("a field") = Some(word.into());
        filter
    };
    for (field, word) in [
        ("agent_id", "agent-1"),
        ("swarm_id", "swarm-2"),
        ("project", "project-1"),
        ("model", "gpt-unpriced"),
        ("result", "failure"),
        ("result", "none"),
        ("task_id", "task-7"),
    ] {
        for sort in ["timestamp", "duration_ms"] {
            let asked = ListQuery {
                filter: filter(field, word),
                range: spec(NOW - 9 * DAY, NOW + DAY),
                ..query(sort, Order::Desc, 50)
            };
            let rows: Vec<TaskRow> = all_pages!(fleet, task_list, asked);
            let fits = |task: &&TaskRecord| {
                let found = match field {
                    "agent_id" => Some(task.agent_id.to_string()),
                    "swarm_id" => task.swarm_id.as_ref().map(ToString::to_string),
                    "project" => task.project.clone(),
                    "model" => task.model.clone(),
                    "task_id" => Some(task.task_id.to_string()),
                    _ => Some(task.result.as_ref().map_or("none", |result| result.as_str()).to_owned()),
                };
                found.as_deref() == Some(word)
            };
            assert_eq!(rows.len(), fleet.tasks().filter(fits).count(), "{field}={word} by {sort}");
            assert!(!rows.is_empty());
        }
    }
}

fn agent_key(row: &AgentListRow, sort: &str) -> Option<(f64, String)> {
    let (agent, word) = (&row.agent, |word: &Option<String>| word.clone().map(|word| (0.0, word)));
    let real = |value: Option<f64>| value.map(|value| (value, String::new()));
    match sort {
        "last_seen" => number(agent.last_seen.map(|time| time.0)),
        "agent_id" => word(&Some(agent.agent_id.clone())),
        "agent_type" => word(&agent.agent_type),
        "project" => word(&agent.project),
        "status" => word(&agent.status),
        "tasks" => number(i64::try_from(agent.tasks).ok()),
        "success_rate" => real(agent.success.map(|rate| rate.ratio())),
        "p50_duration_ms" => real(agent.durations.map(|durations| durations.p50)),
        "p95_duration_ms" => real(agent.durations.map(|durations| durations.p95)),
        "tokens_used" => number(Some(agent.tokens)).filter(|_| agent.tasks > 0),
        "cost_usd" => real(row.cost_usd),
        "state" => {
            let place = HealthState::ALL.iter().position(|state| *state == row.standing.health.state);
            number(place.and_then(|place| i64::try_from(place).ok()))
        }
        "spawn_time" => number(row.standing.spawn_time.map(|time| time.0)),
        "last_heard" => number(row.standing.last_heard.map(|time| time.0)),
        other => panic!("{other} is no sort"),
    }
}

#[tokio::test]
async fn agents_come_once_with_the_figures_of_their_records() {
    let fleet = fleet_of(900).await;
    let mut tasks: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    let inside = |time: Micros| (NOW - 4 * DAY - 7..NOW - HOUR).contains(&time.0);
    for task in fleet.tasks().filter(|task| inside(task.timestamp)) {
        let sums = tasks.entry(task.agent_id.as_str()).or_default();
        sums.0 += 1;
        sums.1 += task.cost_usd.unwrap_or(0.0);
    }
    // Also those that only sent an event or were started.
    for event in fleet.events().filter(|event| inside(event.timestamp)) {
        tasks.entry(event.agent_id.as_str()).or_default();
    }
    for sort in AGENT_SORTS {
        for order in [Order::Asc, Order::Desc] {
            let rows: Vec<AgentListRow> = all_pages!(fleet, agent_list, query(sort, order, 7));
            assert_sorted(&rows.iter().map(|row| agent_key(row, sort)).collect::<Vec<_>>(), order, sort);
            let found: BTreeMap<&str, (u64, f64)> = rows
                .iter()
                .map(|row| (row.agent.agent_id.as_str(), (row.agent.tasks, row.cost_usd.unwrap_or(0.0))))
                .collect();
            assert_eq!((found.len(), &found), (rows.len(), &tasks), "{sort}");
        }
    }
    let planners = RecordFilter { agent_type: Some("planner".into()), ..RecordFilter::default() };
    let rows: Vec<AgentListRow> =
        all_pages!(fleet, agent_list, ListQuery { filter: planners, ..query("tasks", Order::Desc, 4) });
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.agent.agent_type.as_deref() == Some("planner")));
}

fn is(row: &SwarmListRow, swarm: Option<&SwarmId>) -> bool {
    swarm.is_some_and(|swarm| swarm.as_str() == row.swarm_id)
}

#[tokio::test]
async fn swarms_come_once_with_the_figures_of_their_records() {
    let fleet = fleet_of(900).await;
    let inside = |task: &&TaskRecord| (NOW - 4 * DAY - 7..NOW - HOUR).contains(&task.timestamp.0);
    let mut expected: BTreeMap<&str, (u64, BTreeSet<&str>, i64)> = BTreeMap::new();
    for task in fleet.tasks().filter(inside) {
        let Some(swarm) = &task.swarm_id else { continue };
        let sums = expected.entry(swarm.as_str()).or_default();
        sums.0 += 1;
        sums.1.insert(task.agent_id.as_str());
        sums.2 += task.tokens_used.unwrap_or(0);
    }
    for sort in SWARM_SORTS {
        for order in [Order::Asc, Order::Desc] {
            let rows: Vec<SwarmListRow> = all_pages!(fleet, swarm_list, query(sort, order, 3));
            assert_eq!(rows.len(), expected.len());
            for row in &rows {
                let (tasks, agents, tokens) = &expected[row.swarm_id.as_str()];
                assert_eq!(
                    (row.tasks, row.agents, row.tokens_used),
                    (*tasks, agents.len() as u64, Some(*tokens)),
                    "{sort}"
                );
                let tasks = fleet.tasks().filter(|task| is(row, task.swarm_id.as_ref())).map(|task| task.timestamp);
                let events =
                    fleet.events().filter(|event| is(row, event.swarm_id.as_ref())).map(|event| event.timestamp);
                let times: BTreeSet<Micros> = tasks.chain(events).collect();
                assert_eq!((row.first_seen, row.last_seen), (times.first().copied(), times.last().copied()));
            }
        }
    }
    let by_tasks: Vec<SwarmListRow> = all_pages!(fleet, swarm_list, query("tasks", Order::Desc, 2));
    assert!(by_tasks.is_sorted_by(|a, b| a.tasks >= b.tasks));
}

#[tokio::test]
async fn events_are_listed_by_time_and_counted_by_type_as_one_counts_by_hand() {
    let fleet = fleet_of(50).await;
    for (filter, fits) in [
        (RecordFilter::default(), &(|_: &EventRecord| true) as &dyn Fn(&EventRecord) -> bool),
        (RecordFilter { event_type: Some("spawn".into()), ..RecordFilter::default() }, &|event| {
            event.event_type == "spawn"
        }),
        (RecordFilter { project: Some("project-0".into()), ..RecordFilter::default() }, &|event| {
            event.project.is_some()
        }),
        (RecordFilter { task_id: Some("nobody".into()), ..RecordFilter::default() }, &|_| false),
    ] {
        for order in [Order::Asc, Order::Desc] {
            let first = ListQuery { filter: filter.clone(), ..query("", order, 37) };
            let resolved = first.range.resolve(Micros(NOW), None).expect("a range");
            let mut expected: Vec<&EventRecord> = fleet.events().filter(|event| fits(event)).collect();
            expected.retain(|event| resolved.from <= event.timestamp && event.timestamp < resolved.until);
            let (mut rows, mut next) = (Vec::new(), first);
            loop {
                let answer = fleet.service.event_list(&next, Micros(NOW)).await.expect("a page");
                assert_eq!(answer.list.total, Total::Exact(expected.len() as u64), "{filter:?}");
                assert_eq!(answer.counts.is_none(), filter.task_id.is_some());
                for of in answer.counts.iter().flat_map(|counts| &counts.types) {
                    let by_hand = expected.iter().filter(|event| event.event_type == of.event_type).count() as u64;
                    assert_eq!((of.total, of.counts.iter().sum::<u64>()), (by_hand, by_hand), "{}", of.event_type);
                }
                rows.extend(answer.list.rows);
                next.cursor = answer.list.next;
                if next.cursor.is_none() {
                    break;
                }
            }
            let times: Vec<Option<(f64, String)>> = rows.iter().map(|row| number(Some(row.timestamp.0))).collect();
            assert_sorted(&times, order, "timestamp");
            let found: BTreeSet<i64> = rows.iter().map(|row| row.row).collect();
            assert_eq!((rows.len(), found.len()), (expected.len(), expected.len()), "each once");
        }
    }
}

#[tokio::test]
async fn types_beyond_those_told_apart_are_counted_together() {
    let fleet = fleet_of(50).await;
    // Of type n there are n events: 1 + 2 + … + 9.
    let lines = (1..=9).flat_map(|kind| (0..kind).map(move |n| (kind, n)));
    let events = lines.map(|(kind, n)| {
        let mut event = fleet.events().next().expect("an event").clone();
        event.event_type = format!("type-{kind}");
        event.event_id = Some(format!("own-{kind}-{n}").try_into().expect("an id"));
        event.agent_id = "alone".to_owned().try_into().expect("an id");
        event.timestamp = Micros(NOW - HOUR - 1 - n);
        Record::Event(event)
    });
    fleet.write(events.collect()).await;
    let filter = RecordFilter { agent_id: Some("alone".into()), ..RecordFilter::default() };
    let query = ListQuery { filter, ..query("", Order::Desc, 10) };
    let answer = fleet.service.event_list(&query, Micros(NOW)).await.expect("a page");
    let counts = answer.counts.expect("counts");
    let totals: Vec<u64> = counts.types.iter().map(|of| of.total).collect();
    assert_eq!((totals, counts.type_count), (vec![9, 8, 7, 6, 5, 4, 3], 9));
    let other = counts.other.expect("two are left");
    assert_eq!((other.total, other.counts.iter().sum::<u64>()), (3, 3), "1 + 2");
    assert_eq!(answer.list.total, Total::Exact(45));
}

#[tokio::test]
async fn what_does_not_fit_a_list_is_refused() {
    let fleet = fleet_of(300).await;
    let refused = async |query: ListQuery| match fleet.service.task_list(&query, Micros(NOW)).await {
        Err(ServiceError::Problem(problem)) => problem.detail,
        other => panic!("{other:?}"),
    };
    assert!(
        refused(query("shoe_size", Order::Asc, 10))
            .await
            .starts_with("tasks cannot be sorted by `shoe_size`; known: timestamp")
    );
    assert!(refused(query("timestamp", Order::Asc, 0)).await.starts_with("`limit`"));
    let first = fleet.service.task_list(&query("duration_ms", Order::Asc, 10), Micros(NOW)).await.expect("a page");
    let next = ListQuery { cursor: first.next, ..query("duration_ms", Order::Desc, 10) };
    assert!(refused(next).await.starts_with("`order` differs from what `cursor` was made for"));
    let strategy = RecordFilter { strategy: Some("restart".into()), ..RecordFilter::default() };
    assert!(
        refused(ListQuery { filter: strategy, ..ListQuery::default() })
            .await
            .starts_with("lists of tasks can be filtered by task_id")
    );
}

#[tokio::test]
async fn rows_that_arrive_between_two_pages_shift_nothing() {
    let fleet = fleet_of(300).await;
    let newest =
        ListQuery { range: RangeSpec { from: "now-9d".into(), to: "now".into() }, limit: 100, ..ListQuery::default() };
    let first = fleet.service.task_list(&newest, Micros(NOW)).await.expect("a page");
    fleet.write(vec![fleet::task_named("late", NOW - 1, 5.0)]).await;
    let second = ListQuery { cursor: first.next, ..newest };
    let second = fleet.service.task_list(&second, Micros(NOW + DAY)).await.expect("a page");
    assert!(second.rows[0].timestamp <= first.rows[99].timestamp && second.rows[0].row != first.rows[99].row);
    assert_eq!(second.scope.range, first.scope.range, "the range of the first page");
}
