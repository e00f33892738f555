//! OpenTelemetry in files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swarmscope::model::{Dataset, TaskRecord};
use swarmscope::service::import::ImportReport;
use swarmscope::wire::claude_code::report::Landed;

use crate::otlp_files::{REQUESTS, logs, ndjson, spans, transcripts};
use crate::scene::{NOW, Scene, landed, run, shared, silent};

async fn import(scene: &Scene, path: &Path) -> ImportReport {
    scene.service.import_otlp(vec![path.to_owned()], NOW, silent()).await.expect("imports")
}

/// input, output, cache read, cache write, reasoning
fn tokens(tasks: &[TaskRecord]) -> [i64; 5] {
    let sum = |of: fn(&TaskRecord) -> Option<i64>| tasks.iter().filter_map(of).sum();
    [
        sum(|task| task.tokens.input),
        sum(|task| task.tokens.output),
        sum(|task| task.tokens.cache_read),
        sum(|task| task.tokens.cache_write),
        sum(|task| task.tokens.reasoning),
    ]
}

/// In millionths, so that the order of adding does not show.
fn cost(tasks: &[TaskRecord]) -> i64 {
    let cost: f64 = tasks.iter().filter_map(|task| task.cost_usd).sum();
    (cost * 1e6).round() as i64
}

async fn event_types(scene: &Scene) -> BTreeMap<String, u64> {
    let mut types = BTreeMap::new();
    for event in scene.events().await {
        *types.entry(event.event_type).or_default() += 1;
    }
    types
}

/// What a session comes to, however it was told: tasks, tokens, cost, tool calls, agents.
async fn totals(scene: &Scene) -> (usize, [i64; 5], i64, BTreeMap<String, u64>, usize) {
    let tasks = scene.tasks().await;
    let mut tools = event_types(scene).await;
    tools.retain(|name, _| name.contains(':'));
    (tasks.len(), tokens(&tasks), cost(&tasks), tools, scene.agents().await.len())
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Transcript,
    Logs,
    Spans,
}

/// Imports; returns how many records were stored and updated.
async fn take(scene: &Scene, way: Way) -> [u64; 2] {
    let folder = scene.folder.path();
    let report = match way {
        Way::Transcript => {
            let report = scene.service.import_claude_code(vec![transcripts(folder)], silent()).await.expect("imports");
            assert_eq!(report.problem_count, 0);
            let sum = |of: fn(&Landed) -> u64| report.records.values().map(of).sum();
            return [sum(|landed| landed.stored), sum(|landed| landed.updated)];
        }
        Way::Logs => import(scene, &scene.file("logs.jsonl", ndjson(&logs()))).await,
        Way::Spans => import(scene, &scene.file("spans.jsonl", ndjson(&spans()))).await,
    };
    let [stored, updated, _] = landed(&report);
    [stored, updated]
}

#[tokio::test]
async fn a_session_told_three_ways_counts_once_in_any_order() {
    use Way::{Logs, Spans, Transcript};
    let orders: [&[Way]; 8] = [
        &[Transcript, Logs],
        &[Logs, Transcript],
        &[Transcript, Logs, Spans],
        &[Spans, Logs, Transcript],
        &[Logs, Spans, Transcript],
        &[Spans, Transcript, Logs],
        &[Logs, Transcript, Spans],
        &[Transcript, Spans, Logs],
    ];
    for order in orders {
        let scene = Scene::new().await;
        for way in order {
            take(&scene, *way).await;
        }
        let (count, tokens, cost, tools, agents) = totals(&scene).await;
        assert_eq!((count, tokens[0], tokens[1]), (3, 100, 1000), "{order:?}");
        assert_eq!(cost, 1_875_000, "{order:?}");
        assert_eq!((tools, agents), (BTreeMap::from([("tool:Task".to_owned(), 1)]), 2), "{order:?}");
        let run =
            scene.tasks().await.into_iter().find(|task| task.agent_id.as_str().starts_with("a1@")).expect("a run");
        assert_eq!((run.cost_usd, run.tokens.output), (Some(0.5), Some(200)), "{order:?}");
        let before = scene.everything().await;
        for way in order {
            assert_eq!(take(&scene, *way).await, [0, 0], "{way:?} again after {order:?}");
        }
        assert_eq!(scene.everything().await, before, "importing again changed something after {order:?}");
    }
}

