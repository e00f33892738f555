//! When agents at work were not heard of, in the past: the gaps between whatever proves that an agent lives, which are
//! its tasks, events and metrics and what was registered of its lives. Not here: who is silent now (`store::pulse`).

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::super::StoreError;
use super::super::archive::rows::column_of;
use super::super::archive::{Sealed, Wanted};
use super::super::error::query;
use super::super::events::EventRow;
use super::super::metrics::{MetricRow, OfAgent};
use super::super::tasks::TaskRow;
use super::Snapshot;
use crate::model::{Micros, TimeRange};

/// An agent at work that nothing was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Its name.
    pub agent_id: String,
    /// When it was last heard of.
    pub last: Micros,
    /// When it was heard of again; `None` = never.
    pub until: Option<Micros>,
}

/// Every life until ?3 of agents that were at work at some time in [?2, ?3): of one by its name, or all.
const LIVES: &str = "select n.name, l.agent, l.spawn_ts, l.complete_ts, l.status in ('spawned', 'running')
    from agent_life l join agent_name n on n.id = l.agent
    where l.spawn_ts < ?3 and l.agent in (
        select w.agent from agent_life w join agent_name m on m.id = w.agent
        where w.spawn_ts < ?3 and (?1 is null or m.name = ?1)
        and (w.complete_ts >= ?2 or (w.complete_ts is null and w.status in ('spawned', 'running'))))
    order by l.agent, l.spawn_ts";

/// The last (`max`) or first (`min`) sign of agent ?1 after one instant and until another.
macro_rules! sign {
    ($which:literal, $after:literal, $until:literal) => {
        concat!(
            "(select ",
            $which,
            "(ts) from (",
            "select ",
            $which,
            "(ts) as ts from task where agent = ?1 and ts > ",
            $after,
            " and ts <= ",
            $until,
            " union all select ",
            $which,
            "(ts) from event where agent = ?1 and ts > ",
            $after,
            " and ts <= ",
            $until,
            " union all select (select ",
            $which,
            "(ts) from agent_metric m where m.agent = ?1 and m.metric = n.id",
            " and m.ts > ",
            $after,
            " and m.ts <= ",
            $until,
            ") from metric_name n",
            " union all select ",
            $which,
            "(spawn_ts) from agent_life where agent = ?1",
            " and spawn_ts > ",
            $after,
            " and spawn_ts <= ",
            $until,
            " union all select ",
            $which,
            "(complete_ts) from agent_life where agent = ?1",
            " and complete_ts > ",
            $after,
            " and complete_ts <= ",
            $until,
            " union all select ",
            $which,
            "(running_ts) from agent_life where agent = ?1",
            " and running_ts > ",
            $after,
            " and running_ts <= ",
            $until,
            "))"
        )
    };
}

/// From one sign of agent ?1 to the last one that comes within ?4 of it, or else to the next one: the steps that are
/// longer than ?4. Begins with the last sign up to ?2 (or the first after), ends with the first sign from ?3 on.
const GAPS: &str = concat!(
    "with recursive walk(before, ts) as (select null, coalesce(",
    sign!("max", "-9223372036854775808", "?2"),
    ", ",
    sign!("min", "?2", "9223372036854775807"),
    ") union all select walk.ts, coalesce(",
    sign!("max", "walk.ts", "walk.ts + ?4"),
    ", ",
    sign!("min", "walk.ts + ?4", "9223372036854775807"),
    ") from walk where walk.ts < ?3)
    select before, ts from walk where before is not null and (ts is null or ts - before > ?4)"
);

/// The first column of every sealed row: its time.
const TIME: usize = 0;

const READING: &str = "read when agents were silent";

/// One life, as far as it says when its agent was at work.
#[derive(Debug, Clone, Copy)]
struct Life {
    spawned: i64,
    completed: Option<i64>,
    at_work: bool,
}

