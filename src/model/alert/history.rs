//! What became of alerts, and what is handed to the channels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Alert, AlertState, Figures, Severity, Subject};
use crate::model::time::rfc3339;
use crate::model::{Micros, RangeSpec};

/// Why an alert moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// The condition holds, and if it fires, has held for as long as the rule's `for`.
    Holds,
    /// The condition does not hold any more.
    Cleared,
    /// Nothing is known of it any more: for the rule's window if it was firing, at once if it was pending.
    NotEnoughData,
    /// The rule was switched off, or is gone.
    RuleGone,
}

impl ChangeReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Holds, Self::Cleared, Self::NotEnoughData, Self::RuleGone];

    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Cleared => "cleared",
            Self::NotEnoughData => "not_enough_data",
            Self::RuleGone => "rule_gone",
        }
    }
}

/// One step of one alert, with the figures at the time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AlertChange {
    /// Its number, ascending; 0 until it is stored.
    pub id: i64,
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Micros,
    /// The rule.
    pub rule: String,
    /// Whom it is about.
    pub subject: Option<Subject>,
    /// How bad it was.
    pub severity: Severity,
    /// The alert's labels.
    pub labels: BTreeMap<String, String>,
    /// Where it was.
    pub from: AlertState,
    /// Where it went.
    pub to: AlertState,
    /// Why.
    pub reason: ChangeReason,
    /// What was the matter, in one line.
    pub summary: String,
    /// The figures at the time.
    pub figures: Figures,
    /// Whether a silence kept it quiet.
    pub silenced: bool,
}

/// A question for what became of alerts. The default asks for the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertHistoryQuery {
    /// Of which time; `None` = whenever.
    pub range: Option<RangeSpec>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only where an alert went here.
    pub to: Option<AlertState>,
    /// `next` of the page before: only older ones.
    pub before: Option<i64>,
    /// At most so many, 1 to [`Self::LIMIT_MAX`]; `None` = [`Self::LIMIT_DEFAULT`].
    pub limit: Option<u32>,
}

impl AlertHistoryQuery {
    /// Changes when no limit is asked for.
    pub const LIMIT_DEFAULT: u32 = 100;
    /// Most changes of a page.
    pub const LIMIT_MAX: u32 = 1_000;
}

/// What became of alerts, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AlertHistory {
    /// The server's clock when it answered.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// One page.
    pub changes: Vec<AlertChange>,
    /// Send it as `before` for the next page; null on the last one.
    pub next: Option<i64>,
}

impl AlertHistory {
    /// Most changes that are kept.
    pub const KEPT: i64 = 10_000;
}

/// What the channels are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationStatus {
    /// The alert fires.
    Firing,
    /// It does not any more.
    Resolved,
}

/// An alert that waits to be told to the channels. It is stored in the transaction that moves the alert on, so that
/// none is lost or told twice by a restart; whoever delivers it takes it away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Its number, ascending; 0 until it is stored.
    pub id: i64,
    /// When the alert moved, or its silence ended.
    pub at: Micros,
    /// What is told.
    pub status: NotificationStatus,
    /// The alert as it was then.
    pub alert: Alert,
}
