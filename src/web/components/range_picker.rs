//! Which instants the page is about: presets, steps, free text. All of it lives in the URL.

use leptos::html::Input;
use leptos::prelude::*;

use crate::model::time::MINUTE;
use crate::model::{Micros, RangeSpec, TimeRange};
use crate::web::format;
use crate::web::view_state::ViewState;

use super::menu::Menu;
use super::view::{use_go, use_view};

/// How far back the presets reach.
const PRESETS: [&str; 8] = ["now-15m", "now-1h", "now-6h", "now-24h", "now-7d", "now-30d", "now-90d", RangeSpec::ALL];

/// The range picker: links and a plain GET form.
#[component]
pub fn RangePicker(
    /// The range the page shows, resolved.
    range: TimeRange,
) -> impl IntoView {
    let view = use_view();
    let label = Signal::derive(move || view.state.with(|state| format::range_name(&state.range.from, &state.range.to)));
    let presets = PRESETS.map(|from| {
        let href = move || view.state.with(|state| view.href(&state.with_range(from, "now")));
        let current =
            move || view.state.with(|state| state.range.from == from && state.range.to == "now").then_some("true");
        view! {
            <a href=href data-noscroll="" aria-current=current>
                {format::range_name(from, "now")}
            </a>
        }
    });
    let steps = steps(range).map(|(name, range)| {
        let href = move || view.state.with(|state| view.href(&absolute(state, range)));
        view! {
            <a href=href data-noscroll="">
                {name}
            </a>
        }
    });
    let hidden = move || {
        view.state.with(|state| {
            let fields = state.fields().into_iter().filter(|(key, _)| !matches!(*key, "from" | "to"));
            fields.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view()
        })
    };
    let from = move || view.state.with(|state| state.range.from.clone());
    let to = move || view.state.with(|state| state.range.to.clone());
    let (from_input, to_input) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let go = use_go();
    let show = move |event: leptos::ev::SubmitEvent| {
        let (Some(from), Some(to)) = (from_input.get_untracked(), to_input.get_untracked()) else { return };
        event.prevent_default();
        let to = Some(to.value().trim().to_owned()).filter(|to| !to.is_empty());
        let state = view.state.get_untracked().with_range(from.value().trim(), to.as_deref().unwrap_or("now"));
        go(&view.href(&state));
    };
    view! {
        <Menu label=label name="Time range">
            <div class="presets">{presets.collect_view()}</div>
            <div class="steps">{steps.collect_view()}</div>
            <form class="range-form" method="get" action=move || view.path.get() on:submit=show>
                    {hidden}
                    <label>
                        "From" <input node_ref=from_input name="from" value=from prop:value=from autocomplete="off" spellcheck="false" required />
                    </label>
                    <label>
                        "To" <input node_ref=to_input name="to" value=to prop:value=to autocomplete="off" spellcheck="false" placeholder="now" />
                    </label>
                    <p class="muted">
                        "now-6h, 2026-01-31T12:00:00Z, epoch milliseconds, or all. Shown now: "
                        <span class="selectable">{range.from.to_rfc3339()}</span> " to "
                        <span class="selectable">{range.until.to_rfc3339()}</span>
                    </p>
                    <button type="submit" class="button primary">
                        "Show"
                    </button>
            </form>
        </Menu>
    }
    .into_any()
}

/// The range before, the range after, and twice the range around its middle.
fn steps(range: TimeRange) -> [(&'static str, TimeRange); 3] {
    let length = range.length().max(2 * MINUTE);
    let shift = |from: i64, until: i64| TimeRange {
        from: Micros(range.from.0.saturating_add(from)),
        until: Micros(range.until.0.saturating_add(until)),
    };
    [
        ("← Earlier", shift(-length, -length)),
        ("Zoom out", shift(-length / 2, length / 2)),
        ("Later →", shift(length, length)),
    ]
}

fn absolute(state: &ViewState, range: TimeRange) -> ViewState {
    state.with_range(&range.from.to_rfc3339(), &range.until.to_rfc3339())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_back_ends_where_the_range_starts() {
        let range = TimeRange { from: Micros(10 * MINUTE), until: Micros(20 * MINUTE) };
        let [(_, earlier), (_, wider), (_, later)] = steps(range);
        assert_eq!(earlier, range.previous());
        assert_eq!(wider, TimeRange { from: Micros(5 * MINUTE), until: Micros(25 * MINUTE) });
        assert_eq!(later.from, range.until);
    }
}
