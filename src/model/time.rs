//! One time type, half-open ranges, and the grammar people write times in. `now` is always an argument.

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub mod rfc3339;

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in one day.
pub const DAY: i64 = 24 * HOUR;

/// Microseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeError {
    /// It has no offset from UTC and none is assumed.
    #[error("`{0}` has no offset from UTC; write one (…Z or …+09:00), or say which to assume with assume_offset")]
    Naive(String),
    /// It is in no form that is read here.
    #[error("`{0}` is no time; write RFC 3339 (2026-01-31T12:00:00Z), epoch milliseconds, or now-6h")]
    Unreadable(String),
    /// The range ends before it starts.
    #[error("the range is empty: `from` must lie before `to`")]
    EmptyRange,
}

impl Micros {
    /// The instant `millis` milliseconds after the epoch; saturates.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// RFC 3339 in UTC, with 0, 3 or 6 fraction digits, as many as are needed.
    /// Instants outside the years chrono can show are written as plain microseconds.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp_micros(self.0)
            .map_or_else(|| self.0.to_string(), |t| t.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    /// Reads RFC 3339 (`T` or blank between date and time). A text without an offset needs `assume_offset`.
    ///
    /// # Errors
    /// [`TimeError::Naive`] or [`TimeError::Unreadable`].
    pub fn parse_rfc3339(text: &str, assume_offset: Option<FixedOffset>) -> Result<Self, TimeError> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_micros()));
        }
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        match (naive, assume_offset) {
            (Some(naive), Some(offset)) => offset
                .from_local_datetime(&naive)
                .single()
                .map(|time| Self(time.timestamp_micros()))
                .ok_or_else(|| TimeError::Unreadable(text.to_owned())),
            (Some(_), None) => Err(TimeError::Naive(text.to_owned())),
            (None, _) => Err(TimeError::Unreadable(text.to_owned())),
        }
    }

    /// Reads what `from` and `to` may hold: RFC 3339, epoch milliseconds, `now`, or `now-6h`
    /// (units s m h d w). A blank where a `+` was is understood.
    ///
    /// # Errors
    /// [`TimeError`] when it is none of these.
    pub fn parse_expression(text: &str, now: Self) -> Result<Self, TimeError> {
        let text = text.trim();
        let unreadable = || TimeError::Unreadable(text.to_owned());
        if let Some(rest) = text.strip_prefix("now") {
            return parse_shift(rest).map(|shift| Self(now.0.saturating_add(shift))).ok_or_else(unreadable);
        }
        if let Ok(millis) = text.parse::<i64>() {
            return Ok(Self::from_millis(millis));
        }
        Self::parse_rfc3339(text, None).or_else(|error| match text.rsplit_once(' ') {
            // `…T12:00:00+09:00` in a query string arrives with a blank for its plus sign.
            Some((before, offset)) if before.contains('T') => Self::parse_rfc3339(&format!("{before}+{offset}"), None),
            _ => Err(error),
        })
    }
}

/// `""`, `-6h`, `+30m` → microseconds.
fn parse_shift(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' | b' ' => (1, &text[1..]),
        _ => return None,
    };
    let unit = match rest.chars().last()? {
        's' => SECOND,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let count: i64 = rest[..rest.len() - 1].parse().ok().filter(|count| *count >= 0)?;
    count.checked_mul(unit)?.checked_mul(sign)
}

/// Reads `+09:00`, `-0530`, `Z`; a leading blank counts as the plus sign it was in a query string.
///
/// # Errors
/// [`TimeError::Unreadable`].
pub fn parse_offset(text: &str) -> Result<FixedOffset, TimeError> {
    let text = text.replacen(' ', "+", 1);
    if text == "Z" || text == "z" {
        return FixedOffset::east_opt(0).ok_or(TimeError::Unreadable(text));
    }
    text.parse().map_err(|_| TimeError::Unreadable(text))
}

/// `[from, until)`; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    /// The first instant inside.
    pub from: Micros,
    /// The first instant after.
    pub until: Micros,
}

impl TimeRange {
    /// Every storable instant.
    pub const ALL: Self = Self { from: Micros(i64::MIN), until: Micros(i64::MAX) };

    /// `[from, until)`.
    ///
    /// # Errors
    /// [`TimeError::EmptyRange`] unless `from < until`.
    pub fn new(from: Micros, until: Micros) -> Result<Self, TimeError> {
        if from < until { Ok(Self { from, until }) } else { Err(TimeError::EmptyRange) }
    }

