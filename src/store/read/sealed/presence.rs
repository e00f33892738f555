//! Who was there, among sealed rows: agents and swarms in a range, and when they were first and last
//! heard of.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::StoreError;
use super::super::super::archive::rows::{column_of, task};
use super::super::super::archive::{Place, Sealed, Test, Walk, Wanted, sealed_ends};
use super::super::super::dictionary::Dict;
use super::super::super::error::query;
use super::super::super::events::EventRow;
use super::super::super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::super::super::tasks::TaskRow;
use super::super::cut::Rollups;
use super::super::{Cut, Snapshot};
use crate::analytics::grid::Piece;
use crate::model::answer::Tier;
use crate::model::time::DAY;
use crate::model::{Micros, Order, TimeRange};

/// Agents of whole days, as the rollups know them, sealed or not.
const AGENTS_OF_DAYS: &str =
    "select distinct agent from agent_rollup where tier = 86400 and bucket >= ? and bucket < ?";
/// Beyond so many agents, one look at every chunk costs less than a look for each of them.
const FEW: usize = 8;

fn tests_of<T: Sealed>(words: &[(&str, Option<i64>)]) -> Vec<Test> {
    words.iter().filter_map(|(name, id)| Some(Test::Is(column_of::<T>(name)?, (*id)?))).collect()
}

/// The whole days of `range`; `None` when there is none.
fn whole_days(range: TimeRange) -> Option<TimeRange> {
    let from = range.from.0.checked_add(DAY - 1)?.div_euclid(DAY) * DAY;
    let until = range.until.0.div_euclid(DAY) * DAY;
    TimeRange::new(Micros(from), Micros(until)).ok()
}

impl Snapshot {
    /// Adds the agents that have a sealed task of `cut`, or a sealed event where events count, in `range`.
    /// `candidates` are the agents that would count at all.
    pub(in super::super) async fn add_sealed_agents(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        agents: &mut BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        let mut ragged = vec![range];
        if let (Rollups::Fleet, Some(days)) = (cut.rollups(), whole_days(range)) {
            if self.any_sealed::<TaskRow>().await? {
                let found: Vec<i64> = sqlx::query_scalar(AGENTS_OF_DAYS)
                    .bind(days.from.0)
                    .bind(days.until.0)
                    .fetch_all(&mut *self.tx)
                    .await
                    .map_err(query("count agents and swarms"))?;
                agents.extend(found);
            }
            ragged = vec![TimeRange { until: days.from, ..range }, TimeRange { from: days.until, ..range }];
        }
        for range in ragged.into_iter().filter(|range| range.from < range.until) {
            self.each_sealed_task(range, cut, Wanted::columns(&[task::AGENT]), |chunk, row| {
                agents.extend(chunk.int(task::AGENT, row));
            })
            .await?;
        }
        if cut.model.is_none() && cut.result.is_none() && self.any_sealed::<EventRow>().await? {
            self.add_sealed_agents_of_events(range, cut, agents).await?;
        }
        Ok(())
    }

