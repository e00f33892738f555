//! Rollups: sums and sketches by slot and group.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::raw::read_sums;
use super::{Family, GroupSketch, Needs, Question, SumsAt};
use crate::analytics::grid::{Grid, Piece};
use crate::analytics::sketch::Sketch;
use crate::model::TimeRange;
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::store::StoreError;
use crate::store::error::query;
use crate::store::read::cut::push_span;
use crate::store::read::tallies::{push_slot, read_slot};
use crate::store::read::{Rollups, Snapshot};

/// The known results with their columns; other words are counted in the records.
const RESULTS: [(&str, &str); 5] =
    [("1", "success"), ("2", "failure"), ("3", "timeout"), ("4", "cancelled"), ("5", "failed")];

impl Snapshot {
    /// Sums of one piece of a rollup tier by slot of `grid` and group; a group may come in several parts. The
    /// slots must be whole buckets. `family` must hold the question.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn bucket_sums(
        &mut self,
        question: &Question,
        family: Family,
        piece: &Piece,
        grid: &Grid,
        needs: Needs,
    ) -> Result<Vec<SumsAt>, StoreError> {
        let mut sql = sums_sql(question, family, piece, grid, needs);
        let mut sums =
            sql.build().try_map(read_sums).fetch_all(&mut *self.tx).await.map_err(query("add up rollups"))?;
        if question.group_by.contains(&GroupBy::Result) {
            let mut sql = other_words_sql(question, piece.range, grid);
            let others = sql.build().try_map(read_sums).fetch_all(&mut *self.tx).await;
            sums.extend(others.map_err(query("count result words"))?);
        }
        Ok(sums)
    }

    /// Sketches of one piece of a rollup tier by slot of `grid` and group. `family` must be one with sketches:
    /// the fleet, agents, metrics.
    ///
    /// # Errors
    /// [`StoreError`]; damaged bytes are [`StoreError::Query`] too.
    pub async fn bucket_sketches(
        &mut self,
        question: &Question,
        family: Family,
        piece: &Piece,
        grid: &Grid,
    ) -> Result<Vec<GroupSketch>, StoreError> {
        let mut sql = sketches_sql(question, family, piece, grid);
        let read = |row: SqliteRow| {
            let bytes: &[u8] = row.try_get(3)?;
            let sketch = Sketch::decode(bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(GroupSketch { slot: read_slot(&row)?, group: [row.try_get(1)?, row.try_get(2)?], sketch })
        };
        sql.build().try_map(read).fetch_all(&mut *self.tx).await.map_err(query("read sketches"))
    }

    /// How many tasks of `pieces` (hours and days) recorded the question's kind of tokens, and how many any
    /// tokens. Where both are equal, or nobody recorded the kind, rollups by model and project can answer for it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn recorded_tokens(&mut self, question: &Question, pieces: &[Piece]) -> Result<(u64, u64), StoreError> {
        let mut kind_and_any = (0, 0);
        for piece in pieces {
            let mut sql = QueryBuilder::<Sqlite>::new("select (select coalesce(sum(");
            sql.push(task_columns(question.field).0).push("), 0) from fleet_rollup where ");
            push_span(&mut sql, piece.tier, piece.range);
            sql.push("), (select coalesce(sum(recorded), 0) from usage_rollup where ");
            push_span(&mut sql, piece.tier, piece.range);
            sql.push(")");
            let (kind, any): (i64, i64) =
                sql.build_query_as().fetch_one(&mut *self.tx).await.map_err(query("count recorded tokens"))?;
            kind_and_any.0 += kind.unsigned_abs();
            kind_and_any.1 += any.unsigned_abs();
        }
        Ok(kind_and_any)
    }
}

/// n and sum of a field in rollups of tasks.
fn task_columns(field: Option<Field>) -> (&'static str, &'static str) {
    match field {
        None | Some(Field::Value) => ("0", "0.0"),
        Some(Field::DurationMs) => ("duration_n", "duration_sum"),
        Some(Field::TokensUsed) => ("used_n", "used_sum"),
        Some(Field::TokensInput) => ("input_n", "input_sum"),
        Some(Field::TokensOutput) => ("output_n", "output_sum"),
        Some(Field::TokensCacheRead) => ("cache_read_n", "cache_read_sum"),
        Some(Field::TokensCacheWrite) => ("cache_write_n", "cache_write_sum"),
        Some(Field::TokensReasoning) => ("reasoning_n", "reasoning_sum"),
        Some(Field::FilesChanged) => ("files_n", "files_sum"),
        Some(Field::CostUsd) => ("cost_n", "cost_sum"),
    }
}

