//! The native record format: one JSON object a record, as `POST /api/v1/ingest`, `swarmscope ingest`
//! and the NDJSON export speak it.
//!
//! [`parse`] turns the bytes of one object into records, or says which field is wrong and why. A field
//! that nobody reads is counted, neither refused nor silently dropped. Not here: splitting a stream
//! into lines ([`lines`]), compression, ids for records that bring none (`service::record`), the clock.

pub mod array;
mod error;
mod fields;
mod kinds;
pub mod lines;
mod shapes;
mod values;
mod visit;

use std::collections::BTreeMap;

use chrono::FixedOffset;

use crate::model::time::{DAY, Micros};
use crate::model::{Record, Source};
use fields::{Field, Fields};

pub use error::RecordError;

/// Most bytes of `metadata`, and of `actions`, as they are written.
pub const METADATA_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of `metadata` and of a memory's `value`: what common JSON readers can read back.
pub const DEPTH_MAX: usize = 100;
/// The earliest time taken: 2000-01-01T00:00:00Z.
pub const TIME_MIN: Micros = Micros(946_684_800_000_000);
/// How far ahead of the clock a time may lie, in microseconds.
pub const AHEAD_MAX: i64 = DAY;
/// The largest count (tokens, files) of one record; sums of them stay far from overflow.
pub const COUNT_MAX: i64 = 1_000_000_000_000;
/// The longest duration of one record, about 31 years.
pub const DURATION_MS_MAX: f64 = 1e12;
/// The swarm that a `resource_metric` without a swarm is about.
pub const DEFAULT_SWARM: &str = "default";

/// What a record does not say itself.
#[derive(Debug, Clone, Copy)]
pub struct ParseContext {
    /// The time of records that bring none, and what "24 h ahead" is measured from.
    pub now: Micros,
    /// The offset of times that bring none; without it they are refused.
    pub assume_offset: Option<FixedOffset>,
}

/// Fields that nobody read, by name, with how often they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredFields(BTreeMap<String, u64>);

impl IgnoredFields {
    /// Most names that are remembered; a sender that invents names must not fill the memory.
    pub const NAMES_MAX: usize = 20;
    /// Longest part of a name that is remembered, in characters.
    const NAME_CHARS_MAX: usize = 64;

    fn count(&mut self, name: &str) {
        let name: String = name.chars().take(Self::NAME_CHARS_MAX).collect();
        if self.0.len() < Self::NAMES_MAX || self.0.contains_key(&name) {
            *self.0.entry(name).or_insert(0) += 1;
        }
    }

    /// The names with their counts.
    #[must_use]
    pub fn into_inner(self) -> BTreeMap<String, u64> {
        self.0
    }
}

/// Reads the one JSON object in `line` and puts its records (usually one) at the end of `records`;
/// returns how many those are. On an error nothing is put there.
///
/// # Errors
/// [`RecordError`], which names the field and shows its value.
pub fn parse(
    line: &[u8],
    context: &ParseContext,
    records: &mut Vec<Record>,
    ignored: &mut IgnoredFields,
) -> Result<usize, RecordError> {
    let before = records.len();
    let mut fields = Fields::gather(line)?;
    let built = build(&mut fields, context, records);
    if let Err(error) = built {
        records.truncate(before);
        return Err(error);
    }
    fields.each_left(|name| ignored.count(name));
    Ok(records.len() - before)
}

fn build(fields: &mut Fields<'_>, context: &ParseContext, records: &mut Vec<Record>) -> Result<(), RecordError> {
    let Some(kind) = fields.text(Field::Kind)? else { return shapes::build(fields, context, records) };
    let source = fields.source()?;
    records.push(match kind.as_ref() {
        "task" => Record::Task(kinds::task(fields, context, source)?),
        "agent_metric" => Record::AgentMetric(kinds::metric(fields, context, Field::AgentId, source)?),
        "swarm_metric" => Record::SwarmMetric(kinds::metric(fields, context, Field::SwarmId, source)?),
        "event" => Record::Event(kinds::event(fields, context, source)?),
        "healing" => Record::Healing(kinds::healing(fields, context, source)?),
        "agent" => Record::Agent(kinds::agent(fields, context, source)?),
        "memory" => Record::Memory(kinds::memory(fields, context, source)?),
        other => return Err(RecordError::unknown_kind(other)),
    });
    Ok(())
}

impl Fields<'_> {
    fn source(&mut self) -> Result<Option<Source>, RecordError> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Shape {
            file: String,
            key: String,
        }
        let Some(text) = self.raw(Field::Source) else { return Ok(None) };
        match serde_json::from_str::<Shape>(text) {
            Ok(Shape { file, key }) if !file.is_empty() && !key.is_empty() => Ok(Some(Source { file, key })),
            _ => Err(RecordError::field(Field::Source, "must be an object with the texts `file` and `key`")),
        }
    }
}

#[cfg(test)]
mod tests;
