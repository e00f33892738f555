//! claude-flow's metric files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use swarmscope::model::{Dataset, Outcome};
use swarmscope::service::import::ImportReport;

use crate::scene::{NOW, Scene, landed, run, shared, silent};

const TASKS: &str = r#"[{"id":"cmd-hooks-1756054710836","type":"hooks","success":true,"duration":12.006499999999988,
  "timestamp":1756054710848,"metadata":{}},
 {"id":"cmd-init-1756054720000","type":"init","success":false,"duration":7,"timestamp":1756054720007,"metadata":{"a":1}}]"#;

async fn import(scene: &Scene, path: &Path) -> ImportReport {
    scene.service.import_claude_flow(vec![path.to_owned()], NOW, silent()).await.expect("imports")
}

#[tokio::test]
async fn tasks_of_a_project_are_stored_once_however_often_and_wherever_they_are_met() {
    let scene = Scene::new().await;
    scene.file("src/app/.claude-flow/metrics/task-metrics.json", TASKS);
    scene.file("src/copy/.claude-flow/metrics/task-metrics.json", TASKS);
    scene.file("src/app/package.json", "{}");
    let report = import(&scene, &scene.folder.path().join("src")).await;
    assert_eq!((report.files, report.rows, landed(&report)), (2, 4, [2, 0, 0]), "{report}");
    let tasks = scene.tasks().await;
    let seen: Vec<_> = tasks
        .iter()
        .map(|task| (task.task_id.as_str(), task.agent_id.as_str(), task.result.clone(), task.duration_ms))
        .collect();
    assert_eq!(
        seen,
        [
            ("cmd-hooks-1756054710836", "hooks@app", Some(Outcome::Success), Some(12.006_499_999_999_988)),
            ("cmd-init-1756054720000", "init@app", Some(Outcome::Failed), Some(7.0)),
        ]
    );
    let before = scene.everything().await;
    let again = import(&scene, &scene.folder.path().join("src")).await;
    assert_eq!(landed(&again), [0, 0, 2]);
    assert_eq!(scene.everything().await, before, "the second import changed something");
}

#[tokio::test]
async fn a_counter_file_that_its_process_rewrote_moves_its_counters_on() {
    let scene = Scene::new().await;
    let write = |last: u64, tasks: u64| {
        let text =
            json!({"startTime": 1_756_054_710_000_u64, "lastActivity": last, "sessionId": "s", "totalTasks": tasks});
        scene.file("p/.claude-flow/metrics/performance.json", text.to_string())
    };
    import(&scene, &write(1_756_054_711_000, 1)).await;
    let report = import(&scene, &write(1_756_054_712_000, 5)).await;
    assert_eq!(landed(&report), [0, 1, 0]);
    let metrics = scene.metrics(Dataset::SwarmMetrics).await;
    let seen: Vec<_> = metrics.iter().map(|m| (m.subject.as_str(), m.metric_type.as_str(), m.value)).collect();
    assert_eq!(seen, [("p", "total_tasks", 5.0)]);
}

