//! Agents as the registry and their heartbeats know them: profiles, who is at work, and changes of their lives.
//!
//! Not here: lists of agents with figures (`listing`), a swarm's health (`insight`).

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{Service, ServiceError, opaque};
use crate::analytics::health::{Signs, agent_health};
use crate::model::aggregate::{AggregateAnswer, AggregateQuery, Bucket, Function, GroupBy, Source};
use crate::model::health::AgentHealth;
use crate::model::overview::PageQuery;
use crate::model::registry::{
    ActiveAgents, AgentCounts, AgentLife, AgentProfile, AgentStanding, AgentUpdate, UpdateRefused,
};
use crate::model::time::MINUTE;
use crate::model::{
    AgentId, AgentRecord, AgentStatus, Json, Micros, Problem, RangeSpec, Record, RecordFilter, TimeRange,
};
use crate::store::pulse::Pulse;
use crate::store::read::{AgentSum, LatestLife, Snapshot};
use crate::store::{Landing, StoreError};

/// Most swarms of an agent whose sessions are looked for.
const SWARMS: u32 = 100;
/// Most agents of a page.
const ACTIVE_MAX: u32 = 1_000;

/// After which agent at work a page goes on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivePlace {
    spawned: i64,
    row: i64,
}

impl Service {
    /// Who an agent is and how it is doing, with counts of its records in `range`; `None` when nothing names it.
    ///
    /// # Errors
    /// A [`Problem`] when the range is unreadable, [`ServiceError::Store`] when reading fails.
    pub async fn agent_profile(
        &self,
        agent_id: &AgentId,
        range: &RangeSpec,
        now: Micros,
    ) -> Result<Option<AgentProfile>, ServiceError> {
        let name = agent_id.as_str();
        let filter = RecordFilter { agent_id: Some(name.to_owned()), ..RecordFilter::default() };
        let query = PageQuery { range: range.clone(), filter: filter.clone(), compare: false };
        let mut reading = self.read(&query, now).await?;
        let Some(cut) = reading.cut else { return Ok(None) };
        let range = reading.scope.range;
        let snapshot = &mut reading.snapshot;
        let facts = snapshot.facts_of(&cut, range).await?;
        let heard = snapshot.heard(&cut).await?;
        let (lives, life_count) = snapshot.agent_lives(&cut, AgentProfile::LIVES_LISTED).await?;
        let number = cut.agent_number();
        let numbers: Vec<i64> = number.into_iter().collect();
        let pulse = number.zip(Some(snapshot.pulses(&numbers).await?)).and_then(|(id, mut all)| all.remove(&id));
        let latest = number.zip(Some(snapshot.latest_lives(&numbers).await?)).and_then(|(id, mut all)| all.remove(&id));
        let last_event = snapshot.latest_event(&cut).await?;
        let mut sessions: BTreeSet<String> = snapshot.swarms_of_agent(range, &cut, SWARMS).await?.into_iter().collect();
        sessions.insert(name.to_owned());
        sessions.extend(lives.iter().filter_map(session_of));
        let sessions = snapshot.sessions_named(&sessions.into_iter().collect::<Vec<_>>()).await?;
        drop(reading); // the counts read from moments of their own
        let standing = self.standing(facts.agent_type.as_deref(), pulse.as_ref(), latest.as_ref(), now);
        Ok(Some(AgentProfile {
            now,
            range,
            agent_id: name.to_owned(),
            agent_type: facts.agent_type,
            project: facts.project,
            health: standing.health,
            stale_since: standing.stale_since,
            first_seen: heard.map(|heard| heard.from),
            last_seen: standing.last_heard,
            last_event,
            lives,
            life_count,
            counts: AgentCounts {
                tasks: self.count_records(Source::Tasks, range, &filter, now).await?,
                events: self.count_records(Source::Events, range, &filter, now).await?,
                healings: self.count_records(Source::Healings, range, &filter, now).await?,
                metrics: self.count_records(Source::AgentMetrics, range, &filter, now).await?,
            },
            sessions,
        }))
    }

    /// How an agent is doing, from what is known of it.
    fn standing(
        &self,
        agent_type: Option<&str>,
        pulse: Option<&Pulse>,
        life: Option<&LatestLife>,
        now: Micros,
    ) -> AgentStanding {
        let over = life.is_some_and(LatestLife::is_over);
        AgentStanding {
            health: self.health_of(agent_type, pulse, life, now),
            stale_since: pulse.and_then(|pulse| pulse.stale).filter(|_| !over).map(Micros),
            last_heard: pulse.map(|pulse| Micros(pulse.last)),
            spawn_time: life.map(|life| life.spawn_time),
            running_since: life.and_then(|life| life.running_since),
            complete_time: life.and_then(|life| life.complete_time),
            duration_ms: life.and_then(|life| life.duration_ms),
            lives: life.map_or(0, |life| life.lives),
        }
    }

