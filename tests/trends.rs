//! Trends over a real connection: what is posted in the three shapes of the performance module ends in verdicts that
//! can be computed by hand, in charts, and in links to the very records.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Answer, NOON, Server, run};
use serde_json::{Value, json};
use swarmscope::model::aggregate::AggregateAnswer;
use swarmscope::model::note::{NoteKind, Notes};
use swarmscope::model::overview::PageQuery;
use swarmscope::model::time::{DAY, HOUR, MINUTE};
use swarmscope::model::trend::Verdict;
use swarmscope::model::{Dataset, Micros, RangeSpec};
use swarmscope::store::SealOptions;

/// 2026-01-01T12:00:00Z in milliseconds.
const MILLIS: i64 = NOON / 1000;
const MINUTE_MS: i64 = 60_000;

/// The instant of the n-th line, as that document writes it.
fn at(n: i64) -> String {
    Micros(NOON + n * MINUTE).to_rfc3339()
}

/// Twenty of each shape, a minute apart. The n-th task takes n × 100 ms and the last five fail; tokens never change.
/// Reported success falls by 0.01 each time, queues grow by one, agents at work become fewer.
fn lines() -> String {
    let each = (1..=20).flat_map(|n| {
        let result = if n > 15 { "failure" } else { "success" };
        let time = at(n);
        [
            json!({"type": "task_complete", "timestamp": time, "agent_id": "agent-001", "task_id": format!("task-{n}"),
                "swarm_id": "night", "duration_ms": n * 100, "tokens_used": 1500, "result": result,
                "metadata": {"complexity": "medium", "retry_count": 0}}),
            json!({"type": "agent_health", "timestamp": time, "agent_id": "agent-001", "health_state": "HEALTHY",
                "success_rate": f64::from(100 - i32::try_from(n).expect("small")) / 100.0,
                "avg_response_time_ms": 2000, "heartbeat_interval_ms": 5000}),
            json!({"type": "resource_metric", "timestamp": time, "metadata": {"token_usage_percent": 75,
                "memory_usage_percent": 60, "queue_depth": n, "active_agents": 40 - n}}),
        ]
    });
    each.map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}

async fn filled() -> Server {
    let server = Server::start().await;
    let sent = server.send(&lines()).await;
    assert_eq!(sent.counts(), [60, 0, 0, 0], "{}", sent.text);
    server
}

fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["items"].as_array().expect("items").clone()
}

/// The one trend of `metric`.
fn of<'a>(items: &'a [Value], metric: &str) -> &'a Value {
    items.iter().find(|item| item["metric"] == metric).unwrap_or_else(|| panic!("no {metric} in {items:?}"))
}

fn success_p(items: &[Value]) -> f64 {
    of(items, "success_rate")["p_value"].as_f64().expect("a p-value")
}

fn verdicts(items: &[Value]) -> Vec<(String, String)> {
    let text = |item: &Value, name: &str| item[name].as_str().expect("text").to_owned();
    items.iter().map(|item| (text(item, "metric"), text(item, "verdict"))).collect()
}

#[tokio::test]
async fn the_three_record_shapes_end_in_verdicts_that_can_be_computed_by_hand() {
    let server = filled().await;
    for whose in ["", "?agent_id=agent-001", "?swarm_id=night", "?group_by=agent_id", "?group_by=swarm_id"] {
        let items = items(&server.get(&format!("/api/v1/trends{whose}")).await);
        assert_eq!(items.len(), 3, "{whose}");
        // Moving averages of 100 … 2000: 550, 650, … 1550; the last five are 1350 on average, the six before 800.
        let duration = of(&items, "duration_ms");
        assert_eq!((&duration["earlier"], &duration["recent"]), (&json!(800.0), &json!(1350.0)), "{whose}");
        assert_eq!((&duration["change_percent"], &duration["verdict"]), (&json!(68.75), &json!("degrading")));
        assert!(duration["p_value"].as_f64().expect("a p-value") < 1e-8, "every one is longer than the one before");
        let tokens = of(&items, "tokens_used");
        assert_eq!((&tokens["verdict"], &tokens["p_value"]), (&json!("stable"), &json!(1.0)));
        // p: S = - 75, variance (20·19·45 - 15·14·35 - 5·4·15) / 18 = 525, z = 74 / 22.913 = 3.23.
        assert!((success_p(&items) - 0.001_24).abs() < 1e-5);
        // The last five averages miss 1, 2, 3, 4 and 5 of ten: 0.7; before, all succeeded.
        let success = of(&items, "success_rate");
        assert_eq!((&success["earlier"], &success["recent"]), (&json!(1.0), &json!(0.7)));
        assert_eq!((&success["verdict"], &success["successes"]), (&json!("degrading"), &json!(15)));
        assert_eq!((&success["n"], &success["missing"]), (&json!(20), &json!(0)));
    }
    let health = items(&server.get("/api/v1/trends?source=agent-metrics&agent_id=agent-001").await);
    let known =
        [("avg_response_time_ms", "stable"), ("heartbeat_interval_ms", "stable"), ("success_rate", "degrading")];
    let mut found = verdicts(&health);
    found.sort();
    assert_eq!(found, known.map(|(metric, verdict)| (metric.to_owned(), verdict.to_owned())));
    let resources = items(&server.get("/api/v1/trends?source=swarm-metrics&group_by=swarm_id").await);
    assert!(resources.iter().all(|item| item["swarm_id"] == "default"), "{resources:?}");
    assert_eq!(of(&resources, "queue_depth")["verdict"], "degrading", "a longer queue is known to be worse");
    assert_eq!(of(&resources, "active_agents")["verdict"], "falling", "nobody said whether fewer agents are worse");
    assert_eq!(of(&resources, "memory_usage_percent")["verdict"], "stable");
    assert_eq!(of(&resources, "token_usage_percent")["verdict"], "stable");
}

