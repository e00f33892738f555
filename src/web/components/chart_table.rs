//! The numbers of a chart as a table, for everybody who would rather read them.

use std::fmt::Write;

use leptos::prelude::*;

use crate::web::charts::Panel;
use crate::web::format;

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
        </details>
    }
}

/// The table as HTML text: hundreds of cells that never change by themselves need no hydration.
#[must_use]
pub fn html(panel: &Panel) -> String {
    let mut out = String::from("<table><thead><tr><th scope=\"col\">Time (UTC)</th>");
    for series in &panel.series {
        push(&mut out, "<th scope=\"col\" class=\"number\">", &series.label, "</th>");
    }
    if !panel.counts.is_empty() {
        out.push_str("<th scope=\"col\" class=\"number\">n</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for bucket in (0..panel.time.len()).rev().filter(|bucket| !panel.is_gap(*bucket)) {
        let time = format::bucket(panel.time[bucket], panel.step_ms).replace("\u{a0}UTC", "");
        push(&mut out, "<tr><th scope=\"row\">", &time, "</th>");
        for series in &panel.series {
            let text = series.written(bucket, panel.unit).unwrap_or_else(|| format::NONE.to_owned());
            push(&mut out, "<td class=\"number\">", &text, "</td>");
        }
        if let Some(n) = panel.counts.get(bucket) {
            push(&mut out, "<td class=\"number\">", &n.to_string(), "</td>");
        }
        out.push_str("</tr>");
    }
    out + "</tbody></table>"
}

/// Labels may be words that agents sent: they are escaped.
fn push(out: &mut String, open: &str, text: &str, close: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Writing to a String cannot fail.
    let _ = write!(out, "{open}{text}{close}");
}
