//! What can be listed and exported, and in which forms.

use serde::{Deserialize, Serialize};

/// One table of records, as routes and exports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Dataset {
    /// Tasks.
    Tasks,
    /// Numbers about agents.
    AgentMetrics,
    /// Numbers about swarms.
    SwarmMetrics,
    /// Agent events.
    Events,
    /// Healing attempts.
    Healings,
    /// The agent registry.
    Agents,
    /// Session memory.
    Memory,
}

impl Dataset {
    /// Every dataset, in the order `all` exports them.
    pub const ALL: [Self; 7] =
        [Self::Tasks, Self::AgentMetrics, Self::SwarmMetrics, Self::Events, Self::Healings, Self::Agents, Self::Memory];

    /// The name in routes, file names and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::AgentMetrics => "agent-metrics",
            Self::SwarmMetrics => "swarm-metrics",
            Self::Events => "events",
            Self::Healings => "healings",
            Self::Agents => "agents",
            Self::Memory => "memory",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.as_str() == name)
    }

    /// The `kind` its records carry.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Tasks => "task",
            Self::AgentMetrics => "agent_metric",
            Self::SwarmMetrics => "swarm_metric",
            Self::Events => "event",
            Self::Healings => "healing",
            Self::Agents => "agent",
            Self::Memory => "memory",
        }
    }
}

/// A form in which records leave the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// RFC 4180 with a header row.
    Csv,
    /// One JSON document.
    Json,
    /// One JSON object a line, as ingest reads it.
    Ndjson,
    /// Prometheus text 0.0.4: one current value a series.
    Prometheus,
    /// OpenMetrics 1.0: all samples of the range.
    OpenMetrics,
    /// Series for Grafana's JSON data sources.
    Grafana,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Csv, Self::Json, Self::Ndjson, Self::Prometheus, Self::OpenMetrics, Self::Grafana];

    /// The file extension, without the leading dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Prometheus => "prom",
            Self::OpenMetrics => "om",
            Self::Grafana => "grafana.json",
        }
    }

    /// Reads an extension made by [`Self::extension`].
    #[must_use]
    pub fn parse(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }
}

/// What one export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Selection {
    /// One dataset.
    One(Dataset),
    /// All datasets, in the order of [`Dataset::ALL`].
    All,
}

impl Selection {
    /// The name in routes, file names and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One(dataset) => dataset.as_str(),
            Self::All => "all",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == Self::All.as_str() { Some(Self::All) } else { Dataset::parse(name).map(Self::One) }
    }

    /// The datasets held.
    pub fn datasets(self) -> impl Iterator<Item = Dataset> {
        Dataset::ALL.into_iter().filter(move |dataset| self == Self::All || self == Self::One(*dataset))
    }

    /// The forms it can take. Series need numbers over time, which the registry and memory are not;
    /// the registry can be counted. Flat forms have the columns of one dataset.
    #[must_use]
    pub fn formats(self) -> &'static [Format] {
        match self {
            Self::All => &[Format::Json, Format::Ndjson],
            Self::One(Dataset::Memory) => &[Format::Csv, Format::Json, Format::Ndjson],
            Self::One(Dataset::Agents) => &[Format::Csv, Format::Json, Format::Ndjson, Format::Prometheus],
            Self::One(_) => &Format::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for name in ["tasks", "agent-metrics", "swarm-metrics", "events", "healings", "agents", "memory", "all"] {
            assert_eq!(Selection::parse(name).map(Selection::as_str), Some(name));
        }
        assert_eq!(Selection::parse("task"), None);
        assert_eq!(Selection::All.datasets().collect::<Vec<_>>(), Dataset::ALL);
        assert_eq!(Selection::One(Dataset::Events).datasets().collect::<Vec<_>>(), [Dataset::Events]);
        for format in Format::ALL {
            assert_eq!(Format::parse(format.extension()), Some(format));
        }
    }
}
