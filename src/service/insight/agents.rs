//! Agents by speed and by work.

use std::cmp::Ordering;

use crate::analytics::grid::Piece;
use crate::model::TimeRange;
use crate::model::answer::{Estimator, Tier};
use crate::model::overview::{AgentRow, Overview};
use crate::store::StoreError;
use crate::store::read::{AgentSum, Cut, Rollups};

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

    /// The rows of `agents` (some dozens, repetitions allowed) in their order, with names and percentiles.
    pub(in crate::service) async fn agent_rows(
        &mut self,
        range: TimeRange,
        agents: &[AgentSum],
    ) -> Result<Vec<AgentRow>, StoreError> {
        let Some(cut) = self.cut else { return Ok(Vec::new()) };
        let mut unique: Vec<AgentSum> = Vec::new();
        for agent in agents {
            if !unique.iter().any(|known| known.number() == agent.number()) {
                unique.push(*agent);
            }
        }
        let pieces = self.agent_pieces(range);
        let facts = self.snapshot.agent_facts(&unique, range, &cut).await?;
        let values = self.agent_values(range, &pieces, &cut, &unique).await?;
        let rows: Vec<(AgentSum, AgentRow)> = unique
            .into_iter()
            .zip(facts)
            .zip(values)
            .map(|((sum, facts), mut values)| {
                let row = AgentRow {
                    agent_id: facts.agent_id,
                    agent_type: facts.agent_type,
                    project: facts.project,
                    status: facts.status,
                    tasks: sum.tasks,
                    success: sum.rate(),
                    durations: values.durations(sum.timed, sum.duration_sum, sum.duration_max),
                    tokens: sum.used,
                    last_seen: facts.last_task,
                };
                (sum, row)
            })
            .collect();
        let row =
            |agent: &AgentSum| rows.iter().find(|(sum, _)| sum.number() == agent.number()).map(|(_, row)| row.clone());
        Ok(agents.iter().filter_map(row).collect())
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

/// The first [`LISTED`] agents in `order`; equals in the order of their names' numbers.
fn first(agents: &mut [AgentSum], order: impl Fn(&AgentSum, &AgentSum) -> Ordering) -> Vec<AgentSum> {
    agents.sort_by(|a, b| order(a, b).then(a.number().cmp(&b.number())));
    agents.iter().take(LISTED).copied().collect()
}

fn by_mean(a: &AgentSum, b: &AgentSum) -> Ordering {
    let mean = |agent: &AgentSum| agent.mean().unwrap_or(f64::INFINITY);
    mean(a).total_cmp(&mean(b))
}
