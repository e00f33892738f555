//! Figures for scripts: the summary of a range, rankings of agents, slow tasks.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::model::aggregate::{Field, GroupBy, Source};
use crate::model::answer::Tier;
use crate::model::listing::ListQuery;
use crate::model::overview::{Durations, PageQuery, Totals};
use crate::model::summary::{AgentMeasure, AgentRanking, SlowTasks, Summary, TaskMeasure};
use crate::model::{Micros, Order, RecordFilter, TimeRange};
use crate::service::aggregate::sums_by;
use crate::service::cache::{Keep, Question};
use crate::service::{Service, ServiceError};
use crate::store::StoreError;
use crate::store::read::AgentSum;

use super::reading::Reading;
use super::rows;

impl Service {
    /// The figures of a range.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn summary(&self, query: &PageQuery, now: Micros) -> Result<Summary, ServiceError> {
        self.kept(Question::Summary(query.clone()), now, self.make_summary(query, now)).await
    }

    async fn make_summary(&self, query: &PageQuery, now: Micros) -> Result<Summary, ServiceError> {
        let mut reading = self.read(query, now).await?;
        let range = reading.scope.range;
        Ok(reading.summary(range).await?)
    }

    /// The figures of a range as pages have them, and nothing else.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn totals(&self, query: &PageQuery, now: Micros) -> Result<Totals, ServiceError> {
        let mut reading = self.read(query, now).await?;
        let range = reading.scope.range;
        Ok(reading.totals(range).await?)
    }

    /// Agents in the order of `measure`; equals in the order they were first seen.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn agent_ranking(
        &self,
        query: &PageQuery,
        measure: AgentMeasure,
        order: Order,
        limit: usize,
        now: Micros,
    ) -> Result<AgentRanking, ServiceError> {
        let question = Question::Ranking(query.clone(), measure, order, limit);
        self.kept(question, now, self.make_ranking(query, (measure, order), limit, now)).await
    }

    async fn make_ranking(
        &self,
        query: &PageQuery,
        (measure, order): (AgentMeasure, Order),
        limit: usize,
        now: Micros,
    ) -> Result<AgentRanking, ServiceError> {
        let mut reading = self.read(query, now).await?;
        let range = reading.scope.range;
        let sums = reading.agent_sums(range).await?;
        let more = reading.measured(measure, &sums, &query.filter).await?;
        let value = |sum: &AgentSum| value(sum, measure).or_else(|| more.get(&sum.number()).copied());
        let mut ranked: Vec<(f64, AgentSum)> = sums.into_iter().filter_map(|sum| Some((value(&sum)?, sum))).collect();
        ranked.sort_by(|(a, first), (b, second)| {
            let by_value = a.total_cmp(b);
            let by_value: Ordering = if order == Order::Asc { by_value } else { by_value.reverse() };
            by_value.then(first.number().cmp(&second.number()))
        });
        let agent_count = ranked.len() as u64;
        let first: Vec<AgentSum> = ranked.into_iter().take(limit).map(|(_, sum)| sum).collect();
        Ok(AgentRanking { range, agent_count, agents: reading.agent_rows(range, &first).await? })
    }

    /// The tasks with the most, or the least, of a number.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn slowest_tasks(
        &self,
        query: &PageQuery,
        (by, order): (TaskMeasure, Order),
        limit: u32,
        now: Micros,
    ) -> Result<SlowTasks, ServiceError> {
        let question = Question::SlowTasks(query.clone(), by, order, limit);
        self.kept(question, now, self.make_slowest_tasks(query, (by, order), limit, now)).await
    }

    async fn make_slowest_tasks(
        &self,
        query: &PageQuery,
        (by, order): (TaskMeasure, Order),
        limit: u32,
        now: Micros,
    ) -> Result<SlowTasks, ServiceError> {
        if (by, order) != (TaskMeasure::DurationMs, Order::Desc) {
            return self.ranked_tasks(query, (by, order), limit, now).await;
        }
        let mut reading = self.read(query, now).await?;
        let range = reading.scope.range;
        let Some(cut) = reading.cut else { return Ok(SlowTasks { range, tasks: Vec::new() }) };
        let slowest = reading.snapshot.slowest_tasks(reading.near_data(range), &cut, limit).await?;
        Ok(SlowTasks { range, tasks: rows(reading.snapshot.tasks(&slowest).await?) })
    }

    /// The same by any measure, from the sorted list, which puts tasks without the number last.
    async fn ranked_tasks(
        &self,
        query: &PageQuery,
        (by, order): (TaskMeasure, Order),
        limit: u32,
        now: Micros,
    ) -> Result<SlowTasks, ServiceError> {
        let list = ListQuery {
            range: query.range.clone(),
            filter: query.filter.clone(),
            sort: by.as_str().to_owned(),
            order,
            cursor: None,
            limit,
        };
        let list = self.task_list(&list, now).await?;
        let tasks = list.rows.into_iter().filter(|task| by.of(task).is_some()).collect();
        Ok(SlowTasks { range: list.scope.range, tasks })
    }
}

