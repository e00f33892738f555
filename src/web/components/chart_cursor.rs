//! The cursor above a chart: one instant for all panels of a page, by pointer, touch or keyboard.
//!
//! The canvas below is never painted again for it. Positions are set through the CSS object model, as the
//! content policy refuses `style` attributes.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;

use crate::model::Micros;
use crate::web::charts::notes::{ink, sign, words as note_words};
use crate::web::charts::{Panel, Plot, Series};
use crate::web::format;

use super::view::{use_go, use_view};

/// Most notes of a bucket that the tooltip says.
const NOTES_SHOWN: usize = 4;
/// A drag shorter than this is a click, in CSS pixels.
pub(super) const DRAG_PX: f64 = 6.0;

/// The instant under the cursor, and the panel the cursor is in; shared by all panels of a page.
#[derive(Debug, Clone, Copy)]
pub struct Cursor {
    /// Epoch milliseconds and panel; `None` = no cursor.
    pub at: RwSignal<Option<(i64, &'static str)>>,
}

impl Cursor {
    /// Provides a cursor for the panels below.
    pub fn provide() {
        provide_context(Self { at: RwSignal::new(None) });
    }
}

/// The crosshair, the selection and the tooltip of one panel.
#[component]
pub fn ChartCursor(
    /// What is drawn below: the series that are not hidden.
    panel: Memo<Panel>,
    /// Counts up when the surface changes its size.
    resized: RwSignal<u32>,
) -> impl IntoView {
    let cursor = expect_context::<Cursor>();
    let (surface, line, zone, tip) =
        (NodeRef::<Div>::new(), NodeRef::<Div>::new(), NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let id = panel.with_untracked(|panel| panel.id);
    let drag = RwSignal::new(None::<(i64, i64)>);
    let spoken = RwSignal::new(String::new());
    let view = use_view();
    let go = use_go();

    let plot = move || {
        let surface = surface.get_untracked()?;
        let (width, height) = (f64::from(surface.client_width()), f64::from(surface.client_height()));
        panel.with_untracked(|panel| (width > 0.0).then(|| Plot::new(panel, width, height)))
    };
    let bucket = Memo::new(move |_| cursor.at.get().and_then(|(at, _)| panel.with(|panel| panel.bucket_at(at))));
    Effect::new(move || {
        resized.track();
        let middle = bucket.get().and_then(|bucket| panel.with(|panel| panel.middle(bucket)));
        let (Some(plot), Some(at), Some(line), Some(tip)) = (plot(), middle, line.get(), tip.get()) else { return };
        let x = plot.x(at);
        set(&line, "--x", x);
        set(&tip, "--x", x);
        let _ = tip.set_attribute("data-side", if x > plot.left + plot.width / 2.0 { "left" } else { "right" });
    });
    Effect::new(move || {
        let (Some((from, until)), Some(zone), Some(plot)) = (drag.get(), zone.get(), plot()) else { return };
        set(&zone, "--x", plot.x(from.min(until)));
        set(&zone, "--width", (plot.x(from) - plot.x(until)).abs());
    });

    let zoom = move |from: i64, until: i64| {
        let (from, until) = (Micros::from_millis(from.min(until)), Micros::from_millis(from.max(until)));
        let state = view.state.get_untracked().with_range(&from.to_rfc3339(), &until.to_rfc3339());
        go(&view.href(&state));
    };
    let place = move |event: &ev::PointerEvent| {
        let at = plot()?.time_at(f64::from(event.offset_x()));
        cursor.at.set(Some((at, id)));
        Some(at)
    };
    let moved = move |event: ev::PointerEvent| {
        if let Some(at) = place(&event) {
            drag.update(|drag| {
                if let Some((_, until)) = drag {
                    *until = at
                }
            });
        }
    };
    let pressed = move |event: ev::PointerEvent| {
        // A finger scrolls the page and shows the tooltip; only a mouse or a pen selects.
        if let Some(at) = place(&event).filter(|_| event.pointer_type() != "touch" && event.button() == 0) {
            drag.set(Some((at, at)));
        }
    };
    let released = {
        let zoom = zoom.clone();
        move |_| {
            let far = |(from, until): &(i64, i64)| {
                plot().is_some_and(|plot| (plot.x(*from) - plot.x(*until)).abs() >= DRAG_PX)
            };
            if let Some((from, until)) = drag.get_untracked().filter(far) {
                zoom(from, until);
            }
            drag.set(None);
        }
    };
    let leave = move || {
        drag.set(None);
        cursor.at.set(None);
    };
    let left = move |event: ev::PointerEvent| {
        // A finger leaves as it lifts; what it pointed at stays until something else is touched.
        if event.pointer_type() != "touch" {
            leave();
        }
    };
    let typed = move |event: ev::KeyboardEvent| {
        let last = panel.with_untracked(|panel| panel.time.len().saturating_sub(1));
        let now = bucket.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => now.map_or(last, |bucket| bucket.saturating_sub(1)),
            "ArrowRight" => now.map_or(0, |bucket| (bucket + 1).min(last)),
            "Home" => 0,
            "End" => last,
            "Escape" => return leave(),
            "Enter" => {
                // As the drag of a mouse: the bucket and four on either side.
                let around = panel.with_untracked(|panel| {
                    let bucket = now?;
                    let until = panel.time.get((bucket + 4).min(last))? + panel.step_ms;
                    Some((*panel.time.get(bucket.saturating_sub(4))?, until))
                });
                return if let Some((from, until)) = around {
                    zoom(from, until)
                };
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(at) = panel.with_untracked(|panel| panel.middle(next)) {
            cursor.at.set(Some((at, id)));
            spoken.set(panel.with_untracked(|panel| say(panel, next)));
        }
    };
    let tooltip = move || {
        let bucket = bucket.get().filter(|_| cursor.at.get().is_some_and(|(_, source)| source == id))?;
        Some(panel.with(|panel| tooltip(panel, bucket)))
    };
    view! {
        <div
            class="chart-cursor"
            node_ref=surface
            tabindex="0"
            role="application"
            aria-roledescription="chart"
            aria-labelledby=format!("{id}-title")
            aria-describedby=format!("{id}-summary")
            on:pointermove=moved
            on:pointerdown=pressed
            on:pointerup=released
            on:pointerleave=left
            on:blur=move |_| leave()
            on:keydown=typed
        >
            <div class="selection" node_ref=zone hidden=move || drag.get().is_none()></div>
            <div class="crosshair" node_ref=line hidden=move || bucket.get().is_none()></div>
            <div class="tooltip" node_ref=tip hidden=move || tooltip().is_none()>
                {tooltip}
            </div>
        </div>
        <p class="sr-only" aria-live="polite">{spoken}</p>
    }
    .into_any()
}

/// Sets a custom property to a length.
pub(super) fn set(element: &HtmlElement, property: &str, css_px: f64) {
    // Only an invalid property name could fail.
    let _ = element.style().set_property(property, &format!("{css_px:.1}px"));
}

/// Colours, labels and written values of a bucket, the largest value first.
fn entries(panel: &Panel, bucket: usize) -> Vec<(&'static str, String, Option<String>)> {
    let mut series = panel.series.iter().collect::<Vec<_>>();
    let value = |series: &Series| series.at(bucket).unwrap_or(f64::NEG_INFINITY);
    series.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let written = |series: &Series| (series.ink.token(), series.label.clone(), series.written(bucket, panel.unit));
    series.into_iter().map(written).collect()
}

/// On how many tasks the bucket stands, and how its values came about.
fn footing(panel: &Panel, bucket: usize) -> String {
    let n = panel.counts.get(bucket).map(|n| format!("n = {}", format::count(*n).exact));
    let partial = panel.is_partial(bucket).then(|| "only a part of this time".to_owned());
    n.into_iter().chain(panel.method.clone()).chain(partial).collect::<Vec<_>>().join(" · ")
}

fn tooltip(panel: &Panel, bucket: usize) -> impl IntoView + use<> {
    let time = format::bucket(panel.time.get(bucket).copied().unwrap_or_default(), panel.step_ms);
    let rows = entries(panel, bucket).into_iter().map(|(ink, label, value)| {
        let value = value.unwrap_or_else(|| format::NONE.to_owned());
        view! {
            <li data-ink=ink>
                <span class="key"></span>
                <span class="label">{label}</span>
                <b>{value}</b>
            </li>
        }
    });
    let rows = rows.collect_view();
    let nothing = panel.is_gap(bucket).then(|| view! { <p>"no data"</p> });
    let footing = footing(panel, bucket);
    let notes = panel.notes_in(bucket).collect::<Vec<_>>();
    let more = notes.len().saturating_sub(NOTES_SHOWN);
    let notes = notes.into_iter().take(NOTES_SHOWN).map(|note| {
        view! { <p data-ink=ink(note.kind).token()><span class="sign">{sign(note.kind)}</span> " " {note_words(note)}</p> }
    });
    let notes = notes.collect_view();
    let more = (more > 0).then(|| view! { <p>{format!("and {more} more; the table has all")}</p> });
    view! {
        <p class="time">{time}</p>
        <ul>{rows}</ul>
        {nothing}
        {notes}
        {more}
        {(!footing.is_empty()).then(|| view! { <p>{footing}</p> })}
        <p class="hint">"drag to zoom"</p>
    }
}

/// The bucket in one sentence, for people who do not see the tooltip.
fn say(panel: &Panel, bucket: usize) -> String {
    let time = format::bucket(panel.time.get(bucket).copied().unwrap_or_default(), panel.step_ms);
    if panel.is_gap(bucket) {
        return format!("{time}: no data");
    }
    let known = entries(panel, bucket).into_iter().filter_map(|(_, label, value)| Some((label, value?)));
    let values = known.map(|(label, value)| format!("{label} {value}")).collect::<Vec<_>>();
    let notes = panel.notes_in(bucket).take(NOTES_SHOWN).map(note_words);
    let said = std::iter::once(values.join(", ")).chain(notes).collect::<Vec<_>>();
    format!("{time}: {}", said.join("; "))
}
