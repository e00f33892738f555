//! What alerts say, in so few words that they fit above the figures.

use serde::{Deserialize, Serialize};

use crate::model::Micros;
use crate::model::alert::{AlertCounts, AlertState, AlertsPage, ReadingVerdict, RuleStatus, Severity};
use crate::model::time::rfc3339;

/// Alerts that fire or may, and what stands behind their silence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopAlerts {
    /// Whether a server watches. Where none does, `listed` has the rules whose conditions hold, too.
    pub watching: bool,
    /// Rules that are switched on.
    pub rules: u64,
    /// Those of them that lack the data to say anything.
    pub rules_without_data: u64,
    /// Alerts by state.
    pub counts: AlertCounts,
    /// Firing and pending alerts, the worst first; at most [`Self::LISTED`].
    pub listed: Vec<TopAlert>,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopAlert {
    /// Its rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Firing or pending; null = the condition holds, and nobody watches.
    pub state: Option<AlertState>,
    /// What is the matter, with whom, with the figures.
    pub summary: String,
    /// Since when it is in its state; null without one.
    #[serde(with = "rfc3339::option")]
    pub since: Option<Micros>,
    /// Whether a silence keeps it quiet.
    pub silenced: bool,
}

impl TopAlerts {
    /// Longest list.
    pub const LISTED: usize = 20;
}

impl From<AlertsPage> for TopAlerts {
    fn from(page: AlertsPage) -> Self {
        let is_on = |rule: &&RuleStatus| rule.rule.enabled;
        let says = |rule: &RuleStatus, verdict| rule.reading.as_ref().is_some_and(|reading| reading.verdict == verdict);
        let stands = |state: AlertState| matches!(state, AlertState::Firing | AlertState::Pending);
        let alerts = page.alerts.iter().filter(|alert| stands(alert.state)).map(|alert| TopAlert {
            rule: alert.rule.clone(),
            severity: alert.severity,
            state: Some(alert.state),
            summary: alert.summary.clone(),
            since: Some(alert.since),
            silenced: !alert.silenced_by.is_empty(),
        });
        let unwatched = page
            .rules
            .iter()
            .filter(is_on)
            .filter(|rule| !page.watching && !stands(rule.state) && says(rule, ReadingVerdict::Holds));
        let holding = unwatched.filter_map(|rule| {
            Some(TopAlert {
                rule: rule.rule.name.clone(),
                severity: rule.rule.severity,
                state: None,
                summary: rule.reading.as_ref()?.summary.clone(),
                since: None,
                silenced: false,
            })
        });
        Self {
            watching: page.watching,
            rules: page.rules.iter().filter(is_on).count() as u64,
            rules_without_data: page
                .rules
                .iter()
                .filter(is_on)
                .filter(|rule| says(rule, ReadingVerdict::NotEnoughData))
                .count() as u64,
            counts: page.counts,
            listed: alerts.chain(holding).take(Self::LISTED).collect(),
        }
    }
}
