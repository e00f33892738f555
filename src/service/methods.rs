//! The query methods of the documents, by their documented names: thin fronts of the use cases pages and routes
//! ask. ARCHITECTURE.md lists which route answers each.
//!
//! Where the originals answer 0 for "no data", these answer `None`; percentiles interpolate.

use super::{Service, ServiceError};
use crate::model::aggregate::{AggregateAnswer, AggregateQuery, Bucket, Field, Function, Source};
use crate::model::filter::PageRequest;
use crate::model::overview::PageQuery;
use crate::model::registry::{ActiveAgents, AgentLife, AgentProfile, AgentUpdate};
use crate::model::summary::{AgentMeasure, AgentRanking, SlowTasks, Summary, TaskMeasure};
use crate::model::{
    AgentId, AgentStatus, Dataset, EventId, EventRecord, Json, MemoryRecord, Micros, Order, Problem, ProblemKind,
    RangeSpec, Record,
};
use crate::store::{Landing, Row};

/// Records of the three kinds of metrics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Tasks.
    pub tasks: Vec<Row>,
    /// Numbers about agents.
    pub agent_metrics: Vec<Row>,
    /// Numbers about swarms.
    pub swarm_metrics: Vec<Row>,
}

impl Service {
    /// `store_metric`: stores one record of any kind, durable when this returns. Storing it twice counts once.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when it could not be written.
    pub async fn store_metric(&self, record: Record) -> Result<Landing, ServiceError> {
        let landings = self.store().write(vec![record]).await?;
        landings.into_iter().next().ok_or(ServiceError::Store(crate::store::StoreError::Closed))
    }

    /// `query_metrics`: records of one kind by time, filtered by any of its fields.
    ///
    /// # Errors
    /// [`ServiceError::Store`] for a filter the kind does not have, or when reading fails.
    pub async fn query_metrics(&self, dataset: Dataset, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        self.list(dataset, request).await
    }

    /// `get_metrics`: tasks, agent and swarm metrics of a range, at most `limit` of each. The filter may name only
    /// what all three have: the project.
    ///
    /// # Errors
    /// As [`Service::query_metrics`].
    pub async fn get_metrics(&self, request: &PageRequest) -> Result<Metrics, ServiceError> {
        Ok(Metrics {
            tasks: self.get_task_metrics(request).await?,
            agent_metrics: self.get_agent_metrics(request).await?,
            swarm_metrics: self.get_swarm_metrics(request).await?,
        })
    }

    /// `get_task_metrics`: tasks.
    ///
    /// # Errors
    /// As [`Service::query_metrics`].
    pub async fn get_task_metrics(&self, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        self.list(Dataset::Tasks, request).await
    }

    /// `get_agent_metrics`: numbers about agents.
    ///
    /// # Errors
    /// As [`Service::query_metrics`].
    pub async fn get_agent_metrics(&self, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        self.list(Dataset::AgentMetrics, request).await
    }

    /// `get_swarm_metrics`: numbers about swarms.
    ///
    /// # Errors
    /// As [`Service::query_metrics`].
    pub async fn get_swarm_metrics(&self, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        self.list(Dataset::SwarmMetrics, request).await
    }

    /// `aggregate_by_time`: one function of one number, in buckets; empty buckets are there, as `None`.
    ///
    /// # Errors
    /// As [`Service::aggregate`].
    pub async fn aggregate_by_time(
        &self,
        (source, field): (Source, Field),
        bucket: Bucket,
        function: Function,
        query: &PageQuery,
        now: Micros,
    ) -> Result<AggregateAnswer, ServiceError> {
        let bucketed = AggregateQuery { bucket: Some(bucket), ..of((source, field), function, query) };
        self.aggregate(&bucketed, now).await
    }

    /// `calculate_percentile`: the value below which the share `percentile` (0 to 1) lies; `None` without values.
    ///
    /// # Errors
    /// A [`Problem`] when `percentile` is no share; as [`Service::aggregate`].
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100 000")]
    pub async fn calculate_percentile(
        &self,
        what: (Source, Field),
        percentile: f64,
        query: &PageQuery,
        now: Micros,
    ) -> Result<Option<f64>, ServiceError> {
        if !(0.0..=1.0).contains(&percentile) {
            return Err(Problem::bad_request(format!("`{percentile}` is no share; write 0.95 for p95")).into());
        }
        let function = Function::Percentile((percentile * 100_000.0).round() as u32);
        Ok(total(&self.aggregate(&of(what, function, query), now).await?))
    }

