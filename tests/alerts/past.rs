//! Dry runs of rules that are no figures over records: the same as a server did that looked while the records came.

use swarmscope::model::Dataset;
use swarmscope::model::alert::{AlertHistoryQuery, DryRun, DryRunQuery, Span};
use swarmscope::service::ServiceError;
use swarmscope::store::SealOptions;

use super::*;

/// Between two looks, in seconds.
const STEP: i64 = 60;

/// A service that looks only at this rule, every [`STEP`].
async fn with(rule: &Rule) -> (Service, TempDir) {
    let mut settings = only(vec![rule.clone()]);
    settings.alerts.interval = Span::seconds(u32::try_from(STEP).expect("positive"));
    service(settings).await
}

async fn dry(service: &Service, rule: &Rule, until: i64) -> DryRun {
    let query = DryRunQuery { rule: rule.clone().into(), from: at(0).to_rfc3339(), to: at(until).to_rfc3339() };
    service.dry_run(query, at(until)).await.expect("a dry run")
}

/// Whom, when it fired, when it was resolved: in seconds.
type Fired = (Option<String>, i64, Option<i64>);

fn seconds(time: Micros) -> i64 {
    (time.0 - NOON) / SECOND
}

fn firings(dry: &DryRun) -> Vec<Fired> {
    let fired = dry.firings.iter().map(|firing| {
        let whom = firing.subject.as_ref().map(|subject| subject.value.clone());
        (whom, seconds(firing.fired_at), firing.resolved_at.map(seconds))
    });
    fired.collect()
}

/// Stores records (time, record) as their time comes, looks meanwhile, and returns what fired.
async fn live(service: &Service, records: &[(i64, Value)], until: i64) -> Vec<Fired> {
    for now in (0..=until).step_by(usize::try_from(STEP).expect("positive")) {
        let came = records.iter().filter(|(time, _)| (now - STEP..now).contains(&(time - 1)));
        let came: Vec<Value> = came.map(|(_, record)| record.clone()).collect();
        if !came.is_empty() {
            store(service, &came).await;
        }
        service.mark_stale(at(now)).await.expect("marked");
        service.refresh_degradations(at(now)).await.expect("looked at");
        look(service, now).await;
    }
    let query = AlertHistoryQuery { limit: Some(1_000), ..AlertHistoryQuery::default() };
    let mut changes = service.alert_history(&query, at(until)).await.expect("readable").changes;
    changes.reverse();
    let mut fired: Vec<Fired> = Vec::new();
    for change in changes {
        let whom = change.subject.map(|subject| subject.value);
        if change.to == AlertState::Firing {
            fired.push((whom, seconds(change.at), None));
        } else if let Some(firing) = fired.iter_mut().rev().find(|firing| firing.0 == whom) {
            firing.2 = Some(seconds(change.at));
        }
    }
    fired
}

fn life(agent: &str, spawned: i64, completed: Option<i64>) -> (i64, Value) {
    let mut record = json!({"kind": "agent", "agent_id": agent, "agent_type": "coder", "status": "running",
        "spawn_time": at(spawned).to_rfc3339()});
    if let Some(completed) = completed {
        record["status"] = json!("complete");
        record["complete_time"] = json!(at(completed).to_rfc3339());
    }
    (completed.unwrap_or(spawned), record)
}

fn event(agent: &str, seconds: i64) -> (i64, Value) {
    let record = json!({"kind": "event", "event_id": format!("{agent}-{seconds}"), "event_type": "step",
        "agent_id": agent, "timestamp": at(seconds).to_rfc3339()});
    (seconds, record)
}

fn work(agent: &str, seconds: i64, ms: i64) -> (i64, Value) {
    let mut record = task(&format!("{agent}-{seconds}"), seconds, true);
    record["agent_id"] = json!(agent);
    record["duration_ms"] = json!(ms);
    (seconds, record)
}

/// `a` is silent twice, and the second time is over before it counts; `b` ends its life; `c` was never registered.
fn lives() -> Vec<(i64, Value)> {
    let mut records = vec![life("a", 10, None), life("b", 10, None), life("b", 10, Some(600)), event("c", 20)];
    records.extend((1..=3).map(|n| work("a", 600 * n, 1_000)));
    records.extend([event("a", 9_000), life("a", 10, Some(12_000))]);
    records
}

#[tokio::test]
async fn a_dry_run_finds_the_agents_that_were_stale_when_the_server_did() {
    let stale = rule("kind = 'agent_stale'");
    let (service, _folder) = with(&stale).await;
    let done = live(&service, &lives(), 16_200).await;
    assert_eq!(done, [(Some("a".to_owned()), 1_800 + 3_600 + STEP, Some(9_000))]);
    let dry = dry(&service, &stale, 16_200).await;
    assert_eq!((firings(&dry), dry.looks, dry.looks_without_data), (done, 271, 0));
    assert_eq!(dry.firings[0].summary, "agent a: not heard of for 61 min");
    assert_eq!(dry.note.as_deref(), Some("stale = at work and silent for 60 min, as it is set now"));
}

