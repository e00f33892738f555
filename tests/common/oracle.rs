//! The oracle of every fault test: acknowledged ⊆ found ⊆ attempted, each record once and as it was sent.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};
use swarmscope::model::Micros;

use super::Answer;

/// Records that were sent together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The records as they stand in NDJSON, in the spelling exports use.
    pub lines: Vec<Value>,
    /// Sent as all or nothing.
    pub atomic: bool,
    /// Whether the answer said that they are stored.
    pub acknowledged: bool,
}

impl Batch {
    /// `count` records named after `name`, of every kind that is recorded often. `time` gives the time of each.
    pub fn new(name: &str, count: usize, mut time: impl FnMut() -> Micros) -> Self {
        let lines = (0..count).map(|n| line(name, n, time())).collect();
        Self { lines, atomic: false, acknowledged: false }
    }

    /// The body of a request, or a file.
    pub fn ndjson(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Sends the records to a server. Returns whether it answered; no answer is how a killed server answers.
    /// Panics when it answers anything else than that it has them all.
    pub async fn send(&mut self, client: &reqwest::Client, address: std::net::SocketAddr) -> bool {
        let Some(answer) = self.post(client, address).await else { return false };
        assert_eq!(answer.status, 200, "{}", answer.text);
        true
    }

    /// The same, whatever the answer; `None` when there is none, or it was cut off.
    pub async fn post(&mut self, client: &reqwest::Client, address: std::net::SocketAddr) -> Option<Answer> {
        let url = format!("http://{address}/api/v1/ingest?atomic={}", self.atomic);
        let request = client.post(url).header("content-type", "application/x-ndjson").body(self.ndjson());
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.ok()? };
        if status == 200 {
            let [accepted, duplicates, differing, rejected] = answer.counts();
            assert_eq!((accepted + duplicates, differing + rejected), (self.lines.len() as u64, 0), "{}", answer.text);
            self.acknowledged = true;
        }
        Some(answer)
    }
}

/// Record `n` of `name`. Five of eight are tasks; half of those have a UUID, which the store packs.
fn line(name: &str, n: usize, time: Micros) -> Value {
    let id = format!("{name}-{n}");
    let timestamp = time.to_rfc3339();
    let agent = format!("agent-{}", n % 7);
    match n % 8 {
        kind @ 0..=4 => {
            let result = ["success", "success", "success", "failure", "timeout"][kind];
            let task_id = if n.is_multiple_of(2) { uuid(name, n) } else { id };
            json!({"kind": "task", "task_id": task_id, "agent_id": agent, "result": result, "timestamp": timestamp,
                   "duration_ms": n as f64 + 0.5, "tokens_used": n, "swarm_id": format!("swarm-{}", n % 3)})
        }
        5 => json!({"kind": "event", "event_id": uuid(name, n), "event_type": "heartbeat", "agent_id": agent,
                    "timestamp": timestamp, "metadata": {"of": id}}),
        6 => json!({"kind": "agent_metric", "id": id, "agent_id": agent, "metric_type": "load",
                    "value": n as f64 + 0.25, "timestamp": timestamp}),
        _ => json!({"kind": "healing", "failure_id": id, "strategy": "retry", "failure_type": "timeout",
                    "success": n.is_multiple_of(3), "duration_ms": n as f64 + 0.5, "timestamp": timestamp}),
    }
}

fn uuid(name: &str, n: usize) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let hash = hasher.finish();
    format!("{:08x}-{:04x}-7{:03x}-8000-{n:012x}", hash >> 32, hash >> 16 & 0xffff, hash & 0xfff)
}

/// What makes a record the same record.
pub fn identity(line: &Value) -> String {
    let text = |field: &str| line[field].as_str().unwrap_or_default();
    let kind = text("kind");
    if let Some(key) = line["source"]["key"].as_str() {
        return format!("{kind} {key}");
    }
    match kind {
        "task" => format!("task {} {}", text("task_id"), text("timestamp")),
        "event" => format!("event {}", text("event_id")),
        "healing" => format!("healing {} {}", text("failure_id"), text("timestamp")),
        "agent" => format!("agent {} {}", text("agent_id"), text("spawn_time")),
        _ => format!("{kind} {}", text("id")),
    }
}

/// What may be found, and what must be.
#[derive(Debug, Default)]
pub struct Ledger {
    sent: BTreeMap<String, (Value, bool)>,
    atomic: Vec<Vec<String>>,
}

/// What a judgement counted.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Records that had to be there, and are.
    pub acknowledged: usize,
    /// Records whose sender got no answer, but which are there.
    pub unanswered: usize,
    /// Records whose sender got no answer, and which are not there.
    pub lost: usize,
    /// Records that lie sealed, where somebody looked.
    pub sealed: usize,
}

impl Ledger {
    /// Enters what was sent. A batch that is sent again stays acknowledged.
    pub fn note(&mut self, batch: &Batch) {
        for line in &batch.lines {
            let entry = self.sent.entry(identity(line)).or_insert_with(|| (line.clone(), false));
            entry.1 |= batch.acknowledged;
        }
        if batch.atomic {
            self.atomic.push(batch.lines.iter().map(identity).collect());
        }
    }

    /// Compares with what was found; panics, with `context`, where the oracle is broken. What was sent and is not
    /// there counts as never sent from here on, so that it must not turn up later.
    pub fn judge(&mut self, found: &[Value], context: &str) -> Counts {
        let mut times: HashMap<String, usize> = HashMap::new();
        for line in found {
            let identity = identity(line);
            let Some((sent, _)) = self.sent.get(&identity) else { panic!("{context}: nobody sent {line}") };
            for (field, value) in sent.as_object().expect("an object") {
                assert_eq!(&line[field], value, "{context}: `{field}` of {identity} is not what was sent");
            }
            *times.entry(identity).or_default() += 1;
        }
        if let Some((twice, times)) = times.iter().find(|(_, times)| **times > 1) {
            panic!("{context}: {twice} is there {times} times");
        }
        for group in self.atomic.drain(..) {
            let there = group.iter().filter(|identity| times.contains_key(*identity)).count();
            assert!(there == 0 || there == group.len(), "{context}: {there} of {} were stored", group.len());
        }
        let mut counts = Counts::default();
        self.sent.retain(|identity, (_, acknowledged)| {
            let there = times.contains_key(identity);
            assert!(there || !*acknowledged, "{context}: {identity} was acknowledged and is gone");
            match (there, *acknowledged) {
                (true, true) => counts.acknowledged += 1,
                (true, false) => counts.unanswered += 1,
                (false, _) => counts.lost += 1,
            }
            there
        });
        counts
    }
}

/// Everything a server has, as the export of all kinds gives it.
pub async fn found(client: &reqwest::Client, address: std::net::SocketAddr) -> Vec<Value> {
    let answer = client.get(format!("http://{address}/api/v1/export/all.ndjson")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.expect("a whole export");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
