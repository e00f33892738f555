//! Aggregates equal brute force over the records, whichever rows answer: every source, function, grouping, bucket,
//! zone and filter.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod brute;
#[expect(dead_code, reason = "the figures of pages use the rest")]
#[path = "../insight/fleet.rs"]
mod fleet;

use std::collections::BTreeSet;

use fleet::{DAY, Dice, Fleet, HOUR, MINUTE, NOW};
use swarmscope::model::aggregate::{
    AggregateAnswer, AggregateQuery, Bucket, Field, Function, GroupBy, OrderBy, Source,
};
use swarmscope::model::answer::{Estimator, Tier};
use swarmscope::model::{HealingRecord, MetricRecord, Micros, RangeSpec, Record, RecordFilter};
use swarmscope::service::ServiceError;

fn spec(from: i64, until: i64) -> RangeSpec {
    RangeSpec { from: Micros(from).to_rfc3339(), to: Micros(until).to_rfc3339() }
}

fn all() -> RangeSpec {
    RangeSpec { from: RangeSpec::ALL.into(), to: String::new() }
}

async fn ask(fleet: &Fleet, query: &AggregateQuery) -> AggregateAnswer {
    fleet.service.aggregate(query, Micros(NOW)).await.unwrap_or_else(|error| panic!("{error}: {query:?}"))
}

/// A fleet with metrics of agents and healings besides.
async fn fleet_of(count: u64) -> Fleet {
    let mut fleet = Fleet::of(count).await;
    let mut dice = Dice::new(11);
    let mut more = Vec::new();
    for index in 0..600 {
        let timestamp = Micros(NOW - dice.up_to(5 * DAY));
        let pick = |dice: &mut Dice, word: &str, of: i64| format!("{word}-{}", dice.up_to(of));
        more.push(Record::AgentMetric(MetricRecord {
            subject: pick(&mut dice, "agent", 3),
            metric_type: ["load", "error_count"][index % 2].into(),
            value: f64::from(i32::try_from(dice.up_to(2_000)).expect("small")) / 10.0 - 50.0,
            timestamp,
            id: None,
            metadata: None,
            project: (dice.up_to(2) > 0).then(|| "project-1".into()),
            source: None,
        }));
        more.push(Record::Healing(HealingRecord {
            strategy: pick(&mut dice, "strategy", 2),
            failure_type: pick(&mut dice, "failure", 2),
            success: dice.up_to(2) > 0,
            duration_ms: f64::from(i32::try_from(dice.up_to(90_000)).expect("small")) / 8.0,
            failure_id: Some(format!("failure-{index}")),
            agent_id: (dice.up_to(3) > 0).then(|| pick(&mut dice, "agent", 5).try_into().expect("an id")),
            detected_at: None,
            timestamp,
            actions: Vec::new(),
            id: None,
            metadata: None,
            project: (dice.up_to(2) > 0).then(|| "project-1".into()),
            source: None,
        }));
    }
    fleet.write(more.clone()).await;
    fleet.records.extend(more);
    fleet
}

fn one<T: Copy>(dice: &mut Dice, of: &[T]) -> T {
    of[usize::try_from(dice.up_to(i64::try_from(of.len() - 1).expect("few"))).expect("small")]
}

/// A question nobody chose.
fn question(dice: &mut Dice) -> AggregateQuery {
    let source = if dice.up_to(1) == 0 { Source::Tasks } else { one(dice, &Source::ALL) };
    let field = if source.fields().is_empty() || dice.up_to(4) == 0 { None } else { Some(one(dice, source.fields())) };
    let field =
        if source == Source::Tasks && field.is_some() && dice.up_to(1) == 0 { Some(Field::DurationMs) } else { field };
    let mut functions: Vec<Function> = Function::PLAIN.to_vec();
    functions.extend([Function::P50, Function::P95, Function::Percentile(99_900)]);
    // Fewer functions are answered from more rollups.
    let plain = dice.up_to(2);
    functions.retain(|function| {
        (field.is_some() || !function.needs_field())
            && (*function != Function::SuccessRate || (source.has_success() && plain != 0))
            && (plain == 2
                || matches!(
                    function,
                    Function::Avg | Function::Sum | Function::Count | Function::Rate | Function::SuccessRate
                ))
    });
    let mut group_by: Vec<GroupBy> = Vec::new();
    for _ in 0..dice.up_to(2) {
        let group = one(dice, source.groups());
        if !group_by.contains(&group) {
            group_by.push(group);
        }
    }
    let mut filter = RecordFilter::default();
    if dice.up_to(2) == 0 {
        let group = one(dice, source.groups());
        *filter.field_mut(group.as_str()).expect("a filter") = Some(match group {
            GroupBy::Success => "true".into(),
            GroupBy::Result => one(dice, &["success", "timeout", "partial", "none"]).into(),
            GroupBy::Model => "claude-haiku-4-5".into(),
            GroupBy::MetricType => "load".into(),
            GroupBy::EventType => "spawn".into(),
            GroupBy::AgentType => "worker".into(),
            GroupBy::FailureType => "failure-1".into(),
            group => format!("{}-1", group.as_str().trim_end_matches("_id")),
        });
    }
    let until = NOW + HOUR - dice.up_to(4 * DAY);
    let length = one(dice, &[HOUR, DAY, 6 * DAY]);
    let range = match dice.up_to(3) {
        0 => all(),
        1 => spec((until - length) / HOUR * HOUR, until / HOUR * HOUR),
        _ => spec(until - 1 - dice.up_to(length), until),
    };
    let bucket = (dice.up_to(3) > 0).then(|| one(dice, &["5m", "15m", "1h", "6h", "1d"]));
    AggregateQuery {
        source,
        field,
        functions,
        range,
        filter,
        group_by,
        bucket: bucket.map(|bucket| Bucket::parse(bucket).expect("a width")),
        tz: one(dice, &[None, None, Some("Europe/Berlin"), Some("Asia/Kolkata"), Some("America/New_York")])
            .map(Into::into),
        order_by: None,
        limit: Some(1_000),
    }
}

