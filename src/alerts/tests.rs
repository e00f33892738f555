use std::collections::BTreeMap;

use super::*;
use crate::model::alert::{ChangeReason, RuleSpec, Span, builtin_rules};
use crate::model::answer::Rate;
use crate::model::time::{MINUTE, SECOND};

/// Any instant.
const NOON: i64 = 1_767_268_800_000_000;

fn at(seconds: i64) -> Micros {
    Micros(NOON + seconds * SECOND)
}

fn rule(text: &str) -> Rule {
    toml::from_str::<RuleSpec>(&format!("name = 'r'\n{text}")).expect("well written").check().expect("a rule")
}

/// Fires above 50, for as long as `hold` says.
fn backlog(hold: &str) -> Rule {
    rule(&format!("kind = 'latest'\nmetric = 'queue_depth'\nabove = 50\nclear = 40\nfor = '{hold}'"))
}

fn found(rule: &Rule, value: Option<f64>, samples: u64, samples_min: u64) -> Found {
    let figures = Figures { value, samples, samples_min, limit: rule.limit(), ..Figures::default() };
    Found { subject: None, figures, holds: None, fresh: true }
}

fn of_one(found: Found) -> Reading {
    Reading::Found { subjects: vec![found], truncated: false }
}

/// Looks with a value each, in the steps of time they come with.
struct Watch {
    rule: Rule,
    standing: Vec<Alert>,
    silences: Vec<Silence>,
}

impl Watch {
    fn new(rule: Rule) -> Self {
        Self { rule, standing: Vec::new(), silences: Vec::new() }
    }

    fn look(&mut self, reading: Reading, now: Micros) -> Evaluation {
        let readings = BTreeMap::from([(self.rule.name.clone(), reading)]);
        let snapshot = Snapshot { readings, standing: &self.standing, silences: &self.silences };
        let evaluation = evaluate(std::slice::from_ref(&self.rule), &snapshot, now);
        self.standing.clone_from(&evaluation.standing);
        evaluation
    }

    fn value(&mut self, value: f64, seconds: i64) -> Evaluation {
        let found = found(&self.rule, Some(value), 1, 1);
        self.look(of_one(found), at(seconds))
    }

    fn nothing(&mut self, seconds: i64) -> Evaluation {
        self.look(Reading::Found { subjects: Vec::new(), truncated: false }, at(seconds))
    }
}

fn moves(evaluation: &Evaluation) -> Vec<(AlertState, AlertState, ChangeReason)> {
    evaluation.changes.iter().map(|change| (change.from, change.to, change.reason)).collect()
}

fn told(evaluation: &Evaluation) -> Vec<NotificationStatus> {
    evaluation.notifications.iter().map(|notification| notification.status).collect()
}

use AlertState::{Firing, Inactive, Pending, Resolved};
use ChangeReason::{Cleared, Holds, NotEnoughData, RuleGone};

#[test]
fn an_alert_waits_for_its_rule_s_for_and_ends_where_it_is_clear() {
    let mut watch = Watch::new(backlog("1m"));
    assert_eq!(moves(&watch.value(50.0, 0)), [], "50 is not above 50");
    assert_eq!(moves(&watch.value(51.0, 15)), [(Inactive, Pending, Holds)]);
    assert_eq!(moves(&watch.value(60.0, 74)), [], "59 seconds are no minute");
    let fired = watch.value(63.0, 75);
    assert_eq!((moves(&fired), told(&fired)), (vec![(Pending, Firing, Holds)], vec![NotificationStatus::Firing]));
    let alert = &fired.standing[0];
    assert_eq!((alert.active_at, alert.fired_at, alert.figures.value), (Some(at(15)), Some(at(75)), Some(63.0)));
    assert_eq!(alert.summary, "queue_depth is 63; bad above 50");
    assert_eq!(moves(&watch.value(45.0, 90)), [], "below 50, and not at 40 yet");
    let ended = watch.value(40.0, 105);
    assert_eq!((moves(&ended), told(&ended)), (vec![(Firing, Resolved, Cleared)], vec![NotificationStatus::Resolved]));
    assert_eq!(ended.standing[0].resolved_at, Some(at(105)));
    assert_eq!(watch.value(1.0, 105 + 899).standing.len(), 1, "shown for a quarter of an hour");
    assert_eq!(watch.value(1.0, 105 + 900).standing, []);
}

#[test]
fn what_was_pending_and_does_not_hold_any_more_never_fired() {
    let mut watch = Watch::new(backlog("1m"));
    watch.value(51.0, 0);
    let cleared = watch.value(49.0, 30);
    assert_eq!((moves(&cleared), told(&cleared)), (vec![(Pending, Inactive, Cleared)], vec![]));
    watch.value(51.0, 45);
    assert_eq!(moves(&watch.value(51.0, 104)), [], "the minute begins anew");
    assert_eq!(moves(&watch.value(51.0, 105)), [(Pending, Firing, Holds)]);
}

