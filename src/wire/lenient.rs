//! Reading values that dozens of programs and versions wrote: a number as text, a time of any common
//! form, JSON that is broken. What cannot be read is an [`Oddity`], never a reason to drop a neighbour.
//!
//! All importers but that of transcripts share this. Not here: what a value means.

use chrono::FixedOffset;
use serde_json::Value;

use super::native::{AHEAD_MAX, COUNT_MAX, DURATION_MS_MAX, METADATA_BYTES_MAX, TIME_MIN};
use crate::model::{Json, Micros, Record, TimeError};

/// Something a source says that could not be taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// The kind, in a few words: what is counted.
    pub kind: &'static str,
    /// Where: `line 3`, `task_metrics row 12`.
    pub place: String,
    /// What stood there.
    pub what: String,
}

/// What was made of a piece of a source.
#[derive(Debug, Default)]
pub struct Haul {
    /// Entries, rows or data points it held.
    pub rows: u64,
    /// The records, in the order of the source.
    pub records: Vec<Record>,
    /// What was odd.
    pub oddities: Vec<Oddity>,
}

impl Haul {
    /// Notes something odd.
    pub fn odd(&mut self, kind: &'static str, place: impl Into<String>, what: impl Into<String>) {
        self.oddities.push(Oddity { kind, place: place.into(), what: what.into() });
    }
}

/// Characters shown of a value that could not be read.
const SHOWN_CHARS: usize = 60;

/// The beginning of `text`, in back ticks.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(SHOWN_CHARS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("`{cut}`")
}

/// The text, unless it is empty or none.
#[must_use]
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// A finite number, also when it was written as text.
#[must_use]
pub fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// A count from 0 to [`COUNT_MAX`], also when it was written as text or with a fraction of zero.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked to lie far below 2^53")]
pub fn count(value: &Value) -> Option<i64> {
    number(value).filter(|n| n.fract() == 0.0 && *n >= 0.0 && *n <= COUNT_MAX as f64).map(|n| n as i64)
}

/// A truth value, also when it was written as text.
#[must_use]
pub fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether a record may carry this duration.
#[must_use]
pub fn is_duration(ms: f64) -> bool {
    (0.0..=DURATION_MS_MAX).contains(&ms)
}

/// The instant so many units after the epoch, of which a second has `per_second`; to the microsecond.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates, and saturated is out of bounds")]
pub fn epoch(number: f64, per_second: f64) -> Micros {
    Micros((number * (1e6 / per_second)).round() as i64)
}

/// Reads a time as text: RFC 3339, `T` or a blank between date and time, 0 to 9 fraction digits, an
/// offset or none.
///
/// # Errors
/// [`TimeError::Naive`] when it has none and none is assumed, [`TimeError::Unreadable`].
pub fn time(text: &str, assume: Option<FixedOffset>) -> Result<Micros, TimeError> {
    let text = text.trim();
    Micros::parse_rfc3339(text, assume).or_else(|error| match (text.as_bytes().get(10), error) {
        // `2026-01-01 12:00:00+0900`, as some formatters write an offset.
        (_, TimeError::Unreadable(unreadable)) => chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
            .or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%z"))
            .map(|time| Micros(time.timestamp_micros()))
            .map_err(|_| TimeError::Unreadable(unreadable)),
        (_, error) => Err(error),
    })
}

/// Why a time may not be stored; `None` when it may.
#[must_use]
pub fn out_of_bounds(time: Micros, now: Micros) -> Option<&'static str> {
    if time < TIME_MIN {
        Some("time before the year 2000")
    } else if time.0 > now.0.saturating_add(AHEAD_MAX) {
        Some("time more than 24 h ahead")
    } else {
        None
    }
}

/// What became of text that should be JSON.
#[derive(Debug, PartialEq)]
pub enum Kept {
    /// It is JSON.
    Json(Json),
    /// It is not; it was kept as a JSON string.
    AsText(Json),
    /// It is longer than a record may carry.
    TooLong(usize),
}

/// Keeps `text` as the JSON of a record's metadata: as [`as_json`], unless it is too long for that.
#[must_use]
pub fn keep_json(text: &str) -> Kept {
    if text.len() > METADATA_BYTES_MAX { Kept::TooLong(text.len()) } else { as_json(text) }
}

/// `text` as it stands when it is JSON, else as a JSON string that holds it.
#[must_use]
pub fn as_json(text: &str) -> Kept {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        // Valid JSON has line breaks only between its parts, and a record must fit on one line.
        return Kept::Json(Json(text.replace(['\n', '\r'], " ")));
    }
    Kept::AsText(Json(Value::String(text.to_owned()).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NINE: Option<FixedOffset> = FixedOffset::east_opt(9 * 3600);

    #[test]
    fn numbers_are_read_from_text_and_never_made_up() {
        assert_eq!(number(&json!("12.5")), Some(12.5));
        assert_eq!(number(&json!(7)), Some(7.0));
        for none in [json!("NaN"), json!("inf"), json!(""), json!("12 ms"), json!(null), json!(true)] {
            assert_eq!(number(&none), None, "{none}");
        }
        assert_eq!((count(&json!("12")), count(&json!(12.5)), count(&json!(-1))), (Some(12), None, None));
        assert_eq!((flag(&json!("true")), flag(&json!(false)), flag(&json!(1))), (Some(true), Some(false), None));
    }

    #[test]
    fn times_keep_their_microseconds_in_every_form() {
        let at = Ok(Micros(1_764_411_089_953_194));
        assert_eq!(time("2025-11-29T19:11:29.953194", NINE), at);
        assert_eq!(time("2025-11-29 19:11:29.953194", NINE), at);
        assert_eq!(time("2025-11-29T10:11:29.953194Z", NINE), at, "an offset of its own wins");
        assert_eq!(time("2025-11-29T19:11:29.953194+09:00", None), at);
        assert_eq!(time("2025-11-29 19:11:29.953194+0900", None), at);
        assert_eq!(time("2025-11-29 10:11:29", FixedOffset::east_opt(0)), Ok(Micros(1_764_411_089_000_000)));
        assert!(matches!(time("2025-11-29T19:11:29", None), Err(TimeError::Naive(_))));
        assert!(matches!(time("yesterday", NINE), Err(TimeError::Unreadable(_))));
        assert_eq!(epoch(1_764_411_089.953_194, 1.0), Micros(1_764_411_089_953_194));
    }

    #[test]
    fn broken_json_is_kept_as_a_string_and_reads_back() {
        assert_eq!(keep_json(r#"{"a": 1}"#), Kept::Json(Json(r#"{"a": 1}"#.into())));
        let Kept::AsText(Json(text)) = keep_json(r#"{"a": "#) else { panic!("it is broken") };
        assert_eq!(serde_json::from_str::<String>(&text).expect("a string"), r#"{"a": "#);
        assert_eq!(keep_json(&"x".repeat(70_000)), Kept::TooLong(70_000));
    }
}