    /// `calculate_average`: the mean; `None` without values.
    ///
    /// # Errors
    /// As [`Service::aggregate`].
    pub async fn calculate_average(
        &self,
        what: (Source, Field),
        query: &PageQuery,
        now: Micros,
    ) -> Result<Option<f64>, ServiceError> {
        Ok(total(&self.aggregate(&of(what, Function::Avg, query), now).await?))
    }

    /// `get_top_agents`: agents by any measure, in both orders.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn get_top_agents(
        &self,
        query: &PageQuery,
        measure: AgentMeasure,
        order: Order,
        limit: usize,
        now: Micros,
    ) -> Result<AgentRanking, ServiceError> {
        self.agent_ranking(query, measure, order, limit, now).await
    }

    /// `get_slowest_tasks`: tasks by duration, longest first; or by another number, in either order.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn get_slowest_tasks(
        &self,
        query: &PageQuery,
        (by, order): (TaskMeasure, Order),
        limit: u32,
        now: Micros,
    ) -> Result<SlowTasks, ServiceError> {
        self.slowest_tasks(query, (by, order), limit, now).await
    }

    /// `get_summary_stats`: ten figures of a range.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn get_summary_stats(&self, query: &PageQuery, now: Micros) -> Result<Summary, ServiceError> {
        self.summary(query, now).await
    }

    /// `insert_event`: stores one event, under its own id or one made here, and returns that.
    ///
    /// # Errors
    /// A [`Problem`] of kind conflict when another event has that id; [`ServiceError::Store`].
    pub async fn insert_event(&self, mut event: EventRecord, now: Micros) -> Result<EventId, ServiceError> {
        let id = match &event.event_id {
            Some(id) => id.clone(),
            None => super::record::new_event_id(now)?,
        };
        event.event_id = Some(id.clone());
        match self.store_metric(Record::Event(event)).await? {
            Landing::Differs => {
                let detail = format!("there is another event with the id `{}`; the first is kept", id.as_str());
                Err(Problem::new(ProblemKind::Conflict, detail).into())
            }
            Landing::Stored | Landing::Duplicate | Landing::Updated => Ok(id),
        }
    }

    /// `get_events`: events, filtered by agent, type, swarm, …, by time.
    ///
    /// # Errors
    /// As [`Service::query_metrics`].
    pub async fn get_events(&self, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        self.list(Dataset::Events, request).await
    }

    /// `update_agent_status`: moves the present life of a known agent on.
    ///
    /// # Errors
    /// As [`Service::update_agent`].
    pub async fn update_agent_status(
        &self,
        agent_id: &AgentId,
        status: AgentStatus,
        duration_ms: Option<f64>,
        now: Micros,
    ) -> Result<AgentLife, ServiceError> {
        let update = AgentUpdate { status: Some(status), duration_ms, ..AgentUpdate::default() };
        self.update_agent(agent_id, update, now).await
    }

    /// `get_agent`: who an agent is, over all of time.
    ///
    /// # Errors
    /// As [`Service::agent_profile`].
    pub async fn get_agent(&self, agent_id: &AgentId, now: Micros) -> Result<Option<AgentProfile>, ServiceError> {
        self.agent_profile(agent_id, &RangeSpec { from: RangeSpec::ALL.into(), to: String::new() }, now).await
    }

    /// `get_active_agents`: agents that are spawned or running, by the start of their lives, newest first.
    ///
    /// # Errors
    /// As [`Service::active_agents`].
    pub async fn get_active_agents(&self, limit: u32, now: Micros) -> Result<ActiveAgents, ServiceError> {
        self.active_agents(None, limit, now).await
    }

    /// `store_memory`: one more version of a key; the versions before it stay until they expire.
    ///
    /// # Errors
    /// As [`Service::store_metric`].
    pub async fn store_memory(&self, memory: MemoryRecord) -> Result<Landing, ServiceError> {
        self.store_metric(Record::Memory(memory)).await
    }

    /// `get_memory`: the current value; `None` when there is none or it expired. JSON `null` is a value.
    ///
    /// # Errors
    /// As [`Service::memory_value`].
    pub async fn get_memory(
        &self,
        session_id: &str,
        memory_type: &str,
        key: &str,
        now: Micros,
    ) -> Result<Option<Json>, ServiceError> {
        Ok(self.memory_value(session_id, memory_type, key, now).await?.map(|entry| entry.value))
    }
}

fn of((source, field): (Source, Field), function: Function, query: &PageQuery) -> AggregateQuery {
    AggregateQuery {
        source,
        field: Some(field),
        functions: vec![function],
        range: query.range.clone(),
        filter: query.filter.clone(),
        ..AggregateQuery::default()
    }
}

/// The one figure of an answer without groups.
fn total(answer: &AggregateAnswer) -> Option<f64> {
    answer.series.first()?.columns.first()?.total
}
