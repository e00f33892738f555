//! Tasks, one a row.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::TaskRow;
use crate::web::format;

use super::ids::{AgentName, ResultWord, TaskName};
use super::table_card::{FigureCell, TableCard, TimeCell};

/// A table of tasks.
#[component]
pub fn TaskTable(
    /// What is listed.
    title: &'static str,
    /// How many, in which order.
    #[prop(into)]
    note: String,
    /// The tasks.
    rows: Vec<TaskRow>,
    /// The server's clock, for the year of the times.
    now: Micros,
    /// Whether the agent is named; on its own page it is not.
    #[prop(default = true)]
    agents: bool,
    /// What to say when there are none.
    nothing: &'static str,
) -> impl IntoView {
    let empty = rows.is_empty();
    let rows = rows.into_iter().map(|task| row(task, now, agents)).collect_view();
    view! {
        <TableCard title=title note=note empty=empty nothing=nothing>
            <table class="tasks">
                <thead>
                    <tr>
                        <th scope="col">"Task"</th>
                        {agents.then(|| view! { <th scope="col" class="minor">"Agent"</th> })}
                        <th scope="col">"Result"</th>
                        <th scope="col" class="number">"Duration"</th>
                        <th scope="col" class="number spare">"Tokens"</th>
                        <th scope="col" class="number">"Ended (UTC)"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableCard>
    }
}

fn row(task: TaskRow, now: Micros, agents: bool) -> impl IntoView {
    let agent = agents.then(|| {
        view! {
            <td class="minor">
                <AgentName id=task.agent_id kind=task.agent_type project=task.project />
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <TaskName id=task.task_id at=task.timestamp />
            </th>
            {agent}
            <td>
                <ResultWord result=task.result />
            </td>
            <FigureCell figure=task.duration_ms.map(format::duration) />
            <FigureCell figure=task.tokens_used.map(format::tokens) class="spare" />
            <TimeCell at=task.timestamp now=now />
        </tr>
    }
    .into_any()
}
