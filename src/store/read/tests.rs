//! How SQLite means to answer: every question over records or rollups goes through an index.

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite};

use super::cut::Cut;
use super::{MemoryCut, MemoryPlace};
use super::{agents, durations, health, listing, presence, registry, sessions, slowest, tallies, tasks, trends, usage};
use crate::analytics::grid::{Grid, Piece, pieces};
use crate::model::answer::Tier;
use crate::model::time::{DAY, HOUR};
use crate::model::trend::TrendSource;
use crate::model::{Micros, TimeRange};
use crate::store::{Store, StoreOptions};

const RANGE: TimeRange =
    TimeRange { from: Micros(1_767_268_800_000_001), until: Micros(1_767_268_800_000_000 + 3 * DAY) };

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
    (folder, store)
}

/// The steps of the plan. Parameters stay unbound: a plan does not depend on them.
async fn plan(store: &Store, sql: &QueryBuilder<Sqlite>) -> Vec<String> {
    let text = format!("explain query plan {}", sql.sql().as_str());
    let rows: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(text)).fetch_all(store.reader()).await.expect("a plan");
    rows.into_iter().map(|(_, _, _, step)| step).collect()
}

fn cuts() -> [Cut; 6] {
    let some = Some(1);
    [
        Cut::default(),
        Cut { agent: some, ..Cut::default() },
        Cut { swarm: some, ..Cut::default() },
        Cut { agent: some, swarm: some, ..Cut::default() },
        Cut { project: some, ..Cut::default() },
        Cut { result: Some(None), model: some, ..Cut::default() },
    ]
}

/// Every tier the cut has, ragged ends included.
fn all_pieces(cut: &Cut) -> Vec<Piece> {
    let coarsest = if cut.rollups() == super::Rollups::None { Tier::Raw } else { Tier::Day };
    let minutes = (cut.rollups() == super::Rollups::Fleet).then_some(RANGE.from);
    pieces(RANGE, coarsest, minutes)
}

fn without_minutes(cut: &Cut) -> Vec<Piece> {
    all_pieces(cut).into_iter().filter(|piece| piece.tier != Tier::Minute).collect()
}

#[tokio::test]
async fn no_question_of_a_page_walks_a_whole_table() {
    let (_folder, store) = store().await;
    let grid = Grid::over(RANGE, HOUR);
    for cut in cuts() {
        let pieces = all_pieces(&cut);
        let mut questions = vec![
            tallies::tallies_sql(&pieces, &cut, &grid),
            tallies::other_words_sql(RANGE, &cut, &grid),
            durations::durations_sql(RANGE, &cut, &grid),
            agents::agent_sums_sql(&without_minutes(&cut), &cut),
            agents::facts_sql(&[agents::AgentSum::numbered(1)], RANGE, &cut),
            presence::active_agents_sql(RANGE, &cut),
            registry::latest_lives_sql(&[1, 2]),
            presence::swarms_sql(&without_minutes(&cut), &cut),
            tasks::failures_sql(RANGE, &cut, 10),
            health::health_sql(1, &without_minutes(&cut), &cut, &grid),
            listing::agents_present_sql(RANGE, &cut),
            listing::swarm_sums_sql(&without_minutes(&cut), &cut),
            listing::swarm_facts_sql(&[1]),
            trends::task_numbers_sql(RANGE, &cut, 500),
        ];
        let buckets = pieces.iter().filter(|piece| piece.tier != Tier::Raw);
        questions.extend(buckets.map(|piece| durations::sketches_sql(piece, &cut, &grid)));
        let usable = if cut.has_usage() { without_minutes(&cut) } else { raw() };
        questions.push(usage::usage_sql(&usable, &cut));
        let mut longest = QueryBuilder::new("select null, null, null");
        slowest::push_longest(&mut longest, RANGE, &cut, 10);
        questions.push(longest);
        for sql in questions {
            for step in plan(&store, &sql).await {
                // `a`: agents, each looked at by index; `e t l u`: some rows of a subquery.
                let whole = step.starts_with("SCAN ") && !step.starts_with("SCAN (subquery");
                let few =
                    ["SCAN a", "SCAN e", "SCAN t", "SCAN l", "SCAN u", "SCAN CONSTANT ROW"].contains(&step.as_str());
                assert!(!whole || few, "{cut:?}: `{step}` in {}", sql.sql().as_str());
            }
        }
    }
}

