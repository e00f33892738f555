//! What the server learns by itself: kept, brought up to date by what arrived, and its changes told.

use swarmscope::config::Config;
use swarmscope::model::pattern::{ChangeKind, PatternsQuery};
use swarmscope::model::time::DAY;
use swarmscope::model::{Dataset, Micros};
use swarmscope::service::patterns::Relearned;
use swarmscope::store::SealOptions;

use super::common::{self, NOON, Server};
use super::scene::{MINUTE, NOW, Scene, event, noise, of_workflow, open, records, workflow};

fn small() -> Config {
    let mut config = Config::default();
    config.patterns.learn.max_history_size = 400;
    config.patterns.interval_seconds = 1;
    config
}

#[tokio::test]
async fn a_workflow_appears_is_strengthened_and_fades_while_the_server_runs() {
    let server = Server::start_with(small()).await;
    let send = async |lines: Vec<String>| {
        assert_eq!(server.send(&lines.join("\n")).await.counts()[0], lines.len() as u64);
    };
    let changes = async || {
        let body = server.get("/api/v1/patterns").await.json();
        let id = body["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|item| item["description"] == "plan → edit → check → commit");
        let occurrences = id.map(|item| item["occurrences"].clone());
        let of = |change: &serde_json::Value| change["description"] == "plan → edit → check → commit";
        let changes: Vec<String> = body["changes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|change| of(change))
            .map(|change| change["change"].as_str().expect("a word").to_owned())
            .collect();
        (occurrences.and_then(|n| n.as_u64()), changes)
    };
    send([workflow("ada", "swarm-1", 0.0, 8), noise(0.0, 200, 4.0)].concat()).await;
    common::eventually("it appears", async || changes().await == (Some(8), vec!["appeared".into()])).await;
    // Fifteen rounds are not twice eight; sixteen are.
    send(workflow("ada", "swarm-1", 80.0, 7)).await;
    common::eventually("it is learned anew", async || changes().await.0 == Some(15)).await;
    assert_eq!(changes().await.1, ["appeared"]);
    send(workflow("ada", "swarm-1", 150.0, 1)).await;
    common::eventually("it is strengthened", async || {
        changes().await == (Some(16), vec!["strengthened".into(), "appeared".into()])
    })
    .await;
    // 400 newer events push the rounds out of the history.
    send(noise(300.0, 400, 8.0)).await;
    common::eventually("it fades", async || {
        changes().await == (None, vec!["faded".into(), "strengthened".into(), "appeared".into()])
    })
    .await;
    let id = server.get("/api/v1/patterns").await.json()["changes"][0]["pattern_id"].clone();
    let page = server.get(&format!("/api/v1/patterns/{}", id.as_str().expect("an id"))).await.json();
    assert_eq!((page["pattern"]["occurrences"].as_u64(), page["occurrence_count"].as_u64()), (Some(16), Some(0)));
    assert!(page["faded"].is_string(), "its page still tells what it was");
    assert!(server.stop().await);
}

#[tokio::test]
async fn nothing_is_learned_when_nothing_arrived_and_another_process_sees_what_was() {
    let scene = Scene::new().await;
    scene.send(&workflow("ada", "swarm-1", 0.0, 8)).await;
    scene.send(&noise(0.0, 200, 4.0)).await;
    let learned = scene.service.relearn_patterns(NOW).await.expect("learned");
    let Relearned::Learned { learning, patterns, changes } = learned else { panic!("nothing was learned") };
    assert_eq!((learning.events, learning.derived, learning.limited), (232, 0, false));
    assert_eq!((learning.from, changes.len()), (Some(Micros(NOON)), patterns), "all of them are new");
    assert!(changes.iter().all(|change| change.change == ChangeKind::Appeared));
    assert_eq!(scene.service.relearn_patterns(Micros(NOW.0 + 1)).await.expect("looked"), Relearned::Unchanged);
    // Sealing changes no record, and neither does what patterns are not learned from.
    let line = r#"{"kind":"memory","session_id":"s","memory_type":"m","key":"k","value":1,"timestamp":1767268800000}"#;
    scene.send(&[line.to_owned()]).await;
    assert_eq!(scene.service.relearn_patterns(Micros(NOW.0 + 1)).await.expect("looked"), Relearned::Unchanged);
    let other = open(scene.folder.path(), &Config::default()).await;
    assert_eq!(other.relearn_patterns(Micros(NOW.0 + 1)).await.expect("looked"), Relearned::Unchanged);
    let page = other.patterns(&PatternsQuery::default(), super::scene::ENDLESS, NOW).await.expect("an answer");
    assert_eq!(page.learning.expect("kept").learned_at, NOW);
    assert_eq!(of_workflow(&page.patterns).map(|pattern| pattern.occurrences), Some(8));
    // What one stores, the other learns; what was learned earlier does not come back.
    scene.send(&workflow("ada", "swarm-1", 80.0, 1)).await;
    let Relearned::Learned { .. } = other.relearn_patterns(Micros(NOW.0 + 10)).await.expect("learned") else {
        panic!("something arrived")
    };
    let kept = scene.ask(&PatternsQuery::default()).await;
    assert_eq!(kept.learning.expect("kept").learned_at, Micros(NOW.0 + 10));
    assert_eq!(of_workflow(&kept.patterns).map(|pattern| pattern.occurrences), Some(9));
    other.store().close().await;
}

#[tokio::test]
async fn what_arrives_late_what_is_sealed_and_what_is_deleted_is_learned_as_if_it_had_always_been_so() {
    let mut config = small();
    config.patterns.learn.max_history_size = 300;
    let scene = Scene::with(config.clone()).await;
    let steps: [Vec<String>; 5] = [
        noise(0.0, 150, 4.0),
        workflow("ada", "swarm-1", 0.0, 6),
        workflow("ada", "swarm-1", -2000.0, 8), // earlier than everything
        [noise(500.0, 120, 3.0), failures(8), workflow("ada", "swarm-1", 510.0, 12)].concat(),
        vec![metric(81.0, 700.0), metric(20.0, 701.0), metric(95.0, 702.0)],
    ];
    for (n, lines) in steps.iter().enumerate() {
        scene.send(lines).await;
        let now = Micros(NOW.0 + n as i64);
        assert!(matches!(scene.service.relearn_patterns(now).await, Ok(Relearned::Learned { .. })), "step {n}");
        // Another process knows nothing of before and reads everything.
        let fresh = open(scene.folder.path(), &config).await;
        let mut query = PatternsQuery::default();
        query.settings.min_occurrences = Some(config.patterns.learn.min_occurrences);
        let read = fresh.patterns(&query, super::scene::ENDLESS, now).await.expect("an answer");
        let kept = scene.ask(&PatternsQuery::default()).await;
        assert_eq!(kept.patterns, read.patterns, "step {n}");
        let (kept, read) = (kept.learning.expect("kept"), read.learning.expect("learned"));
        assert_eq!((kept.events, kept.derived, kept.limited), (read.events, read.derived, read.limited), "step {n}");
        assert_eq!((kept.from, kept.until), (read.from, read.until), "step {n}");
        fresh.store().close().await;
    }
    // Sealed, the same is learned.
    let before = scene.ask(&PatternsQuery::default()).await;
    for day in [-2, -1, 0] {
        for dataset in [Dataset::Events, Dataset::Tasks, Dataset::SwarmMetrics] {
            let day = Micros((NOON + day * DAY).div_euclid(DAY) * DAY);
            scene.service.store().seal_day(dataset, day, &SealOptions::default()).await.expect("sealed");
        }
    }
    let mut query = PatternsQuery::default();
    query.settings.min_occurrences = Some(config.patterns.learn.min_occurrences);
    let sealed = scene.ask(&query).await;
    assert_eq!(sealed.patterns, before.patterns);
    assert!(!sealed.patterns.is_empty());
    // Deleted, it is gone, although no record arrived.
    scene.service.store().drop_chunks(Dataset::Events, Micros(NOON + 30 * DAY)).await.expect("dropped");
    let Ok(Relearned::Learned { learning, .. }) = scene.service.relearn_patterns(Micros(NOW.0 + 100)).await else {
        panic!("records went")
    };
    assert!(learning.events < 50, "{learning:?}: what is left are conditions");
}

/// Tasks that fail a minute after a warning.
fn failures(count: usize) -> Vec<String> {
    let one = |n: usize| {
        let minute = 520.0 + 20.0 * n as f64;
        let millis = NOON / 1000 + ((minute + 1.0) * 60_000.0) as i64;
        let task = format!(
            r#"{{"kind":"task","task_id":"bad-{n}","agent_id":"bob","swarm_id":"swarm-1","result":"failure","timestamp":{millis},"duration_ms":1000}}"#
        );
        [event("memory_warning", "bob", "swarm-1", minute), task]
    };
    (0..count).flat_map(one).collect()
}

fn metric(value: f64, minute: f64) -> String {
    let millis = (NOON + (minute * MINUTE as f64) as i64) / 1000;
    format!(
        r#"{{"kind":"swarm_metric","swarm_id":"swarm-1","metric_type":"token_usage_percent","value":{value},"timestamp":{millis}}}"#
    )
}

#[tokio::test]
async fn an_event_that_its_importer_replaces_is_learned_as_it_is_now() {
    let scene = Scene::new().await;
    let of = |kind: &str, n: usize| {
        let mut line = event(kind, "ada", "swarm-1", n as f64);
        line.truncate(line.len() - 1);
        records(&[format!(r#"{line},"source":{{"file":"f","key":"k{n}"}}}}"#)]).pop().expect("a record")
    };
    let beats = |kind: &str| (0..20).map(|n| of(kind, n)).collect::<Vec<_>>();
    scene.service.record(beats("tick"), NOW).await.expect("stored");
    scene.service.relearn_patterns(NOW).await.expect("learned");
    let kept = scene.ask(&PatternsQuery::default()).await;
    assert_eq!(kept.patterns.iter().map(|pattern| pattern.events.join(" ")).collect::<Vec<_>>(), ["tick"]);
    scene.service.record(beats("tock"), NOW).await.expect("stored");
    let Ok(Relearned::Learned { learning, .. }) = scene.service.relearn_patterns(Micros(NOW.0 + 1)).await else {
        panic!("records were replaced")
    };
    assert_eq!(learning.events, 20);
    let kept = scene.ask(&PatternsQuery::default()).await;
    assert_eq!(kept.patterns.iter().map(|pattern| pattern.events.join(" ")).collect::<Vec<_>>(), ["tock"]);
    let told: Vec<_> =
        kept.changes.iter().map(|change| (change.change, change.description.split(' ').next())).collect();
    let (faded, appeared) = (ChangeKind::Faded, ChangeKind::Appeared);
    assert_eq!(told, [(faded, Some("tick")), (appeared, Some("tock")), (appeared, Some("tick"))]);
}
