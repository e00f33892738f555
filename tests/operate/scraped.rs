//! A real Prometheus, with the configuration of `ops/`, scrapes a real server and is asked for what the store has.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::common::{Answer, Server, eventually, skipped};
use crate::scene::{lines, now_ms, text_of};

/// A running Prometheus; it ends with this.
struct Prometheus {
    child: Child,
    port: u16,
}

impl Prometheus {
    /// Starts it in `folder`, pointed at `target`, looking every second; `None`, said aloud, where it is not installed.
    fn start(folder: &Path, target: &str) -> Option<Self> {
        let often = |text: String| text.replace(": 15s", ": 1s").replace(": 30s", ": 1s");
        let config = often(text_of("prometheus.yml")).replace("127.0.0.1:3000", target);
        std::fs::write(folder.join("prometheus.yml"), config).expect("written");
        std::fs::write(folder.join("alert_rules.yml"), often(text_of("alert_rules.yml"))).expect("written");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let started = Command::new("prometheus")
            .current_dir(folder)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"])
            .arg(format!("--web.listen-address={free}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            skipped("prometheus is not installed, so nothing scraped /metrics");
            return None;
        };
        Some(Self { child, port: free.port() })
    }

    /// Asks its HTTP interface; `None` while it does not answer.
    async fn ask(&self, path: &str) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/api/v1/{path}", self.port);
        let response = reqwest::get(url).await.ok()?;
        Some(response.json::<Value>().await.ok()?["data"].clone())
    }

    /// The values of an instant query.
    async fn query(&self, expression: &str) -> Vec<f64> {
        let query: String = expression.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let data = self.ask(&format!("query?query={query}")).await.unwrap_or_default();
        let results = data["result"].as_array().cloned().unwrap_or_default();
        results.iter().filter_map(|result| result["value"][1].as_str()?.parse().ok()).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn prometheus_answers_with_what_the_store_has() {
    let server = Server::start().await;
    server.send(&lines(now_ms())).await;
    let folder = tempfile::tempdir().expect("a folder");
    let Some(prometheus) = Prometheus::start(folder.path(), &server.address.to_string()) else { return };
    eventually("a scrape", async || prometheus.query("moai_flow_build_info").await == [1.0]).await;
    let summary = server.get("/api/v1/summary").await.json();
    let figure = |name: &str| summary[name].as_f64().unwrap_or_else(|| panic!("{name} in {summary}"));
    for (expression, value) in [
        ("up{job=\"swarmscope\"}", 1.0),
        ("sum(moai_flow_tasks_total)", figure("total_tasks")),
        ("sum(moai_flow_tasks_total{result=\"success\"})", figure("successful_tasks")),
        ("sum(moai_flow_task_tokens_total)", figure("total_tokens_used")),
        ("moai_flow_task_duration_seconds_count", figure("n")),
        ("moai_flow_recent_task_success_ratio", figure("success_rate")),
        ("moai_flow_events_total{event_type=\"spawn\"}", 2.0),
        ("moai_flow_swarm_metric{metric_type=\"queue_depth\"}", 7.0),
        ("moai_flow_errors_total", 0.0),
    ] {
        assert_eq!(prometheus.query(expression).await, [value], "{expression}");
    }
    let mean = "moai_flow_task_duration_seconds_sum / moai_flow_task_duration_seconds_count";
    let mean = prometheus.query(mean).await;
    assert!(
        mean.iter().all(|mean| (mean * 1e3 - figure("avg_duration_ms")).abs() < 1e-6) && mean.len() == 1,
        "{mean:?}"
    );

    // 51 of 60 is below 90 %: of all rules about the swarm this one fires, once its minute is over.
    let rule = async |name: &str| {
        let groups = prometheus.ask("rules").await.unwrap_or_default()["groups"].clone();
        let groups = groups.as_array().cloned().unwrap_or_default();
        let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
        rules.into_iter().find(|rule| rule["name"] == name).unwrap_or_default()
    };
    eventually("the rule waits", async || rule("TaskSuccessRateLow").await["state"] == "pending").await;
    for quiet in
        ["TaskLatencyHigh", "TaskBacklogHigh", "TokenUsageHigh", "HealingFails", "ServiceDown", "HighErrorRate"]
    {
        // Before the first scrape nothing is up, which one of them notices.
        let is_quiet = async || {
            let rule = rule(quiet).await;
            rule["health"] == "ok" && rule["state"] == "inactive"
        };
        eventually(&format!("{quiet} is quiet"), is_quiet).await;
    }
    let targets = prometheus.ask("targets").await.expect("targets");
    let active = targets["activeTargets"].as_array().expect("targets");
    let own = active.iter().find(|target| target["labels"]["job"] == "swarmscope").expect("the target");
    assert_eq!((&own["health"], &own["lastError"]), (&"up".into(), &"".into()));
    server.stop().await;
}

#[tokio::test]
async fn what_prometheus_asks_for_is_openmetrics() {
    let server = Server::start().await;
    // As Prometheus 2.42 sends it.
    let accept = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                  text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let answer = Answer::of(server.client.get(server.url("/metrics")).header("accept", accept)).await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    server.stop().await;
}
