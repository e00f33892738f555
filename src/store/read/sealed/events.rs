//! Sealed events of an agent or a task, and what the latest of them say about an agent.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};

use super::super::super::StoreError;
use super::super::super::archive::rows::{column_of, task};
use super::super::super::archive::{Place, Test, Walk, Wanted};
use super::super::super::dictionary::Dict;
use super::super::super::error::query;
use super::super::super::events::EventRow;
use super::super::super::key::TextId;
use super::super::super::tasks::TaskRow;
use super::super::{AgentFacts, Cut, Snapshot};
use crate::model::{Micros, Order, TimeRange};

/// How many of its latest events may say what an agent is.
const LATEST: usize = 50;
const LATEST_EVENTS: &str = "select ts, id, agent_type from event where agent = ? order by ts desc, id desc limit 50";
const LATEST_TASK: &str = "select ts, id, project from task where agent = ? order by ts desc, id desc limit 1";
const HAS_LIFE: &str = "select exists (select 1 from agent_life where agent = ?)";
const HAS_LIFE_WITH_PROJECT: &str = "select project is not null from agent_life where agent = ? \
    order by spawn_ts desc limit 1";

fn is(name: &str, id: i64) -> Option<Test> {
    Some(Test::Is(column_of::<EventRow>(name)?, id))
}

impl Snapshot {
    /// Sealed events that pass, in `order`, at most `limit`, down to `until`; and how many pass in the chunks
    /// that were looked at, which are all when `count` is asked for.
    async fn sealed_events(
        &mut self,
        range: TimeRange,
        order: Order,
        tests: Vec<Test>,
        limit: usize,
        until: Option<Place>,
        count: bool,
    ) -> Result<(Vec<(i64, EventRow)>, u64), StoreError> {
        let mut events = Vec::new();
        let mut passed = 0;
        if !self.any_sealed::<EventRow>().await? {
            return Ok((events, passed));
        }
        let mut walk = Walk::<EventRow>::new(range, order, tests);
        while count || events.len() < limit {
            let Some(found) = walk.next(&mut self.tx, until.filter(|_| !count)).await? else { break };
            passed += found.rows.len() as u64;
            if events.len() < limit {
                events.extend(found.into_rows(&mut self.tx, limit - events.len()).await?);
            }
        }
        Ok((events, passed))
    }

    /// The newest sealed events of an agent, down to `until`, as a statement whose table `e` holds them.
    pub(in super::super) async fn sealed_agent_events_sql(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: u32,
        until: Option<Place>,
    ) -> Result<Option<QueryBuilder<Sqlite>>, StoreError> {
        let tests = cut.agent.and_then(|agent| is("agent", agent)).into_iter().collect();
        let (events, _) = self.sealed_events(range, Order::Desc, tests, limit as usize, until, false).await?;
        Ok(statement(&events))
    }

    /// The oldest sealed events of a type, as a statement whose table `e` holds them.
    pub(in super::super) async fn sealed_events_of_type_sql(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        kind: i64,
        limit: u32,
    ) -> Result<Option<QueryBuilder<Sqlite>>, StoreError> {
        let asked = [("agent", cut.agent), ("swarm", cut.swarm), ("type", Some(kind))];
        let tests = asked.into_iter().filter_map(|(name, id)| is(name, id?)).collect();
        let (events, _) = self.sealed_events(range, Order::Asc, tests, limit as usize, None, false).await?;
        Ok(statement(&events))
    }

    /// The oldest sealed events that name a task, and how many do.
    pub(in super::super) async fn sealed_task_events_sql(
        &mut self,
        task_id: TextId,
        limit: u32,
    ) -> Result<(Option<QueryBuilder<Sqlite>>, u64), StoreError> {
        let test = column_of::<EventRow>("task_id").map(|column| Test::Id(column, task_id));
        let tests = test.into_iter().collect();
        let (events, count) = self.sealed_events(TimeRange::ALL, Order::Asc, tests, limit as usize, None, true).await?;
        Ok((statement(&events), count))
    }

