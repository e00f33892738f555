//! The newest records and the numbers they carry, for trends: of tasks by any cut, of metrics by series; hot rows and
//! sealed ones alike. And who and what there is to have a trend.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};

use super::super::StoreError;
use super::super::archive::rows::{column_of, task};
use super::super::archive::{Place, Sealed, Test, Walk, Wanted};
use super::super::error::query;
use super::super::metrics::{MetricRow, OfAgent, OfSwarm, Subject};
use super::super::tasks::TaskRow;
use super::Snapshot;
use super::cut::Cut;
use super::durations::unpack;
use super::sealed::{TOKENS, tokens};
use crate::model::aggregate::GroupBy;
use crate::model::time::HOUR;
use crate::model::trend::TrendSource;
use crate::model::{Micros, Order, TimeRange};

const FOR_TRENDS: Wanted = Wanted::columns(&[task::RESULT, task::DURATION]).and(Wanted::columns(TOKENS));

/// The first stretch of a swarm's time that is looked through, from its end; each further one is so many times longer.
const STRETCH: i64 = HOUR;
const STRETCH_GROWTH: i64 = 4;

/// The stretch of time a swarm has tasks in.
const SWARM_ENDS: &str = "select min(first_ts), max(last_ts) from swarm_agent where swarm = ?";
/// When each agent was last heard of.
const AGENTS_HEARD: &str = "select agent, last_ts from agent_pulse";
/// When each swarm last had a task.
const SWARMS_HEARD: &str = "select swarm, max(last_ts) from swarm_agent group by swarm";
/// Agents of a swarm, and when they last had a task of it.
const SWARM_AGENTS: &str = "select agent, last_ts from swarm_agent where swarm = ?";
/// The next of what a series is named by, after `?2`; each is found by one step into an index.
const NEXT_METRIC: &str = "select min(metric) from metric_rollup where kind = ?1 and metric > ?2";
const NEXT_SUBJECT: &str = "select min(subject) from metric_rollup where kind = ?1 and subject > ?2";
const NEXT_METRIC_OF: &str = "select min(metric) from metric_rollup where kind = ?1 and metric > ?2 and subject = ?3";

/// A task as trends see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskNumbers {
    place: Place,
    /// Its duration in milliseconds.
    pub duration_ms: Option<f64>,
    /// Its tokens.
    pub tokens_used: Option<i64>,
    /// Whether it succeeded; `None` = it stands outside the success rate.
    pub success: Option<bool>,
}

impl TaskNumbers {
    /// Its end.
    #[must_use]
    pub fn time(&self) -> Micros {
        Micros(self.place.0)
    }
}

/// A metric series, in the numbers of the dictionaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesCut {
    /// Of agents or of swarms.
    pub source: TrendSource,
    /// Whose.
    pub subject: i64,
    /// Which metric.
    pub metric: i64,
}

impl Cut {
    /// The same cut of one swarm.
    #[must_use]
    pub fn of_swarm(self, swarm: i64) -> Self {
        Self { swarm: Some(swarm), ..self }
    }
}

/// The key of a source in the metric rollups; `None` for tasks, which are no series.
const fn kind(source: TrendSource) -> Option<i64> {
    match source {
        TrendSource::Tasks => None,
        TrendSource::AgentMetrics => Some(OfAgent::KIND),
        TrendSource::SwarmMetrics => Some(OfSwarm::KIND),
    }
}