#[tokio::test]
async fn logs_and_spans_alone_make_tasks_of_turns_with_their_sub_agents_in_them() {
    for ways in [&[Way::Logs][..], &[Way::Spans], &[Way::Logs, Way::Spans], &[Way::Spans, Way::Logs]] {
        let scene = Scene::new().await;
        for way in ways {
            take(&scene, *way).await;
        }
        let tasks = scene.tasks().await;
        let seen: Vec<_> = tasks.iter().map(|task| (task.tokens.input, task.duration_ms)).collect();
        assert_eq!(seen, [(Some(60), Some(6000.0)), (Some(40), Some(2000.0))], "{ways:?}");
        if ways.contains(&Way::Logs) {
            assert_eq!(cost(&tasks), 1_875_000);
            assert_eq!((tasks[0].task_id.as_str(), tasks[1].task_id.as_str()), ("p-1", "p-2"));
            let note: Value = serde_json::from_str(&tasks[0].metadata.as_ref().expect("a note").0).expect("JSON");
            assert_eq!(note["agents"]["reviewer"], json!({"requests": 1, "tokens": 220, "cost_usd": 0.5}));
        }
        let requests = event_types(&scene).await.get("api_request").copied();
        assert_eq!(requests, Some(REQUESTS.len() as u64), "{ways:?}");
    }
}

#[tokio::test]
async fn a_turn_whose_records_come_in_two_files_is_put_together() {
    let scene = Scene::new().await;
    let all = logs();
    import(&scene, &scene.file("a.jsonl", ndjson(&all[..2]))).await;
    import(&scene, &scene.file("b.jsonl", ndjson(&all[2..]))).await;
    let whole = import(&scene, &scene.file("whole.jsonl", ndjson(&all))).await;
    assert_eq!(landed(&whole)[..2], [0, 0], "the whole says nothing new");
    let tasks = scene.tasks().await;
    let seen: Vec<_> = tasks.iter().map(|task| (task.task_id.as_str(), task.tokens.input, task.duration_ms)).collect();
    assert_eq!(seen, [("p-1", Some(60), Some(6000.0)), ("p-2", Some(40), Some(2000.0))]);
}

#[tokio::test]
async fn bad_files_cost_themselves_and_every_layout_is_read() {
    let scene = Scene::new().await;
    let all = logs();
    let pretty: String = all.iter().map(|body| serde_json::to_string_pretty(body).expect("JSON") + "\n").collect();
    scene.file("in/pretty.log", &pretty);
    let cut = ndjson(&all);
    scene.file("in/cut.jsonl", &cut[..cut.len() - 200]);
    scene.file("in/package.json", "{\"name\": \"x\"}");
    scene.file("in/conflict.jsonl", format!("<<<<<<< HEAD\n{}=======\n>>>>>>> b\n", ndjson(&all[..1])));
    scene.file("in/empty.jsonl", "");
    let folder = scene.folder.path();
    let (code, out, err) = run(folder, &["--db", "cli.db", "import", "otlp-json", "in", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&report["files"], &report["rows_by"]["log records"]), (&json!(3), &json!(7 + 6 + 1)), "{report}");
    assert_eq!(report["records"]["task"]["stored"], 2);
    let odd = &report["odd"]["no whole JSON object"];
    assert_eq!(odd["count"], 4, "{odd}");
    let problems: Vec<_> = err.lines().collect();
    assert_eq!(problems.len(), 2, "{err}");
    assert!(
        err.contains("package.json: holds no telemetry") && err.contains("empty.jsonl: holds no telemetry"),
        "{err}"
    );
    let (code, _, _) = run(folder, &["--db", "cli.db", "import", "otlp-json", "in/package.json"]);
    assert_eq!(code, Some(1));
}

fn expected() -> Option<(PathBuf, Value)> {
    let folder = shared("otlp")?;
    let text = fs::read_to_string(folder.join("expected.json")).expect("readable");
    Some((folder, serde_json::from_str(&text).expect("JSON")))
}

/// Calls by tool and how many failed, and the sum of what they took, from the stored events.
async fn tools(scene: &Scene) -> (BTreeMap<String, u64>, u64, f64) {
    let (mut by_tool, mut failed, mut took) = (BTreeMap::new(), 0, 0.0);
    for event in scene.events().await {
        let Some((word, name)) = event.event_type.split_once(':') else { continue };
        *by_tool.entry(name.to_owned()).or_default() += 1;
        failed += u64::from(word == "tool_error");
        let note: Value = serde_json::from_str(&event.metadata.expect("a note").0).expect("JSON");
        took += note["duration_ms"].as_f64().unwrap_or(0.0);
    }
    (by_tool, failed, took)
}

/// Event types as the producer counts them: a tool's result is one type.
async fn counted(scene: &Scene, result: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (name, count) in event_types(scene).await {
        let name = match name.as_str() {
            name if name.contains(':') => result.to_owned(),
            "log" => "(none)".to_owned(),
            name => name.to_owned(),
        };
        *counts.entry(name).or_default() += count;
    }
    counts.remove("spawn"); // ours
    counts
}

