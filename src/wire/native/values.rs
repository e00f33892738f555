//! Second pass: one function a type of value. Each takes a field out and either has it in its type
//! or says, with field and value, why not.

use std::borrow::Cow;

use super::error::{RecordError, shown};
use super::fields::{Field, Fields, Scalar, scalar};
use super::{AHEAD_MAX, COUNT_MAX, DEPTH_MAX, DURATION_MS_MAX, METADATA_BYTES_MAX, ParseContext, TIME_MIN};
use crate::model::id::{self, AgentId, EventId, SwarmId, TaskId};
use crate::model::{Json, Micros, TimeError};

impl Scalar<'_> {
    /// What it is, for messages.
    fn describe(&self) -> String {
        match self {
            Self::Absent => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Large(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) => format!("the text `{}`", shown(text)),
            Self::Nested(what) => (*what).into(),
            Self::Verbatim(text) => format!("`{}`", shown(text)),
        }
    }
}

fn must_be(field: Field, what: &str, value: &Scalar<'_>) -> RecordError {
    RecordError::field(field, format!("must be {what}, not {}", value.describe()))
}

impl<'a> Fields<'a> {
    /// Text that is no id: any length, checked by whoever reads it.
    pub(super) fn text(&mut self, field: Field) -> Result<Option<Cow<'a, str>>, RecordError> {
        match self.take(field) {
            Scalar::Absent => Ok(None),
            Scalar::Text(text) => Ok(Some(text)),
            other => Err(must_be(field, "a text", &other)),
        }
    }

    /// A name or id: 1 to 512 bytes.
    pub(super) fn name(&mut self, field: Field) -> Result<Option<String>, RecordError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        id::checked(&text).map_err(|error| RecordError::field(field, error.to_string()))?;
        Ok(Some(text.into_owned()))
    }

    pub(super) fn required_name(&mut self, field: Field) -> Result<String, RecordError> {
        self.name(field)?.ok_or_else(|| RecordError::missing(field))
    }

    pub(super) fn agent_id(&mut self) -> Result<Option<AgentId>, RecordError> {
        self.id(Field::AgentId, AgentId::new)
    }

    pub(super) fn task_id(&mut self) -> Result<Option<TaskId>, RecordError> {
        self.id(Field::TaskId, TaskId::new)
    }

    pub(super) fn swarm_id(&mut self) -> Result<Option<SwarmId>, RecordError> {
        self.id(Field::SwarmId, SwarmId::new)
    }

    pub(super) fn event_id(&mut self) -> Result<Option<EventId>, RecordError> {
        self.id(Field::EventId, EventId::new)
    }

    fn id<T>(
        &mut self,
        field: Field,
        new: impl FnOnce(String) -> Result<T, id::IdError>,
    ) -> Result<Option<T>, RecordError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        new(text.into_owned()).map(Some).map_err(|error| RecordError::field(field, error.to_string()))
    }

    pub(super) fn boolean(&mut self, field: Field) -> Result<Option<bool>, RecordError> {
        match self.take(field) {
            Scalar::Absent => Ok(None),
            Scalar::Bool(value) => Ok(Some(value)),
            other => Err(must_be(field, "true or false", &other)),
        }
    }

    /// A whole number from 0 to [`COUNT_MAX`]; `5.0` is whole.
    pub(super) fn count(&mut self, field: Field) -> Result<Option<i64>, RecordError> {
        let value = self.take(field);
        let count = match value {
            Scalar::Absent => return Ok(None),
            Scalar::Int(count) => count,
            // A cast from float saturates, so that one out of bounds stays out of bounds.
            Scalar::Float(number) if number.fract() == 0.0 => number as i64,
            Scalar::Large(_) => i64::MAX,
            other => return Err(must_be(field, "a whole number", &other)),
        };
        match count {
            0..=COUNT_MAX => Ok(Some(count)),
            ..0 => Err(RecordError::field(field, format!("is {}, must not be negative", value.describe()))),
            _ => Err(RecordError::field(field, format!("is {}, more than {COUNT_MAX}", value.describe()))),
        }
    }

    /// A finite number.
    pub(super) fn number(&mut self, field: Field) -> Result<Option<f64>, RecordError> {
        let value = match self.take(field) {
            Scalar::Verbatim("null") => Scalar::Absent,
            Scalar::Verbatim(text) => scalar(text).unwrap_or(Scalar::Verbatim(text)),
            value => value,
        };
        if value == Scalar::Absent {
            return Ok(None);
        }
        as_number(&value).map(Some).ok_or_else(|| must_be(field, "a finite number", &value))
    }

    /// A finite number that is not negative.
    pub(super) fn amount(&mut self, field: Field) -> Result<Option<f64>, RecordError> {
        match self.number(field)? {
            Some(number) if number < 0.0 => {
                Err(RecordError::field(field, format!("is {number}, must not be negative")))
            }
            number => Ok(number),
        }
    }

    /// Milliseconds, not negative, at most [`DURATION_MS_MAX`].
    pub(super) fn duration(&mut self) -> Result<Option<f64>, RecordError> {
        match self.amount(Field::DurationMs)? {
            Some(ms) if ms > DURATION_MS_MAX => {
                Err(RecordError::field(Field::DurationMs, format!("is {ms}, more than {DURATION_MS_MAX}")))
            }
            ms => Ok(ms),
        }
    }

    /// RFC 3339 or epoch milliseconds, from 2000 to 24 h ahead.
    pub(super) fn time(&mut self, field: Field, context: &ParseContext) -> Result<Option<Micros>, RecordError> {
        let value = self.take(field);
        let time = match &value {
            Scalar::Absent => return Ok(None),
            Scalar::Int(millis) => Micros::from_millis(*millis),
            Scalar::Text(text) => Micros::parse_rfc3339(text, context.assume_offset).map_err(|error| match error {
                TimeError::Naive(_) => RecordError::field(field, shown_error(&error)),
                _ => must_be(field, "RFC 3339 or epoch milliseconds", &value),
            })?,
            other => return Err(must_be(field, "RFC 3339 or whole epoch milliseconds", other)),
        };
        if time < TIME_MIN {
            let hint = if matches!(value, Scalar::Int(_)) { "; epoch times are in milliseconds" } else { "" };
            return Err(RecordError::field(field, format!("is {}, before the year 2000{hint}", value.describe())));
        }
        if time.0 > context.now.0.saturating_add(AHEAD_MAX) {
            return Err(RecordError::field(field, format!("is {}, more than 24 h ahead", value.describe())));
        }
        Ok(Some(time))
    }

    /// The record's own time, or the context's.
    pub(super) fn timestamp(&mut self, context: &ParseContext) -> Result<Micros, RecordError> {
        Ok(self.time(Field::Timestamp, context)?.unwrap_or(context.now))
    }

    pub(super) fn metadata(&mut self) -> Result<Option<Json>, RecordError> {
        let Some(text) = self.raw(Field::Metadata) else { return Ok(None) };
        limit_bytes(Field::Metadata, text)?;
        json(Field::Metadata, text).map(Some)
    }

    /// An array of texts.
    pub(super) fn actions(&mut self) -> Result<Vec<String>, RecordError> {
        let Some(text) = self.raw(Field::Actions) else { return Ok(Vec::new()) };
        limit_bytes(Field::Actions, text)?;
        serde_json::from_str(text).map_err(|_| {
            RecordError::field(Field::Actions, format!("must be an array of texts, not `{}`", shown(text)))
        })
    }
}

