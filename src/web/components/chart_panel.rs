//! One chart with all that belongs to it: title, menu, drawing, cursor, legend, summary and table.

use leptos::html::{Canvas, Div};
use leptos::prelude::*;

use crate::model::{Dataset, Format};
use crate::web::charts::Panel;
use crate::web::platform;

use super::chart_cursor::ChartCursor;
use super::chart_table::ChartTable;
use super::drawing::{NARROW, WIDE, keep_drawn};
use super::export_menu::ExportScope;
use super::legend::Legend;
use super::menu::Menu;
use super::view::use_view;

/// A chart.
#[component]
pub fn ChartPanel(
    /// What it shows.
    panel: Panel,
    /// Whether it stands on tasks, which can then be downloaded.
    #[prop(default = true)]
    records: bool,
) -> impl IntoView {
    let view = use_view();
    let id = panel.id;
    let (title, subtitle, summary) = (panel.title.clone().into_owned(), panel.subtitle.clone(), panel.summary());
    let menu = records.then(|| view! { <PanelMenu title=title.clone() /> });
    let table = panel.clone();
    let whole = StoredValue::new(panel);
    let shown = Memo::new(move |_| view.state.with(|state| whole.with_value(|panel| panel.without(&state.hidden))));
    let picture = |size: (u32, u32)| shown.with_untracked(|panel| platform::picture(panel, size.0, size.1));
    let (wide, narrow) = (picture(WIDE), picture(NARROW));

    let (surface, canvas) = (NodeRef::<Div>::new(), NodeRef::<Canvas>::new());
    let resized = keep_drawn(surface, move || {
        if let Some(canvas) = canvas.get() {
            shown.with(|panel| platform::paint(&canvas, panel));
        }
    });
    view! {
        <section class="card chart-panel" aria-labelledby=format!("{id}-title") data-panel=id>
            <header class="card-header">
                <h2 id=format!("{id}-title")>{title}</h2>
                <span class="muted">{subtitle}</span>
                {menu}
            </header>
            <div class="chart" node_ref=surface>
                <div class="chart-picture wide" inner_html=wide></div>
                <div class="chart-picture narrow" inner_html=narrow></div>
                <canvas node_ref=canvas aria-hidden="true"></canvas>
                <ChartCursor panel=shown resized=resized />
            </div>
            <Legend panel=whole />
            <p class="sr-only" id=format!("{id}-summary")>{summary}</p>
            <ChartTable panel=table />
        </section>
    }
    .into_any()
}

/// The records behind a panel, of the same range and filters.
#[component]
fn PanelMenu(
    /// Its title.
    title: String,
) -> impl IntoView {
    let view = use_view();
    let scope = use_context::<ExportScope>().unwrap_or_default();
    let scope = StoredValue::new(scope);
    let link = move |format: Format| {
        move || view.state.with(|state| scope.with_value(|scope| scope.href(Dataset::Tasks, format, state)))
    };
    view! {
        <Menu label="···" class="quiet" name=title.clone()>
            <p class="menu-title">{title}</p>
            <a href=link(Format::Csv) download="" class="menu-item">"Download tasks as CSV"</a>
            <a href=link(Format::Json) download="" class="menu-item">"Download tasks as JSON"</a>
        </Menu>
    }
}
