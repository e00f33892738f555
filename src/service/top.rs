//! The terminal dashboard: five sections of figures, from the functions pages ask too.
//!
//! Tasks and agents are read in one moment of the store; what swarms reported follows. Not here: what is drawn of it
//! (`cli::top`).

use std::cmp::Ordering;

use super::insight::reading::Reading;
use super::{Service, ServiceError};
use crate::analytics::grid::Grid;
use crate::model::aggregate::{AggregateQuery, Field, Function};
use crate::model::filter::PageRequest;
use crate::model::overview::{AgentRow, Overview, PageQuery};
use crate::model::summary::Summary;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::top::{
    Top, TopAgent, TopAgents, TopBudget, TopGauge, TopPriority, TopQuery, TopQueue, TopResources, TopSort, TopSummary,
    TopTrend, TopTrends,
};
use crate::model::trend::{TrendQuery, TrendSource};
use crate::model::{Dataset, Micros, Order, RangeSpec, Record, RecordFilter, TimeRange};
use crate::store::StoreError;
use crate::store::read::{AgentSum, Tally};

/// What was reported lately: the metric type, the swarm, the value, its time.
struct Report {
    metric: String,
    swarm: String,
    value: f64,
    at: Micros,
}

impl Service {
    /// Everything the terminal dashboard shows.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn top(&self, query: &TopQuery, now: Micros) -> Result<Top, ServiceError> {
        let filter = RecordFilter {
            project: query.project.clone(),
            swarm_id: query.swarm_id.clone(),
            ..RecordFilter::default()
        };
        let page = PageQuery { range: query.range.clone(), filter, compare: false };
        let mut reading = self.read(&page, now).await?;
        let range = reading.scope.range;
        let summary = reading.summary(range).await?;
        let agents = agents(&mut reading, range, query.sort).await?;
        let trends = TopTrends {
            hour: trend(&mut reading, now, HOUR, 5 * MINUTE).await?,
            day: trend(&mut reading, now, DAY, HOUR).await?,
        };
        let scope = reading.close();
        let reports = self.reports(range, &page.filter).await?;
        let budget = self.budget(now).await?;
        Ok(Top {
            now,
            from: range.from,
            to: range.until,
            newest_record: scope.bounds.map(|bounds| Micros(bounds.until.0 - 1)),
            demo: scope.demo_seed.is_some(),
            alerts: self.alerts(now).await?.into(),
            resources: TopResources {
                tokens_used: summary.total_tokens_used,
                budget,
                token_usage_percent: largest(&reports, &["token_usage_percent"]),
                memory_percent: largest(&reports, &["memory_usage_percent", "memory_percent"]),
                active_agents: sum(&reports, &["active_agents"]),
                agent_quota: sum(&reports, &[QUOTA]),
            },
            summary: summary.into(),
            agents,
            queue: queue(&reports),
            trends,
        })
    }

    /// Tokens used of the budget; `None` without one.
    #[expect(clippy::cast_precision_loss, reason = "tokens stay far below 2^53")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers, none below 0")]
    async fn budget(&self, now: Micros) -> Result<Option<TopBudget>, ServiceError> {
        let budget = &self.settings().budget;
        let Some(tokens) = budget.tokens else { return Ok(None) };
        let from = Micros(now.0.saturating_sub(budget.window.micros()));
        let used = AggregateQuery {
            field: Some(Field::TokensUsed),
            functions: vec![Function::Sum],
            range: RangeSpec { from: from.to_rfc3339(), to: now.to_rfc3339() },
            ..AggregateQuery::default()
        };
        let answer = self.aggregate(&used, now).await?;
        let column = answer.series.first().and_then(|series| series.columns.first());
        let used = column.filter(|column| column.n > 0).and_then(|column| column.total);
        Ok(Some(TopBudget {
            tokens,
            window: budget.window,
            used: used.map(|used| used as u64),
            used_percent: used.filter(|_| tokens > 0).map(|used| 100.0 * used / tokens as f64),
        }))
    }

    /// The newest value in `range` of every metric that a section shows, of every swarm that reports it.
    async fn reports(&self, range: TimeRange, filter: &RecordFilter) -> Result<Vec<Report>, ServiceError> {
        let most = TrendQuery::SUBJECTS_MAX as usize;
        let mut snapshot = self.store().snapshot().await?;
        let mut series = Vec::new();
        for (number, swarm) in snapshot.series_subjects(TrendSource::SwarmMetrics, most).await? {
            if filter.swarm_id.as_ref().is_none_or(|asked| *asked == swarm) {
                let metrics = snapshot.series_metrics(TrendSource::SwarmMetrics, Some(number), most).await?;
                series.extend(metrics.into_iter().map(|(_, metric)| (swarm.clone(), metric)));
            }
        }
        drop(snapshot); // the values are read from moments of their own
        let mut reports = Vec::new();
        for (swarm, metric) in series.into_iter().filter(|(_, metric)| is_shown(metric)) {
            let filter = RecordFilter {
                swarm_id: Some(swarm.clone()),
                metric_type: Some(metric.clone()),
                project: filter.project.clone(),
                ..RecordFilter::default()
            };
            let request = PageRequest { range, filter, order: Order::Desc, after: None, limit: 1 };
            let newest = self.list(Dataset::SwarmMetrics, &request).await?;
            if let Some(Record::SwarmMetric(newest)) = newest.into_iter().next().map(|row| row.record) {
                reports.push(Report { metric, swarm, value: newest.value, at: newest.timestamp });
            }
        }
        Ok(reports)
    }
}