#[tokio::test]
async fn bad_files_get_one_line_each_and_the_rest_is_imported() {
    let scene = Scene::new().await;
    scene.file("all/a/.claude-flow/metrics/task-metrics.json", TASKS);
    let conflict = "[\n<<<<<<< HEAD\n  {\"id\": \"x\"}\n=======\n  {\"id\": \"y\"}\n>>>>>>> main\n]";
    scene.file("all/b/.claude-flow/metrics/task-metrics.json", conflict);
    scene.file("all/c/.claude-flow/metrics/task-metrics.json", "  \n");
    scene.file("all/d/.claude-flow/metrics/system-metrics.json", "[{\"timestamp\": 175");
    fs::create_dir_all(scene.folder.path().join("nothing")).expect("made");
    let folder = scene.folder.path();

    let (code, out, err) = run(folder, &["--db", "cli.db", "import", "claude-flow", "all", "nothing", "missing"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("task          2 stored"), "{out}");
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 5, "{err}");
    let has = |text: &str| assert!(lines.iter().any(|line| line.contains(text)), "no `{text}` in {err}");
    has("b/.claude-flow/metrics/task-metrics.json:2: has git conflict markers; resolve them and import again");
    has("c/.claude-flow/metrics/task-metrics.json: is empty");
    has("d/.claude-flow/metrics/system-metrics.json:1: is no JSON");
    has("nothing: holds nothing that can be imported");
    has("missing: cannot be opened");

    let (code, _, err) = run(folder, &["--db", "cli.db", "import", "claude-flow", "nothing", "all/c"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nothing was imported"), "{err}");
}

#[tokio::test]
async fn a_dry_run_says_what_is_there_and_makes_no_store() {
    let scene = Scene::new().await;
    scene.file("p/.claude-flow/metrics/task-metrics.json", TASKS.replace("1756054720007", "12"));
    let (code, out, _) =
        run(scene.folder.path(), &["--db", "dry.db", "import", "claude-flow", "p", "--dry-run", "--json"]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&report["files"], &report["rows"], &report["dry_run"]), (&json!(1), &json!(2), &json!(true)));
    assert_eq!((&report["found"]["task"], &report["records"]), (&json!(1), &json!({})));
    let odd = &report["odd"]["time before the year 2000"];
    assert_eq!((&odd["count"], &odd["examples"][0]["place"]), (&json!(1), &json!("entry 2")));
    assert!(!scene.folder.path().join("dry.db").exists());
}

/// count, successes, sum, min and max of the duration, first and last time, by command
fn figures(tasks: &[&swarmscope::model::TaskRecord]) -> Value {
    let durations = || tasks.iter().filter_map(|task| task.duration_ms);
    let times = || tasks.iter().map(|task| task.timestamp.millis());
    let mut by_type: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    for task in tasks {
        let command = task.agent_id.as_str().split('@').next().expect("a command");
        let sums = by_type.entry(command).or_default();
        sums.0 += 1;
        sums.1 += task.duration_ms.unwrap_or(0.0);
    }
    let success = tasks.iter().filter(|task| task.result == Some(Outcome::Success)).count();
    json!({
        "tasks": tasks.len(), "success": success, "duration_ms_sum": round(durations().sum()),
        "duration_ms_min": durations().fold(f64::INFINITY, f64::min),
        "duration_ms_max": durations().fold(0.0, f64::max),
        "first_timestamp_ms": times().min(), "last_timestamp_ms": times().max(),
        "by_type": by_type.into_iter().map(|(name, (count, sum))| {
            (name.to_owned(), json!({"count": count, "duration_ms_sum": round(sum)}))
        }).collect::<serde_json::Map<_, _>>(),
    })
}

fn round(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// The expected figures that [`figures`] gives too.
fn expected_figures(expected: &Value) -> Value {
    let mut expected = expected.clone();
    let fields = expected.as_object_mut().expect("figures");
    fields.retain(|name, _| name != "failed" && name != "duration_ms_avg");
    expected
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copied");
        }
    }
}

