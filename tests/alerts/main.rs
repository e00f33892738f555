//! Alerts over real stores: which figures fire, what survives a restart, what a dry run says, and what people change.
//! Looks are made at instants the test chooses.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod edits;
mod kinds;
mod lasting;
mod past;
mod replay;
mod rest;

use std::collections::BTreeMap;
use std::path::Path;

use common::NOON;
use serde_json::{Value, json};
use swarmscope::alerts::Evaluation;
use swarmscope::model::alert::{
    AlertSettings, AlertState, BudgetSettings, NotificationStatus, ReadingVerdict, Rule, RuleReading, RuleSpec,
};
use swarmscope::model::time::SECOND;
use swarmscope::model::{Micros, Record};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};
use tempfile::TempDir;

/// So many seconds after noon.
fn at(seconds: i64) -> Micros {
    Micros(NOON + seconds * SECOND)
}

fn rule(text: &str) -> Rule {
    let spec: RuleSpec = toml::from_str(&format!("name = 'r'\n{text}")).expect("well written");
    spec.check().expect("a rule")
}

/// Only these rules.
fn only(rules: Vec<Rule>) -> Settings {
    Settings { alerts: AlertSettings { builtin: false, rules, ..AlertSettings::default() }, ..Settings::default() }
}

fn budget(tokens: u64) -> Settings {
    let budget = BudgetSettings { tokens: Some(tokens), ..BudgetSettings::default() };
    Settings { budget, ..Settings::default() }
}

async fn open(path: &Path, settings: Settings) -> Service {
    // One reader: who asks for a second moment while holding one would wait for ever.
    let options = StoreOptions { readers: 1, ..StoreOptions::default() };
    Service::new(Store::open(path, &options).await.expect("a store"), settings)
}

/// A service over a store of its own.
async fn service(settings: Settings) -> (Service, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let service = open(&folder.path().join("test.db"), settings).await;
    (service, folder)
}

async fn store(service: &Service, records: &[Value]) {
    let context = ParseContext { now: at(7 * 86_400), assume_offset: None };
    let mut parsed: Vec<Record> = Vec::new();
    for record in records {
        parse(record.to_string().as_bytes(), &context, &mut parsed, &mut IgnoredFields::default()).expect("a record");
    }
    service.store().write(parsed).await.expect("stored");
}

/// A task that ended so many seconds after noon.
fn task(id: &str, seconds: i64, success: bool) -> Value {
    let result = if success { "success" } else { "failure" };
    json!({"kind": "task", "task_id": id, "agent_id": "a", "swarm_id": "s", "result": result,
        "timestamp": at(seconds).to_rfc3339()})
}

/// Tasks of one instant, of which the first `failed` failed.
fn tasks(count: usize, failed: usize, seconds: i64) -> Vec<Value> {
    (0..count).map(|n| task(&format!("t-{seconds}-{n}"), seconds, n >= failed)).collect()
}

fn swarm_metric(swarm: &str, metric: &str, value: f64, seconds: i64) -> Value {
    json!({"kind": "swarm_metric", "swarm_id": swarm, "metric_type": metric, "value": value,
        "timestamp": at(seconds).to_rfc3339()})
}

async fn look(service: &Service, seconds: i64) -> Evaluation {
    service.look_at_alerts(at(seconds)).await.expect("a look")
}

/// Rule, subject and new state of what changed.
fn changes(evaluation: &Evaluation) -> Vec<(&str, Option<&str>, AlertState)> {
    let mut found = Vec::new();
    for change in &evaluation.changes {
        let whom = change.subject.as_ref().map(|subject| subject.value.as_str());
        found.push((change.rule.as_str(), whom, change.to));
    }
    found
}

fn reading<'a>(evaluation: &'a Evaluation, rule: &str) -> &'a RuleReading {
    evaluation.readings.get(rule).expect("it was read")
}

fn verdicts(evaluation: &Evaluation) -> BTreeMap<&str, ReadingVerdict> {
    evaluation.readings.iter().map(|(rule, reading)| (rule.as_str(), reading.verdict)).collect()
}

async fn waiting(service: &Service) -> Vec<(NotificationStatus, String)> {
    let waiting = service.waiting_notifications(100).await.expect("readable");
    waiting.into_iter().map(|notification| (notification.status, notification.alert.rule)).collect()
}
