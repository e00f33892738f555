//! Sealed tasks by place: newest, slowest, by id; and whole tasks again from their row ids.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};

use super::super::super::StoreError;
use super::super::super::archive::rows::task;
use super::super::super::archive::{Chunk, Head, Place, Sealed, Test, Walk, Wanted, open_at, open_holding};
use super::super::super::error::query;
use super::super::super::key::TextId;
use super::super::super::table::Table as _;
use super::super::super::tasks::TaskRow;
use super::super::{Cut, Snapshot};
use crate::model::{Order, TimeRange};

/// Results that are failures.
const FAILURES: &[i64] = &[2, 3, 5];
/// Above it are words that importers brought.
const LAST_KNOWN_RESULT: i64 = 15;

/// Heads of the chunks that overlap a range, those with the longest durations first.
const SELECT_LONGEST: &str = "select id, rows, first_ts, first_row, last_ts, last_row, failures, others, timed, \
    duration_max from chunk where dataset = 'tasks' and first_ts < ?2 and last_ts >= ?1 and duration_max is not null \
    order by duration_max desc";

/// A duration and where its task lies, in the order of a list of the longest.
pub(in super::super) type Long = (f64, i64, i64);

impl Snapshot {
    /// The places of the newest sealed rows that pass, newest first, down to `until`.
    pub(in super::super) async fn newest_sealed<T: Sealed>(
        &mut self,
        range: TimeRange,
        tests: Vec<Test>,
        limit: usize,
        until: Option<Place>,
        passes: fn(&Head) -> bool,
    ) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        if !self.any_sealed::<T>().await? {
            return Ok(places);
        }
        let mut walk = Walk::<T>::new(range, Order::Desc, tests).where_head(passes);
        while places.len() < limit {
            let Some(found) = walk.next(&mut self.tx, until).await? else { break };
            let rows = found.rows.iter().filter_map(|row| found.chunk.place(*row));
            places.extend(rows.take(limit - places.len()));
        }
        Ok(places)
    }

    /// Row ids of the newest of `places` (of the table, newest first) and of sealed tasks that pass.
    pub(in super::super) async fn newest_with_sealed(
        &mut self,
        mut places: Vec<Place>,
        range: TimeRange,
        tests: Vec<Test>,
        limit: u32,
        passes: fn(&Head) -> bool,
    ) -> Result<Vec<i64>, StoreError> {
        let limit = limit as usize;
        let until = places.last().filter(|_| places.len() >= limit).copied();
        let sealed = self.newest_sealed::<TaskRow>(range, tests, limit, until, passes).await?;
        self.known.times.extend(sealed.iter().map(|(ts, id)| (*id, *ts)));
        places.extend(sealed);
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.truncate(limit);
        Ok(places.into_iter().map(|(_, id)| id).collect())
    }

    /// As [`Self::newest_with_sealed`], for tasks that failed.
    pub(in super::super) async fn newest_failures_with_sealed(
        &mut self,
        places: Vec<Place>,
        range: TimeRange,
        cut: &Cut,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let mut tests = cut.tests();
        tests.push(Test::OneOf(task::RESULT, FAILURES));
        self.newest_with_sealed(places, range, tests, limit, |head| head.stats.failures > 0).await
    }

    /// Calls `each` with the sealed tasks of `cut` that have an imported result word, or none.
    pub(in super::super) async fn each_sealed_other(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        mut each: impl FnMut(&Chunk, usize),
    ) -> Result<(), StoreError> {
        if !self.any_sealed::<TaskRow>().await? {
            return Ok(());
        }
        let mut tests = cut.tests();
        tests.push(Test::NoneOrAbove(task::RESULT, LAST_KNOWN_RESULT));
        let mut walk = Walk::<TaskRow>::new(range, Order::Asc, tests).where_head(|head| head.stats.others > 0);
        while let Some(found) = walk.next(&mut self.tx, None).await? {
            found.rows.iter().for_each(|row| each(&found.chunk, *row));
        }
        Ok(())
    }

    /// The longest sealed tasks of `cut` in `range`, longest first. Chunks whose longest task would not be
    /// among them are not opened.
    pub(in super::super) async fn longest_sealed(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        limit: u32,
    ) -> Result<Vec<Long>, StoreError> {
        let mut longest: Vec<Long> = Vec::new();
        if !self.any_sealed::<TaskRow>().await? {
            return Ok(longest);
        }
        let heads: Vec<Head> = sqlx::query_as(SELECT_LONGEST)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("find the slowest tasks"))?;
        for head in heads {
            let beaten = longest.len() >= limit as usize
                && longest.last().is_some_and(|(least, ..)| head.stats.duration_max.is_none_or(|most| most < *least));
            if beaten {
                break;
            }
            let walk = Walk::<TaskRow>::new(range, Order::Asc, cut.tests()).with(Wanted::columns(&[task::DURATION]));
            let Some(found) = walk.look_into(&mut self.tx, head).await? else { continue };
            longest.extend(found.rows.iter().filter_map(|row| {
                let (ts, id) = found.chunk.place(*row)?;
                Some((found.chunk.real(task::DURATION, *row)?, ts, id))
            }));
            keep_longest(&mut longest, limit);
        }
        self.known.times.extend(longest.iter().map(|(_, ts, id)| (*id, *ts)));
        Ok(longest)
    }

    /// The place of the newest sealed task with this id.
    pub(in super::super) async fn sealed_by_id(
        &mut self,
        range: TimeRange,
        task_id: TextId,
    ) -> Result<Option<Place>, StoreError> {
        let tests = vec![Test::Id(task::TASK_ID, task_id)];
        let place = self.newest_sealed::<TaskRow>(range, tests, 1, None, |_| true).await?.pop();
        self.known.times.extend(place.map(|(ts, id)| (id, ts)));
        Ok(place)
    }

    /// The sealed tasks with these row ids, in no order.
    async fn sealed_tasks(&mut self, ids: &[i64]) -> Result<Vec<(i64, TaskRow)>, StoreError> {
        let mut tasks = Vec::new();
        let mut left: BTreeMap<Option<i64>, Vec<i64>> = BTreeMap::new();
        for id in ids {
            left.entry(self.known.times.get(id).copied()).or_default().push(*id);
        }
        // By time, so that tasks of one chunk are taken from it together.
        let mut wanted: Vec<(Option<i64>, i64)> =
            left.into_iter().flat_map(|(ts, ids)| ids.into_iter().map(move |id| (ts, id))).collect();
        while let Some((ts, id)) = wanted.last().copied() {
            let chunk = match ts {
                Some(ts) => open_at::<TaskRow>(&mut self.tx, (ts, id)).await?,
                None => open_holding::<TaskRow>(&mut self.tx, id).await?,
            };
            let before = wanted.len();
            if let Some(chunk) = chunk {
                for row in 0..chunk.head.rows {
                    let here = chunk.place(row).and_then(|(_, id)| wanted.iter().position(|(_, sought)| *sought == id));
                    if let Some(place) = here {
                        wanted.remove(place);
                        tasks.push(chunk.row(row)?);
                    }
                }
            }
            if wanted.len() == before {
                wanted.pop(); // it is not sealed either
            }
        }
        Ok(tasks)
    }

    /// A statement whose table `t` holds the sealed tasks with these row ids; `None` when none is sealed.
    pub(in super::super) async fn sealed_tasks_sql(
        &mut self,
        ids: &[i64],
    ) -> Result<Option<QueryBuilder<Sqlite>>, StoreError> {
        if ids.is_empty() || !self.any_sealed::<TaskRow>().await? {
            return Ok(None);
        }
        let tasks = self.sealed_tasks(ids).await?;
        if tasks.is_empty() {
            return Ok(None);
        }
        let mut sql = QueryBuilder::new(format!("with t ({}) as (", TaskRow::sql().columns));
        push_rows(&mut sql, &tasks);
        sql.push(") ");
        Ok(Some(sql))
    }
}