#[tokio::test]
async fn the_three_record_shapes_end_in_charts() {
    let server = filled().await;
    let query = PageQuery { range: RangeSpec { from: at(0), to: at(30) }, ..PageQuery::default() };
    let now = Micros(NOON + HOUR);
    let names = |answer: &Option<AggregateAnswer>| {
        let answer = answer.as_ref().expect("metrics");
        let mut names: Vec<_> = answer.series.iter().map(|series| series.group[0].clone().expect("a type")).collect();
        names.sort();
        names
    };
    let agent = server.service.agent_page("agent-001", &query, now).await.expect("a page");
    assert_eq!(names(&agent.metrics), ["avg_response_time_ms", "heartbeat_interval_ms", "success_rate"]);
    assert_eq!(agent.trends.len(), 6, "three of its tasks, three it reported");
    let swarm = server.service.swarm_page("default", &query, 0, now).await.expect("a page");
    let reported = ["active_agents", "memory_usage_percent", "queue_depth", "token_usage_percent"];
    assert_eq!(names(&swarm.metrics), reported);
    assert_eq!(swarm.trends.len(), 4, "this swarm has no tasks");
    assert_eq!(agent.timeline.results["failure"].iter().flatten().sum::<u64>(), 5);
}

#[tokio::test]
async fn links_lead_to_the_very_records_a_verdict_was_made_from() {
    let server = filled().await;
    for path in ["/api/v1/trends?agent_id=agent-001", "/api/v1/trends?source=swarm-metrics&swarm_id=default"] {
        for item in items(&server.get(path).await) {
            for (link, records) in [("records", 20), ("recent_records", 14)] {
                let link = item[link].as_str().expect("a link");
                assert_eq!(items(&server.get(link).await).len(), records, "{link}");
            }
        }
    }
}

#[tokio::test]
async fn sealed_days_say_the_same_as_rows() {
    let server = filled().await;
    let paths = [
        "/api/v1/trends",
        "/api/v1/trends?swarm_id=night",
        "/api/v1/trends?group_by=agent_id",
        "/api/v1/trends?from=2026-01-01T12:05:00Z&to=2026-01-01T12:18:30Z&agent_id=agent-001",
        "/api/v1/trends?source=agent-metrics&group_by=agent_id",
        "/api/v1/trends?source=swarm-metrics",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(server.get(path).await.json());
    }
    let store = server.service.store();
    for dataset in [Dataset::Tasks, Dataset::AgentMetrics, Dataset::SwarmMetrics] {
        let options = SealOptions { rows_per_chunk: 7, ..SealOptions::default() };
        let sealed = store.seal_day(dataset, Micros(NOON), &options);
        assert!(sealed.await.expect("sealed").rows >= 20);
    }
    for (path, before) in paths.iter().zip(&before) {
        assert_eq!(server.get(path).await.json(), *before, "{path}");
    }
    // A day later more arrive: the newest are rows, the rest is sealed.
    let late: Vec<String> = (21..=24)
        .map(|n| {
            format!(
                r#"{{"kind":"task","task_id":"late-{n}","agent_id":"agent-001","swarm_id":"night","result":"success","duration_ms":{n}00,"timestamp":{}}}"#,
                MILLIS + DAY / 1000 + n * MINUTE_MS
            )
        })
        .collect();
    assert_eq!(server.send(&late.join("\n")).await.counts(), [4, 0, 0, 0]);
    for whose in ["", "?agent_id=agent-001", "?swarm_id=night"] {
        // 100 … 2400: the fifteen averages are 550 … 1950; the last five 1750, the ten before 1000 on average.
        let items = items(&server.get(&format!("/api/v1/trends{whose}")).await);
        let duration = of(&items, "duration_ms");
        assert_eq!(
            (&duration["n"], &duration["earlier"], &duration["recent"]),
            (&json!(24), &json!(1000.0), &json!(1750.0))
        );
    }
}