/// n and sum of a field in rollups by model and project.
fn usage_columns(field: Option<Field>) -> (&'static str, &'static str) {
    match field {
        Some(Field::CostUsd) => ("costed * tasks", "cost"),
        Some(Field::TokensUsed) => ("recorded", "used"),
        Some(Field::TokensInput) => ("recorded", "input"),
        Some(Field::TokensOutput) => ("recorded", "output"),
        Some(Field::TokensCacheRead) => ("recorded", "cache_read"),
        Some(Field::TokensCacheWrite) => ("recorded", "cache_write"),
        Some(Field::TokensReasoning) => ("recorded", "reasoning"),
        Some(Field::DurationMs | Field::FilesChanged | Field::Value) | None => ("0", "0.0"),
    }
}

/// The number of a group's word in a rollup.
fn group_column(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Agent => "agent",
        GroupBy::Swarm => "swarm",
        GroupBy::Project => "project",
        GroupBy::Model => "model",
        GroupBy::MetricType => "metric",
        GroupBy::EventType => "type",
        // Of the other words no rollup knows; results are columns.
        _ => "0",
    }
}

/// The same in rollups of metric series.
fn series_column(group: GroupBy) -> &'static str {
    if group == GroupBy::MetricType { "metric" } else { "subject" }
}

/// records, success, rated, n, sum, m2, min, max of one bucket.
fn columns(question: &Question, family: Family) -> [&'static str; 8] {
    match family {
        Family::Metrics => ["n", "0", "0", "n", "sum", "m2", "min", "max"],
        Family::Events => ["n", "0", "0", "0", "0.0", "0.0", "null", "null"],
        Family::Usage => {
            let (n, sum) = usage_columns(question.field);
            ["tasks", "0", "0", n, sum, "0.0", "null", "null"]
        }
        _ if question.field == Some(Field::DurationMs) => [
            "tasks",
            "success",
            "tasks - other",
            "duration_n",
            "duration_sum",
            "duration_m2",
            "duration_min",
            "duration_max",
        ],
        _ => {
            let (n, sum) = task_columns(question.field);
            ["tasks", "success", "tasks - other", n, sum, "0.0", "null", "null"]
        }
    }
}

pub(super) fn sums_sql(
    question: &Question,
    family: Family,
    piece: &Piece,
    grid: &Grid,
    needs: Needs,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    if question.group_by.contains(&GroupBy::Result) {
        for (index, (number, column)) in RESULTS.into_iter().enumerate() {
            sql.push(if index > 0 { " union all " } else { "" });
            push_slot(&mut sql, "bucket", grid);
            let place = |group: GroupBy| if group == GroupBy::Result { number } else { group_column(group) };
            question.push_groups(&mut sql, place);
            let succeeded = if number == "1" { "success" } else { "0" };
            for part in [", sum(", column, "), sum(", succeeded, "), sum(", column, "), 0, 0.0, 0.0, null, null"] {
                sql.push(part);
            }
            push_buckets(&mut sql, question, family, piece);
            sql.push(" and ").push(column).push(" > 0");
            question.push_only(&mut sql, place);
            sql.push(" group by 1, 2, 3");
        }
        return sql;
    }
    let place = if family == Family::Metrics { series_column } else { group_column };
    push_slot(&mut sql, "bucket", grid);
    question.push_groups(&mut sql, place);
    let [records, success, rated, n, sum, m2, min, max] = columns(question, family);
    if needs.spread {
        // Deviations are merged where the digits are kept.
        for part in [records, success, rated, n, sum, m2, min, max] {
            sql.push(", ").push(part);
        }
    } else {
        for part in [records, success, rated, n] {
            sql.push(", sum(").push(part).push(")");
        }
        sql.push(", total(").push(sum).push("), 0.0, min(").push(min).push("), max(").push(max).push(")");
    }
    push_buckets(&mut sql, question, family, piece);
    question.push_only(&mut sql, place);
    if !needs.spread {
        sql.push(" group by 1, 2, 3");
    }
    sql
}

