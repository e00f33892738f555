//! The cursor above lanes: what lies under it, by pointer, touch or keyboard; a click opens it, a drag zooms.
//!
//! The instant is shared with the other charts of the page. Positions are set through the CSS object model, as
//! the content policy refuses `style` attributes.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::web_sys::HtmlElement;

use crate::model::Micros;
use crate::web::charts::{LANE_PX, LanePlot, Lanes};

use super::chart_cursor::{Cursor, DRAG_PX, set};
use super::view::{use_go, use_view};

/// The crosshair, the selection and the tooltip of lanes.
#[component]
pub fn LaneCursor(
    /// What is drawn below.
    lanes: StoredValue<Lanes>,
) -> impl IntoView {
    let cursor = expect_context::<Cursor>();
    let (surface, line, zone, tip) =
        (NodeRef::<Div>::new(), NodeRef::<Div>::new(), NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let (id, range) = lanes.with_value(|lanes| (lanes.id, lanes.range_ms));
    let at = RwSignal::new(None::<(usize, usize)>);
    let drag = RwSignal::new(None::<(i64, i64)>);
    let spoken = RwSignal::new(String::new());
    let (view, go) = (use_view(), use_go());

    let plot = move || {
        let width = f64::from(surface.get_untracked()?.client_width());
        (width > 0.0).then(|| LanePlot::new(range, width))
    };
    let instant = Memo::new(move |_| cursor.at.get().map(|(at, _)| at).filter(|at| (range.0..range.1).contains(at)));
    Effect::new(move || {
        let (Some(at), Some(line), Some(plot)) = (instant.get(), line.get(), plot()) else { return };
        set(&line, "--x", plot.x(at));
    });
    Effect::new(move || {
        let (Some((from, until)), Some(zone), Some(plot)) = (drag.get(), zone.get(), plot()) else { return };
        set(&zone, "--x", plot.x(from.min(until)));
        set(&zone, "--width", (plot.x(from) - plot.x(until)).abs());
    });
    Effect::new(move || {
        let (Some(place), Some(tip), Some(plot)) = (at.get(), tip.get(), plot()) else { return };
        lanes.with_value(|lanes| put_tip(&tip, lanes, plot, place));
    });

    let open = move || {
        let href = lanes.with_value(|lanes| at.get_untracked().and_then(|at| lanes.mark(at)?.href.clone()));
        if let Some(href) = href {
            // By the browser: the router would rewrite the addresses of ids that hold a percent sign.
            let _ = location().set_href(&href);
        }
    };
    let point = move |event: &ev::PointerEvent| {
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        let plot = plot()?;
        cursor.at.set(Some((plot.time_at(x), id)));
        let found = lanes.with_value(|lanes| plot.hit(lanes, x, y));
        if found != at.get_untracked() {
            at.set(found);
        }
        Some(plot.time_at(x))
    };
    let moved = move |event: ev::PointerEvent| {
        if let Some(now) = point(&event) {
            drag.update(|drag| {
                if let Some((_, until)) = drag {
                    *until = now
                }
            });
        }
    };
    let pressed = move |event: ev::PointerEvent| {
        let before = at.get_untracked();
        let Some(now) = point(&event).filter(|_| event.button() == 0) else { return };
        if event.pointer_type() != "touch" {
            drag.set(Some((now, now)));
        } else if before.is_some() && before == at.get_untracked() {
            // The first touch says what it is, the second opens it.
            open();
        }
    };
    let released = move |_| {
        let Some((from, until)) = drag.get_untracked() else { return };
        drag.set(None);
        let far = plot().is_some_and(|plot| (plot.x(from) - plot.x(until)).abs() >= DRAG_PX);
        if !far {
            return open();
        }
        let (from, until) = (Micros::from_millis(from.min(until)), Micros::from_millis(from.max(until)));
        let state = view.state.get_untracked().with_range(&from.to_rfc3339(), &until.to_rfc3339());
        go(&view.href(&state));
    };
    let leave = move || {
        drag.set(None);
        at.set(None);
        cursor.at.set(None);
    };
    let left = move |event: ev::PointerEvent| {
        // A finger leaves as it lifts; what it pointed at stays until something else is touched.
        if event.pointer_type() != "touch" {
            leave();
        }
    };
    let typed = move |event: ev::KeyboardEvent| {
        let now = at.get_untracked();
        let next = lanes.with_value(|lanes| match event.key().as_str() {
            "ArrowLeft" => Some(lanes.beside(now, false)),
            "ArrowRight" => Some(lanes.beside(now, true)),
            "ArrowUp" => {
                Some(now.map_or_else(|| lanes.beside(None, true), |now| lanes.across(now, false).or(Some(now))))
            }
            "ArrowDown" => {
                Some(now.map_or_else(|| lanes.beside(None, true), |now| lanes.across(now, true).or(Some(now))))
            }
            _ => None,
        });
        match (event.key().as_str(), next) {
            ("Enter", _) => open(),
            ("Escape", _) => leave(),
            (_, Some(next)) => {
                event.prevent_default();
                at.set(next);
                let said = lanes.with_value(|lanes| {
                    let mark = lanes.mark(next?)?;
                    cursor.at.set(Some((mark.from_ms / 2 + mark.until_ms / 2, id)));
                    Some(mark.words.join(", "))
                });
                spoken.set(said.unwrap_or_default());
            }
            _ => {}
        }
    };
    let tooltip = move || {
        let words = lanes.with_value(|lanes| Some(lanes.mark(at.get()?)?.words.clone()))?;
        let opens = lanes.with_value(|lanes| lanes.mark(at.get()?)?.href.clone());
        let mut lines = words.into_iter();
        Some(view! {
            <p class="time">{lines.next()}</p>
            {lines.map(|line| view! { <p>{line}</p> }).collect_view()}
            <p class="hint">{if opens.is_some() { "click opens it, drag zooms" } else { "drag zooms" }}</p>
        })
    };
    let leads =
        move || at.get().is_some_and(|at| lanes.with_value(|lanes| lanes.mark(at).is_some_and(|m| m.href.is_some())));
    view! {
        <div
            class="chart-cursor lane-cursor"
            data-leads=move || leads().to_string()
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
            <div class="crosshair" node_ref=line hidden=move || instant.get().is_none()></div>
            <div class="tooltip lane-tip" node_ref=tip hidden=move || at.get().is_none()>
                {tooltip}
            </div>
        </div>
        <p class="sr-only" aria-live="polite">{spoken}</p>
    }
    .into_any()
}

/// Places the tooltip beside the mark, on the side with more room, below it in the upper half.
#[expect(clippy::cast_precision_loss, reason = "a few dozen rows")]
fn put_tip(tip: &HtmlElement, lanes: &Lanes, plot: LanePlot, place: (usize, usize)) {
    let Some((left, right)) = lanes.mark(place).and_then(|mark| plot.span(mark)) else { return };
    let middle = (left + right) / 2.0;
    let upper = place.0 * 2 < lanes.lanes.len();
    let row = place.0 as f64 * LANE_PX;
    set(tip, "--x", middle);
    set(tip, "--y", if upper { row + LANE_PX + 4.0 } else { lanes.height() - row + 4.0 });
    for (name, value) in [
        ("data-side", if middle > plot.width / 2.0 { "left" } else { "right" }),
        ("data-below", if upper { "true" } else { "false" }),
    ] {
        // Cannot fail for a constant name.
        let _ = tip.set_attribute(name, value);
    }
}
