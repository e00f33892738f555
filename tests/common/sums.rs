//! Do the rollups of a file add up to the records that are in it?

use std::path::Path;

use serde_json::Value;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

/// Tasks, successes, tasks with a duration, tokens; each table and tier must come to the same.
const SUMS: &str = "\
select 'fleet', tier, sum(tasks), sum(success), sum(duration_n), sum(used_sum) from fleet_rollup \
    where tier > 60 group by tier \
union all select 'agents', tier, sum(tasks), sum(success), sum(duration_n), sum(used_sum) from agent_rollup \
    where tier > 60 group by tier \
union all select 'usage', tier, sum(tasks), null, null, null from usage_rollup group by tier";
const METRICS: &str = "select kind, tier, sum(n) from metric_rollup group by kind, tier";
const EVENTS: &str = "select tier, sum(n) from event_rollup group by tier order by tier";
const LIFETIME: &str = "select coalesce(sum(n), 0) from lifetime_count where counter = ?";

type Sums = (String, i64, i64, Option<i64>, Option<i64>, Option<i64>);

/// Panics, with `context`, when the sums of hours and days in `db` are not those of `records`.
pub async fn assert_rollups_are_whole(db: &Path, records: &[Value], context: &str) {
    let mut file = SqliteConnectOptions::new().filename(db).read_only(true).connect().await.expect("readable");
    let of = |kind: &str| records.iter().filter(move |line| line["kind"] == kind).collect::<Vec<_>>();
    let tasks = of("task");
    let number = |count: usize| i64::try_from(count).expect("few records");
    let success = number(tasks.iter().filter(|task| task["result"] == "success").count());
    let timed = number(tasks.iter().filter(|task| task["duration_ms"].is_number()).count());
    let tokens: i64 = tasks.iter().filter_map(|task| task["tokens_used"].as_i64()).sum();
    let sums: Vec<Sums> = sqlx::query_as(SUMS).fetch_all(&mut file).await.expect("sums");
    assert!(tasks.is_empty() || sums.len() == 6, "{context}: a tier is empty: {sums:?}");
    for (table, tier, n, successes, durations, used) in sums {
        let at = format!("{context}: {table} by {tier} s");
        assert_eq!(n, number(tasks.len()), "{at}: tasks");
        assert!(successes.is_none_or(|n| n == success), "{at}: {successes:?} successes, not {success}");
        assert!(durations.is_none_or(|n| n == timed), "{at}: {durations:?} durations, not {timed}");
        assert!(used.is_none_or(|n| n == tokens), "{at}: {used:?} tokens, not {tokens}");
    }
    let metrics: Vec<(i64, i64, i64)> = sqlx::query_as(METRICS).fetch_all(&mut file).await.expect("sums");
    for (kind, tier, n) in metrics {
        let kind = if kind == 1 { "agent_metric" } else { "swarm_metric" };
        assert_eq!(n, number(of(kind).len()), "{context}: {kind} by {tier} s");
    }
    let events: Vec<(i64, i64)> = sqlx::query_as(EVENTS).fetch_all(&mut file).await.expect("sums");
    let n = number(of("event").len());
    assert!(events == [(3600, n), (86_400, n)] || (n == 0 && events.is_empty()), "{context}: {events:?}, not {n}");
    assert_eq!(lifetime(&mut file, "tasks").await, number(tasks.len()), "{context}: tasks ever stored");
    assert_eq!(lifetime(&mut file, "events").await, number(of("event").len()), "{context}: events ever stored");
}

async fn lifetime(file: &mut SqliteConnection, counter: &str) -> i64 {
    sqlx::query_scalar(LIFETIME).bind(counter).fetch_one(file).await.expect("a count")
}
