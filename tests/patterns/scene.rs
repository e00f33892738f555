//! Records with something in them to learn.

use swarmscope::config::Config;
use swarmscope::model::pattern::{Pattern, PatternType, PatternsPage, PatternsQuery};
use swarmscope::model::{Micros, Record};
use swarmscope::service::patterns::Patience;
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};

use super::common::NOON;

pub const MINUTE: i64 = 60_000_000;
pub const STEPS: [&str; 4] = ["plan", "edit", "check", "commit"];
/// Until it is done.
pub const ENDLESS: Patience = Patience::Endless;
/// When patterns are learned: long after everything here.
pub const NOW: Micros = Micros(NOON + 30 * 24 * 60 * MINUTE);

/// An event line; `minute` after noon of the first day.
pub fn event(kind: &str, agent: &str, swarm: &str, minute: f64) -> String {
    let millis = NOON / 1000 + (minute * 60_000.0) as i64;
    format!(
        r#"{{"kind":"event","event_type":"{kind}","agent_id":"{agent}","swarm_id":"{swarm}","timestamp":{millis}}}"#
    )
}

/// `rounds` of the workflow, ten minutes apart from `minute` on, three seconds a step.
pub fn workflow(agent: &str, swarm: &str, minute: f64, rounds: usize) -> Vec<String> {
    let round = |n: usize| {
        STEPS
            .iter()
            .enumerate()
            .map(move |(step, kind)| event(kind, agent, swarm, minute + 10.0 * n as f64 + 0.05 * step as f64))
    };
    (0..rounds).flat_map(round).collect()
}

/// `count` events of eight types by three agents in no order, over `hours` from `minute` on.
pub fn noise(minute: f64, count: usize, hours: f64) -> Vec<String> {
    let mut seed = 7_u64;
    let mut dice = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        let at = minute + hours * 60.0 * dice(1_000_000) as f64 / 1e6;
        lines.push(event(&format!("noise-{}", dice(8)), &format!("agent-{}", dice(3)), "swarm-1", at));
    }
    lines
}

/// The records of `lines`.
pub fn records(lines: &[String]) -> Vec<Record> {
    let context = ParseContext { now: NOW, assume_offset: None };
    let (mut records, mut ignored) = (Vec::new(), IgnoredFields::default());
    for line in lines {
        parse(line.as_bytes(), &context, &mut records, &mut ignored).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    records
}

/// A store in a folder of its own.
pub struct Scene {
    pub service: Service,
    pub folder: tempfile::TempDir,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let service = open(folder.path(), &config).await;
        Self { service, folder }
    }

    /// Stores records.
    pub async fn send(&self, lines: &[String]) {
        self.service.record(records(lines), NOW).await.expect("stored");
    }

    /// What is learned for a question.
    pub async fn ask(&self, query: &PatternsQuery) -> PatternsPage {
        self.service.patterns(query, Patience::Endless, NOW).await.expect("an answer")
    }
}

/// A service over the store of `folder`, as another process would have it.
pub async fn open(folder: &std::path::Path, config: &Config) -> Service {
    let store = Store::open(&folder.join("s.db"), &StoreOptions { readers: 1, ..StoreOptions::default() })
        .await
        .expect("a store");
    Service::new(store, Settings { patterns: config.patterns.clone(), ..Settings::default() })
}

/// The pattern of the workflow.
pub fn of_workflow(patterns: &[Pattern]) -> Option<&Pattern> {
    patterns.iter().find(|pattern| pattern.pattern_type == PatternType::Sequence && pattern.events == STEPS)
}
