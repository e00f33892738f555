//! Conditions: events that nobody sent, found in task and resource records by the thresholds of the documents.
//!
//! | condition | record | holds while |
//! |---|---|---|
//! | `task_failed` | task | it ends with failure |
//! | `task_timeout` | task | it runs out of time |
//! | `high_token_usage` | task | it uses twice the tokens of the average task, or more |
//! | `high_latency` | task | it takes twice as long as the average task, or longer |
//! | `high_token_usage` | `token_usage_percent` | ≥ 80 |
//! | `memory_pressure` | `memory_usage_percent` | ≥ 85 |
//! | `queue_backlog` | `queue_depth` | ≥ 50 |
//! | `slow_response` | `avg_response_time_ms` | ≥ 5000 |
//! | `low_success_rate` | `success_rate` of an agent | < 0.7 |
//!
//! A condition of a series is one event, when it begins to hold. Of a task it is told when it was passed, not when the
//! task ended: durations pass their threshold at a known moment, tokens as if they were spent evenly.

use std::collections::HashMap;

use crate::model::{Micros, Outcome};

/// The resource and health series that conditions are found in: metric type, condition, threshold, whether it holds
/// above (else below).
const SERIES: [(&str, &str, f64, bool); 5] = [
    ("token_usage_percent", HIGH_TOKEN_USAGE, 80.0, true),
    ("memory_usage_percent", "memory_pressure", 85.0, true),
    ("queue_depth", "queue_backlog", 50.0, true),
    ("avg_response_time_ms", "slow_response", 5_000.0, true),
    ("success_rate", "low_success_rate", 0.7, false),
];
/// A task stands out from so many times the average on.
const TASK_FACTOR: f64 = 2.0;
/// Fewer tasks make no average.
const TASKS_MIN: u64 = 10;

const HIGH_TOKEN_USAGE: &str = "high_token_usage";
const HIGH_LATENCY: &str = "high_latency";
const TASK_FAILED: &str = "task_failed";
const TASK_TIMEOUT: &str = "task_timeout";

/// What is asked of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskPoint<'a> {
    /// When it ended.
    pub time: Micros,
    /// Who did it.
    pub agent: &'a str,
    /// In which swarm.
    pub swarm: Option<&'a str>,
    /// How it ended.
    pub result: Option<&'a Outcome>,
    /// All its tokens.
    pub tokens_used: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
}

/// A value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint<'a> {
    /// When it was measured.
    pub time: Micros,
    /// The agent it is about, where it is about one.
    pub agent: Option<&'a str>,
    /// The swarm it is about, or the agent's.
    pub swarm: Option<&'a str>,
    /// What is measured.
    pub metric_type: &'a str,
    /// The value.
    pub value: f64,
}

/// A condition that began to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition<'a> {
    /// When.
    pub time: Micros,
    /// Its event type.
    pub event_type: &'static str,
    /// Of which agent.
    pub agent: Option<&'a str>,
    /// Of which swarm.
    pub swarm: Option<&'a str>,
}

/// Every condition there is, as event types.
pub const CONDITIONS: [&str; 8] = [
    HIGH_LATENCY,
    HIGH_TOKEN_USAGE,
    "low_success_rate",
    "memory_pressure",
    "queue_backlog",
    "slow_response",
    TASK_FAILED,
    TASK_TIMEOUT,
];

/// The metric types in which conditions are looked for.
pub fn series() -> impl Iterator<Item = &'static str> {
    SERIES.into_iter().map(|(metric_type, ..)| metric_type)
}

/// The conditions of tasks, in the order of the tasks.
#[must_use]
pub fn of_tasks<'a>(tasks: &[TaskPoint<'a>]) -> Vec<Condition<'a>> {
    #[expect(clippy::cast_precision_loss, reason = "tokens stay far below 2^53")]
    let tokens = |task: &TaskPoint<'_>| task.tokens_used.map(|tokens| tokens as f64);
    let tokens_max = average(tasks.iter().filter_map(tokens)).map(|mean| TASK_FACTOR * mean);
    let duration_max = average(tasks.iter().filter_map(|task| task.duration_ms)).map(|mean| TASK_FACTOR * mean);
    let mut found = Vec::new();
    for task in tasks {
        let mut add = |event_type, before_ms: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a part of the task's duration")]
            let time = Micros(task.time.0.saturating_sub((before_ms * 1e3).max(0.0) as i64));
            found.push(Condition { time, event_type, agent: Some(task.agent), swarm: task.swarm });
        };
        if let (Some(used), Some(most)) = (tokens(task), tokens_max)
            && used >= most
            && most > 0.0
        {
            add(HIGH_TOKEN_USAGE, task.duration_ms.unwrap_or(0.0) * (1.0 - most / used));
        }
        if let (Some(took), Some(most)) = (task.duration_ms, duration_max)
            && took >= most
            && most > 0.0
        {
            add(HIGH_LATENCY, took - most);
        }
        match task.result {
            Some(Outcome::Failure | Outcome::Failed) => add(TASK_FAILED, 0.0),
            Some(Outcome::Timeout) => add(TASK_TIMEOUT, 0.0),
            _ => {}
        }
    }
    found
}