    /// Its length in microseconds.
    #[must_use]
    pub const fn length(self) -> i64 {
        self.until.0.saturating_sub(self.from.0)
    }

    /// The range of the same length that ends where this one starts.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { from: Micros(self.from.0.saturating_sub(self.length())), until: self.from }
    }

    /// Whether `time` lies inside.
    #[must_use]
    pub fn contains(self, time: Micros) -> bool {
        self.from <= time && time < self.until
    }
}

/// A range as a person wrote it, and as the URL carries it: two time expressions, or `from=all`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RangeSpec {
    /// `now-24h`, RFC 3339, epoch milliseconds, or `all`.
    pub from: String,
    /// As `from`; empty means `now`.
    pub to: String,
}

impl Default for RangeSpec {
    fn default() -> Self {
        Self { from: "now-24h".into(), to: "now".into() }
    }
}

impl RangeSpec {
    /// The word that asks for everything there is.
    pub const ALL: &'static str = "all";

    /// Whether everything there is was asked for.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.from == Self::ALL
    }

    /// The instants meant at `now`. `bounds` is where the data lies: `all` means exactly that,
    /// or the last 24 hours of an empty store.
    ///
    /// # Errors
    /// [`TimeError`] when an end is unreadable or the range is empty.
    pub fn resolve(&self, now: Micros, bounds: Option<TimeRange>) -> Result<TimeRange, TimeError> {
        if self.is_all() {
            return Ok(bounds.unwrap_or(TimeRange { from: Micros(now.0 - DAY), until: now }));
        }
        let from = Micros::parse_expression(&self.from, now)?;
        let until = if self.to.is_empty() { now } else { Micros::parse_expression(&self.to, now)? };
        TimeRange::new(from, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z

    #[test]
    fn times_are_written_with_as_many_digits_as_they_need() {
        assert_eq!(NOON.to_rfc3339(), "2026-01-01T12:00:00Z");
        assert_eq!(Micros(NOON.0 + 120_000).to_rfc3339(), "2026-01-01T12:00:00.120Z");
        assert_eq!(Micros(NOON.0 + 1).to_rfc3339(), "2026-01-01T12:00:00.000001Z");
    }

    #[test]
    fn a_naive_time_needs_an_offset_to_assume() {
        let text = "2026-01-01 21:00:00.5";
        assert_eq!(Micros::parse_rfc3339(text, None), Err(TimeError::Naive(text.into())));
        let offset = parse_offset(" 09:00").expect("a blank stands for the plus");
        assert_eq!(Micros::parse_rfc3339(text, Some(offset)), Ok(Micros(NOON.0 + 500_000)));
    }

    #[test]
    fn expressions_are_relative_absolute_or_milliseconds() {
        let six_hours_ago = Ok(Micros(NOON.0 - 6 * HOUR));
        assert_eq!(Micros::parse_expression("now-6h", NOON), six_hours_ago);
        assert_eq!(Micros::parse_expression("2026-01-01T06:00:00Z", NOON), six_hours_ago);
        assert_eq!(Micros::parse_expression("2026-01-01T15:00:00 09:00", NOON), six_hours_ago);
        assert_eq!(Micros::parse_expression("1767247200000", NOON), six_hours_ago);
        assert!(Micros::parse_expression("now-6x", NOON).is_err());
        assert!(Micros::parse_expression("now--6h", NOON).is_err());
        assert!(Micros::parse_expression("yesterday", NOON).is_err());
    }

    #[test]
    fn a_range_excludes_its_end_and_knows_the_one_before() {
        let range = RangeSpec { from: "now-6h".into(), to: String::new() }.resolve(NOON, None).expect("six hours");
        assert!(range.contains(range.from) && !range.contains(range.until));
        assert_eq!(range.previous(), TimeRange { from: Micros(NOON.0 - 12 * HOUR), until: Micros(NOON.0 - 6 * HOUR) });
        let backwards = RangeSpec { from: "now".into(), to: "now-1h".into() };
        assert_eq!(backwards.resolve(NOON, None), Err(TimeError::EmptyRange));
    }

    #[test]
    fn all_means_where_the_data_is() {
        let bounds = TimeRange { from: Micros(5), until: Micros(9) };
        let all = RangeSpec { from: "all".into(), to: String::new() };
        assert_eq!(all.resolve(NOON, Some(bounds)), Ok(bounds));
        assert_eq!(all.resolve(NOON, None).map(TimeRange::length), Ok(DAY));
    }
}
