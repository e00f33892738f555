//! One JSON document: an array of the objects of [`super::ndjson`], one a line, oldest first. It can
//! be sent to ingest as it stands. A document without its closing bracket is cut off.
//!
//! `pretty` puts every field on a line of its own; metadata stays as it was written.
//! Not here: the nested document of everything ([`super::nested`]).

use super::ndjson;
use super::{EncodeError, Flat, Layout};
use crate::model::Record;

/// Writes a JSON array.
#[derive(Debug)]
pub struct JsonWriter {
    layout: Layout,
    first: bool,
}

impl JsonWriter {
    /// A writer.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout, first: true }
    }
}

impl Flat for JsonWriter {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(b'[');
        Ok(())
    }

    fn records(&mut self, records: &mut dyn Iterator<Item = &Record>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        for record in records {
            out.extend_from_slice(if self.first { b"\n" } else { b",\n" });
            self.first = false;
            if self.layout.pretty {
                out.extend_from_slice(b"  ");
                ndjson::object(out, record, self.layout.metadata, Some(4));
            } else {
                ndjson::object(out, record, self.layout.metadata, None);
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.first { b"]\n" } else { b"\n]\n" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::samples::{self, NOON};

    fn text(records: &[Record], layout: Layout) -> String {
        let mut writer = JsonWriter::new(layout);
        let mut out = Vec::new();
        writer.begin(&mut out).expect("a bracket");
        writer.records(&mut records.iter(), &mut out).expect("objects");
        writer.end(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn nothing_is_an_empty_array() {
        assert_eq!(text(&[], Layout::default()), "[]\n");
    }

    #[test]
    fn the_elements_are_the_lines_of_ndjson() {
        let expected = format!("[\n{}\n]\n", samples::NDJSON.trim_end().replace('\n', ",\n"));
        assert_eq!(text(&samples::one_of_each(), Layout::default()), expected);
        serde_json::from_str::<Vec<serde_json::Value>>(&expected).expect("an array");
    }

    #[test]
    fn pretty_gives_every_field_its_line() {
        let metric = Record::AgentMetric(samples::metric("a", "x", 1.5, NOON));
        assert_eq!(
            text(&[metric], Layout { pretty: true, ..Layout::default() }),
            "[\n  {\n    \"kind\": \"agent_metric\",\n    \"agent_id\": \"a\",\n    \"metric_type\": \"x\",\n    \
             \"value\": 1.5,\n    \"timestamp\": \"2026-01-01T12:00:00Z\"\n  }\n]\n"
        );
    }
}