    fn health_of(
        &self,
        agent_type: Option<&str>,
        pulse: Option<&Pulse>,
        life: Option<&LatestLife>,
        now: Micros,
    ) -> AgentHealth {
        let signs = Signs {
            beats: pulse.map_or(&[], |pulse| pulse.beats.as_slice()),
            agent_type,
            spawned: life.map(|life| life.spawn_time.0),
            over: life.is_some_and(LatestLife::is_over),
            ended: life.and_then(|life| life.complete_time).map(|time| time.0),
        };
        agent_health(&signs, &self.settings().heartbeat, now)
    }

    /// Where each of `agents` (number and type) stands, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn standings(
        &self,
        snapshot: &mut Snapshot,
        agents: &[(AgentSum, Option<String>)],
        now: Micros,
    ) -> Result<Vec<AgentStanding>, StoreError> {
        let numbers: Vec<i64> = agents.iter().map(|(agent, _)| agent.number()).collect();
        let pulses: HashMap<i64, Pulse> = snapshot.pulses(&numbers).await?;
        let lives: HashMap<i64, LatestLife> = snapshot.latest_lives(&numbers).await?;
        let standing = |(agent, kind): &(AgentSum, Option<String>)| {
            let number = agent.number();
            self.standing(kind.as_deref(), pulses.get(&number), lives.get(&number), now)
        };
        Ok(agents.iter().map(standing).collect())
    }

    /// Agents whose latest life is spawned or running, by its start, newest first; stale ones are among them, and
    /// marked.
    ///
    /// # Errors
    /// A [`Problem`] for a limit outside 1 to 1 000 or a cursor that was not given out here.
    pub async fn active_agents(
        &self,
        cursor: Option<&str>,
        limit: u32,
        now: Micros,
    ) -> Result<ActiveAgents, ServiceError> {
        if limit == 0 || limit > ACTIVE_MAX {
            let detail = format!("`limit`: write a whole number from 1 to {ACTIVE_MAX}");
            return Err(Problem::bad_request(detail).into());
        }
        let after: Option<ActivePlace> = cursor.map(opaque::read_cursor).transpose()?;
        let after = after.map(|place| (place.spawned, place.row));
        let (agents, last) = self.store().snapshot().await?.active_lives(after, limit).await?;
        let full = agents.len() >= limit as usize;
        let next = last.filter(|_| full).map(|(spawned, row)| opaque::write(&ActivePlace { spawned, row }));
        Ok(ActiveAgents { now, agents, next })
    }

    /// Registers an agent: a start that is not known yet is a new life, and those before it stay; a known one goes on.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when it could not be written.
    pub async fn register_agent(&self, life: AgentRecord, now: Micros) -> Result<Landing, ServiceError> {
        let landings = self.record(vec![Record::Agent(life)], now).await?;
        landings.into_iter().next().ok_or(ServiceError::Store(StoreError::Closed))
    }

    /// Changes the present life of a known agent, and returns it as it is now.
    ///
    /// # Errors
    /// [`ServiceError::Update`] for an agent nobody registered or a status that does not follow; a [`Problem`] for
    /// values no life can have; [`ServiceError::Store`] when it could not be written.
    pub async fn update_agent(
        &self,
        agent_id: &AgentId,
        update: AgentUpdate,
        now: Micros,
    ) -> Result<AgentLife, ServiceError> {
        let life = self.present_life(agent_id).await?;
        let record = changed(agent_id, &life, &update, now)?;
        let wanted = record.status.clone();
        self.store().write(vec![Record::Agent(record)]).await?;
        let life = self.present_life(agent_id).await?;
        if life.status != wanted {
            // Somebody else changed it between the look and the change.
            let agent_id = agent_id.as_str().to_owned();
            return Err(UpdateRefused::Backwards { agent_id, from: life.status, to: wanted }.into());
        }
        Ok(life)
    }

    async fn present_life(&self, agent_id: &AgentId) -> Result<AgentLife, ServiceError> {
        let mut snapshot = self.store().snapshot().await?;
        let life = match snapshot.agent(agent_id.as_str()).await? {
            Some(cut) => snapshot.agent_lives(&cut, 1).await?.0.pop(),
            None => None,
        };
        Ok(life.ok_or_else(|| UpdateRefused::Unknown { agent_id: agent_id.as_str().to_owned() })?)
    }

    /// Events by type over time: one series a type, most frequent first, at most `limit`.
    ///
    /// # Errors
    /// As [`Service::aggregate`].
    pub async fn event_counts(
        &self,
        filter: &RecordFilter,
        range: &RangeSpec,
        bucket: Option<Bucket>,
        limit: u32,
        now: Micros,
    ) -> Result<AggregateAnswer, ServiceError> {
        let most_first = crate::model::aggregate::OrderBy {
            key: crate::model::aggregate::OrderKey::Function(Function::Count),
            descending: true,
        };
        let query = AggregateQuery {
            source: Source::Events,
            functions: vec![Function::Count],
            range: range.clone(),
            filter: filter.clone(),
            group_by: vec![GroupBy::EventType],
            bucket,
            order_by: Some(most_first),
            limit: Some(limit),
            ..AggregateQuery::default()
        };
        self.aggregate(&query, now).await
    }

    /// Marks agents as stale that say they are at work and were not heard of for `agents.stale_after_minutes`;
    /// returns how many are newly marked.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn mark_stale(&self, now: Micros) -> Result<u64, ServiceError> {
        let patience = i64::from(self.settings().agents.stale_after_minutes) * MINUTE;
        Ok(self.store().mark_stale(Micros(now.0.saturating_sub(patience)), now).await?)
    }
}

