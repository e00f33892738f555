//! Which new records a follower wants.

use crate::model::{Dataset, Outcome, Problem, Record, RecordFilter};
use crate::service::query::filter_from;

/// Kinds, and values of fields. A record of a kind that lacks a field which is asked for is not wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    kinds: Vec<Dataset>,
    filter: RecordFilter,
}

impl Default for Wanted {
    /// Everything.
    fn default() -> Self {
        Self { kinds: Dataset::ALL.to_vec(), filter: RecordFilter::default() }
    }
}

impl Wanted {
    /// The fields one can ask for, of any kind.
    #[must_use]
    pub fn fields() -> Vec<&'static str> {
        let mut fields: Vec<&str> = Vec::new();
        for field in Dataset::ALL.into_iter().flat_map(RecordFilter::fields) {
            if !fields.contains(field) {
                fields.push(field);
            }
        }
        fields
    }

    /// Reads `kinds` (names of kinds with commas between; `None` = all) and pairs of field and value.
    ///
    /// # Errors
    /// [`Problem`] for an unknown kind, a field that none of the kinds has, or a value it cannot have.
    pub fn from_pairs<'a>(
        kinds: Option<&str>,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Problem> {
        let mut wanted = Self::default();
        if let Some(kinds) = kinds {
            let kind = |name: &str| Dataset::ALL.into_iter().find(|dataset| dataset.kind() == name);
            let named = kinds.split(',').map(|name| {
                let known = || Dataset::ALL.map(Dataset::kind).join(", ");
                kind(name).ok_or_else(|| {
                    Problem::bad_request(format!("`kinds={kinds}`: there is no kind `{name}`; known: {}", known()))
                })
            });
            wanted.kinds = named.collect::<Result<_, _>>()?;
        }
        for (field, value) in pairs {
            let has = |dataset: &&Dataset| RecordFilter::fields(**dataset).contains(&field);
            let Some(dataset) = wanted.kinds.iter().find(has) else {
                let kinds = wanted.kinds.iter().map(|dataset| dataset.kind()).collect::<Vec<_>>().join(", ");
                return Err(Problem::bad_request(format!(
                    "no record of kind {kinds} has `{field}`; ask for other `kinds`"
                )));
            };
            let mut read = filter_from(*dataset, [(field, value)])?;
            if let Some(place) = wanted.filter.field_mut(field) {
                *place = read.field_mut(field).and_then(Option::take);
            }
        }
        Ok(wanted)
    }

    /// Whether a record of `dataset` is wanted.
    #[must_use]
    pub fn wants(&self, dataset: Dataset, record: &Record) -> bool {
        self.kinds.contains(&dataset) && (self.filter.is_empty() || fits(&self.filter, record))
    }
}

/// Whether `record` has every value that `filter` asks for.
fn fits(filter: &RecordFilter, record: &Record) -> bool {
    let has = Values::of(record);
    filter.asked().all(|(field, wanted)| has.get(field) == Some(wanted))
}

/// What a record has in the fields one can ask for; `None` where it has no such field, or no value in it.
#[derive(Default)]
struct Values<'a> {
    task_id: Option<&'a str>,
    agent_id: Option<&'a str>,
    swarm_id: Option<&'a str>,
    result: Option<&'a str>,
    model: Option<&'a str>,
    project: Option<&'a str>,
    metric_type: Option<&'a str>,
    event_type: Option<&'a str>,
    agent_type: Option<&'a str>,
    event_id: Option<&'a str>,
    strategy: Option<&'a str>,
    failure_type: Option<&'a str>,
    success: Option<&'a str>,
    status: Option<&'a str>,
    session_id: Option<&'a str>,
    memory_type: Option<&'a str>,
    key: Option<&'a str>,
}

