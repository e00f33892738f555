//! A histogram with all that belongs to it: title, drawing, what each bar says, summary and table.

use leptos::html::{Canvas, Div};
use leptos::prelude::*;

use crate::web::charts::Histogram;
use crate::web::{format, platform};

use super::data_table::{Cell, Head, Table};
use super::drawing::{NARROW, WIDE, keep_drawn};

/// A histogram.
#[component]
pub fn HistogramPanel(
    /// What it shows.
    histogram: Histogram,
) -> impl IntoView {
    let id = histogram.id;
    let (title, subtitle) = (histogram.title.clone().into_owned(), histogram.subtitle.clone());
    let picture = |size: (u32, u32)| platform::picture(&histogram, size.0, size.1);
    let (wide, narrow) = (picture(WIDE), picture(NARROW));
    let summary = histogram.summary();
    let table = table(&histogram).html();
    let bins = histogram.bins.iter().map(|bin| {
        let words = histogram.says(bin);
        view! { <li><span class="tooltip">{words}</span></li> }
    });
    let bins = bins.collect_view();
    let legend = histogram.parts.iter().filter(|_| histogram.parts.len() > 1).map(|(ink, name)| {
        view! {
            <li data-ink=ink.token()>
                <span class="key" aria-hidden="true"></span>
                {*name}
            </li>
        }
    });
    let legend = legend.collect_view();

    let (surface, canvas) = (NodeRef::<Div>::new(), NodeRef::<Canvas>::new());
    let shown = StoredValue::new(histogram);
    keep_drawn(surface, move || {
        if let Some(canvas) = canvas.get() {
            shown.with_value(|histogram| platform::paint(&canvas, histogram));
        }
    });
    view! {
        <section class="card chart-panel" aria-labelledby=format!("{id}-title") data-panel=id>
            <header class="card-header">
                <h2 id=format!("{id}-title")>{title}</h2>
                <span class="muted">{subtitle}</span>
            </header>
            <div class="chart" node_ref=surface>
                <div class="chart-picture wide" inner_html=wide></div>
                <div class="chart-picture narrow" inner_html=narrow></div>
                <canvas node_ref=canvas aria-hidden="true"></canvas>
                <ul class="bins" aria-hidden="true">{bins}</ul>
            </div>
            <ul class="lane-legend" aria-label="Colours">{legend}</ul>
            <p class="sr-only" id=format!("{id}-summary")>{summary}</p>
            <details class="chart-table" id=format!("{id}-table")>
                <summary>"View as table"</summary>
                <div class="table-scroll" tabindex="0" inner_html=table></div>
            </details>
        </section>
    }
    .into_any()
}

fn table(histogram: &Histogram) -> Table {
    let mut heads = vec![Head::plain("Between", "")];
    let named = |name: &str| Head::plain(name, "number");
    match &histogram.parts[..] {
        [_] => heads.push(named(&format!("{}s", histogram.what))),
        parts => heads.extend(parts.iter().map(|(_, name)| named(name))),
    }
    let rows = histogram.bins.iter().map(|bin| {
        let counts = bin.counts.iter().map(|count| Cell::text(&format::count(*count).exact));
        std::iter::once(Cell::text(&histogram.between(bin))).chain(counts).collect()
    });
    Table { class: "", rows: rows.collect(), heads }
}