#[tokio::test]
async fn figures_equal_brute_force_for_questions_nobody_chose() {
    let fleet = fleet_of(4_000).await;
    let mut dice = Dice::new(3);
    let mut tiers = BTreeSet::new();
    for _ in 0..250 {
        let query = question(&mut dice);
        let answer = ask(&fleet, &query).await;
        tiers.extend(answer.tier);
        brute::compare(&fleet.records, &query, &answer);
    }
    assert_eq!(tiers, BTreeSet::from([Tier::Raw, Tier::Minute, Tier::Hour, Tier::Day]), "every path was taken");
}

#[tokio::test]
async fn sketches_answer_for_many_tasks_within_one_percent() {
    let fleet = Fleet::of(240_000).await;
    let functions = vec![Function::Avg, Function::Stddev, Function::P50, Function::P99, Function::SuccessRate];
    let ask_for = |group_by: Vec<GroupBy>, bucket| AggregateQuery {
        field: Some(Field::DurationMs),
        functions: functions.clone(),
        range: all(),
        group_by,
        bucket,
        ..AggregateQuery::default()
    };
    let mut answers = Vec::new();
    for query in [
        ask_for(Vec::new(), Some(Bucket::HOUR)),
        ask_for(Vec::new(), None),
        ask_for(vec![GroupBy::Agent], Some(Bucket::DAY)),
        ask_for(vec![GroupBy::Swarm, GroupBy::Agent], None),
    ] {
        let answer = ask(&fleet, &query).await;
        brute::compare(&fleet.records, &query, &answer);
        let percentile = answer.series[0].columns.iter().find(|column| column.function == Function::P99);
        answers.push((answer.tier, percentile.and_then(|column| column.estimator)));
    }
    let sketch = Some(Estimator::Sketch);
    assert_eq!(
        answers,
        [(Some(Tier::Hour), sketch), (Some(Tier::Day), sketch), (Some(Tier::Day), sketch), (Some(Tier::Day), sketch)]
    );
    // By model there are no sketches: the records are read, and sketched, as they are too many to hold.
    let by_model = ask_for(vec![GroupBy::Model], None);
    let answer = ask(&fleet, &by_model).await;
    brute::compare(&fleet.records, &by_model, &answer);
    assert_eq!((answer.tier, answer.series[0].columns[2].estimator), (Some(Tier::Raw), sketch));
}

#[tokio::test]
async fn groups_come_in_the_order_asked_for_and_the_rest_is_counted() {
    let fleet = Fleet::of(2_000).await;
    let query = |order: Option<&str>, limit| AggregateQuery {
        field: Some(Field::DurationMs),
        functions: vec![Function::Avg, Function::Count],
        range: all(),
        group_by: vec![GroupBy::Agent],
        bucket: Some(Bucket::DAY),
        order_by: order.map(|order| OrderBy::parse(order).expect("an order")),
        limit,
        ..AggregateQuery::default()
    };
    let busiest = ask(&fleet, &query(Some("-count"), Some(3))).await;
    brute::compare(&fleet.records, &query(Some("-count"), Some(3)), &busiest);
    assert_eq!((busiest.series.len(), busiest.truncated), (3, true));
    let counts = |answer: &AggregateAnswer| -> Vec<f64> {
        answer.series.iter().filter_map(|series| series.columns[1].total).collect()
    };
    let every = ask(&fleet, &query(Some("count"), None)).await;
    let ascending = counts(&every);
    assert!(ascending.is_sorted() && !every.truncated);
    assert_eq!(counts(&busiest), ascending.iter().rev().take(3).copied().collect::<Vec<_>>());
    let words = |answer: &AggregateAnswer| -> Vec<String> {
        answer.series.iter().flat_map(|series| series.group[0].clone()).collect()
    };
    assert!(words(&ask(&fleet, &query(None, None)).await).is_sorted());
    assert!(words(&ask(&fleet, &query(Some("-agent"), None)).await).is_sorted_by(|a, b| a >= b));
}