/// The number, if it is one and finite.
#[expect(clippy::cast_precision_loss, reason = "a measured value; 53 bits are what a double has")]
pub(super) fn as_number(value: &Scalar<'_>) -> Option<f64> {
    match value {
        Scalar::Int(number) => Some(*number as f64),
        Scalar::Large(number) => Some(*number as f64),
        Scalar::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}

fn shown_error(error: &TimeError) -> String {
    format!("is naive: {error}")
}

fn limit_bytes(field: Field, text: &str) -> Result<(), RecordError> {
    if text.len() > METADATA_BYTES_MAX {
        let reason = format!("has {} bytes, at most {METADATA_BYTES_MAX} are allowed", text.len());
        return Err(RecordError::field(field, reason));
    }
    Ok(())
}

/// JSON text as it stands, except that line breaks between its parts go, with the indentation:
/// a record must fit on one NDJSON line.
pub(super) fn json(field: Field, text: &str) -> Result<Json, RecordError> {
    let (mut depth, mut deepest, mut in_string, mut escaped, mut breaks) = (0_usize, 0_usize, false, false, false);
    for byte in text.bytes() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, b'\n' | b'\r') => breaks = true,
            _ => {}
        }
    }
    if deepest > DEPTH_MAX {
        return Err(RecordError::field(
            field,
            format!("is nested {deepest} levels deep, at most {DEPTH_MAX} are allowed"),
        ));
    }
    Ok(Json(if breaks { without_breaks(text) } else { text.to_owned() }))
}

fn without_breaks(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    text.chars()
        .filter(|&c| {
            if in_string {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => in_string = false,
                    _ => {}
                }
                return true;
            }
            in_string = c == '"';
            !c.is_ascii_whitespace()
        })
        .collect()
}
