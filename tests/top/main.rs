//! The terminal dashboard: the same figures from the file and from a server, and a terminal that is given back.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/authority.rs"]
mod authority;
#[path = "../common/mod.rs"]
mod common;
mod https;
mod terminal;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{Server, Serving, run};
use serde_json::{Value, json};
use swarmscope::model::Micros;

/// 2026-01-01, from noon on: seven tasks of three agents, and what two swarms report.
const RECORDS: &str = r#"{"kind":"task","task_id":"a1","agent_id":"a","result":"success","timestamp":"2026-01-01T12:01:00Z","duration_ms":100}
{"kind":"task","task_id":"a2","agent_id":"a","result":"success","timestamp":"2026-01-01T12:02:00Z","duration_ms":200}
{"kind":"task","task_id":"a3","agent_id":"a","result":"success","timestamp":"2026-01-01T12:03:00Z","duration_ms":300}
{"kind":"task","task_id":"b1","agent_id":"b","result":"success","timestamp":"2026-01-01T12:04:00Z","duration_ms":1000,"tokens_used":10}
{"kind":"task","task_id":"b2","agent_id":"b","result":"success","timestamp":"2026-01-01T12:05:00Z","duration_ms":2000,"tokens_used":10}
{"kind":"task","task_id":"b3","agent_id":"b","result":"failure","timestamp":"2026-01-01T12:06:00Z","duration_ms":3000,"tokens_used":10}
{"kind":"task","task_id":"c1","agent_id":"c","result":"cancelled","timestamp":"2026-01-01T12:07:00Z","duration_ms":50}
{"kind":"swarm_metric","swarm_id":"s1","metric_type":"queue_depth","value":99,"timestamp":"2026-01-01T12:01:00Z"}
{"kind":"swarm_metric","swarm_id":"s1","metric_type":"queue_depth","value":30,"timestamp":"2026-01-01T12:08:00Z"}
{"kind":"swarm_metric","swarm_id":"s2","metric_type":"queue_depth","value":25,"timestamp":"2026-01-01T12:07:00Z","project":"shop"}
{"kind":"swarm_metric","swarm_id":"s2","metric_type":"backlog","value":7,"timestamp":"2026-01-01T12:07:00Z"}
{"kind":"swarm_metric","swarm_id":"s1","metric_type":"queue_depth_low","value":4,"timestamp":"2026-01-01T12:08:00Z"}
{"kind":"swarm_metric","swarm_id":"s1","metric_type":"queue_depth_high","value":5,"timestamp":"2026-01-01T12:08:00Z"}
{"type":"resource_metric","timestamp":"2026-01-01T12:08:00Z","metadata":{"token_usage_percent":75,"memory_usage_percent":61.5,"active_agents":8,"agent_quota":20}}
{"kind":"swarm_metric","swarm_id":"s2","metric_type":"token_usage_percent","value":40,"timestamp":"2026-01-01T12:09:00Z"}
{"kind":"swarm_metric","swarm_id":"s3","metric_type":"pending_tasks","value":3,"timestamp":"2026-01-01T13:00:00Z"}
"#;

/// Everything but the pending tasks, which are reported at its end.
const RANGE: &str = "from=2026-01-01T12:00:00Z&to=2026-01-01T13:00:00Z";

async fn filled() -> Server {
    let server = Server::start().await;
    let sent = server.send(RECORDS).await;
    assert_eq!((sent.status, sent.json()["rejected_count"].as_u64()), (200, Some(0)), "{}", sent.text);
    server
}