impl Keep for AgentRanking {
    fn tell_time(&mut self, _now: Micros) {} // it shows none
}

impl Keep for SlowTasks {
    fn tell_time(&mut self, _now: Micros) {} // it shows none
}

impl Keep for Summary {
    fn tell_time(&mut self, _now: Micros) {} // it shows none
}

impl Reading {
    /// The figures of `range`.
    #[expect(clippy::cast_precision_loss, reason = "tokens stay far below 2^53")]
    pub(in crate::service) async fn summary(&mut self, range: TimeRange) -> Result<Summary, StoreError> {
        let totals = self.totals(range).await?;
        let tokens = Some(totals.tokens).filter(|tokens| tokens.recorded > 0);
        Ok(Summary {
            range,
            total_tasks: totals.tasks,
            successful_tasks: totals.results.get("success").copied().unwrap_or(0),
            success_rate: totals.success,
            avg_duration_ms: totals.durations.map(|durations| durations.mean),
            p95_duration_ms: totals.durations.map(|durations| durations.p95),
            p99_duration_ms: totals.durations.map(|durations| durations.p99),
            avg_tokens_per_task: tokens.map(|tokens| tokens.used as f64 / tokens.recorded as f64),
            total_tokens_used: tokens.map(|tokens| tokens.used),
            unique_agents: totals.active_agents,
            n: totals.durations.map_or(0, |durations| durations.n),
            tier: self.pieces(range, Tier::Day).iter().map(|piece| piece.tier).max().filter(|_| totals.tasks > 0),
            estimator: totals.durations.map(|durations| durations.estimator),
        })
    }

    /// What sums do not hold, by the numbers of the agents: percentiles and reported costs.
    async fn measured(
        &mut self,
        measure: AgentMeasure,
        sums: &[AgentSum],
        filter: &RecordFilter,
    ) -> Result<HashMap<i64, f64>, StoreError> {
        let percentile: fn(&Durations) -> f64 = match measure {
            AgentMeasure::P50DurationMs => |durations| durations.p50,
            AgentMeasure::P95DurationMs => |durations| durations.p95,
            AgentMeasure::P99DurationMs => |durations| durations.p99,
            AgentMeasure::CostUsd => {
                let costs = sums_by(self, Source::Tasks, Field::CostUsd, GroupBy::Agent, filter).await?;
                return Ok(costs.into_iter().map(|(agent, (usd, _))| (agent, usd)).collect());
            }
            _ => return Ok(HashMap::new()),
        };
        let rows = self.agent_rows(self.scope.range, sums).await?;
        let values = sums.iter().zip(rows);
        Ok(values.filter_map(|(sum, row)| Some((sum.number(), percentile(&row.durations?)))).collect())
    }
}

/// What an agent is ranked by; `None` leaves it out, unless `measured` knows it.
#[expect(clippy::cast_precision_loss, reason = "counts and tokens stay far below 2^53")]
fn value(sum: &AgentSum, measure: AgentMeasure) -> Option<f64> {
    match measure {
        AgentMeasure::Tasks => Some(sum.tasks as f64),
        AgentMeasure::SuccessRate => sum.rate().map(|rate| rate.ratio()),
        AgentMeasure::AvgDurationMs => sum.mean(),
        AgentMeasure::MaxDurationMs => sum.duration_max,
        AgentMeasure::TokensUsed => Some(sum.used as f64),
        // Not among the sums: `measured` finds them.
        AgentMeasure::P50DurationMs
        | AgentMeasure::P95DurationMs
        | AgentMeasure::P99DurationMs
        | AgentMeasure::CostUsd => None,
        AgentMeasure::AvgTokensUsed => (sum.recorded > 0).then(|| sum.used as f64 / sum.recorded as f64),
    }
}
