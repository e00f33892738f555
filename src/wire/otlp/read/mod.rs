//! JSON → [`Batch`]: bodies as the protocol defines them, and the objects a JavaScript SDK writes to files.
//!
//! Field by field and without failing: what has another type than expected is as if it were not there.

mod protocol;
mod sdk;

use serde_json::{Number, Value};

use super::{Attributes, Batch};
use crate::model::Micros;
use crate::wire::lenient::number;

/// The batches in one JSON document; none when it is no telemetry.
#[must_use]
pub fn batches(json: &Value) -> Vec<Batch> {
    match json {
        Value::Array(documents) => documents.iter().flat_map(batches).collect(),
        _ => {
            let found = protocol::batches(json);
            if found.is_empty() { sdk::batch(json).into_iter().collect() } else { found }
        }
    }
}

/// Nanoseconds since the epoch, as text or number; 0 stands for none.
fn nanos(value: &Value) -> Option<Micros> {
    let nanos: u64 = match value {
        Value::String(text) => text.parse().ok()?,
        Value::Number(number) => number.as_u64()?,
        _ => return None,
    };
    i64::try_from(nanos / 1000).ok().filter(|micros| *micros > 0).map(Micros)
}

/// `{"stringValue": …}` and its siblings as a plain value.
fn any(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|object| object.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => match inner {
            // 64-bit numbers are text by the rules and numbers in practice.
            Value::String(text) => text.parse::<i64>().map_or(Value::Null, Into::into),
            other => other.clone(),
        },
        "doubleValue" => number(inner).and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        "arrayValue" => inner["values"].as_array().map_or(Value::Null, |values| values.iter().map(any).collect()),
        "kvlistValue" => Value::Object(attributes(&inner["values"])),
        _ => inner.clone(),
    }
}

/// A list of `{"key": …, "value": {…}}`.
fn attributes(list: &Value) -> Attributes {
    let entries = list.as_array().into_iter().flatten();
    entries.filter_map(|entry| Some((entry["key"].as_str()?.to_owned(), any(&entry["value"])))).collect()
}
