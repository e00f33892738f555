//! Channels know nothing of each other, and a server that stops loses nothing that was on its way.

use swarmscope::jobs;
use swarmscope::model::alert::{NotificationStatus, Severity};
use swarmscope::model::channel::DeliveryState;
use tokio_util::sync::CancellationToken;

use super::delivery::{alert, at, deliver, hook, log, moved, service, told};
use super::receivers::{Http, OK};
use crate::common::eventually;

/// Long enough for whatever a test does meanwhile.
const PATIENT: &str = "timeout_seconds = 60";

#[tokio::test]
async fn a_slow_receiver_delays_no_other_and_hears_everything_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let ((slow, gate), fast) = (Http::gated(OK).await, Http::start(&[OK]).await);
    let channels = hook("slow", &slow, PATIENT) + &hook("fast", &fast, "");
    let service = service(&folder.path().join("s.db"), &channels).await;
    for (rule, agent) in [("Slow", "a1"), ("Failing", "a2"), ("Stale", "a3")] {
        moved(&service, NotificationStatus::Firing, &[alert(rule, Severity::Warning, agent)]).await;
    }
    let stop = CancellationToken::new();
    let job = tokio::spawn(jobs::channels::run(service.clone(), stop.clone()));

    let all = ["firing a1", "firing a2", "firing a3"];
    eventually("the fast one heard all", async || told(&fast) == all).await;
    eventually("the slow one heard the first", async || !slow.requests().is_empty()).await;
    assert_eq!(told(&slow), all[..1], "the others wait for its answer");
    moved(&service, NotificationStatus::Resolved, &[alert("Slow", Severity::Warning, "a1")]).await;
    eventually("the fast one hears what comes later, too", async || fast.requests().len() == 4).await;
    assert_eq!(told(&slow), all[..1]);

    gate.add_permits(4);
    eventually("the slow one heard all", async || slow.requests().len() == 4).await;
    assert_eq!(told(&slow), ["firing a1", "firing a2", "firing a3", "resolved a1"]);
    stop.cancel();
    job.await.expect("it ends");
    let sent = log(&service).await;
    assert!(
        sent.iter().all(|one| (one.state, one.attempts) == (DeliveryState::Sent, 1)) && sent.len() == 8,
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_server_that_stops_lets_a_message_arrive_and_leaves_the_next_to_its_successor() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let (slow, gate) = Http::gated(OK).await;
    let channels = hook("slow", &slow, PATIENT);
    let first = service(&path, &channels).await;
    for rule in ["Slow", "Failing"] {
        moved(&first, NotificationStatus::Firing, &[alert(rule, Severity::Warning, "a1")]).await;
    }
    let stop = CancellationToken::new();
    let job = tokio::spawn(jobs::channels::run(first.clone(), stop.clone()));
    eventually("one is on its way", async || slow.requests().len() == 1).await;
    stop.cancel();
    gate.add_permits(2);
    job.await.expect("it ends");
    let left: Vec<_> = log(&first).await.iter().map(|one| (one.state, one.attempts)).collect();
    assert_eq!(left, [(DeliveryState::Waiting, 0), (DeliveryState::Sent, 1)]);
    first.store().close().await;

    let second = service(&path, &channels).await;
    let now = swarmscope::model::Micros(chrono::Utc::now().timestamp_micros());
    assert_eq!(deliver(&second, now).await, 1);
    assert_eq!(slow.requests().len(), 2);
}

#[tokio::test]
async fn what_a_stopping_server_cuts_off_is_due_again_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let (slow, gate) = Http::gated(OK).await;
    let channels = hook("slow", &slow, PATIENT);
    let first = service(&path, &channels).await;
    moved(&first, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    assert!(first.deliveries_due(at(0)).await.expect("readable").contains("slow"));
    let heard = eventually("it was heard", async || slow.requests().len() == 1);
    assert!(first.deliver_next("slow", at(0), heard).await.expect("runs"));
    let cut = &log(&first).await[0];
    assert_eq!((cut.state, cut.attempts), (DeliveryState::Waiting, 1));
    assert!(cut.error.as_deref().is_some_and(|error| error.starts_with("the server stopped before")), "{cut:?}");
    let ended = cut.next.expect("it is due");
    first.store().close().await;

    gate.add_permits(2); // the first attempt, which nobody waits for any more, takes one
    let second = service(&path, &channels).await;
    assert_eq!(deliver(&second, ended).await, 1);
    let sent = &log(&second).await[0];
    assert_eq!((sent.state, sent.attempts, &sent.error), (DeliveryState::Sent, 2, &None));
    let number = |n: usize| slow.requests()[n].header("x-swarmscope-delivery").map(str::to_owned);
    assert_eq!(number(0), number(1), "a receiver can tell that it is the same");
}
