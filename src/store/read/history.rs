//! What is learned from: events, tasks and metrics as plain numbers, without texts and metadata.
//!
//! The newest rows of a range come in the order of (time, row id), those of tables and of sealed chunks alike. SQLite
//! hands over a page of rows as one text of numbers: the same rows one by one cost three times as much.
//! Not here: what is learned (`analytics::patterns`), and rows with all they say (`page`).

use sqlx::{QueryBuilder, Sqlite};

use super::super::StoreError;
use super::super::archive::rows::column_of;
use super::super::archive::{Place, Test, Walk, Wanted};
use super::super::dictionary::Dict;
use super::super::error::query;
use super::super::metrics::{OfAgent, OfSwarm};
use super::super::table::Table as _;
use super::cells::{Cells, EventCells, Measured, MetricCells, Placed, TaskCells};
use super::{Cut, Snapshot};
use crate::model::{Dataset, HighWater, Order, TimeRange};

/// Rows of one page. Its text is some 600 kB.
const ROWS_A_PAGE: usize = 20_000;

/// Records in the order of (time, row id).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Events.
    pub events: Vec<EventCells>,
    /// Tasks.
    pub tasks: Vec<TaskCells>,
    /// Numbers about agents.
    pub agent_metrics: Vec<MetricCells>,
    /// Numbers about swarms.
    pub swarm_metrics: Vec<MetricCells>,
    /// Of which datasets older records were left out.
    pub limited: Vec<Dataset>,
}

impl History {
    /// Adds what arrived later, and leaves the oldest out where there are more than `limit` of a dataset: what is left is
    /// what [`Snapshot::history`] would read by then.
    pub fn add(&mut self, news: Self, limit: usize) {
        let Self { events, tasks, agent_metrics, swarm_metrics, limited: _ } = news;
        self.join(Dataset::Events, |history| &mut history.events, events, limit);
        let oldest = self.events.first().map(|event| event.time).filter(|_| self.limited.contains(&Dataset::Events));
        self.join(Dataset::Tasks, |history| &mut history.tasks, tasks, limit);
        self.join(Dataset::AgentMetrics, |history| &mut history.agent_metrics, agent_metrics, limit);
        self.join(Dataset::SwarmMetrics, |history| &mut history.swarm_metrics, swarm_metrics, limit);
        if let Some(oldest) = oldest {
            self.tasks.retain(|task| task.time >= oldest);
            self.agent_metrics.retain(|metric| metric.time >= oldest);
            self.swarm_metrics.retain(|metric| metric.time >= oldest);
        }
    }

    fn join<C: Placed>(&mut self, dataset: Dataset, of: impl Fn(&mut Self) -> &mut Vec<C>, news: Vec<C>, limit: usize) {
        let rows = of(self);
        rows.extend(news);
        rows.sort_by_key(Placed::place); // runs in order are merged
        let surplus = rows.len().saturating_sub(limit);
        rows.drain(..surplus);
        if surplus > 0 && !self.limited.contains(&dataset) {
            self.limited.push(dataset);
        }
    }
}

impl Snapshot {
    /// The newest records of `cut` in `range`, at most `limit` of a dataset; of metrics those of the types `metrics`. When older events are left out, so is
    /// everything else that is older than the oldest event. `progress` is told how many rows were read so far.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        metrics: &[i64],
        limit: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<History, StoreError> {
        let mut history = History::default();
        let mut range = range;
        history.events = self.newest(range, cut, &[], limit, &mut history.limited, progress).await?;
        let events = history.events.len();
        let progress = &|rows: usize| progress(events + rows);
        if let Some(oldest) = history.events.first().filter(|_| !history.limited.is_empty()) {
            range.from.0 = oldest.time;
        }
        history.tasks = self.newest(range, cut, &[], limit, &mut history.limited, progress).await?;
        let agents =
            self.newest::<Measured<OfAgent>>(range, cut, metrics, limit, &mut history.limited, progress).await?;
        history.agent_metrics = agents.into_iter().map(|measured| measured.0).collect();
        let swarms =
            self.newest::<Measured<OfSwarm>>(range, cut, metrics, limit, &mut history.limited, progress).await?;
        history.swarm_metrics = swarms.into_iter().map(|measured| measured.0).collect();
        Ok(history)
    }

