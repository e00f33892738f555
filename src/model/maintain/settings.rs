//! What people set about keeping a store, with the documented defaults.

use serde::{Deserialize, Serialize};

/// `[retention]`: how long what is kept. Ages are counted in whole UTC days, from the end of the day or from
/// the moment its last record arrived, whichever is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Days after which records are sealed: compressed, and still readable.
    pub detailed_days: u32,
    /// Days after which the hours of agents and of metric series go; their days stay.
    pub hourly_days: u32,
    /// Days after which a day goes altogether.
    pub daily_days: u32,
    /// Whether the server does all this by itself.
    pub auto_cleanup: bool,
    /// Hours between two such runs.
    pub cleanup_interval_hours: u32,
    /// Mebibytes the store may use; above, the oldest days go first. 0 = no limit.
    pub size_cap_mb: u64,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            detailed_days: 7,
            hourly_days: 30,
            daily_days: 90,
            auto_cleanup: true,
            cleanup_interval_hours: 24,
            size_cap_mb: 0,
        }
    }
}

/// `[compression]`: how records are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CompressionSettings {
    /// Whether they are; without it they stay as they are until their day goes.
    pub enabled: bool,
    /// Days before which nothing is sealed, whatever `retention.detailed_days` says.
    pub min_age_days: u32,
    /// The level of zstd, 1 to 19.
    pub compression_level: i32,
    /// Records of one chunk.
    pub batch_size: u32,
}

impl Default for CompressionSettings {
    fn default() -> Self {
        Self { enabled: true, min_age_days: 7, compression_level: 6, batch_size: 8192 }
    }
}

/// `[write_buffer]`: records of callers that do not wait for the commit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteBufferSettings {
    /// Whether there is a buffer; without it `?ack=buffered` waits for the commit like everybody.
    pub enabled: bool,
    /// Records after which it is emptied into the store.
    pub max_size: u32,
    /// Seconds after which it is emptied all the same.
    pub flush_interval_seconds: f64,
    /// Whether it is emptied when the server stops; else what waits is dropped and counted.
    pub flush_on_shutdown: bool,
}

impl Default for WriteBufferSettings {
    fn default() -> Self {
        Self { enabled: true, max_size: 100, flush_interval_seconds: 5.0, flush_on_shutdown: true }
    }
}

/// `[stream]`: who follows what is stored, over `GET /api/v1/stream`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamSettings {
    /// Most clients at a time; more are asked to come back.
    pub clients_max: u32,
    /// Seconds without a record after which a client is told that the stream is alive.
    pub heartbeat_seconds: u32,
    /// Most rows that are read again for a client that comes back; beyond, it is told to start anew.
    pub replay_max: u32,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self { clients_max: 256, heartbeat_seconds: 15, replay_max: 10_000 }
    }
}
