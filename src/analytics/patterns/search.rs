//! What every search for patterns is given: the events, how they lie in streams, and what is asked of them.

use super::log::EventLog;
use super::pairs::Pairs;
use super::streams::{Streams, Widths};
use crate::model::Micros;
use crate::model::pattern::{LearnSettings, Occurrence, Scope};

/// In the scope of a swarm, at least this share of the occurrences takes more than one agent: what one agent does
/// alone, its own stream says.
const TOGETHER: f64 = 0.5;

/// A search through the streams of one scope.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub log: &'a EventLog,
    pub scope: Scope,
    pub streams: &'a Streams,
    pub pairs: &'a Pairs,
    pub widths: Widths,
    pub settings: &'a LearnSettings,
}

impl Search<'_> {
    /// The name of a type.
    pub fn kind_name(&self, kind: u32) -> Option<String> {
        self.log.kind_names.get(kind as usize).cloned()
    }

    /// The names of types.
    pub fn names(&self, kinds: &[u32]) -> Vec<String> {
        kinds.iter().filter_map(|kind| self.kind_name(*kind)).collect()
    }

    /// The agent of a row.
    pub fn agent(&self, row: u32) -> u32 {
        self.log.agents[row as usize]
    }

    /// Whether something of which `together` of `all` occurrences took more than one agent belongs to this scope.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn belongs(&self, together: usize, all: usize) -> bool {
        self.scope != Scope::Swarm || together as f64 >= TOGETHER * all as f64
    }

    /// An occurrence that starts with the event of this row.
    pub fn occurrence(&self, row: u32, from: i64, until: i64) -> Occurrence {
        occurrence(self.log, row, from, until)
    }
}

/// An occurrence that starts with the event of this row.
pub(super) fn occurrence(log: &EventLog, row: u32, from: i64, until: i64) -> Occurrence {
    Occurrence {
        from: Micros(from),
        until: Micros(until),
        agent_id: log.agent_name(row as usize).map(str::to_owned),
        swarm_id: log.swarm_name(row as usize).map(str::to_owned),
    }
}
