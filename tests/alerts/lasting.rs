//! What survives a restart, and what is told once and only once.

use swarmscope::model::alert::{AlertHistoryQuery, AlertState, NotificationStatus, SilenceSpec, Span};
use swarmscope::service::ServiceError;
use swarmscope::store::alerts::AlertMoves;

use super::*;

use AlertState::{Firing, Pending, Resolved};

#[tokio::test]
async fn an_alert_that_waits_goes_on_waiting_after_a_restart_and_is_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let settings = only(vec![rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0\nfor = '1m'")]);
    let first = open(&path, settings.clone()).await;
    store(&first, &tasks(1, 0, 0)).await;
    assert_eq!(changes(&look(&first, 10).await), [("r", None, Pending)]);
    first.store().close().await;

    let second = open(&path, settings.clone()).await;
    assert_eq!(changes(&look(&second, 60).await), [], "50 seconds");
    assert_eq!(changes(&look(&second, 70).await), [("r", None, Firing)]);
    assert_eq!(waiting(&second).await, [(NotificationStatus::Firing, "r".to_owned())]);
    second.store().close().await;

    let third = open(&path, settings).await;
    assert_eq!(changes(&look(&third, 85).await), []);
    assert_eq!(waiting(&third).await, [(NotificationStatus::Firing, "r".to_owned())], "kept, and not told again");
    let alerts = third.alerts_now().await.expect("readable");
    assert_eq!((alerts.len(), alerts[0].active_at, alerts[0].fired_at), (1, Some(at(10)), Some(at(70))));
    let history = third.alert_history(&AlertHistoryQuery::default(), at(90)).await.expect("readable");
    let steps: Vec<_> = history.changes.iter().map(|change| (change.to, change.at, change.figures.value)).collect();
    assert_eq!(steps, [(Firing, at(70), Some(1.0)), (Pending, at(10), Some(1.0))], "newest first, with the figures");
}

#[tokio::test]
async fn what_nobody_delivers_for_a_day_is_forgotten() {
    let (service, _folder) = service(only(vec![rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0")])).await;
    store(&service, &tasks(1, 0, 0)).await;
    look(&service, 10).await;
    assert_eq!(changes(&look(&service, 400).await), [("r", None, Resolved)]);
    assert_eq!(waiting(&service).await.len(), 2);
    store(&service, &tasks(1, 0, 90_000)).await;
    look(&service, 90_010).await;
    assert_eq!(waiting(&service).await, [(NotificationStatus::Firing, "r".to_owned())]);
}

#[tokio::test]
async fn of_two_that_look_at_once_one_is_kept() {
    let (service, _folder) = service(only(vec![rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0")])).await;
    store(&service, &tasks(1, 0, 0)).await;
    let fired = look(&service, 10).await;
    let late = AlertMoves {
        revision: 0, // what another process read before that look
        now: at(10),
        notifications: fired.notifications.clone(),
        ..AlertMoves::default()
    };
    assert!(!service.store().keep_alerts(late).await.expect("answered"));
    assert_eq!(waiting(&service).await.len(), 1);
}

#[tokio::test]
async fn a_silence_holds_over_a_restart_and_its_end_tells_what_fires_still() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let settings = only(vec![rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0\nwindow = '1h'")]);
    let first = open(&path, settings.clone()).await;
    store(&first, &tasks(1, 0, 0)).await;
    let silence = SilenceSpec {
        matchers: BTreeMap::from([("alertname".to_owned(), "r".to_owned())]),
        length: Span::minutes(10),
        comment: Some("import".into()),
        created_by: None,
    };
    let silence = first.add_silence(silence, at(5)).await.expect("a silence");
    first.store().close().await;

    let second = open(&path, settings).await;
    look(&second, 10).await;
    assert_eq!(waiting(&second).await, []);
    let page = second.alerts(at(11)).await.expect("a page");
    assert_eq!((page.counts.firing, page.counts.silenced), (1, 1));
    assert_eq!((page.alerts[0].silenced_by.clone(), page.silences), (vec![silence.id], vec![silence.clone()]));
    second.end_silence(silence.id, at(20)).await.expect("ended");
    assert_eq!(waiting(&second).await, [(NotificationStatus::Firing, "r".to_owned())]);
    let unknown = second.end_silence(99, at(30)).await;
    assert!(matches!(unknown, Err(ServiceError::Problem(problem)) if problem.detail == "there is no silence 99"));
}

#[tokio::test]
async fn history_is_read_page_by_page_and_by_rule() {
    let mut other = rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0");
    other.name = "other".into();
    let (service, _folder) =
        service(only(vec![rule("kind = 'aggregate'\nfunction = 'count'\nabove = 0"), other])).await;
    for round in 0..5 {
        store(&service, &tasks(1, 0, round * 1_000)).await;
        look(&service, round * 1_000 + 10).await;
        look(&service, round * 1_000 + 500).await;
    }
    let all = AlertHistoryQuery { limit: Some(7), ..AlertHistoryQuery::default() };
    let first = service.alert_history(&all, at(0)).await.expect("readable");
    let second = AlertHistoryQuery { before: first.next, ..all };
    let second = service.alert_history(&second, at(0)).await.expect("readable");
    assert_eq!((first.changes.len(), second.changes.len()), (7, 7));
    assert!(first.changes[6].id > second.changes[0].id);
    let fired = AlertHistoryQuery { rule: Some("other".into()), to: Some(Firing), ..AlertHistoryQuery::default() };
    let fired = service.alert_history(&fired, at(0)).await.expect("readable");
    let seconds: Vec<_> = fired.changes.iter().map(|change| change.at).collect();
    assert_eq!(seconds, [at(4_010), at(3_010), at(2_010), at(1_010), at(10)]);
    assert_eq!(fired.next, None);
}
