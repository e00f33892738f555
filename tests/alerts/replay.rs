//! A dry run says what the server would have done: the same as the server did.

use swarmscope::model::alert::{AlertHistoryQuery, AlertState, DryRunQuery, Span};

use super::*;

/// Two hours with three spells of failures, of which the second is short; in the third hardly anybody works.
fn day() -> Vec<Value> {
    let mut records = Vec::new();
    for second in (0..7_200).step_by(10) {
        let spell = (1_200..1_800).contains(&second) || (3_600..3_660).contains(&second);
        let failed = spell || second % 200 == 0;
        if !(6_000..6_600).contains(&second) || second % 100 == 0 {
            records.push(task(&format!("t-{second}"), second, !failed));
        }
    }
    records
}

#[tokio::test]
async fn a_dry_run_is_what_the_server_did() {
    let low = rule("kind = 'aggregate'\nfunction = 'success_rate'\nbelow = 0.8\nclear = 0.9\nfor = '30s'");
    let mut settings = only(vec![low.clone()]);
    settings.alerts.interval = Span::seconds(30);
    let (service, _folder) = service(settings).await;
    store(&service, &day()).await;
    for seconds in (0..=7_200).step_by(30) {
        look(&service, seconds).await;
    }
    let history = AlertHistoryQuery { limit: Some(1_000), ..AlertHistoryQuery::default() };
    let mut done: Vec<_> = service.alert_history(&history, at(7_200)).await.expect("readable").changes;
    done.reverse();
    let times = |to| done.iter().filter(|change| change.to == to).map(|change| change.at).collect::<Vec<_>>();
    let (fired, resolved) = (times(AlertState::Firing), times(AlertState::Resolved));
    assert!(fired.len() >= 2, "{fired:?}");

    let query = DryRunQuery { rule: low.into(), from: at(0).to_rfc3339(), to: at(7_200).to_rfc3339() };
    let dry = service.dry_run(query, at(7_200)).await.expect("a dry run");
    assert_eq!(dry.firings.iter().map(|firing| firing.fired_at).collect::<Vec<_>>(), fired);
    assert_eq!(dry.firings.iter().filter_map(|firing| firing.resolved_at).collect::<Vec<_>>(), resolved);
    assert_eq!((dry.fired, dry.step_seconds, dry.looks), (fired.len() as u64, 30, 241));
    assert_eq!(dry.summary, format!("would have fired {} times in 2h", fired.len()));
    let summaries: Vec<_> = done.iter().filter(|change| change.to == AlertState::Firing).collect();
    assert!(summaries.iter().zip(&dry.firings).all(|(change, firing)| change.figures == firing.figures));
    assert!(waiting(&service).await.len() == fired.len() + resolved.len(), "a dry run tells nobody");
}

#[tokio::test]
async fn a_long_range_is_looked_at_more_rarely_and_nothing_says_that_there_was_nothing() {
    let (service, _folder) = service(Settings::default()).await;
    let query = DryRunQuery {
        rule: rule("kind = 'aggregate'\nfunction = 'success_rate'\nbelow = 0.8").into(),
        from: "now-30d".into(),
        to: String::new(),
    };
    let dry = service.dry_run(query.clone(), at(0)).await.expect("a dry run");
    assert_eq!((dry.step_seconds, dry.looks, dry.looks_without_data), (1_801, 1_440, 1_440));
    assert_eq!(dry.summary, "not enough data in 30d to say anything");
    let future = DryRunQuery { from: "now+1h".into(), to: "now+2h".into(), ..query };
    assert!(service.dry_run(future, at(0)).await.is_err());
}