#[tokio::test]
async fn newest_records_of_an_agent_or_a_series_come_from_the_end_of_their_index_and_are_not_sorted() {
    let (_folder, store) = store().await;
    let agent = Cut { agent: Some(1), ..Cut::default() };
    let series = |source| trends::SeriesCut { source, subject: 1, metric: 1 };
    let questions = [
        (trends::task_numbers_sql(RANGE, &agent, 500), "task_by_agent (agent=? AND ts>? AND ts<?)"),
        (
            trends::values_sql(series(TrendSource::AgentMetrics), RANGE, 500),
            "agent_metric_by_series (agent=? AND metric=? AND ts>? AND ts<?)",
        ),
        (
            trends::values_sql(series(TrendSource::SwarmMetrics), RANGE, 500),
            "swarm_metric_by_series (swarm=? AND metric=? AND ts>? AND ts<?)",
        ),
    ];
    for (sql, index) in questions {
        let plan = plan(&store, &sql).await;
        assert!(plan.iter().any(|step| step.contains(index)), "{index} is not in {plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
    }
}

fn raw() -> Vec<Piece> {
    vec![Piece { tier: Tier::Raw, range: RANGE }]
}

#[tokio::test]
async fn memory_is_found_by_its_session_and_never_sorted() {
    let (_folder, store) = store().await;
    let text = |word: &str| Some(word.to_owned());
    let session = || MemoryCut { session_id: "s".into(), ..MemoryCut::default() };
    let of_key = || MemoryCut { memory_type: text("t"), key: text("k"), ..session() };
    let key = MemoryPlace::Key("t".into(), "k".into());
    let time = MemoryPlace::Time(Micros(1), 1);
    for cut in [session(), of_key(), MemoryCut { include_expired: true, ..session() }] {
        for sql in [
            sessions::current_sql(&cut, None, 10, Micros(0)),
            sessions::current_sql(&cut, Some(&key), 10, Micros(0)),
            sessions::versions_sql(&cut, None, 10, Micros(0)),
            sessions::versions_sql(&cut, Some(&time), 10, Micros(0)),
        ] {
            let plan = plan(&store, &sql).await;
            // Entries of one instant are sorted by their arrival; they are few.
            let bad = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE FOR ORDER BY");
            assert_eq!(plan.iter().find(bad), None, "{plan:#?}\n{}", sql.sql().as_str());
            assert!(plan.iter().any(|step| step.starts_with("SEARCH m USING INDEX memory_by_")), "{plan:#?}");
        }
    }
}

#[tokio::test]
async fn hot_questions_use_the_index_made_for_them() {
    let (_folder, store) = store().await;
    let (fleet, agent) = (Cut::default(), Cut { agent: Some(1), ..Cut::default() });
    let grid = Grid::over(RANGE, HOUR);
    let uses = async |sql: QueryBuilder<Sqlite>, index: &str| {
        let plan = plan(&store, &sql).await;
        assert!(plan.iter().any(|step| step.contains(index)), "{index} is not in {plan:#?}");
    };
    uses(tasks::failures_sql(RANGE, &fleet, 10), "USING INDEX task_failed (ts>? AND ts<?)").await;
    uses(tallies::other_words_sql(RANGE, &fleet, &grid), "USING COVERING INDEX task_other (ts>? AND ts<?)").await;
    uses(durations::durations_sql(RANGE, &agent, &grid), "USING INDEX task_by_agent (agent=? AND ts>? AND ts<?)").await;
    uses(presence::active_agents_sql(RANGE, &fleet), "event_by_agent (agent=? AND ts>? AND ts<?)").await;
    let hours = [Piece { tier: Tier::Hour, range: RANGE }];
    uses(tallies::tallies_sql(&hours, &fleet, &grid), "USING PRIMARY KEY (tier=? AND bucket>? AND bucket<?)").await;
    uses(
        tallies::tallies_sql(&hours, &agent, &grid),
        "agent_rollup_by_agent (agent=? AND tier=? AND bucket>? AND bucket<?)",
    )
    .await;
    uses(
        durations::sketches_sql(&hours[0], &agent, &grid),
        "PRIMARY KEY (tier=? AND bucket=? AND agent=? AND swarm=?)",
    )
    .await;
    uses(agents::agent_sums_sql(&hours, &fleet), "PRIMARY KEY (tier=? AND bucket>? AND bucket<?)").await;
    uses(usage::usage_sql(&hours, &fleet), "PRIMARY KEY (tier=? AND bucket>? AND bucket<?)").await;
}