#[tokio::test]
async fn what_is_sealed_was_heard_of_too() {
    let stale = rule("kind = 'agent_stale'");
    let (service, _folder) = with(&stale).await;
    store(&service, &lives().into_iter().map(|(_, record)| record).collect::<Vec<_>>()).await;
    let before = firings(&dry(&service, &stale, 16_200).await);
    assert_eq!(before.len(), 1);
    for dataset in [Dataset::Tasks, Dataset::Events] {
        let sealed = service.store().seal_day(dataset, at(0), &SealOptions::default()).await.expect("sealed");
        assert!(sealed.rows > 0);
    }
    assert_eq!(firings(&dry(&service, &stale, 16_200).await), before);
}

#[tokio::test]
async fn more_agents_than_can_be_looked_at_are_refused_with_what_to_do() {
    let stale = rule("kind = 'agent_stale'");
    let (service, _folder) = with(&stale).await;
    let lives: Vec<Value> = (0..1_001).map(|n| life(&format!("a-{n}"), n, None).1).collect();
    store(&service, &lives).await;
    let query = |rule: Rule| DryRunQuery { rule: rule.into(), from: at(0).to_rfc3339(), to: at(7_200).to_rfc3339() };
    let refused = service.dry_run(query(stale), at(7_200)).await;
    let Err(ServiceError::Problem(problem)) = refused else { panic!("{refused:?}") };
    assert!(
        problem.detail.starts_with("1001 agents were at work") && problem.detail.contains("`agent_id`"),
        "{problem:?}"
    );
    let one = service.dry_run(query(rule("kind = 'agent_stale'\nagent_id = 'a-7'")), at(7_200)).await;
    assert_eq!(one.expect("a dry run").fired, 1);
}

#[tokio::test]
async fn a_dry_run_judges_trends_by_the_records_until_each_look() {
    // Slow for a while: the newest of the records decide, so it gets worse and then is as it was.
    let ms = |n: i64| if (60..90).contains(&n) { 1_000 + 100 * (n - 60) } else { 1_000 };
    let mut records: Vec<_> = (1..=150).map(|n| work("worse", 60 * n, ms(n))).collect();
    records.extend((1..=150).map(|n| work("same", 60 * n, 1_000)));
    for text in ["kind = 'trend'\nmetric = 'duration_ms'", "kind = 'trend'\nmetric = 'duration_ms'\nper = 'agent_id'"] {
        let trend = rule(text);
        let (service, _folder) = with(&trend).await;
        let done = live(&service, &records, 9_000).await;
        assert!(!done.is_empty(), "{text}");
        let dry = dry(&service, &trend, 9_000).await;
        assert_eq!((firings(&dry), dry.looks), (done, 151), "{text}");
    }
}

#[tokio::test]
async fn many_agents_are_judged_more_rarely() {
    let trend = rule("kind = 'trend'\nmetric = 'duration_ms'\nper = 'agent_id'");
    let (service, _folder) = with(&trend).await;
    let records: Vec<Value> = (0..1_000).map(|n| work(&format!("a-{n}"), n, 1_000).1).collect();
    store(&service, &records).await;
    let dry = dry(&service, &trend, 7_200).await;
    assert_eq!((dry.looks, dry.step_seconds, dry.fired), (10, 721, 0));
}

#[tokio::test]
async fn a_dry_run_finds_when_a_pattern_of_today_was_seen() {
    let beat = rule("kind = 'pattern'\npattern_type = 'frequency'\nevent_type = 'step'\nmin_confidence = 0.9");
    let (service, _folder) = with(&beat).await;
    // Beats of an hour, then nothing for an hour, then beats of another one.
    let beats = (0..60).chain(120..180).map(|n| event("a", 600 + 60 * n).1);
    store(&service, &beats.collect::<Vec<_>>()).await;
    let dry = dry(&service, &beat, 14_400).await;
    let whole: Vec<_> = firings(&dry).into_iter().map(|(_, fired, resolved)| (fired, resolved)).collect();
    // The window of a quarter of an hour holds its first instant, not its last.
    let last = |n: i64| 600 + 60 * n;
    assert_eq!(whole, [(660, Some(last(59) + 960)), (last(120) + 60, Some(last(179) + 960))]);
    assert_eq!(dry.firings[1].figures.samples, 1);
    assert_eq!(dry.note.as_deref(), Some("the patterns are those that are known today"));
}
