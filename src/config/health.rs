//! What `[health]` may say.

use super::ConfigError;
use super::upkeep::demand;
use crate::model::system::{HealthSettings, Limits};

/// Refuses what cannot be meant: limits that are no numbers, shares beyond 1, and a critical threshold on the better
/// side of the target, which would leave nothing between.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(health: &HealthSettings) -> Result<(), ConfigError> {
    let most = f64::MAX;
    low("health.response_p95_ms", &health.response_p95_ms, most)?;
    low("health.error_rate", &health.error_rate, 1.0)?;
    low("health.cpu", &health.cpu, 1.0)?;
    low("health.memory", &health.memory, 1.0)?;
    low("health.disk", &health.disk, 1.0)?;
    low("health.database_bytes", &health.database_bytes, most)?;
    low("health.agents_failed", &health.agents_failed, 1.0)?;
    let Limits { target, critical } = health.uptime;
    demand((0.0..=1.0).contains(&critical), "health.uptime", || "`critical` must be a share, 0 to 1".into())?;
    demand(target.is_none_or(|target| (critical..=1.0).contains(&target)), "health.uptime", || {
        format!("`target` must be a share from `critical`, {critical}, to 1: uptime is critical below")
    })
}

fn low(key: &'static str, limits: &Limits, most: f64) -> Result<(), ConfigError> {
    let Limits { target, critical } = *limits;
    demand(critical > 0.0 && critical <= most, key, || match most {
        1.0 => "`critical` must be a share above 0, at most 1".into(),
        _ => "`critical` must be a number above 0".into(),
    })?;
    demand(target.is_none_or(|target| (0.0..=critical).contains(&target)), key, || {
        format!("`target` must be from 0 to `critical`, {critical}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut HealthSettings)) -> String {
        let mut settings = HealthSettings::default();
        change(&mut settings);
        validate(&settings).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn limits_that_leave_nothing_between_are_named() {
        assert_eq!(refused(|_| {}), "");
        assert_eq!(
            refused(|s| s.disk = Limits { target: Some(0.95), critical: 0.9 }),
            "setting `health.disk`: `target` must be from 0 to `critical`, 0.9"
        );
        assert!(refused(|s| s.cpu.critical = 90.0).contains("must be a share above 0, at most 1"));
        assert!(refused(|s| s.error_rate.critical = f64::NAN).contains("`critical`"));
        assert!(refused(|s| s.uptime.target = Some(0.9)).contains("uptime is critical below"));
        assert_eq!(refused(|s| s.response_p95_ms = Limits { target: None, critical: 1e6 }), "");
    }
}