fn map(value: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(value.clone()).expect("counts")
}

#[tokio::test]
async fn real_logs_of_claude_code_are_counted_exactly() {
    let Some((folder, expected)) = expected() else { return };
    let name = "claude-code-2.1.285-session/logs.jsonl";
    let (scene, expected) = (Scene::new().await, &expected[name]);
    let report = import(&scene, &folder.join(name)).await;
    assert_eq!(report.rows_by["log records"], expected["log_records"].as_u64().expect("a count"));
    assert_eq!(counted(&scene, "tool_result").await, map(&expected["events"]));
    let requests = &expected["api_request"];
    let tasks = scene.tasks().await;
    let said = |name: &str| requests[name].as_i64().expect("a count");
    assert_eq!(tokens(&tasks)[..4], [said("input"), said("output"), said("cache_read"), said("cache_creation")]);
    assert_eq!(cost(&tasks), 44_294, "0.04429365 USD");
    let results = &expected["tool_results"];
    let (by_tool, failed, took) = tools(&scene).await;
    assert_eq!((by_tool, Some(failed)), (map(&results["by_tool"]), results["failed"].as_u64()));
    assert_eq!(Some(took), results["duration_ms_sum"].as_f64());
    let took: f64 = scene
        .events()
        .await
        .iter()
        .filter(|event| event.event_type == "api_request")
        .map(|event| {
            let note: Value = serde_json::from_str(&event.metadata.as_ref().expect("a note").0).expect("JSON");
            note["request"]["duration_ms"].as_f64().expect("a duration")
        })
        .sum();
    assert_eq!(Some(took), requests["duration_ms"].as_f64());
    let sub: Value = serde_json::from_str(&tasks[0].metadata.as_ref().expect("a note").0).expect("JSON");
    assert_eq!(sub["agents"]["general-purpose"]["requests"], expected["api_request_subagent"]["requests"]);
    assert_eq!(landed(&import(&scene, &folder.join(name)).await)[..2], [0, 0]);
}

#[tokio::test]
async fn a_real_session_seen_three_ways_counts_once_in_any_order() {
    let Some((folder, _)) = expected() else { return };
    let transcript = folder.parent().expect("data").join("claude-code/projects/-repo-navori-crow-b0-toy");
    let session = folder.join("claude-code-2.1.285-session");
    let mut seen = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let scene = Scene::new().await;
        for _ in 0..2 {
            for way in order {
                match way {
                    0 => drop(
                        scene.service.import_claude_code(vec![transcript.clone()], silent()).await.expect("imports"),
                    ),
                    1 => drop(import(&scene, &session.join("logs.jsonl")).await),
                    _ => drop(import(&scene, &session.join("metrics.jsonl")).await),
                }
            }
        }
        let totals = totals(&scene).await;
        assert_eq!((totals.1[0], totals.1[1], totals.1[2], totals.1[3]), (62, 2485, 156_829, 11_075), "{order:?}");
        assert_eq!(totals.2, 44_294, "{order:?}");
        // The transcript has a call more: one with an invalid input is never executed, so never logged.
        assert_eq!(totals.3.values().sum::<u64>(), 8, "{order:?}");
        seen.push(totals);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the order shows");
}

