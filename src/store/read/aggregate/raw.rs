//! The records themselves: sums by slot and group, and every value.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::{Group, Question, SumsAt, ValueAt};
use crate::analytics::grid::Grid;
use crate::analytics::stats::Moments;
use crate::model::TimeRange;
use crate::model::aggregate::{GroupBy, Source};
use crate::store::StoreError;
use crate::store::error::query;
use crate::store::read::Snapshot;
use crate::store::read::durations::{unpack, unpack_durations};
use crate::store::read::tallies::{push_slot, read_slot};

/// The number of a group's word in a row; 0 for none. A flag counts from 1.
pub(super) fn group_column(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Agent => "coalesce(agent, 0)",
        GroupBy::Swarm => "coalesce(swarm, 0)",
        GroupBy::Project => "coalesce(project, 0)",
        GroupBy::Model => "coalesce(model, 0)",
        GroupBy::Result => "coalesce(result, 0)",
        GroupBy::MetricType => "metric",
        GroupBy::EventType => "type",
        GroupBy::AgentType => "coalesce(agent_type, 0)",
        GroupBy::Strategy => "strategy",
        GroupBy::FailureType => "failure_type",
        GroupBy::Success => "success + 1",
    }
}

impl Snapshot {
    /// Sums of the records in `range` by slot of `grid` and group.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn record_sums(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
    ) -> Result<Vec<SumsAt>, StoreError> {
        let mut sql = sums_sql(question, range, grid);
        let mut sums =
            sql.build().try_map(read_sums).fetch_all(&mut *self.tx).await.map_err(query("add up records"))?;
        self.add_sealed_sums(question, range, grid, &mut sums).await?;
        Ok(sums)
    }

    /// The field of every record in `range` that carries it, in no order. Packed into texts by SQLite, which is
    /// several times faster than rows; all aggregates see the rows in the same order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_values(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
    ) -> Result<Vec<ValueAt>, StoreError> {
        let mut sql = values_sql(question, range, grid);
        let row = sql.build().fetch_one(&mut *self.tx).await.map_err(query("read values"))?;
        let text = |index: usize| row.try_get::<&str, _>(index).map_err(query("read values"));
        let slots: Vec<usize> = unpack(text(0)?)?;
        let values = unpack_durations(text(1)?)?;
        let mut groups: Vec<Group> = vec![[0; 2]; slots.len()];
        for place in 0..question.group_by.len() {
            let numbers: Vec<i64> = unpack(text(2 + place)?)?;
            groups.iter_mut().zip(numbers).for_each(|(group, number)| group[place] = number);
        }
        let all = slots.into_iter().zip(groups).zip(values);
        let mut values = all.map(|((slot, group), value)| ValueAt { slot, group, value }).collect();
        drop(row);
        self.add_sealed_values(question, range, grid, &mut values).await?;
        Ok(values)
    }
}

/// Adds ` from … where …` for the records of `question` in `range`.
fn push_records(sql: &mut QueryBuilder<Sqlite>, question: &Question, range: TimeRange) {
    let table = match question.source {
        Source::Tasks => {
            question.cut.push_tasks(sql, range);
            question.push_only(sql, group_column);
            return;
        }
        Source::AgentMetrics => "agent_metric",
        Source::SwarmMetrics => "swarm_metric",
        Source::Events => "event",
        Source::Healings => "healing",
    };
    sql.push(" from ").push(table).push(" where ts >= ").push_bind(range.from.0);
    sql.push(" and ts < ").push_bind(range.until.0);
    for (column, number) in &question.conditions {
        sql.push(" and ").push(*column).push(" = ").push_bind(*number);
    }
    question.push_only(sql, group_column);
}

pub(super) fn sums_sql(question: &Question, range: TimeRange, grid: &Grid) -> QueryBuilder<Sqlite> {
    let (success, rated) = match question.source {
        Source::Tasks => ("count(*) filter (where result = 1)", "count(*) filter (where result between 1 and 5)"),
        Source::Healings => ("sum(success)", "count(*)"),
        _ => ("0", "0"),
    };
    let value = question.value_column();
    let mut sql = QueryBuilder::new("");
    push_slot(&mut sql, "ts", grid);
    question.push_groups(&mut sql, group_column);
    for part in [", count(*), ", success, ", ", rated, ", count(", value, "), total(", value, "), 0.0, min("] {
        sql.push(part);
    }
    sql.push(value).push("), max(").push(value).push(")");
    push_records(&mut sql, question, range);
    sql.push(" group by 1, 2, 3");
    sql
}

pub(super) fn values_sql(question: &Question, range: TimeRange, grid: &Grid) -> QueryBuilder<Sqlite> {
    let value = question.value_column();
    let mut sql = QueryBuilder::new("select json_group_array((ts - ");
    sql.push_bind(grid.start.0).push(") / ").push_bind(grid.step).push("), json_group_array(");
    sql.push(value).push(")");
    for group in &question.group_by {
        sql.push(", json_group_array(").push(group_column(*group)).push(")");
    }
    push_records(&mut sql, question, range);
    sql.push(" and ").push(value).push(" is not null");
    sql
}

/// Reads slot, both groups, records, success, rated, and n, sum, m2, min, max.
pub(super) fn read_sums(row: SqliteRow) -> Result<SumsAt, sqlx::Error> {
    let count = |index: usize| row.try_get::<i64, _>(index).map(i64::unsigned_abs);
    // Extremes of whole numbers come as integers.
    let number = |index: usize| match row.try_get::<Option<f64>, _>(index) {
        Ok(number) => Ok(number),
        #[expect(clippy::cast_precision_loss, reason = "shown as floating point anyway")]
        Err(_) => row.try_get::<Option<i64>, _>(index).map(|number| number.map(|number| number as f64)),
    };
    Ok(SumsAt {
        slot: read_slot(&row)?,
        group: [row.try_get(1)?, row.try_get(2)?],
        records: count(3)?,
        success: count(4)?,
        rated: count(5)?,
        moments: Moments {
            n: count(6)?,
            sum: number(7)?.unwrap_or_default(),
            m2: number(8)?.unwrap_or_default(),
            min: number(9)?,
            max: number(10)?,
        },
    })
}
