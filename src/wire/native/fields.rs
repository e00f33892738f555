//! First pass over a record: every known field as a scalar or verbatim, nothing judged yet.
//!
//! One visitor for all kinds, because `kind` may stand anywhere in the object. Texts are borrowed
//! from the line unless they hold escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::RecordError;

macro_rules! fields {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A field that some kind of record has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($variant),* }

        impl Field {
            const NAMES: [&'static str; [$($name),*].len()] = [$($name),*];
            const ALL: [Self; Self::NAMES.len()] = [$(Self::$variant),*];

            fn parse(name: &str) -> Option<Self> {
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
    fn is_verbatim(self) -> bool {
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
    known: [Scalar<'a>; Field::NAMES.len()],
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

struct ObjectSeed<'f, 'a> {
    fields: &'f mut Fields<'a>,
    stopped: &'f mut Option<RecordError>,
}

impl<'a> DeserializeSeed<'a> for ObjectSeed<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Ends the reading with an error of our own, which the caller finds in `stopped`.
fn stop<T, E: serde::de::Error>(stopped: &mut Option<RecordError>, error: RecordError) -> Result<T, E> {
    *stopped = Some(error);
    Err(E::custom("stopped"))
}

macro_rules! not_an_object {
    ($($visit:ident($type:ty) = $what:literal),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $type) -> Result<(), E> {
            stop(self.stopped, RecordError::NotAnObject($what))
        })*
    };
}

impl<'a> Visitor<'a> for ObjectSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    not_an_object!(
        visit_bool(bool) = "true or false",
        visit_i64(i64) = "a number",
        visit_u64(u64) = "a number",
        visit_f64(f64) = "a number",
        visit_str(&str) = "a text"
    );

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        stop(self.stopped, RecordError::NotAnObject("null"))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, _: A) -> Result<(), A::Error> {
        stop(self.stopped, RecordError::NotAnObject("an array"))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(NameSeed)? {
            match name {
                Name::Known(field) => {
                    let value = if field.is_verbatim() {
                        Scalar::Verbatim(map.next_value::<&'a RawValue>()?.get())
                    } else {
                        map.next_value_seed(ScalarSeed)?
                    };
                    let place = &mut self.fields.known[field as usize];
                    if *place != Scalar::Absent {
                        return stop(self.stopped, RecordError::field(field, "comes twice"));
                    }
                    *place = value;
                }
                Name::Unknown(name) => self.fields.unknown.push((name, map.next_value::<&'a RawValue>()?.get())),
            }
        }
        Ok(())
    }
}

enum Name<'a> {
    Known(Field),
    Unknown(Cow<'a, str>),
}

struct NameSeed;

impl<'a> DeserializeSeed<'a> for NameSeed {
    type Value = Name<'a>;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Name<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for NameSeed {
    type Value = Name<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Name<'a>, E> {
        Ok(Field::parse(name).map_or(Name::Unknown(Cow::Borrowed(name)), Name::Known))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'a>, E> {
        Ok(Field::parse(name).map_or_else(|| Name::Unknown(Cow::Owned(name.to_owned())), Name::Known))
    }
}

struct ScalarSeed;

impl<'a> DeserializeSeed<'a> for ScalarSeed {
    type Value = Scalar<'a>;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Scalar<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'a>, E> {
        Ok(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Absent)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Scalar<'a>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested("an array"))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut entries: A) -> Result<Scalar<'a>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested("an object"))
    }
}

/// Reads one plain value from JSON text.
pub(super) fn scalar(text: &str) -> Option<Scalar<'_>> {
    ScalarSeed.deserialize(&mut serde_json::Deserializer::from_str(text)).ok()
}