/// Metrics that a section shows, beside those by priority.
const SHOWN: [&str; 8] = [
    "pending_tasks",
    "queue_depth",
    "backlog",
    "token_usage_percent",
    "memory_usage_percent",
    "memory_percent",
    "active_agents",
    QUOTA,
];

/// `agent_quota`, as it is stored.
const QUOTA: &str = "quota";

fn is_shown(metric: &str) -> bool {
    SHOWN.contains(&metric) || metric.starts_with(TopQueue::PRIORITY_PREFIX)
}

/// What waits.
fn queue(reports: &[Report]) -> TopQueue {
    let mut priorities: Vec<&str> =
        reports.iter().filter_map(|report| report.metric.strip_prefix(TopQueue::PRIORITY_PREFIX)).collect();
    let urgency = |name: &str| TopQueue::PRIORITIES.iter().position(|known| *known == name).unwrap_or(usize::MAX);
    priorities.sort_unstable_by_key(|name| (urgency(name), *name));
    priorities.dedup();
    let waiting = |name: &str| sum(reports, &[&format!("{}{name}", TopQueue::PRIORITY_PREFIX)]);
    TopQueue {
        pending: sum(reports, &["pending_tasks"]),
        backlog: sum(reports, &["queue_depth", "backlog"]),
        priorities: priorities
            .into_iter()
            .filter_map(|name| Some(TopPriority { priority: name.to_owned(), waiting: waiting(name)? }))
            .collect(),
    }
}

/// Counts of all swarms together.
fn sum(reports: &[Report], names: &[&str]) -> Option<TopGauge> {
    gauge(reports, names, |values| values.iter().sum())
}

