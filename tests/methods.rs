//! The query methods of the documents, by their names, over figures that can be checked by hand.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

#[expect(dead_code, reason = "the figures of pages use the rest")]
#[path = "insight/fleet.rs"]
mod fleet;

use fleet::{Fleet, HOUR, MINUTE, NOW};
use swarmscope::model::aggregate::{Bucket, Field, Function, Source};
use swarmscope::model::filter::{Order, PageRequest, RecordFilter};
use swarmscope::model::overview::PageQuery;
use swarmscope::model::summary::{AgentMeasure, TaskMeasure};
use swarmscope::model::{MetricRecord, Micros, RangeSpec, Record, TimeRange};
use swarmscope::store::Landing;

fn metric(agent: bool, subject: &str) -> Record {
    let metric = MetricRecord {
        subject: subject.into(),
        metric_type: "health".into(),
        value: 0.5,
        timestamp: Micros(NOW - HOUR),
        id: None,
        metadata: None,
        project: None,
        source: None,
    };
    if agent { Record::AgentMetric(metric) } else { Record::SwarmMetric(metric) }
}

#[tokio::test]
async fn every_documented_method_answers() {
    let fleet = Fleet::of(0).await;
    let (service, now) = (&fleet.service, Micros(NOW));
    // 100, 200, 300, 400 ms; two in each of the last two whole hours.
    for n in 1..=4_i32 {
        let end = NOW - 2 * HOUR + i64::from(n - 1) * 30 * MINUTE;
        let task = fleet::task_named(&format!("task-{n}"), end, f64::from(n) * 100.0);
        assert_eq!(service.store_metric(task.clone()).await.expect("stored"), Landing::Stored);
        assert_eq!(service.store_metric(task).await.expect("known"), Landing::Duplicate);
    }
    service.store_metric(metric(true, "agent-0")).await.expect("stored");
    service.store_metric(metric(false, "swarm-0")).await.expect("stored");
    let request = PageRequest {
        range: TimeRange::ALL,
        filter: RecordFilter::default(),
        order: Order::Asc,
        after: None,
        limit: 10,
    };
    let all = service.get_metrics(&request).await.expect("records");
    assert_eq!((all.tasks.len(), all.agent_metrics.len(), all.swarm_metrics.len()), (4, 1, 1));
    let query = PageQuery {
        range: RangeSpec { from: Micros(NOW - 2 * HOUR).to_rfc3339(), to: Micros(NOW).to_rfc3339() },
        ..PageQuery::default()
    };
    let duration = (Source::Tasks, Field::DurationMs);
    let hourly = service.aggregate_by_time(duration, Bucket::HOUR, Function::Avg, &query, now).await.expect("hours");
    assert_eq!(hourly.series[0].columns[0].values, [Some(150.0), Some(350.0)]);
    assert_eq!(service.calculate_average(duration, &query, now).await.expect("a mean"), Some(250.0));
    assert_eq!(service.calculate_percentile(duration, 0.5, &query, now).await.expect("a median"), Some(250.0));
    assert!(service.calculate_percentile(duration, 95.0, &query, now).await.is_err());
    let files = (Source::Tasks, Field::FilesChanged);
    assert_eq!(service.calculate_average(files, &query, now).await.expect("nothing"), None, "nobody recorded files");
    let summary = service.get_summary_stats(&query, now).await.expect("a summary");
    assert_eq!(
        (summary.total_tasks, summary.avg_duration_ms, summary.total_tokens_used),
        (4, Some(250.0), Some(4_000))
    );
    for (by, order, expected) in [
        (TaskMeasure::DurationMs, Order::Desc, ["task-4", "task-3"].as_slice()),
        (TaskMeasure::DurationMs, Order::Asc, &["task-1", "task-2"]),
        (TaskMeasure::FilesChanged, Order::Desc, &[]), // nobody recorded files
    ] {
        let ranked = service.get_slowest_tasks(&query, (by, order), 2, now).await.expect("tasks");
        assert_eq!(ranked.tasks.iter().map(|task| task.task_id.as_str()).collect::<Vec<_>>(), expected, "{by:?}");
    }
}

#[tokio::test]
async fn agents_are_ranked_by_any_measure_in_both_orders() {
    let fleet = Fleet::of(600).await;
    let query = PageQuery { range: RangeSpec { from: "all".into(), to: String::new() }, ..PageQuery::default() };
    for measure in AgentMeasure::ALL {
        let ranked = async |order| {
            let ranking = fleet.service.get_top_agents(&query, measure, order, 1_000, Micros(NOW)).await;
            let agents = ranking.expect("a ranking").agents;
            agents.into_iter().map(|agent| (agent.agent_id.clone(), agent)).collect::<Vec<_>>()
        };
        let (up, down) = (ranked(Order::Asc).await, ranked(Order::Desc).await);
        assert!(!up.is_empty() && up.len() == down.len(), "{measure:?}");
        let of = |agent: &swarmscope::model::overview::AgentRow| match measure {
            AgentMeasure::P95DurationMs => agent.durations.map(|durations| durations.p95),
            AgentMeasure::MaxDurationMs => agent.durations.map(|durations| durations.max),
            _ => None,
        };
        assert!(up.is_sorted_by(|(_, a), (_, b)| of(a) <= of(b)), "{measure:?}");
        assert!(down.is_sorted_by(|(_, a), (_, b)| of(a) >= of(b)), "{measure:?}");
    }
}