#[tokio::test]
async fn figures_of_a_range_add_up() {
    let server = filled().await;
    let top = server.get(&format!("/api/v1/top?{RANGE}")).await.json();
    assert_eq!((&top["from"], &top["to"]), (&json!("2026-01-01T12:00:00Z"), &json!("2026-01-01T13:00:00Z")));
    assert_eq!(top["newest_record"], "2026-01-01T13:00:00Z", "of any time");
    let summary = &top["summary"];
    assert_eq!(
        (&summary["total_tasks"], &summary["unique_agents"], &summary["timed_tasks"]),
        (&7.into(), &3.into(), &7.into())
    );
    assert_eq!((&summary["successful_tasks"], &summary["rated_tasks"]), (&5.into(), &7.into()));
    assert_eq!(summary["avg_duration_ms"], 950.0, "6650 ÷ 7");
    let p95 = summary["p95_duration_ms"].as_f64().expect("a percentile");
    assert!((p95 - 2700.0).abs() < 1e-6, "rank 0.95 · 6 = 5.7, between 2000 and 3000: {p95}");
    assert_eq!(summary["total_tokens_used"], 30);
    let queue = &top["queue"];
    assert!(queue["pending"].is_null(), "nobody reported it in the range");
    let backlog = json!({"value": 55.0, "swarms": 2, "most_swarm_id": "s1", "most_value": 30.0,
        "measured_at": "2026-01-01T12:08:00Z"});
    assert_eq!(queue["backlog"], backlog, "the newest of each swarm; where there is a queue_depth it wins");
    let priorities: Vec<_> = queue["priorities"]
        .as_array()
        .expect("priorities")
        .iter()
        .map(|one| (&one["priority"], &one["waiting"]["value"]))
        .collect();
    assert_eq!(priorities, [(&json!("high"), &json!(5.0)), (&json!("low"), &json!(4.0))], "the urgent ones first");
    let resources = &top["resources"];
    assert_eq!(resources["tokens_used"], 30);
    assert_eq!(
        (&resources["token_usage_percent"]["value"], &resources["token_usage_percent"]["most_swarm_id"]),
        (&75.0.into(), &"default".into()),
        "the worst"
    );
    assert_eq!(
        (&resources["memory_percent"]["value"], &resources["agent_quota"]["value"]),
        (&61.5.into(), &20.0.into())
    );
    server.stop().await;
}

#[tokio::test]
async fn agents_come_in_the_order_asked_for_and_few_tasks_make_nobody_fast() {
    let server = filled().await;
    for (sort, expected) in [
        ("", vec!["a", "b"]),
        ("&sort=fastest", vec!["a", "b"]),
        ("&sort=busiest", vec!["a", "b", "c"]),
        ("&sort=failing", vec!["c", "b", "a"]),
        ("&sort=tokens", vec!["b"]),
    ] {
        let top = server.get(&format!("/api/v1/top?{RANGE}{sort}")).await.json();
        let names = |list: &str| -> Vec<String> {
            let list = top["agents"][list].as_array().expect("agents").iter();
            list.map(|agent| agent["agent_id"].as_str().expect("a name").to_owned()).collect()
        };
        assert_eq!(names("top"), expected, "{sort}");
        assert_eq!(names("slowest"), ["b", "a"], "{sort}");
        assert_eq!(top["agents"]["agent_count"], 3);
    }
    let refused = server.get("/api/v1/top?sort=slowest").await;
    assert_eq!(refused.detail(), "`sort=slowest`: write fastest, busiest, failing or tokens");
    let shop = server.get(&format!("/api/v1/top?{RANGE}&project=shop")).await.json();
    assert_eq!((&shop["queue"]["backlog"]["value"], &shop["summary"]["total_tasks"]), (&25.0.into(), &0.into()));
    let s2 = server.get(&format!("/api/v1/top?{RANGE}&swarm_id=s2")).await.json();
    assert_eq!(s2["resources"]["token_usage_percent"]["value"], 40.0);
    server.stop().await;
}