#[tokio::test]
async fn attempts_to_heal_and_changes_of_patterns_are_marked_on_the_charts_of_whom_they_are_about() {
    let server = filled().await;
    let healing = |agent: &str, n: i64, success: bool| {
        json!({"kind": "healing", "strategy": "restart", "failure_type": "timeout", "success": success,
            "duration_ms": 300, "agent_id": agent, "timestamp": at(n)})
    };
    let lines = [healing("agent-001", 5, true), healing("agent-001", 7, false), healing("stranger", 6, true)];
    let lines = lines.map(|line| line.to_string()).join("\n");
    assert_eq!(server.send(&lines).await.counts(), [3, 0, 0, 0]);
    let service = &server.service;
    let now = Micros(NOON + 25 * MINUTE);
    let learned = service.relearn_patterns(now).await.expect("learned");
    let query = PageQuery { range: RangeSpec { from: at(0), to: at(30) }, ..PageQuery::default() };
    let words = |notes: &Notes| notes.notes.iter().map(|note| note.words.clone()).collect::<Vec<_>>();
    let [healed, other, failed] = [
        "restart healed timeout of agent-001",
        "restart healed timeout of stranger",
        "restart did not heal timeout of agent-001",
    ];
    let all = service.overview(&query, now).await.expect("a page").timeline.notes;
    assert_eq!(words(&all)[..3], [healed, other, failed], "in the order of time");
    assert!(!all.truncated);
    let patterns: Vec<_> = all.notes.iter().filter(|note| note.kind == NoteKind::PatternAppeared).collect();
    assert!(!patterns.is_empty() && patterns.len() == all.notes.len() - 3, "{learned:?} {all:?}");
    assert!(
        patterns.iter().all(|note| note.at.0 - now.0 < MINUTE && note.href.starts_with("/patterns/")),
        "{patterns:?}"
    );
    let agent = service.agent_page("agent-001", &query, now).await.expect("a page").timeline.notes;
    assert_eq!(words(&agent), [healed, failed], "patterns are of the whole store");
    let swarm = service.swarm_page("night", &query, 0, now).await.expect("a page").timeline.notes;
    assert_eq!(words(&swarm), [healed, failed], "a stranger is not of the swarm");
    let early = PageQuery { range: RangeSpec { from: at(0), to: at(6) }, ..query };
    assert_eq!(words(&service.overview(&early, now).await.expect("a page").timeline.notes), [healed]);
}

