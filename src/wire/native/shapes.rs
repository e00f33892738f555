//! Records that carry `type` instead of `kind`: the three shapes that MoAI-Flow's performance module
//! documents, and any other `type` as an event.
//!
//! | `type` | becomes |
//! |---|---|
//! | `task_complete` | a task; without a `task_id`, as that document also writes it, an event |
//! | `agent_health` | a `heartbeat` event and one agent metric for each number |
//! | `resource_metric` | one swarm metric for each number in its metadata |
//! | anything else | an event of that type |
//!
//! What an event made here has no column for goes into its metadata.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::error::RecordError;
use super::fields::{Field, Fields, scalar};
use super::values::as_number;
use super::{DEFAULT_SWARM, METADATA_BYTES_MAX, ParseContext, kinds};
use crate::model::record::metric_type_name;
use crate::model::{EventId, Json, MetricRecord, Micros, Record, Source};

pub(super) fn build(
    fields: &mut Fields<'_>,
    context: &ParseContext,
    records: &mut Vec<Record>,
) -> Result<(), RecordError> {
    let Some(kind) = fields.name(Field::Type)? else { return Err(RecordError::no_kind()) };
    let source = fields.source()?;
    match kind.as_str() {
        "task_complete" if fields.has(Field::TaskId) => {
            records.push(Record::Task(kinds::task(fields, context, source)?));
            Ok(())
        }
        "agent_health" => agent_health(fields, context, source, records),
        "resource_metric" => resource_metric(fields, context, source, records),
        _ => {
            let mut event = kinds::event_of_type(fields, context, kind, source)?;
            event.metadata = with_rest(event.metadata, fields.take_left())?;
            records.push(Record::Event(event));
            Ok(())
        }
    }
}

fn agent_health(
    fields: &mut Fields<'_>,
    context: &ParseContext,
    source: Option<Source>,
    records: &mut Vec<Record>,
) -> Result<(), RecordError> {
    let id = fields.name(Field::Id)?;
    let mut event = kinds::event_of_type(fields, context, "heartbeat".into(), source)?;
    let (numbers, rest) = split_numbers(fields.take_left());
    event.metadata = with_rest(event.metadata, rest)?;
    let series = Series {
        subject: event.agent_id.as_str().to_owned(),
        timestamp: event.timestamp,
        id: id.or_else(|| event.event_id.clone().map(String::from)),
        project: event.project.clone(),
        source: event.source.clone(),
    };
    if event.event_id.is_none()
        && let Some(id) = &series.id
    {
        event.event_id = EventId::new(id.as_str()).ok();
    }
    records.push(Record::Event(event));
    for (name, value) in numbers {
        records.push(Record::AgentMetric(series.metric(&name, value)?));
    }
    Ok(())
}

fn resource_metric(
    fields: &mut Fields<'_>,
    context: &ParseContext,
    source: Option<Source>,
    records: &mut Vec<Record>,
) -> Result<(), RecordError> {
    let swarm = fields.swarm_id()?.map_or_else(|| DEFAULT_SWARM.to_owned(), String::from);
    let series = Series {
        subject: swarm,
        timestamp: fields.timestamp(context)?,
        id: fields.name(Field::Id)?,
        project: fields.name(Field::Project)?,
        source,
    };
    let metadata = fields.metadata()?.ok_or_else(|| RecordError::missing(Field::Metadata))?;
    let entries: BTreeMap<String, &RawValue> = serde_json::from_str(&metadata.0)
        .map_err(|_| RecordError::field(Field::Metadata, "of a resource_metric must be an object of numbers"))?;
    let entries = entries.into_iter().map(|(name, value)| (Cow::Owned(name), Cow::Borrowed(value.get()))).collect();
    let (numbers, rest) = split_numbers(entries);
    if numbers.is_empty() {
        return Err(RecordError::field(Field::Metadata, "of a resource_metric holds no number"));
    }
    for (name, value) in numbers {
        records.push(Record::SwarmMetric(series.metric(&name, value)?));
    }
    fields.unknown.extend(rest.into_iter().map(|(name, _)| (Cow::Owned(format!("metadata.{name}")), "")));
    Ok(())
}

type Entries<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

fn split_numbers(entries: Entries<'_>) -> (Vec<(Cow<'_, str>, f64)>, Entries<'_>) {
    let (mut numbers, mut rest) = (Vec::new(), Vec::new());
    for (name, text) in entries {
        match scalar(&text).as_ref().and_then(as_number) {
            Some(number) => numbers.push((name, number)),
            None => rest.push((name, text)),
        }
    }
    (numbers, rest)
}

/// What the metrics of one line have in common.
struct Series {
    subject: String,
    timestamp: Micros,
    id: Option<String>,
    project: Option<String>,
    source: Option<Source>,
}

impl Series {
    fn metric(&self, name: &str, value: f64) -> Result<MetricRecord, RecordError> {
        crate::model::id::checked(name)
            .map_err(|error| RecordError::Field { name: "metric name".into(), reason: error.to_string() })?;
        let metric_type = metric_type_name(name).to_owned();
        let mark = |key: &str| format!("{key}/{name}");
        Ok(MetricRecord {
            subject: self.subject.clone(),
            id: self.id.as_deref().map(mark),
            source: self.source.as_ref().map(|source| Source { file: source.file.clone(), key: mark(&source.key) }),
            metric_type,
            value,
            timestamp: self.timestamp,
            metadata: None,
            project: self.project.clone(),
        })
    }
}

/// `metadata` with `rest` in front of its own entries.
fn with_rest(metadata: Option<Json>, rest: Entries<'_>) -> Result<Option<Json>, RecordError> {
    if rest.is_empty() {
        return Ok(metadata);
    }
    let own = match &metadata {
        None => "",
        Some(Json(text)) => match text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(entries) => entries.trim(),
            None => return Err(RecordError::field(Field::Metadata, "must be an object")),
        },
    };
    let mut text = String::from("{");
    for (name, value) in &rest {
        let name = serde_json::to_string(name.as_ref()).map_err(|error| RecordError::Syntax(error.to_string()))?;
        text.push_str(&format!("{name}:{value},"));
    }
    text.push_str(own);
    if own.is_empty() {
        text.pop();
    }
    text.push('}');
    if text.len() > METADATA_BYTES_MAX {
        let reason =
            format!("has {} bytes with the other fields, at most {METADATA_BYTES_MAX} are allowed", text.len());
        return Err(RecordError::field(Field::Metadata, reason));
    }
    super::values::json(Field::Metadata, &text).map(Some)
}
