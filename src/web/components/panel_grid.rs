//! The charts of a timeline, side by side where there is room.

use leptos::prelude::*;

use crate::model::TimeRange;
use crate::model::overview::{Timeline, Totals};
use crate::web::charts::timeline::panels;

use super::chart_panel::ChartPanel;

/// Throughput, latency, success and tokens of a range.
#[component]
pub fn PanelGrid(
    /// The range asked about.
    range: TimeRange,
    /// Figures over time.
    timeline: Timeline,
    /// Figures of the range, for the legends.
    totals: Totals,
    /// Figures of the range before, to compare with.
    #[prop(optional_no_strip)]
    previous: Option<Totals>,
) -> impl IntoView {
    let panels = panels(&timeline, range, &totals, previous.as_ref());
    let panels = panels.into_iter().map(|panel| view! { <ChartPanel panel=panel /> }).collect_view();
    view! { <div class="grid">{panels}</div> }
}
