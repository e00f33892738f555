//! What tasks ever came to: the sum of their days, and of the bucket in which retention adds up the days it deletes
//! (`rollup::retire`).

use std::collections::{BTreeMap, HashMap};

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::analytics::sketch::Sketch;
use crate::model::Micros;
use crate::model::time::{DAY, SECOND};
use crate::store::error::{StoreError, query};
use crate::store::read::Snapshot;
use crate::store::rollup::RETIRED;

/// Sums do not overflow as floats; /metrics writes floats.
const SELECT_AGENTS: &str = "\
select agent, total(success), total(failure), total(timeout), total(cancelled), total(failed), total(other),
    total(input_n), total(output_n), total(cache_read_n), total(cache_write_n), total(unsplit_n),
    total(input_sum), total(output_sum), total(cache_read_sum), total(cache_write_sum), total(unsplit_sum)
from agent_rollup where tier = ?1 and bucket >= ?2 and bucket < ?3 group by agent";
const SELECT_FLEET: &str = "\
select total(duration_n), total(duration_sum), total(cost_n), total(cost_sum)
from fleet_rollup where tier = ?1 and bucket >= ?2 and bucket < ?3";
const SELECT_SKETCHES: &str = "select duration from fleet_sketch where tier = ?1 and bucket >= ?2 and bucket < ?3";
const SELECT_NAMES: &str = "select a.id, a.name from json_each(?1) join agent_name a on a.id = json_each.value";

/// What tasks of one agent came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AgentWork {
    /// Tasks by result, in the order of [`Work::RESULTS`].
    pub results: [f64; 6],
    /// Tasks that recorded tokens of a kind, in the order of [`Work::KINDS`].
    pub recorded: [f64; 5],
    /// Tokens by kind.
    pub tokens: [f64; 5],
}

/// What tasks of a time came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// By the number of the agent: agents seen earlier have lower numbers.
    pub agents: BTreeMap<i64, AgentWork>,
    /// Tasks with a duration.
    pub timed: f64,
    /// Their durations, added up, in milliseconds.
    pub duration_ms: f64,
    /// Their durations by size, in milliseconds.
    pub durations: Sketch,
    /// Tasks whose source reported a cost.
    pub costed: f64,
    /// What they cost, in USD.
    pub cost_usd: f64,
}

impl Work {
    /// Results that are told apart; `other` = imported words and none at all.
    pub const RESULTS: [&str; 6] = ["success", "failure", "timeout", "cancelled", "failed", "other"];
    /// Kinds of tokens, disjoint; `unsplit` = of tasks that recorded nothing but a total.
    pub const KINDS: [&str; 5] = ["input", "output", "cache_read", "cache_write", "unsplit"];

    /// Adds everything `other` has.
    pub fn merge(&mut self, other: &Self) {
        for (agent, work) in &other.agents {
            let mine = self.agents.entry(*agent).or_default();
            add(&mut mine.results, &work.results);
            add(&mut mine.recorded, &work.recorded);
            add(&mut mine.tokens, &work.tokens);
        }
        self.durations.merge(&other.durations);
        for (mine, more) in [
            (&mut self.timed, other.timed),
            (&mut self.duration_ms, other.duration_ms),
            (&mut self.costed, other.costed),
            (&mut self.cost_usd, other.cost_usd),
        ] {
            *mine += more;
        }
    }
}

fn add<const N: usize>(mine: &mut [f64; N], more: &[f64; N]) {
    mine.iter_mut().zip(more).for_each(|(mine, more)| *mine += more);
}

impl Snapshot {
    /// What tasks of the days from `from` on, before `until`, came to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn work_of_days(&mut self, from: Micros, until: Micros) -> Result<Work, StoreError> {
        self.work(DAY / SECOND, from.0, until.0).await
    }

    /// What tasks of days came to that retention deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn work_retired(&mut self) -> Result<Work, StoreError> {
        self.work(RETIRED, 0, 1).await
    }

    async fn work(&mut self, tier: i64, from: i64, until: i64) -> Result<Work, StoreError> {
        let action = query("add up what agents did");
        let of_agents =
            sqlx::query(SELECT_AGENTS).bind(tier).bind(from).bind(until).try_map(|row: SqliteRow| read_agent(&row));
        let agents: Vec<(i64, AgentWork)> = of_agents.fetch_all(&mut *self.tx).await.map_err(action)?;
        let fleet = sqlx::query_as(SELECT_FLEET).bind(tier).bind(from).bind(until).fetch_one(&mut *self.tx).await;
        let (timed, duration_ms, costed, cost_usd) = fleet.map_err(query("add up what the fleet did"))?;
        let sketches = sqlx::query_scalar(SELECT_SKETCHES).bind(tier).bind(from).bind(until);
        let sketches: Vec<Vec<u8>> = sketches.fetch_all(&mut *self.tx).await.map_err(query("read durations"))?;
        let mut durations = Sketch::default();
        for bytes in sketches {
            durations.merge(
                &Sketch::decode(&bytes)
                    .map_err(|error| StoreError::Damaged { what: format!("a sketch cannot be read: {error}") })?,
            );
        }
        Ok(Work { agents: agents.into_iter().collect(), timed, duration_ms, durations, costed, cost_usd })
    }

    /// The names of agents, by their numbers.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agent_names(&mut self, agents: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
        let numbers = format!("{agents:?}"); // a list of whole numbers is JSON
        let names = sqlx::query_as(SELECT_NAMES).bind(numbers).fetch_all(&mut *self.tx).await;
        let names: Vec<(i64, String)> = names.map_err(query("read the names of agents"))?;
        Ok(names.into_iter().collect())
    }
}

fn read_agent(row: &SqliteRow) -> Result<(i64, AgentWork), sqlx::Error> {
    let mut work = AgentWork::default();
    let places = work.results.iter_mut().chain(&mut work.recorded).chain(&mut work.tokens);
    for (at, place) in places.enumerate() {
        *place = row.try_get(at + 1)?;
    }
    Ok((row.try_get(0)?, work))
}
