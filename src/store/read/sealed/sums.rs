//! Sums over sealed tasks and values: the same sums that the statements beside them make of rows.

use std::collections::BTreeMap;

use super::super::super::StoreError;
use super::super::super::archive::rows::{column_of, task, used};
use super::super::super::archive::{Chunk, Test, Wanted};
use super::super::super::dictionary::Dict;
use super::super::super::metrics::{MetricRow, OfSwarm};
use super::super::agents::AgentSum;
use super::super::tallies::{Tally, TallyAt, WordAt};
use super::super::{Cut, Snapshot};
use crate::analytics::cost::{Usage, add_tokens};
use crate::analytics::grid::{Grid, Piece};
use crate::model::answer::Tier;
use crate::model::overview::TokenTotals;
use crate::model::{Micros, TimeRange, TokenCounts};

pub(in super::super) const TOKENS: &[usize] =
    &[task::USED, task::INPUT, task::OUTPUT, task::CACHE_READ, task::CACHE_WRITE, task::REASONING];
const FOR_TALLIES: Wanted = Wanted::columns(&[task::RESULT, task::DURATION]).and(Wanted::columns(TOKENS));
const FOR_AGENTS: Wanted = FOR_TALLIES.and(Wanted::columns(&[task::AGENT]));
pub(in super::super) const FOR_SWARMS: Wanted = FOR_AGENTS.and(Wanted::columns(&[task::SWARM]));
const FOR_USAGE: Wanted = Wanted::columns(&[task::MODEL, task::PROJECT, task::COST]).and(Wanted::columns(TOKENS));

/// The slot of a row; its time is the first column.
fn slot(chunk: &Chunk, row: usize, grid: &Grid) -> usize {
    let ts = chunk.int(task::TS, row).unwrap_or_default();
    usize::try_from(ts.saturating_sub(grid.start.0) / grid.step).unwrap_or_default()
}

/// Kinds of tokens and all of them.
pub(in super::super) fn tokens(chunk: &Chunk, row: usize) -> (TokenCounts, Option<i64>) {
    let kinds = TokenCounts {
        input: chunk.int(task::INPUT, row),
        output: chunk.int(task::OUTPUT, row),
        cache_read: chunk.int(task::CACHE_READ, row),
        cache_write: chunk.int(task::CACHE_WRITE, row),
        reasoning: chunk.int(task::REASONING, row),
    };
    (kinds, used(chunk.int(task::USED, row), &kinds))
}

/// Totals of one task, `recorded` left out: who asks counts it in a way of its own.
fn totals(kinds: &TokenCounts, used: Option<i64>) -> TokenTotals {
    let split = kinds.input.or(kinds.output).or(kinds.cache_read).or(kinds.cache_write).is_some();
    TokenTotals {
        recorded: 0,
        used: used.unwrap_or_default(),
        input: kinds.input.unwrap_or_default(),
        output: kinds.output.unwrap_or_default(),
        cache_read: kinds.cache_read.unwrap_or_default(),
        cache_write: kinds.cache_write.unwrap_or_default(),
        reasoning: kinds.reasoning.unwrap_or_default(),
        unsplit: if split { 0 } else { used.unwrap_or_default() },
    }
}

/// The tally of one task.
pub(in super::super) fn tally(chunk: &Chunk, row: usize) -> Tally {
    let duration = chunk.real(task::DURATION, row);
    let (kinds, used) = tokens(chunk, row);
    let mut tally = Tally {
        tasks: 1,
        timed: duration.is_some().into(),
        duration_sum: duration.unwrap_or_default(),
        duration_min: duration,
        duration_max: duration,
        tokens: TokenTotals { recorded: used.is_some().into(), ..totals(&kinds, used) },
        ..Tally::default()
    };
    let count = match chunk.int(task::RESULT, row) {
        Some(1) => &mut tally.success,
        Some(2) => &mut tally.failure,
        Some(3) => &mut tally.timeout,
        Some(4) => &mut tally.cancelled,
        Some(5) => &mut tally.failed,
        _ => &mut tally.other,
    };
    *count = 1;
    tally
}

/// Model, project, and whether the source said what it cost.
type UsageKey = (Option<i64>, Option<i64>, bool);

#[derive(Debug, Default)]
struct UsageSum {
    tasks: u64,
    tokens: TokenTotals,
    cost: f64,
}

fn raw(pieces: &[Piece]) -> impl Iterator<Item = TimeRange> {
    pieces.iter().filter(|piece| piece.tier == Tier::Raw).map(|piece| piece.range)
}

impl Snapshot {
    /// Adds the sealed part of the raw `pieces`.
    pub(in super::super) async fn add_sealed_tallies(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        grid: &Grid,
        tallies: &mut Vec<TallyAt>,
    ) -> Result<(), StoreError> {
        let mut slots: BTreeMap<usize, Tally> = BTreeMap::new();
        for range in raw(pieces) {
            let add = |chunk: &Chunk, row| slots.entry(slot(chunk, row, grid)).or_default().add(&tally(chunk, row));
            self.each_sealed_task(range, cut, FOR_TALLIES, add).await?;
        }
        tallies.extend(slots.into_iter().map(|(slot, tally)| TallyAt { slot, tally }));
        Ok(())
    }

