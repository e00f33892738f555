//! NDJSON: one JSON object a line, as ingest reads it back.
//!
//! - `kind` comes first, then the fields in the order of the contract's table; what is not recorded
//!   is left out. `id`, `project` and `source` come last.
//! - Instants are RFC 3339 in UTC with as many fraction digits as they need; numbers are the shortest
//!   text that reads back equal; metadata and memory values are the text that arrived.
//! - A failure of unknown kind is `"success":false`; an imported word stands in `result` as it came;
//!   no result is no field. `source` is `{"file":…,"key":…}`.
//!
//! So `all.ndjson` fed into an empty store gives the same `all.ndjson` again. A complete document ends
//! with a line feed.
//!
//! Not here: reading (`wire::native`).

use super::fields::{self, Value};
use super::text::{number, push_json, push_json_string};
use super::{EncodeError, Flat, Layout};
use crate::model::record::metric_type_name;
use crate::model::{Outcome, Record};

/// Appends `record` as one JSON object on one line, without a line feed: the form of NDJSON, of the
/// elements of JSON exports, and of the items of list routes.
pub fn push_object(out: &mut Vec<u8>, record: &Record, metadata: bool) {
    object(out, record, metadata, None);
}

/// As [`push_object`]; with `indent`, every field on a line of its own, so many blanks deep.
pub(super) fn object(out: &mut Vec<u8>, record: &Record, metadata: bool, indent: Option<usize>) {
    let separate = |out: &mut Vec<u8>| {
        if let Some(indent) = indent {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', indent));
        }
    };
    out.push(b'{');
    separate(out);
    key(out, "kind", indent.is_some());
    push_json_string(out, fields::dataset(record).kind());
    fields::each(record, &mut |name, value| {
        if value == Value::Absent || (name == "metadata" && !metadata) {
            return;
        }
        out.push(b',');
        separate(out);
        let name = if value == Value::Outcome(&Outcome::Failed) { "success" } else { name };
        key(out, name, indent.is_some());
        match value {
            Value::Text(metric_type) if name == "metric_type" => push_metric_type(out, metric_type),
            value => push_value(out, value),
        }
    });
    if let Some(indent) = indent {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', indent.saturating_sub(2)));
    }
    out.push(b'}');
}

fn key(out: &mut Vec<u8>, name: &str, spaced: bool) {
    push_json_string(out, name);
    out.extend_from_slice(if spaced { b": " } else { b":" });
}

/// Reading drops one prefix of a metric type. A type that is stored with one, because it came with
/// two, gets its second one back.
fn push_metric_type(out: &mut Vec<u8>, metric_type: &str) {
    if metric_type_name(metric_type) == metric_type {
        push_json_string(out, metric_type);
    } else {
        push_json_string(out, &format!("agent_{metric_type}"));
    }
}

fn push_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Absent => out.extend_from_slice(b"null"),
        Value::Text(text) => push_json_string(out, text),
        Value::Number(value) => out.extend_from_slice(number(value).as_bytes()),
        Value::Count(count) => out.extend_from_slice(count.to_string().as_bytes()),
        Value::Flag(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        Value::Time(time) => push_json_string(out, &time.to_rfc3339()),
        Value::Json(json) => push_json(out, json),
        Value::Texts(texts) => push_texts(out, texts),
        Value::Outcome(Outcome::Failed) => out.extend_from_slice(b"false"),
        Value::Outcome(outcome) => push_json_string(out, outcome.as_str()),
        Value::Source(source) => {
            out.extend_from_slice(b"{\"file\":");
            push_json_string(out, &source.file);
            out.extend_from_slice(b",\"key\":");
            push_json_string(out, &source.key);
            out.push(b'}');
        }
    }
}

/// Appends a JSON array of strings.
pub(super) fn push_texts(out: &mut Vec<u8>, texts: &[String]) {
    out.push(b'[');
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_json_string(out, text);
    }
    out.push(b']');
}

/// Writes NDJSON.
#[derive(Debug)]
pub struct NdjsonWriter {
    layout: Layout,
}

impl NdjsonWriter {
    /// A writer.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }
}

impl Flat for NdjsonWriter {
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(())
    }

    fn records(&mut self, records: &mut dyn Iterator<Item = &Record>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        for record in records {
            push_object(out, record, self.layout.metadata);
            out.push(b'\n');
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::native::{self, IgnoredFields, ParseContext};
    use crate::wire::samples;

    fn lines(records: &[Record], layout: Layout) -> String {
        let mut out = Vec::new();
        NdjsonWriter::new(layout).records(&mut records.iter(), &mut out).expect("NDJSON cannot fail");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_kind_has_exactly_these_bytes() {
        assert_eq!(lines(&samples::one_of_each(), Layout::default()), samples::NDJSON);
    }

    #[test]
    fn what_only_importers_bring_can_be_told_apart() {
        assert_eq!(
            lines(&samples::oddities(), Layout::default()),
            concat!(
                r#"{"kind":"task","task_id":"t-1","agent_id":"a","success":false,"timestamp":"2026-01-01T12:00:00Z","source":{"file":"x.db","key":"task:1"}}"#,
                "\n",
                r#"{"kind":"task","task_id":"t-2","agent_id":"a","result":"partial","timestamp":"2026-01-01T12:00:00Z","source":{"file":"x.db","key":"task:2"}}"#,
                "\n",
                r#"{"kind":"task","task_id":"t-3","agent_id":"a","timestamp":"2026-01-01T12:00:00Z","source":{"file":"x.db","key":"task:3"}}"#,
                "\n",
            )
        );
    }

    #[test]
    fn metadata_can_be_left_out() {
        let text = lines(&samples::one_of_each(), Layout { metadata: false, ..Layout::default() });
        assert!(!text.contains("metadata"), "{text}");
        assert!(text.contains("\"kind\":\"memory\""), "{text}");
    }

    fn reread(record: &Record) -> Record {
        let mut line = Vec::new();
        push_object(&mut line, record, true);
        let context = ParseContext { now: samples::NOON, assume_offset: None };
        let mut records = Vec::new();
        native::parse(&line, &context, &mut records, &mut IgnoredFields::default()).expect("our own line");
        records.remove(0)
    }

    #[test]
    fn every_kind_reads_back_as_it_was() {
        for record in samples::one_of_each().into_iter().chain(samples::oddities()) {
            assert_eq!(reread(&record), record);
        }
    }

    #[test]
    fn a_metric_type_that_is_stored_with_a_prefix_keeps_it() {
        for metric_type in ["task_load", "agent_swarm_load", "agent_"] {
            let record = Record::SwarmMetric(samples::metric("s", metric_type, 1.0, samples::NOON));
            assert_eq!(reread(&record), record);
        }
    }

    proptest! {
        #[test]
        fn every_number_and_text_reads_back_as_it_was(value in any::<f64>(), subject in "\\PC{1,40}|[\\x00-\\x7f]{1,40}") {
            prop_assume!(value.is_finite());
            let record = Record::AgentMetric(samples::metric(&subject, "x", value, samples::NOON));
            prop_assert_eq!(reread(&record), record);
        }
    }

    #[test]
    fn every_line_is_json() {
        for line in lines(&samples::one_of_each(), Layout::default()).lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("a JSON object a line");
        }
    }
}
