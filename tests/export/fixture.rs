//! A server over a store with known records.

use std::path::PathBuf;
use std::time::Duration;

use swarmscope::config::Config;
use swarmscope::model::{
    AgentRecord, AgentStatus, Dataset, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Micros, Outcome,
    Record, Source, TaskRecord, TokenCounts,
};
use swarmscope::server;
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use tokio::sync::oneshot;

/// 2026-01-01T12:00:00Z.
pub const NOON: i64 = 1_767_268_800_000_000;

/// Texts that break careless writers.
pub const NASTY: [&str; 8] = [
    "plain",
    "a,\"b\"",
    "two\nlines",
    "=1+1",
    "<script>alert(1)</script>",
    "back\\slash {x=\"y\"}",
    "-5",
    "\u{1F916} café\t",
];

pub struct Server {
    pub service: Service,
    pub base: String,
    pub db: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    _folder: tempfile::TempDir,
}

impl Server {
    /// A server over an empty store.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("swarmscope.db");
        let store = Store::open(&db, &StoreOptions::default()).await.expect("a new store");
        let service = Service::new(store, Settings::default());
        let listener = server::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let served = service.clone();
        tokio::spawn(async move {
            let config = Config::default();
            server::serve(served, &config, listener, async { drop(stopped.await) }).await.expect("it serves");
        });
        Self { service, base, db, stop: Some(stop), _folder: folder }
    }

    /// A server over a store with `records`.
    pub async fn with(records: Vec<Record>) -> Self {
        let server = Self::start().await;
        server.store(records).await;
        server
    }

    pub async fn store(&self, records: Vec<Record>) {
        for batch in records.chunks(5000) {
            self.service.store().write(batch.to_vec()).await.expect("stored");
        }
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        client.get(format!("{}{path}", self.base)).send().await.expect("an answer")
    }

    /// The body of an export that must succeed.
    pub async fn export(&self, file: &str) -> String {
        let response = self.get(&format!("/api/v1/export/{file}")).await;
        assert_eq!(response.status(), 200, "{file}");
        response.text().await.expect("a whole body")
    }

    /// The NDJSON lines of a dataset, as JSON.
    pub async fn lines(&self, file: &str) -> Vec<serde_json::Value> {
        let text = self.export(file).await;
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take()); // the other end takes that for the signal
    }
}

pub fn task(id: &str, agent: &str, result: Option<Outcome>, ts: i64) -> TaskRecord {
    TaskRecord {
        task_id: id.to_owned().try_into().expect("an id"),
        agent_id: agent.to_owned().try_into().expect("an id"),
        result,
        timestamp: Micros(ts),
        duration_ms: None,
        tokens_used: None,
        files_changed: None,
        swarm_id: None,
        model: None,
        tokens: TokenCounts::default(),
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    }
}

pub fn metric(subject: &str, metric_type: &str, value: f64, ts: i64) -> MetricRecord {
    MetricRecord {
        subject: subject.into(),
        metric_type: metric_type.into(),
        value,
        timestamp: Micros(ts),
        id: None,
        metadata: None,
        project: None,
        source: None,
    }
}

pub fn event(id: &str, event_type: &str, agent: &str, ts: i64) -> EventRecord {
    EventRecord {
        event_type: event_type.into(),
        agent_id: agent.to_owned().try_into().expect("an id"),
        agent_type: None,
        event_id: Some(id.to_owned().try_into().expect("an id")),
        task_id: None,
        swarm_id: None,
        timestamp: Micros(ts),
        metadata: None,
        project: None,
        source: None,
    }
}

