//! Events, one a row.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::EventRow;
use crate::web::format::{self, NONE};
use crate::web::view_state::encode;

use super::ids::{any_task_href, leads_astray, short_id};
use super::table_card::{FigureCell, TableCard, TimeCell};

/// A table of events.
#[component]
pub fn EventTable(
    /// How many, in which order.
    #[prop(into)]
    note: String,
    /// The events.
    rows: Vec<EventRow>,
    /// The server's clock, for the year of the times.
    now: Micros,
    /// What to say when there are none.
    nothing: &'static str,
) -> impl IntoView {
    let empty = rows.is_empty();
    let rows = rows.into_iter().map(|event| row(event, now)).collect_view();
    view! {
        <TableCard title="Events" note=note empty=empty nothing=nothing>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Event"</th>
                        <th scope="col" class="minor">"Task"</th>
                        <th scope="col" class="number">"Took"</th>
                        <th scope="col" class="number">"At (UTC)"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableCard>
    }
}

fn row(event: EventRow, now: Micros) -> impl IntoView {
    let failed = event.event_type.starts_with("tool_error") || event.event_type == "error";
    // Of a task that ran several times the newest is opened; the event does not know which one it belongs to.
    let task = match event.task_id.as_deref() {
        Some(id) => {
            let rel = leads_astray(id).then_some("external");
            view! { <a class="name" href=any_task_href(id) rel=rel title=id.to_owned()>{short_id(id)}</a> }.into_any()
        }
        None => view! { {NONE} }.into_any(),
    };
    let (kind, agent) = (encode(&event.event_type), encode(&event.agent_id));
    let alike = format!("/events?event_type={kind}&agent_id={agent}&from=all");
    view! {
        <tr>
            <th scope="row" title=event.metadata>
                <a class="state" href=alike data-ink=failed.then_some("failure")>
                    {failed.then_some("▲ ")}
                    {event.event_type}
                </a>
            </th>
            <td class="minor">{task}</td>
            <FigureCell figure=event.duration_ms.map(format::duration) />
            <TimeCell at=event.timestamp now=now />
        </tr>
    }
    .into_any()
}