/// The mean of at least [`TASKS_MIN`] values.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0_u64);
    values.for_each(|value| {
        sum += value;
        n += 1;
    });
    (n >= TASKS_MIN).then(|| sum / n as f64)
}

/// The conditions of series; `points` by time. A series is a metric type of an agent or a swarm.
#[must_use]
pub fn of_series<'a>(points: &[SeriesPoint<'a>]) -> Vec<Condition<'a>> {
    let mut holds: HashMap<(&str, Option<&str>, Option<&str>), bool> = HashMap::new();
    let mut found = Vec::new();
    for point in points {
        let Some((_, event_type, threshold, above)) = SERIES.into_iter().find(|rule| rule.0 == point.metric_type)
        else {
            continue;
        };
        let now = if above { point.value >= threshold } else { point.value < threshold };
        let before = holds.insert((event_type, point.agent, point.swarm), now).unwrap_or(false);
        if now && !before {
            found.push(Condition { time: point.time, event_type, agent: point.agent, swarm: point.swarm });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_stands_out_from_twice_the_average_on_and_is_told_when_it_passed_it() {
        let task = |time, tokens, duration| TaskPoint {
            time: Micros(time),
            agent: "a",
            swarm: None,
            result: Some(&Outcome::Success),
            tokens_used: Some(tokens),
            duration_ms: Some(duration),
        };
        // Nine of 100 tokens and 1 s, one of 1100 tokens and 11 s: the averages are 200 tokens and 2 s.
        let mut tasks = vec![task(0, 100, 1_000.0); 9];
        tasks.push(task(20_000_000, 1_100, 11_000.0));
        let found: Vec<_> = of_tasks(&tasks).iter().map(|c| (c.event_type, c.time.0)).collect();
        // Past 4 s of 11; past 400 tokens of 1100 as if spent evenly, which is 4 s of 11, too.
        assert_eq!(found, [("high_token_usage", 13_000_000), ("high_latency", 13_000_000)]);
        assert!(of_tasks(&tasks[1..]).is_empty(), "nine tasks make no average");
    }

    #[test]
    fn failures_and_timeouts_are_told_at_the_end_of_the_task() {
        let results = [Outcome::Failure, Outcome::Timeout, Outcome::Cancelled, Outcome::Success, Outcome::Failed];
        let tasks: Vec<_> = results
            .iter()
            .map(|result| TaskPoint {
                time: Micros(7),
                agent: "a",
                swarm: Some("s"),
                result: Some(result),
                tokens_used: None,
                duration_ms: Some(3.0),
            })
            .collect();
        let words: Vec<_> = of_tasks(&tasks).iter().map(|c| (c.event_type, c.time.0, c.swarm)).collect();
        assert_eq!(
            words,
            [("task_failed", 7, Some("s")), ("task_timeout", 7, Some("s")), ("task_failed", 7, Some("s"))]
        );
    }

    #[test]
    fn a_series_tells_only_when_its_threshold_is_crossed() {
        let point = |time, metric_type, value| SeriesPoint {
            time: Micros(time),
            agent: None,
            swarm: Some("s"),
            metric_type,
            value,
        };
        let points = [
            point(1, "token_usage_percent", 79.9),
            point(2, "token_usage_percent", 80.0),
            point(3, "token_usage_percent", 95.0),
            point(4, "token_usage_percent", 10.0),
            point(5, "token_usage_percent", 81.0),
            point(6, "success_rate", 0.7),
            point(7, "success_rate", 0.69),
            point(8, "temperature", 99.0),
        ];
        let found: Vec<_> = of_series(&points).iter().map(|c| (c.event_type, c.time.0)).collect();
        assert_eq!(found, [("high_token_usage", 2), ("high_token_usage", 5), ("low_success_rate", 7)]);
    }

    #[test]
    fn every_series_and_task_condition_is_listed() {
        assert!(SERIES.iter().all(|(_, condition, ..)| CONDITIONS.contains(condition)));
        assert!(CONDITIONS.is_sorted());
    }
}
