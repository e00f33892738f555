//! The events a learner looks at: four columns and their names, ordered by time.
//!
//! Rows of one instant are ordered by their names, so the order in which events arrived leaves no trace.

use std::collections::HashMap;

use crate::model::Micros;

/// No agent, or no swarm.
pub(super) const NONE: u32 = u32::MAX;

/// Events by time. About 20 bytes an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventLog {
    /// When, ascending.
    pub(super) times: Vec<i64>,
    /// What: an index into `kind_names`.
    pub(super) kinds: Vec<u32>,
    /// Who: an index into `agent_names`, or [`NONE`].
    pub(super) agents: Vec<u32>,
    /// Where: an index into `swarm_names`, or [`NONE`].
    pub(super) swarms: Vec<u32>,
    /// Event types, ascending.
    pub(super) kind_names: Vec<String>,
    /// Agents, ascending.
    pub(super) agent_names: Vec<String>,
    /// Swarms, ascending.
    pub(super) swarm_names: Vec<String>,
}

impl EventLog {
    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The instants of the first and the last event.
    #[must_use]
    pub fn span(&self) -> Option<(Micros, Micros)> {
        Some((Micros(*self.times.first()?), Micros(*self.times.last()?)))
    }

    /// This log without all but the newest `count` events; names that none of them bears stay.
    #[must_use]
    pub fn limited(self, count: usize) -> Self {
        if self.len() > count { self.newest(count) } else { self }
    }

    /// The newest `count` events; names that none of them bears stay.
    pub(super) fn newest(&self, count: usize) -> Self {
        let from = self.len().saturating_sub(count);
        Self {
            times: self.times[from..].to_vec(),
            kinds: self.kinds[from..].to_vec(),
            agents: self.agents[from..].to_vec(),
            swarms: self.swarms[from..].to_vec(),
            kind_names: self.kind_names.clone(),
            agent_names: self.agent_names.clone(),
            swarm_names: self.swarm_names.clone(),
        }
    }

    pub(super) fn agent_name(&self, row: usize) -> Option<&str> {
        name(&self.agent_names, *self.agents.get(row)?)
    }

    pub(super) fn swarm_name(&self, row: usize) -> Option<&str> {
        name(&self.swarm_names, *self.swarms.get(row)?)
    }
}

fn name(names: &[String], id: u32) -> Option<&str> {
    names.get(id as usize).map(String::as_str)
}

/// One column's names while they are collected.
#[derive(Debug, Clone, Default)]
struct Names(HashMap<String, u32>);

impl Names {
    fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.0.get(name) {
            return *id;
        }
        // Below `NONE`: a log of four thousand million events does not fit into memory.
        let id = u32::try_from(self.0.len()).unwrap_or(NONE - 1);
        self.0.insert(name.to_owned(), id);
        id
    }

    /// The names in their order, and the place of each id among them.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut named: Vec<(String, u32)> = self.0.into_iter().collect();
        named.sort_unstable();
        let mut places = vec![0; named.len()];
        let mut names = Vec::with_capacity(named.len());
        for (place, (name, id)) in (0_u32..).zip(named) {
            places[id as usize] = place;
            names.push(name);
        }
        (names, places)
    }
}

/// Collects events in any order.
#[derive(Debug, Clone, Default)]
pub struct EventLogBuilder {
    rows: Vec<(i64, u32, u32, u32)>,
    kinds: Names,
    agents: Names,
    swarms: Names,
}

impl EventLogBuilder {
    /// With room for so many events.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        Self { rows: Vec::with_capacity(events), ..Self::default() }
    }

    /// Adds an event.
    pub fn push(&mut self, time: Micros, event_type: &str, agent: Option<&str>, swarm: Option<&str>) {
        let event = (self.kind(event_type), agent.map(|name| self.agent(name)), swarm.map(|name| self.swarm(name)));
        self.push_numbered(time, event.0, event.1, event.2);
    }

    /// The number of an event type, for [`Self::push_numbered`].
    pub fn kind(&mut self, name: &str) -> u32 {
        self.kinds.id(name)
    }

    /// The number of an agent, for [`Self::push_numbered`].
    pub fn agent(&mut self, name: &str) -> u32 {
        self.agents.id(name)
    }

    /// The number of a swarm, for [`Self::push_numbered`].
    pub fn swarm(&mut self, name: &str) -> u32 {
        self.swarms.id(name)
    }

    /// Adds an event of which the numbers are known: a million are added so without looking a name up for each.
    pub fn push_numbered(&mut self, time: Micros, kind: u32, agent: Option<u32>, swarm: Option<u32>) {
        self.rows.push((time.0, agent.unwrap_or(NONE), kind, swarm.unwrap_or(NONE)));
    }

    /// How many events were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Puts them in order.
    #[must_use]
    pub fn finish(self) -> EventLog {
        let Self { mut rows, kinds, agents, swarms } = self;
        let (kind_names, kind_places) = kinds.sorted();
        let (agent_names, agent_places) = agents.sorted();
        let (swarm_names, swarm_places) = swarms.sorted();
        let place = |places: &[u32], id: u32| places.get(id as usize).copied().unwrap_or(NONE);
        for (_, agent, kind, swarm) in &mut rows {
            *agent = place(&agent_places, *agent);
            *kind = place(&kind_places, *kind);
            *swarm = place(&swarm_places, *swarm);
        }
        // As a rule events come by time already, or in a few runs: a stable sort merges these.
        rows.sort_by_key(|row| row.0);
        rows.chunk_by_mut(|a, b| a.0 == b.0).for_each(<[_]>::sort_unstable);
        EventLog {
            times: rows.iter().map(|row| row.0).collect(),
            agents: rows.iter().map(|row| row.1).collect(),
            kinds: rows.iter().map(|row| row.2).collect(),
            swarms: rows.iter().map(|row| row.3).collect(),
            kind_names,
            agent_names,
            swarm_names,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_arrival_leaves_no_trace() {
        let events = [
            (2, "b", Some("y"), None),
            (1, "a", Some("x"), Some("s")),
            (2, "a", None, None),
            (2, "a", Some("y"), None),
        ];
        let log = |order: [usize; 4]| {
            let mut builder = EventLogBuilder::default();
            for (time, kind, agent, swarm) in order.map(|i| events[i]) {
                builder.push(Micros(time), kind, agent, swarm);
            }
            builder.finish()
        };
        let sorted = log([0, 1, 2, 3]);
        assert_eq!(sorted, log([3, 2, 1, 0]));
        assert_eq!(sorted, log([2, 0, 3, 1]));
        assert_eq!(sorted.times, [1, 2, 2, 2]);
        assert_eq!(sorted.agent_name(0), Some("x"));
        assert_eq!((sorted.agent_name(3), sorted.swarm_name(0)), (None, Some("s")), "no agent comes last");
    }

    #[test]
    fn a_limit_keeps_the_newest() {
        let mut builder = EventLogBuilder::with_capacity(5);
        for time in [5, 3, 1, 4, 2] {
            builder.push(Micros(time), "a", None, None);
        }
        let log = builder.finish().newest(2);
        assert_eq!(log.span(), Some((Micros(4), Micros(5))));
        assert_eq!((log.len(), log.kinds.len(), log.agents.len(), log.swarms.len()), (2, 2, 2, 2));
    }
}
