//! The numbers of a chart as a table, for everybody who would rather read them.

use leptos::prelude::*;

use crate::model::note::{Note, Notes};
use crate::web::charts::Panel;
use crate::web::charts::notes::{sign, words};
use crate::web::format;

use super::data_table::{Cell, Head, Table};

/// The table of a panel, newest bucket first, behind a "View as table".
#[component]
pub fn ChartTable(
    /// What to list; every series, hidden or not.
    panel: Panel,
) -> impl IntoView {
    let rows = panel.time.iter().enumerate().filter(|(bucket, _)| !panel.is_gap(*bucket)).count();
    view! {
        <details class="chart-table" id=format!("{}-table", panel.id)>
            <summary>"View as table"</summary>
            <p class="muted">
                {format!("{rows} of {} buckets have data; times are UTC, the newest first.", panel.time.len())}
            </p>
            <div class="table-scroll" tabindex="0" inner_html=html(&panel)></div>
            {(!panel.notes.notes.is_empty()).then(|| view! {
                <p class="muted">{note_line(&panel)}</p>
                <div class="table-scroll" tabindex="0" inner_html=notes_html(&panel)></div>
            })}
        </details>
    }
}

fn note_line(panel: &Panel) -> String {
    let most = if panel.notes.truncated {
        format!("; only the newest {} of a kind are marked", Notes::MAX)
    } else {
        String::new()
    };
    format!("What is marked in the chart, the newest first{most}.")
}

/// What is marked, as HTML text.
#[must_use]
pub fn notes_html(panel: &Panel) -> String {
    let heads = vec![Head::plain("Time (UTC)", ""), Head::plain("What", "")];
    let row = |note: &Note| {
        let time = format::instant(note.at).replace("\u{a0}UTC", "");
        let what = format!("{} {}", sign(note.kind), words(note));
        vec![Cell::text(&time), Cell::link(&what, &note.href)]
    };
    Table { class: "notes", heads, rows: panel.notes.notes.iter().rev().map(row).collect() }.html()
}

/// The table as HTML text.
#[must_use]
pub fn html(panel: &Panel) -> String {
    let mut heads = vec![Head::plain("Time (UTC)", "")];
    heads.extend(panel.series.iter().map(|series| Head::plain(series.label.as_str(), "number")));
    if !panel.counts.is_empty() {
        heads.push(Head::plain("n", "number"));
    }
    let buckets = (0..panel.time.len()).rev().filter(|bucket| !panel.is_gap(*bucket));
    let rows = buckets.map(|bucket| {
        let time = format::bucket(panel.time[bucket], panel.step_ms).replace("\u{a0}UTC", "");
        let values = panel.series.iter().map(|series| Cell::word(series.written(bucket, panel.unit).as_deref()));
        let n = panel.counts.get(bucket).map(|n| Cell::text(&n.to_string()));
        std::iter::once(Cell::text(&time)).chain(values).chain(n).collect()
    });
    Table { class: "", heads, rows: rows.collect() }.html()
}