impl<'a> Values<'a> {
    /// The value of `field`; of fields that no record has (`state`, of lists of agents) none.
    fn get(&self, field: &str) -> Option<&'a str> {
        match field {
            "task_id" => self.task_id,
            "agent_id" => self.agent_id,
            "swarm_id" => self.swarm_id,
            "result" => self.result,
            "model" => self.model,
            "project" => self.project,
            "metric_type" => self.metric_type,
            "event_type" => self.event_type,
            "agent_type" => self.agent_type,
            "event_id" => self.event_id,
            "strategy" => self.strategy,
            "failure_type" => self.failure_type,
            "success" => self.success,
            "status" => self.status,
            "session_id" => self.session_id,
            "memory_type" => self.memory_type,
            "key" => self.key,
            _ => None,
        }
    }

    fn of(record: &'a Record) -> Self {
        match record {
            Record::Task(task) => Self {
                task_id: Some(task.task_id.as_str()),
                agent_id: Some(task.agent_id.as_str()),
                swarm_id: task.swarm_id.as_ref().map(|id| id.as_str()),
                // As lists say it: tasks without a result are asked for by `none`.
                result: Some(task.result.as_ref().map_or("none", Outcome::as_str)),
                model: task.model.as_deref(),
                project: task.project.as_deref(),
                ..Self::default()
            },
            Record::AgentMetric(metric) => Self { agent_id: Some(&metric.subject), ..Self::metric(metric) },
            Record::SwarmMetric(metric) => Self { swarm_id: Some(&metric.subject), ..Self::metric(metric) },
            Record::Event(event) => Self {
                event_type: Some(&event.event_type),
                agent_id: Some(event.agent_id.as_str()),
                agent_type: event.agent_type.as_deref(),
                event_id: event.event_id.as_ref().map(|id| id.as_str()),
                task_id: event.task_id.as_ref().map(|id| id.as_str()),
                swarm_id: event.swarm_id.as_ref().map(|id| id.as_str()),
                project: event.project.as_deref(),
                ..Self::default()
            },
            Record::Healing(healing) => Self {
                strategy: Some(&healing.strategy),
                failure_type: Some(&healing.failure_type),
                success: Some(if healing.success { "true" } else { "false" }),
                agent_id: healing.agent_id.as_ref().map(|id| id.as_str()),
                project: healing.project.as_deref(),
                ..Self::default()
            },
            Record::Agent(life) => Self {
                agent_id: Some(life.agent_id.as_str()),
                agent_type: Some(&life.agent_type),
                status: Some(life.status.as_str()),
                project: life.project.as_deref(),
                ..Self::default()
            },
            Record::Memory(memory) => Self {
                session_id: Some(&memory.session_id),
                memory_type: Some(&memory.memory_type),
                key: Some(&memory.key),
                project: memory.project.as_deref(),
                ..Self::default()
            },
        }
    }

    fn metric(metric: &'a crate::model::MetricRecord) -> Self {
        Self { metric_type: Some(&metric.metric_type), project: metric.project.as_deref(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentId, EventRecord, Micros};

    fn event(event_type: &str, agent: &str) -> Record {
        Record::Event(EventRecord {
            event_type: event_type.into(),
            agent_id: AgentId::new(agent).expect("an id"),
            agent_type: None,
            event_id: None,
            task_id: None,
            swarm_id: None,
            timestamp: Micros(0),
            metadata: None,
            project: Some("p".into()),
            source: None,
        })
    }

    #[test]
    fn all_that_is_asked_for_must_fit() {
        let wants = |kinds, pairs: &[(&str, &str)], record: &Record| {
            Wanted::from_pairs(kinds, pairs.iter().copied()).expect("readable").wants(Dataset::Events, record)
        };
        let error = event("error", "a");
        assert!(wants(None, &[], &error) && wants(Some("task,event"), &[("agent_id", "a"), ("project", "p")], &error));
        assert!(wants(None, &[("event_type", "error")], &error) && !wants(None, &[("event_type", "spawn")], &error));
        assert!(!wants(Some("task"), &[], &error), "another kind");
        assert!(!wants(None, &[("agent_type", "planner")], &error), "it has none");
        assert!(!wants(None, &[("model", "m")], &error), "events have no such field");
    }

    #[test]
    fn what_no_kind_has_is_refused_with_what_there_is() {
        let refused = |kinds, pairs: &[(&str, &str)]| {
            Wanted::from_pairs(kinds, pairs.iter().copied()).expect_err("refused").detail
        };
        assert_eq!(
            refused(Some("tasks"), &[]),
            "`kinds=tasks`: there is no kind `tasks`; known: task, agent_metric, swarm_metric, event, healing, agent, memory"
        );
        assert_eq!(
            refused(Some("event"), &[("model", "m")]),
            "no record of kind event has `model`; ask for other `kinds`"
        );
        assert_eq!(refused(None, &[("agent_id", "")]), "filter `agent_id` is empty; leave it out to see all");
        assert!(Wanted::fields().contains(&"session_id") && Wanted::fields().contains(&"model"));
    }

    #[test]
    fn a_metric_type_is_asked_for_with_or_without_its_prefix() {
        let wanted = Wanted::from_pairs(None, [("metric_type", "agent_load")]).expect("readable");
        assert_eq!(wanted.filter.metric_type.as_deref(), Some("load"));
    }
}
