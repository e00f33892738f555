//! Every figure of the overview equals plain arithmetic over the records, whatever the range and the filter.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod brute;
mod fleet;

use brute::Expected;
use fleet::{DAY, Fleet, HOUR, MINUTE, NOW};
use swarmscope::model::answer::{Estimator, Tier};
use swarmscope::model::overview::{CostBasis, Overview, PageQuery, SwarmPage};
use swarmscope::model::summary::AgentMeasure;
use swarmscope::model::work::Work;
use swarmscope::model::{Micros, Order, ProblemKind, RangeSpec, Record, RecordFilter, TimeRange};
use swarmscope::service::ServiceError;

fn query(from: i64, until: i64, filter: &RecordFilter) -> PageQuery {
    let range = RangeSpec { from: Micros(from).to_rfc3339(), to: Micros(until).to_rfc3339() };
    PageQuery { range, filter: filter.clone(), ..PageQuery::default() }
}

fn all() -> PageQuery {
    PageQuery { range: RangeSpec { from: RangeSpec::ALL.into(), to: String::new() }, ..PageQuery::default() }
}

async fn ask(fleet: &Fleet, query: &PageQuery) -> Overview {
    fleet.service.overview(query, Micros(NOW)).await.expect("an overview")
}

/// Ragged, aligned, tiny, huge, old, empty.
const RANGES: [(i64, i64); 15] = [
    (-62_135_596_800_000_000, 253_402_300_799_999_999), // the years 1 to 9999
    (NOW - DAY - 7_654_321, NOW),
    (NOW - 6 * HOUR, NOW),
    (NOW - HOUR, NOW),
    (NOW - 47 * HOUR - 1, NOW - HOUR + 1),
    (NOW - 60 * HOUR - 13, NOW - 30 * HOUR + 17),
    (NOW - 5 * DAY, NOW),
    (NOW - 4 * DAY - 12 * HOUR, NOW - 2 * DAY - 12 * HOUR), // midnight to midnight
    (NOW - 3 * HOUR, NOW - 2 * HOUR),
    (NOW - 10 * MINUTE, NOW - 9 * MINUTE),
    (NOW - 4 * DAY - 1_234_567, NOW - 4 * DAY + 3 * HOUR + 7),
    (NOW - 30 * DAY, NOW + HOUR),
    (NOW - 400 * DAY, NOW - 300 * DAY), // before the first record
    (NOW + HOUR, NOW + 2 * HOUR),       // after the last
    (NOW - 2 * DAY - 12 * HOUR, NOW - 2 * DAY - 12 * HOUR + 1),
];

#[tokio::test]
async fn figures_equal_brute_force_for_any_range() {
    let fleet = Fleet::of(6_000).await;
    for (from, until) in RANGES {
        let overview = ask(&fleet, &query(from, until, &RecordFilter::default())).await;
        let expected = Expected::new(&fleet, TimeRange { from: Micros(from), until: Micros(until) });
        expected.check(&overview);
        let previous = expected.previous(&fleet);
        previous.check_totals(overview.previous.as_ref().expect("figures of the range before"));
    }
}

#[tokio::test]
async fn the_range_before_equals_brute_force_bucket_by_bucket() {
    let fleet = Fleet::of(6_000).await;
    for (from, until) in RANGES.into_iter().skip(1) {
        let query = PageQuery { compare: true, ..query(from, until, &RecordFilter::default()) };
        let expected = Expected::new(&fleet, TimeRange { from: Micros(from), until: Micros(until) });
        expected.check_earlier(&ask(&fleet, &query).await.timeline);
    }
    let all = PageQuery { compare: true, ..all() };
    assert_eq!(ask(&fleet, &all).await.timeline.earlier, None, "there is nothing before everything");
}