/// The worst percentage.
fn largest(reports: &[Report], names: &[&str]) -> Option<TopGauge> {
    gauge(reports, names, |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// Of each swarm the first of `names` that it reports.
fn gauge(reports: &[Report], names: &[&str], together: impl Fn(&[f64]) -> f64) -> Option<TopGauge> {
    let rank = |report: &Report| names.iter().position(|name| *name == report.metric);
    let mut named: Vec<(usize, &Report)> = reports.iter().filter_map(|report| Some((rank(report)?, report))).collect();
    named.sort_by(|(a, first), (b, second)| first.swarm.cmp(&second.swarm).then(a.cmp(b)));
    named.dedup_by(|(_, later), (_, kept)| later.swarm == kept.swarm);
    let values: Vec<f64> = named.iter().map(|(_, report)| report.value).collect();
    let most = named.iter().map(|(_, report)| *report).max_by(|a, b| a.value.total_cmp(&b.value))?;
    Some(TopGauge {
        value: together(&values),
        swarms: values.len() as u64,
        most_swarm_id: most.swarm.clone(),
        most_value: most.value,
        measured_at: named.iter().map(|(_, report)| report.at).max()?,
    })
}

impl From<Summary> for TopSummary {
    fn from(summary: Summary) -> Self {
        Self {
            total_tasks: summary.total_tasks,
            successful_tasks: summary.successful_tasks,
            rated_tasks: summary.success_rate.map_or(0, |rate| rate.denominator),
            success_rate: summary.success_rate.map(|rate| rate.ratio()),
            avg_duration_ms: summary.avg_duration_ms,
            p95_duration_ms: summary.p95_duration_ms,
            p99_duration_ms: summary.p99_duration_ms,
            estimator: summary.estimator,
            timed_tasks: summary.n,
            total_tokens_used: summary.total_tokens_used,
            avg_tokens_per_task: summary.avg_tokens_per_task,
            unique_agents: summary.unique_agents,
        }
    }
}

/// The first agents in the order asked for, and the slowest.
async fn agents(reading: &mut Reading, range: TimeRange, sort: TopSort) -> Result<TopAgents, StoreError> {
    let sums = reading.agent_sums(range).await?;
    let top = first(&sums, |sum| rank(sum, sort));
    let slowest = first(&sums, |sum| timed_mean(sum).map(|mean| -mean));
    let listed: Vec<AgentSum> = [top.as_slice(), &slowest].concat();
    let rows = reading.agent_rows(range, &listed).await?;
    let mut rows = listed.iter().zip(rows).map(|(sum, row)| agent(sum, row));
    Ok(TopAgents {
        agent_count: sums.len() as u64,
        sort,
        top: rows.by_ref().take(top.len()).collect(),
        slowest: rows.collect(),
    })
}

/// What an agent is sorted by, ascending; `None` leaves it out.
#[expect(clippy::cast_precision_loss, reason = "counts and tokens stay far below 2^53")]
fn rank(sum: &AgentSum, sort: TopSort) -> Option<f64> {
    match sort {
        TopSort::Fastest => timed_mean(sum),
        TopSort::Busiest => Some(-(sum.tasks as f64)),
        TopSort::Failing => sum.rate().map(|rate| rate.ratio()),
        TopSort::Tokens => (sum.recorded > 0).then(|| -(sum.used as f64)),
    }
}

/// The mean duration of an agent that can be called fast or slow.
fn timed_mean(sum: &AgentSum) -> Option<f64> {
    sum.mean().filter(|_| sum.timed >= Overview::AGENT_TASKS_MIN)
}

/// The first by `rank`; equals in the order of their names' numbers.
fn first(sums: &[AgentSum], rank: impl Fn(&AgentSum) -> Option<f64>) -> Vec<AgentSum> {
    let mut ranked: Vec<(f64, &AgentSum)> = sums.iter().filter_map(|sum| Some((rank(sum)?, sum))).collect();
    let order = |(a, first): &(f64, &AgentSum), (b, second): &(f64, &AgentSum)| -> Ordering {
        a.total_cmp(b).then(first.number().cmp(&second.number()))
    };
    ranked.sort_by(order);
    ranked.into_iter().take(TopAgents::LISTED).map(|(_, sum)| *sum).collect()
}

fn agent(sum: &AgentSum, row: AgentRow) -> TopAgent {
    TopAgent {
        agent_id: row.agent_id,
        agent_type: row.agent_type,
        task_count: row.tasks,
        successful_tasks: row.success.map_or(0, |rate| rate.numerator),
        rated_tasks: row.success.map_or(0, |rate| rate.denominator),
        success_rate: row.success.map(|rate| rate.ratio()),
        avg_duration_ms: row.durations.map(|durations| durations.mean),
        p95_duration_ms: row.durations.map(|durations| durations.p95),
        tokens_used: (sum.recorded > 0).then_some(row.tokens),
    }
}

/// Tasks of the steps that end with the present one, `length` in all.
async fn trend(reading: &mut Reading, now: Micros, length: i64, step: i64) -> Result<TopTrend, StoreError> {
    let end = now.0.div_euclid(step).saturating_add(1).saturating_mul(step);
    let range = TimeRange { from: Micros(end.saturating_sub(length)), until: Micros(end) };
    let slots = usize::try_from(length / step).unwrap_or_default();
    let grid = Grid { start: range.from, step, slots };
    let tallies = reading.slots(range, &grid).await?;
    let rates: Vec<_> = tallies.iter().map(Tally::rate).collect();
    Ok(TopTrend {
        step_ms: step / 1000,
        time: (0..slots).map(|slot| grid.slot_start(slot).millis()).collect(),
        total_tasks: tallies.iter().map(|tally| tally.tasks).collect(),
        successful_tasks: rates.iter().map(|rate| rate.map_or(0, |rate| rate.numerator)).collect(),
        rated_tasks: rates.iter().map(|rate| rate.map_or(0, |rate| rate.denominator)).collect(),
        success_rate: rates.iter().map(|rate| rate.map(|rate| rate.ratio())).collect(),
        avg_duration_ms: tallies.iter().map(Tally::mean).collect(),
    })
}
