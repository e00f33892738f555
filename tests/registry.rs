//! The registry on a real store: lives and how they go on, who is at work, who is late, who is stale; events by the
//! documented names; batches that are stored as a whole or not at all.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::collections::BTreeMap;

use common::{NOON, stored};
use swarmscope::model::aggregate::Bucket;
use swarmscope::model::filter::PageRequest;
use swarmscope::model::health::{
    AgentSettings, HealthState, HeartbeatOfType, HeartbeatSettings, IntervalBasis, PartKind, PartStatus,
};
use swarmscope::model::listing::ListQuery;
use swarmscope::model::registry::{AgentProfile, AgentUpdate};
use swarmscope::model::time::{DAY, HOUR, MINUTE, SECOND};
use swarmscope::model::{
    AgentId, AgentStatus, Dataset, EventId, EventRecord, Json, Micros, Order, ProblemKind, RangeSpec, Record,
    RecordFilter, SwarmId, TimeRange,
};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Landing, SealOptions, Store, StoreOptions};
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};

const MS: i64 = NOON / 1000;

struct Registry {
    service: Service,
    folder: tempfile::TempDir,
}

/// The records of NDJSON `lines`; `@n` stands for `n` seconds after noon, in milliseconds.
fn records(lines: &str) -> Vec<Record> {
    let context = ParseContext { now: Micros(NOON), assume_offset: None };
    let mut records = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut text = String::new();
        let mut parts = line.split('@');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end = part.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(part.len());
            let seconds: i64 = part[..end].parse().expect("seconds after @");
            text.push_str(&format!("{}{}", MS + seconds * 1000, &part[end..]));
        }
        parse(text.as_bytes(), &context, &mut records, &mut IgnoredFields::default())
            .unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    records
}

/// Seconds after noon.
fn at(seconds: i64) -> Micros {
    Micros(NOON + seconds * SECOND)
}

fn id(name: &str) -> AgentId {
    AgentId::new(name).expect("an id")
}

fn all() -> RangeSpec {
    RangeSpec { from: "all".into(), to: String::new() }
}

async fn registry(settings: Settings) -> Registry {
    let folder = tempfile::tempdir().expect("a folder");
    let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), ..StoreOptions::default() };
    let store = Store::open(&folder.path().join("s.db"), &options).await.expect("a store");
    Registry { service: Service::new(store, settings), folder }
}

impl Registry {
    async fn send(&self, lines: &str) -> Vec<Landing> {
        self.service.record_atomic(records(lines), Micros(NOON)).await.expect("stored")
    }

    async fn profile(&self, agent: &str, now: Micros) -> AgentProfile {
        self.service.agent_profile(&id(agent), &all(), now).await.expect("readable").expect("an agent")
    }

    async fn state(&self, agent: &str, now: Micros) -> HealthState {
        self.profile(agent, now).await.health.state
    }

    async fn listed(&self, query: &ListQuery, now: Micros) -> Vec<String> {
        let list = self.service.agent_list(query, now).await.expect("readable");
        list.rows.into_iter().map(|row| row.agent.agent_id).collect()
    }
}

