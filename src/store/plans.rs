//! How SQLite means to run the statements of this room: by index, and without sorting.

mod texts;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::derived;
use super::events::EventRow;
use super::healings::HealingRow;
use super::insert;
use super::memory::MemoryRow;
use super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::news;
use super::page;
use super::page_sorted::{self, SortKey, SortPlace, TaskSort};
use super::read::healings;
use super::registry::LifeRow;
use super::table::Table;
use super::tasks::TaskRow;
use super::{Store, StoreOptions};
use crate::model::filter::PageRequest;
use crate::model::healing::Origin;
use crate::model::{Cursor, Micros, Order, RecordFilter, TimeRange};

/// The steps of `explain query plan`, one a line. Values are left unbound.
async fn plan(connection: &mut SqliteConnection, sql: &str) -> String {
    try_plan(connection, sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

/// The same; the error when SQLite cannot make sense of `sql`.
async fn try_plan(connection: &mut SqliteConnection, sql: &str) -> Result<String, sqlx::Error> {
    let rows = sqlx::raw_sql(AssertSqlSafe(format!("explain query plan {sql}"))).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.get::<String, _>(3)).collect::<Vec<_>>().join("\n"))
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
    (store, folder)
}

fn request(order: Order, filter: RecordFilter) -> PageRequest {
    let after = Some(Cursor { time: Micros(5), row: 1 });
    PageRequest { range: TimeRange::ALL, filter, order, after, limit: 10 }
}

async fn page_plan<T: Table>(store: &Store, order: Order) -> String {
    let statement = page::statement::<T>(&request(order, RecordFilter::default()), &[]);
    let mut connection = store.reader().acquire().await.expect("a connection");
    plan(&mut connection, statement.sql().as_str()).await
}