#[tokio::test]
async fn trends_are_of_the_last_hour_and_day_whatever_the_range() {
    let server = Server::start().await;
    let now = || chrono::Utc::now().timestamp_millis();
    // Half an hour ago one task, ten hours ago two, of which one failed; two days ago one.
    let hours = |hours: f64| (hours * 3_600_000.0) as i64;
    let asked = now();
    let lines: Vec<String> = [("t1", 0.5, "success", 100), ("t2", 10.0, "success", 100), ("t3", 10.0, "failure", 300), ("t4", 48.0, "success", 1)]
        .map(|(id, ago, result, ms)| format!(r#"{{"kind":"task","task_id":"{id}","agent_id":"a","result":"{result}","timestamp":{},"duration_ms":{ms}}}"#, asked - hours(ago)))
        .into();
    assert_eq!(server.send(&lines.join("\n")).await.counts(), [4, 0, 0, 0]);
    let top = server.get(&format!("/api/v1/top?{RANGE}")).await.json();
    let (hour, day) = (&top["trends"]["hour"], &top["trends"]["day"]);
    assert_eq!((&hour["step_ms"], &day["step_ms"]), (&300_000.into(), &3_600_000.into()));
    let numbers = |of: &Value, column: &str| -> Vec<Option<f64>> {
        of[column].as_array().expect("a column").iter().map(Value::as_f64).collect()
    };
    let whole = |of: &Value, column: &str| numbers(of, column).into_iter().flatten().sum::<f64>();
    assert_eq!((numbers(hour, "total_tasks").len(), numbers(day, "total_tasks").len()), (12, 24));
    assert_eq!((whole(hour, "total_tasks"), whole(day, "total_tasks")), (1.0, 3.0));
    assert_eq!((whole(day, "successful_tasks"), whole(day, "rated_tasks")), (2.0, 3.0));
    let place = numbers(day, "total_tasks").iter().position(|tasks| *tasks == Some(2.0)).expect("the two");
    assert_eq!(numbers(day, "avg_duration_ms")[place], Some(200.0));
    assert_eq!(numbers(day, "success_rate")[place], Some(0.5));
    assert_eq!(numbers(day, "success_rate").iter().flatten().count(), 2, "no rate where nothing is rated");
    let last = *numbers(hour, "time").last().expect("steps");
    let (last, answered) = (last.expect("a time") as i64, now());
    assert!(last <= answered && answered < last + 600_000, "the last step is the present one");
    server.stop().await;
}

#[tokio::test]
async fn alerts_stand_above_the_figures_with_what_keeps_them_quiet() {
    let server = Server::start().await;
    let now = Micros(chrono::Utc::now().timestamp_micros());
    let failed = |n: i64| {
        let end = now.millis() - 1000 * n;
        format!(r#"{{"kind":"task","task_id":"t{n}","agent_id":"a","result":"failure","timestamp":{end}}}"#)
    };
    let lines: Vec<String> = (1..=25).map(failed).collect();
    assert_eq!(server.send(&lines.join("\n")).await.counts(), [25, 0, 0, 0]);
    server.service.look_at_alerts(now).await.expect("a look");
    let alerts = server.get("/api/v1/top").await.json()["alerts"].take();
    assert_eq!(
        (&alerts["watching"], &alerts["counts"]["firing"], &alerts["counts"]["critical"]),
        (&true.into(), &1.into(), &1.into())
    );
    let listed = alerts["listed"].as_array().expect("alerts");
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["rule"], &listed[0]["state"]), (&"low_success_rate".into(), &"firing".into()));
    assert_eq!((&listed[0]["severity"], &listed[0]["silenced"]), (&"critical".into(), &false.into()));
    assert_eq!(alerts["rules"], 4);
    assert_eq!(alerts["rules_without_data"], 3, "nobody reported a duration, a token or a queue");
    server.stop().await;
}

#[test]
fn without_a_server_rules_that_hold_are_shown_and_a_budget_is_counted_whatever_the_range() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = chrono::Utc::now().timestamp_millis();
    let used = |n: i64| {
        let end = now - 60_000 * n;
        format!(
            r#"{{"kind":"task","task_id":"t{n}","agent_id":"a","result":"success","timestamp":{end},"tokens_used":30}}"#
        )
    };
    let lines: Vec<String> = [1, 2, 3, 119].map(used).into();
    std::fs::write(folder.path().join("r.ndjson"), lines.join("\n")).expect("records");
    std::fs::write(folder.path().join("c.toml"), "[budget]\ntokens = 100\nwindow = \"1h\"\n").expect("settings");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]).code, Some(0));
    let ended = run(folder.path(), &["--db", "s.db", "--config", "c.toml", "top", "--json", "--from", "now-5s"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let top: Value = serde_json::from_str(&ended.out).expect("JSON");
    let budget = json!({"tokens": 100, "window": "1h", "used": 90, "used_percent": 90.0});
    assert_eq!((&top["resources"]["budget"], &top["summary"]["total_tasks"]), (&budget, &0.into()));
    assert_eq!(top["alerts"]["watching"], false);
    let listed = top["alerts"]["listed"].as_array().expect("alerts");
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["rule"], &listed[0]["state"]), (&"high_token_use".into(), &Value::Null));
}

/// A folder with the records in `s.db`.
fn filled_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("r.ndjson"), RECORDS).expect("records");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]).code, Some(0));
    folder
}

/// What `top` prints in `folder`, after its first words.
fn top(folder: &Path, words: &[&str]) -> common::Ended {
    run(folder, &[&["--db", "s.db", "top"], words].concat())
}

