//! Alerts: what is watched, what it says, what was said before, and what people set about it.
//!
//! A [`Rule`] names a condition. Each thing it holds for (everything, one agent, one swarm, one pattern) is an
//! [`Alert`], which goes inactive → pending → firing → resolved. Data and small total functions only: reading figures is
//! `service`, judging them and moving alerts on is `alerts`, telling the world is `notify`.

mod answer;
mod builtin;
mod check;
pub mod form;
mod history;
mod rule;
mod settings;
mod silence;
mod span;
mod spec;
mod standing;

use serde::{Deserialize, Serialize};

pub use answer::{
    AlertBrief, AlertCounts, AlertsBrief, AlertsPage, DryFiring, DryRun, DryRunQuery, ReadingVerdict, RuleOrigin,
    RuleReading, RuleStatus,
};
pub use builtin::builtin_rules;
pub use history::{AlertChange, AlertHistory, AlertHistoryQuery, ChangeReason, Notification, NotificationStatus};
pub use rule::{
    Absence, AgentStale, Condition, FigureRule, Latest, Limit, Measure, PatternSeen, Rule, TokenUse, TrendRule,
};
pub use settings::{AlertSettings, BudgetSettings};
pub use silence::{Silence, SilenceSpec};
pub use span::Span;
pub use spec::{Kind, RuleError, RuleSpec};
pub use standing::{Alert, Figures, Subject, fingerprint};

/// How bad it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    #[default]
    Warning,
    /// Somebody must look now.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word in rules, labels and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
}

/// Where an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Its condition does not hold.
    Inactive,
    /// It held, and does not any more. Shown for [`Alert::RESOLVED_SHOWN`], then inactive.
    Resolved,
    /// Its condition holds, and not yet for as long as the rule's `for`.
    Pending,
    /// Its condition holds, and did for as long as the rule's `for`.
    Firing,
}

impl AlertState {
    /// Every state, the worst last.
    pub const ALL: [Self; 4] = [Self::Inactive, Self::Resolved, Self::Pending, Self::Firing];

    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests;
