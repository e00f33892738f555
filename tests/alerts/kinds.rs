//! Every kind of condition, over records: what holds, what does not, what says nothing.

use serde_json::json;
use swarmscope::model::alert::{AlertState, ReadingVerdict};
use swarmscope::model::time::DAY;
use swarmscope::service::Settings;

use super::*;

use AlertState::{Firing, Resolved};
use ReadingVerdict::{Clear, Holds, NotEnoughData};

#[tokio::test]
async fn the_documented_four_are_on_by_default_and_fire_beyond_their_limits() {
    let (service, _folder) = service(Settings::default()).await;
    let nothing = look(&service, 0).await;
    let none = [
        ("high_backlog", NotEnoughData),
        ("high_latency", NotEnoughData),
        ("high_token_use", NotEnoughData),
        ("low_success_rate", NotEnoughData),
    ];
    assert_eq!(verdicts(&nothing), BTreeMap::from(none), "an idle store is no failure");

    // 18 of 20 are 90 %; 5 s is not above 5 s; 50 is not above 50; 80 % is not above 80 %.
    let mut records: Vec<Value> = tasks(20, 2, 10);
    records.iter_mut().for_each(|task| task["duration_ms"] = json!(5_000));
    records.push(swarm_metric("s", "queue_depth", 50.0, 10));
    records.push(swarm_metric("s", "token_usage_percent", 80.0, 10));
    store(&service, &records).await;
    let quiet = look(&service, 20).await;
    assert_eq!(verdicts(&quiet), BTreeMap::from(none.map(|(rule, _)| (rule, Clear))));
    assert_eq!(changes(&quiet), []);

    let mut records: Vec<Value> = tasks(1, 1, 30);
    records[0]["duration_ms"] = json!(60_000);
    records.push(swarm_metric("s", "queue_depth", 51.0, 30));
    records.push(swarm_metric("s", "token_usage_percent", 80.5, 30));
    store(&service, &records).await;
    let loud = look(&service, 40).await;
    assert_eq!(
        changes(&loud),
        [
            ("high_backlog", Some("s"), Firing),
            ("high_latency", None, Firing),
            ("high_token_use", Some("s"), Firing),
            ("low_success_rate", None, Firing),
        ]
    );
    let success = reading(&loud, "low_success_rate");
    assert_eq!(success.summary, "success rate 85.7 % (18 of 21 in 5m); bad below 90 %");
    let figures = success.figures.as_ref().expect("figures");
    assert_eq!((figures.from, figures.until, figures.samples), (at(40 - 300), at(40), 21));
    // p99 of twenty times 5 s and once 60 s, by linear interpolation: 5 + 0.8 × 55 s.
    let latency = reading(&loud, "high_latency").figures.as_ref().and_then(|figures| figures.value).expect("a value");
    assert!((latency - 49_000.0).abs() < 1e-6, "{latency}");
    assert_eq!(reading(&loud, "high_backlog").summary, "swarm s: queue_depth is 51; bad above 50");
    assert_eq!(
        reading(&loud, "high_token_use").summary,
        "swarm s: token use 80.5 % as it was reported; bad above 80 %"
    );
}

#[tokio::test]
async fn history_that_is_imported_never_fires() {
    let (service, _folder) = service(budget(100)).await;
    look(&service, 0).await;
    let (yesterday, hour) = (-DAY / SECOND, -3_600);
    let mut records = tasks(50, 50, yesterday);
    records.extend(tasks(50, 50, hour));
    records.iter_mut().for_each(|task| (task["duration_ms"], task["tokens_used"]) = (json!(90_000), json!(1_000)));
    records.push(swarm_metric("s", "queue_depth", 900.0, hour));
    records.push(json!({"kind": "agent", "agent_id": "a", "agent_type": "coder", "status": "running",
        "spawn_time": at(yesterday).to_rfc3339()}));
    store(&service, &records).await;
    for seconds in [15, 30, 600] {
        assert_eq!(changes(&look(&service, seconds).await), [], "after {seconds} s");
    }
    // The tokens of the last day are over the budget: the first task that runs now says so.
    let over = look(&service, 615).await;
    assert_eq!(reading(&over, "high_token_use").verdict, Clear);
    store(&service, &tasks(1, 0, 620)).await;
    assert_eq!(changes(&look(&service, 630).await), [("high_token_use", None, Firing)]);
}

