//! Rules as people write them, in `[[alerts.rules]]`, in JSON and in the form on the page: flat, with one `kind` that says
//! which keys matter.
//!
//! A key its kind does not read is refused, as is one that is missing: a rule that is silently not what somebody meant
//! would be the worst kind of alert.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Absence, AgentStale, Condition, FigureRule, Latest, Limit, PatternSeen, Rule, Severity, Span, TrendRule};
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, Function, GroupBy, Source};
use crate::model::pattern::PatternType;
use crate::model::trend::TrendSource;

/// The kinds of conditions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A figure over records: [`Condition::Figure`].
    #[default]
    Aggregate,
    /// The newest value of a metric: [`Condition::Latest`].
    Latest,
    /// Tokens of the budget: [`Condition::TokenUse`].
    TokenUse,
    /// Nothing came: [`Condition::Absence`].
    Absence,
    /// A metric degrades: [`Condition::Trend`].
    Trend,
    /// An agent is not heard of: [`Condition::AgentStale`].
    AgentStale,
    /// A pattern was seen: [`Condition::Pattern`].
    Pattern,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Aggregate, Self::Latest, Self::TokenUse, Self::Absence, Self::Trend, Self::AgentStale, Self::Pattern];

    /// The word in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Latest => "latest",
            Self::TokenUse => "token_use",
            Self::Absence => "absence",
            Self::Trend => "trend",
            Self::AgentStale => "agent_stale",
            Self::Pattern => "pattern",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The keys it reads beside those every rule has (`name`, `kind`, `description`, `severity`, `enabled`, `for`,
    /// `labels`, `window`).
    #[must_use]
    pub const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Aggregate => {
                &["source", "function", "field", "filter", "per", "above", "below", "clear", "min_samples"]
            }
            Self::Latest => &["source", "metric", "filter", "above", "below", "clear"],
            Self::TokenUse => &["above", "clear"],
            Self::Absence => &["source", "filter"],
            Self::Trend => &["source", "metric", "filter", "per"],
            Self::AgentStale => &["agent_id"],
            Self::Pattern => &["pattern_type", "pattern_id", "event_type", "min_confidence"],
        }
    }
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule `{rule}`: `{key}` {reason}")]
pub struct RuleError {
    /// The rule's name.
    pub rule: String,
    /// The key.
    pub key: &'static str,
    /// What is wrong, and what is allowed.
    pub reason: String,
}

/// A rule as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Its name, unique: 1 to 64 letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// Which condition.
    pub kind: Kind,
    /// What it means and what to do, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Whether it is looked at.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How long the condition must hold before the alert fires.
    #[serde(default, rename = "for")]
    pub hold: Span,
    /// How far back it looks; 5m unless it is set, 15m for patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// Labels its alerts carry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Of which records: tasks unless it is set, swarm-metrics for `latest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What is computed: `p99`, `success_rate`, `count`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Of which number: `duration_ms`, `tokens_used`, … Metrics have only `value`, which need not be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The metric, of `latest` and `trend`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Of which records: a value for each field that is to be equal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
    /// Whether each `agent_id`, `swarm_id`, `model`, … has an alert of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<GroupBy>,
    /// Values above this are bad. Shares are written from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Values below this are bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// To where the value must come back before a firing alert ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<f64>,
    /// Fewer records than this say nothing; 20 of rates and percentiles, 1 of other figures, unless it is set. At most
    /// 1,000,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<u64>,
    /// Only this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Only patterns of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_type: Option<PatternType>,
    /// Only this pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_id: Option<String>,
    /// Only patterns with this event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Only patterns that hold at least so far, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
}

fn yes() -> bool {
    true
}

impl From<Rule> for RuleSpec {
    fn from(rule: Rule) -> Self {
        let window = Some(rule.window());
        let (above, below) = match rule.limit() {
            Some(Limit { above: true, at, .. }) => (Some(at), None),
            Some(Limit { above: false, at, .. }) => (None, Some(at)),
            None => (None, None),
        };
        let clear = rule.limit().and_then(|limit| limit.clear);
        let Rule { name, description, severity, enabled, hold, labels, condition } = rule;
        let common =
            Self { name, description, severity, enabled, hold, labels, window, above, below, clear, ..Self::default() };
        match condition {
            Condition::Figure(FigureRule { measure, min_samples, .. }) => Self {
                kind: Kind::Aggregate,
                source: Some(measure.source),
                function: Some(measure.function),
                field: measure.field,
                filter: written(&measure.filter),
                per: measure.per,
                min_samples: Some(min_samples),
                ..common
            },
            Condition::Latest(Latest { source, metric, filter, .. }) => Self {
                kind: Kind::Latest,
                source: Some(source),
                metric: Some(metric),
                filter: written(&filter),
                ..common
            },
            Condition::TokenUse(_) => Self { kind: Kind::TokenUse, ..common },
            Condition::Absence(Absence { source, filter, .. }) => {
                Self { kind: Kind::Absence, source: Some(source), filter: written(&filter), ..common }
            }
            Condition::Trend(TrendRule { source, metric, filter, per, .. }) => Self {
                kind: Kind::Trend,
                source: Some(match source {
                    TrendSource::Tasks => Source::Tasks,
                    TrendSource::AgentMetrics => Source::AgentMetrics,
                    TrendSource::SwarmMetrics => Source::SwarmMetrics,
                }),
                metric: Some(metric),
                filter: written(&filter),
                per,
                ..common
            },
            Condition::AgentStale(AgentStale { agent_id, .. }) => Self { kind: Kind::AgentStale, agent_id, ..common },
            Condition::Pattern(PatternSeen { pattern_type, pattern_id, event_type, min_confidence, .. }) => Self {
                kind: Kind::Pattern,
                pattern_type,
                pattern_id,
                event_type,
                min_confidence: (min_confidence > 0.0).then_some(min_confidence),
                ..common
            },
        }
    }
}

fn written(filter: &RecordFilter) -> BTreeMap<String, String> {
    filter.asked().map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
}