#[tokio::test]
async fn figures_equal_brute_force_for_ranges_nobody_chose() {
    let fleet = Fleet::of(2_500).await;
    let mut dice = fleet::Dice::new(7);
    for _ in 0..60 {
        let until = NOW + HOUR - dice.up_to(6 * DAY);
        let length = [MINUTE, HOUR, DAY, 6 * DAY][usize::try_from(dice.up_to(3)).expect("small")];
        let from = until - 1 - dice.up_to(length);
        let overview = ask(&fleet, &query(from, until, &RecordFilter::default())).await;
        Expected::new(&fleet, TimeRange { from: Micros(from), until: Micros(until) }).check(&overview);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_charts_and_tables_agree_while_records_arrive() {
    let fleet = Fleet::of(500).await;
    let store = fleet.service.store().clone();
    let writing = tokio::spawn(async move {
        for round in 0..60 {
            let tasks = (0..50).map(|n| fleet::task_named(&format!("{round}-{n}"), NOW - HOUR - n * MINUTE, 1.0));
            store.write(tasks.collect()).await.expect("stored");
        }
    });
    let mut seen = std::collections::BTreeSet::new();
    while !writing.is_finished() {
        let overview = ask(&fleet, &query(NOW - DAY, NOW, &RecordFilter::default())).await;
        let tasks = overview.totals.tasks;
        assert_eq!(overview.timeline.results.values().flatten().flatten().sum::<u64>(), tasks);
        assert_eq!(overview.costs.rows.iter().map(|row| row.tasks).sum::<u64>(), tasks);
        assert_eq!(overview.timeline.timed.iter().sum::<u64>(), overview.totals.durations.expect("durations").n);
        seen.insert(tasks);
    }
    writing.await.expect("written");
    assert!(seen.len() > 1, "records arrived between the answers");
}

#[tokio::test]
async fn absurd_numbers_saturate_and_break_no_page() {
    let fleet = Fleet::of(0).await;
    let mut tasks = Vec::new();
    for n in 0..3 {
        let Record::Task(mut task) = fleet::task_named(&format!("{n}"), NOW - HOUR, f64::MAX) else { unreachable!() };
        task.tokens_used = Some(i64::MAX);
        task.tokens.input = Some(i64::MAX);
        task.tokens.output = Some(i64::MAX);
        tasks.push(Record::Task(task));
    }
    fleet.write(tasks).await;
    for query in [PageQuery::default(), all()] {
        let overview = ask(&fleet, &query).await;
        assert_eq!((overview.totals.tasks, overview.totals.tokens.input), (3, i64::MAX));
        let text = serde_json::to_string(&overview).expect("JSON");
        assert_eq!(serde_json::from_str::<Overview>(&text).expect("the browser reads it").totals.tasks, 3);
    }
}

#[tokio::test]
async fn figures_equal_brute_force_for_any_filter() {
    let fleet = Fleet::of(6_000).await;
    let some = |text: &str| Some(text.to_owned());
    let filters = [
        RecordFilter { agent_id: some("agent-3"), ..Default::default() },
        RecordFilter { swarm_id: some("swarm-1"), ..Default::default() },
        RecordFilter { agent_id: some("agent-2"), swarm_id: some("swarm-0"), ..Default::default() },
        RecordFilter { project: some("project-1"), ..Default::default() },
        RecordFilter { model: some("claude-opus-4-5-x"), ..Default::default() },
        RecordFilter { result: some("timeout"), ..Default::default() },
        RecordFilter { result: some("none"), ..Default::default() },
        RecordFilter { result: some("partial"), project: some("project-0"), ..Default::default() },
        RecordFilter { agent_id: some("nobody"), ..Default::default() },
    ];
    for filter in &filters {
        for (from, until) in RANGES {
            let overview = ask(&fleet, &query(from, until, filter)).await;
            let range = TimeRange { from: Micros(from), until: Micros(until) };
            Expected::filtered(&fleet, range, filter).check(&overview);
        }
    }
}

#[tokio::test]
async fn figures_equal_brute_force_after_records_were_sealed_and_hours_taken_away() {
    let fleet = Fleet::aged(6_000).await;
    let some = |text: &str| Some(text.to_owned());
    let filters = [
        RecordFilter::default(),
        RecordFilter { agent_id: some("agent-3"), ..Default::default() },
        RecordFilter { swarm_id: some("swarm-1"), ..Default::default() },
        RecordFilter { project: some("project-1"), ..Default::default() },
    ];
    for filter in &filters {
        for (from, until) in RANGES {
            let overview = ask(&fleet, &query(from, until, filter)).await;
            let range = TimeRange { from: Micros(from), until: Micros(until) };
            Expected::filtered(&fleet, range, filter).check(&overview);
        }
    }
}

#[tokio::test]
async fn many_tasks_are_summarised_by_sketches_within_1_percent_and_the_answer_says_so() {
    let fleet = Fleet::of(30_000).await;
    for (from, until) in [(NOW - 5 * DAY - 11, NOW), (NOW - 5 * DAY, NOW - DAY - 77)] {
        let overview = ask(&fleet, &query(from, until, &RecordFilter::default())).await;
        assert_eq!(overview.totals.durations.map(|durations| durations.estimator), Some(Estimator::Sketch));
        assert_eq!(overview.timeline.estimator, Some(Estimator::Sketch));
        assert_eq!(overview.timeline.tier, Some(Tier::Hour));
        Expected::new(&fleet, TimeRange { from: Micros(from), until: Micros(until) }).check(&overview);
    }
    let day = ask(&fleet, &query(NOW - DAY, NOW, &RecordFilter::default())).await;
    assert_eq!(day.totals.durations.map(|durations| durations.estimator), Some(Estimator::Exact));
    assert_eq!(day.timeline.tier, Some(Tier::Minute));
    assert_eq!(day.timeline.step_ms, 900_000);
}

#[tokio::test]
async fn all_is_where_the_data_is_and_has_no_range_before() {
    let fleet = Fleet::of(2_000).await;
    let overview = ask(&fleet, &all()).await;
    assert_eq!(overview.previous, None);
    assert_eq!(Some(overview.scope.range), overview.scope.bounds);
    assert_eq!(overview.totals.tasks, 2_000);
    Expected::new(&fleet, overview.scope.range).check(&overview);
}

#[tokio::test]
async fn an_empty_store_answers_with_nothing_and_no_zeros_that_mean_nothing() {
    let fleet = Fleet::of(0).await;
    let overview = ask(&fleet, &PageQuery::default()).await;
    assert_eq!(overview.scope.bounds, None);
    assert_eq!(overview.scope.range, TimeRange { from: Micros(NOW - DAY), until: Micros(NOW) });
    assert_eq!((overview.totals.success, overview.totals.durations), (None, None));
    assert_eq!((overview.totals.per_minute, overview.costs.usd), (None, None));
    assert_eq!((overview.timeline.tier, overview.timeline.time.len()), (None, 96));
    assert!(overview.timeline.p50.iter().all(Option::is_none));
    assert_eq!(ask(&fleet, &all()).await.scope.range.length(), DAY);
}

#[tokio::test]
async fn the_summary_says_what_the_overview_says() {
    let fleet = Fleet::of(3_000).await;
    let query = query(NOW - 2 * DAY - 5, NOW, &RecordFilter::default());
    let totals = ask(&fleet, &query).await.totals;
    let summary = fleet.service.summary(&query, Micros(NOW)).await.expect("a summary");
    let durations = totals.durations.expect("durations");
    assert_eq!((summary.total_tasks, summary.success_rate), (totals.tasks, totals.success));
    assert_eq!((summary.p95_duration_ms, summary.n), (Some(durations.p95), durations.n));
    assert_eq!((summary.unique_agents, summary.total_tokens_used), (totals.active_agents, Some(totals.tokens.used)));
    assert_eq!(summary.avg_tokens_per_task, Some(totals.tokens.used as f64 / totals.tokens.recorded as f64));
}

#[tokio::test]
async fn agents_are_ranked_by_any_measure_in_both_orders() {
    let fleet = Fleet::of(3_000).await;
    let ranking = async |measure, order| {
        let found = fleet.service.agent_ranking(&all(), measure, order, 1000, Micros(NOW)).await.expect("a ranking");
        assert_eq!(found.agent_count, found.agents.len() as u64);
        found.agents
    };
    for order in [Order::Asc, Order::Desc] {
        let up = order == Order::Asc;
        let sorted =
            |values: Vec<f64>| values.windows(2).all(|pair| if up { pair[0] <= pair[1] } else { pair[0] >= pair[1] });
        let tasks = ranking(AgentMeasure::Tasks, order).await;
        assert!(tasks.len() > 5 && sorted(tasks.iter().map(|agent| agent.tasks as f64).collect()));
        let rates = ranking(AgentMeasure::SuccessRate, order).await;
        assert!(sorted(rates.iter().map(|agent| agent.success.expect("a rate").ratio()).collect()));
        let means = ranking(AgentMeasure::AvgDurationMs, order).await;
        assert!(sorted(means.iter().map(|agent| agent.durations.expect("durations").mean).collect()));
        let tokens = ranking(AgentMeasure::TokensUsed, order).await;
        assert!(sorted(tokens.iter().map(|agent| agent.tokens as f64).collect()));
    }
}

#[tokio::test]
async fn pages_show_what_they_are_about_and_name_what_is_not_there() {
    let fleet = Fleet::of(3_000).await;
    let since = query(NOW - 3 * DAY - 9, NOW, &RecordFilter::default());
    let range = TimeRange { from: Micros(NOW - 3 * DAY - 9), until: Micros(NOW) };
    let agent = fleet.service.agent_page("agent-4", &since, Micros(NOW)).await.expect("a page");
    let filter = RecordFilter { agent_id: Some("agent-4".into()), ..Default::default() };
    let expected = Expected::filtered(&fleet, range, &filter);
    expected.check_totals(&agent.totals);
    expected.check_timeline(&agent.timeline, &fleet);
    assert_eq!((agent.tasks.len(), agent.lives.len()), (20.min(expected.tasks.len()), 1));
    assert!(agent.tasks.windows(2).all(|pair| pair[0].timestamp >= pair[1].timestamp));
    assert_eq!(agent.event_types.iter().map(|(_, count)| *count).sum::<u64>(), expected.events);

    let swarm = fleet.service.swarm_page("swarm-2", &since, 0, Micros(NOW)).await.expect("a page");
    let filter = RecordFilter { swarm_id: Some("swarm-2".into()), ..Default::default() };
    Expected::filtered(&fleet, range, &filter).check_totals(&swarm.totals);
    assert_eq!(swarm.agent_count.min(SwarmPage::AGENTS_LISTED), swarm.agents.len() as u64);
    let drawn: u64 = match &swarm.work {
        Work::Each(tasks) => tasks.len() as u64,
        Work::Steps(steps) => steps.agents.iter().flat_map(|agent| &agent.tasks).sum(),
    };
    assert_eq!(drawn, swarm.agents.iter().map(|agent| agent.tasks).sum::<u64>(), "every task is drawn once");
    assert!(swarm.agents.windows(2).all(|pair| pair[0].tasks >= pair[1].tasks));

    for id in ["<script>alert(1)</script>", "a/b?c=d&e", "Ünïcode ’; drop table task; --", ""] {
        let errors = [
            fleet.service.agent_page(id, &since, Micros(NOW)).await.map(drop),
            fleet.service.swarm_page(id, &since, 0, Micros(NOW)).await.map(drop),
            fleet.service.task_page(id, None, Micros(NOW)).await.map(drop),
        ];
        for error in errors {
            let Err(ServiceError::Problem(problem)) = error else { panic!("`{id}` is not there") };
            assert_eq!(problem.kind, ProblemKind::NotFound);
            assert!(problem.detail.contains(&format!("`{id}`")), "{}", problem.detail);
        }
    }
}

#[tokio::test]
async fn a_task_page_is_the_newest_of_its_id_or_the_one_that_ended_then() {
    let fleet = Fleet::of(10).await;
    let id = "<script>alert(1)</script>";
    fleet.write(vec![fleet::task_named(id, NOW - HOUR, 1.0), fleet::task_named(id, NOW - DAY, 2.0)]).await;
    let page = async |at| fleet.service.task_page(id, at, Micros(NOW)).await.expect("a page");
    let newest = page(None).await;
    assert_eq!((newest.task.task_id.as_str(), newest.task.duration_ms), (id, Some(1.0)));
    assert_eq!(page(Some(Micros(NOW - DAY))).await.task.duration_ms, Some(2.0));
    // 1 000 input tokens of Opus 4.5 at 5 USD a million.
    assert_eq!((newest.usd, newest.basis), (Some(0.005), CostBasis::Priced));
    assert!(fleet.service.task_page(id, Some(Micros(NOW - DAY + 1)), Micros(NOW)).await.is_err());
}

#[tokio::test]
async fn a_filter_that_is_not_about_tasks_is_refused() {
    let fleet = Fleet::of(0).await;
    let filter = RecordFilter { event_type: Some("spawn".into()), ..Default::default() };
    let error = fleet.service.overview(&query(NOW - DAY, NOW, &filter), Micros(NOW)).await.expect_err("refused");
    assert_eq!(error.problem().kind, ProblemKind::BadRequest);
}
