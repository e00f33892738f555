//! The pages of one agent, one task, one swarm.

use crate::analytics::cost::{Usage, cost_of};
use crate::model::overview::{AgentPage, PageQuery, SwarmPage, TaskPage, TokenTotals};
use crate::model::{Micros, Problem};
use crate::service::{Service, ServiceError};
use crate::store::read::FullTask;

use super::rows;

/// Longest lists on these pages.
const LIVES: u32 = 20;
const SWARMS: u32 = 20;
const TASKS: u32 = 50;
const EVENTS: u32 = 50;
const EVENT_TYPES: u32 = 30;
const TASK_EVENTS: u32 = 200;
const AGENTS: usize = 50;

impl Service {
    /// The page of one agent.
    ///
    /// # Errors
    /// As [`Service::overview`]; a [`Problem`] that names the agent when there is none.
    pub async fn agent_page(&self, agent_id: &str, query: &PageQuery, now: Micros) -> Result<AgentPage, ServiceError> {
        let mut query = query.clone();
        query.filter.agent_id = Some(agent_id.to_owned());
        let mut reading = self.read(&query, now).await?;
        let Some(whole) = reading.snapshot.agent(agent_id).await? else {
            return Err(unknown("agent", agent_id));
        };
        let range = reading.scope.range;
        let (totals, timeline) = reading.figures(range).await?;
        let previous = reading.compared(range).await?;
        let heard = reading.snapshot.heard(&whole).await?;
        let lives = reading.snapshot.lives(agent_id, LIVES).await?;
        let facts = reading.snapshot.facts_of(&whole, range).await?;
        let events = reading.snapshot.agent_events(range, &whole, EVENTS).await?;
        let event_types = reading.snapshot.agent_event_types(range, &whole, EVENT_TYPES).await?;
        let (swarms, tasks) = match reading.cut {
            Some(cut) => {
                let newest = reading.snapshot.newest_tasks(range, &cut, TASKS).await?;
                (
                    reading.snapshot.swarms_of_agent(range, &cut, SWARMS).await?,
                    rows(reading.snapshot.tasks(&newest).await?),
                )
            }
            None => Default::default(),
        };
        Ok(AgentPage {
            scope: reading.scope,
            agent_id: agent_id.to_owned(),
            agent_type: facts.agent_type,
            project: facts.project,
            lives,
            heard,
            totals,
            previous,
            timeline,
            swarms,
            tasks,
            events,
            event_types,
        })
    }

    /// The page of the task with this id that ended at `at`; of the newest one without it.
    ///
    /// # Errors
    /// A [`Problem`] that names the task when there is none; [`ServiceError::Store`].
    pub async fn task_page(&self, task_id: &str, at: Option<Micros>, now: Micros) -> Result<TaskPage, ServiceError> {
        let mut snapshot = self.store().snapshot().await?;
        let Some(task) = snapshot.task_by_id(task_id, at).await? else {
            return Err(unknown("task", task_id));
        };
        let (events, event_count) = snapshot.task_events(task_id, TASK_EVENTS).await?;
        let cost = cost_of(&usage_of(&task), &self.settings().prices);
        Ok(TaskPage {
            now,
            demo_seed: snapshot.demo_seed().await?,
            task: task.row,
            tokens: task.tokens,
            usd: cost.usd,
            basis: cost.basis,
            metadata: task.metadata,
            source: task.source,
            events,
            event_count,
        })
    }

    /// The page of one swarm.
    ///
    /// # Errors
    /// As [`Service::overview`]; a [`Problem`] that names the swarm when there is none.
    pub async fn swarm_page(&self, swarm_id: &str, query: &PageQuery, now: Micros) -> Result<SwarmPage, ServiceError> {
        let mut query = query.clone();
        query.filter.swarm_id = Some(swarm_id.to_owned());
        let mut reading = self.read(&query, now).await?;
        let Some(whole) = reading.snapshot.swarm(swarm_id).await? else {
            return Err(unknown("swarm", swarm_id));
        };
        let range = reading.scope.range;
        let (totals, timeline) = reading.figures(range).await?;
        let previous = reading.compared(range).await?;
        let heard = reading.snapshot.heard(&whole).await?;
        let project = reading.snapshot.swarm_project(&whole).await?;
        let mut sums = reading.agent_sums(range).await?;
        sums.sort_by(|a, b| b.tasks.cmp(&a.tasks).then(a.number().cmp(&b.number())));
        let agent_count = sums.len() as u64;
        sums.truncate(AGENTS);
        let agents = reading.agent_rows(range, &sums).await?;
        let tasks = match reading.cut {
            Some(cut) => {
                let newest = reading.snapshot.newest_tasks(range, &cut, TASKS).await?;
                rows(reading.snapshot.tasks(&newest).await?)
            }
            None => Vec::new(),
        };
        Ok(SwarmPage {
            scope: reading.scope,
            swarm_id: swarm_id.to_owned(),
            project,
            heard,
            totals,
            previous,
            timeline,
            agents,
            agent_count,
            tasks,
        })
    }
}

/// The one task as usage, so that it is priced as the overview prices it.
fn usage_of(task: &FullTask) -> Usage {
    let kinds = task.tokens;
    let used = task.row.tokens_used;
    let unsplit = if kinds.total().is_none() { used } else { None };
    Usage {
        model: task.row.model.clone(),
        project: task.row.project.clone(),
        at: task.row.timestamp,
        reported: task.cost_usd,
        tasks: 1,
        tokens: TokenTotals {
            recorded: u64::from(used.is_some()),
            used: used.unwrap_or(0),
            input: kinds.input.unwrap_or(0),
            output: kinds.output.unwrap_or(0),
            cache_read: kinds.cache_read.unwrap_or(0),
            cache_write: kinds.cache_write.unwrap_or(0),
            reasoning: kinds.reasoning.unwrap_or(0),
            unsplit: unsplit.unwrap_or(0),
        },
    }
}

fn unknown(what: &str, id: &str) -> ServiceError {
    Problem::not_found(format!("there is no {what} `{id}` in this store")).into()
}
