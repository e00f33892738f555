//! Agents, swarms and sessions rendered to text from answers made by hand.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::agent::AgentBody;
use super::fixture;
use super::sessions::SessionBody;
use super::swarm::SwarmBody;
use super::tests::{between, html, words};
use crate::model::health::{HealthState, PartStatus, SwarmHealth};
use crate::model::overview::SwarmPage;
use crate::model::registry::AgentStanding;
use crate::model::session::{MemoryEntry, SessionMemory, SessionRow};
use crate::model::time::{DAY, HOUR};
use crate::model::work::{AgentSteps, Work, WorkSteps};
use crate::model::{Json, Micros};

/// The names of the rows of a drawing, each with its small print.
fn lane_names(html: &str) -> Vec<String> {
    let list = between(html, "class=\"lane-names\"", "</ul>");
    list.split("<li>").skip(1).map(|item| words(&format!("<li>{item}"))).collect()
}

#[test]
fn an_agent_says_how_it_is_and_why() {
    let html = html("/agents/x", || view! { <AgentBody agent=fixture::agent_page("coder-1") /> });
    let health = words(between(&html, "class=\"health-line\"", "</section>"));
    assert!(health.contains("◆ critical last beat 12 s ago · one is expected every 5 s"), "{health}");
    assert!(html.contains("href=\"/sessions/nightly%2F1\""), "what it remembers is one click away");
}

#[test]
fn a_life_shows_every_registration_heartbeats_and_tasks_by_result() {
    let html = html("/agents/x", || view! { <AgentBody agent=fixture::agent_page("coder-1") /> });
    assert_eq!(lane_names(&html), ["Life 2 running", "Life 1 error", "Heartbeats 3", "success 1", "failure 1"]);
    let life = between(&html, "data-panel=\"life\"", "</section>");
    assert!(words(life).contains("2 of 2 lives here · 3 heartbeats"));
    let wide = between(life, "viewBox=\"0 0 2000", "</svg>");
    // From 13:00:05 to 14:00 and from 14:00 on: longer than three intervals of 5 s; the 5 s before are not.
    assert_eq!(wide.matches("fill=\"var(--gap)\"").count(), 2, "{wide}");
}

#[test]
fn what_was_never_registered_and_never_beat_is_drawn_by_its_tasks_alone() {
    let mut agent = fixture::agent_page("coder-1");
    (agent.profile.lives, agent.profile.life_count) = (Vec::new(), 0);
    agent.profile.health = fixture::health(HealthState::Unknown);
    agent.beats = Default::default();
    let html = html("/agents/x", move || view! { <AgentBody agent=agent /> });
    assert_eq!(lane_names(&html), ["success 1", "failure 1"]);
    assert!(words(&html).contains("not in the registry · 0 heartbeats"));
}

fn swarm() -> SwarmPage {
    let base = fixture::overview();
    let agents = vec![fixture::agent("planner-1", Some("planner")), fixture::agent(fixture::HOSTILE, None)];
    let standing = |state| AgentStanding {
        health: fixture::health(state),
        stale_since: None,
        last_heard: None,
        spawn_time: None,
        running_since: None,
        complete_time: None,
        duration_ms: None,
        lives: 0,
    };
    let of = |agent_id: &str, tasks: Vec<u64>| AgentSteps {
        agent_id: agent_id.into(),
        success: vec![0; tasks.len()],
        rated: tasks.clone(),
        tasks,
    };
    SwarmPage {
        swarm_id: "nightly".into(),
        project: None,
        heard: None,
        totals: base.totals,
        previous: None,
        timeline: base.timeline,
        agents_from: 25,
        agent_count: 312,
        lives: BTreeMap::new(),
        work: Work::Steps(WorkSteps {
            step_ms: 3_600_000,
            time: (0..3).map(|n| fixture::MIDNIGHT.millis() + n * 3_600_000).collect(),
            agents: vec![of("planner-1", vec![812, 0, 3]), of(fixture::HOSTILE, vec![0, 0, 1])],
        }),
        standings: vec![standing(HealthState::Healthy), standing(HealthState::Failed)],
        health: SwarmHealth {
            now: base.scope.now,
            swarm_id: "nightly".into(),
            range: base.scope.range,
            status: PartStatus::Unknown,
            parts: Vec::new(),
            agents: BTreeMap::from([(HealthState::Failed, 1)]),
            stale: 0,
            reported: Vec::new(),
            reported_more: false,
        },
        scope: base.scope,
        agents,
        tasks: Vec::new(),
        metrics: None,
        trends: Vec::new(),
    }
}

