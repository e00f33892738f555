//! Rules as people write them, in `[[alerts.rules]]`, in JSON and in the form on the page: flat, with one `kind` that says
//! which keys matter.
//!
//! A key its kind does not read is refused, as is one that is missing: a rule that is silently not what somebody meant
//! would be the worst kind of alert.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::rule::Measure;
use super::{
    Absence, AgentStale, Condition, FigureRule, Latest, Limit, PatternSeen, Rule, Severity, Span, TokenUse, TrendRule,
};
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, Function, GroupBy, Source};
use crate::model::pattern::PatternType;
use crate::model::trend::{TASK_METRICS, TrendPer, TrendSource};

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
    /// Fewer records than this say nothing; 20 of rates and percentiles, 1 of other figures, unless it is set.
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

/// Longest name, and most labels.
const NAME_MAX: usize = 64;
const LABELS_MAX: usize = 20;
/// Longest text, in bytes.
const TEXT_MAX: usize = 1_000;
/// Labels an alert gets by itself.
const RESERVED: [&str; 3] = ["alertname", "severity", "pattern_id"];
/// How far back rules look that say nothing about it.
const WINDOW: Span = Span::minutes(5);
/// The same of patterns, which are learned every five minutes.
const PATTERN_WINDOW: Span = Span::minutes(15);

impl RuleSpec {
    /// Checks everything.
    ///
    /// # Errors
    /// The first key that cannot be meant, with what is allowed.
    pub fn check(self) -> Result<Rule, RuleError> {
        self.check_name()?;
        self.check_keys()?;
        self.check_labels()?;
        if self.description.as_ref().is_some_and(|text| text.len() > TEXT_MAX) {
            return Err(self.refuse("description", format!("has more than {TEXT_MAX} bytes")));
        }
        if self.hold > Rule::HOLD_MAX {
            return Err(self.refuse("for", format!("is {}: it must be 0s to {}", self.hold, Rule::HOLD_MAX)));
        }
        let condition = self.condition()?;
        let Self { name, description, severity, enabled, hold, labels, .. } = self;
        Ok(Rule { name, description, severity, enabled, hold, labels, condition })
    }

    fn refuse(&self, key: &'static str, reason: impl Into<String>) -> RuleError {
        RuleError { rule: self.name.clone(), key, reason: reason.into() }
    }