#[tokio::test]
async fn real_files_of_forty_repositories_are_counted_exactly() {
    let Some(folder) = shared("claude-flow") else { return };
    let expected = fs::read_to_string(folder.join("expected.json")).expect("readable");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let scene = Scene::new().await;
    let all = scene.folder.path().join("all");
    let repositories = expected["repositories"].as_object().expect("repositories");
    for name in repositories.keys() {
        copy(&folder.join(name), &all.join(name));
        fs::create_dir_all(all.join(name).join(".git")).expect("made");
    }
    let report = import(&scene, &all).await;
    assert_eq!(report.problem_count, expected["totals"]["unparsable_files"].as_u64().expect("a count"));
    assert!(report.problems.iter().all(|problem| problem.reason.contains("conflict markers")), "{report:?}");

    let tasks = scene.tasks().await;
    let of = |name: &str| -> Vec<_> {
        let ours = |project: &str| project == name || project.starts_with(&format!("{name}/"));
        tasks.iter().filter(|task| task.project.as_deref().is_some_and(ours)).collect()
    };
    let everything: Vec<_> = tasks.iter().collect();
    assert_eq!(figures(&everything), expected_figures(&expected["totals"]["distinct_tasks"]));
    for (name, repository) in repositories {
        assert_eq!(figures(&of(name)), expected_figures(&repository["distinct_tasks"]), "{name}");
    }

    let ruflo = &repositories["ruvnet__ruflo"];
    let metrics = scene.metrics(Dataset::SwarmMetrics).await;
    for (file, counters) in ruflo["performance_files"].as_object().expect("files") {
        let project = format!("ruvnet__ruflo/{file}").replace("/.claude-flow/metrics/performance.json", "");
        for (theirs, ours) in
            [("totalTasks", "total_tasks"), ("failedTasks", "failed_tasks"), ("totalAgents", "total_agents")]
        {
            let found: Vec<_> = metrics.iter().filter(|m| m.subject == project && m.metric_type == ours).collect();
            assert_eq!(found.len(), 1, "{ours} of {project}");
            assert_eq!(Some(found[0].value), counters[theirs].as_f64(), "{ours} of {project}");
            assert!(Some(found[0].timestamp.millis()) >= counters["startTime"].as_i64(), "{ours} of {project}");
        }
    }
    for (file, samples) in ruflo["system_metrics_files"].as_object().expect("files") {
        if file.starts_with("history") {
            continue;
        }
        let project = format!("ruvnet__ruflo/{file}").replace("/.claude-flow/metrics/system-metrics.json", "");
        for (theirs, ours) in [("memory_usage_percent", "memory_usage_percent"), ("cpu_load", "cpu_load")] {
            let found: Vec<_> = metrics.iter().filter(|m| m.subject == project && m.metric_type == ours).collect();
            let values = || found.iter().map(|metric| metric.value);
            assert_eq!(Some(found.len() as u64), samples["samples"].as_u64(), "{ours} of {project}");
            assert_eq!(Some(values().fold(f64::INFINITY, f64::min)), samples[theirs]["min"].as_f64());
            assert_eq!(Some(values().fold(f64::NEG_INFINITY, f64::max)), samples[theirs]["max"].as_f64());
            assert_eq!(
                round(values().sum::<f64>() * 1e3 / found.len() as f64),
                round(samples[theirs]["avg"].as_f64().expect("a mean") * 1e3)
            );
        }
    }

    // Of the only file about verifications.
    let agents = scene.metrics(Dataset::AgentMetrics).await;
    let mut scores: Vec<_> = agents.iter().filter(|metric| metric.metric_type == "verification_score").collect();
    scores.sort_by(|a, b| a.subject.cmp(&b.subject));
    let scores: Vec<_> = scores.iter().map(|m| (m.subject.split('@').next().unwrap_or_default(), m.value)).collect();
    assert_eq!(scores, [("coder", 0.666_269_825_219_355_1), ("reviewer", 0.85)]);

    let before = scene.everything().await;
    assert_eq!(landed(&import(&scene, &all).await)[..2], [0, 0]);
    assert_eq!(scene.everything().await, before, "the second import changed something");
}

#[tokio::test]
async fn every_task_that_one_repository_ever_committed_is_counted_by_project() {
    let Some(folder) = shared("claude-flow") else { return };
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(name)).expect("readable")).expect("JSON")
    };
    let expected = &read("expected.json")["repositories"]["ruvnet__ruflo"]["history"]["per_project"];
    let history = read("ruvnet__ruflo/history/task-metrics-by-project.json");
    let scene = Scene::new().await;
    fs::create_dir_all(scene.folder.path().join("ruflo/.git")).expect("made");
    for (project, tasks) in history.as_object().expect("projects") {
        scene.file(&format!("ruflo/{project}/.claude-flow/metrics/task-metrics.json"), tasks.to_string());
    }
    import(&scene, &scene.folder.path().join("ruflo")).await;
    let tasks = scene.tasks().await;
    for (project, expected) in expected.as_object().expect("projects") {
        let name = if project == "." { "ruflo".to_owned() } else { format!("ruflo/{project}") };
        let of: Vec<_> = tasks.iter().filter(|task| task.project.as_ref() == Some(&name)).collect();
        assert_eq!(figures(&of), expected_figures(expected), "{project}");
    }
}