#[tokio::test]
async fn an_empty_store_has_no_figures_and_zero_records() {
    let fleet = Fleet::of(0).await;
    let query = AggregateQuery {
        field: Some(Field::DurationMs),
        functions: vec![Function::Avg, Function::Count, Function::P95, Function::SuccessRate],
        bucket: Some(Bucket::HOUR),
        ..AggregateQuery::default()
    };
    let answer = ask(&fleet, &query).await;
    brute::compare(&[], &query, &answer);
    let totals: Vec<Option<f64>> = answer.series[0].columns.iter().map(|column| column.total).collect();
    assert_eq!((totals, answer.tier, answer.time.len()), (vec![None, Some(0.0), None, None], None, 24));
    let nobody = RecordFilter { agent_id: Some("nobody".into()), ..RecordFilter::default() };
    let answer = ask(&fleet, &AggregateQuery { filter: nobody, ..AggregateQuery::default() }).await;
    assert_eq!(answer.series[0].columns[0].total, Some(0.0));
}

#[tokio::test]
async fn questions_without_an_answer_are_refused_with_what_to_ask() {
    let fleet = Fleet::of(10).await;
    let default = AggregateQuery::default;
    let filter = |field: &str| {
        let mut filter = RecordFilter::default();
        *filter.field_mut(field).expect("a field") = Some("x".into());
        filter
    };
    let cases = [
        (AggregateQuery { functions: vec![Function::Avg], ..default() }, "`avg` needs a field; tasks have duration_ms"),
        (AggregateQuery { functions: Vec::new(), ..default() }, "ask for 1 to 12 functions"),
        (
            AggregateQuery {
                functions: vec![Function::P50, Function::P50],
                field: Some(Field::DurationMs),
                ..default()
            },
            "`p50` is asked for twice",
        ),
        (AggregateQuery { field: Some(Field::Value), ..default() }, "tasks have no field `value`"),
        (
            AggregateQuery { source: Source::Events, functions: vec![Function::SuccessRate], ..default() },
            "events have no success rate",
        ),
        (
            AggregateQuery { group_by: vec![GroupBy::Strategy], ..default() },
            "tasks cannot be grouped by `strategy`; known: agent_id",
        ),
        (
            AggregateQuery { filter: filter("task_id"), ..default() },
            "figures of tasks can be filtered by agent_id, swarm_id",
        ),
        (AggregateQuery { tz: Some("Mars/Olympus".into()), ..default() }, "there is no zone `Mars/Olympus`"),
        (AggregateQuery { order_by: OrderBy::parse("p95").ok(), ..default() }, "`order_by=p95` is neither"),
        (AggregateQuery { limit: Some(0), ..default() }, "`limit`: write a whole number from 1 to 1000"),
        (
            AggregateQuery { range: spec(NOW - 30 * DAY, NOW), bucket: Bucket::parse("1m").ok(), ..default() },
            "`bucket=1m` cuts the range into 43201 buckets, at most 5000; ask for `bucket=10m`",
        ),
    ];
    for (query, reason) in cases {
        match fleet.service.aggregate(&query, Micros(NOW)).await {
            Err(ServiceError::Problem(problem)) => {
                assert!(problem.detail.contains(reason), "{} for {reason}", problem.detail);
                assert_eq!(problem.kind.status(), 400);
            }
            other => panic!("{other:?} for {reason}"),
        }
    }
}

#[tokio::test]
async fn the_last_bucket_says_whether_it_is_complete() {
    let fleet = Fleet::of(500).await;
    let partial = |from: i64, until: i64| {
        let fleet = &fleet;
        async move {
            let query =
                AggregateQuery { range: spec(from, until), bucket: Some(Bucket::HOUR), ..AggregateQuery::default() };
            let answer = ask(fleet, &query).await;
            (answer.partial_first, answer.partial_last)
        }
    };
    assert_eq!(partial(NOW - 6 * HOUR, NOW - HOUR).await, (false, false));
    assert_eq!(partial(NOW - 6 * HOUR + MINUTE, NOW - HOUR - MINUTE).await, (true, true));
    assert_eq!(partial(NOW - 6 * HOUR, NOW + MINUTE).await, (false, true));
}
