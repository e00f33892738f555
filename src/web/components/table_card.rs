//! A card with a table, or with a sentence where there is nothing to list.

use leptos::prelude::*;

use crate::model::Micros;
use crate::web::format::{self, Figure, NONE};

/// A titled card. Its table scrolls inside it if it must; the page never does.
#[component]
pub fn TableCard(
    /// What is listed.
    title: &'static str,
    /// How many, of how many, in which order.
    #[prop(into, optional)]
    note: String,
    /// Whether nothing is listed.
    #[prop(optional)]
    empty: bool,
    /// What to say then.
    #[prop(optional, into)]
    nothing: String,
    /// The table.
    children: Children,
) -> impl IntoView {
    let id = title.to_lowercase().replace(' ', "-");
    let label = id.clone();
    view! {
        <section class="card" aria-labelledby=label>
            <header class="card-header">
                <h2 id=id>{title}</h2>
                <span class="muted">{note}</span>
            </header>
            {if empty {
                view! { <p class="nothing">{nothing}</p> }.into_any()
            } else {
                view! { <div class="table-scroll" tabindex="0">{children()}</div> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// A cell with a figure: rounded to read, exact on hover, a dash where there is none.
#[component]
pub fn FigureCell(
    /// The figure.
    figure: Option<Figure>,
    /// `minor` or `spare` where the column goes when room is scarce.
    #[prop(optional)]
    class: &'static str,
    /// What to say on hover instead of the exact figure.
    #[prop(optional_no_strip)]
    hint: Option<String>,
) -> impl IntoView {
    let title = hint.or_else(|| figure.as_ref().map(|figure| figure.exact.clone()));
    let text = figure.map_or_else(|| NONE.to_owned(), |figure| figure.to_string());
    view! {
        <td class=format!("number {class}") title=title>
            {text}
        </td>
    }
}

/// A cell with an instant.
#[component]
pub fn TimeCell(
    /// The instant.
    at: Micros,
    /// The server's clock, for the year.
    now: Micros,
) -> impl IntoView {
    let exact = at.to_rfc3339();
    view! {
        <td class="number">
            <time datetime=exact.clone() title=exact>
                {format::moment(at, now)}
            </time>
        </td>
    }
}
