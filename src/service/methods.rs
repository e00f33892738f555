//! The query methods of the documents, by their documented names: thin fronts of the use cases pages and routes
//! ask. ARCHITECTURE.md lists which route answers each.
//!
//! Where the originals answer 0 for "no data", these answer `None`; percentiles interpolate.

use super::{Service, ServiceError};
use crate::model::aggregate::{AggregateAnswer, AggregateQuery, Bucket, Field, Function, Source};
use crate::model::filter::PageRequest;
use crate::model::overview::PageQuery;
use crate::model::summary::{AgentMeasure, AgentRanking, SlowTasks, Summary};
use crate::model::{Dataset, Micros, Order, Problem, Record};
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

    /// `get_slowest_tasks`: tasks by duration, longest first. Other columns and orders: [`Service::task_list`].
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn get_slowest_tasks(
        &self,
        query: &PageQuery,
        limit: u32,
        now: Micros,
    ) -> Result<SlowTasks, ServiceError> {
        self.slowest_tasks(query, limit, now).await
    }

    /// `get_summary_stats`: ten figures of a range.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn get_summary_stats(&self, query: &PageQuery, now: Micros) -> Result<Summary, ServiceError> {
        self.summary(query, now).await
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
