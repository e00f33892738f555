//! The numbers agents and swarms sent about themselves, over time.

use crate::model::aggregate::{
    AggregateAnswer, AggregateQuery, Bucket, Field, Function, GroupBy, OrderBy, OrderKey, Source,
};
use crate::model::overview::{Overview, PageQuery, ResourceUse};
use crate::model::trend::{TrendQuery, TrendSource};
use crate::model::{Micros, RangeSpec, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};

/// Most metrics of one agent or one swarm.
const METRICS: u32 = 12;
/// About how many steps a chart of a metric has.
const STEPS: i64 = 120;

impl Service {
    /// The numbers an agent or a swarm reported, by type and step; `None` when it reported none in `range`, which is
    /// what `spec` says.
    pub(super) async fn reported_metrics(
        &self,
        source: Source,
        filter: RecordFilter,
        spec: &RangeSpec,
        range: TimeRange,
        now: Micros,
    ) -> Result<Option<AggregateAnswer>, ServiceError> {
        let by_type = AggregateQuery { limit: Some(METRICS), ..values(source, GroupBy::MetricType, spec, range) };
        let answer = self.aggregate(&AggregateQuery { filter, ..by_type }, now).await?;
        Ok(Some(answer).filter(|answer| !answer.series.is_empty()))
    }

    /// What swarms use, as they reported it in `range`, which `query` asks for. They know no agent, model or result: a question
    /// about these has no such answer.
    pub(super) async fn resources(
        &self,
        range: TimeRange,
        query: &PageQuery,
        now: Micros,
    ) -> Result<Vec<ResourceUse>, ServiceError> {
        let known = RecordFilter {
            swarm_id: query.filter.swarm_id.clone(),
            project: query.filter.project.clone(),
            ..RecordFilter::default()
        };
        if known != query.filter {
            return Ok(Vec::new());
        }
        let most = TrendQuery::METRICS_MAX as usize;
        let mut snapshot = self.store().snapshot().await?;
        let reported = snapshot.series_metrics(TrendSource::SwarmMetrics, None, most).await?;
        drop(snapshot); // the values are read from moments of their own
        let mut resources = Vec::new();
        for metric in Overview::RESOURCES.into_iter().filter(|metric| reported.iter().any(|(_, name)| name == metric)) {
            let by_swarm = AggregateQuery {
                filter: RecordFilter { metric_type: Some(metric.to_owned()), ..known.clone() },
                order_by: Some(OrderBy { key: OrderKey::Function(Function::Count), descending: true }),
                limit: Some(Overview::RESOURCE_SWARMS),
                ..values(Source::SwarmMetrics, GroupBy::Swarm, &query.range, range)
            };
            let answer = self.aggregate(&by_swarm, now).await?;
            if !answer.series.is_empty() {
                resources.push(ResourceUse { metric: metric.to_owned(), answer });
            }
        }
        Ok(resources)
    }
}

/// A question for values over time. Days would be too many for decades: then the range as a whole.
fn values(source: Source, group: GroupBy, spec: &RangeSpec, range: TimeRange) -> AggregateQuery {
    let bucket = Bucket::fitting(range, STEPS);
    let bounded = usize::try_from(range.length() / bucket.micros()).is_ok_and(|n| n < AggregateQuery::BUCKETS_MAX);
    AggregateQuery {
        source,
        field: Some(Field::Value),
        functions: vec![Function::Avg, Function::Min, Function::Max, Function::Count],
        range: spec.clone(),
        group_by: vec![group],
        bucket: Some(bucket).filter(|_| bounded),
        ..AggregateQuery::default()
    }
}
