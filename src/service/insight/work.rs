//! Who worked when: the tasks of a page's agents on one time axis, and the heartbeats of one agent.

use std::collections::HashMap;

use crate::model::aggregate::{AggregateQuery, AggregateSeries, Bucket, Function, GroupBy, OrderBy, OrderKey, Source};
use crate::model::filter::PageRequest;
use crate::model::overview::{AgentRow, PageQuery};
use crate::model::work::{AgentSteps, Beats, TaskSpan, Work, WorkSteps};
use crate::model::{Dataset, Micros, Order, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};

/// About how many steps of a drawing can be told apart.
const STEPS: i64 = 96;
/// The word for a heartbeat among the types of events.
const HEARTBEAT: &str = "heartbeat";

impl Service {
    /// The tasks of `agents`, the ones at `skip` of the busiest, in `range`; `query` is what the page was asked, its
    /// agent or swarm included.
    pub(super) async fn work(
        &self,
        range: TimeRange,
        query: &PageQuery,
        agents: &[AgentRow],
        skip: u64,
        now: Micros,
    ) -> Result<Work, ServiceError> {
        let tasks: u64 = agents.iter().map(|agent| agent.tasks).sum();
        if tasks > Work::EACH_MAX {
            return Ok(Work::Steps(self.work_steps(range, query, agents, skip, now).await?));
        }
        let mut spans = Vec::new();
        let mut snapshot = self.store().snapshot().await?;
        for agent in agents {
            let filter = RecordFilter { agent_id: Some(agent.agent_id.clone()), ..query.filter.clone() };
            let Some(cut) = snapshot.cut(&filter).await? else { continue };
            let limit = u32::try_from(Work::EACH_MAX).unwrap_or(u32::MAX);
            let newest = snapshot.newest_tasks(range, &cut, limit).await?;
            spans.extend(snapshot.tasks(&newest).await?.into_iter().map(|task| TaskSpan {
                task_id: task.row.task_id,
                agent_id: task.row.agent_id,
                timestamp: task.row.timestamp,
                duration_ms: task.row.duration_ms,
                result: task.row.result,
            }));
        }
        Ok(Work::Each(spans))
    }

    async fn work_steps(
        &self,
        range: TimeRange,
        query: &PageQuery,
        agents: &[AgentRow],
        skip: u64,
        now: Micros,
    ) -> Result<WorkSteps, ServiceError> {
        // Equals may be ranked otherwise there: some more are asked for.
        let wanted = skip.saturating_add(2 * agents.len() as u64).clamp(100, u64::from(AggregateQuery::LIMIT_MAX));
        let question = AggregateQuery {
            functions: vec![Function::Count, Function::SuccessRate],
            range: query.range.clone(),
            filter: query.filter.clone(),
            group_by: vec![GroupBy::Agent],
            bucket: Some(Bucket::fitting(range, STEPS)),
            order_by: Some(OrderBy { key: OrderKey::Function(Function::Count), descending: true }),
            limit: u32::try_from(wanted).ok(),
            ..AggregateQuery::default()
        };
        let answer = self.aggregate(&question, now).await?;
        let mut known: HashMap<String, AggregateSeries> =
            answer.series.into_iter().filter_map(|series| Some((series.group.first()?.clone()?, series))).collect();
        let steps = agents.iter().filter_map(|agent| {
            let series = known.remove(&agent.agent_id)?;
            let [count, rate] = <[_; 2]>::try_from(series.columns).ok()?;
            Some(AgentSteps {
                agent_id: agent.agent_id.clone(),
                tasks: count.samples,
                rated: rate.samples,
                success: rate.successes.unwrap_or_default(),
            })
        });
        Ok(WorkSteps {
            step_ms: answer.bucket.map_or(1, |bucket| bucket.micros() / 1000),
            time: answer.time,
            agents: steps.collect(),
        })
    }

    /// The heartbeats of an agent in `range`.
    pub(super) async fn beats(
        &self,
        agent_id: &str,
        query: &PageQuery,
        range: TimeRange,
        now: Micros,
    ) -> Result<Beats, ServiceError> {
        let filter = RecordFilter {
            agent_id: Some(agent_id.to_owned()),
            event_type: Some(HEARTBEAT.to_owned()),
            ..RecordFilter::default()
        };
        let limit = Beats::EACH_MAX + 1;
        let request = PageRequest { range, filter: filter.clone(), order: Order::Asc, after: None, limit };
        let beats = self.list(Dataset::Events, &request).await?;
        if beats.len() <= Beats::EACH_MAX as usize {
            return Ok(Beats::Each(beats.into_iter().map(|row| row.time).collect()));
        }
        let question = AggregateQuery {
            source: Source::Events,
            range: query.range.clone(),
            filter,
            bucket: Some(Bucket::fitting(range, STEPS)),
            ..AggregateQuery::default()
        };
        let answer = self.aggregate(&question, now).await?;
        let counts = answer.series.into_iter().next().and_then(|series| series.columns.into_iter().next());
        Ok(Beats::Steps {
            step_ms: answer.bucket.map_or(1, |bucket| bucket.micros() / 1000),
            time: answer.time,
            counts: counts.map(|column| column.samples).unwrap_or_default(),
        })
    }
}