    fn check_name(&self) -> Result<(), RuleError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if self.name.is_empty() || self.name.len() > NAME_MAX || !self.name.bytes().all(plain) {
            return Err(self.refuse("name", format!("must be 1 to {NAME_MAX} letters, digits, `_`, `-` and `.`")));
        }
        Ok(())
    }

    /// Only keys that the kind reads.
    fn check_keys(&self) -> Result<(), RuleError> {
        let known = self.kind.keys();
        let stray = self.written().into_iter().find(|(key, there)| *there && !known.contains(key));
        stray.map_or(Ok(()), |(key, _)| {
            let kind = self.kind.as_str();
            Err(self.refuse(key, format!("means nothing to the kind {kind}, which reads {}", known.join(", "))))
        })
    }

    /// Every key that not all kinds read, and whether it is there.
    fn written(&self) -> [(&'static str, bool); 15] {
        [
            ("source", self.source.is_some()),
            ("function", self.function.is_some()),
            ("field", self.field.is_some()),
            ("metric", self.metric.is_some()),
            ("filter", !self.filter.is_empty()),
            ("per", self.per.is_some()),
            ("above", self.above.is_some()),
            ("below", self.below.is_some()),
            ("clear", self.clear.is_some()),
            ("min_samples", self.min_samples.is_some()),
            ("agent_id", self.agent_id.is_some()),
            ("pattern_type", self.pattern_type.is_some()),
            ("pattern_id", self.pattern_id.is_some()),
            ("event_type", self.event_type.is_some()),
            ("min_confidence", self.min_confidence.is_some()),
        ]
    }

    fn check_labels(&self) -> Result<(), RuleError> {
        if self.labels.len() > LABELS_MAX {
            return Err(self.refuse("labels", format!("has {} of them: at most {LABELS_MAX}", self.labels.len())));
        }
        for (name, value) in &self.labels {
            let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                let reason = format!("has the name `{name}`: write letters, digits and `_`, no digit first");
                return Err(self.refuse("labels", reason));
            }
            if RESERVED.contains(&name.as_str()) || GroupBy::ALL.iter().any(|group| group.as_str() == name) {
                return Err(self.refuse("labels", format!("has `{name}`, which alerts get by themselves")));
            }
            if value.is_empty() || value.len() > TEXT_MAX {
                return Err(self.refuse("labels", format!("`{name}` must have 1 to {TEXT_MAX} bytes")));
            }
        }
        Ok(())
    }

    fn condition(&self) -> Result<Condition, RuleError> {
        let window = self.checked_window()?;
        Ok(match self.kind {
            Kind::Aggregate => Condition::Figure(self.figure(window)?),
            Kind::Latest => Condition::Latest(self.latest(window)?),
            Kind::TokenUse => {
                let limit = self.limit()?;
                if limit.at <= 0.0 {
                    return Err(self.refuse("above", "is a share of the budget: write 0.8 for 80 %"));
                }
                Condition::TokenUse(TokenUse { limit, window })
            }
            Kind::Absence => {
                let source = self.source.unwrap_or_default();
                let known: Vec<&str> = source.filters().collect();
                Condition::Absence(Absence { source, filter: self.filter(&known)?, window })
            }
            Kind::Trend => Condition::Trend(self.trend(window)?),
            Kind::AgentStale => Condition::AgentStale(AgentStale { agent_id: self.agent_id.clone(), window }),
            Kind::Pattern => {
                let min_confidence = self.min_confidence.unwrap_or(0.0);
                if !(0.0..=1.0).contains(&min_confidence) {
                    return Err(self.refuse("min_confidence", format!("is {min_confidence}: it must be 0 to 1")));
                }
                let Self { pattern_type, pattern_id, event_type, .. } = self.clone();
                Condition::Pattern(PatternSeen { pattern_type, pattern_id, event_type, min_confidence, window })
            }
        })
    }

    fn checked_window(&self) -> Result<Span, RuleError> {
        let window = self.window.unwrap_or(if self.kind == Kind::Pattern { PATTERN_WINDOW } else { WINDOW });
        if window == Span::ZERO || window > Rule::WINDOW_MAX {
            return Err(self.refuse("window", format!("is {window}: it must be 1s to {}", Rule::WINDOW_MAX)));
        }
        Ok(window)
    }

    fn figure(&self, window: Span) -> Result<FigureRule, RuleError> {
        let source = self.source.unwrap_or_default();
        let function =
            self.function.ok_or_else(|| self.refuse("function", "is missing: p99, success_rate, count, …"))?;
        if function == Function::SuccessRate && !source.has_success() {
            return Err(self.refuse("function", "is success_rate, which only tasks and healings have"));
        }
        let known: Vec<&str> = source.filters().collect();
        let measure = Measure {
            source,
            function,
            field: self.measured_field(source, function)?,
            filter: self.filter(&known)?,
            per: self.per,
        };
        if let Some(per) = self.per.filter(|per| !source.groups().contains(per)) {
            let reason = format!("is {}, which {} do not have: {}", per.as_str(), source.as_str(), known.join(", "));
            return Err(self.refuse("per", reason));
        }
        let least = match function {
            Function::SuccessRate | Function::Percentile(_) => Rule::SAMPLES_MIN,
            Function::Count | Function::Rate => 0,
            _ => 1,
        };
        Ok(FigureRule { measure, limit: self.limit()?, window, min_samples: self.min_samples.unwrap_or(least) })
    }

    fn measured_field(&self, source: Source, function: Function) -> Result<Option<Field>, RuleError> {
        let fields = source.fields();
        let names = || fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ");
        match self.field {
            Some(field) if !fields.contains(&field) => {
                let known = if fields.is_empty() { "they carry no numbers".to_owned() } else { names() };
                let (field, source) = (field.as_str(), source.as_str());
                Err(self.refuse("field", format!("is {field}, which {source} do not have: {known}")))
            }
            None if function.needs_field() => match fields {
                [only] => Ok(Some(*only)),
                [] => {
                    Err(self.refuse("function", format!("is {function}: of {} only count and rate", source.as_str())))
                }
                _ => Err(self.refuse("field", format!("is missing: {}", names()))),
            },
            field => Ok(field),
        }
    }

    fn latest(&self, window: Span) -> Result<Latest, RuleError> {
        let source = self.source.unwrap_or(Source::SwarmMetrics);
        if !matches!(source, Source::AgentMetrics | Source::SwarmMetrics) {
            return Err(self.refuse("source", "must be agent-metrics or swarm-metrics"));
        }
        let whose = if source == Source::AgentMetrics { GroupBy::Agent } else { GroupBy::Swarm };
        let (metric, filter) = (self.named_metric()?, self.filter(&[whose.as_str()])?);
        Ok(Latest { source, metric, filter, limit: self.limit()?, window })
    }

    fn trend(&self, window: Span) -> Result<TrendRule, RuleError> {
        let source = match self.source.unwrap_or_default() {
            Source::Tasks => TrendSource::Tasks,
            Source::AgentMetrics => TrendSource::AgentMetrics,
            Source::SwarmMetrics => TrendSource::SwarmMetrics,
            Source::Events | Source::Healings => {
                return Err(self.refuse("source", "must be tasks, agent-metrics or swarm-metrics"));
            }
        };
        let metric = self.named_metric()?;
        if source == TrendSource::Tasks && !TASK_METRICS.contains(&metric.as_str()) {
            return Err(self.refuse("metric", format!("is {metric}; of tasks: {}", TASK_METRICS.join(", "))));
        }
        let per = match self.per {
            None => TrendPer::Fleet,
            Some(GroupBy::Agent) => TrendPer::Agent,
            Some(GroupBy::Swarm) => TrendPer::Swarm,
            Some(_) => return Err(self.refuse("per", "must be agent_id or swarm_id")),
        };
        if !source.subjects().contains(&per) {
            return Err(self.refuse("per", format!("is {}, which {} do not have", per.as_str(), source.as_str())));
        }
        let known = match per {
            TrendPer::Fleet => source.filters(),
            TrendPer::Agent => &["agent_id"],
            TrendPer::Swarm => &["swarm_id"],
        };
        Ok(TrendRule { source, metric, filter: self.filter(known)?, per: self.per, window })
    }

    fn named_metric(&self) -> Result<String, RuleError> {
        let metric = self.metric.clone().filter(|metric| !metric.is_empty());
        metric.ok_or_else(|| self.refuse("metric", "is missing: queue_depth, token_usage_percent, …"))
    }

    fn limit(&self) -> Result<Limit, RuleError> {
        let (above, at) = match (self.above, self.below) {
            (Some(at), None) => (true, at),
            (None, Some(at)) => (false, at),
            (Some(_), Some(_)) => return Err(self.refuse("below", "and `above` are both there: write one of them")),
            (None, None) if self.kind == Kind::TokenUse => return Err(self.refuse("above", "is missing: 0.8 is 80 %")),
            (None, None) => return Err(self.refuse("above", "or `below` is missing")),
        };
        let key = if above { "above" } else { "below" };
        if !at.is_finite() {
            return Err(self.refuse(key, "must be a finite number"));
        }
        if self.function == Some(Function::SuccessRate) && !(0.0..=1.0).contains(&at) {
            return Err(self.refuse(key, format!("is {at}: a success rate is a share, write 0.9 for 90 %")));
        }
        let limit = Limit { above, at, clear: self.clear };
        if let Some(clear) = self.clear.filter(|clear| !clear.is_finite() || limit.is_worse(*clear, at)) {
            let side = if above { "at most" } else { "at least" };
            return Err(
                self.refuse("clear", format!("is {clear}: it must be {side} {at}, on the good side of `{key}`"))
            );
        }
        Ok(limit)
    }

    fn filter(&self, known: &[&str]) -> Result<RecordFilter, RuleError> {
        let mut filter = RecordFilter::default();
        for (field, value) in &self.filter {
            let place = filter.field_mut(field).filter(|_| known.contains(&field.as_str()));
            let Some(place) = place else {
                return Err(self.refuse("filter", format!("has `{field}`; known here: {}", known.join(", "))));
            };
            if value.is_empty() {
                return Err(self.refuse("filter", format!("`{field}` is empty: leave it out to look at all")));
            }
            *place = Some(value.clone());
        }
        Ok(filter)
    }
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