#[tokio::test]
async fn tokens_are_held_against_the_budget_where_there_is_one() {
    let (service, _folder) = service(budget(1_000)).await;
    let mut used = tasks(2, 0, 10);
    used.iter_mut().for_each(|task| task["tokens_used"] = json!(400));
    used.push(swarm_metric("s", "token_usage_percent", 99.0, 10));
    store(&service, &used).await;
    let at_limit = look(&service, 20).await;
    assert_eq!(
        reading(&at_limit, "high_token_use").summary,
        "token use 80 % (800 of 1000); bad above 80 %",
        "what swarms report is not asked"
    );
    assert_eq!(changes(&at_limit), []);
    let mut more = tasks(1, 0, 30);
    more[0]["tokens_used"] = json!(1);
    store(&service, &more).await;
    assert_eq!(changes(&look(&service, 40).await), [("high_token_use", None, Firing)]);
    assert_eq!(changes(&look(&service, 4_000).await), [], "used is used, whether anybody works or not");
    let tomorrow = DAY / SECOND + 31;
    assert_eq!(changes(&look(&service, tomorrow).await), [], "nothing is known of a window without tasks");
    assert_eq!(changes(&look(&service, tomorrow + 300).await), [("high_token_use", None, Resolved)]);
}

#[tokio::test]
async fn each_subject_of_a_figure_is_judged_by_its_own_records() {
    let slow = rule("kind = 'aggregate'\nfunction = 'avg'\nfield = 'duration_ms'\nper = 'agent_id'\nabove = 1000");
    let (service, _folder) = service(only(vec![slow])).await;
    let of = |agent: &str, ms: i64| {
        json!({"kind": "task", "task_id": format!("t-{agent}-{ms}"), "agent_id": agent, "result": "success",
            "duration_ms": ms, "timestamp": at(10).to_rfc3339()})
    };
    store(&service, &[of("a", 500), of("a", 1_600), of("b", 900), of("c", 3_000)]).await;
    let found = look(&service, 20).await;
    assert_eq!(changes(&found), [("r", Some("a"), Firing), ("r", Some("c"), Firing)]);
    assert_eq!(reading(&found, "r").summary, "agent c: avg of duration_ms 3 s (1 tasks in 5m); bad above 1 s");
    assert_eq!(reading(&found, "r").subjects, 3);
}

#[tokio::test]
async fn the_newest_value_counts_not_the_mean() {
    let depth = rule("kind = 'latest'\nmetric = 'queue_depth'\nabove = 50\nfilter = { swarm_id = 'x' }");
    let (service, _folder) = service(only(vec![depth])).await;
    let values = [("x", 900.0, 10), ("x", 10.0, 20), ("y", 900.0, 20)];
    let values: Vec<Value> =
        values.iter().map(|(swarm, value, seconds)| swarm_metric(swarm, "queue_depth", *value, *seconds)).collect();
    store(&service, &values).await;
    let found = look(&service, 30).await;
    assert_eq!((changes(&found), reading(&found, "r").subjects), (vec![], 1));
    store(&service, &[swarm_metric("x", "queue_depth", 51.0, 40)]).await;
    assert_eq!(changes(&look(&service, 45).await), [("r", Some("x"), Firing)]);
}

#[tokio::test]
async fn absence_is_noticed_of_what_came_before() {
    let silent = rule("kind = 'absence'\nsource = 'events'\nfilter = { event_type = 'heartbeat' }\nwindow = '1m'");
    let (service, _folder) = service(only(vec![silent])).await;
    let beat = |seconds: i64| {
        json!({"kind": "event", "event_id": format!("e-{seconds}"), "event_type": "heartbeat", "agent_id": "a",
            "timestamp": at(seconds).to_rfc3339()})
    };
    assert_eq!(reading(&look(&service, 0).await, "r").verdict, NotEnoughData);
    store(&service, &[beat(10)]).await;
    assert_eq!(reading(&look(&service, 20).await, "r").summary, "1 events in 1m");
    assert_eq!(changes(&look(&service, 70).await), [], "the minute is not over");
    let missing = look(&service, 71).await;
    assert_eq!((changes(&missing), reading(&missing, "r").verdict), (vec![("r", None, Firing)], Holds));
    store(&service, &[beat(80)]).await;
    assert_eq!(changes(&look(&service, 90).await), [("r", None, Resolved)]);
}