    /// Adds the words of sealed tasks.
    pub(in super::super) async fn add_sealed_words(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        grid: &Grid,
        words: &mut Vec<WordAt>,
    ) -> Result<(), StoreError> {
        let mut counts: BTreeMap<(usize, Option<i64>), u64> = BTreeMap::new();
        let count = |chunk: &Chunk, row: usize| {
            *counts.entry((slot(chunk, row, grid), chunk.int(task::RESULT, row))).or_default() += 1;
        };
        self.each_sealed_other(range, cut, count).await?;
        for ((slot, result), tasks) in counts {
            words.push(WordAt { slot, word: self.word(Dict::Result, result).await?, tasks });
        }
        Ok(())
    }

    /// Adds slot and duration of every sealed task that is timed.
    pub(in super::super) async fn add_sealed_durations(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        grid: &Grid,
        durations: &mut Vec<(usize, f64)>,
    ) -> Result<(), StoreError> {
        self.each_sealed_task(range, cut, Wanted::columns(&[task::DURATION]), |chunk, row| {
            durations.extend(chunk.real(task::DURATION, row).map(|duration| (slot(chunk, row, grid), duration)));
        })
        .await
    }

    /// Adds the durations of sealed tasks to those of their agents.
    pub(in super::super) async fn add_sealed_agent_durations(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        agents: &[AgentSum],
        durations: &mut [Vec<f64>],
    ) -> Result<(), StoreError> {
        let places: BTreeMap<i64, usize> = agents.iter().enumerate().map(|(place, sum)| (sum.agent, place)).collect();
        self.each_sealed_task(range, cut, Wanted::columns(&[task::AGENT, task::DURATION]), |chunk, row| {
            let place = chunk.int(task::AGENT, row).and_then(|agent| places.get(&agent));
            if let Some(list) = place.and_then(|place| durations.get_mut(*place)) {
                list.extend(chunk.real(task::DURATION, row));
            }
        })
        .await
    }

    /// Adds the sealed part of the raw `pieces` to the sums by agent.
    pub(in super::super) async fn add_sealed_agent_sums(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        sums: &mut Vec<AgentSum>,
    ) -> Result<(), StoreError> {
        let mut sealed: BTreeMap<i64, Tally> = BTreeMap::new();
        for range in raw(pieces) {
            self.each_sealed_task(range, cut, FOR_AGENTS, |chunk, row| {
                let agent = chunk.int(task::AGENT, row).unwrap_or_default();
                sealed.entry(agent).or_default().add(&tally(chunk, row));
            })
            .await?;
        }
        for sum in sums.iter_mut() {
            if let Some(tally) = sealed.remove(&sum.agent) {
                sum.add(&tally);
            }
        }
        sums.extend(sealed.into_iter().map(|(agent, tally)| {
            let mut sum = AgentSum::numbered(agent);
            sum.add(&tally);
            sum
        }));
        Ok(())
    }

    /// Adds the sealed part of the raw `pieces` to the usage by model and project.
    pub(in super::super) async fn add_sealed_usage(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        at: Micros,
        usage: &mut Vec<Usage>,
    ) -> Result<(), StoreError> {
        let mut sums: BTreeMap<UsageKey, UsageSum> = BTreeMap::new();
        for range in raw(pieces) {
            self.each_sealed_task(range, cut, FOR_USAGE, |chunk, row| {
                let cost = chunk.real(task::COST, row);
                let key = (chunk.int(task::MODEL, row), chunk.int(task::PROJECT, row), cost.is_some());
                let (kinds, used) = tokens(chunk, row);
                let any = used.or(kinds.input).or(kinds.output).or(kinds.cache_read).or(kinds.cache_write);
                let recorded = any.or(kinds.reasoning).is_some().into();
                let sum = sums.entry(key).or_default();
                sum.tasks += 1;
                add_tokens(&mut sum.tokens, &TokenTotals { recorded, ..totals(&kinds, used) });
                sum.cost += cost.unwrap_or_default();
            })
            .await?;
        }
        for ((model, project, costed), UsageSum { tasks, tokens, cost }) in sums {
            let (model, project) = (self.word(Dict::Model, model).await?, self.word(Dict::Project, project).await?);
            usage.push(Usage { model, project, at, reported: costed.then_some(cost), tasks, tokens });
        }
        Ok(())
    }

    /// Adds slot, count and sum of the sealed values of a metric of swarms in the raw `pieces`.
    pub(in super::super) async fn add_sealed_health(
        &mut self,
        metric: i64,
        pieces: &[Piece],
        cut: &Cut,
        grid: &Grid,
        health: &mut Vec<(usize, u64, f64)>,
    ) -> Result<(), StoreError> {
        type Row = MetricRow<OfSwarm>;
        let words = [("metric", Some(metric)), ("swarm", cut.swarm), ("project", cut.project)];
        let tests = words.into_iter().filter_map(|(name, id)| Some(Test::Is(column_of::<Row>(name)?, id?)));
        let tests: Vec<Test> = tests.collect();
        let Some(value) = column_of::<Row>("value") else { return Ok(()) };
        let mut slots: BTreeMap<usize, (u64, f64)> = BTreeMap::new();
        for range in raw(pieces) {
            self.each_sealed::<Row>(range, tests.clone(), Wanted::columns(&[value]), |chunk, row| {
                let (n, sum) = slots.entry(slot(chunk, row, grid)).or_default();
                *n += 1;
                *sum += chunk.real(value, row).unwrap_or_default();
            })
            .await?;
        }
        health.extend(slots.into_iter().map(|(slot, (n, sum))| (slot, n, sum)));
        Ok(())
    }
}
