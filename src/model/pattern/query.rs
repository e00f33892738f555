//! Questions about patterns, as pages, routes and the command line share them, and what the server learns unasked.
//!
//! Not here: what answers (`answer`).

use serde::{Deserialize, Serialize};

use super::{LearnSettings, PatternType};
use crate::model::{RangeSpec, RecordFilter};

/// What is asked about patterns.
///
/// Without range, filter and settings it is about what the server learns by itself: the newest events of the whole
/// store, kept and answered at once. Anything else is learned when it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatternsQuery {
    /// From events of which time; `None` and `all` are everything.
    pub range: Option<RangeSpec>,
    /// From whose events: `agent_id`, `swarm_id`, `project`; nothing else.
    pub filter: RecordFilter,
    /// Only patterns of this kind.
    pub pattern_type: Option<PatternType>,
    /// Only patterns with at least this confidence, 0 to 1. Below the threshold of the settings it takes its place.
    pub min_confidence: Option<f64>,
    /// Settings that differ from the server's.
    pub settings: LearnOverrides,
    /// Learn now what the server learns by itself, if anything arrived since it did.
    pub fresh: bool,
}

/// Settings of one question; `None` = as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearnOverrides {
    /// See [`LearnSettings::min_occurrences`].
    pub min_occurrences: Option<u32>,
    /// See [`LearnSettings::confidence_threshold`].
    pub confidence_threshold: Option<f64>,
    /// See [`LearnSettings::max_history_size`].
    pub max_history_size: Option<u32>,
    /// See [`LearnSettings::max_gap_ms`].
    pub max_gap_ms: Option<u32>,
    /// See [`LearnSettings::time_window_ms`].
    pub time_window_ms: Option<u32>,
    /// See [`LearnSettings::precursor_window_ms`].
    pub precursor_window_ms: Option<u32>,
    /// See [`LearnSettings::false_discovery_rate`].
    pub false_discovery_rate: Option<f64>,
    /// See [`LearnSettings::tz`].
    pub tz: Option<String>,
}

impl LearnOverrides {
    /// `settings` with what is set here in place of theirs.
    #[must_use]
    pub fn over(&self, settings: &LearnSettings) -> LearnSettings {
        // Taken apart by name, so that a new setting cannot be forgotten here.
        let Self {
            min_occurrences,
            confidence_threshold,
            max_history_size,
            max_gap_ms,
            time_window_ms,
            precursor_window_ms,
            false_discovery_rate,
            tz,
        } = self;
        LearnSettings {
            min_occurrences: min_occurrences.unwrap_or(settings.min_occurrences),
            confidence_threshold: confidence_threshold.unwrap_or(settings.confidence_threshold),
            max_history_size: max_history_size.unwrap_or(settings.max_history_size),
            max_gap_ms: max_gap_ms.unwrap_or(settings.max_gap_ms),
            time_window_ms: time_window_ms.unwrap_or(settings.time_window_ms),
            precursor_window_ms: precursor_window_ms.unwrap_or(settings.precursor_window_ms),
            false_discovery_rate: false_discovery_rate.unwrap_or(settings.false_discovery_rate),
            tz: tz.clone().unwrap_or_else(|| settings.tz.clone()),
        }
    }
}

/// What is asked about one pattern.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PatternQuery {
    /// The pattern.
    pub pattern_id: String,
    /// Where it was found: range, filter and settings. Kind and confidence play no part.
    pub of: PatternsQuery,
    /// How many newer occurrences come before this page.
    pub skip: u64,
}

/// `[patterns]`: what the server learns by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatternSettings {
    /// Whether it does; without it patterns are learned only when they are asked for.
    pub auto_learn: bool,
    /// Seconds between two learnings; nothing is done when nothing arrived.
    pub interval_seconds: u32,
    /// `[patterns.learn]`: what counts as a pattern.
    pub learn: LearnSettings,
}

impl Default for PatternSettings {
    fn default() -> Self {
        Self { auto_learn: true, interval_seconds: 300, learn: LearnSettings::default() }
    }
}

impl PatternsQuery {
    /// Whether it is about what the server learns by itself.
    #[must_use]
    pub fn is_default_scope(&self) -> bool {
        let everything = self.range.as_ref().is_none_or(RangeSpec::is_all);
        everything && self.filter.is_empty() && self.settings == LearnOverrides::default()
    }

    /// The range, with none asked for as everything.
    #[must_use]
    pub fn range_spec(&self) -> RangeSpec {
        self.range.clone().unwrap_or_else(|| RangeSpec { from: RangeSpec::ALL.into(), to: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_question_without_range_filter_and_settings_is_about_what_the_server_learns() {
        let mut query = PatternsQuery { min_confidence: Some(0.9), ..PatternsQuery::default() };
        query.pattern_type = Some(PatternType::Sequence);
        assert!(query.is_default_scope());
        query.range = Some(RangeSpec { from: "all".into(), to: String::new() });
        assert!(query.is_default_scope());
        query.settings.min_occurrences = Some(5);
        assert!(!query.is_default_scope(), "even if the server's is the same");
        let of_agent = RecordFilter { agent_id: Some("a".into()), ..RecordFilter::default() };
        assert!(!PatternsQuery { filter: of_agent, ..PatternsQuery::default() }.is_default_scope());
    }

    #[test]
    fn what_is_not_overridden_stays() {
        let settings = LearnSettings { min_occurrences: 7, ..LearnSettings::default() };
        let overrides = LearnOverrides { tz: Some("Asia/Seoul".into()), ..LearnOverrides::default() };
        assert_eq!(overrides.over(&settings), LearnSettings { tz: "Asia/Seoul".into(), ..settings });
    }
}
