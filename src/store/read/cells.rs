//! Rows as plain numbers: what of each table is learned from, and how a row becomes numbers.
//!
//! Words stand as their numbers in the dictionaries. Not here: which rows (`history`).

use std::marker::PhantomData;
use std::str::FromStr;

use super::super::archive::rows::{column_of, task, used};
use super::super::archive::{Chunk, Place, Sealed};
use super::super::events::EventRow;
use super::super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::super::tasks::TaskRow;
use crate::model::TokenCounts;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCells {
    /// Its time, in microseconds since the epoch.
    pub time: i64,
    /// Its row id.
    pub row: i64,
    /// Its type.
    pub kind: u32,
    /// Its agent.
    pub agent: u32,
    /// Its swarm; 0 = none.
    pub swarm: u32,
}

/// One task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskCells {
    /// Its end, in microseconds since the epoch.
    pub time: i64,
    /// Its row id.
    pub row: i64,
    /// Its agent.
    pub agent: u32,
    /// Its swarm; 0 = none.
    pub swarm: u32,
    /// The number of its result word; 0 = none. 1 to 5 are success, failure, timeout, cancelled and failed.
    pub result: u32,
    /// Its tokens.
    pub tokens: Option<i64>,
    /// Its duration in milliseconds, to 15 digits and more.
    pub duration_ms: Option<f64>,
}

/// One number about an agent or a swarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricCells {
    /// When it was measured, in microseconds since the epoch.
    pub time: i64,
    /// Its row id.
    pub row: i64,
    /// The agent or the swarm.
    pub subject: u32,
    /// Its metric type.
    pub metric: u32,
    /// The number.
    pub value: f64,
}

/// The same, with the table it is from.
#[derive(Debug)]
pub(in crate::store) struct Measured<S>(pub MetricCells, PhantomData<S>);

/// A row that has its place in the order (time, row id).
pub(in crate::store) trait Placed {
    /// Its time and row id.
    fn place(&self) -> Place;
}

/// A row that can be read as numbers. `None` from a reader is a number out of bounds.
pub(in crate::store) trait Cells: Placed + Sized {
    /// Its table.
    type Row: Sealed;
    /// The columns and the table, as a select goes on.
    const COLUMNS: &'static str;
    /// The expression that makes one text of a row's numbers, blanks between them.
    const TEXT: &'static str;
    /// The columns that a sealed row is read from.
    const SEALED: &'static [&'static str];
    /// Reads what [`Self::TEXT`] made.
    fn read<'a>(cells: &mut impl Iterator<Item = &'a str>) -> Option<Self>;
    /// Reads a row of a chunk whose [`Self::SEALED`] columns were read.
    fn sealed(chunk: &Chunk, at: usize) -> Option<Self>;
}

impl Placed for EventCells {
    fn place(&self) -> Place {
        (self.time, self.row)
    }
}

impl Placed for TaskCells {
    fn place(&self) -> Place {
        (self.time, self.row)
    }
}

impl Placed for MetricCells {
    fn place(&self) -> Place {
        (self.time, self.row)
    }
}

impl<S> Placed for Measured<S> {
    fn place(&self) -> Place {
        self.0.place()
    }
}

fn next<'a, N: FromStr>(cells: &mut impl Iterator<Item = &'a str>) -> Option<N> {
    cells.next()?.parse().ok()
}

/// A word's number; 0 where there is none.
fn word<T: Sealed>(chunk: &Chunk, name: &str, at: usize) -> Option<u32> {
    u32::try_from(chunk.int(column_of::<T>(name)?, at).unwrap_or(0)).ok()
}

impl Cells for EventCells {
    type Row = EventRow;
    const COLUMNS: &'static str = "id, ts, type, agent, swarm from event";
    const TEXT: &'static str = "id || ' ' || ts || ' ' || type || ' ' || agent || ' ' || coalesce(swarm, 0)";
    const SEALED: &'static [&'static str] = &["type", "agent", "swarm"];

    fn read<'a>(cells: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let (row, time) = (next(cells)?, next(cells)?);
        Some(Self { row, time, kind: next(cells)?, agent: next(cells)?, swarm: next(cells)? })
    }

    fn sealed(chunk: &Chunk, at: usize) -> Option<Self> {
        let (time, row) = chunk.place(at)?;
        let word = |name| word::<EventRow>(chunk, name, at);
        Some(Self { time, row, kind: word("type")?, agent: word("agent")?, swarm: word("swarm")? })
    }
}

