//! The fields of each kind of record, in the order of the contract: the one table behind CSV, JSON
//! and NDJSON, so that the three cannot disagree.

use crate::model::{
    AgentRecord, Dataset, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Micros, Outcome, Record,
    Source, TaskRecord,
};

/// What one field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// Not recorded.
    Absent,
    /// Text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// A whole number.
    Count(i64),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(Micros),
    /// JSON as it was written.
    Json(&'a str),
    /// Some texts.
    Texts(&'a [String]),
    /// How a task ended.
    Outcome(&'a Outcome),
    /// Where an imported record comes from.
    Source(&'a Source),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value<'_> {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<Micros> for Value<'_> {
    fn from(time: Micros) -> Self {
        Self::Time(time)
    }
}

impl<'a> From<&'a Json> for Value<'a> {
    fn from(json: &'a Json) -> Self {
        Self::Json(&json.0)
    }
}

impl<'a> From<&'a Outcome> for Value<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

impl<'a> From<&'a Source> for Value<'a> {
    fn from(source: &'a Source) -> Self {
        Self::Source(source)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

/// A field's name and how to read it.
type Field<R> = (&'static str, for<'a> fn(&'a R) -> Value<'a>);

const TASK: &[Field<TaskRecord>] = &[
    ("task_id", |r| r.task_id.as_str().into()),
    ("agent_id", |r| r.agent_id.as_str().into()),
    ("result", |r| r.result.as_ref().into()),
    ("timestamp", |r| r.timestamp.into()),
    ("duration_ms", |r| r.duration_ms.into()),
    ("tokens_used", |r| r.tokens_used.into()),
    ("files_changed", |r| r.files_changed.into()),
    ("swarm_id", |r| r.swarm_id.as_ref().map(|id| id.as_str()).into()),
    ("model", |r| r.model.as_ref().into()),
    ("tokens_input", |r| r.tokens.input.into()),
    ("tokens_output", |r| r.tokens.output.into()),
    ("tokens_cache_read", |r| r.tokens.cache_read.into()),
    ("tokens_cache_write", |r| r.tokens.cache_write.into()),
    ("tokens_reasoning", |r| r.tokens.reasoning.into()),
    ("cost_usd", |r| r.cost_usd.into()),
    ("metadata", |r| r.metadata.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

/// Agent and swarm metrics after their subject.
const METRIC: &[Field<MetricRecord>] = &[
    ("metric_type", |r| (&r.metric_type).into()),
    ("value", |r| r.value.into()),
    ("timestamp", |r| r.timestamp.into()),
    ("metadata", |r| r.metadata.as_ref().into()),
    ("id", |r| r.id.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

const EVENT: &[Field<EventRecord>] = &[
    ("event_type", |r| (&r.event_type).into()),
    ("agent_id", |r| r.agent_id.as_str().into()),
    ("agent_type", |r| r.agent_type.as_ref().into()),
    ("event_id", |r| r.event_id.as_ref().map(|id| id.as_str()).into()),
    ("task_id", |r| r.task_id.as_ref().map(|id| id.as_str()).into()),
    ("swarm_id", |r| r.swarm_id.as_ref().map(|id| id.as_str()).into()),
    ("timestamp", |r| r.timestamp.into()),
    ("metadata", |r| r.metadata.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

const HEALING: &[Field<HealingRecord>] = &[
    ("strategy", |r| (&r.strategy).into()),
    ("failure_type", |r| (&r.failure_type).into()),
    ("success", |r| Value::Flag(r.success)),
    ("duration_ms", |r| r.duration_ms.into()),
    ("failure_id", |r| r.failure_id.as_ref().into()),
    ("agent_id", |r| r.agent_id.as_ref().map(|id| id.as_str()).into()),
    ("detected_at", |r| r.detected_at.into()),
    ("timestamp", |r| r.timestamp.into()),
    ("actions", |r| if r.actions.is_empty() { Value::Absent } else { Value::Texts(&r.actions) }),
    ("metadata", |r| r.metadata.as_ref().into()),
    ("id", |r| r.id.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

const AGENT: &[Field<AgentRecord>] = &[
    ("agent_id", |r| r.agent_id.as_str().into()),
    ("agent_type", |r| (&r.agent_type).into()),
    ("status", |r| r.status.as_str().into()),
    ("spawn_time", |r| r.spawn_time.into()),
    ("complete_time", |r| r.complete_time.into()),
    ("duration_ms", |r| r.duration_ms.into()),
    ("metadata", |r| r.metadata.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

const MEMORY: &[Field<MemoryRecord>] = &[
    ("session_id", |r| (&r.session_id).into()),
    ("memory_type", |r| (&r.memory_type).into()),
    ("key", |r| (&r.key).into()),
    ("value", |r| (&r.value).into()),
    ("timestamp", |r| r.timestamp.into()),
    ("ttl_hours", |r| r.ttl_hours.into()),
    ("id", |r| r.id.as_ref().into()),
    ("project", |r| r.project.as_ref().into()),
    ("source", |r| r.source.as_ref().into()),
];

/// The names of a dataset's fields after `kind`.
pub(super) fn names(dataset: Dataset) -> Vec<&'static str> {
    fn of<R>(fields: &[Field<R>]) -> impl Iterator<Item = &'static str> {
        fields.iter().map(|(name, _)| *name)
    }
    match dataset {
        Dataset::Tasks => of(TASK).collect(),
        Dataset::AgentMetrics => std::iter::once("agent_id").chain(of(METRIC)).collect(),
        Dataset::SwarmMetrics => std::iter::once("swarm_id").chain(of(METRIC)).collect(),
        Dataset::Events => of(EVENT).collect(),
        Dataset::Healings => of(HEALING).collect(),
        Dataset::Agents => of(AGENT).collect(),
        Dataset::Memory => of(MEMORY).collect(),
    }
}

/// The dataset a record belongs to.
pub(super) fn dataset(record: &Record) -> Dataset {
    match record {
        Record::Task(_) => Dataset::Tasks,
        Record::AgentMetric(_) => Dataset::AgentMetrics,
        Record::SwarmMetric(_) => Dataset::SwarmMetrics,
        Record::Event(_) => Dataset::Events,
        Record::Healing(_) => Dataset::Healings,
        Record::Agent(_) => Dataset::Agents,
        Record::Memory(_) => Dataset::Memory,
    }
}

/// Shows `visit` every field after `kind`, absent ones too, in the order of [`names`].
pub(super) fn each<'a>(record: &'a Record, visit: &mut impl FnMut(&'static str, Value<'a>)) {
    fn walk<'a, R>(fields: &[Field<R>], record: &'a R, visit: &mut impl FnMut(&'static str, Value<'a>)) {
        for (name, get) in fields {
            visit(name, get(record));
        }
    }
    match record {
        Record::Task(r) => walk(TASK, r, visit),
        Record::AgentMetric(r) => {
            visit("agent_id", (&r.subject).into());
            walk(METRIC, r, visit);
        }
        Record::SwarmMetric(r) => {
            visit("swarm_id", (&r.subject).into());
            walk(METRIC, r, visit);
        }
        Record::Event(r) => walk(EVENT, r, visit),
        Record::Healing(r) => walk(HEALING, r, visit),
        Record::Agent(r) => walk(AGENT, r, visit),
        Record::Memory(r) => walk(MEMORY, r, visit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::samples;

    #[test]
    fn every_record_shows_the_fields_its_dataset_names() {
        for record in samples::one_of_each() {
            let mut seen = Vec::new();
            each(&record, &mut |name, _| seen.push(name));
            assert_eq!(seen, names(dataset(&record)));
        }
    }
}
