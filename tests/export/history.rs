//! The forms that hold series: Prometheus text, OpenMetrics and Grafana, checked by reading them here
//! and by Prometheus's own tool where it is installed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use swarmscope::model::{Dataset, Outcome, Record, TaskRecord};

use super::fixture::{NOON, Server, event, metric, mixed, of, task};

const SERIES: [Dataset; 5] =
    [Dataset::Tasks, Dataset::AgentMetrics, Dataset::SwarmMetrics, Dataset::Events, Dataset::Healings];

/// Runs promtool with `input`; `None`, said aloud, where it is not installed.
fn promtool(arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("not checked: promtool is not installed ({})", arguments.join(" "));
        return None;
    };
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// Name with labels, value, and time, of every sample.
fn samples(text: &str) -> Vec<(&str, f64, Option<f64>)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let end = line.rfind("} ").map_or_else(|| line.find(' ').expect("a value"), |at| at + 1);
            let mut numbers = line[end..].split_whitespace().map(|number| number.parse().expect("a number"));
            (&line[..end], numbers.next().expect("a value"), numbers.next())
        })
        .collect()
}

#[tokio::test]
async fn prometheus_text_is_what_promtool_takes() {
    let server = Server::with(mixed()).await;
    for dataset in SERIES.into_iter().chain([Dataset::Agents]) {
        let text = server.export(&format!("{}.prom", dataset.as_str())).await;
        assert!(text.contains("# TYPE moai_flow_"), "{text}");
        let series: HashSet<_> = samples(&text).iter().map(|(series, ..)| (*series).to_owned()).collect();
        assert_eq!(series.len(), samples(&text).len(), "one value a series");
        assert!(!text.contains("task_id"), "no label that is born with every task");
        if let Some((fine, said)) = promtool(&["check", "metrics"], &text) {
            assert!(fine && said.is_empty(), "{}: {said}", dataset.as_str());
        }
    }
}

