//! Identities for records that bring none.
//!
//! An event always gets an id: a time-ordered UUID, so that the key of the event table grows at its
//! end. With an idempotency key, every record without an identity of its own gets one from the key
//! and its index, so that sending the same body again counts once.

use sha2::{Digest, Sha256};
use uuid::{Builder, ContextV7, Timestamp, Uuid};

use crate::model::{EventId, Micros, Problem, ProblemKind, Record};

/// A new id for an event that happens at `now`.
///
/// # Errors
/// A [`Problem`] never met: a UUID is an id.
pub(in crate::service) fn new_event_id(now: Micros) -> Result<EventId, Problem> {
    let names = Names::new(now, None);
    let id = Uuid::new_v7(Timestamp::from_unix(&names.sequence, names.seconds, names.nanos));
    EventId::new(id.to_string()).map_err(|error| Problem::new(ProblemKind::Internal, format!("an event's id {error}")))
}

#[derive(Debug)]
pub(super) struct Names {
    seconds: u64,
    nanos: u32,
    sequence: ContextV7,
    key: Option<String>,
}

impl Names {
    pub(super) fn new(now: Micros, key: Option<String>) -> Self {
        let micros = u64::try_from(now.0).unwrap_or_default();
        let nanos = u32::try_from(micros % 1_000_000 * 1000).unwrap_or_default();
        Self { seconds: micros / 1_000_000, nanos, sequence: ContextV7::new(), key }
    }

    /// Names `record`, the `part`-th row of the `index`-th record sent, unless it has a name.
    pub(super) fn give(&mut self, record: &mut Record, index: u64, part: usize) {
        match record {
            Record::Event(event) if event.event_id.is_none() => {
                let id = match &self.key {
                    Some(key) => keyed_uuid(key, index, part),
                    None => Uuid::new_v7(Timestamp::from_unix(&self.sequence, self.seconds, self.nanos)),
                };
                event.event_id = EventId::new(id.to_string()).ok();
            }
            Record::AgentMetric(metric) | Record::SwarmMetric(metric) if metric.source.is_none() => {
                self.keyed(&mut metric.id, index, part);
            }
            Record::Healing(healing) if healing.failure_id.is_none() && healing.source.is_none() => {
                self.keyed(&mut healing.id, index, part);
            }
            Record::Memory(memory) if memory.source.is_none() => self.keyed(&mut memory.id, index, part),
            // Tasks and lives are identified by what they are, imported records by their source.
            _ => {}
        }
    }

    fn keyed(&self, id: &mut Option<String>, index: u64, part: usize) {
        if let (None, Some(key)) = (&id, &self.key) {
            *id = Some(keyed_uuid(key, index, part).to_string());
        }
    }
}

/// A UUID (version 8: made from content) that only this key, index and part give.
fn keyed_uuid(key: &str, index: u64, part: usize) -> Uuid {
    let digest = Sha256::new().chain_update(key).chain_update(format!("\0{index}\0{part}")).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of_digest)| *byte = of_digest);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentId, EventRecord};

    fn event() -> Record {
        Record::Event(EventRecord {
            event_type: "spawn".into(),
            agent_id: AgentId::new("a").expect("an id"),
            agent_type: None,
            event_id: None,
            task_id: None,
            swarm_id: None,
            timestamp: Micros(0),
            metadata: None,
            project: None,
            source: None,
        })
    }

    fn named(names: &mut Names, index: u64) -> String {
        let mut record = event();
        names.give(&mut record, index, 0);
        match record {
            Record::Event(event) => event.event_id.map(String::from).expect("a name"),
            _ => unreachable!("an event stays one"),
        }
    }

    #[test]
    fn made_ids_are_uuids_of_version_7_that_ascend() {
        let mut names = Names::new(Micros(1_767_268_800_000_000), None);
        let ids: Vec<String> = (0..1000).map(|index| named(&mut names, index)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        // 1 767 268 800 000 milliseconds are 0x19b796dd600.
        assert!(ids[0].starts_with("019b796d-d600-7"), "{}", ids[0]);
    }

    #[test]
    fn the_same_key_and_index_give_the_same_name_again() {
        let mut once = Names::new(Micros(1), Some("k".into()));
        let mut again = Names::new(Micros(2), Some("k".into()));
        let mut other = Names::new(Micros(1), Some("l".into()));
        assert_eq!(named(&mut once, 3), named(&mut again, 3));
        assert_ne!(named(&mut once, 3), named(&mut once, 4));
        assert_ne!(named(&mut once, 3), named(&mut other, 3));
    }
}
