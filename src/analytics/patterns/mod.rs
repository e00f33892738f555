//! Learns patterns from events: what recurs, how sure that is, and what it rests on.
//!
//! One entrance, [`learn`]. Everything is a pure function of the events, the settings, the zone and `now`; events may
//! arrive in any order. Each kind of pattern is held against chance on its own terms (see its file), and what is listed
//! of each kind is controlled for the number of things looked at ([`significance::benjamini_hochberg`]). Counts,
//! confidence and lift of a pattern depend on its own types only: unrelated events change none of them.
//!
//! Not here: reading events (`store`), keeping and comparing results (`service`), the words of a page (`web`).

pub mod conditions;
mod correlation;
mod counts;
mod follow;
mod frequency;
mod group;
mod histogram;
mod log;
mod occurrences;
mod pairs;
mod precursor;
mod search;
mod sequence;
pub mod significance;
mod streams;
mod tally;
mod temporal;
mod traced;
mod window;
mod zone;

use std::collections::HashSet;

use crate::model::Micros;
use crate::model::pattern::{LearnSettings, Pattern, PatternType};

pub use counts::Counts;
pub use log::{EventLog, EventLogBuilder};
pub use occurrences::{Occurrences, occurrences};
pub use precursor::is_failure;
pub use zone::Zone;

use search::Search;
use significance::benjamini_hochberg;
use traced::{Outline, closed, outline};

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The patterns, surest first, then by id.
    pub patterns: Vec<Pattern>,
    /// Events that were considered: the newest.
    pub considered: u64,
    /// Events there were.
    pub available: u64,
    /// The first and last instant considered; `None` without events.
    pub span: Option<(Micros, Micros)>,
    /// Frequent types that were not paired with others because there are more than 512; the rarest.
    pub types_left_out: u64,
    /// How many things of each kind were held against chance.
    pub tested: Vec<(PatternType, u64)>,
}

impl Learned {
    /// Whether older events were left out.
    #[must_use]
    pub fn limited(&self) -> bool {
        self.considered < self.available
    }
}

/// Candidates of one kind.
#[derive(Debug, Default)]
struct Found {
    patterns: Vec<Pattern>,
    tested: u64,
}

/// Learns from the newest events. `now` tells which silences still last; events after it are looked at like others.
#[must_use]
pub fn learn(log: &EventLog, settings: &LearnSettings, zone: &Zone, now: Micros) -> Learned {
    let available = log.len() as u64;
    let limit = settings.max_history_size as usize;
    if log.len() > limit {
        return Learned { available, ..learn(&log.newest(limit), settings, zone, now) };
    }
    Counts::new(log, settings, zone).learned(log, settings, now)
}

fn sequences(searches: [Search<'_>; 2], settings: &LearnSettings) -> Found {
    let miners = searches.map(|search| {
        let mut miner = sequence::Miner::new(search);
        miner.run();
        miner
    });
    let tested = miners.iter().map(|miner| miner.tested).sum();
    let mut outlines: Vec<Outline<'_>> = Vec::new();
    for miner in &miners {
        let known: HashSet<Vec<String>> = outlines.iter().map(|outline| outline.events.clone()).collect();
        let new = miner.found.iter().filter(|sequence| !known.contains(&miner.search.names(&sequence.kinds)));
        outlines.extend(new.filter_map(|sequence| outline(miner.search, sequence)));
    }
    let p_values: Vec<f64> = outlines.iter().map(|outline| outline.sequence.p_value).collect();
    let mut told: Vec<(Outline<'_>, f64)> = outlines.into_iter().zip(benjamini_hochberg(&p_values, tested)).collect();
    told.retain(|(outline, q_value)| holds(*q_value, outline.sequence.count, settings));
    let patterns = closed(told).iter().filter_map(|(outline, q_value)| outline.pattern(*q_value)).collect();
    Found { patterns, tested }
}

/// What was found in agents, and what was found in swarms alone.
fn joined([mut agents, swarms]: [Found; 2]) -> Found {
    let known: HashSet<Vec<String>> = agents.patterns.iter().map(|pattern| pattern.events.clone()).collect();
    agents.patterns.extend(swarms.patterns.into_iter().filter(|pattern| !known.contains(&pattern.events)));
    agents.tested += swarms.tested;
    agents
}

/// Those of the candidates that are not put down to chance.
fn listed(mut found: Found, settings: &LearnSettings) -> Found {
    let p_values: Vec<f64> = found.patterns.iter().map(|pattern| pattern.p_value).collect();
    for (pattern, q_value) in found.patterns.iter_mut().zip(benjamini_hochberg(&p_values, found.tested)) {
        pattern.q_value = q_value;
    }
    found.patterns.retain(|pattern| holds(pattern.q_value, pattern.occurrences, settings));
    found
}

/// Whether something seen so often is not put down to chance.
fn holds(q_value: f64, occurrences: u64, settings: &LearnSettings) -> bool {
    q_value <= settings.false_discovery_rate || occurrences < LearnSettings::CONTROLLED_FROM
}

#[cfg(test)]
mod tests;