#[test]
fn a_page_of_a_large_swarm_says_which_agents_of_how_many_and_leads_on() {
    let html = html("/swarms/nightly?skip=25", || view! { <SwarmBody swarm=swarm() /> });
    let gantt = between(&html, "data-panel=\"gantt\"", "</section>");
    let said = words(gantt);
    assert!(
        said.contains("agents 26 to 27 of 312, by tasks · 824 tasks · a column per hour, a full one 812 tasks"),
        "{said}"
    );
    assert!(html.contains("href=\"/swarms/nightly?skip=27\"") && html.contains("href=\"/swarms/nightly\""));
    let members = between(&html, "class=\"members\"", "</table>");
    assert!(words(members).contains("● healthy") && words(members).contains("▲ failed"));
}

#[test]
fn ids_that_are_scripts_stay_text_in_every_drawing_and_table() {
    for html in [
        html("/swarms/nightly", || view! { <SwarmBody swarm=swarm() /> }),
        html("/agents/x", || view! { <AgentBody agent=fixture::agent_page(fixture::HOSTILE) /> }),
    ] {
        assert!(!html.contains("<script>alert") && !html.contains(" style="));
        assert!(html.contains("&lt;script&gt;alert(1)"));
    }
}

fn memory(url: &str, change: impl FnOnce(&mut SessionMemory)) -> String {
    let now = fixture::range().until;
    let entry = MemoryEntry {
        row: 1,
        memory_type: "semantic".into(),
        key: fixture::HOSTILE.into(),
        value: Json(format!("{{\"note\":\"{}\",\"n\":12345678901234567890.10}}", fixture::HOSTILE)),
        timestamp: Micros(now.0 - DAY),
        ttl_hours: Some(27.0),
        expires_at: Some(Micros(now.0 + 3 * HOUR)),
        expired: false,
        versions: 2,
        project: None,
    };
    let session = SessionRow {
        session_id: "s".into(),
        first: Micros(now.0 - DAY),
        last: now,
        live: 2,
        expired: 4,
        types: BTreeMap::from([("semantic".to_owned(), 2)]),
    };
    let mut memory = SessionMemory { now, session: Some(session), entries: vec![entry], next: Some("c".into()) };
    change(&mut memory);
    html(url, move || view! { <SessionBody session_id="s".to_owned() memory=memory /> })
}

#[test]
fn an_entry_shows_its_value_as_it_was_written_and_until_when_it_holds() {
    let html = memory("/sessions/s", |_| ());
    let entry = words(between(&html, "<article", "</article>"));
    assert!(entry.contains("expires in 3 h") && entry.contains("2 versions"), "{entry}");
    assert!(entry.contains("12345678901234567890.10"), "digits are kept: {entry}");
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("href=\"/sessions/s?memory_type=semantic&amp;key=%3Cscript%3E"), "the history of its key");
    assert!(html.contains("href=\"/sessions/s?cursor=c\"") && words(&html).contains("Show expired (4)"));
}

#[test]
fn where_everything_expired_the_page_says_so_and_shows_the_way() {
    let html = memory("/sessions/s", |memory| memory.entries.clear());
    assert!(words(&html).contains("Everything here has expired"));
    assert!(html.contains("href=\"/sessions/s?expired=on\""));
    let unknown = memory("/sessions/s", |memory| memory.session = None);
    assert!(words(&unknown).contains("nothing is remembered of a session `s`"));
}
