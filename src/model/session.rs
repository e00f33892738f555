//! What sessions remember, as it is shown.
//!
//! An entry with a `ttl_hours` expires at `timestamp + ttl_hours` and is ignored from that instant on, as if it had
//! never been there: an older version of its key that lives still is current again. A `ttl_hours` of 0 expires at
//! once, parts of hours count, and ten thousand years and more are for ever, as is none. A job deletes what expired.
//!
//! Not here: the record that is sent (`record::MemoryRecord`). Exports hold whatever is stored, `ttl_hours` beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Json, Micros, RangeSpec, TimeRange};

/// Hours that are as long as for ever: ten thousand years.
pub const TTL_FOR_EVER_HOURS: f64 = 87_600_000.0;

/// When what was stored at `timestamp` with `ttl_hours` expires, to the microsecond; `None` = never.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "below ten thousand years")]
pub fn expiry(timestamp: Micros, ttl_hours: Option<f64>) -> Option<Micros> {
    let hours = ttl_hours.filter(|hours| *hours < TTL_FOR_EVER_HOURS)?;
    Some(Micros(timestamp.0.saturating_add((hours * super::time::HOUR as f64) as i64)))
}

/// A question for sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionsQuery {
    /// With an entry stored in which time.
    pub range: RangeSpec,
    /// `next` of the page before; it must come with the same range.
    pub cursor: Option<String>,
    /// Sessions of a page, 1 to [`Self::LIMIT_MAX`].
    pub limit: u32,
}

impl SessionsQuery {
    /// Most sessions of a page.
    pub const LIMIT_MAX: u32 = 1_000;
}

impl Default for SessionsQuery {
    fn default() -> Self {
        Self { range: RangeSpec::default(), cursor: None, limit: 100 }
    }
}

/// Sessions, the last to remember something first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionList {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The instants asked about.
    pub range: TimeRange,
    /// One page.
    pub sessions: Vec<SessionRow>,
    /// How many sessions all pages have.
    pub total: u64,
    /// The `cursor` of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// One session: everything it stored, whatever the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session.
    pub session_id: String,
    /// When it stored the first entry that is there still.
    pub first: Micros,
    /// When it stored the last.
    pub last: Micros,
    /// Entries that live, every version counted.
    pub live: u64,
    /// Entries that expired and are not deleted yet.
    pub expired: u64,
    /// Entries that live, by memory type; types without are absent.
    pub types: BTreeMap<String, u64>,
}

/// A question for what one session remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryQuery {
    /// Only of this type.
    pub memory_type: Option<String>,
    /// Only of this key.
    pub key: Option<String>,
    /// Every version, newest first, instead of the current one of each type and key, in their order.
    pub history: bool,
    /// Also what expired and is not deleted yet, marked as such.
    pub include_expired: bool,
    /// `next` of the page before; it must come with the same question.
    pub cursor: Option<String>,
    /// Entries of a page, 1 to [`Self::LIMIT_MAX`].
    pub limit: u32,
}

impl MemoryQuery {
    /// Most entries of a page.
    pub const LIMIT_MAX: u32 = 1_000;
}

impl Default for MemoryQuery {
    fn default() -> Self {
        Self { memory_type: None, key: None, history: false, include_expired: false, cursor: None, limit: 100 }
    }
}

/// What a session remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionMemory {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The session as a whole; `None` when nothing of it is stored.
    pub session: Option<SessionRow>,
    /// One page.
    pub entries: Vec<MemoryEntry>,
    /// The `cursor` of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// One thing that is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryEntry {
    /// Row id in the store, ascending in the order of arrival.
    pub row: i64,
    /// `semantic`, `episodic`, `context_hint`, or any word.
    pub memory_type: String,
    /// Under what it is kept.
    pub key: String,
    /// The JSON, verbatim. `null` is a value; what is absent has no entry.
    pub value: Json,
    /// When it was stored.
    pub timestamp: Micros,
    /// Hours until it expires, as they were sent.
    pub ttl_hours: Option<f64>,
    /// When it expires; `None` = never.
    pub expires_at: Option<Micros>,
    /// Whether it did.
    pub expired: bool,
    /// Versions of its type and key that live, this one included if it does.
    pub versions: u64,
    /// Its project.
    pub project: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_expire_to_the_microsecond_and_huge_ones_never() {
        let at = Micros(1_000_000);
        assert_eq!(expiry(at, None), None);
        assert_eq!(expiry(at, Some(0.0)), Some(at));
        assert_eq!(expiry(at, Some(0.5)), Some(Micros(1_000_000 + 1_800_000_000)));
        assert_eq!(expiry(at, Some(24.0)), Some(Micros(1_000_000 + 86_400_000_000)));
        for huge in [TTL_FOR_EVER_HOURS, 1e300, f64::MAX] {
            assert_eq!(expiry(at, Some(huge)), None, "{huge}");
        }
        assert!(expiry(at, Some(TTL_FOR_EVER_HOURS - 1.0)).is_some());
    }
}