/// Eight of each kind, in the order in which they are exported, with texts from [`NASTY`] everywhere
/// and every optional field now there and now not; the last two tasks end in one millisecond.
pub fn mixed() -> Vec<Record> {
    let cases = || (0..8_i64).zip(NASTY);
    let mut records: Vec<Record> = cases().map(|(n, text)| Record::Task(mixed_task(n, text))).collect();
    let at = |n: i64| NOON + n.min(6) * 1_000_000;
    records.extend(cases().map(|(n, text)| {
        let id = (n % 2 == 0).then(|| format!("m-{text}"));
        Record::AgentMetric(MetricRecord {
            id,
            ..metric(NASTY[usize::from(n > 3)], text, -0.1 * f64::from(n as i32), at(n))
        })
    }));
    records.extend(
        cases().map(|(n, text)| Record::SwarmMetric(metric(text, "health", 1e-9 * f64::from(n as i32), at(n)))),
    );
    records.extend(cases().map(|(n, text)| {
        Record::Event(EventRecord {
            agent_type: (n % 2 == 0).then(|| text.to_owned()),
            swarm_id: (n % 3 == 0).then(|| text.to_owned().try_into().expect("an id")),
            task_id: (n % 4 == 0).then(|| "task-1".to_owned().try_into().expect("an id")),
            metadata: (n % 2 == 1).then(|| Json(format!("{{\"n\": {n}}}"))),
            ..event(&format!("e-{n}"), text, "agent-1", at(n))
        })
    }));
    records.extend(cases().map(|(n, text)| Record::Healing(mixed_healing(n, text))));
    records.extend(cases().map(|(n, text)| {
        Record::Agent(AgentRecord {
            agent_id: text.to_owned().try_into().expect("an id"),
            agent_type: "planner".into(),
            status: if n % 2 == 0 { AgentStatus::Running } else { AgentStatus::Complete },
            spawn_time: Micros(at(n) + n),
            complete_time: (n % 2 == 1).then_some(Micros(at(n) + 5_000_000)),
            duration_ms: (n % 2 == 1).then_some(5000.5),
            metadata: None,
            project: (n == 3).then(|| "=cmd".into()),
            source: None,
        })
    }));
    records.extend(cases().map(|(n, text)| {
        Record::Memory(MemoryRecord {
            session_id: "s".into(),
            memory_type: "semantic".into(),
            key: text.into(),
            value: Json(
                ["null", "-5", "\"=1\"", "[1, 2]", "{\"a\":  1}", "true", "1.50", "\"\\n\""][n as usize].into(),
            ),
            timestamp: Micros(at(n)),
            ttl_hours: (n % 2 == 0).then_some(0.5),
            id: None,
            project: None,
            source: None,
        })
    }));
    records
}

fn mixed_task(n: i64, text: &str) -> TaskRecord {
    let result = [
        Some(Outcome::Success),
        Some(Outcome::Failure),
        Some(Outcome::Timeout),
        Some(Outcome::Cancelled),
        Some(Outcome::Failed),
        Some(Outcome::Other("partial".into())),
        None,
        Some(Outcome::Success),
    ][n as usize]
        .clone();
    let imported = n >= 4;
    TaskRecord {
        duration_ms: (n % 2 == 0).then_some(0.1 + 0.2 + 1000.0 * n as f64),
        tokens_used: (n > 0).then_some(10 * n),
        files_changed: (n % 3 == 0).then_some(n),
        swarm_id: (n % 2 == 1).then(|| "swarm".to_owned().try_into().expect("an id")),
        model: (n % 2 == 0).then(|| text.to_owned()),
        tokens: TokenCounts {
            input: (n == 3).then_some(30),
            reasoning: (n == 3).then_some(0),
            ..TokenCounts::default()
        },
        cost_usd: (n == 1).then_some(0.000_1),
        metadata: (n == 1).then(|| Json(format!("{{\"t\": {}, \"x\":[1 ,2]}}", serde_json::json!(text)))),
        project: (n % 2 == 1).then(|| "apollo".into()),
        source: imported.then(|| Source { file: "=old.db".into(), key: format!("task:{n}") }),
        ..task(
            &format!("task-{n}"),
            text,
            result,
            if n == 7 { NOON + 6_000_100 } else { NOON + n * 1_000_000 + n % 2 * 1500 },
        )
    }
}

fn mixed_healing(n: i64, text: &str) -> HealingRecord {
    HealingRecord {
        strategy: NASTY[n as usize % 3].into(),
        failure_type: text.into(),
        success: n % 2 == 0,
        duration_ms: 100.25 * n as f64,
        failure_id: (n % 2 == 0).then(|| format!("f-{n}")),
        agent_id: (n % 4 != 0).then(|| "agent-1".to_owned().try_into().expect("an id")),
        detected_at: (n % 3 == 0).then_some(Micros(NOON - 1000)),
        timestamp: Micros(NOON + n.min(6) * 1_000_000),
        actions: if n % 2 == 0 { vec![text.into(), "wait".into()] } else { Vec::new() },
        id: (n % 2 == 1).then(|| format!("h-{n}")),
        metadata: None,
        project: None,
        source: None,
    }
}

/// Those of `records` that belong to `dataset`.
pub fn of(dataset: Dataset, records: &[Record]) -> Vec<Record> {
    let belongs = |record: &&Record| {
        let kind = match record {
            Record::Task(_) => Dataset::Tasks,
            Record::AgentMetric(_) => Dataset::AgentMetrics,
            Record::SwarmMetric(_) => Dataset::SwarmMetrics,
            Record::Event(_) => Dataset::Events,
            Record::Healing(_) => Dataset::Healings,
            Record::Agent(_) => Dataset::Agents,
            Record::Memory(_) => Dataset::Memory,
        };
        kind == dataset
    };
    records.iter().filter(belongs).cloned().collect()
}