#[tokio::test]
async fn pages_walk_an_index_and_never_sort_a_table() {
    let (store, _folder) = store().await;
    for order in [Order::Asc, Order::Desc] {
        let plans = [
            // Tasks of one instant stand in the order of their ids in the index, so those few are sorted.
            (page_plan::<TaskRow>(&store, order).await, "sqlite_autoindex_task_1 (ts>? AND ts<?)"),
            (page_plan::<MetricRow<OfAgent>>(&store, order).await, "agent_metric_by_time (ts>? AND ts<?)"),
            (page_plan::<MetricRow<OfSwarm>>(&store, order).await, "swarm_metric_by_time (ts>? AND ts<?)"),
            (page_plan::<EventRow>(&store, order).await, "event_by_time (ts>? AND ts<?)"),
            (page_plan::<HealingRow>(&store, order).await, "healing_by_time (ts>? AND ts<?)"),
            (page_plan::<LifeRow>(&store, order).await, "agent_life_by_time (spawn_ts>? AND spawn_ts<?)"),
            (page_plan::<MemoryRow>(&store, order).await, "memory_by_time (ts>? AND ts<?)"),
        ];
        for (plan, index) in plans {
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("USE TEMP B-TREE FOR ORDER BY"), "{plan}");
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}

#[tokio::test]
async fn the_filters_pages_link_to_have_an_index_of_their_own() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let by = |conditions: Vec<page::Condition>| (request(Order::Desc, RecordFilter::default()), conditions);
    let number = |column| page::Condition::Number(column, 1);
    let (agent, by_agent) = by(vec![number("agent")]);
    let (failed, by_failure) = by(vec![page::Condition::Failure(2)]);
    let (task, by_task) = by(vec![page::Condition::Id("task_id", super::key::TextId::new("t"))]);
    let (series, by_series) = by(vec![number("agent"), number("metric")]);
    let cases = [
        (page::statement::<TaskRow>(&agent, &by_agent), "task_by_agent (agent=? AND ts>? AND ts<?)"),
        (page::statement::<TaskRow>(&failed, &by_failure), "task_failed (ts>? AND ts<?)"),
        (page::statement::<EventRow>(&agent, &by_agent), "event_by_agent (agent=? AND ts>? AND ts<?)"),
        (page::statement::<EventRow>(&task, &by_task), "event_by_task (task_id=? AND ts>? AND ts<?)"),
        (
            page::statement::<MetricRow<OfAgent>>(&series, &by_series),
            "agent_metric_by_series (agent=? AND metric=? AND ts>? AND ts<?)",
        ),
    ];
    for (statement, index) in cases {
        let plan = plan(&mut connection, statement.sql().as_str()).await;
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn news_are_read_by_row_id_from_their_place_on() {
    async fn news_plan<T: Table>(store: &Store) -> String {
        let mut connection = store.reader().acquire().await.expect("a connection");
        plan(&mut connection, news::statement::<T>(1, 2, 3).sql().as_str()).await
    }
    let (store, _folder) = store().await;
    let plans = [
        news_plan::<TaskRow>(&store).await,
        news_plan::<MetricRow<OfAgent>>(&store).await,
        news_plan::<MetricRow<OfSwarm>>(&store).await,
        news_plan::<EventRow>(&store).await,
        news_plan::<HealingRow>(&store).await,
        news_plan::<LifeRow>(&store).await,
        news_plan::<MemoryRow>(&store).await,
    ];
    for plan in plans {
        assert!(
            plan.starts_with("SEARCH") && plan.contains("USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
            "{plan}"
        );
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn lists_in_another_order_than_that_of_time_look_only_at_the_tasks_they_are_about() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let after = SortPlace { key: Some(SortKey::Real(5.0)), row: 1 };
    let cases = [
        (Vec::new(), "sqlite_autoindex_task_1 (ts>? AND ts<?)"),
        (vec![page::Condition::Number("agent", 1)], "task_by_agent (agent=? AND ts>? AND ts<?)"),
        (vec![page::Condition::Failure(2)], "task_failed (ts>? AND ts<?)"),
    ];
    for (conditions, index) in cases {
        let request = request(Order::Desc, RecordFilter::default());
        for sort in [TaskSort::Duration, TaskSort::Tokens, TaskSort::Agent, TaskSort::Result] {
            let sql = page_sorted::sorted_sql(&request, &conditions, sort, Some(&after));
            let plan = plan(&mut connection, sql.sql().as_str()).await;
            assert!(plan.contains(index) && !plan.contains("SCAN"), "{plan}");
        }
        let count = page_sorted::count_sql(request.range, &conditions, 10_000);
        let plan = plan(&mut connection, count.sql().as_str()).await;
        assert!(plan.contains(index) && !plan.contains("SCAN task"), "{plan}");
    }
}

/// The plans of looking up two rows by each key of `T`.
async fn key_plans<T: Table>(store: &Store) -> Vec<String> {
    let mut connection = store.reader().acquire().await.expect("a connection");
    let mut plans = Vec::new();
    for key in T::KEYS {
        let width = key.columns.split(',').count();
        let row = format!("({})", vec!["?"; width].join(", "));
        let sql = format!("{}values {row}, {row})", insert::select_by_key::<T>(key));
        plans.push(plan(&mut connection, &sql).await);
    }
    plans
}

#[tokio::test]
async fn repeats_are_found_by_their_unique_keys() {
    let (store, _folder) = store().await;
    let plans = [
        key_plans::<TaskRow>(&store).await,
        key_plans::<MetricRow<OfAgent>>(&store).await,
        key_plans::<MetricRow<OfSwarm>>(&store).await,
        key_plans::<EventRow>(&store).await,
        key_plans::<HealingRow>(&store).await,
        key_plans::<LifeRow>(&store).await,
        key_plans::<MemoryRow>(&store).await,
    ];
    for plan in plans.iter().flatten() {
        assert!(plan.starts_with("SEARCH") && plan.contains("USING INDEX"), "{plan}");
    }
}

#[tokio::test]
async fn rollup_cells_are_found_by_their_primary_keys() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    for (sql, keys) in super::rollup::cell_reads() {
        let row = format!("({})", vec!["?"; keys].join(", "));
        let plan = plan(&mut connection, &format!("{sql}values {row}, {row})")).await;
        assert!(!plan.contains("SCAN r") && !plan.contains("SCAN s"), "{sql}\n{plan}");
        assert!(plan.contains("SEARCH r USING PRIMARY KEY"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn the_history_is_read_by_time_or_by_agent_and_what_arrived_by_row_id() {
    use super::read::cells::{Cells, EventCells, TaskCells};
    use super::read::history::{Conditions, arrived_sql, newest_sql};
    async fn plans<C: Cells>(store: &Store) -> [String; 3] {
        let mut connection = store.reader().acquire().await.expect("a connection");
        let all = newest_sql::<C>(TimeRange::ALL, &Conditions::default(), Some((5, 1)), 10);
        let of_agent = Conditions { equal: vec![("agent", 1)], ..Conditions::default() };
        let of_agent = newest_sql::<C>(TimeRange::ALL, &of_agent, None, 10);
        let arrived = arrived_sql::<C>(7, &[], 10);
        [
            plan(&mut connection, all.sql().as_str()).await,
            plan(&mut connection, of_agent.sql().as_str()).await,
            plan(&mut connection, arrived.sql().as_str()).await,
        ]
    }
    let (store, _folder) = store().await;
    let [all, of_agent, arrived] = plans::<EventCells>(&store).await;
    assert!(all.contains("SEARCH event USING INDEX event_by_time (ts>? AND ts<?)"), "{all}");
    assert!(of_agent.contains("SEARCH event USING INDEX event_by_agent (agent=? AND ts>? AND ts<?)"), "{of_agent}");
    assert!(arrived.contains("SEARCH event USING INTEGER PRIMARY KEY (rowid>?)"), "{arrived}");
    // Rows of one instant are sorted among themselves, but never a whole table.
    assert!(![all, of_agent, arrived].iter().any(|plan| plan.contains("TEMP B-TREE FOR ORDER BY")));
    let [all, of_agent, arrived] = plans::<TaskCells>(&store).await;
    assert!(all.contains("SEARCH task USING INDEX sqlite_autoindex_task_1 (ts>? AND ts<?)"), "{all}");
    assert!(of_agent.contains("SEARCH task USING INDEX task_by_agent (agent=? AND ts>? AND ts<?)"), "{of_agent}");
    assert!(arrived.contains("SEARCH task USING INTEGER PRIMARY KEY (rowid>?)"), "{arrived}");
    assert!(![all, of_agent, arrived].iter().any(|plan| plan.contains("TEMP B-TREE FOR ORDER BY")));
}

#[tokio::test]
async fn events_of_an_occurrence_are_found_by_their_agent_or_their_time() {
    use super::read::of_type_sql;
    let (store, _folder) = store().await;
    let filter = RecordFilter::default();
    let all = store.snapshot().await.expect("a moment").cut(&filter).await.expect("readable").expect("everything");
    let mut connection = store.reader().acquire().await.expect("a connection");
    let of_any = plan(&mut connection, of_type_sql(TimeRange::ALL, &all, 1, 20).sql().as_str()).await;
    assert!(of_any.contains("SEARCH e USING INDEX event_by_time (ts>? AND ts<?)"), "{of_any}");
    let of_agent = plan(&mut connection, of_type_sql(TimeRange::ALL, &all.of_agent(1), 1, 20).sql().as_str()).await;
    assert!(of_agent.contains("SEARCH e USING INDEX event_by_agent (agent=? AND ts>? AND ts<?)"), "{of_agent}");
}

#[tokio::test]
async fn sealed_chunks_are_found_by_time() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    for statement in super::archive::statements() {
        let plan = plan(&mut connection, statement).await;
        assert!(plan.contains("SEARCH chunk USING") && plan.contains("INDEX chunk_by_time (dataset=?"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn retention_finds_what_it_takes_by_index() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let clears = super::rollup::clears().into_iter().map(str::to_owned);
    for sql in super::retention::statements().into_iter().chain(clears) {
        for step in plan(&mut connection, &sql).await.lines() {
            // `a`: one row a day and dataset; `(…)`: the few rows of a subquery; a constant row is no row of a table.
            let few = ["SCAN CONSTANT ROW", "SCAN metric_name"].iter().any(|known| step.starts_with(known));
            let walks = step.starts_with("SCAN ") && !step.starts_with("SCAN (") && !few;
            assert!(!walks, "`{step}` in {sql}");
        }
    }
}

#[tokio::test]
async fn healings_are_read_by_their_time_and_looked_for_by_their_agent() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let conditions = [page::Condition::Number("strategy", 1), page::Condition::Number("success", 1)];
    let (range, after) = (TimeRange::ALL, Some((Micros(5), 1)));
    let reads = [
        (healings::pack_sql(Origin::Reported, range, &conditions), "healing_by_time (ts>? AND ts<?)"),
        (healings::pack_sql(Origin::Derived, range, &conditions), "derived_healing_by_time (ts>? AND ts<?)"),
        (healings::waiting_sql(range, &conditions), "derived_healing"),
        (healings::entries_sql(range, &conditions, after, 10), "derived_healing_by_time (ts>? AND ts<?)"),
    ];
    for (sql, index) in reads {
        let plan = plan(&mut connection, sql.sql().as_str()).await;
        assert!(plan.contains(index) && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
    for sql in derived::statements() {
        let plan = plan(&mut connection, sql).await;
        for step in plan.lines().filter(|step| step.starts_with("SCAN ")) {
            assert_eq!(step, "SCAN CONSTANT ROW", "{sql}\n{plan}");
        }
    }
}

#[tokio::test]
async fn silences_of_agents_are_stepped_along_by_index() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    for sql in super::read::silences::statements() {
        let plan = plan(&mut connection, sql).await;
        for table in ["task", "event", "agent_metric"] {
            assert!(!plan.contains(&format!("SCAN {table}")), "{plan}");
        }
        assert!(
            !sql.contains("agent_metric") || plan.contains("agent_metric_by_series (agent=? AND metric=? AND ts>"),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn messages_to_channels_are_found_by_what_is_due_and_by_their_channel() {
    use super::deliveries::{SELECT_CHANNELS_DUE, SELECT_NEXT, SELECT_STANDING, select};
    use crate::model::channel::DeliveryQuery;
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let due = plan(&mut connection, SELECT_CHANNELS_DUE).await;
    let earlier = "alert_delivery_waiting (channel=? AND rule=? AND id<?)";
    assert!(due.contains("alert_delivery_due (next_ts<?)") && due.contains(earlier), "{due}");
    let next = plan(&mut connection, SELECT_NEXT).await;
    assert!(next.contains(earlier) && !next.contains("SCAN"), "{next}");
    let standing = plan(&mut connection, SELECT_STANDING).await;
    assert!(standing.lines().all(|step| !step.contains("SCAN") && !step.contains("B-TREE")), "{standing}");
    let of_channel = DeliveryQuery { channel: Some("ops".into()), ..DeliveryQuery::default() };
    let listed = plan(&mut connection, select(&of_channel).sql().as_str()).await;
    assert!(listed.contains("alert_delivery_by_channel (channel=?)") && !listed.contains("TEMP B-TREE"), "{listed}");
}
