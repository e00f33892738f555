//! One row of each list, as cells; in the order of its columns.

use crate::model::listing::{AgentListRow, SwarmListRow};
use crate::model::overview::{Scope, TaskRow};
use crate::web::charts::timeline::estimator_words;
use crate::web::components::data_table::Cell;
use crate::web::components::health::state_cell;
use crate::web::components::ids::{agent_href, swarm_href, task_href};
use crate::web::format;
use crate::web::view_state::ViewState;

pub(super) fn task(row: TaskRow, scope: &Scope, state: &ViewState) -> Vec<Cell> {
    let agent = Cell::id(&row.agent_id, &agent_href(&row.agent_id, state));
    vec![
        Cell::id(&row.task_id, &task_href(&row.task_id, row.timestamp)),
        agent.small(row.agent_type.as_deref().filter(|kind| *kind != row.agent_id).unwrap_or_default()),
        swarm_cell(row.swarm_id.as_deref(), state),
        Cell::word(row.project.as_deref()),
        Cell::word(row.model.as_deref()),
        Cell::result(row.result.as_deref()),
        Cell::figure(row.duration_ms.map(format::duration)),
        Cell::figure(row.tokens_used.map(format::tokens)),
        Cell::figure(row.files_changed.map(format::tokens)),
        Cell::time(Some(row.timestamp), scope.now),
    ]
}

pub(super) fn agent(row: AgentListRow, scope: &Scope, state: &ViewState) -> Vec<Cell> {
    let estimator = row.estimator().map(estimator_words).unwrap_or_default();
    let AgentListRow { agent, cost_usd, costed, standing } = row;
    let timed = |cell: Cell| match agent.durations {
        Some(durations) => cell.hint(format!("{} timed tasks, {estimator}", format::count(durations.n).exact)),
        None => cell,
    };
    let cost = Cell::figure(cost_usd.map(format::usd));
    vec![
        Cell::id(&agent.agent_id, &agent_href(&agent.agent_id, state)),
        state_cell(&standing.health, standing.stale_since.is_some()),
        Cell::word(agent.agent_type.as_deref()),
        Cell::word(agent.project.as_deref()),
        status(agent.status.as_deref()),
        Cell::figure(Some(format::count(agent.tasks))),
        Cell::figure(agent.success.map(format::percent)),
        timed(Cell::figure(agent.durations.map(|durations| format::duration(durations.p95)))),
        Cell::figure(Some(format::tokens(agent.tokens))),
        if cost_usd.is_some() { cost.hint(format!("reported by {costed} of its tasks")) } else { cost },
        Cell::time(standing.last_heard, scope.now),
    ]
}

pub(super) fn swarm(row: SwarmListRow, scope: &Scope, state: &ViewState) -> Vec<Cell> {
    let mean = Cell::figure(row.avg_duration_ms.map(format::duration));
    vec![
        swarm_cell(Some(&row.swarm_id), state),
        Cell::word(row.project.as_deref()),
        Cell::figure(Some(format::count(row.agents))),
        Cell::figure(Some(format::count(row.tasks))),
        Cell::figure(row.success.map(format::percent)),
        if row.timed > 0 { mean.hint(format!("{} timed tasks", format::count(row.timed).exact)) } else { mean },
        Cell::figure(row.max_duration_ms.map(format::duration)),
        Cell::figure(row.tokens_used.map(format::tokens)),
        Cell::time(row.first_seen, scope.now),
        Cell::time(row.last_seen, scope.now),
    ]
}

pub(super) fn swarm_cell(id: Option<&str>, state: &ViewState) -> Cell {
    id.map_or_else(Cell::none, |id| Cell::id(id, &swarm_href(id, state)))
}

/// What the registry says of an agent.
fn status(word: Option<&str>) -> Cell {
    match word {
        Some("error") => Cell::state("failure", "▲", "error"),
        Some("running") => Cell::state("success", "●", "running"),
        Some(word) => Cell::state("cancelled", "○", word),
        None => Cell::none().hint("not in the registry"),
    }
}
