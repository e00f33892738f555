//! The list of agents.

use std::collections::HashMap;

use super::{Asked, check_fields, figures_filter, total};
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::model::health::HealthState;
use crate::model::listing::{AGENT_SORTS, AgentList, AgentListRow, AgentStates, ListQuery};
use crate::model::overview::AgentRow;
use crate::model::registry::AgentStanding;
use crate::model::{Micros, Problem, RecordFilter, TimeRange};
use crate::service::aggregate::sums_by;
use crate::service::cache::Question;
use crate::service::insight::reading::Reading;
use crate::service::{Service, ServiceError};
use crate::store::StoreError;
use crate::store::page_sorted::{SortKey, SortPlace};
use crate::store::read::AgentSum;

const LIST: &str = "agents";
const FILTERS: [&str; 8] = ["agent_id", "swarm_id", "project", "model", "result", "agent_type", "status", "state"];

/// The status that stands for both of an agent at work.
const ACTIVE: &str = "active";
/// The state that stands for the mark.
const STALE: &str = "stale";

/// What agents reported to have cost: USD, and by how many tasks.
type Costs = HashMap<i64, (f64, u64)>;

impl Service {
    /// One page of the agents with a task, an event or a start in the range.
    ///
    /// # Errors
    /// As [`Service::task_list`].
    pub async fn agent_list(&self, query: &ListQuery, now: Micros) -> Result<AgentList, ServiceError> {
        self.kept(Question::Agents(query.clone()), now, self.make_agent_list(query, now)).await
    }

    async fn make_agent_list(&self, query: &ListQuery, now: Micros) -> Result<AgentList, ServiceError> {
        let asked = Asked::new(LIST, &AGENT_SORTS, query)?;
        check_fields(LIST, &query.filter, &FILTERS)?;
        let filter = figures_filter(&query.filter);
        let mut reading = self.read(&asked.page(filter.clone()), now).await?;
        let range = reading.scope.range;
        let mut sums = all_agents(&mut reading).await?;
        let costs = sums_by(&mut reading, Source::Tasks, Field::CostUsd, GroupBy::Agent, &filter).await?;
        // Names, kinds, states, percentiles: of all agents only when they decide who is on the page.
        let of_sums = matches!(asked.sort, "tasks" | "success_rate" | "tokens_used" | "cost_usd");
        let timed = matches!(asked.sort, "p50_duration_ms" | "p95_duration_ms");
        let wanted = Wanted::new(&query.filter)?;
        let mut known = Vec::new();
        if !of_sums || wanted != Wanted::default() {
            known = self.known_agents(&mut reading, range, &sums, now).await?;
            let mut kept = known.iter().map(|known| wanted.fits(known));
            sums.retain(|_| kept.next().unwrap_or(false));
            known.retain(|known| wanted.fits(known));
            if timed {
                time(&mut reading, range, &sums, &mut known).await?;
            }
        }
        let places = sums
            .iter()
            .enumerate()
            .map(|(index, sum)| SortPlace { key: key(asked.sort, sum, known.get(index), &costs), row: sum.number() });
        let (page, last) = asked.page_of(places.collect());
        let listed: Vec<AgentSum> = page.iter().filter_map(|index| sums.get(*index).copied()).collect();
        let mut agents: Vec<Known> = page.iter().filter_map(|index| known.get(*index).cloned()).collect();
        if agents.len() < listed.len() {
            agents = self.known_agents(&mut reading, range, &listed, now).await?;
        }
        if !timed {
            time(&mut reading, range, &listed, &mut agents).await?;
        }
        let rows = listed.iter().zip(agents).map(|(sum, (agent, standing))| {
            let cost = costs.get(&sum.number());
            let (cost_usd, costed) = (cost.map(|(usd, _)| *usd), cost.map_or(0, |(_, tasks)| *tasks));
            AgentListRow { agent, cost_usd, costed, standing }
        });
        let rows = rows.collect();
        Ok(asked.answer(LIST, reading.scope, rows, last, total(sums.len() as u64)))
    }

    /// How many of the agents that `query` lists are in which state, whatever state it asks for.
    ///
    /// # Errors
    /// As [`Service::agent_list`].
    pub async fn agent_states(&self, query: &ListQuery, now: Micros) -> Result<AgentStates, ServiceError> {
        let asked = Asked::new(LIST, &AGENT_SORTS, query)?;
        check_fields(LIST, &query.filter, &FILTERS)?;
        let wanted = Wanted { state: None, stale: false, ..Wanted::new(&query.filter)? };
        let mut reading = self.read(&asked.page(figures_filter(&query.filter)), now).await?;
        let range = reading.scope.range;
        let sums = all_agents(&mut reading).await?;
        let mut states = AgentStates::default();
        for known in self.known_agents(&mut reading, range, &sums, now).await?.iter().filter(|known| wanted.fits(known))
        {
            *states.by_state.entry(known.1.health.state).or_default() += 1;
            states.stale += u64::from(known.1.stale_since.is_some());
        }
        Ok(states)
    }

