//! What a stored record carries beside its columns, as JSON, and what a later import reads back of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Attributes;
use crate::model::{Json, TokenCounts};

/// The mark in the metadata of what this importer made: a transcript's record of the same key has none.
pub const VIA: &str = "otlp";

/// Of an event or a registry row.
#[derive(Debug, Default, Serialize)]
pub struct EventNote<'a> {
    /// [`VIA`].
    pub via: &'static str,
    /// Where a request or tool call was told of: 2 = in a log, 1 = in a span, which says less; else 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub rank: u8,
    /// The request it tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a Request>,
    /// The tool call it tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<&'a str>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// What else was said.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// A request of a model, as its event keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Its id.
    pub id: String,
    /// The turn it belongs to.
    pub turn: String,
    /// 2 = from a log, which names the turn; 1 = from a span, which names its trace.
    pub rank: u8,
    /// The sub-agent that asked; none = the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its tokens, disjoint.
    pub tokens: TokenCounts,
    /// What it cost in USD, as reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
}

/// The metadata of an event, read back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StoredEvent {
    /// See [`EventNote::via`].
    pub via: String,
    /// See [`EventNote::rank`].
    pub rank: u8,
    /// See [`EventNote::request`].
    pub request: Option<Request>,
}

/// Of a turn.
#[derive(Debug, Serialize)]
pub struct TurnNote<'a> {
    /// [`VIA`].
    pub via: &'static str,
    /// `turn`.
    pub of: &'static str,
    /// The program.
    pub service: &'a str,
    /// Requests of the model.
    pub requests: usize,
    /// Tool calls.
    pub tool_calls: usize,
    /// Tool calls that failed.
    pub tool_errors: usize,
    /// What sub-agents did of it, by type; it is part of the whole.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, Share>,
    /// Stand for its requests; see [`super::known`].
    pub request_ids: String,
}

/// A part of a turn.
#[derive(Debug, Default, Serialize)]
pub struct Share {
    /// Requests.
    pub requests: usize,
    /// All their tokens.
    pub tokens: i64,
    /// What they cost, as reported.
    pub cost_usd: f64,
}

/// The metadata of a task, read back: of a turn here, or of a transcript.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StoredTask {
    /// See [`TurnNote::via`]; empty for one of a transcript.
    pub via: String,
    /// See [`TurnNote::request_ids`].
    pub request_ids: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(rank: &u8) -> bool {
    *rank == 0
}

/// `note` as JSON. Serialising these structs cannot fail: their keys are texts and their numbers finite.
pub fn json<T: Serialize>(note: &T) -> Option<Json> {
    serde_json::to_string(note).ok().map(Json)
}
