//! What people set about learning patterns, with the documented defaults.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `[patterns.learn]`: what counts as a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LearnSettings {
    /// Times a pattern must have been seen. Patterns seen fewer than [`Self::CONTROLLED_FROM`] times cannot be told
    /// from chance; whoever asks for them gets them with their p-value.
    pub min_occurrences: u32,
    /// Confidence below which a pattern is not listed, 0 to 1.
    pub confidence_threshold: f64,
    /// Events considered, the newest.
    pub max_history_size: u32,
    /// Milliseconds that may pass between two steps of a sequence.
    pub max_gap_ms: u32,
    /// Milliseconds within which one event counts as following another: correlations.
    pub time_window_ms: u32,
    /// Milliseconds before a failure in which its precursors are looked for.
    pub precursor_window_ms: u32,
    /// The share of false patterns accepted among those listed of each kind (Benjamini–Hochberg), above 0, at most 1;
    /// 1 = no control.
    pub false_discovery_rate: f64,
    /// The time zone of hours and weekdays: an IANA name.
    pub tz: String,
}

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LearnSettingsError {
    /// A number lies outside what is allowed.
    #[error("{key} is {value}: it must be {allowed}")]
    Range {
        /// The setting.
        key: &'static str,
        /// What it was set to.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
}

impl LearnSettings {
    /// From so many occurrences on, false discoveries are controlled: fewer say too little.
    pub const CONTROLLED_FROM: u64 = 5;
    /// Most events that can be considered.
    pub const HISTORY_MAX: u32 = 10_000_000;
    /// Longest gap and window in milliseconds: one day.
    pub const WINDOW_MAX_MS: u32 = 86_400_000;

    /// Checks every number. The time zone is checked where zones are known.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn validate(&self) -> Result<(), LearnSettingsError> {
        let window = 1.0..=f64::from(Self::WINDOW_MAX_MS);
        let allowed_window = "1 to 86400000 (one day)";
        let checks = [
            ("min_occurrences", f64::from(self.min_occurrences), 2.0..=1e6, "2 to 1000000"),
            ("confidence_threshold", self.confidence_threshold, 0.0..=1.0, "0 to 1"),
            (
                "max_history_size",
                f64::from(self.max_history_size),
                2.0..=f64::from(Self::HISTORY_MAX),
                "2 to 10000000 events",
            ),
            ("max_gap_ms", f64::from(self.max_gap_ms), window.clone(), allowed_window),
            ("time_window_ms", f64::from(self.time_window_ms), window.clone(), allowed_window),
            ("precursor_window_ms", f64::from(self.precursor_window_ms), window, allowed_window),
            ("false_discovery_rate", self.false_discovery_rate, f64::MIN_POSITIVE..=1.0, "above 0, at most 1"),
        ];
        checks
            .into_iter()
            .find(|(_, value, range, _)| !range.contains(value))
            .map_or(Ok(()), |(key, value, _, allowed)| Err(LearnSettingsError::Range { key, value, allowed }))
    }
}

impl Default for LearnSettings {
    fn default() -> Self {
        Self {
            min_occurrences: 5,
            confidence_threshold: 0.7,
            max_history_size: 10_000,
            max_gap_ms: 300_000,
            time_window_ms: 10_000,
            precursor_window_ms: 300_000,
            false_discovery_rate: 0.05,
            tz: "UTC".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named_with_what_is_allowed() {
        assert_eq!(LearnSettings::default().validate(), Ok(()));
        let refused = |change: fn(&mut LearnSettings)| {
            let mut settings = LearnSettings::default();
            change(&mut settings);
            settings.validate().expect_err("refused").to_string()
        };
        assert_eq!(refused(|s| s.min_occurrences = 1), "min_occurrences is 1: it must be 2 to 1000000");
        assert_eq!(refused(|s| s.confidence_threshold = 1.5), "confidence_threshold is 1.5: it must be 0 to 1");
        assert_eq!(refused(|s| s.confidence_threshold = f64::NAN), "confidence_threshold is NaN: it must be 0 to 1");
        assert_eq!(
            refused(|s| s.false_discovery_rate = 0.0),
            "false_discovery_rate is 0: it must be above 0, at most 1"
        );
        assert_eq!(refused(|s| s.time_window_ms = 0), "time_window_ms is 0: it must be 1 to 86400000 (one day)");
    }

    #[test]
    fn absent_settings_are_the_documented_ones() {
        let settings: LearnSettings = serde_json::from_str("{}").expect("all have defaults");
        assert_eq!((settings.min_occurrences, settings.max_history_size), (5, 10_000));
        assert_eq!((settings.confidence_threshold, settings.time_window_ms), (0.7, 10_000));
    }
}
