//! First pass over a record: every known field as a scalar or verbatim, nothing judged yet.
//!
//! One visitor for all kinds, because `kind` may stand anywhere in the object. Texts are borrowed
//! from the line unless they hold escapes.

use std::borrow::Cow;

use serde::de::DeserializeSeed;

use super::error::RecordError;
use super::visit::{ObjectSeed, ScalarSeed};

macro_rules! fields {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A field that some kind of record has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($variant),* }

        impl Field {
            const NAMES: [&'static str; [$($name),*].len()] = [$($name),*];
            const ALL: [Self; Self::NAMES.len()] = [$(Self::$variant),*];

            pub(super) fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

fields! {
    Kind = "kind", Type = "type", Id = "id", Timestamp = "timestamp", Metadata = "metadata",
    Project = "project", Source = "source", TaskId = "task_id", AgentId = "agent_id", SwarmId = "swarm_id",
    Result = "result", Success = "success", DurationMs = "duration_ms", TokensUsed = "tokens_used",
    FilesChanged = "files_changed", Model = "model", TokensInput = "tokens_input",
    TokensOutput = "tokens_output", TokensCacheRead = "tokens_cache_read",
    TokensCacheWrite = "tokens_cache_write", TokensReasoning = "tokens_reasoning", CostUsd = "cost_usd",
    MetricType = "metric_type", Value = "value", EventType = "event_type", AgentType = "agent_type",
    EventId = "event_id", Strategy = "strategy", FailureType = "failure_type", FailureId = "failure_id",
    DetectedAt = "detected_at", Actions = "actions", Status = "status", SpawnTime = "spawn_time",
    CompleteTime = "complete_time", SessionId = "session_id", MemoryType = "memory_type", Key = "key",
    TtlHours = "ttl_hours",
}

impl Field {
    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Fields kept as the JSON text they are.
    pub(super) fn is_verbatim(self) -> bool {
        matches!(self, Self::Metadata | Self::Value | Self::Actions | Self::Source)
    }
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    /// Not there, or `null`, which means the same.
    #[default]
    Absent,
    Bool(bool),
    Int(i64),
    /// A whole number above `i64`.
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    /// An array or an object where a plain value belongs.
    Nested(&'static str),
    /// JSON text as it was written.
    Verbatim(&'a str),
}

/// The fields of one record, taken out one by one.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) known: [Scalar<'a>; Field::NAMES.len()],
    /// Fields no kind has, in their order, verbatim.
    pub(super) unknown: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Reads the object in `line`.
    pub(super) fn gather(line: &'a [u8]) -> Result<Self, RecordError> {
        let mut fields = Self { known: [const { Scalar::Absent }; Field::NAMES.len()], unknown: Vec::new() };
        let mut stopped = None;
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        let read = ObjectSeed { fields: &mut fields, stopped: &mut stopped }.deserialize(&mut deserializer);
        match (read.and_then(|()| deserializer.end()), stopped) {
            (_, Some(error)) => Err(error),
            (Err(error), None) => Err(RecordError::syntax(&error, line)),
            (Ok(()), None) => Ok(fields),
        }
    }

    /// Takes a field out.
    pub(super) fn take(&mut self, field: Field) -> Scalar<'a> {
        std::mem::take(&mut self.known[field as usize])
    }

    /// Whether a field is there and not taken yet.
    pub(super) fn has(&self, field: Field) -> bool {
        self.known[field as usize] != Scalar::Absent
    }

    /// Takes a verbatim field out; `null` counts as absent.
    pub(super) fn raw(&mut self, field: Field) -> Option<&'a str> {
        match self.take(field) {
            Scalar::Verbatim(text) if text != "null" => Some(text),
            _ => None,
        }
    }

    /// Calls `each` with the name of every field that was not taken.
    pub(super) fn each_left(&self, mut each: impl FnMut(&str)) {
        for (scalar, name) in self.known.iter().zip(Field::NAMES) {
            if !matches!(scalar, Scalar::Absent | Scalar::Verbatim("null")) {
                each(name);
            }
        }
        self.unknown.iter().for_each(|(name, _)| each(name));
    }

    /// Takes every known field that is left out, as JSON text.
    pub(super) fn take_left(&mut self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        let mut left: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for field in Field::ALL {
            if let Some(text) = self.take(field).into_json() {
                left.push((Cow::Borrowed(field.name()), text));
            }
        }
        left.extend(std::mem::take(&mut self.unknown).into_iter().map(|(name, text)| (name, Cow::Borrowed(text))));
        left
    }
}

impl<'a> Scalar<'a> {
    /// The value as JSON text; `None` when there is none to keep.
    fn into_json(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Absent | Self::Nested(_) | Self::Verbatim("null") => None,
            Self::Bool(value) => Some(value.to_string().into()),
            Self::Int(value) => Some(value.to_string().into()),
            Self::Large(value) => Some(value.to_string().into()),
            Self::Float(value) => serde_json::to_string(&value).ok().map(Cow::Owned),
            Self::Text(value) => serde_json::to_string(value.as_ref()).ok().map(Cow::Owned),
            Self::Verbatim(text) => Some(text.into()),
        }
    }
}

/// Reads one plain value from JSON text.
pub(super) fn scalar(text: &str) -> Option<Scalar<'_>> {
    ScalarSeed.deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}
