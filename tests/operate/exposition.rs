//! What `/metrics` says, in both dialects.

use std::io::Write as _;
use std::process::{Command, Stdio};

use swarmscope::model::Micros;
use swarmscope::model::maintain::MaintenanceTask;

use crate::common::{Answer, Server, run, skipped};
use crate::scene::{Exposed, RECORDS, lines, now_ms};

/// What Prometheus' own linter says; silence is the best. `None` where it is not installed.
fn lint(text: &str) -> Option<String> {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = promtool.spawn() else {
        skipped("promtool is not installed, so /metrics was not linted");
        return None;
    };
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    Some(String::from_utf8(said).expect("UTF-8") + if output.status.success() { "" } else { "it failed" })
}

#[tokio::test]
async fn every_figure_is_that_of_the_records() {
    let server = Server::start().await;
    assert_eq!(server.send(&lines(now_ms())).await.counts(), [RECORDS, 0, 0, 0]);
    let text = server.get("/metrics").await.text;
    let exposed = Exposed::read(&text);
    for (series, value) in [
        ("tasks_total{agent=\"agent-0\",result=\"success\"}", 17.0),
        ("tasks_total{agent=\"agent-0\",result=\"failure\"}", 2.0),
        ("tasks_total{agent=\"agent-0\",result=\"timeout\"}", 1.0),
        ("task_tokens_total{agent=\"agent-0\",kind=\"input\"}", (0..60).step_by(6).sum::<i32>().into()),
        ("task_tokens_total{agent=\"agent-0\",kind=\"unsplit\"}", (3..60).step_by(6).sum::<i32>().into()),
        ("task_tokens_total{agent=\"agent-0\",kind=\"cache_write\"}", 10.0),
        ("task_cost_usd_total", 0.5),
        ("task_duration_seconds_count", 60.0),
        ("task_duration_seconds_bucket{le=\"0.1\"}", 10.0),
        ("task_duration_seconds_bucket{le=\"0.5\"}", 50.0),
        ("task_duration_seconds_bucket{le=\"1\"}", 60.0),
        ("events_total{event_type=\"spawn\"}", 2.0),
        ("agents_active", 3.0),
        ("agents{agent_type=\"coder\",status=\"running\"}", 2.0),
        ("agents{agent_type=\"coder\",status=\"complete\"}", 1.0),
        ("agents_stale", 0.0),
        ("healings_total{strategy=\"retry\",outcome=\"success\"}", 2.0),
        ("recent_healings{strategy=\"retry\",outcome=\"failure\"}", 1.0),
        ("recent_tasks{result=\"success\"}", 51.0),
        ("recent_rated_tasks", 60.0),
        ("recent_task_success_ratio", 0.85),
        ("recent_timed_tasks", 60.0),
        ("swarm_metric{swarm=\"alpha\",metric_type=\"queue_depth\"}", 7.0),
        ("rollup_lag_seconds", 0.0),
        ("records_stored_total", 71.0),
        ("series_limit{label=\"agent\"}", 1000.0),
        ("series_over_limit{label=\"agent\"}", 0.0),
    ] {
        assert_eq!(exposed.get(&format!("moai_flow_{series}")), Some(value), "{series} in\n{text}");
    }
    let near = |series: &str, value: f64| {
        let have = exposed.get(series).unwrap_or_else(|| panic!("{series} in\n{text}"));
        assert!((have - value).abs() < 1e-9, "{series} is {have}, not {value}");
    };
    near("moai_flow_task_duration_seconds_sum", 0.01 * f64::from((1..=60).sum::<i32>()));
    near("moai_flow_recent_task_p99_seconds", 0.5941); // rank 0.99 · 59 = 58.41, between 590 and 600 ms
    assert_eq!(exposed.sum("moai_flow_tasks_total", &["result=\"failure\""]), 6.0);
    server.stop().await;
}

#[tokio::test]
async fn alerts_inside_are_exposed_as_they_stand() {
    let server = Server::start().await;
    server.send(&lines(now_ms())).await;
    server.service.look_at_alerts(Micros(now_ms() * 1000)).await.expect("a look");
    let standing = server.service.alerts_now().await.expect("alerts");
    assert!(!standing.is_empty(), "51 of 60 is below 90 %");
    let exposed = Exposed::read(&server.get("/metrics").await.text);
    for alert in &standing {
        let labels = format!(
            "rule=\"{}\",severity=\"{}\",state=\"{}\"",
            alert.rule,
            alert.severity.as_str(),
            alert.state.as_str()
        );
        assert_eq!(exposed.get(&format!("moai_flow_alerts{{{labels}}}")), Some(1.0), "{labels}");
    }
    assert_eq!(exposed.sum("moai_flow_alerts", &[]), standing.len() as f64);
    server.stop().await;
}