#[tokio::test]
async fn an_agent_that_is_registered_again_has_a_new_life_and_the_earlier_ones_stay() {
    let registry = registry(Settings::default()).await;
    registry
        .send(
            r#"{"kind":"agent","agent_id":"a","agent_type":"coder","status":"complete","spawn_time":@0,"complete_time":@90,"metadata":{"try":1}}
               {"kind":"agent","agent_id":"a","agent_type":"coder","status":"error","spawn_time":@100,"complete_time":@130,"duration_ms":29500}
               {"kind":"agent","agent_id":"a","agent_type":"reviewer","status":"spawned","spawn_time":@200,"project":"p"}"#,
        )
        .await;
    let profile = registry.profile("a", at(300)).await;
    let lives: Vec<_> = profile
        .lives
        .iter()
        .map(|life| (life.status.as_str(), life.spawn_time, life.complete_time, life.duration_ms))
        .collect();
    assert_eq!(
        lives,
        [
            ("spawned", at(200), None, None),
            ("error", at(100), Some(at(130)), Some(29_500.0)), // as reported, although its ends say 30 000
            ("complete", at(0), Some(at(90)), Some(90_000.0)),
        ]
    );
    assert_eq!((profile.life_count, profile.agent_type.as_deref()), (3, Some("reviewer")));
    assert_eq!((profile.project.as_deref(), profile.last_seen), (Some("p"), Some(at(200))));
    assert_eq!(profile.lives[2].metadata, Some(Json(r#"{"try":1}"#.into())));
    assert_eq!(registry.service.agent_profile(&id("nobody"), &all(), at(0)).await.expect("readable"), None);
}

#[tokio::test]
async fn a_life_goes_from_spawned_over_running_to_its_end_with_times_and_a_duration() {
    let registry = registry(Settings::default()).await;
    registry
        .send(r#"{"kind":"agent","agent_id":"a","agent_type":"coder","status":"spawned","spawn_time":@-60,"metadata":{"k":1}}"#)
        .await;
    let to = |status| AgentUpdate { status: Some(status), ..AgentUpdate::default() };
    let running = registry.service.update_agent(&id("a"), to(AgentStatus::Running), at(5)).await.expect("it runs");
    // The store's clock stands at noon.
    assert_eq!((running.status.as_str(), running.running_since), ("running", Some(at(0))));
    let done = registry.service.update_agent(&id("a"), to(AgentStatus::Complete), at(30)).await.expect("it ends");
    assert_eq!((done.complete_time, done.duration_ms, done.running_since), (Some(at(30)), Some(90_000.0), Some(at(0))));
    assert_eq!(done.metadata, Some(Json(r#"{"k":1}"#.into())), "what an update does not carry stays");
    let more = AgentUpdate { metadata: Some(Json(r#"{"k":2}"#.into())), ..AgentUpdate::default() };
    let more = registry.service.update_agent(&id("a"), more, at(40)).await.expect("metadata changes");
    assert_eq!((more.metadata, more.complete_time), (Some(Json(r#"{"k":2}"#.into())), Some(at(30))));
    assert_eq!(stored(registry.service.store(), Dataset::Agents).await.len(), 1, "one life");
}

#[tokio::test]
async fn lives_that_are_told_long_after_have_no_moment_at_which_they_began_to_work() {
    let registry = registry(Settings::default()).await;
    let day = -86_400;
    let told = |status: &str, more: &str| {
        format!(r#"{{"kind":"agent","agent_id":"a","agent_type":"t","status":"{status}","spawn_time":@{day}{more}}}"#)
    };
    registry.send(&told("spawned", "")).await;
    assert_eq!(registry.send(&told("running", "")).await, [Landing::Updated]);
    let life = registry.profile("a", at(0)).await.lives.remove(0);
    assert_eq!((life.status.as_str(), life.running_since), ("running", None));
    registry.send(&told("complete", &format!(r#","complete_time":@{}"#, day + 60))).await;
    let life = registry.profile("a", at(0)).await.lives.remove(0);
    assert_eq!((life.running_since, life.duration_ms), (None, Some(60_000.0)));
}

#[tokio::test]
async fn who_is_unknown_and_what_does_not_follow_is_an_error_that_says_so() {
    let registry = registry(Settings::default()).await;
    let to = |status| AgentUpdate { status: Some(status), ..AgentUpdate::default() };
    let refused = registry.service.update_agent(&id("ghost"), to(AgentStatus::Running), at(0)).await.expect_err("no");
    assert_eq!(
        (refused.problem().kind, refused.problem().detail.as_str()),
        (ProblemKind::NotFound, "there is no agent `ghost` in the registry; register it first")
    );
    // An agent known from an event only is in no registry.
    registry.send(r#"{"kind":"event","event_type":"spawn","agent_id":"seen","timestamp":@0}"#).await;
    let refused = registry.service.update_agent(&id("seen"), to(AgentStatus::Running), at(0)).await.expect_err("no");
    assert_eq!(refused.problem().kind, ProblemKind::NotFound);
    registry.send(r#"{"kind":"agent","agent_id":"a","agent_type":"coder","status":"complete","spawn_time":@0}"#).await;
    for wanted in [AgentStatus::Running, AgentStatus::Spawned, AgentStatus::Error] {
        let refused =
            registry.service.update_agent(&id("a"), to(wanted.clone()), at(1)).await.expect_err("no way back");
        let detail =
            format!("agent `a` is complete, and cannot become {}; register it again for a new life", wanted.as_str());
        assert_eq!((refused.problem().kind, refused.problem().detail), (ProblemKind::Conflict, detail));
    }
    let early = AgentUpdate { complete_time: Some(at(-1)), ..AgentUpdate::default() };
    let refused = registry.service.update_agent(&id("a"), early, at(1)).await.expect_err("before its start");
    assert!(refused.problem().detail.starts_with("`complete_time` lies before the start of the life"));
    assert_eq!(registry.profile("a", at(2)).await.lives[0].status, AgentStatus::Complete, "nothing changed");
}

#[tokio::test]
async fn agents_at_work_come_by_the_start_of_their_latest_life_page_by_page() {
    let registry = registry(Settings::default()).await;
    registry
        .send(
            r#"{"kind":"agent","agent_id":"old","agent_type":"t","status":"running","spawn_time":@-90}
               {"kind":"agent","agent_id":"new","agent_type":"t","status":"spawned","spawn_time":@50}
               {"kind":"agent","agent_id":"twin","agent_type":"t","status":"running","spawn_time":@50}
               {"kind":"agent","agent_id":"done","agent_type":"t","status":"running","spawn_time":@10}
               {"kind":"agent","agent_id":"done","agent_type":"t","status":"complete","spawn_time":@60}
               {"kind":"agent","agent_id":"again","agent_type":"t","status":"error","spawn_time":@0}
               {"kind":"agent","agent_id":"again","agent_type":"t","status":"running","spawn_time":@20}"#,
        )
        .await;
    let mut names = Vec::new();
    let mut cursor = None;
    loop {
        let page = registry.service.active_agents(cursor.as_deref(), 2, at(99)).await.expect("readable");
        assert!(page.agents.len() <= 2);
        names.extend(page.agents.into_iter().map(|agent| agent.agent_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["twin", "new", "again", "old"], "the one stored later comes first among equals");
    assert!(registry.service.active_agents(Some("zz"), 2, at(0)).await.is_err());
    let by_spawn = ListQuery {
        range: all(),
        filter: RecordFilter { status: Some("active".into()), ..RecordFilter::default() },
        sort: "spawn_time".into(),
        order: Order::Asc,
        ..ListQuery::default()
    };
    assert_eq!(registry.listed(&by_spawn, at(99)).await, ["old", "again", "new", "twin"]);
}

/// Settings with an interval of 10 s, of 100 s for planners, and without learning.
fn beating() -> Settings {
    let planner = HeartbeatOfType { interval_seconds: Some(100.0), threshold: Some(5.0) };
    let types = BTreeMap::from([("planner".to_owned(), planner)]);
    let heartbeat = HeartbeatSettings { interval_seconds: 10.0, learn: false, types, ..HeartbeatSettings::default() };
    Settings { heartbeat, ..Settings::default() }
}

#[tokio::test]
async fn states_follow_from_the_beats_at_exactly_one_two_and_three_intervals() {
    let registry = registry(beating()).await;
    registry
        .send(
            r#"{"kind":"event","event_type":"heartbeat","agent_id":"a","timestamp":@0}
               {"kind":"event","event_type":"heartbeat","agent_id":"p","agent_type":"planner","timestamp":@0}
               {"kind":"event","event_type":"tool:Bash","agent_id":"silent","timestamp":@0}
               {"kind":"event","event_type":"heartbeat","agent_id":"done","timestamp":@0}
               {"kind":"agent","agent_id":"done","agent_type":"t","status":"error","spawn_time":@-9,"complete_time":@1}"#,
        )
        .await;
    use HealthState::{Critical, Degraded, Failed, Finished, Healthy, Unknown};
    for (elapsed, state) in [(9, Healthy), (10, Degraded), (19, Degraded), (20, Critical), (29, Critical), (30, Failed)]
    {
        assert_eq!(registry.state("a", at(elapsed)).await, state, "{elapsed} s after the beat");
    }
    for (elapsed, state) in [(99, Healthy), (100, Degraded), (499, Critical), (500, Failed)] {
        assert_eq!(registry.state("p", at(elapsed)).await, state, "{elapsed} s after the planner's beat");
    }
    assert_eq!(registry.state("silent", at(9999)).await, Unknown);
    assert_eq!(registry.state("done", at(9999)).await, Finished);
    let of = |state: &str| ListQuery {
        range: all(),
        filter: RecordFilter { state: Some(state.into()), ..RecordFilter::default() },
        sort: "agent_id".into(),
        order: Order::Asc,
        ..ListQuery::default()
    };
    assert_eq!(registry.listed(&of("failed"), at(30)).await, ["a"]);
    assert_eq!(registry.listed(&of("healthy"), at(30)).await, ["p"]);
    assert_eq!(registry.listed(&of("unknown"), at(30)).await, ["silent"]);
    let refused = registry.service.agent_list(&of("sleepy"), at(0)).await.expect_err("no state");
    assert_eq!(
        refused.problem().detail,
        "`state=sleepy`: write one of healthy, degraded, critical, failed, unknown, finished, stale"
    );
    let worst_first = ListQuery { sort: "state".into(), ..of("failed") };
    let worst_first = ListQuery { filter: RecordFilter::default(), order: Order::Asc, ..worst_first };
    assert_eq!(registry.listed(&worst_first, at(30)).await, ["p", "a", "silent", "done"]);
}

#[tokio::test]
async fn an_agent_is_held_against_its_own_rhythm_which_outlives_restarts_and_sealing() {
    let registry = registry(Settings::default()).await;
    let beats: Vec<String> = [0, 300, 600, 900, 1200]
        .iter()
        .map(|at| format!(r#"{{"kind":"event","event_type":"heartbeat","agent_id":"a","timestamp":@{at}}}"#))
        .collect();
    // In any order, and more than once.
    registry.send(&[beats[3].as_str(), &beats[0], &beats[4]].join("\n")).await;
    registry.send(&[beats[1].as_str(), &beats[2]].join("\n")).await;
    let health = registry.profile("a", at(1499)).await.health;
    assert_eq!((health.basis, health.interval_ms, health.beats), (IntervalBasis::Learned, 300_000, 5));
    assert_eq!((health.state, health.elapsed_ms), (HealthState::Healthy, Some(299_000)));
    let day = Micros(NOON - NOON.rem_euclid(DAY));
    let sealed =
        registry.service.store().seal_day(Dataset::Events, day, &SealOptions::default()).await.expect("sealed");
    assert_eq!(sealed.rows, 5);
    registry.service.store().close().await;
    let path = registry.folder.path().join("s.db");
    let again = Store::open(&path, &StoreOptions::default()).await.expect("a store");
    let again = Registry { service: Service::new(again, Settings::default()), folder: registry.folder };
    assert_eq!(again.profile("a", at(1499)).await.health, health);
    assert_eq!(again.state("a", at(1200 + 900)).await, HealthState::Failed);
}

#[tokio::test]
async fn who_falls_silent_is_marked_as_stale_never_as_failed_and_lives_again_when_it_reports() {
    let settings = Settings { agents: AgentSettings { stale_after_minutes: 10 }, ..Settings::default() };
    let registry = registry(settings).await;
    registry
        .send(
            r#"{"kind":"agent","agent_id":"quiet","agent_type":"t","status":"running","spawn_time":@0}
               {"kind":"agent","agent_id":"fresh","agent_type":"t","status":"spawned","spawn_time":@0}
               {"kind":"agent_metric","agent_id":"fresh","metric_type":"load","value":1,"timestamp":@100}
               {"kind":"agent","agent_id":"done","agent_type":"t","status":"complete","spawn_time":@0}
               {"kind":"event","event_type":"tool:Bash","agent_id":"unregistered","timestamp":@0}"#,
        )
        .await;
    let ten = 10 * MINUTE / SECOND;
    assert_eq!(registry.service.mark_stale(at(ten)).await.expect("looked"), 0, "exactly ten minutes are not too long");
    let marked = Micros(at(ten).0 + 1);
    assert_eq!(registry.service.mark_stale(marked).await.expect("marked"), 1);
    assert_eq!(registry.service.mark_stale(at(ten + 30)).await.expect("looked"), 0, "nobody is marked twice");
    let quiet = registry.profile("quiet", at(ten + 60)).await;
    assert_eq!((quiet.stale_since, quiet.lives[0].status.as_str()), (Some(marked), "running"));
    assert_eq!(registry.profile("fresh", at(ten + 60)).await.stale_since, None);
    assert_eq!(registry.profile("done", at(ten + 60)).await.stale_since, None);
    let stale = ListQuery {
        range: all(),
        filter: RecordFilter { state: Some("stale".into()), ..RecordFilter::default() },
        ..ListQuery::default()
    };
    assert_eq!(registry.listed(&stale, at(ten + 60)).await, ["quiet"]);
    let active = registry.service.active_agents(None, 10, at(ten + 60)).await.expect("readable");
    let marks: Vec<_> = active.agents.iter().map(|agent| (agent.agent_id.as_str(), agent.stale_since)).collect();
    assert_eq!(marks, [("fresh", None), ("quiet", Some(marked))]);
    // What happened before it fell silent proves nothing; what comes after does.
    registry.send(r#"{"kind":"event","event_type":"late","agent_id":"quiet","timestamp":@-5}"#).await;
    assert_eq!(registry.profile("quiet", at(ten + 60)).await.stale_since, Some(marked));
    registry.send(r#"{"kind":"task","task_id":"t1","agent_id":"quiet","result":"success","timestamp":@900}"#).await;
    let alive = registry.profile("quiet", at(901)).await;
    assert_eq!((alive.stale_since, alive.last_seen), (None, Some(at(900))));
    assert_eq!(registry.service.mark_stale(at(900 + ten + 1)).await.expect("marked"), 2, "both fell silent again");
    registry.send(r#"{"kind":"agent","agent_id":"quiet","agent_type":"t","status":"error","spawn_time":@0}"#).await;
    let ended = registry.profile("quiet", at(9999)).await;
    assert_eq!((ended.stale_since, ended.lives[0].status.as_str()), (None, "error"), "an end is no silence");
}

#[tokio::test]
async fn events_are_inserted_once_listed_in_pages_and_counted_by_type_over_time() {
    let registry = registry(Settings::default()).await;
    let event = |kind: &str, agent: &str, seconds: i64, event_id: Option<&str>| EventRecord {
        event_type: kind.into(),
        agent_id: id(agent),
        agent_type: None,
        event_id: event_id.map(|text| EventId::new(text).expect("an id")),
        task_id: None,
        swarm_id: None,
        timestamp: at(seconds),
        metadata: None,
        project: None,
        source: None,
    };
    let service = &registry.service;
    let own = service.insert_event(event("spawn", "a", 0, Some("mine")), at(0)).await.expect("stored");
    assert_eq!(own.as_str(), "mine");
    assert_eq!(service.insert_event(event("spawn", "a", 0, Some("mine")), at(0)).await.expect("a repeat"), own);
    let other = service.insert_event(event("error", "b", 0, Some("mine")), at(0)).await.expect_err("another event");
    assert_eq!(other.problem().kind, ProblemKind::Conflict);
    let made = service.insert_event(event("never heard of", "a", 70, None), at(0)).await.expect("stored");
    assert_eq!(made.as_str().len(), 36, "a UUID: {made}");
    service.insert_event(event("spawn", "b", 3700, None), at(0)).await.expect("stored");
    let page = |filter: RecordFilter, limit| PageRequest {
        range: TimeRange { from: at(0), until: at(3700) },
        filter,
        order: Order::Desc,
        after: None,
        limit,
    };
    let of_a = RecordFilter { agent_id: Some("a".into()), ..RecordFilter::default() };
    let rows = service.get_events(&page(of_a.clone(), 10)).await.expect("readable");
    assert_eq!(rows.iter().map(|row| row.time).collect::<Vec<_>>(), [at(70), at(0)]);
    let typed = RecordFilter { event_type: Some("spawn".into()), ..of_a };
    assert_eq!(service.get_events(&page(typed, 10)).await.expect("readable").len(), 1);
    let hour = Some(Bucket::parse("1h").expect("a bucket"));
    let range = RangeSpec { from: at(0).to_rfc3339(), to: at(7200).to_rfc3339() };
    let counts = service.event_counts(&RecordFilter::default(), &range, hour, 10, at(9999)).await.expect("counted");
    let series: Vec<_> =
        counts.series.iter().map(|series| (series.group[0].as_deref(), series.columns[0].values.clone())).collect();
    assert_eq!(counts.time, [MS, MS + HOUR / 1000]);
    assert_eq!(series[0], (Some("spawn"), vec![Some(1.0), Some(1.0)]));
    assert_eq!(series[1].0, Some("never heard of"));
    assert_eq!(series[1].1[0], Some(1.0));
}

/// One record of each kind.
const EVERY_KIND: &str = r#"
    {"kind":"task","task_id":"t1","agent_id":"a","result":"success","timestamp":@1,"duration_ms":5}
    {"kind":"agent_metric","agent_id":"a","metric_type":"load","value":1,"timestamp":@1}
    {"kind":"swarm_metric","swarm_id":"s","metric_type":"health","value":1,"timestamp":@1}
    {"kind":"event","event_type":"spawn","agent_id":"a","timestamp":@1}
    {"kind":"healing","strategy":"r","failure_type":"f","success":true,"duration_ms":1,"timestamp":@1,"failure_id":"x"}
    {"kind":"agent","agent_id":"a","agent_type":"t","status":"spawned","spawn_time":@1}
    {"kind":"memory","session_id":"s","memory_type":"semantic","key":"k","value":null,"timestamp":@1}"#;

#[tokio::test]
async fn a_batch_of_every_kind_is_stored_as_a_whole() {
    let registry = registry(Settings::default()).await;
    assert_eq!(registry.send(EVERY_KIND).await, [Landing::Stored; 7]);
    assert_eq!(registry.service.store().counts().await.expect("counted"), [1; 7]);
}

#[tokio::test]
async fn a_batch_with_one_record_that_cannot_be_stored_leaves_nothing_whatever_its_kind() {
    let registry = registry(Settings::default()).await;
    for broken in 0..7 {
        let mut batch = records(EVERY_KIND);
        // What no door lets through, so that the store itself refuses it in the middle of the batch.
        let nonsense = Some(-1.0);
        batch.push(batch[broken].clone());
        match batch.last_mut().expect("it is there") {
            Record::Task(task) => (task.duration_ms, task.timestamp) = (nonsense, at(2)),
            Record::Healing(healing) => (healing.duration_ms, healing.timestamp) = (-1.0, at(2)),
            Record::Agent(life) => (life.duration_ms, life.spawn_time) = (nonsense, at(2)),
            Record::Memory(memory) => memory.ttl_hours = nonsense,
            // Numbers and events have no bound in the store; another table's nonsense comes with them.
            other => {
                let mut task = records(EVERY_KIND).swap_remove(0);
                if let Record::Task(task) = &mut task {
                    (task.duration_ms, task.timestamp) = (nonsense, at(2));
                }
                *other = task;
            }
        }
        registry.service.record_atomic(batch, Micros(NOON)).await.expect_err("refused");
        assert_eq!(registry.service.store().counts().await.expect("counted"), [0; 7], "kind {broken}");
    }
    assert_eq!(registry.send(EVERY_KIND).await, [Landing::Stored; 7], "and nothing stands in the way afterwards");
}

#[tokio::test]
async fn a_profile_counts_what_lies_in_the_range_and_finds_the_agents_sessions() {
    let registry = registry(Settings::default()).await;
    registry.send(EVERY_KIND).await;
    registry
        .send(
            r#"{"kind":"task","task_id":"t2","agent_id":"a","swarm_id":"sw","result":"failure","timestamp":@5000}
               {"kind":"healing","strategy":"r","failure_type":"f","success":true,"duration_ms":1,"timestamp":@5000,"agent_id":"a"}
               {"kind":"agent","agent_id":"a","agent_type":"t","status":"running","spawn_time":@1,"metadata":{"session_id":"named"}}
               {"kind":"memory","session_id":"sw","memory_type":"x","key":"k","value":1,"timestamp":@1}
               {"kind":"memory","session_id":"named","memory_type":"x","key":"k","value":1,"timestamp":@1}
               {"kind":"memory","session_id":"foreign","memory_type":"x","key":"k","value":1,"timestamp":@1}"#,
        )
        .await;
    let profile = registry.profile("a", at(6000)).await;
    let counts = profile.counts;
    assert_eq!((counts.tasks, counts.events, counts.healings, counts.metrics), (2, 1, 1, 1));
    assert_eq!(profile.sessions, ["named", "sw"]);
    assert_eq!(profile.last_event.map(|event| event.event_type).as_deref(), Some("spawn"));
    assert_eq!((profile.first_seen, profile.last_seen), (Some(at(1)), Some(at(5000))));
    let early = RangeSpec { from: at(0).to_rfc3339(), to: at(10).to_rfc3339() };
    let early = registry.service.agent_profile(&id("a"), &early, at(6000)).await.expect("readable").expect("an agent");
    assert_eq!((early.counts.tasks, early.counts.healings, early.last_seen), (1, 0, Some(at(5000))));
}

#[tokio::test]
async fn a_swarms_health_is_the_worst_of_its_parts_each_with_what_it_was_judged_by() {
    let registry = registry(beating()).await;
    let mut lines: Vec<String> = Vec::new();
    let task = |n: usize, seconds: i64, ms: u32, result: &str| {
        format!(
            r#"{{"kind":"task","task_id":"t{n}","agent_id":"a{}","swarm_id":"s","result":"{result}","timestamp":@{seconds},"duration_ms":{ms}}}"#,
            n % 2
        )
    };
    // A day before: ten tasks of 100 ms. In the hour: ten of 160 ms, nine of which succeed.
    lines.extend((0..10).map(|n| task(n, -86_400 + n as i64, 100, "success")));
    lines.extend((10..20).map(|n| task(n, n as i64, 160, if n == 10 { "failure" } else { "success" })));
    lines.push(r#"{"kind":"event","event_type":"heartbeat","agent_id":"a0","swarm_id":"s","timestamp":@55}"#.into());
    lines.push(r#"{"kind":"event","event_type":"heartbeat","agent_id":"a1","swarm_id":"s","timestamp":@35}"#.into());
    for (seconds, kind, value) in
        [(10, "queue_depth", 500), (50, "queue_depth", 49), (20, "health", 1), (40, "health", 0)]
    {
        lines.push(format!(
            r#"{{"kind":"swarm_metric","swarm_id":"s","metric_type":"{kind}","value":{value},"timestamp":@{seconds}}}"#
        ));
    }
    registry.send(&lines.join("\n")).await;
    let swarm = SwarmId::new("s").expect("an id");
    let range = RangeSpec { from: at(0).to_rfc3339(), to: at(3600).to_rfc3339() };
    let health = registry.service.swarm_health(&swarm, &range, at(60)).await.expect("readable");
    let part = |kind| health.part(kind).expect("every part is there");
    let success = part(PartKind::SuccessRate);
    assert_eq!((success.value, success.n, success.status), (Some(0.9), 10, PartStatus::Degraded));
    assert_eq!(success.rate.map(|rate| (rate.numerator, rate.denominator)), Some((9, 10)));
    // a0 beat 5 s ago, a1 25 s ago: with an interval of 10 s one is healthy, one critical.
    let agents = part(PartKind::Agents);
    assert_eq!((agents.value, agents.n, agents.status), (Some(0.5), 2, PartStatus::Degraded));
    assert_eq!(health.agents, BTreeMap::from([(HealthState::Healthy, 1), (HealthState::Critical, 1)]));
    let backlog = part(PartKind::Backlog);
    assert_eq!((backlog.value, backlog.measured_at, backlog.status), (Some(49.0), Some(at(50)), PartStatus::Healthy));
    let latency = part(PartKind::Latency);
    assert_eq!((latency.current_ms, latency.baseline_ms, latency.baseline_n), (Some(160.0), Some(100.0), 10));
    assert_eq!((latency.value, latency.status), (Some(1.6), PartStatus::Degraded));
    assert_eq!(health.status, PartStatus::Degraded);
    let reported: Vec<_> = health.reported.iter().map(|reported| (reported.timestamp, reported.value)).collect();
    assert_eq!((reported, health.reported_more), (vec![(at(20), 1.0), (at(40), 0.0)], false));
    // Before anything happened nothing is judged.
    let before = RangeSpec { from: at(-7200).to_rfc3339(), to: at(-3600).to_rfc3339() };
    let before = registry.service.swarm_health(&swarm, &before, at(60)).await.expect("readable");
    assert_eq!(
        before.part(PartKind::SuccessRate).map(|part| (part.value, part.status)),
        Some((None, PartStatus::Unknown))
    );
    assert_eq!(before.part(PartKind::Latency).map(|part| (part.value, part.current_ms)), Some((None, None)));
    let nobody = registry.service.swarm_health(&SwarmId::new("x").expect("an id"), &range, at(60)).await;
    assert_eq!(nobody.expect_err("unknown").problem().kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn a_backlog_that_nobody_reports_is_counted_from_tasks_that_started_and_did_not_end() {
    let registry = registry(Settings::default()).await;
    let event = |kind: &str, task: &str, seconds: i64| {
        format!(
            r#"{{"kind":"event","event_type":"{kind}","agent_id":"a","swarm_id":"s","task_id":"{task}","timestamp":@{seconds}}}"#
        )
    };
    let lines = [
        event("task_start", "ended by an event", 10),
        event("task_complete", "ended by an event", 20),
        event("task_start", "ended by its record", 11),
        r#"{"kind":"task","task_id":"ended by its record","agent_id":"a","swarm_id":"s","result":"success","timestamp":@30}"#
            .into(),
        event("task_started", "open", 12),
        event("task_start", "open too", 13),
        event("task_assigned", "open too", 14),
        event("task_start", "ends later", 15),
        event("task_end", "ends later", 5000),
    ];
    registry.send(&lines.join("\n")).await;
    let swarm = SwarmId::new("s").expect("an id");
    let backlog = async |from: i64, until: i64| {
        let range = RangeSpec { from: at(from).to_rfc3339(), to: at(until).to_rfc3339() };
        let health = registry.service.swarm_health(&swarm, &range, at(9000)).await.expect("readable");
        health.part(PartKind::Backlog).map(|part| (part.value, part.n, part.measured_at)).expect("a backlog")
    };
    assert_eq!(backlog(0, 60).await, (Some(3.0), 5, None));
    assert_eq!(backlog(0, 6000).await, (Some(2.0), 5, None));
    assert_eq!(backlog(16, 60).await, (None, 0, None), "no task started, so nothing is known");
}

#[tokio::test]
async fn a_list_of_a_thousand_agents_is_whole_whatever_it_is_sorted_by() {
    let registry = registry(Settings::default()).await;
    let lines: Vec<String> = (0..1000)
        .map(|n| {
            format!(
                r#"{{"kind":"task","task_id":"t{n}","agent_id":"a{n:04}","result":"success","timestamp":@{n},"duration_ms":{}}}"#,
                n + 1
            )
        })
        .collect();
    registry.send(&lines.join("\n")).await;
    for (sort, first) in
        [("agent_id", "a0000"), ("p95_duration_ms", "a0000"), ("last_heard", "a0000"), ("tasks", "a0000")]
    {
        let mut query =
            ListQuery { range: all(), sort: sort.into(), order: Order::Asc, limit: 400, ..ListQuery::default() };
        let mut names = Vec::new();
        loop {
            let page = registry.service.agent_list(&query, at(2000)).await.expect("readable");
            names.extend(page.rows.iter().map(|row| row.agent.agent_id.clone()));
            assert!(
                page.rows.iter().all(|row| row.agent.durations.is_some_and(|durations| durations.n == 1)),
                "{sort}"
            );
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!((names.len(), names[0].as_str()), (1000, first), "{sort}");
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 1000, "{sort}");
    }
}
