//! Questions with a range, a filter or settings of their own; the page of one pattern; routes and the command line.

use swarmscope::config::Config;
use swarmscope::model::pattern::{PatternQuery, PatternType, PatternsQuery};
use swarmscope::model::{RangeSpec, RecordFilter};
use swarmscope::service::patterns::Patience;

use super::common::{self, NOON, Server, run};
use super::scene::{ENDLESS, MINUTE, NOW, STEPS, Scene, event, noise, of_workflow, workflow};

/// Two agents with the same workflow in different swarms, and noise.
async fn filled() -> Scene {
    let scene = Scene::new().await;
    scene.send(&workflow("ada", "swarm-1", 0.0, 8)).await;
    scene.send(&workflow("bob", "swarm-2", 5.0, 6)).await;
    scene.send(&noise(0.0, 200, 4.0)).await;
    scene
}

fn agent(name: &str) -> PatternsQuery {
    let filter = RecordFilter { agent_id: Some(name.into()), ..RecordFilter::default() };
    PatternsQuery { filter, ..PatternsQuery::default() }
}

#[tokio::test]
async fn a_range_an_agent_or_a_swarm_is_learned_from_its_own_events_only() {
    let scene = filled().await;
    let seen = async |query: &PatternsQuery| {
        let page = scene.ask(query).await;
        let learning = page.learning.expect("learned");
        let workflow = of_workflow(&page.patterns);
        (learning.events, workflow.map(|pattern| (pattern.occurrences, pattern.support.denominator)))
    };
    assert_eq!(seen(&PatternsQuery::default()).await, (256, Some((14, 14))));
    let mut of = agent("ada");
    of.settings.min_occurrences = Some(3);
    assert_eq!(seen(&of).await.0, 32);
    let mut swarm = PatternsQuery::default();
    swarm.filter.swarm_id = Some("swarm-2".into());
    assert_eq!(seen(&swarm).await.0, 24);
    assert_eq!(seen(&agent("nobody")).await, (0, None));
    // Up to the first step of the sixth round of ada, and of the fifth of bob.
    let to = (NOON + 50 * MINUTE) / 1000;
    let range = RangeSpec { from: "2026-01-01T00:00:00Z".into(), to: to.to_string() };
    let early = PatternsQuery { range: Some(range), ..PatternsQuery::default() };
    assert_eq!(seen(&early).await.1, Some((10, 10)), "five rounds each");
}

#[tokio::test]
async fn kind_and_confidence_narrow_what_is_shown_and_count_before_the_kind() {
    let scene = filled().await;
    let all = scene.ask(&PatternsQuery::default()).await;
    let query = PatternsQuery { pattern_type: Some(PatternType::Temporal), ..PatternsQuery::default() };
    let page = scene.ask(&query).await;
    assert_eq!(page.counts, all.counts);
    assert!(page.patterns.iter().all(|pattern| pattern.pattern_type == PatternType::Temporal));
    let sure = scene.ask(&PatternsQuery { min_confidence: Some(1.0), ..PatternsQuery::default() }).await;
    assert!(sure.patterns.iter().all(|pattern| pattern.confidence == 1.0) && of_workflow(&sure.patterns).is_some());
    let order: Vec<_> = all.patterns.iter().map(|pattern| pattern.pattern_type).collect();
    assert!(order.is_sorted(), "in the order of the kinds");
}

