//! One alert: what it is about, where it is, and by which figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AlertState, Limit, Severity, Span};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::time::rfc3339;

/// Whom an alert is about, as a label: `agent_id`, `swarm_id`, `pattern_id`, or another word records are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Subject {
    /// The label's name.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// The figures an alert was judged by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Figures {
    /// The figure, in its own unit; null = there was none.
    pub value: Option<f64>,
    /// The counts behind a rate.
    pub rate: Option<Rate>,
    /// On how many records, rated records or values it stands.
    pub samples: u64,
    /// Fewer than this say nothing.
    pub samples_min: u64,
    /// What it was held against; null where the condition has no limit.
    pub limit: Option<Limit>,
    /// First instant looked at.
    #[serde(with = "rfc3339")]
    pub from: Micros,
    /// First instant after.
    #[serde(with = "rfc3339")]
    pub until: Micros,
}

/// One alert of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Alert {
    /// The rule.
    pub rule: String,
    /// What the rule means, for people.
    pub description: Option<String>,
    /// Whom it is about; null = everything the rule looks at.
    pub subject: Option<Subject>,
    /// How bad it is.
    pub severity: Severity,
    /// `alertname`, `severity`, the subject, and the rule's own labels.
    pub labels: BTreeMap<String, String>,
    /// Sixteen hexadecimal digits made from the labels: the same alert has the same, wherever it is computed.
    pub fingerprint: String,
    /// Where it is.
    pub state: AlertState,
    /// What is the matter, with the figures, in one line.
    pub summary: String,
    /// The figures it was judged by last.
    pub figures: Figures,
    /// Since when it is in its state.
    #[serde(with = "rfc3339")]
    pub since: Micros,
    /// Since when its condition holds without a break, of pending, firing and resolved alerts.
    #[serde(with = "rfc3339::option")]
    pub active_at: Option<Micros>,
    /// When it fired.
    #[serde(with = "rfc3339::option")]
    pub fired_at: Option<Micros>,
    /// When it was resolved.
    #[serde(with = "rfc3339::option")]
    pub resolved_at: Option<Micros>,
    /// Since when nothing is known of it, while it stays firing.
    #[serde(with = "rfc3339::option")]
    pub lacking_since: Option<Micros>,
    /// Whether the channels were given it as firing, and not yet as resolved.
    pub notified: bool,
    /// The silences that keep it quiet.
    pub silenced_by: Vec<i64>,
}

impl Alert {
    /// How long a resolved alert is shown.
    pub const RESOLVED_SHOWN: Span = Span::minutes(15);

    /// What tells it from every other.
    #[must_use]
    pub fn key(&self) -> (&str, Option<&Subject>) {
        (&self.rule, self.subject.as_ref())
    }
}

/// The fingerprint of labels as Prometheus and Alertmanager make it: FNV-1a, 64 bits, over each name and value in the
/// order of names, a byte 255 after each.
#[must_use]
pub fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = labels.iter().flat_map(|(name, value)| {
        name.bytes().chain(std::iter::once(0xff)).chain(value.bytes()).chain(std::iter::once(0xff))
    });
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}
