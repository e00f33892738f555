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
mod follow;
mod frequency;
mod histogram;
mod log;
mod occurrences;
mod pairs;
mod precursor;
mod search;
mod sequence;
pub mod significance;
mod streams;
mod temporal;
mod traced;
mod zone;

use std::collections::HashSet;

use crate::model::Micros;
use crate::model::pattern::{LearnSettings, Pattern, PatternType, Scope};

pub use log::{EventLog, EventLogBuilder};
pub use occurrences::{Occurrences, occurrences};
pub use precursor::is_failure;
pub use zone::Zone;

use log::NONE;
use pairs::Pairs;
use search::Search;
use significance::benjamini_hochberg;
use streams::{Streams, Widths};

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
    let widths = Widths::new(
        i64::from(settings.max_gap_ms) * 1000,
        i64::from(settings.time_window_ms) * 1000,
        i64::from(settings.precursor_window_ms) * 1000,
    );
    let agents = Streams::new(log, &log.agents, log.agent_names.len(), widths);
    let swarms = Streams::new(log, &shared_swarms(log), log.swarm_names.len(), widths);
    let least = u64::from(settings.min_occurrences);
    let of_agents = Pairs::new(log, &agents, widths, least);
    let of_swarms = Pairs::new(log, &swarms, widths, least);
    let searches = [(Scope::Agent, &agents, &of_agents), (Scope::Swarm, &swarms, &of_swarms)]
        .map(|(scope, streams, pairs)| Search { log, scope, streams, pairs, widths, settings });
    let correlations = searches.map(correlation::find);
    let precursors = searches.map(precursor::find);
    let kinds = [
        (PatternType::Sequence, sequences(searches, settings)),
        (PatternType::Frequency, listed(frequency::find(log, &agents, settings, now), settings)),
        (PatternType::Correlation, listed(joined(correlations), settings)),
        (PatternType::Temporal, listed(temporal::find(log, zone, settings), settings)),
        (PatternType::Precursor, listed(joined(precursors), settings)),
    ];
    let tested = kinds.iter().map(|(kind, found)| (*kind, found.tested)).collect();
    let mut patterns: Vec<Pattern> = kinds.into_iter().flat_map(|(_, found)| found.patterns).collect();
    patterns.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.pattern_id.cmp(&b.pattern_id)));
    Learned {
        patterns,
        considered: available,
        available,
        span: log.span(),
        types_left_out: of_agents.left_out.max(of_swarms.left_out),
        tested,
    }
}

/// The swarm of each event, where several agents work in it: alone, an agent's own stream says the same.
fn shared_swarms(log: &EventLog) -> Vec<u32> {
    let mut first = vec![None; log.swarm_names.len()];
    let mut shared = vec![false; log.swarm_names.len()];
    for (swarm, agent) in log.swarms.iter().zip(&log.agents) {
        if let Some(seen) = first.get_mut(*swarm as usize) {
            shared[*swarm as usize] |= *seen.get_or_insert(*agent) != *agent;
        }
    }
    log.swarms.iter().map(|swarm| if shared.get(*swarm as usize) == Some(&true) { *swarm } else { NONE }).collect()
}

fn sequences(searches: [Search<'_>; 2], settings: &LearnSettings) -> Found {
    let mut found = Found::default();
    let mut known: HashSet<Vec<String>> = HashSet::new();
    for search in searches {
        let mut miner = sequence::Miner::new(search);
        miner.run();
        found.tested += miner.tested;
        let patterns = miner
            .found
            .iter()
            .filter_map(|sequence| traced::pattern(search, sequence))
            .filter(|pattern| !known.contains(&pattern.events))
            .collect::<Vec<_>>();
        known.extend(patterns.iter().map(|pattern| pattern.events.clone()));
        found.patterns.extend(patterns);
    }
    let mut found = listed(found, settings);
    found.patterns = traced::closed(found.patterns);
    found
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
    found.patterns.retain(|pattern| {
        pattern.q_value <= settings.false_discovery_rate || pattern.occurrences < LearnSettings::CONTROLLED_FROM
    });
    found
}

#[cfg(test)]
mod tests;
