//! What an imported record carries beside its columns, as JSON. Ids, counts and names only.
//!
//! The fields are written in the order of their declaration, so that importing twice gives the same
//! bytes. Durations are milliseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Json;

/// Of a task.
#[derive(Debug, Default, Serialize)]
pub struct TaskNote<'a> {
    /// The project's folder.
    pub project: &'a str,
    /// `turn` or `sub_agent_run`.
    pub of: &'static str,
    /// Line of the source file where it begins, from 1.
    pub line: u64,
    /// For a turn nobody typed: `task-notification`, or `missing` when its prompt is not in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<&'static str>,
    /// For a run: the sub-agent's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<&'a str>,
    /// For a run: the tool call that started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launched_by: Option<&'a str>,
    /// For a run: how its parent waited, `foreground` or `background`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<&'static str>,
    /// It only filled a cache.
    #[serde(skip_serializing_if = "is_false")]
    pub warm_up: bool,
    /// Another session owns the rest of it: this one is a copy that went on.
    #[serde(skip_serializing_if = "is_false")]
    pub part: bool,
    /// The transcript does not show its end.
    #[serde(skip_serializing_if = "is_false")]
    pub unfinished: bool,
    /// How long the program says it worked, without waiting for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_duration_ms: Option<f64>,
    /// API requests.
    pub requests: u64,
    /// Tool calls.
    pub tool_calls: u64,
    /// Tool calls that failed.
    pub tool_errors: u64,
    /// For a run of which only the result is known: the calls its parent noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_tool_calls: Option<i64>,
    /// The size of the run's last request as its parent noted it; not a sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request_tokens: Option<i64>,
    /// The part of the cache writes that is kept for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_cache_write_1h: Option<i64>,
    /// Searches the server ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_searches: Option<i64>,
    /// No line carried the final count of some answer, so the output tokens are a lower bound.
    #[serde(skip_serializing_if = "is_false")]
    pub output_is_lower_bound: bool,
    /// When several models answered: what each did.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<&'a str, ModelShare>,
    /// Stand for the requests counted here; a later import that meets a copy knows them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub claims: String,
    /// Stand for the requests by their ids alone, by which telemetry of the same session is recognised;
    /// the first [`REQUESTS_MAX`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_ids: String,
    /// Claims beyond [`CLAIMS_MAX`] that were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub claims_left_out: u64,
}

/// Most claims written to one task: 48 KB of the 64 KiB that metadata may have.
pub const CLAIMS_MAX: usize = 3000;

pub use crate::wire::otlp::records::CLAIMS_MAX as REQUESTS_MAX;

/// What one model did in a task.
#[derive(Debug, Default, Clone, Serialize)]
pub struct ModelShare {
    /// Requests it answered.
    pub requests: u64,
    /// Tokens, by kind.
    pub input: i64,
    /// See `input`.
    pub output: i64,
    /// See `input`.
    pub cache_read: i64,
    /// See `input`.
    pub cache_write: i64,
}

/// What a later import reads back of a stored task's metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StoredNote {
    /// See [`TaskNote::requests`].
    pub requests: u64,
    /// See [`TaskNote::claims`].
    pub claims: String,
    /// See [`TaskNote::launched_by`].
    pub launched_by: Option<String>,
    /// Empty for a task of a transcript, see [`crate::wire::otlp::note::VIA`].
    pub via: String,
}

/// Of an event or a registry row.
#[derive(Debug, Default, Serialize)]
pub struct EventNote<'a> {
    /// The project's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<&'a str>,
    /// Line of the source file, from 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub line: u64,
    /// How long a tool took, waiting for permission included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// The tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<&'a str>,
    /// Stands for the model's answer that asked for the call: calls of one answer are made side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Nothing answered the call.
    #[serde(skip_serializing_if = "is_false")]
    pub unanswered: bool,
    /// How the agent's last task ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'a str>,
    /// What failed, such as `rate_limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'a str>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Which attempt failed, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i64>,
    /// How many attempts are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<i64>,
    /// How long was waited before the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<f64>,
    /// Why the conversation was compacted: `auto` or `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<&'a str>,
    /// Its tokens before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_before: Option<i64>,
    /// Its tokens after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_after: Option<i64>,
    /// Who started the agent, and by which call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launched_by: Option<&'a str>,
    /// Versions of the program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<&'a str>,
    /// Sessions that earlier lines were copied from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copied_from: Vec<&'a str>,
}

/// `note` as JSON. Serialising these structs cannot fail: their keys are texts and their numbers finite.
pub fn json<T: Serialize>(note: &T) -> Option<Json> {
    serde_json::to_string(note).ok().map(Json)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
