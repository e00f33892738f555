//! The life of one agent on one time axis: its lives, its heartbeats with their gaps, its tasks by result.

use std::collections::BTreeMap;

use crate::model::health::HealthState;
use crate::model::overview::AgentPage;
use crate::model::registry::{AgentLife, AgentProfile};
use crate::model::work::{Beats, TaskSpan, Work};
use crate::model::{AgentStatus, Micros, TimeRange};
use crate::web::charts::timeline::result_ink;
use crate::web::charts::{Ink, Lane, Lanes, Mark};
use crate::web::components::data_table::{Cell, Head, Table};
use crate::web::components::work_marks::{Columns, columns, each, highest};
use crate::web::format::{self, NBSP};
use crate::web::view_state::ViewState;

/// Most lives drawn, each in a lane of its own.
const LIVES_DRAWN: usize = 6;
/// The part of a lane that bars fill.
const BAR: (f64, f64) = (0.2, 0.8);
/// The end of a life, higher than its bar.
const END: (f64, f64) = (0.08, 0.92);

/// The drawing.
pub(super) fn lanes(agent: &AgentPage, state: &ViewState) -> Lanes {
    let (range, now) = (agent.scope.range, agent.scope.now);
    let mut lanes = Vec::new();
    let mut said = Vec::new();
    let profile = &agent.profile;
    let touching: Vec<(u64, &AgentLife)> = numbered(profile).filter(|(_, life)| touches(life, range)).collect();
    said.push(match (touching.len(), profile.life_count) {
        (_, 0) => "not in the registry".to_owned(),
        (0, all) => format!("none of its {all} lives touches this range"),
        (n, all) if n > LIVES_DRAWN => format!("the newest {LIVES_DRAWN} of {n} lives here, {all} in all"),
        (n, all) => format!("{n} of {all} {} here", if all == 1 { "life" } else { "lives" }),
    });
    lanes.extend(touching.into_iter().take(LIVES_DRAWN).map(|(number, life)| life_lane(number, life, now)));
    let beats = agent.beats.total();
    said.push(format!("{} heartbeats", format::count(beats)));
    if beats > 0 {
        lanes.push(beat_lane(agent, range, now));
    }
    said.push(format!("{} tasks", format::count(agent.totals.tasks)));
    lanes.extend(task_lanes(agent, state));
    if let Work::Steps(steps) = &agent.work {
        let full = format::count(highest(steps));
        said.push(format!("a column per {}, a full one {full} tasks", format::step(steps.step_ms)));
    }
    Lanes {
        id: "life",
        title: "Life",
        subtitle: said.join(" · "),
        range_ms: (range.from.millis(), range.until.millis().max(range.from.millis() + 1)),
        now_ms: now.millis(),
        lanes,
        legend: vec![
            (Ink::Cancelled, "spawned, or cancelled"),
            (Ink::Accent, "running, heartbeat"),
            (Ink::Success, "success, complete"),
            (Ink::Failure, "failure, error"),
            (Ink::Timeout, "timeout"),
            (Ink::Gap, "no heartbeat"),
        ],
    }
}

/// The lives with their numbers, the first life being number 1.
fn numbered(profile: &AgentProfile) -> impl Iterator<Item = (u64, &AgentLife)> {
    profile.lives.iter().zip(0_u64..).map(|(life, place)| (profile.life_count.saturating_sub(place), life))
}

fn touches(life: &AgentLife, range: TimeRange) -> bool {
    life.spawn_time < range.until && life.complete_time.is_none_or(|end| end >= range.from)
}

/// When a life ended, or the present.
fn end(life: &AgentLife, now: Micros) -> Micros {
    life.complete_time.unwrap_or(if life.is_over() { life.updated } else { now }).max(life.spawn_time)
}

