//! A simulated swarm: telemetry as twenty agents would leave it over two weeks, made from a seed.
//!
//! Six types of agents in three swarms and two projects work through a daily rhythm. Durations are
//! log-normal, tokens follow the work, failures come now and then and in bursts, and are healed by
//! strategies that differ in how well they work. What is planted for analyses to find is listed, with
//! the figures, in [`truths`].
//!
//! [`simulate`] is pure: the same seed, end and length give the same records, in the order of their
//! time. One agent works on one task at a time. Not here: anything about real agents; a store that
//! holds these records says so (`demo_seed`), and every page shows it.

pub mod cast;
pub mod dice;
mod fill;
mod life;
mod silence;
mod swarm;
pub mod truths;
mod work;

use crate::model::time::DAY;
use crate::model::{Micros, Record, TimeRange};

/// How many days a demo store holds.
pub const DAYS: u32 = 14;
/// The seed when none is asked for.
pub const SEED: u64 = 42;
/// What agents note down has streams of chance of its own, from this one on.
const NOTES: u64 = 1_000;
/// `store_info` key under which a store says that it holds simulated records, and of which seed.
pub const SEED_KEY: &str = "demo_seed";

/// Everything that `days` days up to `now` leave behind, oldest first.
pub fn simulate(seed: u64, now: Micros, days: u32) -> impl Iterator<Item = Record> {
    let range = TimeRange { from: Micros(now.0 - i64::from(days) * DAY), until: now };
    let mut records = Vec::new();
    let mut subject = 0;
    for swarm in cast::swarms() {
        let first = records.len();
        for agent in &swarm.agents {
            subject += 1;
            let before = records.len();
            let own = [subject, NOTES + subject].map(|stream| dice::Dice::new(seed, stream));
            life::live(own, range, &swarm, agent, &mut records);
            silence::fall_silent(agent.id.as_str(), range.until, before, &mut records);
        }
        subject += 1;
        let watched = swarm::watch(dice::Dice::new(seed, subject), range, &swarm, &records[first..]);
        records.extend(watched);
    }
    records.retain(|record| time_of(record) < now);
    records.sort_by_key(time_of); // stable, so that equal times keep their order
    records.into_iter()
}

/// The instant a record is about.
fn time_of(record: &Record) -> Micros {
    match record {
        Record::Task(task) => task.timestamp,
        Record::AgentMetric(metric) | Record::SwarmMetric(metric) => metric.timestamp,
        Record::Event(event) => event.timestamp,
        Record::Healing(healing) => healing.timestamp,
        Record::Agent(agent) => agent.spawn_time,
        Record::Memory(memory) => memory.timestamp,
    }
}

#[cfg(test)]
mod tests;
