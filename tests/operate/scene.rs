//! Records to look at, what is exposed of them, and how programs of others are run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{Ended, skipped};

/// A file of `ops/`.
pub fn ops(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops").join(name)
}

/// What is in a file of `ops/`.
pub fn text_of(name: &str) -> String {
    std::fs::read_to_string(ops(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Runs a program in `ops/`; `None`, said aloud, where it is not installed.
pub fn tool(program: &str, words: &[&str]) -> Option<Ended> {
    let run = Command::new(program).args(words).current_dir(ops("")).stdin(Stdio::null()).output();
    if run.is_err() {
        skipped(&format!("{program} is not installed, so `{program} {}` was not tried", words.join(" ")));
    }
    run.ok().map(Ended::of)
}

/// Epoch milliseconds of the clock that the server reads.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 292 million")
}

/// 60 tasks of three agents around `at_ms`, within a minute: 6 failures, 3 timeouts, durations of 10 to 600 ms, tokens
/// of four kinds or a total alone, two with a cost; two event types, three healings, what a swarm reports, a registry.
pub fn lines(at_ms: i64) -> String {
    let mut lines = String::new();
    for n in 0..60 {
        let result = match n % 20 {
            3 | 13 => "failure",
            7 => "timeout",
            _ => "success",
        };
        let tokens = if n % 2 == 0 {
            format!(
                "\"tokens_used\":{},\"tokens_input\":{},\"tokens_output\":5,\"tokens_cache_read\":2,\"tokens_cache_write\":1",
                n + 8,
                n
            )
        } else {
            format!("\"tokens_used\":{n}")
        };
        let cost = if n < 2 { ",\"cost_usd\":0.25" } else { "" };
        lines.push_str(&format!(
            "{{\"kind\":\"task\",\"task_id\":\"t{n:02}\",\"agent_id\":\"agent-{}\",\"swarm_id\":\"alpha\",\"result\":\"{result}\",\
             \"timestamp\":{},\"duration_ms\":{},{tokens}{cost}}}\n",
            n % 3,
            at_ms - n * 1000,
            (n + 1) * 10,
        ));
    }
    for (n, word) in ["spawn", "spawn", "complete"].into_iter().enumerate() {
        lines.push_str(&format!(
            "{{\"kind\":\"event\",\"event_type\":\"{word}\",\"agent_id\":\"agent-{n}\",\"timestamp\":{at_ms}}}\n"
        ));
    }
    for (n, success) in [true, true, false].into_iter().enumerate() {
        lines.push_str(&format!(
            "{{\"kind\":\"healing\",\"strategy\":\"retry\",\"failure_type\":\"timeout\",\"success\":{success},\"duration_ms\":50,\
             \"failure_id\":\"f{n}\",\"timestamp\":{at_ms}}}\n"
        ));
    }
    for (metric, value) in [("queue_depth", 7), ("token_usage_percent", 42)] {
        lines.push_str(&format!(
            "{{\"kind\":\"swarm_metric\",\"swarm_id\":\"alpha\",\"metric_type\":\"{metric}\",\"value\":{value},\"timestamp\":{at_ms}}}\n"
        ));
    }
    for (agent, status) in [("agent-0", "running"), ("agent-1", "running"), ("agent-2", "complete")] {
        lines.push_str(&format!(
            "{{\"kind\":\"agent\",\"agent_id\":\"{agent}\",\"agent_type\":\"coder\",\"status\":\"{status}\",\"spawn_time\":{at_ms}}}\n"
        ));
    }
    lines
}

/// Records in [`lines`].
pub const RECORDS: u64 = 60 + 3 + 3 + 2 + 3;

/// What was exposed, by series.
#[derive(Debug)]
pub struct Exposed(BTreeMap<String, f64>);

impl Exposed {
    /// Reads Prometheus text or OpenMetrics.
    pub fn read(text: &str) -> Self {
        let sample = |line: &str| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        };
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// The one series that is written so.
    pub fn get(&self, series: &str) -> Option<f64> {
        self.0.get(series).copied()
    }

    /// The sum of a metric over all series that carry every one of `labels`, each written `name="value"`.
    pub fn sum(&self, metric: &str, labels: &[&str]) -> f64 {
        let of_metric = |series: &str| series.split('{').next() == Some(metric);
        let carries = |series: &str| labels.iter().all(|label| series.contains(label));
        self.0.iter().filter(|(series, _)| of_metric(series) && carries(series)).map(|(_, value)| value).sum()
    }

    /// The names of all metrics, as a query writes them.
    pub fn names(&self) -> std::collections::BTreeSet<&str> {
        self.0.keys().filter_map(|series| series.split('{').next()).collect()
    }
}
