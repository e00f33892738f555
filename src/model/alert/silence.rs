//! Silences: alerts that nobody is to be told of for a while. They go on being watched, and are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Span;
use crate::model::Micros;
use crate::model::time::rfc3339;

/// A silence. It holds over `[starts_at, ends_at)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Silence {
    /// Its number.
    pub id: i64,
    /// Labels an alert must carry, all of them, with exactly these values: `alertname`, `severity`, `agent_id`, …
    pub matchers: BTreeMap<String, String>,
    /// From when on.
    #[serde(with = "rfc3339")]
    pub starts_at: Micros,
    /// Until when.
    #[serde(with = "rfc3339")]
    pub ends_at: Micros,
    /// Why.
    pub comment: Option<String>,
    /// Who said so.
    pub created_by: Option<String>,
}

impl Silence {
    /// Most silences that are kept; those that ended longest ago go first.
    pub const KEPT: u32 = 1_000;

    /// Whether it holds at `now`.
    #[must_use]
    pub fn holds(&self, now: Micros) -> bool {
        self.starts_at <= now && now < self.ends_at
    }

    /// Whether it is about an alert with these labels.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.matchers.iter().all(|(label, value)| labels.get(label) == Some(value))
    }
}

/// A silence that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SilenceSpec {
    /// See [`Silence::matchers`]; at least one.
    pub matchers: BTreeMap<String, String>,
    /// For how long from now, at most 30 days.
    #[serde(rename = "for")]
    pub length: Span,
    /// Why.
    #[serde(default)]
    pub comment: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub created_by: Option<String>,
}

impl SilenceSpec {
    /// Longest silence.
    pub const LENGTH_MAX: Span = Span::hours(30 * 24);
    /// Longest comment and name, in bytes.
    pub const TEXT_MAX: usize = 1_000;

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn check(&self) -> Result<(), String> {
        if self.matchers.is_empty() {
            return Err("`matchers` is empty: name at least one label, such as alertname".into());
        }
        if let Some((label, _)) = self.matchers.iter().find(|(label, value)| label.is_empty() || value.is_empty()) {
            return Err(format!("`matchers`: the label `{label}` needs a name and a value"));
        }
        if self.length == Span::ZERO || self.length > Self::LENGTH_MAX {
            return Err(format!("`for` is {}: it must be 1s to 30d", self.length));
        }
        let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > Self::TEXT_MAX);
        if long(&self.comment) || long(&self.created_by) {
            return Err(format!("`comment` and `created_by` may have {} bytes each", Self::TEXT_MAX));
        }
        Ok(())
    }
}