/// `count` tasks of one agent, of which the first half take 100 ms and the second 200.
fn halves(agent: &str, count: i64) -> String {
    let task = |n: i64| {
        let duration = if n < count / 2 { 100 } else { 200 };
        let time = MILLIS + n * 1000;
        format!(
            r#"{{"kind":"task","task_id":"{agent}-{n}","agent_id":"{agent}","swarm_id":"s-{agent}","result":"success","timestamp":{time},"duration_ms":{duration}}}"#
        )
    };
    (0..count).map(task).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_newest_500_are_looked_at_unless_a_range_is_asked_for() {
    let server = Server::start().await;
    assert_eq!(server.send(&halves("a", 1_100)).await.status, 200);
    for whose in ["", "&agent_id=a", "&swarm_id=s-a"] {
        let newest = items(&server.get(&format!("/api/v1/trends?metric=duration_ms{whose}")).await);
        assert_eq!(
            (&newest[0]["n"], &newest[0]["verdict"]),
            (&json!(500), &json!("stable")),
            "all of them take 200 ms"
        );
        let ranged = format!("/api/v1/trends?metric=duration_ms&from=2026-01-01T00:00:00Z{whose}");
        let ranged = items(&server.get(&ranged).await);
        assert_eq!((&ranged[0]["n"], &ranged[0]["verdict"]), (&json!(1_100), &json!("degrading")));
        assert_eq!(ranged[0]["truncated"], json!(false));
    }
}

#[tokio::test]
async fn too_little_is_not_enough_data_and_numbers_nobody_sent_are_counted() {
    let server = Server::start().await;
    let few: Vec<String> = (1..=20)
        .map(|n| {
            let duration = if n > 14 { String::new() } else { format!(r#","duration_ms":{n}"#) };
            common::task(&format!("t{n}"), MILLIS + n * 1000, &duration)
        })
        .collect();
    assert_eq!(server.send(&few.join("\n")).await.status, 200);
    let items = items(&server.get("/api/v1/trends").await);
    let duration = of(&items, "duration_ms");
    assert_eq!((&duration["verdict"], &duration["lacking"]), (&json!("not_enough_data"), &json!("samples")));
    assert_eq!((&duration["n"], &duration["missing"], &duration["recent"]), (&json!(14), &json!(6), &Value::Null));
    let tokens = of(&items, "tokens_used");
    assert_eq!((&tokens["n"], &tokens["missing"], &tokens["records"]), (&json!(0), &json!(20), &Value::Null));
    assert_eq!(of(&items, "success_rate")["verdict"], "stable", "twenty are rated");
}

#[tokio::test]
async fn degradations_of_all_are_kept_until_something_is_written() {
    let server = filled().await;
    let now = Micros(NOON + HOUR);
    let all = PageQuery { range: RangeSpec { from: "all".into(), to: "now".into() }, ..PageQuery::default() };
    let service = &server.service;
    assert!(service.refresh_degradations(now).await.expect("computed"), "nothing was kept");
    assert!(!service.refresh_degradations(Micros(now.0 + 1)).await.expect("kept"), "nothing was written since");
    let found = service.degradations(&all, Micros(now.0 + MINUTE)).await.expect("kept");
    assert_eq!(found.computed_at, now);
    assert!(found.trends.iter().all(|trend| trend.verdict == Verdict::Degrading));
    // Duration and success of the fleet, the agent and the swarm; success the agent reported; the queue.
    assert_eq!((found.total, found.trends.len(), found.subjects, found.fleet.len()), (8, 8, 2, 3));
    // 20 tasks: 3 verdicts each of fleet, agent and swarm; 3 of its metrics; 4 of the swarm's.
    assert_eq!(found.judged, 16);
    let mut of_agent = all.clone();
    of_agent.filter.agent_id = Some("agent-001".into());
    assert_eq!(service.degradations(&of_agent, now).await.expect("kept").total, 3);
    let later = PageQuery { range: RangeSpec { from: at(21), to: "now".into() }, ..PageQuery::default() };
    assert_eq!(service.degradations(&later, now).await.expect("kept").total, 0, "nothing was recorded since");

    assert_eq!(server.send(&halves("b", 40)).await.status, 200);
    assert_eq!(service.degradations(&all, now).await.expect("kept").total, 8, "still that of before");
    assert!(service.refresh_degradations(now).await.expect("computed"), "tasks were written");
    let found = service.degradations(&all, now).await.expect("kept");
    let worse = |name: &str| found.trends.iter().any(|trend| trend.agent_id.as_deref() == Some(name));
    assert!(worse("b") && worse("agent-001"), "{found:?}");
}

#[tokio::test]
async fn what_has_no_answer_is_refused_with_what_has_one() {
    let server = filled().await;
    for (query, said) in [
        ("metric=shoe_size", "tasks have no metric `shoe_size`"),
        (
            "source=agent-metrics&swarm_id=x",
            "trends of agent-metrics cannot be narrowed by `swarm_id`; known: agent_id",
        ),
        ("source=swarm-metrics&group_by=agent_id", "`group_by=agent_id`: swarm-metrics know no such thing"),
        ("verdict=fine", "`verdict=fine`: write degrading"),
        ("from=then", "`then` is no time"),
        ("limit=0", "`limit=0`"),
        ("per=agent", "unknown query parameter `per`"),
    ] {
        let answer = server.get(&format!("/api/v1/trends?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.detail().contains(said), "{query}: {}", answer.detail());
    }
    assert_eq!(items(&server.get("/api/v1/trends?agent_id=nobody").await), Vec::<Value>::new());
}

#[tokio::test]
async fn trends_download_as_csv_and_are_printed_by_the_command_line() {
    let server = filled().await;
    let csv = server.get("/api/v1/trends?format=csv&metric=duration_ms").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    let row = csv.text.lines().nth(1).expect("a row");
    assert!(row.starts_with("tasks,,,,,duration_ms,lower,degrading,,20,0,,1350,800,68.75,"), "{row}");

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("lines.ndjson"), lines()).expect("a file");
    let stored = run(folder.path(), &["--db", "s.db", "ingest", "lines.ndjson"]);
    assert_eq!(stored.code, Some(0), "{}", stored.err);
    let shown = run(folder.path(), &["--db", "s.db", "trends"]);
    let line = shown.out.lines().find(|line| line.contains("success_rate")).expect("a line");
    let words: Vec<&str> = line.split_whitespace().take(9).collect();
    assert_eq!(words, ["fleet", "success_rate", "degrading", "1.000", "0.700", "-30.0", "%", "0.001", "20"]);
    let json = run(folder.path(), &["--db", "s.db", "trends", "--source", "swarm-metrics", "--json"]);
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(of(json["items"].as_array().expect("items"), "queue_depth")["verdict"], "degrading");
    assert_eq!(run(folder.path(), &["--db", "s.db", "trends", "--source", "moods"]).code, Some(2));
    assert_eq!(run(folder.path(), &["--db", "s.db", "trends", "--metric", "moods"]).code, Some(2));
}