/// The record that turns `life` into what `update` asks for.
fn changed(
    agent_id: &AgentId,
    life: &AgentLife,
    update: &AgentUpdate,
    now: Micros,
) -> Result<AgentRecord, ServiceError> {
    let status = update.status.clone().unwrap_or_else(|| life.status.clone());
    if !follows(&life.status, &status) {
        let agent_id = agent_id.as_str().to_owned();
        return Err(UpdateRefused::Backwards { agent_id, from: life.status.clone(), to: status }.into());
    }
    if update.duration_ms.is_some_and(|ms| !ms.is_finite() || ms < 0.0) {
        return Err(Problem::bad_request("`duration_ms` must be a number of milliseconds, 0 or more").into());
    }
    if update.complete_time.is_some_and(|end| end < life.spawn_time) {
        let start = life.spawn_time.to_rfc3339();
        return Err(Problem::bad_request(format!("`complete_time` lies before the start of the life, {start}")).into());
    }
    let over = matches!(status, AgentStatus::Complete | AgentStatus::Error);
    if !over && (update.complete_time.is_some() || update.duration_ms.is_some()) {
        let detail = "only a life that ends has a `complete_time` and a `duration_ms`; send status complete or error";
        return Err(Problem::bad_request(detail).into());
    }
    let ends_now = over && !life.is_over();
    Ok(AgentRecord {
        agent_id: agent_id.clone(),
        agent_type: life.agent_type.clone(),
        status,
        spawn_time: life.spawn_time,
        complete_time: update.complete_time.or(ends_now.then_some(now)),
        duration_ms: update.duration_ms,
        metadata: update.metadata.clone(),
        project: life.project.clone(),
        source: None,
    })
}

/// Whether a life may go from one status to the other.
fn follows(from: &AgentStatus, to: &AgentStatus) -> bool {
    use AgentStatus::{Complete, Error, Running, Spawned};
    from == to || matches!((from, to), (Spawned, Running | Complete | Error) | (Running, Complete | Error))
}

/// The session that a life's metadata names.
fn session_of(life: &AgentLife) -> Option<String> {
    let Json(text) = life.metadata.as_ref()?;
    let metadata: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(metadata.get("session_id")?.as_str()?.to_owned())
}

impl Service {
    /// The records of `source` in `range` that pass.
    pub(super) async fn count_records(
        &self,
        source: Source,
        range: TimeRange,
        filter: &RecordFilter,
        now: Micros,
    ) -> Result<u64, ServiceError> {
        let query = AggregateQuery {
            source,
            functions: vec![Function::Count],
            range: RangeSpec { from: range.from.to_rfc3339(), to: range.until.to_rfc3339() },
            filter: filter.clone(),
            ..AggregateQuery::default()
        };
        let answer = self.aggregate(&query, now).await?;
        Ok(answer.series.iter().map(|series| series.records).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_goes_forward_or_stays_where_it_is() {
        use AgentStatus::{Complete, Error, Running, Spawned};
        let all = [Spawned, Running, Complete, Error];
        let allowed: Vec<(usize, usize)> = (0..4)
            .flat_map(|from| (0..4).map(move |to| (from, to)))
            .filter(|(from, to)| from != to && follows(&all[*from], &all[*to]))
            .collect();
        assert_eq!(allowed, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]);
        assert!(all.iter().all(|status| follows(status, status)));
    }
}
