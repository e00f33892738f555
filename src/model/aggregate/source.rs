//! What can be asked about: sources, their numbers, their words.

use serde::{Deserialize, Serialize};

use crate::model::{Dataset, Problem};

/// Which records are counted and added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Tasks.
    #[default]
    Tasks,
    /// Numbers about agents.
    AgentMetrics,
    /// Numbers about swarms.
    SwarmMetrics,
    /// Agent events.
    Events,
    /// Healing attempts.
    Healings,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 5] = [Self::Tasks, Self::AgentMetrics, Self::SwarmMetrics, Self::Events, Self::Healings];

    /// The name in requests: that of the dataset.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.dataset().as_str()
    }

    /// The dataset it reads.
    #[must_use]
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::Tasks => Dataset::Tasks,
            Self::AgentMetrics => Dataset::AgentMetrics,
            Self::SwarmMetrics => Dataset::SwarmMetrics,
            Self::Events => Dataset::Events,
            Self::Healings => Dataset::Healings,
        }
    }

    /// The numbers its records carry.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Tasks => &[
                Field::DurationMs,
                Field::TokensUsed,
                Field::TokensInput,
                Field::TokensOutput,
                Field::TokensCacheRead,
                Field::TokensCacheWrite,
                Field::TokensReasoning,
                Field::FilesChanged,
                Field::CostUsd,
            ],
            Self::AgentMetrics | Self::SwarmMetrics => &[Field::Value],
            Self::Events => &[],
            Self::Healings => &[Field::DurationMs],
        }
    }

    /// The words its records can be grouped by.
    #[must_use]
    pub fn groups(self) -> &'static [GroupBy] {
        match self {
            Self::Tasks => &[GroupBy::Agent, GroupBy::Swarm, GroupBy::Project, GroupBy::Model, GroupBy::Result],
            Self::AgentMetrics => &[GroupBy::Agent, GroupBy::MetricType, GroupBy::Project],
            Self::SwarmMetrics => &[GroupBy::Swarm, GroupBy::MetricType, GroupBy::Project],
            Self::Events => &[GroupBy::EventType, GroupBy::Agent, GroupBy::AgentType, GroupBy::Swarm, GroupBy::Project],
            Self::Healings => {
                &[GroupBy::Strategy, GroupBy::FailureType, GroupBy::Success, GroupBy::Agent, GroupBy::Project]
            }
        }
    }

    /// The fields it can be filtered by: those it can be grouped by.
    pub fn filters(self) -> impl Iterator<Item = &'static str> {
        self.groups().iter().map(|group| group.as_str())
    }

    /// Whether its records succeed or fail, so that they have a success rate.
    #[must_use]
    pub fn has_success(self) -> bool {
        matches!(self, Self::Tasks | Self::Healings)
    }

    /// Reads a name made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        named("source", name, &Self::ALL, |source| source.as_str())
    }
}

/// A number that records carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Duration of a task or a healing, in milliseconds.
    DurationMs,
    /// All tokens of a task.
    TokensUsed,
    /// Not cached prompt tokens.
    TokensInput,
    /// Answer tokens.
    TokensOutput,
    /// Prompt tokens read from a cache.
    TokensCacheRead,
    /// Prompt tokens written to a cache.
    TokensCacheWrite,
    /// Reasoning tokens, a part of the output.
    TokensReasoning,
    /// Files a task changed.
    FilesChanged,
    /// What a task cost in USD, as its source reported it.
    CostUsd,
    /// The value of a metric.
    Value,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 10] = [
        Self::DurationMs,
        Self::TokensUsed,
        Self::TokensInput,
        Self::TokensOutput,
        Self::TokensCacheRead,
        Self::TokensCacheWrite,
        Self::TokensReasoning,
        Self::FilesChanged,
        Self::CostUsd,
        Self::Value,
    ];

    /// The name in requests and in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DurationMs => "duration_ms",
            Self::TokensUsed => "tokens_used",
            Self::TokensInput => "tokens_input",
            Self::TokensOutput => "tokens_output",
            Self::TokensCacheRead => "tokens_cache_read",
            Self::TokensCacheWrite => "tokens_cache_write",
            Self::TokensReasoning => "tokens_reasoning",
            Self::FilesChanged => "files_changed",
            Self::CostUsd => "cost_usd",
            Self::Value => "value",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        named("field", name, &Self::ALL, |field| field.as_str())
    }
}

/// A word that records are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum GroupBy {
    /// The agent.
    #[serde(rename = "agent_id")]
    Agent,
    /// The swarm.
    #[serde(rename = "swarm_id")]
    Swarm,
    /// The project.
    #[serde(rename = "project")]
    Project,
    /// The model.
    #[serde(rename = "model")]
    Model,
    /// A task's result word.
    #[serde(rename = "result")]
    Result,
    /// The metric type, without prefix.
    #[serde(rename = "metric_type")]
    MetricType,
    /// The event type.
    #[serde(rename = "event_type")]
    EventType,
    /// The kind of an event's agent.
    #[serde(rename = "agent_type")]
    AgentType,
    /// The healing strategy.
    #[serde(rename = "strategy")]
    Strategy,
    /// The failure that was healed.
    #[serde(rename = "failure_type")]
    FailureType,
    /// Whether a healing succeeded: `true` or `false`.
    #[serde(rename = "success")]
    Success,
}

impl GroupBy {
    /// Every grouping.
    pub const ALL: [Self; 11] = [
        Self::Agent,
        Self::Swarm,
        Self::Project,
        Self::Model,
        Self::Result,
        Self::MetricType,
        Self::EventType,
        Self::AgentType,
        Self::Strategy,
        Self::FailureType,
        Self::Success,
    ];

    /// The name in requests: that of the filter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent_id",
            Self::Swarm => "swarm_id",
            Self::Project => "project",
            Self::Model => "model",
            Self::Result => "result",
            Self::MetricType => "metric_type",
            Self::EventType => "event_type",
            Self::AgentType => "agent_type",
            Self::Strategy => "strategy",
            Self::FailureType => "failure_type",
            Self::Success => "success",
        }
    }

    /// Reads a name made by [`Self::as_str`]; `agent` and `swarm` are understood as well.
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        match name {
            "agent" => Ok(Self::Agent),
            "swarm" => Ok(Self::Swarm),
            _ => named("group_by", name, &Self::ALL, |group| group.as_str()),
        }
    }
}

fn named<T: Copy>(what: &str, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T, Problem> {
    all.iter().copied().find(|each| word(*each) == name).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|each| word(*each)).collect();
        Problem::bad_request(format!("there is no {what} `{name}`; known: {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordFilter;

    #[test]
    fn groups_of_a_source_are_filters_of_its_dataset() {
        for source in Source::ALL {
            let fields = RecordFilter::fields(source.dataset());
            assert!(source.filters().all(|filter| fields.contains(&filter)), "{source:?}");
        }
    }
}
