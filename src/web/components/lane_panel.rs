//! Lanes with all that belongs to them: title, names as links, drawing, cursor, axis, colours and table.

use leptos::html::{Canvas, Div};
use leptos::prelude::*;

use crate::web::charts::{LANE_PX, LaneAxis, Lanes};
use crate::web::platform;

use super::data_table::Table;
use super::drawing::keep_drawn;
use super::ids::leads_astray;
use super::lane_cursor::LaneCursor;

/// Widths the rows are drawn in on the server, in CSS pixels; they are pulled to the width there is.
const WIDTHS: [(&str, u32); 2] = [("wide", 1000), ("narrow", 240)];
/// Widths of the axis; the stylesheet shows the largest that fits, so that its words never shrink.
const AXES: [(&str, u32); 3] = [("wide", 680), ("middle", 360), ("narrow", 190)];
/// Height of the axis in CSS pixels.
const AXIS_PX: u32 = 22;

/// Rows over one time axis.
#[component]
pub fn LanePanel(
    /// What they show.
    lanes: Lanes,
    /// The same as a table.
    table: Table,
    /// What the table holds, and of how much.
    #[prop(into)]
    table_note: String,
    /// What the column of names is called.
    names: &'static str,
) -> impl IntoView {
    let id = lanes.id;
    let (title, subtitle) = (lanes.title, lanes.subtitle.clone());
    let axis = LaneAxis(lanes.range_ms);
    let height = pixels(lanes.height());
    let pictures = WIDTHS.map(|(class, width)| {
        let picture = platform::stretched_picture(&lanes, width, height.max(1));
        view! { <div class=format!("chart-picture {class}") inner_html=picture></div> }
    });
    let axes = AXES.map(|(class, width)| {
        let picture = platform::picture(&axis, width, AXIS_PX);
        view! { <div class=format!("axis-picture {class}") inner_html=picture></div> }
    });
    let labels = lanes.lanes.iter().map(|lane| {
        let name = match lane.href.clone() {
            Some(href) => {
                let rel = leads_astray(&lane.title).then_some("external");
                view! { <a class="name" href=href rel=rel title=lane.title.clone()><b>{lane.label.clone()}</b></a> }
                    .into_any()
            }
            None => view! { <span class="name" title=lane.title.clone()><b>{lane.label.clone()}</b></span> }.into_any(),
        };
        view! {
            <li>
                {name}
                " "
                <small class="muted">{lane.small.clone()}</small>
            </li>
        }
    });
    let labels = labels.collect_view();
    let legend = lanes.legend.iter().map(|(ink, label)| {
        view! {
            <li data-ink=ink.token()>
                <span class="key" aria-hidden="true"></span>
                {*label}
            </li>
        }
    });
    let legend = legend.collect_view();
    let lanes = StoredValue::new(lanes);

    let (surface, canvas, axis_canvas) = (NodeRef::<Div>::new(), NodeRef::<Canvas>::new(), NodeRef::<Canvas>::new());
    keep_drawn(surface, move || {
        if let Some(canvas) = canvas.get() {
            lanes.with_value(|lanes| platform::paint(&canvas, lanes));
        }
        if let Some(canvas) = axis_canvas.get() {
            platform::paint(&canvas, &axis);
        }
    });
    view! {
        <section class="card lanes-panel" aria-labelledby=format!("{id}-title") data-panel=id>
            <header class="card-header">
                <h2 id=format!("{id}-title")>{title}</h2>
                <span class="muted" id=format!("{id}-summary")>{subtitle}</span>
            </header>
            <div class="lanes">
                <ul class="lane-names" aria-label=names>{labels}</ul>
                <div class="lane-plot" node_ref=surface>
                    {pictures.collect_view()}
                    <canvas node_ref=canvas aria-hidden="true"></canvas>
                    <LaneCursor lanes=lanes />
                </div>
                <div class="lane-axis">
                    {axes.collect_view()}
                    <canvas node_ref=axis_canvas aria-hidden="true"></canvas>
                </div>
            </div>
            <ul class="lane-legend" aria-label="Colours">{legend}</ul>
            <details class="chart-table" id=format!("{id}-table")>
                <summary>"View as table"</summary>
                <p class="muted">{table_note}</p>
                <div class="table-scroll" tabindex="0" inner_html=table.html()></div>
            </details>
        </section>
    }
    .into_any()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates at 0")]
fn pixels(value: f64) -> u32 {
    value.max(LANE_PX).round() as u32
}