#[tokio::test]
async fn the_page_of_a_pattern_has_every_occurrence_with_its_events() {
    let scene = filled().await;
    let pattern_id =
        of_workflow(&scene.ask(&PatternsQuery::default()).await.patterns).expect("there").pattern_id.clone();
    let query = PatternQuery { pattern_id: pattern_id.clone(), ..PatternQuery::default() };
    let page = scene.service.pattern(&query, ENDLESS, NOW).await.expect("a page");
    let detail = page.detail.expect("found");
    assert_eq!((detail.occurrence_count, detail.occurrences.len(), detail.skip), (14, 14, 0));
    let newest = &detail.occurrences[0];
    assert_eq!(newest.occurrence.agent_id.as_deref(), Some("ada"));
    assert_eq!(newest.occurrence.from.0, NOON + 70 * MINUTE, "the eighth round");
    assert_eq!(newest.occurrence.until.0, NOON + 70 * MINUTE + 9_000_000);
    assert_eq!(newest.events.iter().map(|event| event.event_type.as_str()).collect::<Vec<_>>(), STEPS);
    assert!(newest.events.iter().all(|event| event.agent_id == "ada"));
    let timeline = detail.timeline.expect("occurrences");
    assert_eq!((timeline.counts.iter().sum::<u64>(), timeline.counts.len()), (14, timeline.time.len()));
    assert_eq!((detail.this_week.occurrences, detail.last_week.occurrences), (14, 0));
    assert_eq!(detail.this_week.support.map(|rate| rate.denominator), Some(14));
    assert!(detail.this_week.complete, "nothing was left out");
    assert_eq!((detail.changes.len(), detail.appeared, detail.faded), (1, Some(NOW), None));
    let rest = scene.service.pattern(&PatternQuery { skip: 13, ..query }, ENDLESS, NOW).await.expect("a page");
    let rest = rest.detail.expect("found").occurrences;
    assert_eq!(rest.iter().map(|row| row.occurrence.from.0).collect::<Vec<_>>(), [NOON], "the first round is the last");
    let unknown = PatternQuery { pattern_id: "seq_0".into(), ..PatternQuery::default() };
    let problem = scene.service.pattern(&unknown, ENDLESS, NOW).await.expect_err("there is none").problem();
    assert_eq!((problem.kind.status(), problem.detail.contains("`seq_0`")), (404, true));
}

#[tokio::test]
async fn failed_tasks_are_preceded_by_their_signs() {
    let scene = Scene::new().await;
    scene.send(&noise(0.0, 300, 10.0)).await;
    let mut lines = Vec::new();
    for n in 0..10 {
        let minute = 10.0 + 50.0 * n as f64;
        lines.push(event("memory_warning", "agent-1", "swarm-1", minute));
        let millis = NOON / 1000 + (minute * 60_000.0) as i64 + 90_000;
        lines.push(format!(
            r#"{{"kind":"task","task_id":"t-{n}","agent_id":"agent-1","swarm_id":"swarm-1","result":"failure","timestamp":{millis}}}"#
        ));
    }
    scene.send(&lines).await;
    let page =
        scene.ask(&PatternsQuery { pattern_type: Some(PatternType::Precursor), ..PatternsQuery::default() }).await;
    assert_eq!(page.learning.expect("learned").derived, 10);
    let sign = page.patterns.iter().find(|pattern| pattern.events == ["memory_warning", "task_failed"]);
    let sign = sign.unwrap_or_else(|| panic!("{:?}", page.patterns));
    assert_eq!((sign.occurrences, sign.confidence), (10, 1.0));
    let query = PatternQuery { pattern_id: sign.pattern_id.clone(), ..PatternQuery::default() };
    let detail = scene.service.pattern(&query, ENDLESS, NOW).await.expect("a page").detail.expect("found");
    let newest = &detail.occurrences[0];
    assert_eq!(newest.events.len(), 1, "the warning; a failed task is no event");
    assert_eq!(newest.tasks.iter().map(|task| task.task_id.as_str()).collect::<Vec<_>>(), ["t-9"]);
}

#[tokio::test]
async fn who_does_not_wait_is_told_how_far_it_is_and_gets_it_later() {
    let scene = filled().await;
    let at_once = Patience::AtMost(std::time::Duration::ZERO);
    let first = scene.service.patterns(&agent("ada"), at_once, NOW).await.expect("an answer");
    assert!(first.progress.is_some() && first.learning.is_none() && first.patterns.is_empty());
    common::eventually("it is learned", async || {
        let page = scene.service.patterns(&agent("ada"), at_once, NOW).await.expect("an answer");
        page.progress.is_none() && page.learning.is_some_and(|learning| learning.events == 32)
    })
    .await;
}

#[tokio::test]
async fn what_was_learned_for_a_range_ends_with_the_next_record_in_it() {
    let scene = filled().await;
    let range = |to: &str| RangeSpec { from: "2026-01-01T00:00:00Z".into(), to: to.into() };
    let of = |to: &str| PatternsQuery { range: Some(range(to)), ..PatternsQuery::default() };
    let events = async |to: &str| scene.ask(&of(to)).await.learning.expect("learned").events;
    assert_eq!(events("2026-01-02T00:00:00Z").await, 256);
    assert_eq!(events("2026-01-03T00:00:00Z").await, 256);
    scene.send(&[event("late", "ada", "swarm-1", 24.0 * 60.0)]).await;
    assert_eq!(events("2026-01-02T00:00:00Z").await, 256);
    assert_eq!(events("2026-01-03T00:00:00Z").await, 257);
}