    /// What is known of each of `agents`, without durations.
    async fn known_agents(
        &self,
        reading: &mut Reading,
        range: TimeRange,
        agents: &[AgentSum],
        now: Micros,
    ) -> Result<Vec<Known>, ServiceError> {
        let rows = reading.untimed_rows(range, agents).await?;
        let typed = agents.iter().copied().zip(rows.iter().map(|row| row.agent_type.clone()));
        let standings = self.standings(&mut reading.snapshot, &typed.collect::<Vec<_>>(), now).await?;
        Ok(rows.into_iter().zip(standings).collect())
    }
}

/// Every agent with a task, an event or a start in the range.
async fn all_agents(reading: &mut Reading) -> Result<Vec<AgentSum>, StoreError> {
    let range = reading.scope.range;
    let mut sums = reading.agent_sums(range).await?;
    if let Some(cut) = reading.cut {
        let present = reading.snapshot.agents_present(range, &cut).await?;
        let known: std::collections::HashSet<i64> = sums.iter().map(AgentSum::number).collect();
        sums.extend(present.into_iter().filter(|agent| !known.contains(&agent.number())));
    }
    Ok(sums)
}

/// An agent as it is listed.
type Known = (AgentRow, AgentStanding);

/// Puts durations into `known`, which are of `agents`.
async fn time(
    reading: &mut Reading,
    range: TimeRange,
    agents: &[AgentSum],
    known: &mut [Known],
) -> Result<(), ServiceError> {
    let mut rows: Vec<AgentRow> = known.iter().map(|(row, _)| row.clone()).collect();
    reading.time_rows(range, agents, &mut rows).await?;
    known.iter_mut().zip(rows).for_each(|((row, _), timed)| *row = timed);
    Ok(())
}

/// What an agent must be to be listed.
#[derive(Debug, Default, PartialEq)]
struct Wanted<'a> {
    agent_type: Option<&'a str>,
    status: Option<&'a str>,
    state: Option<HealthState>,
    stale: bool,
}

impl<'a> Wanted<'a> {
    fn new(filter: &'a RecordFilter) -> Result<Self, Problem> {
        let word = filter.state.as_deref();
        let stale = word == Some(STALE);
        let state = word.filter(|_| !stale).map(|word| {
            HealthState::parse(word).ok_or_else(|| {
                let known = HealthState::ALL.map(HealthState::as_str).join(", ");
                Problem::bad_request(format!("`state={word}`: write one of {known}, {STALE}"))
            })
        });
        let (agent_type, status) = (filter.agent_type.as_deref(), filter.status.as_deref());
        Ok(Self { agent_type, status, state: state.transpose()?, stale })
    }

    fn fits(&self, (row, standing): &Known) -> bool {
        let status = row.status.as_deref();
        let active = matches!(status, Some("spawned" | "running"));
        self.agent_type.is_none_or(|wanted| row.agent_type.as_deref() == Some(wanted))
            && self.status.is_none_or(|wanted| status == Some(wanted) || (wanted == ACTIVE && active))
            && self.state.is_none_or(|wanted| standing.health.state == wanted)
            && (!self.stale || standing.stale_since.is_some())
    }
}

/// What an agent is sorted by.
fn key(sort: &str, sum: &AgentSum, known: Option<&Known>, costs: &Costs) -> Option<SortKey> {
    let (row, standing) = (known.map(|(row, _)| row), known.map(|(_, standing)| standing));
    let time = |time: Option<Micros>| time.map(|time| SortKey::Int(time.0));
    let text = |word: Option<&String>| word.cloned().map(SortKey::Text);
    let durations = row.and_then(|row| row.durations);
    match sort {
        "tasks" => Some(SortKey::Int(i64::try_from(sum.tasks).unwrap_or(i64::MAX))),
        "success_rate" => sum.rate().map(|rate| SortKey::Real(rate.ratio())),
        "tokens_used" => (sum.recorded > 0).then_some(SortKey::Int(sum.used)),
        "cost_usd" => costs.get(&sum.number()).map(|(usd, _)| SortKey::Real(*usd)),
        "agent_id" => text(row.map(|row| &row.agent_id)),
        "agent_type" => text(row.and_then(|row| row.agent_type.as_ref())),
        "project" => text(row.and_then(|row| row.project.as_ref())),
        "status" => text(row.and_then(|row| row.status.as_ref())),
        "p50_duration_ms" => durations.map(|durations| SortKey::Real(durations.p50)),
        "p95_duration_ms" => durations.map(|durations| SortKey::Real(durations.p95)),
        "state" => standing.map(|standing| SortKey::Int(standing.health.state as i64)),
        "spawn_time" => time(standing.and_then(|standing| standing.spawn_time)),
        "last_heard" => time(standing.and_then(|standing| standing.last_heard)),
        _ => time(row.and_then(|row| row.last_seen)),
    }
}