impl Snapshot {
    /// The newest tasks of `cut` in `range`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_task_numbers(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: usize,
    ) -> Result<Vec<TaskNumbers>, StoreError> {
        let mut found = if cut.agent.is_none() && cut.swarm.is_some() {
            self.newest_of_swarm(range, cut, limit).await?
        } else {
            self.newest_hot(range, cut, limit).await?
        };
        if self.any_sealed::<TaskRow>().await? {
            let until = found.last().filter(|_| found.len() >= limit).map(|task| task.place);
            let mut walk = Walk::<TaskRow>::new(range, Order::Desc, cut.tests()).with(FOR_TRENDS);
            let mut sealed = Vec::new();
            while sealed.len() < limit {
                let Some(chunk) = walk.next(&mut self.tx, until).await? else { break };
                let chunk_of = &chunk.chunk;
                sealed.extend(chunk.rows.iter().filter_map(|row| {
                    Some(TaskNumbers {
                        place: chunk_of.place(*row)?,
                        duration_ms: chunk_of.real(task::DURATION, *row),
                        tokens_used: tokens(chunk_of, *row).1,
                        success: success(chunk_of.int(task::RESULT, *row)),
                    })
                }));
            }
            found.extend(sealed);
            found.sort_unstable_by_key(|task| std::cmp::Reverse(task.place));
            found.truncate(limit);
        }
        Ok(found)
    }

    /// Those of a swarm, whose tasks have no index of their own: the tasks of its agents, stretch by stretch from its
    /// end, so that old ones are not sorted only to be left out.
    async fn newest_of_swarm(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: usize,
    ) -> Result<Vec<TaskNumbers>, StoreError> {
        let ends: (Option<i64>, Option<i64>) = sqlx::query_as(SWARM_ENDS)
            .bind(cut.swarm)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query("find where a swarm lies"))?;
        let (Some(first), Some(last)) = ends else { return Ok(Vec::new()) };
        let from = first.max(range.from.0);
        let mut until = range.until.0.min(last.saturating_add(1));
        let (mut found, mut stretch) = (Vec::new(), STRETCH);
        while until > from && found.len() < limit {
            let start = until.saturating_sub(stretch).max(from);
            let part = TimeRange { from: Micros(start), until: Micros(until) };
            found.extend(self.newest_hot(part, cut, limit - found.len()).await?);
            until = start;
            stretch = stretch.saturating_mul(STRETCH_GROWTH);
        }
        Ok(found)
    }

    async fn newest_hot(&mut self, range: TimeRange, cut: &Cut, limit: usize) -> Result<Vec<TaskNumbers>, StoreError> {
        let mut sql = task_numbers_sql(range, cut, limit);
        let [times, ids, durations, used, results]: [String; 5] = {
            let packed: (String, String, String, String, String) =
                sql.build_query_as().fetch_one(&mut *self.tx).await.map_err(query("read the newest tasks"))?;
            packed.into()
        };
        let places = unpack::<i64>(&times)?.into_iter().zip(unpack::<i64>(&ids)?);
        let numbers = unpack::<Nullable<f64>>(&durations)?.into_iter().zip(unpack::<Nullable<i64>>(&used)?);
        let results = unpack::<Nullable<i64>>(&results)?;
        let task = |((place, (duration, used)), result): ((Place, _), Nullable<i64>)| {
            let (duration, used): (Nullable<f64>, Nullable<i64>) = (duration, used);
            TaskNumbers { place, duration_ms: duration.0, tokens_used: used.0, success: success(result.0) }
        };
        Ok(places.zip(numbers).zip(results).map(task).collect())
    }

    /// The newest values of a metric series in `range`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_values(
        &mut self,
        series: SeriesCut,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<(Micros, f64)>, StoreError> {
        match series.source {
            TrendSource::Tasks => Ok(Vec::new()),
            TrendSource::AgentMetrics => self.values_of::<OfAgent>(series, range, limit).await,
            TrendSource::SwarmMetrics => self.values_of::<OfSwarm>(series, range, limit).await,
        }
    }

    async fn values_of<S: Subject>(
        &mut self,
        series: SeriesCut,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<(Micros, f64)>, StoreError>
    where
        MetricRow<S>: Sealed,
    {
        let mut sql = values_sql(series, range, limit);
        let (times, ids, values): (String, String, String) =
            sql.build_query_as().fetch_one(&mut *self.tx).await.map_err(query("read the newest values"))?;
        let places = unpack::<i64>(&times)?.into_iter().zip(unpack::<i64>(&ids)?);
        let mut found: Vec<(Place, f64)> = places.zip(unpack::<f64>(&values)?).collect();
        let places = (column_of::<MetricRow<S>>(S::COLUMN), column_of::<MetricRow<S>>("metric"));
        let value = column_of::<MetricRow<S>>("value");
        if let ((Some(subject), Some(metric)), Some(value)) = (places, value)
            && self.any_sealed::<MetricRow<S>>().await?
        {
            let until = found.last().filter(|_| found.len() >= limit).map(|(place, _)| *place);
            let tests = vec![Test::Is(subject, series.subject), Test::Is(metric, series.metric)];
            let wanted = Wanted::columns(&[value]);
            let mut walk = Walk::<MetricRow<S>>::new(range, Order::Desc, tests).with(wanted);
            let mut sealed = Vec::new();
            while sealed.len() < limit {
                let Some(chunk) = walk.next(&mut self.tx, until).await? else { break };
                let read = |row: &usize| Some((chunk.chunk.place(*row)?, chunk.chunk.real(value, *row)?));
                sealed.extend(chunk.rows.iter().filter_map(read));
            }
            found.extend(sealed);
            found.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
            found.truncate(limit);
        }
        Ok(found.into_iter().map(|((ts, _), value)| (Micros(ts), value.clamp(f64::MIN, f64::MAX))).collect())
    }

    /// Agents by when they were last heard of, latest first, at most `limit`: those of a swarm by their tasks of it.
    /// Each with its name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agents_heard(&mut self, cut: &Cut, limit: usize) -> Result<Vec<(i64, String)>, StoreError> {
        let statement = match cut.swarm {
            Some(swarm) => sqlx::query_as(SWARM_AGENTS).bind(swarm),
            None => sqlx::query_as(AGENTS_HEARD),
        };
        let heard = statement.fetch_all(&mut *self.tx).await.map_err(query("find the latest agents"))?;
        self.latest(GroupBy::Agent, heard, limit).await
    }

    /// Swarms by their last task, latest first, at most `limit`. Each with its name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn swarms_heard(&mut self, limit: usize) -> Result<Vec<(i64, String)>, StoreError> {
        let heard = sqlx::query_as(SWARMS_HEARD).fetch_all(&mut *self.tx).await;
        self.latest(GroupBy::Swarm, heard.map_err(query("find the latest swarms"))?, limit).await
    }

    async fn latest(
        &mut self,
        of: GroupBy,
        mut heard: Vec<(i64, i64)>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        heard.sort_unstable_by_key(|(number, ts)| (std::cmp::Reverse(*ts), *number));
        heard.truncate(limit);
        let numbers: Vec<i64> = heard.into_iter().map(|(number, _)| number).collect();
        self.named(of, &numbers).await
    }

    /// Who has a series of `source`, in the order they were first heard of, at most `limit`. Each with its name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn series_subjects(
        &mut self,
        source: TrendSource,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let numbers = self.steps(NEXT_SUBJECT, source, None, limit).await?;
        let of = if source == TrendSource::AgentMetrics { GroupBy::Agent } else { GroupBy::Swarm };
        self.named(of, &numbers).await
    }

    /// The metric types of `source`: of one subject, or of all; at most `limit`. Each with its name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn series_metrics(
        &mut self,
        source: TrendSource,
        subject: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let next = if subject.is_some() { NEXT_METRIC_OF } else { NEXT_METRIC };
        let numbers = self.steps(next, source, subject, limit).await?;
        self.named(GroupBy::MetricType, &numbers).await
    }

    /// Follows `next` from one number to the next.
    async fn steps(
        &mut self,
        next: &'static str,
        source: TrendSource,
        subject: Option<i64>,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let Some(kind) = kind(source) else { return Ok(Vec::new()) };
        let mut numbers = Vec::new();
        while numbers.len() < limit {
            let mut step = sqlx::query_scalar(next).bind(kind).bind(numbers.last().copied().unwrap_or(i64::MIN));
            if let Some(subject) = subject {
                step = step.bind(subject);
            }
            let found: Option<i64> =
                step.fetch_one(&mut *self.tx).await.map_err(query("find what metrics there are"))?;
            match found {
                Some(number) => numbers.push(number),
                None => break,
            }
        }
        Ok(numbers)
    }

    /// `numbers` in their order, each with its word.
    async fn named(&mut self, of: GroupBy, numbers: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let words: BTreeMap<i64, String> = self.group_words(of, numbers).await?.into_iter().collect();
        Ok(numbers.iter().filter_map(|number| Some((*number, words.get(number)?.clone()))).collect())
    }
}

