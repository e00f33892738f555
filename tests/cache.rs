//! Kept answers: given again while nothing they looked at was written, and never after.

#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

#[expect(dead_code, reason = "the figures of pages use the rest")]
#[path = "insight/fleet.rs"]
mod fleet;

use std::time::{Duration, Instant};

use fleet::{DAY, Fleet, HOUR, NOW};
use swarmscope::model::aggregate::AggregateQuery;
use swarmscope::model::overview::PageQuery;
use swarmscope::model::{Micros, RangeSpec};
use swarmscope::store::{Store, StoreOptions};

fn spec(from: i64, until: i64) -> RangeSpec {
    RangeSpec { from: Micros(from).to_rfc3339(), to: Micros(until).to_rfc3339() }
}

/// How many tasks `range` has, as an aggregate answers.
async fn tasks(fleet: &Fleet, range: &RangeSpec) -> f64 {
    let query = AggregateQuery { range: range.clone(), ..AggregateQuery::default() };
    let answer = fleet.service.aggregate(&query, Micros(NOW)).await.expect("an answer");
    answer.series[0].columns[0].total.expect("a count")
}

fn hits_and_misses(fleet: &Fleet) -> (u64, u64) {
    let gauge = fleet.service.cache_gauge();
    (gauge.hits, gauge.misses)
}

#[tokio::test]
async fn an_answer_is_given_again_until_a_record_falls_into_its_range() {
    let fleet = Fleet::of(200).await;
    let range = spec(NOW - 3 * DAY, NOW - 2 * DAY);
    let before = tasks(&fleet, &range).await;
    assert_eq!((tasks(&fleet, &range).await, hits_and_misses(&fleet)), (before, (1, 1)));
    fleet.write(vec![fleet::task_named("elsewhere", NOW - HOUR, 1.0)]).await;
    assert_eq!((tasks(&fleet, &range).await, hits_and_misses(&fleet)), (before, (2, 1)), "written elsewhere");
    fleet.write(vec![fleet::task_named("inside", NOW - 2 * DAY - HOUR, 1.0)]).await;
    assert_eq!((tasks(&fleet, &range).await, hits_and_misses(&fleet)), (before + 1.0, (2, 2)));
    assert_eq!(fleet.service.cache_gauge().invalidations, 1);
}

#[tokio::test]
async fn an_answer_up_to_the_present_sees_every_record_at_once() {
    let fleet = Fleet::of(200).await;
    let latest = RangeSpec { from: "now-1h".into(), to: "now".into() };
    let before = tasks(&fleet, &latest).await;
    for n in 1..=5_i32 {
        fleet.write(vec![fleet::task_named(&format!("new-{n}"), NOW - 1, 1.0)]).await;
        assert_eq!(tasks(&fleet, &latest).await, before + f64::from(n));
    }
    assert_eq!(tasks(&fleet, &latest).await, before + 5.0);
    assert_eq!(hits_and_misses(&fleet), (1, 6));
}

#[tokio::test]
async fn a_page_tells_the_time_it_is_given_at() {
    let fleet = Fleet::of(200).await;
    let query = PageQuery { range: spec(NOW - 3 * DAY, NOW - DAY), ..PageQuery::default() };
    let first = fleet.service.overview(&query, Micros(NOW)).await.expect("an overview");
    let mut again = fleet.service.overview(&query, Micros(NOW + HOUR)).await.expect("an overview");
    assert_eq!((hits_and_misses(&fleet), again.scope.now), ((1, 1), Micros(NOW + HOUR)));
    again.scope.now = first.scope.now;
    assert_eq!(again, first);
    // Whatever is written may change what is known of an agent.
    fleet.write(vec![fleet::task_named("elsewhere", NOW, 1.0)]).await;
    fleet.service.overview(&query, Micros(NOW)).await.expect("an overview");
    assert_eq!(hits_and_misses(&fleet), (1, 2));
}

#[tokio::test]
async fn what_another_process_writes_is_noticed_within_a_second() {
    let fleet = Fleet::of(50).await;
    let range = spec(NOW - 3 * DAY, NOW - 2 * DAY);
    let before = tasks(&fleet, &range).await;
    let other = Store::open(fleet.service.store().path(), &StoreOptions::default()).await.expect("a second store");
    other.write(vec![fleet::task_named("foreign", NOW - 2 * DAY - HOUR, 1.0)]).await.expect("stored");
    let written = Instant::now();
    while tasks(&fleet, &range).await < before + 1.0 {
        assert!(written.elapsed() < Duration::from_secs(5), "it is never noticed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    other.close().await;
}
