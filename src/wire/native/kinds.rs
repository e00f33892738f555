//! One function a kind: takes the kind's fields and makes the record. What is left afterwards was
//! not for this kind.

use super::ParseContext;
use super::error::{RecordError, shown};
use super::fields::{Field, Fields};
use super::values::json;
use crate::model::record::metric_type_name;
use crate::model::{
    AgentRecord, AgentStatus, EventRecord, HealingRecord, MemoryRecord, MetricRecord, Outcome, Source, TaskRecord,
    TokenCounts,
};

type Made<T> = Result<T, RecordError>;

fn required<T>(field: Field, value: Option<T>) -> Made<T> {
    value.ok_or_else(|| RecordError::missing(field))
}

pub(super) fn task(fields: &mut Fields<'_>, context: &ParseContext, source: Option<Source>) -> Made<TaskRecord> {
    let tokens = TokenCounts {
        input: fields.count(Field::TokensInput)?,
        output: fields.count(Field::TokensOutput)?,
        cache_read: fields.count(Field::TokensCacheRead)?,
        cache_write: fields.count(Field::TokensCacheWrite)?,
        reasoning: fields.count(Field::TokensReasoning)?,
    };
    Ok(TaskRecord {
        task_id: required(Field::TaskId, fields.task_id()?)?,
        agent_id: required(Field::AgentId, fields.agent_id()?)?,
        result: outcome(fields, source.is_some())?,
        timestamp: fields.timestamp(context)?,
        duration_ms: fields.duration()?,
        tokens_used: fields.count(Field::TokensUsed)?.or_else(|| tokens.total()),
        files_changed: fields.count(Field::FilesChanged)?,
        swarm_id: fields.swarm_id()?,
        model: fields.name(Field::Model)?,
        tokens,
        cost_usd: fields.amount(Field::CostUsd)?,
        metadata: fields.metadata()?,
        project: fields.name(Field::Project)?,
        source,
    })
}

/// `result`, or `success` in its place. Imported records may bring any word, or none.
fn outcome(fields: &mut Fields<'_>, imported: bool) -> Made<Option<Outcome>> {
    let word = fields.name(Field::Result)?;
    let success = fields.boolean(Field::Success)?;
    let outcome = match word {
        None => success.map(|success| if success { Outcome::Success } else { Outcome::Failed }),
        Some(word) => match Outcome::known(&word) {
            Some(known) => Some(known),
            None if imported => Some(Outcome::Other(word)),
            None => {
                let reason = format!("is `{}`; known: {}", shown(&word), Outcome::KNOWN.join(", "));
                return Err(RecordError::field(Field::Result, reason));
            }
        },
    };
    match &outcome {
        None if !imported => Err(RecordError::missing(Field::Result)),
        Some(outcome) if outcome.rated().is_some_and(|rated| success.is_some_and(|success| success != rated)) => {
            Err(RecordError::field(Field::Success, format!("contradicts `result`, which is `{}`", outcome.as_str())))
        }
        _ => Ok(outcome),
    }
}

pub(super) fn metric(
    fields: &mut Fields<'_>,
    context: &ParseContext,
    subject: Field,
    source: Option<Source>,
) -> Made<MetricRecord> {
    Ok(MetricRecord {
        subject: fields.required_name(subject)?,
        metric_type: metric_type_name(&fields.required_name(Field::MetricType)?).to_owned(),
        value: required(Field::Value, fields.number(Field::Value)?)?,
        timestamp: fields.timestamp(context)?,
        id: fields.name(Field::Id)?,
        metadata: fields.metadata()?,
        project: fields.name(Field::Project)?,
        source,
    })
}

pub(super) fn event(fields: &mut Fields<'_>, context: &ParseContext, source: Option<Source>) -> Made<EventRecord> {
    let event_type = fields.required_name(Field::EventType)?;
    event_of_type(fields, context, event_type, source)
}

/// An event whose type is known from elsewhere.
pub(super) fn event_of_type(
    fields: &mut Fields<'_>,
    context: &ParseContext,
    event_type: String,
    source: Option<Source>,
) -> Made<EventRecord> {
    Ok(EventRecord {
        event_type,
        agent_id: required(Field::AgentId, fields.agent_id()?)?,
        agent_type: fields.name(Field::AgentType)?,
        event_id: fields.event_id()?,
        task_id: fields.task_id()?,
        swarm_id: fields.swarm_id()?,
        timestamp: fields.timestamp(context)?,
        metadata: fields.metadata()?,
        project: fields.name(Field::Project)?,
        source,
    })
}

pub(super) fn healing(fields: &mut Fields<'_>, context: &ParseContext, source: Option<Source>) -> Made<HealingRecord> {
    Ok(HealingRecord {
        strategy: fields.required_name(Field::Strategy)?,
        failure_type: fields.required_name(Field::FailureType)?,
        success: required(Field::Success, fields.boolean(Field::Success)?)?,
        duration_ms: required(Field::DurationMs, fields.duration()?)?,
        failure_id: fields.name(Field::FailureId)?,
        agent_id: fields.agent_id()?,
        detected_at: fields.time(Field::DetectedAt, context)?,
        timestamp: fields.timestamp(context)?,
        actions: fields.actions()?,
        id: fields.name(Field::Id)?,
        metadata: fields.metadata()?,
        project: fields.name(Field::Project)?,
        source,
    })
}

pub(super) fn agent(fields: &mut Fields<'_>, context: &ParseContext, source: Option<Source>) -> Made<AgentRecord> {
    let status = fields.required_name(Field::Status)?;
    let status = AgentStatus::parse(&status).ok_or_else(|| {
        let reason = format!("is `{}`; known: {}", shown(&status), AgentStatus::WORDS.join(", "));
        RecordError::field(Field::Status, reason)
    })?;
    Ok(AgentRecord {
        agent_id: required(Field::AgentId, fields.agent_id()?)?,
        agent_type: fields.required_name(Field::AgentType)?,
        status,
        spawn_time: fields.time(Field::SpawnTime, context)?.unwrap_or(context.now),
        complete_time: fields.time(Field::CompleteTime, context)?,
        duration_ms: fields.duration()?,
        metadata: fields.metadata()?,
        project: fields.name(Field::Project)?,
        source,
    })
}

pub(super) fn memory(fields: &mut Fields<'_>, context: &ParseContext, source: Option<Source>) -> Made<MemoryRecord> {
    let value = match fields.take(Field::Value) {
        super::fields::Scalar::Verbatim(text) => json(Field::Value, text)?,
        _ => return Err(RecordError::missing(Field::Value)),
    };
    Ok(MemoryRecord {
        session_id: fields.required_name(Field::SessionId)?,
        memory_type: fields.required_name(Field::MemoryType)?,
        key: fields.required_name(Field::Key)?,
        value,
        timestamp: fields.timestamp(context)?,
        ttl_hours: fields.amount(Field::TtlHours)?,
        id: fields.name(Field::Id)?,
        project: fields.name(Field::Project)?,
        source,
    })
}
