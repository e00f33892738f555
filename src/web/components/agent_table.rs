//! Agents, one a row.

use leptos::prelude::*;

use crate::model::overview::AgentRow;
use crate::web::format;

use super::ids::AgentName;
use super::table_card::{FigureCell, TableCard};

/// Which column a table is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentOrder {
    /// Most tasks first.
    Busiest,
    /// Shortest mean duration first.
    Fastest,
    /// Longest mean duration first.
    Slowest,
}

/// A table of agents.
#[component]
pub fn AgentTable(
    /// What is listed.
    title: &'static str,
    /// How many, of how many.
    #[prop(into)]
    note: String,
    /// The agents.
    rows: Vec<AgentRow>,
    /// How they are sorted.
    order: AgentOrder,
    /// What to say when there are none.
    nothing: &'static str,
) -> impl IntoView {
    let sorted = move |column: AgentOrder, arrow: &'static str| (order == column).then_some(arrow);
    let busiest = order == AgentOrder::Busiest;
    let mean = if order == AgentOrder::Fastest { "ascending" } else { "descending" };
    let empty = rows.is_empty();
    view! {
        <TableCard title=title note=note empty=empty nothing=nothing>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Agent"</th>
                        <th scope="col" class="number" aria-sort=busiest.then_some("descending")>
                            "Tasks" {sorted(AgentOrder::Busiest, " ▾")}
                        </th>
                        <th scope="col" class="number">"Success"</th>
                        <th scope="col" class="number" aria-sort=(!busiest).then_some(mean)>
                            "Mean" {sorted(AgentOrder::Fastest, " ▴")} {sorted(AgentOrder::Slowest, " ▾")}
                        </th>
                        <th scope="col" class="number minor">"p95"</th>
                        <th scope="col" class="number minor">"Tokens"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </TableCard>
    }
}

fn row(row: AgentRow) -> impl IntoView {
    let timed = row.durations.map(|durations| format!("{} timed tasks", durations.n));
    view! {
        <tr>
            <th scope="row">
                <AgentName id=row.agent_id kind=row.agent_type project=row.project />
            </th>
            <FigureCell figure=Some(format::count(row.tasks)) />
            <FigureCell figure=row.success.map(format::percent) />
            <FigureCell figure=row.durations.map(|d| format::duration(d.mean)) hint=timed.clone() />
            <FigureCell figure=row.durations.map(|d| format::duration(d.p95)) hint=timed class="minor" />
            <FigureCell figure=Some(format::tokens(row.tokens)) class="minor" />
        </tr>
    }
    .into_any()
}