#[test]
fn the_file_and_a_server_over_it_show_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("r.ndjson"), RECORDS).expect("records");
    let sent = run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]);
    assert_eq!(sent.code, Some(0), "{}", sent.err);
    let mut serving = Serving::start(folder.path().join("s.db"));
    let url = format!("http://{}", serving.address);
    let range = ["--from", "2026-01-01T12:00:00Z", "--to", "2026-01-01T13:00:00Z"];
    let json = |more: &[&str]| -> Value {
        let ended = top(folder.path(), &[&range, more, &["--json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let mut json: Value = serde_json::from_str(&ended.out).expect("JSON");
        json["now"].take();
        json
    };
    let started = Instant::now();
    while json(&[])["alerts"]["watching"] != true {
        assert!(started.elapsed() < Duration::from_secs(30), "over the file it never sees that the server watches");
        std::thread::sleep(Duration::from_millis(100));
    }
    let (mut file, mut server) = (json(&[]), json(&["--url", &url]));
    if file["trends"]["hour"]["time"] != server["trends"]["hour"]["time"] {
        (file, server) = (json(&[]), json(&["--url", &url])); // a step began between the two
    }
    assert_eq!(file, server);
    let summary = run(folder.path(), &[&["--db", "s.db", "summary", "--json"][..], &range].concat());
    let summary: Value = serde_json::from_str(&summary.out).expect("JSON");
    for name in [
        "total_tasks",
        "successful_tasks",
        "rated_tasks",
        "success_rate",
        "avg_duration_ms",
        "p95_duration_ms",
        "p99_duration_ms",
        "total_tokens_used",
        "unique_agents",
    ] {
        assert_eq!(file["summary"][name], summary[name], "{name}");
    }
    let report = top(folder.path(), &[&range[..], &["--once", "--url", &url]].concat());
    assert_eq!(report.code, Some(0), "{}", report.err);
    for row in [
        "tasks 7             success 71.4 % !!  5 of 7               agents 3",
        "mean 950 ms         p95 2.7 s           p99 2.9 s !         tokens 30",
        "a                 3   200 ms   100 %     b                 3      2 s  66.6 % !!",
        "priority   high 5  low 4                 memory     61.5 % !  ",
        "                                         agents     8 of 20 active",
    ] {
        assert!(report.out.contains(row), "{row}\n{}", report.out);
    }
    assert!(
        !report.out.contains('\u{1b}') && report.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        report.out
    );
    serving.signal("TERM");
    assert_eq!(serving.wait(Duration::from_secs(30)), Some(0));
    assert_eq!(json(&[])["alerts"]["watching"], false, "the server was asked to stop");
}

#[test]
fn a_server_that_wants_a_token_is_shown_it() {
    let folder = filled_folder();
    let token = "0123456789abcdef0123456789abcdef";
    std::fs::write(folder.path().join("token"), format!("{token}\n")).expect("a token");
    let serving = Serving::start_with(folder.path().join("s.db"), |command| {
        command.env("SWARMSCOPE_ADMIN_TOKEN", token);
    });
    let url = format!("http://{}", serving.address);
    let without = top(folder.path(), &["--once", "--url", &url]);
    assert_eq!(without.code, Some(1));
    assert!(without.err.starts_with(&format!("swarmscope: {url} answers 401 Unauthorized: ")), "{}", without.err);
    let with = top(folder.path(), &["--once", "--from", "all", "--url", &url, "--admin-token-file", "token"]);
    assert_eq!(with.code, Some(0), "{}", with.err);
    assert!(with.out.contains("tasks 7 "), "{}", with.out);
}

#[test]
fn what_cannot_be_shown_is_said_before_a_screen_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = top(folder.path(), &["--once"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.err.starts_with("swarmscope: there is no store at s.db"), "{}", missing.err);
    std::fs::write(folder.path().join("r.ndjson"), RECORDS).expect("records");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]).code, Some(0));
    for (words, code, said) in [
        (&[][..], 2, "top draws a screen, and standard output is no terminal; --once prints a report"),
        (&["--once", "--from", "yesterday"], 2, "`yesterday` is no time"),
        (&["--once", "--sort", "slowest"], 2, "known: fastest, busiest, failing, tokens"),
        (&["--once", "--interval", "0"], 2, "0 is not in 1..=3600"),
        (
            &["--once", "--url", "127.0.0.1:3000"],
            2,
            "is no address of a server; write one such as http://127.0.0.1:3000",
        ),
        (&["--once", "--url", "http://127.0.0.1:1"], 1, "no server answers at http://127.0.0.1:1 (Connection refused"),
    ] {
        let ended = top(folder.path(), words);
        assert_eq!(ended.code, Some(code), "{words:?}: {}", ended.err);
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
        assert_eq!(ended.out, "");
    }
}
