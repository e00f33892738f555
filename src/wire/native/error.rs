//! Why a record is refused.

use thiserror::Error;

use super::fields::Field;
use crate::model::Dataset;

/// Why a record is refused: which field, its value, and what is taken instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes are no JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// It is JSON, but no object.
    #[error("a record must be a JSON object, not {0}")]
    NotAnObject(&'static str),
    /// A field cannot be taken.
    #[error("`{name}` {reason}")]
    Field {
        /// The field.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record does not say what it is.
    #[error("{0}")]
    Kind(String),
    /// The line is longer than is taken.
    #[error("the line has more than {max} bytes (ingest.line_bytes_max)")]
    LineTooLong {
        /// The limit.
        max: usize,
    },
}

impl RecordError {
    pub(super) fn field(field: Field, reason: impl Into<String>) -> Self {
        Self::Field { name: field.name().to_owned(), reason: reason.into() }
    }

    pub(super) fn missing(field: Field) -> Self {
        Self::field(field, "is missing")
    }

    pub(super) fn unknown_kind(kind: &str) -> Self {
        Self::Kind(format!("unknown kind `{}`; known: {}", shown(kind), known_kinds()))
    }

    pub(super) fn no_kind() -> Self {
        Self::Kind(format!("`kind` is missing; write one of {}", known_kinds()))
    }

    /// What serde_json says, with the field at which it stopped and a word on Python's NaN.
    pub(super) fn syntax(error: &serde_json::Error, line: &[u8]) -> Self {
        let at = error.column().saturating_sub(1).min(line.len());
        let (before, after) = line.split_at(if error.line() == 1 { at } else { 0 });
        let literal = [b"NaN".as_slice(), b"Infinity", b"-Infinity"];
        // The error's column may lie one before or one into the literal.
        let rest = before.last().map_or(after, |_| &line[before.len() - 1..]);
        let is_literal = literal.iter().any(|word| after.starts_with(word) || rest.starts_with(word));
        match (is_literal, last_key(before)) {
            (true, Some(name)) => {
                Self::Field { name, reason: "is NaN or infinite; leave it out when there is no number".into() }
            }
            _ => Self::Syntax(error.to_string()),
        }
    }
}

fn known_kinds() -> String {
    Dataset::ALL.map(Dataset::kind).join(", ")
}

/// The last `"name":` in `text`.
fn last_key(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let before_colon = text.rsplit_once(':')?.0.trim_end().strip_suffix('"')?;
    before_colon.rsplit_once('"').map(|(_, name)| shown(name))
}

/// A value as messages show it: on one line, and not longer than needed to recognize it.
pub(super) fn shown(text: &str) -> String {
    const CHARS: usize = 60;
    let mut short: String = text.chars().take(CHARS).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(CHARS).is_some() {
        short.push('…');
    }
    short
}
