//! What `[agents]` and `[heartbeat]` may say.

use super::ConfigError;
use super::upkeep::demand;
use crate::model::health::{AgentSettings, HeartbeatSettings};

/// Longest wait for an agent: a year.
const MINUTES_MAX: u32 = 525_600;
/// Shortest and longest interval between two beats, in seconds: what clocks tell apart, and 30 days.
const INTERVAL: std::ops::RangeInclusive<f64> = 0.001..=2_592_000.0;
/// Intervals until an agent counts as failed.
const THRESHOLD: std::ops::RangeInclusive<f64> = 1.0..=1000.0;

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(agents: &AgentSettings, heartbeat: &HeartbeatSettings) -> Result<(), ConfigError> {
    demand((1..=MINUTES_MAX).contains(&agents.stale_after_minutes), "agents.stale_after_minutes", || {
        format!("must be 1 to {MINUTES_MAX}")
    })?;
    demand((2..=16).contains(&heartbeat.learn_beats_min), "heartbeat.learn_beats_min", || {
        "must be 2 to 16; to switch learning off, write learn = false".into()
    })?;
    check_interval(heartbeat.interval_seconds, "heartbeat.interval_seconds", "")?;
    check_threshold(heartbeat.threshold, "heartbeat.threshold", "")?;
    for (name, of_type) in &heartbeat.types {
        let prefix = format!("of type {name} ");
        of_type.interval_seconds.map_or(Ok(()), |seconds| check_interval(seconds, "heartbeat.types", &prefix))?;
        of_type.threshold.map_or(Ok(()), |threshold| check_threshold(threshold, "heartbeat.types", &prefix))?;
    }
    Ok(())
}

fn check_interval(seconds: f64, key: &'static str, prefix: &str) -> Result<(), ConfigError> {
    let (least, most) = (INTERVAL.start(), INTERVAL.end());
    demand(INTERVAL.contains(&seconds), key, || format!("{prefix}must be {least} to {most} seconds"))
}

fn check_threshold(threshold: f64, key: &'static str, prefix: &str) -> Result<(), ConfigError> {
    let (least, most) = (THRESHOLD.start(), THRESHOLD.end());
    demand(THRESHOLD.contains(&threshold), key, || format!("{prefix}must be {least} to {most} intervals"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::HeartbeatOfType;

    fn refused(change: impl FnOnce(&mut AgentSettings, &mut HeartbeatSettings)) -> String {
        let (mut agents, mut heartbeat) = (AgentSettings::default(), HeartbeatSettings::default());
        change(&mut agents, &mut heartbeat);
        validate(&agents, &heartbeat).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn absurd_values_are_named() {
        assert_eq!(refused(|_, _| {}), "");
        assert!(
            refused(|a, _| a.stale_after_minutes = 0).starts_with("setting `agents.stale_after_minutes`: must be 1")
        );
        assert!(refused(|_, h| h.interval_seconds = 0.0).starts_with("setting `heartbeat.interval_seconds`"));
        assert!(refused(|_, h| h.threshold = f64::NAN).starts_with("setting `heartbeat.threshold`"));
        assert!(refused(|_, h| h.learn_beats_min = 1).starts_with("setting `heartbeat.learn_beats_min`"));
        let of_type = |of: HeartbeatOfType| refused(|_, h| h.types.extend([("coder".to_owned(), of)]));
        assert_eq!(
            of_type(HeartbeatOfType { interval_seconds: Some(-1.0), threshold: None }),
            "setting `heartbeat.types`: of type coder must be 0.001 to 2592000 seconds"
        );
        assert_eq!(of_type(HeartbeatOfType { interval_seconds: None, threshold: Some(4.0) }), "");
    }
}