#[tokio::test]
async fn real_metrics_are_stored_point_by_point() {
    let Some((folder, expected)) = expected() else { return };
    let name = "claude-code-2.1.285-session/metrics.jsonl";
    let scene = Scene::new().await;
    import(&scene, &folder.join(name)).await;
    let mut stored: Vec<(String, f64)> =
        scene.metrics(Dataset::AgentMetrics).await.into_iter().map(|m| (m.metric_type, m.value)).collect();
    let mut said = Vec::new();
    for (metric, told) in expected[name]["metrics"].as_object().expect("metrics") {
        for point in told["points"].as_array().expect("points") {
            let part = point["type"].as_str().map_or_else(String::new, |part| format!(".{part}"));
            said.push((format!("{metric}{part}"), point["value"].as_f64().expect("a number")));
        }
    }
    let order = |a: &(String, f64), b: &(String, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
    stored.sort_by(order);
    said.sort_by(order);
    assert_eq!(stored, said);
    assert!(scene.tasks().await.is_empty(), "tokens of metrics are no tokens of tasks");
}

#[tokio::test]
async fn real_spans_of_claude_code_become_one_task_with_its_requests_and_tools() {
    let Some((folder, expected)) = expected() else { return };
    let name = "claude-code-2.1.202-traces/traces.jsonl";
    let (scene, expected) = (Scene::new().await, &expected[name]);
    let report = import(&scene, &folder.join(name)).await;
    assert_eq!(report.rows_by["spans"], expected["spans"].as_u64().expect("a count"));
    let tasks = scene.tasks().await;
    let requests = &expected["llm_request"];
    let said = |name: &str| requests[name].as_i64().expect("a count");
    assert_eq!(tasks.len(), 1);
    assert_eq!(tokens(&tasks)[..4], [said("input"), said("output"), said("cache_read"), said("cache_creation")]);
    let nanos = expected["root_spans"][0]["duration_ns"].as_f64().expect("a duration");
    assert!((tasks[0].duration_ms.expect("a duration") * 1e6 - nanos).abs() < 1000.0, "to the microsecond");
    let (by_tool, failed, took) = tools(&scene).await;
    let told: BTreeMap<String, f64> = serde_json::from_value(expected["tools"].clone()).expect("tools");
    assert_eq!((by_tool.keys().collect::<Vec<_>>(), failed), (told.keys().collect(), 0));
    assert_eq!(took, told.values().sum::<f64>());
}

#[tokio::test]
async fn real_logs_of_codex_keep_the_spawned_agent_in_the_swarm_of_its_root() {
    let Some((folder, expected)) = expected() else { return };
    let name = "codex-0.158.0/logs.jsonl";
    let (scene, expected) = (Scene::new().await, &expected[name]);
    import(&scene, &folder.join(name)).await;
    // A response that completed is an event of its kind like any other.
    assert_eq!(counted(&scene, "codex.tool_result").await, map(&expected["events"]));
    let (by_tool, failed, took) = tools(&scene).await;
    assert_eq!((by_tool, failed), (map(&expected["tool_results"]["by_tool"]), 0));
    assert_eq!(Some(took), expected["tool_results"]["duration_ms_sum"].as_f64());
    let said = |name: &str| expected["codex_response_completed"][name].as_i64().expect("a count");
    let sums = tokens(&scene.tasks().await);
    assert_eq!(
        [sums[0] + sums[2], sums[1], sums[2]],
        [said("input_token_count"), said("output_token_count"), said("cached_token_count")]
    );
    let agents: Vec<_> =
        scene.agents().await.into_iter().map(|agent| (String::from(agent.agent_id), agent.agent_type)).collect();
    assert_eq!(agents, [("id0".into(), "codex_exec".into()), ("id7".into(), "subagent".into())]);
    let swarms: BTreeMap<_, _> = scene
        .events()
        .await
        .into_iter()
        .filter_map(|e| Some((String::from(e.agent_id), String::from(e.swarm_id?))))
        .collect();
    assert_eq!(swarms, BTreeMap::from([("id0".into(), "id0".into()), ("id7".into(), "id0".into())]));
}

#[tokio::test]
async fn a_real_file_of_gemini_is_read_though_it_is_no_otlp() {
    let Some((folder, expected)) = expected() else { return };
    let name = "gemini-cli-file-exporter/telemetry.log";
    let (scene, expected) = (Scene::new().await, &expected[name]);
    let report = import(&scene, &folder.join(name)).await;
    assert_eq!(report.rows_by["log records"], expected["log_records"].as_u64().expect("a count"));
    assert_eq!(counted(&scene, "gemini_cli.tool_call").await, map(&expected["log_events"]));
    let said = |name: &str| expected["api_response_tokens"][name].as_i64().expect("a count");
    let tasks = scene.tasks().await;
    let sums = tokens(&tasks);
    assert_eq!(sums[0] + sums[2], said("input_token_count"));
    assert_eq!((sums[2], sums[4]), (said("cached_content_token_count"), said("thoughts_token_count")));
    assert_eq!(sums[1], said("output_token_count") + said("thoughts_token_count"), "thoughts are part of the answer");
    assert_eq!(tasks.iter().filter_map(|task| task.tokens_used).sum::<i64>(), said("total_token_count"));
    let (by_tool, failed, took) = tools(&scene).await;
    assert_eq!(
        (by_tool, failed, Some(took)),
        (map(&expected["tool_calls"]), 0, expected["tool_duration_ms_sum"].as_f64())
    );
    let metrics = scene.metrics(Dataset::AgentMetrics).await;
    for (part, last) in expected["last_cumulative_token_usage"].as_object().expect("counts") {
        let name = format!("gemini_cli.token.usage.{part}");
        let sum: f64 = metrics.iter().filter(|m| m.metric_type == name).map(|m| m.value).sum();
        assert_eq!(Some(sum), last.as_f64(), "{name}");
    }
}
