//! Aggregating reads: what pages and summaries ask for, from rollups where they serve and from records
//! where they do not.
//!
//! Everything one answer needs is read through one [`Snapshot`], so its figures agree with each other
//! whatever is written meanwhile. Functions here return counts and rows; percentages, percentiles and
//! prices are made by `service` with `analytics`. Not here: lists of records (`Store::page`).

mod agents;
pub mod aggregate;
mod backlog;
pub(in crate::store) mod cells;
mod cut;
mod durations;
mod events;
pub(in crate::store) mod healings;
mod health;
pub(in crate::store) mod history;
mod listing;
mod names;
mod presence;
mod registry;
mod sealed;
mod sessions;
pub(in crate::store) mod silences;
mod slowest;
mod snapshot;
mod tallies;
mod tasks;
mod trends;
mod usage;

pub use agents::{AgentFacts, AgentSum};
pub use cells::{EventCells, MetricCells, TaskCells};
pub use cut::{Cut, Rollups};
pub use durations::SketchAt;
#[cfg(test)]
pub(in crate::store) use events::of_type_sql;
pub use history::{History, Words};
pub use listing::{SwarmFacts, SwarmSum};
pub use registry::{ActivePage, LatestLife};
pub use sessions::{MemoryCut, MemoryPlace};
pub use silences::Silence;
pub use snapshot::Snapshot;
pub use tallies::{Tally, TallyAt, WordAt};
pub use tasks::FullTask;
pub use trends::{SeriesCut, TaskNumbers};

#[cfg(test)]
mod tests;
