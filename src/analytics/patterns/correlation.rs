//! Correlations: one type followed by another within the window, in the same agent or among the agents of a swarm.
//!
//! Chance is asked twice, as for sequences: does the second follow more often than at any moment, and more often than
//! in a random order of the same events, bursts included? Trials whose windows overlap are no independent evidence, so
//! significance counts only those that stand apart. Of two directions the surer is told, and what a chain of two
//! correlations explains is not told again.

use std::collections::{HashMap, HashSet};

use super::Found;
use super::follow::{self, Counts};
use super::group::Group;
use super::histogram::first_by;
use super::search::Search;
use super::streams::LAG;
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{CorrelationEvidence, Evidence, Pattern, PatternType, Scope, pattern_id};

/// How much surer than its chain a correlation must be to be told beside it.
const CHAIN_SLACK: f64 = 0.1;

/// Looks at every pair of types.
pub(super) fn find(search: Search<'_>) -> Found {
    let Search { streams, pairs, widths, settings, .. } = search;
    let mut found = Found::default();
    let mut passed: HashMap<(u32, u32), Counts> = HashMap::new();
    for &first in &pairs.kinds {
        let [all, apart, _] = pairs.trials(first);
        for &then in pairs.kinds.iter().filter(|then| **then != first) {
            found.tested += 1;
            let reach = pairs.get(first, then).map(|pair| pair.lag).unwrap_or_default();
            let mut counts = follow::of_pair([all, apart], reach);
            if counts.enough(settings) {
                counts.weigh(streams, &follow::leads(streams, first), then, LAG, widths);
                if counts.stands_out(0.0, settings) {
                    passed.insert((first, then), counts);
                }
            }
        }
    }
    let mut surer: Vec<((u32, u32), Counts)> = passed
        .iter()
        .filter(|((first, then), counts)| {
            let back = passed.get(&(*then, *first)).map_or(0.0, Counts::confidence);
            counts.confidence() > back || (counts.confidence() >= back && first < then)
        })
        .map(|(pair, counts)| (*pair, *counts))
        .collect();
    surer.sort_unstable_by_key(|(pair, _)| *pair);
    let patterns: Vec<((u32, u32), Pattern)> =
        surer.iter().filter_map(|(pair, counts)| Some((*pair, pattern(search, *pair, counts)?))).collect();
    found.patterns =
        patterns.iter().filter(|(pair, own)| !chained(*pair, own, &patterns)).map(|(_, own)| own.clone()).collect();
    found
}

/// Whether first → middle → then says the same.
fn chained((first, then): (u32, u32), own: &Pattern, all: &[((u32, u32), Pattern)]) -> bool {
    all.iter().filter(|((from, middle), _)| *from == first && *middle != then).any(|((_, middle), start)| {
        all.iter().any(|((from, to), end)| {
            from == middle
                && *to == then
                && lead(start) < lead(own)
                && own.confidence <= start.confidence * end.confidence + CHAIN_SLACK
        })
    })
}

fn lead(pattern: &Pattern) -> f64 {
    match &pattern.metadata {
        Evidence::Correlation(evidence) => evidence.median_lead_ms,
        _ => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn pattern(search: Search<'_>, (first, then): (u32, u32), counts: &Counts) -> Option<Pattern> {
    let Search { scope, streams, widths, settings, .. } = search;
    let window = widths.0[LAG];
    let leads = follow::leads(streams, first);
    let hits = follow::hits(streams, &leads, then, window);
    let row = |hit: &follow::Hit| streams.row(leads[hit.lead].group, hit.nth);
    let agent = |hit: &follow::Hit| match scope {
        Scope::Agent => leads[hit.lead].group.stream,
        Scope::Swarm => search.agent(row(hit)),
    };
    let together = match scope {
        Scope::Agent => 0,
        Scope::Swarm => hits.iter().filter(|hit| agent(hit) != search.agent(hit.by)).count(),
    };
    if !search.belongs(together, hits.len()) {
        return None;
    }
    let (median_lead_ms, histogram) = follow::lead_times(&hits, window)?;
    let mut agents = HashSet::new();
    // Those of one stream come one after another: most are asked for once.
    let mut latest = None;
    for agent in hits.iter().map(agent) {
        if latest.replace(agent) != Some(agent) {
            agents.insert(agent);
        }
    }
    let names = [search.kind_name(first)?, search.kind_name(then)?];
    let (first_seen, last_seen) = (hits.iter().map(|hit| hit.from).min()?, hits.iter().map(|hit| hit.until).max()?);
    // Those of one stream are in order.
    let newest = hits.chunk_by(|a, b| a.lead == b.lead).flat_map(|hits| hits.iter().rev().take(Pattern::RECENT_MAX));
    let newest = first_by(newest.collect(), Pattern::RECENT_MAX, |hit| std::cmp::Reverse((hit.from, row(hit))));
    let mut back = Counts::default();
    back.weigh(streams, &follow::leads(streams, then), first, LAG, widths);
    let total = streams.of_kind(then).map(Group::count).sum::<u64>();
    Some(Pattern {
        pattern_id: pattern_id(
            PatternType::Correlation,
            [scope.as_str(), &settings.time_window_ms.to_string(), &names[0], &names[1]],
        ),
        pattern_type: PatternType::Correlation,
        description: format!("{} → {} within {} s", names[0], names[1], f64::from(settings.time_window_ms) / 1e3),
        confidence: counts.confidence(),
        occurrences: counts.hits,
        first_seen: Micros(first_seen),
        last_seen: Micros(last_seen),
        support: Rate::new(counts.hits, counts.trials)?,
        lift: counts.lift(),
        p_value: counts.p_value(0.0),
        q_value: 1.0,
        metadata: Evidence::Correlation(CorrelationEvidence {
            scope,
            correlation: phi(counts, back.expected),
            time_window_ms: settings.time_window_ms,
            median_lead_ms,
            leads: histogram,
            reverse_confidence: counts.met as f64 / total.max(1) as f64,
            expected_confidence: counts.expected,
            agents: agents.len() as u64,
        }),
        recent: newest.iter().map(|hit| search.occurrence(row(hit), hit.from, hit.until)).collect(),
        events: names.into(),
    })
}

/// The phi coefficient of "a first event lies within the window before" and "a second one lies within the window
/// after", over moments at which the two are at work: with `a` and `b` their shares of these moments,
/// (a·confidence − a·b) ÷ √(a (1 − a) b (1 − b)).
fn phi(counts: &Counts, a: f64) -> f64 {
    // The share of moments that a first event lies before equals the share that one lies after, but for the ends.
    let b = counts.expected;
    let spread = (a * (1.0 - a) * b * (1.0 - b)).sqrt();
    if spread > 0.0 { (a * (counts.confidence() - b) / spread).clamp(-1.0, 1.0) } else { 0.0 }
}
