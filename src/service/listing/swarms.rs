//! The list of swarms.

use super::{Asked, check_fields, total};
use crate::model::Micros;
use crate::model::listing::{ListQuery, SWARM_SORTS, SwarmList, SwarmListRow};
use crate::service::cache::Question;
use crate::service::{Service, ServiceError};
use crate::store::page_sorted::{SortKey, SortPlace};
use crate::store::read::{SwarmFacts, SwarmSum};

const LIST: &str = "swarms";
const FILTERS: [&str; 5] = ["agent_id", "swarm_id", "project", "model", "result"];

impl Service {
    /// One page of the swarms with a task in the range.
    ///
    /// # Errors
    /// As [`Service::task_list`].
    pub async fn swarm_list(&self, query: &ListQuery, now: Micros) -> Result<SwarmList, ServiceError> {
        self.kept(Question::Swarms(query.clone()), now, self.make_swarm_list(query, now)).await
    }

    async fn make_swarm_list(&self, query: &ListQuery, now: Micros) -> Result<SwarmList, ServiceError> {
        let asked = Asked::new(LIST, &SWARM_SORTS, query)?;
        check_fields(LIST, &query.filter, &FILTERS)?;
        let mut reading = self.read(&asked.page(query.filter.clone()), now).await?;
        let pieces = reading.agent_pieces(reading.scope.range);
        let sums = match reading.cut {
            Some(cut) => reading.snapshot.swarm_sums(&pieces, &cut).await?,
            None => Vec::new(),
        };
        let numbers: Vec<i64> = sums.iter().map(SwarmSum::number).collect();
        let facts = reading.snapshot.swarm_facts(&numbers).await?;
        let nothing = SwarmFacts::default();
        let facts_of = |sum: &SwarmSum| facts.get(&sum.number()).unwrap_or(&nothing);
        let places = sums.iter().map(|sum| SortPlace { key: key(asked.sort, sum, facts_of(sum)), row: sum.number() });
        let (page, last) = asked.page_of(places.collect());
        let listed = page.into_iter().filter_map(|index| sums.get(index));
        let mut rows: Vec<SwarmListRow> = listed.map(|sum| row(sum, facts_of(sum))).collect();
        for row in rows.iter_mut().filter(|row| row.project.is_none()) {
            // Sealed tasks are looked through for the swarms of this page only.
            if let Some(swarm) = reading.snapshot.swarm(&row.swarm_id).await? {
                row.project = reading.snapshot.swarm_project(&swarm).await?;
            }
        }
        Ok(asked.answer(LIST, reading.scope, rows, last, total(sums.len() as u64)))
    }
}

fn row(sum: &SwarmSum, facts: &SwarmFacts) -> SwarmListRow {
    SwarmListRow {
        swarm_id: facts.swarm_id.clone(),
        project: facts.project.clone(),
        agents: sum.agents,
        tasks: sum.tasks,
        success: sum.rate(),
        avg_duration_ms: sum.mean(),
        max_duration_ms: sum.duration_max,
        timed: sum.timed,
        tokens_used: (sum.recorded > 0).then_some(sum.used),
        first_seen: facts.first,
        last_seen: facts.last,
    }
}

/// What a swarm is sorted by.
fn key(sort: &str, sum: &SwarmSum, facts: &SwarmFacts) -> Option<SortKey> {
    let count = |count: u64| Some(SortKey::Int(i64::try_from(count).unwrap_or(i64::MAX)));
    match sort {
        "first_seen" => facts.first.map(|time| SortKey::Int(time.0)),
        "swarm_id" => Some(SortKey::Text(facts.swarm_id.clone())),
        "project" => facts.project.clone().map(SortKey::Text),
        "agents" => count(sum.agents),
        "tasks" => count(sum.tasks),
        "success_rate" => sum.rate().map(|rate| SortKey::Real(rate.ratio())),
        "avg_duration_ms" => sum.mean().map(SortKey::Real),
        "max_duration_ms" => sum.duration_max.map(SortKey::Real),
        "tokens_used" => (sum.recorded > 0).then_some(SortKey::Int(sum.used)),
        _ => facts.last.map(|time| SortKey::Int(time.0)),
    }
}