impl Cells for TaskCells {
    type Row = TaskRow;
    const COLUMNS: &'static str = "id, ts, agent, swarm, result, tokens_used, duration_ms from task";
    const TEXT: &'static str = "id || ' ' || ts || ' ' || agent || ' ' || coalesce(swarm, 0) || ' ' || \
        coalesce(result, 0) || ' ' || coalesce(tokens_used, '-') || ' ' || \
        iif(duration_ms is null, '-', printf('%!.17g', duration_ms))";
    const SEALED: &'static [&'static str] = &[
        "agent",
        "swarm",
        "result",
        "duration_ms",
        "tokens_used",
        "tokens_input",
        "tokens_output",
        "tokens_cache_read",
        "tokens_cache_write",
    ];

    fn read<'a>(cells: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let (row, time) = (next(cells)?, next(cells)?);
        let (agent, swarm, result) = (next(cells)?, next(cells)?, next(cells)?);
        let tokens = optional(cells.next()?)?;
        Some(Self { time, row, agent, swarm, result, tokens, duration_ms: optional(cells.next()?)? })
    }

    fn sealed(chunk: &Chunk, at: usize) -> Option<Self> {
        let (time, row) = chunk.place(at)?;
        let word = |name| word::<TaskRow>(chunk, name, at);
        let kinds = TokenCounts {
            input: chunk.int(task::INPUT, at),
            output: chunk.int(task::OUTPUT, at),
            cache_read: chunk.int(task::CACHE_READ, at),
            cache_write: chunk.int(task::CACHE_WRITE, at),
            reasoning: None, // a part of the output
        };
        Some(Self {
            time,
            row,
            agent: word("agent")?,
            swarm: word("swarm")?,
            result: word("result")?,
            tokens: used(chunk.int(task::USED, at), &kinds),
            duration_ms: chunk.real(task::DURATION, at),
        })
    }
}

/// `-` stands for nothing; the outer `None` for what is no number.
fn optional<N: FromStr>(text: &str) -> Option<Option<N>> {
    if text == "-" { Some(None) } else { text.parse().ok().map(Some) }
}

macro_rules! measured {
    ($subject:ty, $columns:literal, $text:literal, $sealed:literal) => {
        impl Cells for Measured<$subject> {
            type Row = MetricRow<$subject>;
            const COLUMNS: &'static str = $columns;
            const TEXT: &'static str = $text;
            const SEALED: &'static [&'static str] = &[$sealed, "metric", "value"];

            fn read<'a>(cells: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
                let (row, time) = (next(cells)?, next(cells)?);
                let (subject, metric) = (next(cells)?, next(cells)?);
                Some(Self(MetricCells { time, row, subject, metric, value: next(cells)? }, PhantomData))
            }

            fn sealed(chunk: &Chunk, at: usize) -> Option<Self> {
                let (time, row) = chunk.place(at)?;
                let word = |name| word::<Self::Row>(chunk, name, at);
                let value = chunk.real(column_of::<Self::Row>("value")?, at)?;
                let cells = MetricCells { time, row, subject: word($sealed)?, metric: word("metric")?, value };
                Some(Self(cells, PhantomData))
            }
        }
    };
}

measured!(
    OfAgent,
    "id, ts, agent, metric, value from agent_metric",
    "id || ' ' || ts || ' ' || agent || ' ' || metric || ' ' || printf('%!.17g', value)",
    "agent"
);
measured!(
    OfSwarm,
    "id, ts, swarm, metric, value from swarm_metric",
    "id || ' ' || ts || ' ' || swarm || ' ' || metric || ' ' || printf('%!.17g', value)",
    "swarm"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_text_and_what_is_no_number_is_refused() {
        let task = |text: &str| TaskCells::read(&mut text.split(' '));
        let read = task("7 -5 1 0 2 - 0.10000000000000001").expect("a task");
        assert_eq!((read.row, read.time, read.result, read.tokens, read.duration_ms), (7, -5, 2, None, Some(0.1)));
        assert_eq!(task("7 -5 1 0 2 12 -").map(|task| (task.tokens, task.duration_ms)), Some((Some(12), None)));
        assert_eq!(task("7 -5 1 0 2 12"), None);
        assert_eq!(EventCells::read(&mut "1 2 3 4294967296 0".split(' ')), None, "no such agent can be");
    }
}
