//! JSON bodies of one thing, such as an agent or a remembered value. Many records come through [`super::ingest`].
//!
//! What a body says becomes a record by the reader that ingest uses (`wire::native`), so that the same values are
//! taken, and refused in the same words.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::model::{Json, Micros, Problem, ProblemKind, Record};
use crate::wire::native::{self, IgnoredFields, ParseContext};

/// Most bytes of such a body.
pub const BYTES_MAX: usize = 1 << 20;

/// Fields by name, each as it was written.
pub type Fields = BTreeMap<String, Box<RawValue>>;

/// The body of a request, which says that it is JSON.
///
/// # Errors
/// [`Problem`]: 415 for another media type, 413 for more than [`BYTES_MAX`], 400 when it breaks off.
pub async fn json(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = format!("Content-Type `{sent}` is not read here; send application/json");
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let detail = "a compressed body is not read here; send it as it is";
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    let limited = http_body_util::Limited::new(body, BYTES_MAX);
    match http_body_util::BodyExt::collect(limited).await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Problem::new(ProblemKind::TooLarge, format!("the body has more than {BYTES_MAX} bytes")))
        }
        Err(error) => Err(Problem::bad_request(format!("the body could not be read to its end: {error}"))),
    }
}

/// A body that is one object with some of `known`.
///
/// # Errors
/// [`Problem`] when it is no such object.
pub fn fields(body: &[u8], known: &[&str]) -> Result<Fields, Problem> {
    let fields: Fields = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is no JSON object: {error}")))?;
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(Problem::bad_request(format!("unknown field `{name}` in the body; known: {}", known.join(", "))))
        }
        None => Ok(fields),
    }
}

/// Puts a word into `fields`.
///
/// # Errors
/// None that can be met: every text is JSON.
pub fn put(fields: &mut Fields, name: &str, value: &impl Serialize) -> Result<(), Problem> {
    let raw = serde_json::value::to_raw_value(value).map_err(|error| Problem::bad_request(error.to_string()))?;
    fields.insert(name.to_owned(), raw);
    Ok(())
}

/// The record that `fields` describe.
///
/// # Errors
/// [`Problem`] that names the field that cannot be taken.
pub fn record(kind: &str, mut fields: Fields, now: Micros) -> Result<Record, Problem> {
    put(&mut fields, "kind", &kind)?;
    let line = serde_json::to_vec(&fields).map_err(|error| Problem::bad_request(error.to_string()))?;
    let mut records = Vec::with_capacity(1);
    native::parse(&line, &ParseContext { now, assume_offset: None }, &mut records, &mut IgnoredFields::default())
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    records.pop().ok_or_else(|| Problem::bad_request("the body describes nothing"))
}

/// Stored JSON, verbatim; what an importer kept although it is none, as text.
#[must_use]
pub fn verbatim(json: &Json) -> Option<Box<RawValue>> {
    let raw = RawValue::from_string(json.0.clone());
    raw.or_else(|_| serde_json::value::to_raw_value(&json.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_a_record_as_they_were_written() {
        let mut fields = fields(br#"{"value":{"b":1,"a":[ 2 ]},"key":"k"}"#, &["value", "key"]).expect("an object");
        put(&mut fields, "session_id", &"s").expect("a word");
        put(&mut fields, "memory_type", &"semantic").expect("a word");
        let Ok(Record::Memory(memory)) = record("memory", fields, Micros(1_767_268_800_000_000)) else {
            panic!("a memory")
        };
        assert_eq!(memory.value.0, r#"{"b":1,"a":[ 2 ]}"#);
    }

    #[test]
    fn what_is_unknown_or_wrong_is_named() {
        let unknown = fields(b"{\"shoe\":1}", &["key"]).expect_err("unknown");
        assert_eq!(unknown.detail, "unknown field `shoe` in the body; known: key");
        assert!(fields(b"[1]", &[]).expect_err("no object").detail.starts_with("the body is no JSON object"));
        let mut half = Fields::new();
        put(&mut half, "agent_id", &"a").expect("a word");
        assert!(record("agent", half, Micros(0)).expect_err("no status").detail.contains("status"));
    }

    #[test]
    fn broken_json_is_shown_as_text() {
        let shown = |text: &str| verbatim(&Json(text.into())).map(|raw| raw.get().to_owned());
        assert_eq!(shown("{\"a\": 1}").as_deref(), Some("{\"a\": 1}"));
        assert_eq!(shown("{oops").as_deref(), Some("\"{oops\""));
    }
}