#[test]
fn too_few_tasks_never_fire_a_rate_and_keep_a_firing_one_for_the_window() {
    let [rule, ..] = builtin_rules();
    let mut watch = Watch::new(rule.clone());
    let rated = |numerator, denominator: u64| {
        let rate = Rate { numerator, denominator };
        let mut found = found(&rule, Some(rate.ratio()), denominator, 20);
        found.figures.rate = Some(rate);
        of_one(found)
    };
    let few = watch.look(rated(0, 19), at(0));
    assert_eq!(moves(&few), [], "0 of 19");
    let reading = &few.readings["low_success_rate"];
    assert_eq!(
        (reading.verdict, reading.summary.as_str()),
        (ReadingVerdict::NotEnoughData, "not enough data: 19 of at least 20")
    );
    assert_eq!(moves(&watch.look(rated(18, 20), at(15))), [], "90 % is not below 90 %");
    let fired = watch.look(rated(17, 20), at(30));
    assert_eq!(moves(&fired), [(Inactive, Firing, Holds)]);
    assert_eq!(fired.standing[0].summary, "success rate 85 % (17 of 20 in 5m); bad below 90 %");
    assert_eq!(moves(&watch.look(rated(1, 2), at(60))), [], "nobody knows better");
    assert_eq!(watch.standing[0].lacking_since, Some(at(60)));
    assert_eq!(watch.standing[0].figures.samples, 20, "the figures stay those it fired by");
    assert_eq!(moves(&watch.look(rated(1, 2), at(359))), []);
    assert_eq!(moves(&watch.look(rated(1, 2), at(360))), [(Firing, Resolved, NotEnoughData)]);
}

#[test]
fn data_that_comes_back_takes_the_lack_away() {
    let mut watch = Watch::new(backlog("0s"));
    watch.value(51.0, 0);
    watch.nothing(100);
    watch.value(51.0, 200);
    assert_eq!(watch.standing[0].lacking_since, None);
    assert_eq!(moves(&watch.nothing(399)), []);
    assert_eq!(moves(&watch.nothing(399 + 299)), []);
    assert_eq!(moves(&watch.nothing(399 + 300)), [(Firing, Resolved, NotEnoughData)]);
}

#[test]
fn history_starts_no_alert_but_keeps_one_going() {
    let rule = rule("kind = 'token_use'\nabove = 0.8");
    let mut watch = Watch::new(rule.clone());
    let mut old = found(&rule, Some(0.9), 5, 1);
    old.fresh = false;
    assert_eq!(moves(&watch.look(of_one(old.clone()), at(0))), []);
    assert_eq!(moves(&watch.look(of_one(found(&rule, Some(0.9), 5, 1)), at(15))), [(Inactive, Firing, Holds)]);
    assert_eq!(moves(&watch.look(of_one(old), at(600))), []);
}

#[test]
fn nothing_is_missing_of_what_never_came() {
    let rule = rule("kind = 'absence'\nwindow = '10m'\nfor = '1m'");
    let mut watch = Watch::new(rule.clone());
    let mut came = |samples, seconds| moves(&watch.look(of_one(found(&rule, None, samples, 1)), at(seconds)));
    assert_eq!(came(0, 0), []);
    assert_eq!(came(0, 3600), [], "however long");
    assert_eq!(came(3, 3615), []);
    assert_eq!(came(0, 4300), [(Inactive, Pending, Holds)]);
    assert_eq!(came(0, 4360), [(Pending, Firing, Holds)]);
    assert_eq!(came(1, 4400), [(Firing, Resolved, Cleared)]);
    assert_eq!(came(1, 9000), []);
    assert_eq!(came(0, 9600), [(Inactive, Pending, Holds)], "it is still watched after it was shown as resolved");
}

#[test]
fn each_subject_has_an_alert_of_its_own() {
    let rule = backlog("0s");
    let mut watch = Watch::new(rule.clone());
    let of = |swarm: &str, value| Found {
        subject: Some(Subject { label: "swarm_id".into(), value: swarm.into() }),
        ..found(&rule, Some(value), 1, 1)
    };
    let reading = |subjects| Reading::Found { subjects, truncated: false };
    let first = watch.look(reading(vec![of("a", 10.0), of("b", 70.0), of("c", 60.0)]), at(0));
    let whom: Vec<_> = first.standing.iter().map(|alert| alert.labels["swarm_id"].as_str()).collect();
    assert_eq!(whom, ["b", "c"]);
    assert_ne!(first.standing[0].fingerprint, first.standing[1].fingerprint);
    let said = &first.readings["r"];
    assert_eq!(
        (said.verdict, said.subjects, said.summary.as_str()),
        (ReadingVerdict::Holds, 3, "swarm b: queue_depth is 70; bad above 50")
    );
    let second = watch.look(reading(vec![of("a", 10.0), of("b", 30.0), of("c", 60.0)]), at(15));
    assert_eq!(moves(&second), [(Firing, Resolved, Cleared)]);
    assert_eq!(second.changes[0].subject, Some(Subject { label: "swarm_id".into(), value: "b".into() }));
}