    async fn add_sealed_agents_of_events(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        agents: &mut BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        let known: Vec<i64> = sqlx::query_scalar("select id from agent_name")
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("count agents and swarms"))?;
        let asked = |agent: &i64| cut.agent.is_none_or(|of| of == *agent);
        let quiet: Vec<i64> = known.into_iter().filter(|agent| asked(agent) && !agents.contains(agent)).collect();
        let words = [("agent", cut.agent), ("swarm", cut.swarm), ("project", cut.project)];
        if quiet.len() <= FEW {
            for agent in quiet {
                let tests = tests_of::<EventRow>(&[("agent", Some(agent)), words[1], words[2]]);
                if Walk::<EventRow>::new(range, Order::Desc, tests).next(&mut self.tx, None).await?.is_some() {
                    agents.insert(agent);
                }
            }
            return Ok(());
        }
        let Some(column) = column_of::<EventRow>("agent") else { return Ok(()) };
        let tests = tests_of::<EventRow>(&words);
        self.each_sealed::<EventRow>(range, tests, Wanted::columns(&[column]), |chunk, row| {
            agents.extend(chunk.int(column, row));
        })
        .await
    }

    /// Adds the swarms of sealed tasks of `cut` in the raw `pieces`.
    pub(in super::super) async fn add_sealed_swarms(
        &mut self,
        pieces: &[Piece],
        cut: &Cut,
        swarms: &mut BTreeSet<i64>,
    ) -> Result<(), StoreError> {
        for piece in pieces.iter().filter(|piece| piece.tier == Tier::Raw) {
            self.each_sealed_task(piece.range, cut, Wanted::columns(&[task::SWARM]), |chunk, row| {
                swarms.extend(chunk.int(task::SWARM, row));
            })
            .await?;
        }
        Ok(())
    }

    /// The first and last time of sealed records that name the agent of `cut`, or else its swarm.
    pub(in super::super) async fn sealed_heard(&mut self, cut: &Cut) -> Result<Vec<i64>, StoreError> {
        let mut ends = Vec::new();
        if let Some(agent) = cut.agent {
            let of_agent = ("agent", Some(agent));
            let tx = &mut self.tx;
            ends.push(sealed_ends::<TaskRow>(tx, TimeRange::ALL, &tests_of::<TaskRow>(&[of_agent])).await?);
            ends.push(sealed_ends::<EventRow>(tx, TimeRange::ALL, &tests_of::<EventRow>(&[of_agent])).await?);
            let of_agent = tests_of::<MetricRow<OfAgent>>(&[of_agent]);
            ends.push(sealed_ends::<MetricRow<OfAgent>>(tx, TimeRange::ALL, &of_agent).await?);
        } else {
            let tests = tests_of::<MetricRow<OfSwarm>>(&[("swarm", cut.swarm)]);
            ends.push(sealed_ends::<MetricRow<OfSwarm>>(&mut self.tx, TimeRange::ALL, &tests).await?);
        }
        Ok(ends.into_iter().flatten().flat_map(|(first, last)| [first, last]).collect())
    }

    /// The project of a sealed task of the swarm of `cut` that has one.
    pub(in super::super) async fn sealed_swarm_project(&mut self, cut: &Cut) -> Result<Option<String>, StoreError> {
        let mut tests = tests_of::<TaskRow>(&[("swarm", cut.swarm)]);
        tests.push(Test::Some(task::PROJECT));
        let found = Walk::<TaskRow>::new(TimeRange::ALL, Order::Desc, tests).next(&mut self.tx, None).await?;
        let project = found.and_then(|found| found.chunk.int(task::PROJECT, *found.rows.first()?));
        self.word(Dict::Project, project).await
    }

    /// Moves the last time of each swarm up to that of sealed tasks of the agent of `cut`, newest first until
    /// every swarm of the agent has been met.
    pub(in super::super) async fn add_sealed_swarms_of_agent(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        last: &mut BTreeMap<i64, i64>,
    ) -> Result<(), StoreError> {
        if !self.any_sealed::<TaskRow>().await? {
            return Ok(());
        }
        let all: i64 = sqlx::query_scalar("select count(*) from swarm_agent where agent = ?")
            .bind(cut.agent)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query("read an agent's swarms"))?;
        let mut met = BTreeSet::new();
        let mut tests = cut.tests();
        tests.push(Test::Some(task::SWARM));
        let mut walk = Walk::<TaskRow>::new(range, Order::Desc, tests);
        while (met.len() as u64) < all.unsigned_abs() {
            let Some(found) = walk.next(&mut self.tx, None).await? else { break };
            for row in &found.rows {
                let place: Option<Place> = found.chunk.place(*row);
                if let (Some(swarm), Some((ts, _))) = (found.chunk.int(task::SWARM, *row), place) {
                    met.insert(swarm);
                    let last = last.entry(swarm).or_insert(ts);
                    *last = ts.max(*last);
                }
            }
        }
        Ok(())
    }
}
