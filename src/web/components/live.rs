//! Reading again by itself: only while the range moves with the clock, the tab is seen, and nobody looks
//! at a value. The next reading starts no earlier than the last one ended.

use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::time::{DAY, HOUR};
use crate::model::{Micros, RangeSpec};
use crate::web::calls::Answer;

use super::chart_cursor::Cursor;
use super::view::{View, use_view};

/// How long to wait between readings of a range: the longer the range, the less changes.
#[must_use]
pub fn interval(range: &RangeSpec) -> Duration {
    let epoch = Micros(0);
    let length = match Micros::parse_expression(&range.from, epoch) {
        Ok(from) if range.from.starts_with("now") => epoch.0.saturating_sub(from.0),
        _ => i64::MAX,
    };
    Duration::from_secs(match length {
        length if length <= HOUR => 5,
        length if length <= DAY => 15,
        _ => 60,
    })
}

/// Refetches `resource` while the page is live and `pending` is false.
pub fn keep_live<T>(resource: Answer<T>, view: View, pending: RwSignal<bool>)
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let cursor = use_context::<Cursor>();
    let rhythm =
        Memo::new(move |_| view.state.with(|state| (state.live && state.moves()).then(|| interval(&state.range))));
    Effect::new(move || {
        let Some(every) = rhythm.get() else { return };
        let tick = move || {
            let looking = cursor.is_some_and(|cursor| cursor.at.get_untracked().is_some());
            if !document().hidden() && !looking && !pending.get_untracked() {
                resource.refetch();
            }
        };
        if let Ok(handle) = set_interval_with_handle(tick, every) {
            on_cleanup(move || handle.clear());
        }
    });
}

/// Says whether the page is live, and changes it.
#[component]
pub fn LiveToggle(
    /// When the figures were read.
    now: Micros,
) -> impl IntoView {
    let view = use_view();
    let on = Memo::new(move |_| view.state.with(|state| state.live && state.moves()));
    let moves = Memo::new(move |_| view.state.with(crate::web::view_state::ViewState::moves));
    let href = move || {
        view.state.with(|state| {
            let mut other = state.clone();
            other.live = !state.live;
            view.href(&other)
        })
    };
    let title = format!("read at {}", crate::web::format::instant(now));
    let read = crate::web::format::clock(now);
    view! {
        <Show
            when=move || moves.get()
            fallback=|| view! { <span class="live" data-state="fixed">"Fixed range"</span> }
        >
            <a
                class="button live"
                href=href
                data-noscroll=""
                data-state=move || if on.get() { "on" } else { "off" }
                title=title.clone()
            >
                <span class="dot" aria-hidden="true"></span>
                {move || if on.get() { "Live" } else { "Paused" }}
                <small class="muted">{read.clone()}</small>
            </a>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ranges_are_read_less_often() {
        let every = |from: &str| interval(&RangeSpec { from: from.into(), to: "now".into() }).as_secs();
        assert_eq!(
            [every("now-15m"), every("now-24h"), every("now-30d"), every("all"), every("0")],
            [5, 15, 60, 60, 60]
        );
    }
}