#[test]
fn a_silence_keeps_an_alert_quiet_until_it_ends_and_the_end_of_a_told_one_is_told_in_any_case() {
    let mut watch = Watch::new(backlog("0s"));
    let matchers = BTreeMap::from([("alertname".to_owned(), "r".to_owned())]);
    let silence = Silence { id: 7, matchers, starts_at: at(0), ends_at: at(60), comment: None, created_by: None };
    watch.silences = vec![silence.clone()];
    let fired = watch.value(51.0, 0);
    assert_eq!((told(&fired), fired.changes[0].silenced, &fired.standing[0].silenced_by), (vec![], true, &vec![7]));
    assert_eq!(told(&watch.value(51.0, 59)), []);
    assert_eq!(told(&watch.value(51.0, 60)), [NotificationStatus::Firing]);
    assert_eq!(told(&watch.value(51.0, 75)), [], "once");
    watch.silences = vec![Silence { starts_at: at(80), ends_at: at(999), ..silence }];
    assert_eq!(told(&watch.value(1.0, 90)), [NotificationStatus::Resolved]);
}

#[test]
fn what_fired_and_ended_in_silence_is_never_told() {
    let mut watch = Watch::new(backlog("0s"));
    let matchers = BTreeMap::from([("severity".to_owned(), "warning".to_owned())]);
    watch.silences =
        vec![Silence { id: 1, matchers, starts_at: at(0), ends_at: at(600), comment: None, created_by: None }];
    watch.value(51.0, 0);
    assert_eq!(told(&watch.value(1.0, 30)), []);
    watch.silences.clear();
    assert_eq!(told(&watch.value(1.0, 700)), []);
}

#[test]
fn a_rule_that_is_gone_ends_its_alerts_and_a_reading_that_failed_changes_nothing() {
    let mut watch = Watch::new(backlog("0s"));
    watch.value(51.0, 0);
    let failed = watch.look(Reading::Failed, at(15));
    assert_eq!((moves(&failed), failed.standing.len()), (vec![], 1));
    assert_eq!(failed.readings["r"].verdict, ReadingVerdict::Failed);
    watch.rule.enabled = false;
    let gone = watch.value(51.0, 30);
    assert_eq!((moves(&gone), told(&gone)), (vec![(Firing, Resolved, RuleGone)], vec![NotificationStatus::Resolved]));
    assert_eq!(gone.readings, BTreeMap::new());
}

#[test]
fn labels_stay_as_they_were_when_an_alert_began() {
    let mut watch = Watch::new(backlog("0s"));
    watch.value(51.0, 0);
    let before = watch.standing[0].fingerprint.clone();
    watch.rule.labels.insert("team".into(), "blue".into());
    assert_eq!(watch.value(55.0, 15).standing[0].fingerprint, before);
    watch.value(1.0, 30);
    let anew = watch.value(55.0, 45);
    assert_eq!(anew.standing[0].labels["team"], "blue");
    assert_ne!(anew.standing[0].fingerprint, before);
}

#[test]
fn new_figures_alone_need_not_be_kept() {
    let mut watch = Watch::new(backlog("0s"));
    let first = watch.value(51.0, 0);
    assert!(first.has_moved(&[]));
    assert!(!watch.value(99.0, 15).has_moved(&first.standing));
    assert!(watch.nothing(30).has_moved(&first.standing), "it began to lack data");
}

#[test]
fn a_replay_counts_each_time_it_would_have_fired() {
    let rule = backlog("30s");
    let mut replay = Replay::new(Rule { enabled: false, ..rule.clone() });
    // A value every 15 s: fires with the third high value of a row.
    let values = [51, 51, 51, 30, 51, 30, 51, 51, 51, 51];
    for (place, value) in values.into_iter().enumerate() {
        let seconds = 15 * i64::try_from(place).expect("few");
        replay.look(of_one(found(&rule, Some(f64::from(value)), 1, 1)), at(seconds));
    }
    replay.look(Reading::Found { subjects: vec![], truncated: false }, at(150));
    assert_eq!((replay.looks, replay.looks_without_data), (11, 1));
    let firings: Vec<_> = replay.into_firings().into_iter().map(|f| (f.fired_at, f.resolved_at)).collect();
    assert_eq!(firings, [(at(30), Some(at(45))), (at(120), None)]);
}

#[test]
fn a_resolved_alert_that_holds_again_is_told_anew() {
    let mut watch = Watch::new(backlog("0s"));
    watch.value(51.0, 0);
    watch.value(1.0, 15);
    let again = watch.value(51.0, 30);
    assert_eq!((moves(&again), told(&again)), (vec![(Resolved, Firing, Holds)], vec![NotificationStatus::Firing]));
    assert_eq!((again.standing[0].active_at, again.standing[0].resolved_at), (Some(at(30)), None));
    assert_eq!(Span::minutes(1).micros(), MINUTE);
}