/// Adds `values (…), (…)` of task rows, in the order of their columns.
fn push_rows(sql: &mut QueryBuilder<Sqlite>, tasks: &[(i64, TaskRow)]) {
    sql.push_values(tasks, |mut row, (id, task)| {
        row.push_bind(*id).push_bind(task.ts);
        match &task.task_id {
            TextId::Uuid(bytes) => row.push_bind(bytes.to_vec()),
            TextId::Text(text) => row.push_bind(text.to_string()),
        };
        row.push_bind(task.agent).push_bind(task.swarm).push_bind(task.model).push_bind(task.result);
        row.push_bind(task.duration_ms).push_bind(task.used).push_bind(task.files);
        row.push_bind(task.tokens.input).push_bind(task.tokens.output).push_bind(task.tokens.cache_read);
        row.push_bind(task.tokens.cache_write).push_bind(task.tokens.reasoning).push_bind(task.cost);
        row.push_bind(task.metadata.as_deref().map(str::to_owned));
        row.push_bind(task.origin.project).push_bind(task.origin.source);
        row.push_bind(task.origin.source_key.as_deref().map(str::to_owned));
    });
}

/// Leaves the `limit` longest, longest first, newest first of equals.
pub(in super::super) fn keep_longest(longest: &mut Vec<Long>, limit: u32) {
    longest.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (b.1, b.2).cmp(&(a.1, a.2))));
    longest.truncate(limit as usize);
}