/// Whether a result counts as a success; `None` for imported words and no result.
fn success(result: Option<i64>) -> Option<bool> {
    result.filter(|result| (1..=5).contains(result)).map(|result| result == 1)
}

/// The newest tasks in columns, packed into one text each, which is several times faster than rows.
pub(super) fn task_numbers_sql(range: TimeRange, cut: &Cut, limit: usize) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select json_group_array(ts), json_group_array(id), json_group_array(duration_ms), \
         json_group_array(tokens_used), json_group_array(result) from (select ts, id, duration_ms, tokens_used, result",
    );
    cut.push_tasks(&mut sql, range);
    push_newest(&mut sql, limit);
    sql
}

/// The newest values of a series, packed likewise.
pub(super) fn values_sql(series: SeriesCut, range: TimeRange, limit: usize) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(
        "select json_group_array(ts), json_group_array(id), json_group_array(value) from (select ts, id, value",
    );
    sql.push(if series.source == TrendSource::SwarmMetrics {
        " from swarm_metric where swarm = "
    } else {
        " from agent_metric where agent = "
    });
    sql.push_bind(series.subject).push(" and metric = ").push_bind(series.metric);
    sql.push(" and ts >= ").push_bind(range.from.0).push(" and ts < ").push_bind(range.until.0);
    push_newest(&mut sql, limit);
    sql
}

fn push_newest(sql: &mut QueryBuilder<Sqlite>, limit: usize) {
    sql.push(" order by ts desc, id desc limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(")");
}

/// A number, or `null`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Nullable<T>(Option<T>);

impl<T: std::str::FromStr> std::str::FromStr for Nullable<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "null" { Ok(Self(None)) } else { text.parse().map(|number| Self(Some(number))) }
    }
}