impl Snapshot {
    /// Every time an agent at work was not heard of for longer than `after` microseconds, as far as that lies in
    /// `range`: of one agent by its name, or of all; and how many agents were at work then. Of more than `most` agents
    /// nothing is read. A life that ended nobody knows when counts as over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn silences(
        &mut self,
        agent_id: Option<&str>,
        range: TimeRange,
        after: i64,
        most: usize,
    ) -> Result<(Vec<Silence>, usize), StoreError> {
        let lives: Vec<(String, i64, i64, Option<i64>, bool)> = sqlx::query_as(LIVES)
            .bind(agent_id)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query(READING))?;
        let mut agents: BTreeMap<i64, (String, Vec<Life>)> = BTreeMap::new();
        for (name, agent, spawned, completed, at_work) in lives {
            let (_, lives) = agents.entry(agent).or_insert_with(|| (name, Vec::new()));
            lives.push(Life { spawned, completed, at_work });
        }
        let count = agents.len();
        if count > most {
            return Ok((Vec::new(), count));
        }
        let from = Micros(range.from.0.saturating_sub(after));
        let mut sealed = self.sealed_signs(TimeRange { from, until: range.until }, &agents).await?;
        let mut found = Vec::new();
        for (agent, (name, lives)) in agents {
            let gaps = gaps(&mut self.tx, agent, TimeRange { from, until: range.until }, after).await?;
            let signs = sealed.remove(&agent).unwrap_or_default();
            for (last, until) in gaps.into_iter().flat_map(|gap| broken_up(gap, &signs, after)) {
                let begins_within = last.saturating_add(after) < range.until.0;
                if begins_within && until.is_none_or(|until| until > range.from.0) && is_at_work(&lives, last) {
                    found.push(Silence { agent_id: name.clone(), last: Micros(last), until: until.map(Micros) });
                }
            }
        }
        Ok((found, count))
    }

    /// Sealed signs of `agents` in `range`, ascending.
    async fn sealed_signs(
        &mut self,
        range: TimeRange,
        agents: &BTreeMap<i64, (String, Vec<Life>)>,
    ) -> Result<BTreeMap<i64, Vec<i64>>, StoreError> {
        let mut signs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        self.add_sealed_signs::<TaskRow>(range, agents, &mut signs).await?;
        self.add_sealed_signs::<EventRow>(range, agents, &mut signs).await?;
        self.add_sealed_signs::<MetricRow<OfAgent>>(range, agents, &mut signs).await?;
        signs.values_mut().for_each(|signs| signs.sort_unstable());
        Ok(signs)
    }

    async fn add_sealed_signs<T: Sealed>(
        &mut self,
        range: TimeRange,
        agents: &BTreeMap<i64, (String, Vec<Life>)>,
        signs: &mut BTreeMap<i64, Vec<i64>>,
    ) -> Result<(), StoreError> {
        let Some(column) = column_of::<T>("agent") else { return Ok(()) };
        self.each_sealed::<T>(range, Vec::new(), Wanted::columns(&[TIME, column]), |chunk, row| {
            let agent = chunk.int(column, row).filter(|agent| agents.contains_key(agent));
            if let Some((agent, ts)) = agent.zip(chunk.int(TIME, row)) {
                signs.entry(agent).or_default().push(ts);
            }
        })
        .await
    }
}

/// The gaps of one agent between signs in tables.
async fn gaps(
    connection: &mut SqliteConnection,
    agent: i64,
    range: TimeRange,
    after: i64,
) -> Result<Vec<(i64, Option<i64>)>, StoreError> {
    sqlx::query_as(GAPS)
        .bind(agent)
        .bind(range.from.0)
        .bind(range.until.0)
        .bind(after)
        .fetch_all(connection)
        .await
        .map_err(query(READING))
}

/// What is left of a gap when `signs` (ascending) lie in it.
fn broken_up((last, until): (i64, Option<i64>), signs: &[i64], after: i64) -> Vec<(i64, Option<i64>)> {
    let first = signs.partition_point(|sign| *sign <= last);
    let within = signs[first..].iter().copied().take_while(|sign| until.is_none_or(|until| *sign < until));
    let ends: Vec<Option<i64>> = within.map(Some).chain([until]).collect();
    let begins = std::iter::once(last).chain(ends.iter().copied().flatten());
    let long = |(last, until): &(i64, Option<i64>)| until.is_none_or(|until| until.saturating_sub(*last) > after);
    begins.zip(ends.iter().copied()).filter(long).collect()
}

/// Whether the latest life until `instant` still went on then.
fn is_at_work(lives: &[Life], instant: i64) -> bool {
    let latest = lives.iter().rfind(|life| life.spawned <= instant);
    latest.is_some_and(|life| life.completed.map_or(life.at_work, |completed| completed > instant))
}

/// The statements, to look at their plans.
#[cfg(test)]
pub(in crate::store) const fn statements() -> [&'static str; 2] {
    [LIVES, GAPS]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_break_a_gap_up_and_only_long_pieces_stay() {
        assert_eq!(broken_up((0, Some(100)), &[], 30), [(0, Some(100))]);
        assert_eq!(broken_up((0, Some(100)), &[-5, 0, 40, 60, 100, 200], 30), [(0, Some(40)), (60, Some(100))]);
        assert_eq!(broken_up((0, None), &[10, 20], 30), [(20, None)]);
        assert_eq!(broken_up((0, Some(50)), &[25], 30), []);
    }

    #[test]
    fn only_the_latest_life_counts_and_one_that_ended_is_over() {
        let life = |spawned, completed, at_work| Life { spawned, completed, at_work };
        let lives = [life(0, Some(50), false), life(60, None, true)];
        assert!(is_at_work(&lives, 10) && is_at_work(&lives, 60));
        assert!(!is_at_work(&lives, 50) && !is_at_work(&lives, -1));
        assert!(!is_at_work(&[life(0, None, false)], 10), "it ended nobody knows when");
    }
}
