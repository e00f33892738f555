//! A rule, and the conditions it can name. People write it as a [`RuleSpec`], which is checked once and for all when it
//! becomes a [`Rule`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RuleError, RuleSpec, Severity, Span};
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, Function, GroupBy, Source};
use crate::model::pattern::PatternType;
use crate::model::trend::TrendSource;

/// What is watched, and when somebody is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RuleSpec", into = "RuleSpec")]
pub struct Rule {
    /// Its name, unique: the label `alertname`.
    pub name: String,
    /// What it means and what to do, for people.
    pub description: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is looked at.
    pub enabled: bool,
    /// How long the condition must hold before the alert fires.
    pub hold: Span,
    /// Labels its alerts carry beside their own.
    pub labels: BTreeMap<String, String>,
    /// What must hold.
    pub condition: Condition,
}

impl Rule {
    /// Most rules, of all origins together.
    pub const RULES_MAX: usize = 1_000;
    /// Most agents, swarms or patterns one rule looks at; those beyond are not looked at, and its reading says so.
    pub const SUBJECTS_MAX: usize = 1_000;
    /// Longest `for`.
    pub const HOLD_MAX: Span = Span::hours(30 * 24);
    /// Longest `window`.
    pub const WINDOW_MAX: Span = Span::hours(30 * 24);
    /// Fewest records a rate or a percentile says anything about, unless the rule sets its own number.
    pub const SAMPLES_MIN: u64 = 20;
    /// Most records a rule may ask for before it says anything.
    pub const SAMPLES_MAX: u64 = 1_000_000_000;

    /// How far back it looks. A firing alert of which nothing is known any more stays firing for as long.
    #[must_use]
    pub fn window(&self) -> Span {
        match &self.condition {
            Condition::Figure(figure) => figure.window,
            Condition::Latest(latest) => latest.window,
            Condition::TokenUse(tokens) => tokens.window,
            Condition::Absence(absence) => absence.window,
            Condition::Trend(trend) => trend.window,
            Condition::AgentStale(stale) => stale.window,
            Condition::Pattern(pattern) => pattern.window,
        }
    }

    /// The value it is held against, where it has one.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        match &self.condition {
            Condition::Figure(figure) => Some(figure.limit),
            Condition::Latest(latest) => Some(latest.limit),
            Condition::TokenUse(tokens) => Some(tokens.limit),
            Condition::Absence(_) | Condition::Trend(_) | Condition::AgentStale(_) | Condition::Pattern(_) => None,
        }
    }
}

/// What must hold for an alert. Windows end at the present and are about the time records speak of, so that history
/// which is imported today starts no alert.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A figure over records lies beyond a limit.
    Figure(FigureRule),
    /// The newest value of a metric lies beyond a limit.
    Latest(Latest),
    /// Tokens used of the budget lie beyond a limit.
    TokenUse(TokenUse),
    /// Nothing came any more.
    Absence(Absence),
    /// A number gets worse.
    Trend(TrendRule),
    /// An agent that says it is at work is not heard of.
    AgentStale(AgentStale),
    /// A learned pattern was seen.
    Pattern(PatternSeen),
}

/// A value and the side of it that is bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Limit {
    /// Whether larger values are bad; else smaller ones are. The value itself is good.
    pub above: bool,
    /// The value.
    pub at: f64,
    /// Where a firing alert ends (hysteresis): the first good value. `None` = at `at`.
    pub clear: Option<f64>,
}

impl Limit {
    /// Whether `value` is bad, given whether the alert `holds` already: then it must come back to `clear`.
    #[must_use]
    pub fn is_crossed(&self, value: f64, holds: bool) -> bool {
        let at = if holds { self.clear.unwrap_or(self.at) } else { self.at };
        if self.above { value > at } else { value < at }
    }

    /// Whether `a` is worse than `b`.
    #[must_use]
    pub fn is_worse(&self, a: f64, b: f64) -> bool {
        if self.above { a > b } else { a < b }
    }
}

/// Any aggregate over the records of the window.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Measure {
    /// Of which records.
    pub source: Source,
    /// What is computed.
    pub function: Function,
    /// Of which of their numbers; `None` where records are counted.
    pub field: Option<Field>,
    /// Of which records of it.
    pub filter: RecordFilter,
    /// Whether each agent, swarm, … has a figure, and so an alert, of its own.
    pub per: Option<GroupBy>,
}

/// A [`Measure`] against a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureRule {
    /// What is computed.
    pub measure: Measure,
    /// What it is held against.
    pub limit: Limit,
    /// Over the records of how much time.
    pub window: Span,
    /// Fewer records, rated records or values than this say nothing: *not enough data*.
    pub min_samples: u64,
}

/// The newest value of a metric, of each agent or swarm by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// [`Source::AgentMetrics`] or [`Source::SwarmMetrics`].
    pub source: Source,
    /// The metric type, without prefix.
    pub metric: String,
    /// Of which agents or swarms.
    pub filter: RecordFilter,
    /// What it is held against.
    pub limit: Limit,
    /// How old the value may be.
    pub window: Span,
}

impl Latest {
    /// Whose value each is.
    #[must_use]
    pub fn per(&self) -> GroupBy {
        if self.source == Source::AgentMetrics { GroupBy::Agent } else { GroupBy::Swarm }
    }
}

/// Tokens of the budget: those that tasks used in `[budget] window` ÷ `[budget] tokens`. Without a budget, of each swarm
/// the newest `token_usage_percent` it reported, as a share.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenUse {
    /// The share, 1 = the whole budget.
    pub limit: Limit,
    /// How old the newest record may be when an alert starts.
    pub window: Span,
}

/// No record came. Nothing is missing of what never came while the server ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Of which records.
    pub source: Source,
    /// Of which of them.
    pub filter: RecordFilter,
    /// For how long none may come.
    pub window: Span,
}

/// A metric that degrades, by the rule of trends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrendRule {
    /// Of which records.
    pub source: TrendSource,
    /// `duration_ms`, `tokens_used` or `success_rate` of tasks; a metric type of metrics.
    pub metric: String,
    /// Of which of them.
    pub filter: RecordFilter,
    /// Whether each agent or swarm has a trend, and so an alert, of its own.
    pub per: Option<GroupBy>,
    /// How old the newest record may be when an alert starts.
    pub window: Span,
}

/// Agents that say they are at work and were not heard of for `[agents] stale_after_minutes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStale {
    /// Only this agent.
    pub agent_id: Option<String>,
    /// How long ago an agent may have become stale when its alert starts.
    pub window: Span,
}

/// Learned patterns that were seen within the window, each an alert of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternSeen {
    /// Only of this kind.
    pub pattern_type: Option<PatternType>,
    /// Only this one.
    pub pattern_id: Option<String>,
    /// Only patterns with this event type.
    pub event_type: Option<String>,
    /// Only patterns that hold at least so far, 0 to 1.
    pub min_confidence: f64,
    /// How long ago it may have been seen.
    pub window: Span,
}

impl TryFrom<RuleSpec> for Rule {
    type Error = RuleError;
    fn try_from(spec: RuleSpec) -> Result<Self, RuleError> {
        spec.check()
    }
}
