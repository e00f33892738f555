//! What is measured about a swarm as a whole, every half hour, from what its agents did; and its rare
//! loss of quorum.

use crate::model::time::{DAY, MINUTE};
use crate::model::{HealingRecord, Json, MetricRecord, Micros, Outcome, Record, TaskRecord, TimeRange};

use super::cast::Swarm;
use super::dice::Dice;
use super::life::{burst, plus};
use super::truths::STRATEGIES;

/// Time between two measurements.
const STEP: i64 = 30 * MINUTE;
/// Mean time between two losses of quorum.
const QUORUM_DAYS: f64 = 2.0;

/// Measurements and quorum healings of `swarm`, whose agents left `records`.
pub fn watch(mut dice: Dice, range: TimeRange, swarm: &Swarm, records: &[Record]) -> Vec<Record> {
    let mut tasks: Vec<&TaskRecord> = records
        .iter()
        .filter_map(|record| match record {
            Record::Task(task) => Some(task),
            _ => None,
        })
        .collect();
    tasks.sort_by_key(|task| task.timestamp);
    let mut found = Vec::new();
    let mut at = Micros(range.from.0.div_euclid(STEP) * STEP + STEP);
    while at < range.until {
        let first = tasks.partition_point(|task| task.timestamp.0 < at.0 - STEP);
        let last = tasks.partition_point(|task| task.timestamp < at);
        measure(&mut dice, range, swarm, at, &tasks[first..last], &mut found);
        at = Micros(at.0 + STEP);
    }
    quorum(&mut dice, range, swarm, &mut found);
    found
}

/// The five figures of the half hour that ended at `at`. Health is its share of successes, and is not
/// sent when nothing ended.
fn measure(
    dice: &mut Dice,
    range: TimeRange,
    swarm: &Swarm,
    at: Micros,
    tasks: &[&TaskRecord],
    found: &mut Vec<Record>,
) {
    let good = tasks.iter().filter(|task| task.result == Some(Outcome::Success)).count();
    let busy = swarm.rhythm(at);
    let stuck = if burst(range, swarm, at).is_some() { 22.0 } else { 0.0 };
    let mut push = |metric_type: &str, value: f64, metadata: Option<Json>| {
        found.push(Record::SwarmMetric(MetricRecord {
            subject: swarm.id.as_str().to_owned(),
            metric_type: metric_type.to_owned(),
            value: (value * 1000.0).round() / 1000.0,
            timestamp: at,
            id: None,
            metadata,
            project: Some(swarm.project.to_owned()),
            source: None,
        }));
    };
    if !tasks.is_empty() {
        let evidence = Json(format!(r#"{{"tasks":{}}}"#, tasks.len()));
        push("health", good as f64 / tasks.len() as f64, Some(evidence));
    }
    push("throughput", tasks.len() as f64 / 30.0, Some(Json(r#"{"unit":"tasks/min"}"#.to_owned())));
    push("queue_depth", (dice.exponential(6.0 * busy) + stuck).round(), None);
    push("cpu_percent", (100.0 * (0.15 + 0.6 * busy) * dice.between(0.8, 1.15)).min(100.0), None);
    push("memory_percent", 38.0 + 25.0 * busy + 3.0 * dice.normal(), None);
}

/// Now and then the swarm loses its quorum; one attempt heals it or a person does.
fn quorum(dice: &mut Dice, range: TimeRange, swarm: &Swarm, found: &mut Vec<Record>) {
    let Some(strategy) = STRATEGIES.into_iter().find(|strategy| strategy.failure_type == "quorum_loss") else {
        return;
    };
    let wait_s = QUORUM_DAYS * (DAY / 1_000_000) as f64;
    let mut at = plus(range.from, dice.exponential(wait_s));
    while at < range.until {
        let ms = dice.log_normal(strategy.median_ms, 0.4).round();
        found.push(Record::Healing(HealingRecord {
            strategy: strategy.name.to_owned(),
            failure_type: strategy.failure_type.to_owned(),
            success: dice.chance(strategy.works_first),
            duration_ms: ms,
            failure_id: Some(dice.uuid(at)),
            agent_id: None,
            detected_at: Some(at),
            timestamp: plus(at, ms / 1000.0),
            actions: strategy.actions.iter().map(|action| (*action).to_owned()).collect(),
            id: None,
            metadata: Some(Json(format!(r#"{{"swarm_id":"{}"}}"#, swarm.id))),
            project: Some(swarm.project.to_owned()),
            source: None,
        }));
        at = plus(at, dice.exponential(wait_s));
    }
}
