//! What `[patterns]` may say.

use super::ConfigError;
use super::upkeep::demand;
use crate::model::pattern::PatternSettings;

/// Shortest and longest time between two learnings, in seconds.
const INTERVAL: std::ops::RangeInclusive<u32> = 1..=86_400;

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(patterns: &PatternSettings) -> Result<(), ConfigError> {
    demand(INTERVAL.contains(&patterns.interval_seconds), "patterns.interval_seconds", || {
        "must be 1 to 86400; to switch it off, write auto_learn = false".into()
    })?;
    let learn = &patterns.learn;
    let allowed = learn.validate();
    demand(allowed.is_ok(), "patterns.learn", || allowed.err().map_or_else(String::new, |error| error.to_string()))?;
    demand(learn.tz.parse::<chrono_tz::Tz>().is_ok(), "patterns.learn.tz", || {
        format!("there is no zone `{}`; write an IANA name such as Europe/Berlin or UTC", learn.tz)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut PatternSettings)) -> String {
        let mut settings = PatternSettings::default();
        change(&mut settings);
        validate(&settings).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn absurd_values_are_named() {
        assert_eq!(refused(|_| {}), "");
        assert!(refused(|s| s.interval_seconds = 0).starts_with("setting `patterns.interval_seconds`: must be 1 to"));
        assert_eq!(
            refused(|s| s.learn.min_occurrences = 0),
            "setting `patterns.learn`: min_occurrences is 0: it must be 2 to 1000000"
        );
        assert!(refused(|s| s.learn.tz = "Berlin".into()).contains("there is no zone `Berlin`"));
    }
}
