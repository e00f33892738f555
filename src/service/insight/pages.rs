//! The pages of one agent, one task, one swarm.

use std::collections::BTreeMap;

use crate::analytics::cost::{Usage, cost_of};
use crate::model::aggregate::Source;
use crate::model::filter::PageRequest;
use crate::model::overview::{AgentPage, AgentRow, HealingRow, PageQuery, SwarmPage, TaskPage, TokenTotals};
use crate::model::trend::TrendSource;
use crate::model::{AgentId, Dataset, Micros, Order, Problem, RangeSpec, Record, RecordFilter, SwarmId, TimeRange};
use crate::service::cache::{Keep, Question};
use crate::service::{Service, ServiceError};
use crate::store::Row;
use crate::store::read::{AgentSum, FullTask};

use super::reading::Reading;
use super::rows;

/// Longest lists on these pages.
const LIVES: u32 = 20;
const SWARMS: u32 = 20;
const TASKS: u32 = 20;
const EVENTS: u32 = 30;
const EVENT_TYPES: u32 = 30;
const TASK_EVENTS: u32 = 200;
const HEALINGS: u32 = 20;
/// Most bytes of metadata in a page that is kept.
const METADATA_KEPT_MAX: usize = 256 << 10;

impl Service {
    /// The page of one agent.
    ///
    /// # Errors
    /// As [`Service::overview`]; a [`Problem`] that names the agent when there is none.
    pub async fn agent_page(&self, agent_id: &str, query: &PageQuery, now: Micros) -> Result<AgentPage, ServiceError> {
        let question = Question::Agent(agent_id.to_owned(), query.clone());
        self.kept(question, now, self.make_agent_page(agent_id, query, now)).await
    }

    async fn make_agent_page(&self, agent_id: &str, query: &PageQuery, now: Micros) -> Result<AgentPage, ServiceError> {
        let mut query = query.clone();
        query.filter.agent_id = Some(agent_id.to_owned());
        let mut reading = self.read(&query, now).await?;
        let Some(whole) = reading.snapshot.agent(agent_id).await? else {
            return Err(unknown("agent", agent_id));
        };
        let heard = reading.snapshot.heard(&whole).await?;
        let (query, mut reading) = self.of_its_own_time(query, reading, heard, now).await?;
        let id = AgentId::new(agent_id).map_err(|_| unknown("agent", agent_id))?;
        let range = reading.scope.range;
        let (totals, mut timeline) = reading.figures(range).await?;
        let previous = reading.compared(range).await?;
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
        let scope = reading.close();
        timeline.notes = Box::pin(self.notes(range, &query, now)).await?;
        let profile = self.agent_profile(&id, &query.range, now).await?;
        let profile = profile.ok_or_else(|| unknown("agent", agent_id))?;
        let shown = AgentRow { tasks: totals.tasks, ..unnamed(agent_id) };
        let work = self.work(range, &query, &[shown], 0, now).await?;
        let beats = self.beats(agent_id, &query, range, now).await?;
        let named = RecordFilter { agent_id: Some(agent_id.to_owned()), ..RecordFilter::default() };
        let metrics = Box::pin(self.reported_metrics(Source::AgentMetrics, named, &query.range, range, now)).await?;
        let healings = self.healings_of(agent_id, range).await?;
        let trends = Box::pin(self.page_trends(TrendSource::AgentMetrics, &query.filter, &query.range, now)).await?;
        Ok(AgentPage {
            scope,
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
            profile,
            work,
            beats,
            metrics,
            healings,
            trends,
        })
    }

    /// The same question, but that all data means all of an agent or swarm that was `heard` of then: in the time of a
    /// whole store, its week would be a sliver of every chart.
    async fn of_its_own_time(
        &self,
        query: PageQuery,
        reading: Reading,
        heard: Option<TimeRange>,
        now: Micros,
    ) -> Result<(PageQuery, Reading), ServiceError> {
        let Some(heard) = heard.filter(|_| query.range.is_all()) else { return Ok((query, reading)) };
        reading.close();
        let range = RangeSpec { from: heard.from.to_rfc3339(), to: heard.until.to_rfc3339() };
        let query = PageQuery { range, compare: false, ..query };
        let reading = self.read(&query, now).await?;
        Ok((query, reading))
    }

