//! What people change: rules from wherever, over restarts.

use swarmscope::model::ProblemKind;
use swarmscope::model::aggregate::Function;
use swarmscope::model::alert::{AlertState, ChangeReason, Kind, RuleOrigin, RuleSpec};
use swarmscope::service::ServiceError;

use super::*;

fn count_above(name: &str, above: f64) -> RuleSpec {
    RuleSpec {
        name: name.to_owned(),
        kind: Kind::Aggregate,
        enabled: true,
        function: Some(Function::Count),
        above: Some(above),
        ..RuleSpec::default()
    }
}

fn kind(error: ServiceError) -> ProblemKind {
    error.problem().kind
}

#[tokio::test]
async fn a_documented_rule_is_edited_kept_and_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let first = open(&path, Settings::default()).await;
    let before = first.alert_rule("high_backlog", at(0)).await.expect("a rule");
    assert_eq!((before.origin, before.edited, before.rule.above), (RuleOrigin::Builtin, false, Some(50.0)));
    let refused = first.delete_alert_rule("high_backlog", at(0)).await.expect_err("documented");
    assert_eq!(kind(refused), ProblemKind::Conflict);
    let wider = RuleSpec { above: Some(80.0), ..before.rule.clone() };
    let edited = first.edit_alert_rule("high_backlog", wider.clone(), at(0)).await.expect("edited");
    assert_eq!((edited.edited, edited.rule.above), (true, Some(80.0)));
    let renamed = RuleSpec { name: "other".into(), ..wider };
    assert_eq!(
        kind(first.edit_alert_rule("high_backlog", renamed, at(0)).await.expect_err("renamed")),
        ProblemKind::BadRequest
    );
    first.store().close().await;

    let second = open(&path, Settings::default()).await;
    assert_eq!(second.alert_rule("high_backlog", at(1)).await.expect("a rule").rule.above, Some(80.0));
    let restored = second.delete_alert_rule("high_backlog", at(2)).await.expect("restored").expect("a rule");
    assert_eq!((restored.edited, restored.rule), (false, before.rule));
}

#[tokio::test]
async fn a_rule_is_made_switched_off_and_deleted() {
    let (service, _folder) = service(only(Vec::new())).await;
    store(&service, &tasks(3, 0, 0)).await;
    let made = service.create_alert_rule(count_above("many", 2.0), at(10)).await.expect("made");
    assert_eq!((made.origin, made.state), (RuleOrigin::Store, AlertState::Firing), "looked at at once");
    let again = service.create_alert_rule(count_above("many", 5.0), at(10)).await.expect_err("taken");
    assert_eq!(kind(again), ProblemKind::Conflict);
    let off = service.enable_alert_rule("many", false, at(20)).await.expect("off");
    assert_eq!((off.rule.enabled, off.state, off.reading), (false, AlertState::Resolved, None));
    let history = service.alert_history(&Default::default(), at(20)).await.expect("readable").changes;
    assert_eq!((history[0].to, history[0].reason), (AlertState::Resolved, ChangeReason::RuleGone));
    assert_eq!(service.delete_alert_rule("many", at(30)).await.expect("deleted"), None);
    assert_eq!(kind(service.alert_rule("many", at(30)).await.expect_err("gone")), ProblemKind::NotFound);
    let broken = RuleSpec { function: None, ..count_above("x", 1.0) };
    let broken = service.create_alert_rule(broken, at(30)).await.expect_err("broken");
    assert_eq!(broken.problem().detail, "rule `x`: `function` is missing: p99, success_rate, count, …");
}

#[tokio::test]
async fn a_configured_rule_takes_the_place_of_a_documented_one_of_its_name() {
    let mut own = rule("kind = 'aggregate'\nfunction = 'success_rate'\nbelow = 0.5");
    own.name = "low_success_rate".into();
    let mut settings = Settings::default();
    settings.alerts.rules.push(own);
    let (service, _folder) = service(settings).await;
    let page = service.alerts(at(0)).await.expect("a page");
    assert_eq!(page.rules.len(), 4);
    let status = page.rules.iter().find(|status| status.rule.name == "low_success_rate").expect("a rule");
    assert_eq!((status.origin, status.rule.below), (RuleOrigin::Config, Some(0.5)));
    assert!(!page.watching, "nobody looked");
    look(&service, 10).await;
    assert!(service.alerts(at(11)).await.expect("a page").watching);
    assert!(!service.alerts(at(200)).await.expect("a page").watching, "nobody looked for three intervals");
}
