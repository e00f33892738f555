//! What an event says about failures and their healing.

use serde_json::Value;

use super::rules::{ALIVE, NOT_JUDGED, RESPAWN, RETRY_REQUEST, RETRY_TOOL, fits};
use crate::model::healing::Evidence;
use crate::model::{EventId, EventRecord, Micros};

/// The event type of a task's end in the evidence of a healing.
pub const TASK: &str = "task";
/// Codex tells of answered and other requests under one name; only answered ones carry the request.
const CODEX_REQUEST: &str = "codex.sse_event";
/// Of an agent, or of one of its tasks.
const ERROR: &str = "error";

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// A call of this tool failed.
    ToolFailed(Box<str>),
    /// A call of this tool worked.
    ToolWorked(Box<str>),
    /// A request failed, for this reason if one was given.
    RequestFailed(Option<Box<str>>),
    /// A request was answered.
    Answered,
    /// The agent failed.
    AgentFailed,
    /// The agent was started.
    Spawned,
    /// The agent goes on, and that is all.
    Alive,
}

/// An event that matters, of one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// When it began.
    pub at: Micros,
    /// When it was over and its outcome known.
    pub known: Micros,
    pub(super) said: Said,
    /// The model's answer that asked for it, where the source says so.
    pub(super) reply: Option<Box<str>>,
    /// The event.
    pub evidence: Evidence,
    /// Its project.
    pub project: Option<Box<str>>,
}

impl Sign {
    /// What an event says; `None` when it says nothing about failures. Of its metadata, which is any JSON,
    /// `duration_ms`, `unanswered`, `request`, `reply`, and `error` or `status` are understood, as importers write them.
    #[must_use]
    pub fn of_event(event: &EventRecord) -> Option<Self> {
        let note = Note::read(&event.event_type, event.metadata.as_ref().map(|json| json.0.as_str()));
        let said = said(event, &note)?;
        let known = Micros(event.timestamp.0.saturating_add(note.duration));
        let id = event.event_id.as_ref().map_or("", EventId::as_str).to_owned();
        let evidence = Evidence { event_type: event.event_type.clone(), id, timestamp: event.timestamp };
        let project = event.project.as_deref().map(Into::into);
        Some(Self { at: event.timestamp, known, said, reply: note.reply, evidence, project })
    }

    /// What a task that ended in success says.
    #[must_use]
    pub fn of_success(task_id: &str, ended: Micros, project: Option<&str>) -> Self {
        let evidence = Evidence { event_type: TASK.to_owned(), id: task_id.to_owned(), timestamp: ended };
        let project = project.map(Into::into);
        Self { at: ended, known: ended, said: Said::Answered, reply: None, evidence, project }
    }

    /// Whether tasks of its agent may show what became of it.
    #[must_use]
    pub fn asks_for_tasks(&self) -> bool {
        matches!(self.said, Said::RequestFailed(_) | Said::AgentFailed)
    }
}

fn said(event: &EventRecord, note: &Note) -> Option<Said> {
    let event_type = event.event_type.as_str();
    if let Some(tool) = fits(RETRY_TOOL.failed, event_type) {
        return Some(if NOT_JUDGED.contains(&tool) { Said::Answered } else { Said::ToolFailed(tool.into()) });
    }
    if let Some(tool) = fits(RETRY_TOOL.healed, event_type) {
        return Some(if note.unanswered { Said::Answered } else { Said::ToolWorked(tool.into()) });
    }
    if fits(RETRY_REQUEST.failed, event_type).is_some() {
        return Some(Said::RequestFailed(note.reason.clone()));
    }
    let answered = fits(RETRY_REQUEST.healed, event_type).is_some() || (event_type == CODEX_REQUEST && note.request);
    if answered {
        return Some(Said::Answered);
    }
    if fits(RESPAWN.failed, event_type).is_some() {
        // An error that names a task is that task's: the agent may be well.
        let of_task = event_type == ERROR && event.task_id.is_some();
        return (!of_task).then_some(Said::AgentFailed);
    }
    if fits(RESPAWN.healed, event_type).is_some() {
        return Some(Said::Spawned);
    }
    ALIVE.contains(&event_type).then_some(Said::Alive)
}

/// What is read of an event's metadata.
#[derive(Debug, Default)]
struct Note {
    /// In microseconds.
    duration: i64,
    unanswered: bool,
    request: bool,
    reply: Option<Box<str>>,
    reason: Option<Box<str>>,
}

impl Note {
    fn read(event_type: &str, metadata: Option<&str>) -> Self {
        // Most events say nothing here; their metadata need not be read.
        let worth = event_type.starts_with("tool") || event_type.contains("api_") || event_type == CODEX_REQUEST;
        let Some(Value::Object(note)) =
            metadata.filter(|_| worth).and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            return Self::default();
        };
        let attributes = note.get("attributes");
        let word = |value: Option<&Value>| match value {
            Some(Value::String(word)) if !word.is_empty() && word.len() <= 64 => Some(word.as_str().into()),
            Some(Value::Number(number)) => Some(number.to_string().into()),
            _ => None,
        };
        let reasons = [note.get("error"), note.get("status"), attributes.and_then(|all| all.get("status_code"))];
        Self {
            duration: note.get("duration_ms").and_then(Value::as_f64).map_or(0, micros),
            unanswered: note.get("unanswered").and_then(Value::as_bool).unwrap_or_default(),
            request: note.contains_key("request"),
            reply: word(note.get("reply")),
            reason: reasons.into_iter().find_map(word),
        }
    }
}

/// What is no duration counts as none.
#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn micros(ms: f64) -> i64 {
    if ms.is_finite() && ms > 0.0 { (ms * 1000.0) as i64 } else { 0 }
}
