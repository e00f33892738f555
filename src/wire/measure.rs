//! What of a record Prometheus can hold: numbers in base units under labels. The one mapping behind
//! the text export (one value a series) and OpenMetrics (all samples), so that the two agree.
//!
//! No ids of tasks and no free text become labels: a series that is born with every task would
//! drown the reader.

use crate::model::{Record, TaskRecord};

/// One kind of number taken from records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Measure {
    /// A task ended.
    Task,
    /// How long a task took, in seconds.
    TaskDuration,
    /// Tokens of a task; the kinds are disjoint, `unsplit` when only the total is known.
    TaskTokens,
    /// The part of a task's output tokens spent on reasoning.
    TaskReasoning,
    /// Files a task changed.
    TaskFiles,
    /// What a task cost, in USD.
    TaskCost,
    /// A number about an agent, in its own unit.
    AgentMetric,
    /// A number about a swarm, in its own unit.
    SwarmMetric,
    /// Something happened.
    Event,
    /// A healing was tried.
    Healing,
    /// How long a healing took, in seconds.
    HealingDuration,
}

impl Measure {
    /// The names of its labels, in the order in which [`each`] gives their values.
    pub(super) fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Task | Self::TaskDuration => &["agent", "result"],
            Self::TaskTokens => &["agent", "kind"],
            Self::TaskReasoning | Self::TaskFiles | Self::TaskCost => &["agent"],
            Self::AgentMetric => &["agent", "metric_type"],
            Self::SwarmMetric => &["swarm", "metric_type"],
            Self::Event => &["event_type"],
            Self::Healing | Self::HealingDuration => &["strategy", "outcome"],
        }
    }
}

/// The `result` of a task without one, as filters call it.
const NO_RESULT: &str = "none";

/// Shows `visit` every number of `record` with the values of its labels. Numbers that are not
/// recorded are not shown. Registry entries and memories hold none.
pub(super) fn each(record: &Record, visit: &mut dyn FnMut(Measure, &[&str], f64)) {
    match record {
        Record::Task(task) => each_of_task(task, visit),
        Record::AgentMetric(r) => visit(Measure::AgentMetric, &[&r.subject, &r.metric_type], r.value),
        Record::SwarmMetric(r) => visit(Measure::SwarmMetric, &[&r.subject, &r.metric_type], r.value),
        Record::Event(r) => visit(Measure::Event, &[&r.event_type], 1.0),
        Record::Healing(r) => {
            let labels = [r.strategy.as_str(), if r.success { "success" } else { "failure" }];
            visit(Measure::Healing, &labels, 1.0);
            visit(Measure::HealingDuration, &labels, r.duration_ms / 1000.0);
        }
        Record::Agent(_) | Record::Memory(_) => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens and files stay far below 2^53")]
fn each_of_task(task: &TaskRecord, visit: &mut dyn FnMut(Measure, &[&str], f64)) {
    let agent = task.agent_id.as_str();
    let ended = [agent, task.result.as_ref().map_or(NO_RESULT, |result| result.as_str())];
    visit(Measure::Task, &ended, 1.0);
    if let Some(millis) = task.duration_ms {
        visit(Measure::TaskDuration, &ended, millis / 1000.0);
    }
    let tokens = &task.tokens;
    let unsplit = if tokens.total().is_none() { task.tokens_used } else { None };
    for (kind, count) in [
        ("input", tokens.input),
        ("output", tokens.output),
        ("cache_read", tokens.cache_read),
        ("cache_write", tokens.cache_write),
        ("unsplit", unsplit),
    ] {
        if let Some(count) = count {
            visit(Measure::TaskTokens, &[agent, kind], count as f64);
        }
    }
    if let Some(count) = tokens.reasoning {
        visit(Measure::TaskReasoning, &[agent], count as f64);
    }
    if let Some(count) = task.files_changed {
        visit(Measure::TaskFiles, &[agent], count as f64);
    }
    if let Some(usd) = task.cost_usd {
        visit(Measure::TaskCost, &[agent], usd);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::samples;

    #[test]
    fn every_number_comes_with_all_its_labels() {
        let mut seen = Vec::new();
        for record in samples::one_of_each().iter().chain(&samples::oddities()) {
            each(record, &mut |measure, labels, _| {
                assert_eq!(labels.len(), measure.labels().len(), "{measure:?}");
                seen.push(measure);
            });
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 11, "every measure is taken from some record");
    }
}