#[tokio::test]
async fn prometheus_text_counts_the_range() {
    let done = |n: i64, agent: &str, result| {
        Record::Task(TaskRecord {
            duration_ms: Some(500.0 * n as f64),
            tokens_used: Some(n),
            ..task(&format!("t-{n}"), agent, Some(result), NOON + n * 1_000_000)
        })
    };
    let server = Server::with(vec![
        done(1, "a", Outcome::Success),
        done(2, "a", Outcome::Failure),
        done(3, "b", Outcome::Success),
        done(4, "b", Outcome::Success),
        Record::AgentMetric(metric("a", "load", 0.5, NOON)),
        Record::AgentMetric(metric("a", "load", 0.25, NOON + 1)),
    ])
    .await;
    let text = server.export("tasks.prom").await;
    for line in [
        r#"moai_flow_tasks_total{agent="a",result="failure"} 1"#,
        r#"moai_flow_tasks_total{agent="b",result="success"} 2"#,
        r#"moai_flow_task_duration_seconds_sum{agent="b",result="success"} 3.5"#,
        r#"moai_flow_task_duration_seconds_bucket{agent="b",result="success",le="2.5"} 2"#,
        r#"moai_flow_task_duration_seconds_bucket{agent="b",result="success",le="1"} 0"#,
        r#"moai_flow_task_tokens_total{agent="a",kind="unsplit"} 3"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let narrowed = server.export("tasks.prom?from=2026-01-01T12:00:04Z").await;
    assert!(narrowed.contains("moai_flow_tasks_total{agent=\"b\",result=\"success\"} 1\n"), "{narrowed}");
    assert!(!narrowed.contains("agent=\"a\""), "{narrowed}");
    let metrics = server.export("agent-metrics.prom").await;
    assert!(metrics.ends_with("moai_flow_agent_metric{agent=\"a\",metric_type=\"load\"} 0.25\n"), "{metrics}");
}

#[tokio::test]
async fn openmetrics_keeps_families_and_series_together_and_time_ascending() {
    let server = Server::with(mixed()).await;
    for dataset in SERIES {
        let text = server.export(&format!("{}.om", dataset.as_str())).await;
        assert!(text.ends_with("\n# EOF\n") && !text.contains("\n\n"), "{text}");
        let families: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(families.iter().collect::<BTreeSet<_>>().len(), families.len(), "each family once");
        let (mut ended, mut last) = (HashSet::new(), None::<(&str, f64)>);
        for (series, _, time) in samples(&text) {
            let time = time.expect("a time");
            match last {
                Some((open, before)) if open == series => assert!(before < time, "{series} {before} {time}"),
                Some((open, _)) => assert!(ended.insert(open.to_owned()), "{open} goes on later"),
                None => {}
            }
            last = Some((series, time));
        }
        assert!(!last.is_some_and(|(open, _)| ended.contains(open)));
    }
}

#[tokio::test]
async fn openmetrics_holds_every_number_of_the_range() {
    let records = mixed();
    let server = Server::with(records.clone()).await;
    let text = server.export("tasks.om").await;
    let of_family = |name: &str| {
        let mut values: Vec<_> = samples(&text)
            .into_iter()
            .filter(|(series, ..)| series.starts_with(name))
            .map(|(_, value, _)| value)
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let tasks: Vec<TaskRecord> =
        records.iter().filter_map(|r| if let Record::Task(t) = r { Some(t.clone()) } else { None }).collect();
    let expected = |number: fn(&TaskRecord) -> Option<f64>| {
        let mut values: Vec<_> = tasks.iter().filter_map(number).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    assert_eq!(of_family("moai_flow_task_sample_duration_seconds"), expected(|t| t.duration_ms.map(|ms| ms / 1000.0)));
    assert_eq!(of_family("moai_flow_task_sample_files_changed"), expected(|t| t.files_changed.map(|n| n as f64)));
    assert_eq!(of_family("moai_flow_task_sample_cost_usd"), expected(|t| t.cost_usd));
    assert_eq!(of_family("moai_flow_task_sample_tokens"), expected(|t| t.tokens_used.map(|n| n as f64)));
    assert_eq!(of_family("moai_flow_tasks_total"), [1.0; 8], "each agent ended one task");
}

#[tokio::test]
async fn prometheus_loads_the_history() {
    let mut records = mixed();
    // Ties: five values of one series in one instant, and events that are counted in one millisecond.
    records.extend((0..5_i64).map(|n| Record::AgentMetric(metric("tied", "load", n as f64, NOON + n * 100))));
    records.extend((0..5).map(|n| Record::Event(event(&format!("tied-{n}"), "tied", "a", NOON + 10_000_000))));
    let server = Server::with(records).await;
    for dataset in SERIES {
        let text = server.export(&format!("{}.om", dataset.as_str())).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (input, blocks) = (folder.path().join("in.om"), folder.path().join("blocks"));
        std::fs::write(&input, &text).expect("written");
        std::fs::create_dir_all(blocks.join("wal")).expect("a folder"); // which the dump insists on
        let path = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
        let (input, blocks) = (path(&input), path(&blocks));
        let arguments = ["tsdb", "create-blocks-from", "openmetrics", &input, &blocks];
        let Some((fine, said)) = promtool(&arguments, "") else { return };
        assert!(fine, "{}: {said}\n{text}", dataset.as_str());
        let Some((_, dump)) = promtool(&["tsdb", "dump", &blocks], "") else { return };
        let loaded = dump.lines().filter(|line| line.starts_with('{')).count();
        assert_eq!(loaded, samples(&text).len(), "{}: every sample is in the blocks\n{dump}", dataset.as_str());
    }
}

#[tokio::test]
async fn openmetrics_is_what_the_python_parser_takes() {
    let script = "import sys\nfrom prometheus_client.openmetrics.parser import text_fd_to_metric_families as read\n\
                  print(sum(len(family.samples) for family in read(sys.stdin)))";
    let known = Command::new("python3").args(["-c", "import prometheus_client"]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|status| status.success()) {
        eprintln!("not checked: prometheus_client for Python is not installed (OpenMetrics by a second parser)");
        return;
    }
    let server = Server::with(mixed()).await;
    for dataset in SERIES {
        let text = server.export(&format!("{}.om", dataset.as_str())).await;
        let mut child = Command::new("python3")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python runs");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        let count = String::from_utf8_lossy(&output.stdout).trim().parse();
        assert_eq!(count, Ok(samples(&text).len()), "{}: {said}\n{text}", dataset.as_str());
    }
}

#[tokio::test]
async fn grafana_gets_each_series_once_with_all_its_points() {
    let records = mixed();
    let server = Server::with(records.clone()).await;
    for dataset in SERIES {
        let text = server.export(&format!("{}.grafana.json", dataset.as_str())).await;
        let series: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        let mut points = BTreeMap::new();
        for one in &series {
            let target = one["target"].as_str().expect("a target").to_owned();
            let datapoints = one["datapoints"].as_array().expect("points").clone();
            let times: Vec<_> = datapoints.iter().map(|point| point[1].as_i64().expect("milliseconds")).collect();
            assert!(times.is_sorted(), "{target}");
            assert!(points.insert(target, datapoints.len()).is_none(), "each target once");
        }
        let expected: usize = of(dataset, &records).iter().map(numbers).sum();
        assert_eq!(points.values().sum::<usize>(), expected, "{}", dataset.as_str());
    }
    let text = server.export("tasks.grafana.json").await;
    assert!(
        text.contains("{\"target\":\"plain.duration_ms\",\"datapoints\":[[0.30000000000000004,1767268800000]]}"),
        "{text}"
    );
}

/// How many points a record gives.
fn numbers(record: &Record) -> usize {
    match record {
        Record::Task(t) => {
            [t.duration_ms.is_some(), t.tokens_used.is_some(), t.files_changed.is_some(), t.cost_usd.is_some()]
                .into_iter()
                .filter(|there| *there)
                .count()
        }
        Record::Healing(_) => 2,
        _ => 1,
    }
}
