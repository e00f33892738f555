//! What `[retention]`, `[compression]`, `[write_buffer]` and `[stream]` may say.

use super::ConfigError;
use crate::model::maintain::{CompressionSettings, RetentionSettings, StreamSettings, WriteBufferSettings};

/// Longest that anything is kept, in days: ten thousand years would overflow times.
const DAYS_MAX: u32 = 36_500;

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(
    retention: &RetentionSettings,
    compression: &CompressionSettings,
    buffer: &WriteBufferSettings,
) -> Result<(), ConfigError> {
    let RetentionSettings { detailed_days, hourly_days, daily_days, .. } = *retention;
    demand(detailed_days >= 1, "retention.detailed_days", || "must be at least 1".into())?;
    demand(hourly_days >= detailed_days, "retention.hourly_days", || {
        format!("is {hourly_days}, and must be at least detailed_days, {detailed_days}")
    })?;
    demand(daily_days >= hourly_days, "retention.daily_days", || {
        format!("is {daily_days}, and must be at least hourly_days, {hourly_days}")
    })?;
    demand(daily_days <= DAYS_MAX, "retention.daily_days", || format!("must be at most {DAYS_MAX}"))?;
    demand((1..=8760).contains(&retention.cleanup_interval_hours), "retention.cleanup_interval_hours", || {
        "must be 1 to 8760; to switch it off, write auto_cleanup = false".into()
    })?;
    demand(compression.min_age_days <= daily_days, "compression.min_age_days", || {
        format!("must be at most daily_days, {daily_days}; to switch sealing off, write enabled = false")
    })?;
    demand((1..=19).contains(&compression.compression_level), "compression.compression_level", || {
        "must be 1 to 19".into()
    })?;
    demand((100..=65_536).contains(&compression.batch_size), "compression.batch_size", || {
        "must be 100 to 65536".into()
    })?;
    demand((1..=10_000).contains(&buffer.max_size), "write_buffer.max_size", || "must be 1 to 10000".into())?;
    demand((0.01..=3600.0).contains(&buffer.flush_interval_seconds), "write_buffer.flush_interval_seconds", || {
        "must be 0.01 to 3600; to switch the buffer off, write enabled = false".into()
    })
}

/// Refuses streams that cannot be served.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate_stream(stream: &StreamSettings) -> Result<(), ConfigError> {
    demand((1..=10_000).contains(&stream.clients_max), "stream.clients_max", || "must be 1 to 10000".into())?;
    demand((1..=3600).contains(&stream.heartbeat_seconds), "stream.heartbeat_seconds", || "must be 1 to 3600".into())?;
    demand(stream.replay_max <= 1_000_000, "stream.replay_max", || "must be at most 1000000".into())
}

pub(super) fn demand(holds: bool, key: &'static str, reason: impl FnOnce() -> String) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Invalid { key, reason: reason() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that is refused, if any.
    fn refused(
        change: impl FnOnce(&mut RetentionSettings, &mut CompressionSettings, &mut WriteBufferSettings),
    ) -> &'static str {
        let (mut retention, mut compression, mut buffer) = Default::default();
        change(&mut retention, &mut compression, &mut buffer);
        match validate(&retention, &compression, &buffer) {
            Ok(()) => "",
            Err(ConfigError::Invalid { key, .. }) => key,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_three_ages_must_not_fall() {
        assert_eq!(refused(|_, _, _| {}), "");
        assert_eq!(refused(|r, _, _| r.hourly_days = 6), "retention.hourly_days");
        assert_eq!(refused(|r, _, _| r.daily_days = 29), "retention.daily_days");
        assert_eq!(refused(|r, _, _| r.detailed_days = 0), "retention.detailed_days");
        assert_eq!(
            refused(|r, c, _| (r.detailed_days, r.hourly_days, r.daily_days, c.min_age_days) = (2, 2, 2, 2)),
            ""
        );
    }

    #[test]
    fn a_stream_needs_room_for_a_client_and_a_heartbeat() {
        let refused = |stream: StreamSettings| validate_stream(&stream).is_err();
        let default = StreamSettings::default();
        assert!(!refused(default) && !refused(StreamSettings { replay_max: 0, ..default }));
        assert!(refused(StreamSettings { clients_max: 0, ..default }));
        assert!(refused(StreamSettings { heartbeat_seconds: 0, ..default }));
    }

    #[test]
    fn absurd_values_are_named() {
        assert_eq!(refused(|r, _, _| r.daily_days = 40_000), "retention.daily_days");
        assert_eq!(refused(|r, _, _| r.cleanup_interval_hours = 0), "retention.cleanup_interval_hours");
        assert_eq!(refused(|_, c, _| c.min_age_days = 91), "compression.min_age_days");
        assert_eq!(refused(|_, c, _| c.compression_level = 23), "compression.compression_level");
        assert_eq!(refused(|_, c, _| c.batch_size = 1), "compression.batch_size");
        assert_eq!(refused(|_, _, b| b.max_size = 0), "write_buffer.max_size");
        assert_eq!(refused(|_, _, b| b.flush_interval_seconds = f64::NAN), "write_buffer.flush_interval_seconds");
    }
}