fn life_lane(number: u64, life: &AgentLife, now: Micros) -> Lane {
    let end = end(life, now);
    let status = life.status.as_str();
    let at = |time: Micros| format!("{}{NBSP}UTC", format::moment(time, now));
    let mut words = vec![format!("life {number} · {status}"), format!("spawned {}", at(life.spawn_time))];
    words.extend(life.running_since.map(|since| format!("running since {}", at(since))));
    words.extend(life.complete_time.map(|end| format!("ended {}", at(end))));
    words.extend(life.duration_ms.map(|ms| format!("lived {}", format::duration(ms))));
    let mut marks = Vec::new();
    // Nobody said when a life that is more than spawned began to run: it is drawn as running from its start.
    let runs = match life.status {
        AgentStatus::Spawned => end,
        _ => life.running_since.unwrap_or(life.spawn_time).clamp(life.spawn_time, end),
    };
    if runs > life.spawn_time {
        let mark = Mark::new((life.spawn_time.millis(), runs.millis()), BAR, Ink::Cancelled);
        marks.push(mark.says(words.clone()));
    }
    if end > runs || life.status != AgentStatus::Spawned {
        marks.push(Mark::new((runs.millis(), end.millis()), BAR, Ink::Accent).says(words.clone()));
    }
    if life.is_over() {
        let ink = if life.status == AgentStatus::Error { Ink::Failure } else { Ink::Success };
        marks.push(Mark::new((end.millis(), end.millis()), END, ink).says(words));
    }
    Lane {
        label: format!("Life {number}"),
        small: status.to_owned(),
        title: format!("{}, spawned {}", life.agent_type, at(life.spawn_time)),
        href: None,
        marks,
    }
}

fn beat_lane(agent: &AgentPage, range: TimeRange, now: Micros) -> Lane {
    let mut marks = Vec::new();
    for (from, until) in gaps(agent, range, now) {
        #[expect(clippy::cast_precision_loss, reason = "rounded anyway")]
        let long = format::duration((until.0 - from.0) as f64 / 1000.0);
        let words = [
            format!("no heartbeat for {long}"),
            format!("{} – {}{NBSP}UTC", format::moment(from, now), format::moment(until, now)),
        ];
        marks.push(Mark::new((from.millis(), until.millis()), (0.0, 1.0), Ink::Gap).says(words));
    }
    match &agent.beats {
        Beats::Each(beats) => marks.extend(beats.iter().map(|beat| {
            let words = ["heartbeat".to_owned(), format::instant(*beat)];
            Mark::new((beat.millis(), beat.millis()), (0.25, 0.75), Ink::Accent).says(words)
        })),
        Beats::Steps { step_ms, time, counts } => {
            let most = counts.iter().copied().max().unwrap_or(1).max(1);
            for (start, n) in time.iter().zip(counts).filter(|(_, n)| **n > 0) {
                #[expect(clippy::cast_precision_loss, reason = "a share of a lane")]
                let height = 0.7 * (*n as f64 / most as f64).max(0.15);
                let words = [format!("{} heartbeats", format::count(*n)), format::bucket(*start, *step_ms)];
                marks.push(Mark::new((*start, start + step_ms), (0.85 - height, 0.85), Ink::Accent).says(words));
            }
        }
    }
    Lane {
        label: "Heartbeats".into(),
        small: format::count(agent.beats.total()).to_string(),
        title: "Events of the type heartbeat".into(),
        href: None,
        marks,
    }
}