#[tokio::test]
async fn an_import_of_what_is_long_past_counts_and_looks_recent_to_nobody() {
    let server = Server::start().await;
    server.send(&lines(1_767_268_800_000)).await;
    let exposed = Exposed::read(&server.get("/metrics").await.text);
    assert_eq!(exposed.sum("moai_flow_tasks_total", &[]), 60.0);
    assert_eq!(exposed.get("moai_flow_recent_rated_tasks"), Some(0.0));
    for absent in
        ["recent_tasks", "recent_task_success_ratio", "recent_task_p99_seconds", "swarm_metric", "recent_healings"]
    {
        assert!(!exposed.names().contains(format!("moai_flow_{absent}").as_str()), "{absent} of nothing is not 0");
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_are_timed_by_route_and_never_by_what_a_client_wrote() {
    let server = Server::start().await;
    for path in ["/api/v1/tasks", "/api/v1/tasks?limit=0", "/nothing/here", "/nothing/there"] {
        server.get(path).await;
    }
    let odd = server.client.request("BREW".parse().expect("a method"), server.url("/livez"));
    assert_eq!(Answer::of(odd).await.status, 405);
    let exposed = Exposed::read(&server.get("/metrics").await.text);
    let count = |method: &str, route: &str, status: &str| {
        let labels = [format!("method=\"{method}\""), format!("route=\"{route}\""), format!("status=\"{status}\"")];
        exposed.sum("moai_flow_http_request_duration_seconds_count", &labels.each_ref().map(String::as_str))
    };
    assert_eq!(count("GET", "/api/v1/tasks", "2xx"), 1.0);
    assert_eq!(count("GET", "/api/v1/tasks", "4xx"), 1.0);
    assert_eq!(count("(other)", "/livez", "4xx"), 1.0);
    assert_eq!(exposed.sum("moai_flow_http_request_duration_seconds_count", &["nothing"]), 0.0);
    server.stop().await;
}

#[tokio::test]
async fn the_linter_has_nothing_to_say_of_either_dialect() {
    let server = Server::start().await;
    server.send(&lines(now_ms())).await;
    server.send("{\"kind\":\"event\",\"event_type\":\"a\\\"b\\\\c\\nd\",\"agent_id\":\"é\"}\n").await;
    let text = server.get("/metrics").await;
    assert_eq!(text.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(lint(&text.text).is_none_or(|said| said.is_empty()), "{:?}", lint(&text.text));
    let open = server.client.get(server.url("/metrics")).header("accept", "application/openmetrics-text");
    let open = Answer::of(open).await;
    assert_eq!(open.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(open.text.ends_with("# EOF\n") && open.text.contains("# UNIT moai_flow_task_duration_seconds seconds\n"));
    let series = |text: &str| text.lines().filter(|line| line.starts_with("moai_flow_tasks")).count();
    assert_eq!(series(&open.text), series(&text.text));
    server.stop().await;
}

#[tokio::test]
async fn retention_lowers_no_counter() {
    let server = Server::start().await;
    server.send(&lines(now_ms() - 200 * 86_400_000)).await;
    server.send(&lines(now_ms()).replace("\"task_id\":\"t", "\"task_id\":\"u")).await;
    let counters = |text: &str| {
        let exposed = Exposed::read(text);
        ["tasks_total", "task_tokens_total", "task_cost_usd_total", "task_duration_seconds_bucket", "events_total"]
            .map(|name| exposed.sum(&format!("moai_flow_{name}"), &[]))
    };
    let before = counters(&server.get("/metrics").await.text);
    assert_eq!(before[0], 120.0);
    // 95 days on: an age counts from the day, or from the last arrival where that is later.
    let later = Micros((now_ms() + 95 * 86_400_000) * 1000);
    let task = MaintenanceTask::Cleanup { older_than_days: None, dry_run: false };
    server.service.run_maintenance(task, later).await.expect("cleaned up");
    assert_eq!(server.get("/api/v1/summary").await.json()["total_tasks"], 0, "everything went");
    assert_eq!(counters(&server.get("/metrics").await.text), before);
    server.stop().await;
}

#[tokio::test]
async fn agents_beyond_the_limit_are_summed_up_and_the_limit_says_so() {
    let server = Server::start().await;
    let line = |n: u32| {
        let at = now_ms();
        format!(
            "{{\"kind\":\"task\",\"task_id\":\"t{n}\",\"agent_id\":\"a{n}\",\"result\":\"success\",\"timestamp\":{at}}}\n"
        )
    };
    server.send(&(0..1005).map(line).collect::<String>()).await;
    let answer = server.get("/metrics").await.text;
    let exposed = Exposed::read(&answer);
    assert_eq!(exposed.get("moai_flow_tasks_total{agent=\"(other)\",result=\"success\"}"), Some(5.0));
    let named = answer.lines().filter(|line| line.starts_with("moai_flow_tasks_total{agent=\"a")).count();
    assert_eq!(named, 2 * 1000, "successes and failures of a thousand agents");
    assert_eq!(exposed.sum("moai_flow_tasks_total", &[]), 1005.0);
    assert_eq!(exposed.get("moai_flow_series_over_limit{label=\"agent\"}"), Some(5.0));
    assert!(answer.len() < 1_000_000, "{} bytes", answer.len());
    server.stop().await;
}

#[test]
fn a_store_that_another_process_fills_is_exposed_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("r.ndjson"), lines(now_ms())).expect("written");
    let serving = crate::common::Serving::start(folder.path().join("s.db"));
    let ended = run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("http://{}/metrics", serving.address);
        crate::common::eventually("the tasks of another process", async || {
            let text = Answer::of(reqwest::Client::new().get(&url)).await.text;
            Exposed::read(&text).sum("moai_flow_tasks_total", &[]) == 60.0
        })
        .await;
    });
}