#[tokio::test]
async fn routes_refuse_what_cannot_be_meant_and_write_csv() {
    let server = Server::start_with(Config::default()).await;
    let mut lines = workflow("ada", "swarm-1", 0.0, 8);
    lines.extend(noise(0.0, 200, 4.0));
    server.send(&lines.join("\n")).await;
    for (query, says) in [
        ("min_occurrences=1", "`min_occurrences=1`: write a whole number from 2 to 1000000"),
        ("confidence_threshold=1.5", "`confidence_threshold=1.5`: write a number from 0 to 1"),
        ("min_confidence=high", "`min_confidence=high`: write a number from 0 to 1"),
        ("false_discovery_rate=0", "false_discovery_rate is 0: it must be above 0, at most 1"),
        ("tz=Berlin", "there is no zone `Berlin`"),
        ("from=then", "`then` is no time"),
        ("type=ngram", "`type=ngram`: write sequence, frequency, correlation, temporal or precursor"),
        ("shoe_size=44", "unknown query parameter `shoe_size`"),
    ] {
        let answer = server.get(&format!("/api/v1/patterns?{query}")).await;
        assert_eq!((answer.status, answer.detail().starts_with(says)), (400, true), "{query}: {}", answer.text);
    }
    let body = server.get("/api/v1/patterns?fresh=1").await.json();
    let workflow = body["items"].as_array().expect("items").iter().find(|item| item["events"][0] == "plan");
    let workflow = workflow.expect("the workflow");
    let figures = ["occurrences", "confidence"].map(|name| workflow[name].as_f64());
    assert_eq!(figures, [Some(8.0), Some(1.0)]);
    assert_eq!(
        (&workflow["support"]["numerator"], &workflow["first_seen"]),
        (&8.into(), &"2026-01-01T12:00:00Z".into())
    );
    let csv = server.get("/api/v1/patterns?format=csv&type=sequence").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"swarmscope-patterns.csv\"");
    let mut rows = csv.text.lines();
    assert!(rows.next().expect("a head").starts_with("pattern_id,pattern_type,description,events,"));
    assert!(rows.any(|row| row.contains(",sequence,plan → edit → check → commit,")), "{}", csv.text);
    assert!(server.stop().await);
}

#[tokio::test]
async fn the_command_line_lists_patterns_and_shows_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = workflow("ada", "swarm-1", 0.0, 8);
    lines.extend(noise(0.0, 200, 4.0));
    std::fs::write(folder.path().join("events.ndjson"), lines.join("\n") + "\n").expect("written");
    let ingested = run(folder.path(), &["ingest", "events.ndjson"]);
    assert_eq!(ingested.code, Some(0), "{}", ingested.err);
    let listed = run(folder.path(), &["patterns"]);
    assert_eq!(listed.code, Some(0), "{}", listed.err);
    let line = listed.out.lines().find(|line| line.ends_with("plan → edit → check → commit")).expect("the workflow");
    assert!(line.contains("1.00 (8 of 8)") && line.contains("8 times"), "{line}");
    assert!(listed.err.contains("from 232 events, 0 of them from tasks and metrics"), "{}", listed.err);
    let id = line.split_whitespace().next().expect("an id");
    let one = run(folder.path(), &["patterns", id]);
    assert!(one.out.contains("seen         8 times, 2026-01-01T12:00:00Z – 2026-01-01T13:10:09Z"), "{}", one.out);
    assert!(one.out.contains("2026-01-01T13:10:00Z  ada  plan edit check commit"), "{}", one.out);
    let json = run(folder.path(), &["patterns", "--json", "--type", "sequence"]);
    let body: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(body["items"][0]["pattern_id"], id);
    let wrong = run(folder.path(), &["patterns", "--tz", "Berlin"]);
    assert_eq!((wrong.code, wrong.err.contains("there is no zone `Berlin`")), (Some(2), true), "{}", wrong.err);
    // Nothing arrived meanwhile, so the three above read what the first one kept; one more event is in the next.
    std::fs::write(folder.path().join("more.ndjson"), event("plan", "ada", "swarm-1", 900.0) + "\n").expect("written");
    run(folder.path(), &["ingest", "more.ndjson"]);
    assert!(run(folder.path(), &["patterns"]).err.contains("from 233 events"));
}
