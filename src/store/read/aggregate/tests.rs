//! How SQLite means to answer aggregates: always from a range of an index.

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite};

use super::{Family, Needs, Question, buckets, raw};
use crate::analytics::grid::{Grid, Piece};
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::model::answer::Tier;
use crate::model::time::{DAY, HOUR};
use crate::model::{Micros, TimeRange};
use crate::store::read::Cut;
use crate::store::{Store, StoreOptions};

const RANGE: TimeRange =
    TimeRange { from: Micros(1_767_225_600_000_000), until: Micros(1_767_225_600_000_000 + 3 * DAY) };
const PIECE: Piece = Piece { tier: Tier::Hour, range: RANGE };

async fn plan(store: &Store, sql: &QueryBuilder<Sqlite>) -> String {
    let text = format!("explain query plan {}", sql.sql().as_str());
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(text)).fetch_all(store.reader()).await.expect("a plan");
    rows.into_iter().map(|(_, _, _, step)| step).collect::<Vec<_>>().join("\n")
}

fn question(source: Source, field: Option<Field>, group_by: &[GroupBy]) -> Question {
    Question { source, field, group_by: group_by.to_vec(), cut: Cut::default(), conditions: Vec::new(), only: None }
}

#[tokio::test]
async fn sums_values_and_sketches_come_from_a_range_of_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
    let grid = Grid::over(RANGE, HOUR);
    let needs = Needs { spread: true, ..Needs::default() };
    let duration = Some(Field::DurationMs);
    let mut by_model = question(Source::Tasks, duration, &[GroupBy::Model]);
    by_model.only = Some(vec![1, 2]);
    let mut load = question(Source::AgentMetrics, Some(Field::Value), &[GroupBy::Agent]);
    load.conditions = vec![("metric", 1)];
    let by_agent = question(Source::Tasks, duration, &[GroupBy::Agent]);
    let by_result = question(Source::Tasks, None, &[GroupBy::Result]);
    let events = question(Source::Events, None, &[GroupBy::EventType]);
    let mut spawns = events.clone();
    spawns.conditions = vec![("type", 1)];
    let by_project = question(Source::Tasks, Some(Field::CostUsd), &[GroupBy::Project]);
    let fleet = question(Source::Tasks, duration, &[]);
    let rollup = "PRIMARY KEY (tier=? AND bucket>? AND bucket<?)";
    let series = "metric_rollup_by_metric (kind=? AND metric=? AND tier=? AND bucket>? AND bucket<?)";
    let times = "(ts>? AND ts<?)";
    for (sql, index) in [
        (raw::sums_sql(&by_model, RANGE, &grid), times),
        (raw::values_sql(&by_model, RANGE, &grid), times),
        (raw::sums_sql(&events, RANGE, &grid), "COVERING INDEX event_by_time (ts>? AND ts<?)"),
        (buckets::sums_sql(&events, Family::Events, &PIECE, &grid, Needs::default()), rollup),
        (buckets::sums_sql(&spawns, Family::Events, &PIECE, &grid, Needs::default()), rollup),
        (raw::sums_sql(&load, RANGE, &grid), "agent_metric_by_time (ts>? AND ts<?)"),
        (buckets::sums_sql(&fleet, Family::Fleet, &PIECE, &grid, needs), rollup),
        (buckets::sums_sql(&by_agent, Family::Agents, &PIECE, &grid, Needs::default()), rollup),
        (buckets::sums_sql(&by_project, Family::Usage, &PIECE, &grid, Needs::default()), rollup),
        (buckets::sums_sql(&by_result, Family::Fleet, &PIECE, &grid, Needs::default()), rollup),
        (buckets::sums_sql(&load, Family::Metrics, &PIECE, &grid, needs), series),
        (buckets::other_words_sql(&by_result, RANGE, &grid), "task_other (ts>? AND ts<?)"),
        (buckets::sketches_sql(&fleet, Family::Fleet, &PIECE, &grid), rollup),
        (buckets::sketches_sql(&by_agent, Family::Agents, &PIECE, &grid), rollup),
        (buckets::sketches_sql(&load, Family::Metrics, &PIECE, &grid), series),
    ] {
        let plan = plan(&store, &sql).await;
        assert!(plan.contains(index) && !plan.contains("SCAN "), "{plan}\n{}", sql.sql().as_str());
    }
}

#[test]
fn the_rows_that_hold_what_is_asked_answer() {
    let tasks = |field, group_by: &[GroupBy]| question(Source::Tasks, field, group_by);
    let (plain, whole) = (Needs::default(), Needs { quantiles: true, ..Needs::default() });
    let duration = Some(Field::DurationMs);
    for (question, needs, family) in [
        (tasks(duration, &[]), whole, Family::Fleet),
        (tasks(duration, &[GroupBy::Swarm]), whole, Family::Agents),
        (tasks(None, &[GroupBy::Result]), plain, Family::Fleet),
        (tasks(None, &[GroupBy::Agent, GroupBy::Result]), plain, Family::Agents),
        (tasks(duration, &[GroupBy::Result]), plain, Family::Records),
        (tasks(Some(Field::TokensUsed), &[GroupBy::Agent]), plain, Family::Agents),
        (tasks(Some(Field::TokensUsed), &[GroupBy::Agent]), whole, Family::Records),
        (tasks(Some(Field::TokensUsed), &[GroupBy::Model]), plain, Family::Usage),
        (tasks(duration, &[GroupBy::Model]), plain, Family::Records),
        (question(Source::SwarmMetrics, Some(Field::Value), &[GroupBy::MetricType]), whole, Family::Metrics),
        (question(Source::SwarmMetrics, Some(Field::Value), &[GroupBy::Project]), plain, Family::Records),
        (question(Source::Events, None, &[]), plain, Family::Events),
        (question(Source::Events, None, &[GroupBy::EventType]), plain, Family::Events),
        (question(Source::Events, None, &[GroupBy::Agent]), plain, Family::Records),
        (question(Source::Healings, duration, &[]), plain, Family::Records),
    ] {
        assert_eq!(question.family(needs), family, "{question:?} {needs:?}");
    }
}