    /// What arrived after `after`, at whatever time; `None` when some of it is sealed already, or more than `limit`
    /// records of a dataset came: then all of the history is to be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history_since(
        &mut self,
        after: HighWater,
        metrics: &[i64],
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        let Some(events) = self.arrived(after, &[], limit).await? else { return Ok(None) };
        let Some(tasks) = self.arrived(after, &[], limit).await? else { return Ok(None) };
        let Some(agents) = self.arrived::<Measured<OfAgent>>(after, metrics, limit).await? else { return Ok(None) };
        let Some(swarms) = self.arrived::<Measured<OfSwarm>>(after, metrics, limit).await? else { return Ok(None) };
        let agent_metrics = agents.into_iter().map(|measured| measured.0).collect();
        let swarm_metrics = swarms.into_iter().map(|measured| measured.0).collect();
        Ok(Some(History { events, tasks, agent_metrics, swarm_metrics, limited: Vec::new() }))
    }

    /// The numbers of metric types, as far as any record is of them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn metric_numbers(&mut self, names: &[&str]) -> Result<Vec<i64>, StoreError> {
        let mut numbers = Vec::with_capacity(names.len());
        for name in names {
            let found: Option<i64> = sqlx::query_scalar(Dict::Metric.select_id())
                .bind(*name)
                .fetch_optional(&mut *self.tx)
                .await
                .map_err(query("look up a name"))?;
            numbers.extend(found);
        }
        Ok(numbers)
    }

    /// The words of numbers, as `(number, word)`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn words_of(&mut self, words: Words, numbers: &[u32]) -> Result<Vec<(u32, String)>, StoreError> {
        let mut select = QueryBuilder::<Sqlite>::new("select id, name from ");
        select.push(words.dict().table()).push(" where id in (select value from json_each(");
        select.push_bind(format!("{numbers:?}")).push("))");
        let found: Vec<(i64, String)> =
            select.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("look up names"))?;
        Ok(found.into_iter().filter_map(|(id, name)| Some((u32::try_from(id).ok()?, name))).collect())
    }

    /// At most `limit` rows; notes in `limited` when there are more.
    async fn newest<C: Cells>(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        metrics: &[i64],
        limit: usize,
        limited: &mut Vec<Dataset>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<C>, StoreError> {
        let measures = column_of::<C::Row>(METRIC).is_some();
        let Some(equal) = conditions::<C>(cut).filter(|_| !measures || !metrics.is_empty()) else {
            return Ok(Vec::new());
        };
        let conditions = Conditions { equal, metrics: metrics.to_vec() };
        let more = limit.saturating_add(1);
        let mut rows = self.newest_in_table::<C>(range, &conditions, more, progress).await?;
        let until = rows.last().filter(|_| rows.len() >= more).map(Placed::place);
        self.add_sealed(range, &conditions, more, until, &mut rows).await?;
        rows.sort_unstable_by_key(Placed::place);
        let surplus = rows.len().saturating_sub(limit);
        if surplus > 0 {
            limited.push(C::Row::DATASET);
            rows.drain(..surplus);
        }
        Ok(rows)
    }

    /// Newest first, page by page.
    async fn newest_in_table<C: Cells>(
        &mut self,
        range: TimeRange,
        conditions: &Conditions,
        limit: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<C>, StoreError> {
        let mut rows: Vec<C> = Vec::new();
        while rows.len() < limit {
            let page = ROWS_A_PAGE.min(limit - rows.len());
            let mut select = newest_sql::<C>(range, conditions, rows.last().map(Placed::place), page);
            let before = rows.len();
            self.add_page(&mut select, &mut rows).await?;
            progress(rows.len());
            if rows.len() - before < page {
                break;
            }
        }
        Ok(rows)
    }

    /// Adds sealed rows that pass, newest first, down to `until`; at most `limit`.
    async fn add_sealed<C: Cells>(
        &mut self,
        range: TimeRange,
        conditions: &Conditions,
        limit: usize,
        until: Option<Place>,
        rows: &mut Vec<C>,
    ) -> Result<(), StoreError> {
        if !self.any_sealed::<C::Row>().await? {
            return Ok(());
        }
        let place = |name: &str| column_of::<C::Row>(name);
        let tests = conditions.equal.iter().filter_map(|(name, id)| Some(Test::Is(place(name)?, *id))).collect();
        let metric = place(METRIC);
        let columns: Vec<usize> = C::SEALED.iter().filter_map(|name| place(name)).collect();
        let mut walk = Walk::<C::Row>::new(range, Order::Desc, tests).with(Wanted::columns(&columns));
        let mut left = limit;
        while left > 0 {
            let Some(found) = walk.next(&mut self.tx, until).await? else { break };
            let wanted = |at: &usize| {
                metric.is_none_or(|of| found.chunk.int(of, *at).is_some_and(|id| conditions.metrics.contains(&id)))
            };
            for at in found.rows.iter().copied().filter(wanted).take(left) {
                rows.push(C::sealed(&found.chunk, at).ok_or_else(|| damaged::<C>("a sealed row"))?);
                left -= 1;
            }
        }
        Ok(())
    }

    async fn arrived<C: Cells>(
        &mut self,
        after: HighWater,
        metrics: &[i64],
        limit: usize,
    ) -> Result<Option<Vec<C>>, StoreError> {
        let dataset = C::Row::DATASET;
        let sealed: bool = sqlx::query_scalar(SELECT_SEALED)
            .bind(dataset.as_str())
            .bind(after.of(dataset))
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query("look for sealed news"))?;
        if sealed {
            return Ok(None);
        }
        let mut rows = Vec::new();
        let mut select = arrived_sql::<C>(after.of(dataset), metrics, limit.saturating_add(1));
        self.add_page(&mut select, &mut rows).await?;
        rows.sort_unstable_by_key(Placed::place);
        Ok((rows.len() <= limit).then_some(rows))
    }

    /// Runs a statement whose one cell is a text of rows.
    async fn add_page<C: Cells>(
        &mut self,
        select: &mut QueryBuilder<Sqlite>,
        rows: &mut Vec<C>,
    ) -> Result<(), StoreError> {
        let text: Option<String> =
            select.build_query_scalar().fetch_one(&mut *self.tx).await.map_err(query("read the history"))?;
        for line in text.as_deref().unwrap_or_default().split_terminator('\n') {
            rows.push(C::read(&mut line.split(' ')).ok_or_else(|| damaged::<C>(line))?);
        }
        Ok(())
    }
}

