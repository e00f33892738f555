//! The agents of a swarm and their tasks on one time axis.

use crate::model::overview::{AgentRow, SwarmPage};
use crate::model::work::{TaskSpan, Work, WorkSteps};
use crate::model::{Micros, TimeRange};
use crate::web::charts::{Ink, Lane, Lanes};
use crate::web::components::data_table::{Cell, Head, Table};
use crate::web::components::ids::{agent_href, short_id, task_href};
use crate::web::components::work_marks::{Columns, columns, each, highest, lives, start};
use crate::web::format;
use crate::web::view_state::ViewState;

/// The part of a lane in which tasks stand, and the thin line of the agent's life below.
const TASKS: (f64, f64) = (0.10, 0.78);
const LIFE: (f64, f64) = (0.84, 0.94);
/// Most rows of the table beside the drawing.
const LISTED: usize = 100;

/// Which agents of how many are shown: `the 25 busiest of 312 agents`, `agents 26 to 50 of 312, by tasks`.
pub(super) fn which(swarm: &SwarmPage) -> String {
    let (from, shown) = (swarm.agents_from, swarm.agents.len() as u64);
    let of = format::count(swarm.agent_count);
    match (from, shown == swarm.agent_count) {
        (0, true) if shown == 1 => "one agent".to_owned(),
        (0, true) => format!("all {of} agents"),
        (0, false) => format!("the {shown} busiest of {of} agents"),
        (from, _) => format!("agents {} to {} of {of}, by tasks", from + 1, from + shown),
    }
}

/// The drawing.
pub(super) fn lanes(swarm: &SwarmPage, state: &ViewState) -> Lanes {
    let (range, now) = (swarm.scope.range, swarm.scope.now);
    let in_swarm = ViewState { filter: state.filter.clone(), ..ViewState::default() };
    let in_swarm = in_swarm.with_filter("swarm_id", Some(swarm.swarm_id.clone()));
    let lane = |agent: &AgentRow| {
        let mut marks = swarm.lives.get(&agent.agent_id).map(|all| lives(all, LIFE, now)).unwrap_or_default();
        match &swarm.work {
            Work::Each(tasks) => {
                let own: Vec<&TaskSpan> = tasks.iter().filter(|task| task.agent_id == agent.agent_id).collect();
                marks.extend(each(&own, TASKS, now));
            }
            Work::Steps(steps) => {
                let of = Columns { steps, highest: highest(steps), band: TASKS, range };
                let own = steps.agents.iter().find(|own| own.agent_id == agent.agent_id);
                marks.extend(own.map(|own| columns(own, of, &in_swarm)).unwrap_or_default());
            }
        }
        Lane {
            label: short_id(&agent.agent_id),
            small: agent.agent_type.clone().filter(|kind| *kind != agent.agent_id).unwrap_or_default(),
            title: agent.agent_id.clone(),
            href: Some(agent_href(&agent.agent_id, state)),
            marks,
        }
    };
    let tasks = swarm.agents.iter().map(|agent| agent.tasks).sum::<u64>();
    let how = match &swarm.work {
        Work::Each(_) => "a bar is a task".to_owned(),
        Work::Steps(steps) => format!(
            "a column per {}, a full one {} tasks; zoom in to see tasks one by one",
            format::step(steps.step_ms),
            format::count(highest(steps))
        ),
    };
    Lanes {
        id: "gantt",
        title: "Who worked when",
        subtitle: format!("{} · {} tasks · {how}", which(swarm), format::count(tasks)),
        range_ms: axis(range),
        now_ms: now.millis(),
        lanes: swarm.agents.iter().map(lane).collect(),
        legend: legend(&swarm.work),
    }
}

/// The ends of an axis in milliseconds.
fn axis(range: TimeRange) -> (i64, i64) {
    (range.from.millis(), range.until.millis().max(range.from.millis() + 1))
}