/// Adds ` from …_rollup where …`.
fn push_buckets(sql: &mut QueryBuilder<Sqlite>, question: &Question, family: Family, piece: &Piece) {
    match family {
        Family::Usage => {
            sql.push(" from usage_rollup where ");
            push_span(sql, piece.tier, piece.range);
            for (column, id) in [(" and model = ", question.cut.model), (" and project = ", question.cut.project)] {
                if let Some(id) = id {
                    sql.push(column).push_bind(id);
                }
            }
        }
        Family::Metrics => {
            sql.push(" from metric_rollup indexed by metric_rollup_by_metric where ");
            push_series(sql, question, piece);
        }
        Family::Events => {
            sql.push(" from event_rollup where n > 0 and ");
            push_span(sql, piece.tier, piece.range);
            for (column, number) in &question.conditions {
                sql.push(" and ").push(*column).push(" = ").push_bind(*number);
            }
        }
        // By agent, and nothing is filtered: all agents of the span.
        Family::Agents if question.cut.rollups() == Rollups::Fleet => {
            sql.push(" from agent_rollup where ");
            push_span(sql, piece.tier, piece.range);
        }
        _ => question.cut.push_buckets(sql, piece.tier, piece.range),
    }
}

/// Adds which series and buckets are meant. Every metric is named, so that the index by metric serves.
fn push_series(sql: &mut QueryBuilder<Sqlite>, question: &Question, piece: &Piece) {
    sql.push("kind = ").push(if question.source == Source::AgentMetrics { "1" } else { "2" });
    let metric = question.conditions.iter().find(|(column, _)| *column == "metric");
    match metric {
        Some((_, number)) => sql.push(" and metric = ").push_bind(*number),
        None => sql.push(" and metric in (select id from metric_name)"),
    };
    sql.push(" and ");
    push_span(sql, piece.tier, piece.range);
    for (_, number) in question.conditions.iter().filter(|(column, _)| *column != "metric") {
        sql.push(" and subject = ").push_bind(*number);
    }
}

/// Records with a result word that rollups do not tell apart, or none.
pub(super) fn other_words_sql(question: &Question, range: TimeRange, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    push_slot(&mut sql, "ts", grid);
    question.push_groups(&mut sql, super::raw::group_column);
    sql.push(", count(*), 0, 0, 0, 0.0, 0.0, null, null");
    question.cut.push_tasks(&mut sql, range);
    sql.push(" and (result is null or result > 15)");
    question.push_only(&mut sql, super::raw::group_column);
    sql.push(" group by 1, 2, 3");
    sql
}

pub(super) fn sketches_sql(question: &Question, family: Family, piece: &Piece, grid: &Grid) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("");
    push_slot(&mut sql, "bucket", grid);
    match family {
        Family::Metrics => {
            question.push_groups(&mut sql, series_column);
            // The sketches have no index by metric, the rollups have.
            sql.push(", (select value from metric_sketch s where s.kind = metric_rollup.kind");
            sql.push(" and s.subject = metric_rollup.subject and s.metric = metric_rollup.metric");
            sql.push(" and s.tier = metric_rollup.tier and s.bucket = metric_rollup.bucket)");
            push_buckets(&mut sql, question, family, piece);
            question.push_only(&mut sql, series_column);
        }
        Family::Agents if question.cut.rollups() == Rollups::Fleet => {
            question.push_groups(&mut sql, group_column);
            sql.push(", duration from agent_sketch where ");
            push_span(&mut sql, piece.tier, piece.range);
            question.push_only(&mut sql, group_column);
        }
        Family::Agents => {
            question.push_groups(&mut sql, group_column);
            sql.push(", (select duration from agent_sketch s where s.tier = agent_rollup.tier");
            sql.push(" and s.bucket = agent_rollup.bucket and s.agent = agent_rollup.agent");
            sql.push(" and s.swarm = agent_rollup.swarm)");
            push_buckets(&mut sql, question, family, piece);
            sql.push(" and duration_n > 0");
            question.push_only(&mut sql, group_column);
        }
        _ => {
            question.push_groups(&mut sql, group_column);
            sql.push(", duration from fleet_sketch where ");
            push_span(&mut sql, piece.tier, piece.range);
        }
    }
    sql
}