/// Dictionaries whose words learning needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Of event types.
    EventTypes,
    /// Of agents.
    Agents,
    /// Of swarms.
    Swarms,
    /// Of metric types.
    Metrics,
}

impl Words {
    fn dict(self) -> Dict {
        match self {
            Self::EventTypes => Dict::Event,
            Self::Agents => Dict::Agent,
            Self::Swarms => Dict::Swarm,
            Self::Metrics => Dict::Metric,
        }
    }
}

/// The column of metrics that says what was measured.
const METRIC: &str = "metric";
const SELECT_SEALED: &str = "select exists (select 1 from chunk where dataset = ? and high_row > ?)";

fn damaged<C: Cells>(what: &str) -> StoreError {
    StoreError::Damaged { what: format!("{} hold a number out of bounds: {what}", C::Row::DATASET.as_str()) }
}

/// What rows must be like.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Conditions {
    /// Columns with their numbers.
    pub equal: Vec<(&'static str, i64)>,
    /// Metric types, one of which it must be; of metrics only.
    pub metrics: Vec<i64>,
}

/// What `cut` asks of the columns; `None` when rows of this kind do not have such a column, so that none fits.
fn conditions<C: Cells>(cut: &Cut) -> Option<Vec<(&'static str, i64)>> {
    let asked = [("agent", cut.agent), ("swarm", cut.swarm), ("project", cut.project)];
    let asked = asked.into_iter().filter_map(|(name, id)| Some((name, id?)));
    asked.map(|(name, id)| column_of::<C::Row>(name).map(|_| (name, id))).collect()
}

/// Adds that the metric is one of these, where rows have one.
fn push_metrics<C: Cells>(select: &mut QueryBuilder<Sqlite>, metrics: &[i64]) {
    if column_of::<C::Row>(METRIC).is_some() {
        let mut list = select.push(" and metric in (").separated(", ");
        metrics.iter().for_each(|metric| {
            list.push_bind(*metric);
        });
        select.push(")");
    }
}

/// Adds the head of a statement up to `where `.
fn packed<C: Cells>() -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new("select group_concat(");
    select.push(C::TEXT).push(", char(10)) from (select ").push(C::COLUMNS).push(" where ");
    select
}

/// The rows before `before`, newest first.
pub(in crate::store) fn newest_sql<C: Cells>(
    range: TimeRange,
    conditions: &Conditions,
    before: Option<Place>,
    limit: usize,
) -> QueryBuilder<Sqlite> {
    let mut select = packed::<C>();
    let until = before.map_or(range.until.0, |(time, _)| range.until.0.min(time.saturating_add(1)));
    select.push("ts >= ").push_bind(range.from.0).push(" and ts < ").push_bind(until);
    for (column, id) in &conditions.equal {
        select.push(" and ").push(*column).push(" = ").push_bind(*id);
    }
    push_metrics::<C>(&mut select, &conditions.metrics);
    if let Some((time, row)) = before {
        select.push(" and (ts, id) < (").push_bind(time).push(", ").push_bind(row).push(")");
    }
    select.push(" order by ts desc, id desc limit ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(")");
    select
}

/// The rows with ids above `after`.
pub(in crate::store) fn arrived_sql<C: Cells>(after: i64, metrics: &[i64], limit: usize) -> QueryBuilder<Sqlite> {
    let mut select = packed::<C>();
    select.push("id > ").push_bind(after);
    push_metrics::<C>(&mut select, metrics);
    select.push(" order by id limit ");
    select.push_bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(")");
    select
}