#[tokio::test]
async fn an_agent_that_falls_silent_now_fires_and_one_of_history_does_not() {
    let (service, _folder) = service(only(vec![rule("kind = 'agent_stale'")])).await;
    let agent = |id: &str, seconds: i64| {
        json!({"kind": "agent", "agent_id": id, "agent_type": "coder", "status": "running",
            "spawn_time": at(seconds).to_rfc3339()})
    };
    store(&service, &[agent("old", -90_000), agent("now", 0)]).await;
    service.mark_stale(at(3_601)).await.expect("marked");
    let found = look(&service, 3_610).await;
    assert_eq!(changes(&found), [("r", Some("now"), Firing)]);
    assert_eq!(reading(&found, "r").summary, "agent now: not heard of for 60.17 min");
    let mut task = task("t", 3_700, true);
    task["agent_id"] = json!("now");
    store(&service, &[task]).await;
    assert_eq!(changes(&look(&service, 3_710).await), [("r", Some("now"), Resolved)]);
}

#[tokio::test]
async fn a_trend_that_degrades_fires_for_everybody_and_for_each() {
    let whole = rule("kind = 'trend'\nmetric = 'duration_ms'");
    let mut each = rule("kind = 'trend'\nmetric = 'duration_ms'\nper = 'agent_id'");
    each.name = "each".into();
    let (service, _folder) = service(only(vec![whole, each])).await;
    let of = |agent: &str, n: i64, ms: i64| {
        json!({"kind": "task", "task_id": format!("t-{agent}-{n}"), "agent_id": agent, "result": "success",
            "duration_ms": ms, "timestamp": at(n).to_rfc3339()})
    };
    let mut records: Vec<Value> = (0..60).map(|n| of("worse", n, 1_000 + 50 * n)).collect();
    records.extend((0..60).map(|n| of("same", n, 1_000)));
    store(&service, &records).await;
    service.refresh_degradations(at(100)).await.expect("looked at");
    let found = look(&service, 100).await;
    assert_eq!(changes(&found), [("each", Some("worse"), Firing), ("r", None, Firing)]);
    assert!(reading(&found, "r").summary.starts_with("duration_ms changed by +"), "{}", reading(&found, "r").summary);
    assert_eq!(reading(&found, "r").figures.as_ref().map(|figures| figures.samples), Some(120));
}

#[tokio::test]
async fn a_trend_of_history_starts_no_alert() {
    let (service, _folder) = service(only(vec![rule("kind = 'trend'\nmetric = 'duration_ms'")])).await;
    let records: Vec<Value> = (0..60)
        .map(|n| {
            let mut task = task(&format!("t-{n}"), n - 9_000, true);
            task["duration_ms"] = json!(1_000 + 50 * n);
            task
        })
        .collect();
    store(&service, &records).await;
    assert_eq!(changes(&look(&service, 0).await), []);
}

#[tokio::test]
async fn a_learned_pattern_that_was_seen_fires() {
    let beat = rule("kind = 'pattern'\npattern_type = 'frequency'\nevent_type = 'heartbeat'\nmin_confidence = 0.9");
    let (service, _folder) = service(only(vec![beat])).await;
    let beats: Vec<Value> = (0..120)
        .map(|n| {
            json!({"kind": "event", "event_id": format!("e-{n}"), "event_type": "heartbeat", "agent_id": "a",
                "timestamp": at(60 * n).to_rfc3339()})
        })
        .collect();
    store(&service, &beats).await;
    let last = 119 * 60;
    assert_eq!(reading(&look(&service, last).await, "r").summary, "no such pattern was seen");
    service.relearn_patterns(at(last + 1)).await.expect("learned");
    let found = look(&service, last + 10).await;
    assert_eq!(found.changes.len(), 1);
    let subject = found.changes[0].subject.as_ref().expect("a pattern");
    assert_eq!((subject.label.as_str(), found.changes[0].to), ("pattern_id", Firing));
    assert_eq!(found.changes[0].figures.samples, 15, "beats of a quarter of an hour");
    let later = look(&service, last + 901).await;
    assert_eq!(later.changes.iter().map(|change| change.to).collect::<Vec<_>>(), [Resolved]);
}