    async fn healings_of(&self, agent_id: &str, range: TimeRange) -> Result<Vec<HealingRow>, ServiceError> {
        let filter = RecordFilter { agent_id: Some(agent_id.to_owned()), ..RecordFilter::default() };
        let request = PageRequest { range, filter, order: Order::Desc, after: None, limit: HEALINGS };
        let rows = self.list(Dataset::Healings, &request).await?;
        let row = |row: Row| match row.record {
            Record::Healing(healing) => Some(HealingRow {
                row: row.id,
                timestamp: healing.timestamp,
                strategy: healing.strategy,
                failure_type: healing.failure_type,
                success: healing.success,
                duration_ms: healing.duration_ms,
                actions: healing.actions,
            }),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(row).collect())
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

    /// The page of one swarm, its agents from the one on that `skip` others are busier than.
    ///
    /// # Errors
    /// As [`Service::overview`]; a [`Problem`] that names the swarm when there is none.
    pub async fn swarm_page(
        &self,
        swarm_id: &str,
        query: &PageQuery,
        skip: u64,
        now: Micros,
    ) -> Result<SwarmPage, ServiceError> {
        let question = Question::Swarm(swarm_id.to_owned(), query.clone(), skip);
        self.kept(question, now, self.make_swarm_page(swarm_id, query, skip, now)).await
    }

    async fn make_swarm_page(
        &self,
        swarm_id: &str,
        query: &PageQuery,
        skip: u64,
        now: Micros,
    ) -> Result<SwarmPage, ServiceError> {
        let mut query = query.clone();
        query.filter.swarm_id = Some(swarm_id.to_owned());
        let mut reading = self.read(&query, now).await?;
        let Some(whole) = reading.snapshot.swarm(swarm_id).await? else {
            return Err(unknown("swarm", swarm_id));
        };
        let heard = reading.snapshot.heard(&whole).await?;
        let (query, mut reading) = self.of_its_own_time(query, reading, heard, now).await?;
        let id = SwarmId::new(swarm_id).map_err(|_| unknown("swarm", swarm_id))?;
        let range = reading.scope.range;
        let (totals, mut timeline) = reading.figures(range).await?;
        let previous = reading.compared(range).await?;
        let project = reading.snapshot.swarm_project(&whole).await?;
        let mut sums = reading.agent_sums(range).await?;
        sums.sort_by(|a, b| b.tasks.cmp(&a.tasks).then(a.number().cmp(&b.number())));
        let agent_count = sums.len() as u64;
        let last = agent_count.min(SwarmPage::AGENTS_PAGED).saturating_sub(1);
        let agents_from = skip.min(last / SwarmPage::AGENTS_LISTED * SwarmPage::AGENTS_LISTED);
        let page = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let shown = sums.into_iter().skip(page(agents_from)).take(page(SwarmPage::AGENTS_LISTED));
        let shown: Vec<AgentSum> = shown.collect();
        let agents = reading.agent_rows(range, &shown).await?;
        let typed = shown.into_iter().zip(agents.iter().map(|agent| agent.agent_type.clone()));
        let standings = self.standings(&mut reading.snapshot, &typed.collect::<Vec<_>>(), now).await?;
        let mut lives = BTreeMap::new();
        for agent in &agents {
            let mut of_agent = reading.snapshot.lives(&agent.agent_id, LIVES).await?;
            of_agent
                .retain(|life| life.spawn_time < range.until && life.complete_time.is_none_or(|end| end >= range.from));
            if !of_agent.is_empty() {
                lives.insert(agent.agent_id.clone(), of_agent);
            }
        }
        let tasks = match reading.cut {
            Some(cut) => {
                let newest = reading.snapshot.newest_tasks(range, &cut, TASKS).await?;
                rows(reading.snapshot.tasks(&newest).await?)
            }
            None => Vec::new(),
        };
        let scope = reading.close();
        timeline.notes = Box::pin(self.notes(range, &query, now)).await?;
        let health = self.swarm_health(&id, &query.range, now).await?;
        let work = self.work(range, &query, &agents, agents_from, now).await?;
        let named = RecordFilter { swarm_id: Some(swarm_id.to_owned()), ..RecordFilter::default() };
        let metrics = Box::pin(self.reported_metrics(Source::SwarmMetrics, named, &query.range, range, now)).await?;
        let trends = Box::pin(self.page_trends(TrendSource::SwarmMetrics, &query.filter, &query.range, now)).await?;
        Ok(SwarmPage {
            scope,
            swarm_id: swarm_id.to_owned(),
            project,
            heard,
            totals,
            previous,
            timeline,
            agents,
            agents_from,
            lives,
            work,
            standings,
            health,
            agent_count,
            tasks,
            metrics,
            trends,
        })
    }
}

impl Keep for AgentPage {
    fn tell_time(&mut self, now: Micros) {
        self.scope.now = now;
        self.profile.now = now;
    }

    fn is_small(&self) -> bool {
        let of_events = self.events.iter().filter_map(|event| event.metadata.as_ref()).map(String::len);
        let of_lives = self.profile.lives.iter().filter_map(|life| life.metadata.as_ref()).map(|json| json.0.len());
        of_events.chain(of_lives).sum::<usize>() <= METADATA_KEPT_MAX
    }
}

impl Keep for SwarmPage {
    fn tell_time(&mut self, now: Micros) {
        self.scope.now = now;
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

/// An agent of which only the id is known.
fn unnamed(agent_id: &str) -> AgentRow {
    AgentRow {
        agent_id: agent_id.to_owned(),
        agent_type: None,
        project: None,
        status: None,
        tasks: 0,
        success: None,
        durations: None,
        tokens: 0,
        last_seen: None,
    }
}

fn unknown(what: &str, id: &str) -> ServiceError {
    Problem::not_found(format!("there is no {what} `{id}` in this store")).into()
}