/// Stretches without a heartbeat that are longer than what counts as failed, while the agent lived. With so many
/// beats that they are counted in steps, steps without any.
fn gaps(agent: &AgentPage, range: TimeRange, now: Micros) -> Vec<(Micros, Micros)> {
    let profile = &agent.profile;
    let health = &profile.health;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "spans of years fit")]
    let late = (health.interval_ms as f64 * health.threshold * 1000.0) as i64;
    let until = range.until.min(now);
    let mut silent = Vec::new();
    match &agent.beats {
        Beats::Each(beats) => {
            let mut before = None;
            for beat in beats.iter().copied() {
                silent.extend(before.map(|before| (before, beat)));
                before = Some(beat);
            }
            if health.state != HealthState::Finished {
                silent.extend(before.map(|before| (before, until)));
            }
        }
        Beats::Steps { step_ms, time, counts } => {
            let empty = time.iter().zip(counts).filter(|(_, n)| **n == 0);
            let steps = empty.map(|(start, _)| (Micros::from_millis(*start), Micros::from_millis(start + step_ms)));
            for (from, end) in steps.filter(|(from, _)| *from < until) {
                match silent.last_mut() {
                    Some((_, last)) if *last == from => *last = end.min(until),
                    _ => silent.push((from, end.min(until))),
                }
            }
        }
    }
    let alive = |(from, until): (Micros, Micros)| -> Vec<(Micros, Micros)> {
        if profile.lives.is_empty() {
            return vec![(from, until)];
        }
        let lives = profile.lives.iter().map(|life| (life.spawn_time.max(from), end(life, now).min(until)));
        lives.filter(|(from, until)| from < until).collect()
    };
    let mut gaps: Vec<(Micros, Micros)> = silent.into_iter().flat_map(alive).collect();
    gaps.retain(|(from, until)| until.0 - from.0 >= late.max(1));
    gaps.sort_unstable();
    gaps
}

/// A lane a result where tasks are told one by one, one for all where they are counted.
fn task_lanes(agent: &AgentPage, state: &ViewState) -> Vec<Lane> {
    let now = agent.scope.now;
    match &agent.work {
        Work::Each(tasks) => {
            let mut by_result: BTreeMap<(u8, &str), Vec<&TaskSpan>> = BTreeMap::new();
            for task in tasks {
                let word = task.result.as_deref().unwrap_or("no result");
                by_result.entry((rank(word), word)).or_default().push(task);
            }
            let lane = |((_, word), tasks): ((u8, &str), Vec<&TaskSpan>)| Lane {
                label: word.to_owned(),
                small: format::count(tasks.len() as u64).to_string(),
                title: format!("Tasks: {word}"),
                href: None,
                marks: each(&tasks, BAR, now),
            };
            by_result.into_iter().map(lane).collect()
        }
        Work::Steps(steps) => {
            let of = Columns { steps, highest: highest(steps), band: (0.1, 0.96), range: agent.scope.range };
            let lane = |own| Lane {
                label: "Tasks".into(),
                small: format::count(agent.totals.tasks).to_string(),
                title: "Tasks by step".into(),
                href: None,
                marks: columns(own, of, state),
            };
            steps.agents.iter().take(1).map(lane).collect()
        }
    }
}

/// The order of results: as everywhere, then the words nobody knows.
fn rank(word: &str) -> u8 {
    match result_ink(word) {
        Ink::Success => 0,
        Ink::Failure => 1,
        Ink::Timeout => 2,
        Ink::Cancelled => 3,
        _ => 4,
    }
}

/// The lives as a table, and what it holds.
pub(super) fn table(agent: &AgentPage) -> (Table, String) {
    let now = agent.scope.now;
    let heads = ["Life", "Status", "Type", "Spawned (UTC)", "Running (UTC)", "Ended (UTC)", "Lived"];
    let heads = heads.iter().enumerate().map(|(n, label)| Head::plain(*label, if n > 2 { "number" } else { "" }));
    let profile = &agent.profile;
    let row = |(number, life): (u64, &AgentLife)| {
        let (ink, sign) = match life.status {
            AgentStatus::Error => ("failure", "▲"),
            AgentStatus::Running => ("success", "●"),
            AgentStatus::Complete => ("success", "□"),
            AgentStatus::Spawned => ("cancelled", "○"),
        };
        vec![
            Cell::text(&number.to_string()),
            Cell::state(ink, sign, life.status.as_str()),
            Cell::text(&life.agent_type),
            Cell::time(Some(life.spawn_time), now),
            Cell::time(life.running_since, now),
            Cell::time(life.complete_time, now),
            Cell::figure(life.duration_ms.map(format::duration)),
        ]
    };
    let rows: Vec<_> = numbered(profile).map(row).collect();
    let note = format!(
        "{} of {} lives, whatever the range, the newest first; tasks and events are listed below.",
        rows.len(),
        profile.life_count
    );
    (Table { class: "", heads: heads.collect(), rows }, note)
}
