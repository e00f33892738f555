//! The list of agents.

use std::collections::HashMap;

use super::{Asked, check_fields, figures_filter, total};
use crate::model::Micros;
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::model::listing::{AGENT_SORTS, AgentList, AgentListRow, ListQuery};
use crate::model::overview::AgentRow;
use crate::service::aggregate::sums_by;
use crate::service::cache::Question;
use crate::service::{Service, ServiceError};
use crate::store::page_sorted::{SortKey, SortPlace};
use crate::store::read::AgentSum;

const LIST: &str = "agents";
const FILTERS: [&str; 7] = ["agent_id", "swarm_id", "project", "model", "result", "agent_type", "status"];

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
        let mut sums = reading.agent_sums(range).await?;
        if let Some(cut) = reading.cut {
            let present = reading.snapshot.agents_present(range, &cut).await?;
            let known: std::collections::HashSet<i64> = sums.iter().map(AgentSum::number).collect();
            sums.extend(present.into_iter().filter(|agent| !known.contains(&agent.number())));
        }
        let costs = sums_by(&mut reading, Source::Tasks, Field::CostUsd, GroupBy::Agent, &filter).await?;
        // Names, kinds, percentiles: of all agents only when they decide who is on the page.
        let by_facts = !matches!(asked.sort, "tasks" | "success_rate" | "tokens_used" | "cost_usd");
        let decide = by_facts || query.filter.agent_type.is_some() || query.filter.status.is_some();
        let mut rows = Vec::new();
        if decide {
            rows = reading.agent_rows(range, &sums).await?;
            let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
            let keep =
                |row: &AgentRow| is(&query.filter.agent_type, &row.agent_type) && is(&query.filter.status, &row.status);
            let kept: Vec<bool> = rows.iter().map(keep).collect();
            let mut flags = kept.iter();
            sums.retain(|_| flags.next().copied().unwrap_or(false));
            rows.retain(keep);
        }
        let places = sums
            .iter()
            .enumerate()
            .map(|(index, sum)| SortPlace { key: key(asked.sort, sum, rows.get(index), &costs), row: sum.number() });
        let (page, last) = asked.page_of(places.collect());
        let listed: Vec<AgentSum> = page.iter().filter_map(|index| sums.get(*index).copied()).collect();
        let agents = if decide {
            page.iter().filter_map(|index| rows.get(*index).cloned()).collect()
        } else {
            reading.agent_rows(range, &listed).await?
        };
        let rows = listed.iter().zip(agents).map(|(sum, agent)| {
            let cost = costs.get(&sum.number());
            AgentListRow { agent, cost_usd: cost.map(|(usd, _)| *usd), costed: cost.map_or(0, |(_, tasks)| *tasks) }
        });
        let rows = rows.collect();
        Ok(asked.answer(LIST, reading.scope, rows, last, total(sums.len() as u64)))
    }
}

/// What an agent is sorted by.
fn key(sort: &str, sum: &AgentSum, row: Option<&AgentRow>, costs: &Costs) -> Option<SortKey> {
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
        _ => row.and_then(|row| row.last_seen).map(|time| SortKey::Int(time.0)),
    }
}
