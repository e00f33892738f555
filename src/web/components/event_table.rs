//! Events, one a row.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::EventRow;
use crate::web::format::{self, NONE};

use super::ids::short_id;
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
    let task = event.task_id.as_deref().map_or_else(|| NONE.to_owned(), short_id);
    view! {
        <tr>
            <th scope="row" title=event.metadata>
                <span class="state" data-ink=failed.then_some("failure")>
                    {failed.then_some("▲ ")}
                    {event.event_type}
                </span>
            </th>
            <td class="minor" title=event.task_id>{task}</td>
            <FigureCell figure=event.duration_ms.map(format::duration) />
            <TimeCell at=event.timestamp now=now />
        </tr>
    }
    .into_any()
}