    /// Adds the sealed events of an agent by type.
    pub(in super::super) async fn add_sealed_event_types(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        types: &mut Vec<(String, u64)>,
    ) -> Result<(), StoreError> {
        let (Some(agent), Some(column)) = (cut.agent, column_of::<EventRow>("type")) else { return Ok(()) };
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        let tests = is("agent", agent).into_iter().collect();
        self.each_sealed::<EventRow>(range, tests, Wanted::columns(&[column]), |chunk, row| {
            *counts.entry(chunk.int(column, row).unwrap_or_default()).or_default() += 1;
        })
        .await?;
        for (kind, count) in counts {
            let Some(name) = self.word(Dict::Event, Some(kind)).await? else { continue };
            match types.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += count,
                None => types.push((name, count)),
            }
        }
        Ok(())
    }

    /// The kind of an agent nobody registered: of the latest of its latest events that says so, sealed ones
    /// included. `None` also when nothing is sealed, or it is registered: then the statements have told.
    pub(in super::super) async fn sealed_agent_type(&mut self, agent: i64) -> Result<Option<String>, StoreError> {
        let Some(column) = column_of::<EventRow>("agent_type") else { return Ok(None) };
        if !self.any_sealed::<EventRow>().await? || self.says(HAS_LIFE, agent).await? {
            return Ok(None);
        }
        let mut latest: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(LATEST_EVENTS)
            .bind(agent)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read about agents"))?;
        let until = latest.get(LATEST - 1).map(|(ts, id, _)| (*ts, *id));
        let tests = is("agent", agent).into_iter().collect();
        let mut walk = Walk::<EventRow>::new(TimeRange::ALL, Order::Desc, tests).with(Wanted::columns(&[column]));
        let mut sealed = 0;
        while sealed < LATEST {
            let Some(found) = walk.next(&mut self.tx, until).await? else { break };
            let rows = found.rows.iter().filter_map(|row| {
                let (ts, id) = found.chunk.place(*row)?;
                Some((ts, id, found.chunk.int(column, *row)))
            });
            latest.extend(rows);
            sealed += found.rows.len();
        }
        latest.sort_unstable_by(|a, b| b.cmp(a));
        let kind = latest.into_iter().take(LATEST).find_map(|(_, _, kind)| kind);
        self.word(Dict::AgentType, kind).await
    }

    /// As [`Self::sealed_agent_type`], by the name of the agent.
    pub(in super::super) async fn sealed_type_of_agent(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        if !self.any_sealed::<EventRow>().await? {
            return Ok(None);
        }
        let agent: Option<i64> = sqlx::query_scalar(Dict::Agent.select_id())
            .bind(name)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("look up a name"))?;
        let Some(agent) = agent else { return Ok(None) };
        self.sealed_agent_type(agent).await
    }

    /// The project of an agent's latest task, when that is sealed and no life of the agent says more.
    pub(in super::super) async fn sealed_agent_project(
        &mut self,
        agent: i64,
    ) -> Result<Option<Option<String>>, StoreError> {
        if !self.any_sealed::<TaskRow>().await? || self.says(HAS_LIFE_WITH_PROJECT, agent).await? {
            return Ok(None);
        }
        let latest: Option<(i64, i64, Option<i64>)> = sqlx::query_as(LATEST_TASK)
            .bind(agent)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read about agents"))?;
        let until = latest.map(|(ts, id, _)| (ts, id));
        let mut walk = Walk::<TaskRow>::new(TimeRange::ALL, Order::Desc, vec![Test::Is(task::AGENT, agent)])
            .with(Wanted::columns(&[task::PROJECT]));
        let Some(found) = walk.next(&mut self.tx, until).await? else { return Ok(None) };
        let newest = found.rows.first().and_then(|row| Some((found.chunk.place(*row)?, *row)));
        let Some((_, row)) = newest.filter(|(place, _)| until.is_none_or(|until| *place > until)) else {
            return Ok(None);
        };
        self.word(Dict::Project, found.chunk.int(task::PROJECT, row)).await.map(Some)
    }

    /// What sealed rows say about an agent and the statement could not know.
    pub(in super::super) async fn add_sealed_facts(
        &mut self,
        agent: i64,
        range: TimeRange,
        cut: &Cut,
        facts: &mut AgentFacts,
    ) -> Result<(), StoreError> {
        if let Some(kind) = self.sealed_agent_type(agent).await? {
            facts.agent_type = Some(kind);
        }
        if let Some(project) = self.sealed_agent_project(agent).await? {
            facts.project = project;
        }
        let until = facts.last_task.map(|last| (last.0, i64::MAX));
        let tests = cut.of_agent(agent).tests();
        let newest = self.newest_sealed::<TaskRow>(range, tests, 1, until, |_| true).await?.pop();
        facts.last_task = facts.last_task.max(newest.map(|(ts, _)| Micros(ts)));
        Ok(())
    }

    async fn says(&mut self, question: &'static str, agent: i64) -> Result<bool, StoreError> {
        let answer: Option<bool> = sqlx::query_scalar(question)
            .bind(agent)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read about agents"))?;
        Ok(answer.unwrap_or_default())
    }
}

/// A statement whose table `e` holds `events`, up to its own select; `None` when there are none.
fn statement(events: &[(i64, EventRow)]) -> Option<QueryBuilder<Sqlite>> {
    if events.is_empty() {
        return None;
    }
    let mut sql = QueryBuilder::new("with e (id, ts, type, agent, task_id, metadata) as (");
    sql.push_values(events, |mut row, (id, event)| {
        row.push_bind(*id).push_bind(event.ts).push_bind(event.kind).push_bind(event.agent);
        match &event.task_id {
            None => row.push_bind(None::<i64>),
            Some(TextId::Uuid(bytes)) => row.push_bind(bytes.to_vec()),
            Some(TextId::Text(text)) => row.push_bind(text.to_string()),
        };
        row.push_bind(event.metadata.as_deref().map(str::to_owned));
    });
    sql.push(") ");
    Some(sql)
}
