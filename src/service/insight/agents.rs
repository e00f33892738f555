//! Agents by speed and by work.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::analytics::grid::Piece;
use crate::model::TimeRange;
use crate::model::answer::{Estimator, Tier};
use crate::model::overview::{AgentRow, Durations, Overview};
use crate::store::StoreError;
use crate::store::read::{AgentFacts, AgentSum, Cut, Rollups};

use super::reading::Reading;
use super::spread::Values;

/// Longest list of agents on the overview.
const LISTED: usize = 5;

/// The overview's three lists.
#[derive(Default)]
pub(super) struct Ranked {
    pub fastest: Vec<AgentRow>,
    pub slowest: Vec<AgentRow>,
    pub busiest: Vec<AgentRow>,
}

impl Reading {
    /// The fastest, slowest and busiest agents of `range`.
    pub(super) async fn ranked_agents(&mut self, range: TimeRange) -> Result<Ranked, StoreError> {
        let mut all = self.agent_sums(range).await?;
        let busiest = first(&mut all, |a, b| b.tasks.cmp(&a.tasks));
        all.retain(|agent| agent.timed >= Overview::AGENT_TASKS_MIN);
        let fastest = first(&mut all, by_mean);
        let slowest = first(&mut all, |a, b| by_mean(b, a));
        let listed: Vec<AgentSum> = [fastest.as_slice(), &slowest, &busiest].concat();
        let mut rows = self.agent_rows(range, &listed).await?.into_iter();
        Ok(Ranked {
            fastest: rows.by_ref().take(fastest.len()).collect(),
            slowest: rows.by_ref().take(slowest.len()).collect(),
            busiest: rows.collect(),
        })
    }

    /// Every agent with a task in `range`.
    pub(in crate::service) async fn agent_sums(&mut self, range: TimeRange) -> Result<Vec<AgentSum>, StoreError> {
        let Some(cut) = self.cut else { return Ok(Vec::new()) };
        let pieces = self.agent_pieces(range);
        self.snapshot.agent_sums(&pieces, &cut).await
    }

    /// The rows of `agents` (repetitions allowed) in their order, with names and percentiles.
    pub(in crate::service) async fn agent_rows(
        &mut self,
        range: TimeRange,
        agents: &[AgentSum],
    ) -> Result<Vec<AgentRow>, StoreError> {
        let mut rows = self.untimed_rows(range, agents).await?;
        self.time_rows(range, agents, &mut rows).await?;
        Ok(rows)
    }

    /// The same without durations, which cost most.
    pub(in crate::service) async fn untimed_rows(
        &mut self,
        range: TimeRange,
        agents: &[AgentSum],
    ) -> Result<Vec<AgentRow>, StoreError> {
        let Some(cut) = self.cut else { return Ok(Vec::new()) };
        let (unique, places) = unique(agents);
        let facts = self.snapshot.agent_facts(&unique, range, &cut).await?;
        let row = |(sum, facts): (&AgentSum, AgentFacts)| AgentRow {
            agent_id: facts.agent_id,
            agent_type: facts.agent_type,
            project: facts.project,
            status: facts.status,
            tasks: sum.tasks,
            success: sum.rate(),
            durations: None,
            tokens: sum.used,
            last_seen: facts.last_task,
        };
        let rows: Vec<AgentRow> = unique.iter().zip(facts).map(row).collect();
        Ok(places.iter().filter_map(|place| rows.get(*place).cloned()).collect())
    }

    /// Puts durations into `rows`, which are of `agents`.
    pub(in crate::service) async fn time_rows(
        &mut self,
        range: TimeRange,
        agents: &[AgentSum],
        rows: &mut [AgentRow],
    ) -> Result<(), StoreError> {
        let Some(cut) = self.cut else { return Ok(()) };
        let (unique, places) = unique(agents);
        let pieces = self.agent_pieces(range);
        let values = self.agent_values(range, &pieces, &cut, &unique).await?;
        let durations: Vec<Option<Durations>> = unique
            .iter()
            .zip(values)
            .map(|(sum, mut values)| values.durations(sum.timed, sum.duration_sum, sum.duration_max))
            .collect();
        for (row, place) in rows.iter_mut().zip(places) {
            row.durations = durations.get(place).copied().flatten();
        }
        Ok(())
    }

    async fn agent_values(
        &mut self,
        range: TimeRange,
        pieces: &[Piece],
        cut: &Cut,
        agents: &[AgentSum],
    ) -> Result<Vec<Values>, StoreError> {
        let timed = agents.iter().map(|agent| agent.timed).sum();
        // Whatever the cut: one by one, agents are answered by their own rollups, or by none.
        let rollups = if cut.rollups() == Rollups::None { Rollups::None } else { Rollups::Agents };
        if Values::for_count(timed, rollups).estimator() == Estimator::Exact {
            let each = self.snapshot.agent_durations(range, cut, agents).await?;
            return Ok(each.into_iter().map(Values::Each).collect());
        }
        let sketches = self.snapshot.agent_sketches(pieces, cut, agents).await?;
        let mut all: Vec<Values> = sketches.into_iter().map(Values::Sketched).collect();
        for piece in pieces.iter().filter(|piece| piece.tier == Tier::Raw) {
            let each = self.snapshot.agent_durations(piece.range, cut, agents).await?;
            for (values, durations) in all.iter_mut().zip(each) {
                durations.into_iter().for_each(|duration| values.push(duration));
            }
        }
        Ok(all)
    }
}

/// Each agent once, and the place of each of `agents` among them.
fn unique(agents: &[AgentSum]) -> (Vec<AgentSum>, Vec<usize>) {
    let mut unique: Vec<AgentSum> = Vec::new();
    let mut known: HashMap<i64, usize> = HashMap::new();
    let mut place = |agent: &AgentSum| {
        *known.entry(agent.number()).or_insert_with(|| {
            unique.push(*agent);
            unique.len() - 1
        })
    };
    let places = agents.iter().map(&mut place).collect();
    (unique, places)
}

/// The first [`LISTED`] agents in `order`; equals in the order of their names' numbers.
fn first(agents: &mut [AgentSum], order: impl Fn(&AgentSum, &AgentSum) -> Ordering) -> Vec<AgentSum> {
    agents.sort_by(|a, b| order(a, b).then(a.number().cmp(&b.number())));
    agents.iter().take(LISTED).copied().collect()
}

fn by_mean(a: &AgentSum, b: &AgentSum) -> Ordering {
    let mean = |agent: &AgentSum| agent.mean().unwrap_or(f64::INFINITY);
    mean(a).total_cmp(&mean(b))
}
