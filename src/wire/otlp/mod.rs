//! OpenTelemetry: log records, metric points and spans of agents → records.
//!
//! Two steps with a small model between them, so that another door (protobuf, HTTP) needs only the first:
//! [`read`] turns JSON into a [`Batch`]; [`facts`] gathers batches into sessions, and [`records`] says what
//! there is to store. A model request is one fact however often it is told (log, span, both), and a
//! session that the store knows from a transcript is not counted again: [`known`].
//!
//! | signal | becomes |
//! |---|---|
//! | log record | an event of its name; a tool's result is `tool:<Name>` or `tool_error:<Name>` |
//! | request of a model (log or span) | tokens and cost of its turn's task, and an event |
//! | turn: what follows one prompt | a task of the session's agent |
//! | span | an event; requests and tools as above |
//! | metric point | an agent metric: increments of delta sums, the latest value of cumulative ones |
//!
//! Text of prompts, answers and tools is not kept, nor who the user is. Not here: files
//! (`service::import`), prices.

pub mod facts;
pub mod known;
mod logs;
mod metrics;
pub mod note;
pub mod read;
pub mod records;
mod spans;
pub mod split;
mod tokens;
mod who;

use serde_json::{Map, Value};

use crate::model::Micros;

/// Begins the source key of every record of this importer, but of those that a transcript may bring too.
pub const PREFIX: &str = "otlp:";

/// Attributes, by name. Integers are numbers, whatever form they were sent in.
pub type Attributes = Map<String, Value>;

/// What one resource sent at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// Attributes of the resource: the program and where it runs.
    pub resource: Attributes,
    /// Its log records.
    pub logs: Vec<Log>,
    /// Its spans.
    pub spans: Vec<Span>,
    /// Its metric points.
    pub points: Vec<Point>,
}

/// A log record.
#[derive(Debug, Default)]
pub struct Log {
    /// When it was made; else when it was seen.
    pub at: Option<Micros>,
    /// The name in its own field or its body; an attribute `event.name` comes first.
    pub name: Option<String>,
    /// The rest.
    pub attributes: Attributes,
}

/// A span.
#[derive(Debug, Default)]
pub struct Span {
    /// The trace, in hex.
    pub trace: String,
    /// The span, in hex.
    pub id: String,
    /// The span above, if any.
    pub parent: Option<String>,
    /// What it is.
    pub name: String,
    /// When it began.
    pub began: Option<Micros>,
    /// When it ended.
    pub ended: Option<Micros>,
    /// Whether it says that it failed.
    pub failed: bool,
    /// The rest.
    pub attributes: Attributes,
}

/// How the points of a metric add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// Each is a value of its own: a gauge.
    Value,
    /// Each is what came since the one before.
    Delta,
    /// Each is what came since the start.
    Cumulative,
}

/// A data point.
#[derive(Debug)]
pub struct Point {
    /// The metric.
    pub metric: String,
    /// Its unit, as sent.
    pub unit: String,
    /// How points add up.
    pub adding: Adding,
    /// Since when it counts.
    pub started: Option<Micros>,
    /// When it was taken.
    pub at: Option<Micros>,
    /// The number; of a histogram the sum.
    pub value: f64,
    /// Of a histogram: how many values it sums.
    pub count: Option<f64>,
    /// The rest.
    pub attributes: Attributes,
}

#[cfg(test)]
mod tests;