fn legend(work: &Work) -> Vec<(Ink, &'static str)> {
    let life = (Ink::Accent, "running life");
    match work {
        Work::Each(_) => vec![
            (Ink::Success, "success"),
            (Ink::Failure, "failure"),
            (Ink::Timeout, "timeout"),
            (Ink::Cancelled, "cancelled, or a life that ended"),
            life,
        ],
        Work::Steps(_) => vec![
            (Ink::Success, "succeeded"),
            (Ink::Failure, "did not succeed"),
            (Ink::Cancelled, "no result, or a life that ended"),
            life,
        ],
    }
}

/// The same as a table, and what it holds.
pub(super) fn table(swarm: &SwarmPage, state: &ViewState) -> (Table, String) {
    let now = swarm.scope.now;
    match &swarm.work {
        Work::Each(tasks) => {
            let mut newest: Vec<&TaskSpan> = tasks.iter().collect();
            newest.sort_by_key(|task| std::cmp::Reverse(task.timestamp));
            let rows = newest.iter().take(LISTED).map(|task| task_row(task, now, state)).collect();
            let heads = ["Task", "Agent", "Result", "Started (UTC)", "Ended (UTC)", "Duration"];
            let heads =
                heads.iter().enumerate().map(|(n, label)| Head::plain(*label, if n > 2 { "number" } else { "" }));
            let note = format!("The newest {} of {} tasks drawn.", tasks.len().min(LISTED), tasks.len());
            (Table { class: "", heads: heads.collect(), rows }, note)
        }
        Work::Steps(steps) => (steps_table(steps, state), steps_note(steps)),
    }
}

fn task_row(task: &TaskSpan, now: Micros, state: &ViewState) -> Vec<Cell> {
    vec![
        Cell::id(&task.task_id, &task_href(&task.task_id, task.timestamp)),
        Cell::id(&task.agent_id, &agent_href(&task.agent_id, state)),
        Cell::result(task.result.as_deref()),
        Cell::time(start(task), now),
        Cell::time(Some(task.timestamp), now),
        Cell::figure(task.duration_ms.map(format::duration)),
    ]
}

/// Steps with tasks, the newest first.
fn filled(steps: &WorkSteps) -> impl Iterator<Item = (usize, i64)> + '_ {
    let any = |place: usize| steps.agents.iter().any(|agent| agent.tasks.get(place).is_some_and(|n| *n > 0));
    steps.time.iter().copied().enumerate().rev().filter(move |(place, _)| any(*place))
}

fn steps_note(steps: &WorkSteps) -> String {
    format!(
        "Tasks an agent ended, and how many of them did not succeed; {} of {} steps have any, the newest first. Times are UTC.",
        filled(steps).count(),
        steps.time.len()
    )
}

fn steps_table(steps: &WorkSteps, state: &ViewState) -> Table {
    let mut heads = vec![Head::plain("Time (UTC)", "")];
    heads.extend(steps.agents.iter().map(|agent| Head {
        label: short_id(&agent.agent_id),
        class: "number",
        href: Some(agent_href(&agent.agent_id, state)),
        sorted: None,
    }));
    let rows = filled(steps).map(|(place, start)| {
        let time = Cell::text(&format::bucket(start, steps.step_ms).replace("\u{a0}UTC", ""));
        let counts = steps.agents.iter().map(|agent| {
            let at = |column: &[u64]| column.get(place).copied().unwrap_or(0);
            let failed = at(&agent.rated).saturating_sub(at(&agent.success));
            match (at(&agent.tasks), failed) {
                (0, _) => Cell::none(),
                (tasks, 0) => Cell::text(&format::count(tasks).exact),
                (tasks, failed) => Cell::text(&format::count(tasks).exact).small(&format!("{failed} failed")),
            }
        });
        std::iter::once(time).chain(counts).collect()
    });
    Table { class: "", heads, rows: rows.collect() }
}
