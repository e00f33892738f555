//! What pages, routes and commands are told about alerts.

use serde::{Deserialize, Serialize};

use super::{Alert, AlertState, Figures, RuleSpec, Severity, Silence, Subject};
use crate::model::time::rfc3339;
use crate::model::{Micros, RangeSpec};

/// Everything there is to see now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AlertsPage {
    /// The server's clock when it answered.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// Whether a server watches this store: `[alerts] enabled`, and it looked within the last three intervals.
    pub watching: bool,
    /// When the figures of `rules` were read.
    #[serde(with = "rfc3339")]
    pub evaluated_at: Micros,
    /// How many alerts are in which state.
    pub counts: AlertCounts,
    /// Firing, pending, and lately resolved alerts, the worst first.
    pub alerts: Vec<Alert>,
    /// The rules, by name.
    pub rules: Vec<RuleStatus>,
    /// Silences that hold or will, by their end; then at most 20 that ended, the latest first.
    pub silences: Vec<Silence>,
}

impl AlertsPage {
    /// Most ended silences of an answer.
    pub const ENDED_SHOWN: usize = 20;
}

/// Alerts by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AlertCounts {
    /// Firing, silenced ones among them.
    pub firing: u64,
    /// Firing and critical.
    pub critical: u64,
    /// Pending.
    pub pending: u64,
    /// Firing or pending, and silenced.
    pub silenced: u64,
}

impl AlertCounts {
    /// Counts `alerts`.
    #[must_use]
    pub fn of(alerts: &[Alert]) -> Self {
        let count = |holds: &dyn Fn(&Alert) -> bool| alerts.iter().filter(|alert| holds(alert)).count() as u64;
        let fires = |alert: &Alert| alert.state == AlertState::Firing;
        let waits = |alert: &Alert| alert.state == AlertState::Pending;
        Self {
            firing: count(&fires),
            critical: count(&|alert| fires(alert) && alert.severity == Severity::Critical),
            pending: count(&waits),
            silenced: count(&|alert| (fires(alert) || waits(alert)) && !alert.silenced_by.is_empty()),
        }
    }
}

/// What fires and what is about to, in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertsBrief {
    /// The server's clock when it answered.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// How many alerts are in which state.
    pub counts: AlertCounts,
    /// The worst, at most [`Self::LISTED`].
    pub worst: Vec<AlertBrief>,
}

impl AlertsBrief {
    /// Most alerts of the answer.
    pub const LISTED: usize = 5;
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertBrief {
    /// The rule.
    pub rule: String,
    /// Where it is.
    pub state: AlertState,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter, in one line.
    pub summary: String,
    /// Since when it is in its state.
    #[serde(with = "rfc3339")]
    pub since: Micros,
    /// Whether a silence keeps it quiet.
    pub silenced: bool,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RuleOrigin {
    /// One of the documented four.
    Builtin,
    /// The configuration.
    Config,
    /// Made here, and kept in the store.
    Store,
}

/// A rule, and what it says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuleStatus {
    /// The rule in force.
    pub rule: RuleSpec,
    /// Where it comes from.
    pub origin: RuleOrigin,
    /// Whether it was edited here: deleting it brings the rule of its origin back.
    pub edited: bool,
    /// The worst state of its alerts.
    pub state: AlertState,
    /// What was read for it; null of a rule that is switched off.
    pub reading: Option<RuleReading>,
}

/// What was read for a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuleReading {
    /// What it says, the worst of all subjects.
    pub verdict: ReadingVerdict,
    /// The figures of the subject nearest to the limit or farthest beyond; of a failed reading none.
    pub figures: Option<Figures>,
    /// Whom they are about.
    pub subject: Option<Subject>,
    /// What they say, in one line.
    pub summary: String,
    /// How many agents, swarms, … were looked at; 1 where the rule is about everything.
    pub subjects: u64,
    /// Whether there are more than are looked at.
    pub subjects_truncated: bool,
}

/// What a reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadingVerdict {
    /// Too few records to say anything.
    NotEnoughData,
    /// The condition does not hold.
    Clear,
    /// The figures could not be read; the log says why.
    Failed,
    /// The condition holds.
    Holds,
}

/// A question what a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DryRunQuery {
    /// The rule; it need not be one of those there are.
    pub rule: RuleSpec,
    /// First instant to look at: `now-24h`, RFC 3339, epoch milliseconds.
    #[serde(default = "day_ago")]
    pub from: String,
    /// First instant after; empty = now.
    #[serde(default)]
    pub to: String,
}

fn day_ago() -> String {
    RangeSpec::default().from
}

impl DryRunQuery {
    /// Its range.
    #[must_use]
    pub fn range(&self) -> RangeSpec {
        RangeSpec { from: self.from.clone(), to: self.to.clone() }
    }
}

/// What a rule would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DryRun {
    /// The server's clock when it answered.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// First instant looked at.
    #[serde(with = "rfc3339")]
    pub from: Micros,
    /// First instant after.
    #[serde(with = "rfc3339")]
    pub until: Micros,
    /// Seconds between two looks: the server's interval, or longer where that would be too many looks.
    pub step_seconds: u32,
    /// How many looks there were.
    pub looks: u64,
    /// At how many of them there was not enough data about anything.
    pub looks_without_data: u64,
    /// How often it would have fired.
    pub fired: u64,
    /// Each time, oldest first; at most [`Self::LISTED`], the latest.
    pub firings: Vec<DryFiring>,
    /// The same in words: `would have fired 3 times in 24h`.
    pub summary: String,
    /// What of it is of today, where not all that the rule asks for is kept of the past.
    pub note: Option<String>,
}

impl DryRun {
    /// Most firings of an answer.
    pub const LISTED: usize = 100;
    /// Most looks.
    pub const LOOKS_MAX: i64 = 1_440;
}

/// One time a rule would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DryFiring {
    /// Whom it would have been about.
    pub subject: Option<Subject>,
    /// When it would have fired.
    #[serde(with = "rfc3339")]
    pub fired_at: Micros,
    /// When it would have been resolved; null = it would still be firing at the end.
    #[serde(with = "rfc3339::option")]
    pub resolved_at: Option<Micros>,
    /// What it would have said when it fired.
    pub summary: String,
    /// The figures when it fired.
    pub figures: Figures,
}
