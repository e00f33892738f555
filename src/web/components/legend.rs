//! The legend of a chart: a button a series, with its value at the cursor, or for the whole range.

use leptos::prelude::*;

use crate::web::charts::{Panel, Series};
use crate::web::format;

use super::chart_cursor::Cursor;
use super::view::{View, use_go, use_view};

/// The legend. Without JavaScript each button submits the page's state with its series toggled.
#[component]
pub fn Legend(
    /// Every series of the panel, hidden or not.
    panel: StoredValue<Panel>,
) -> impl IntoView {
    let view = use_view();
    let cursor = expect_context::<Cursor>();
    let rest = move || {
        view.state.with(|state| {
            let fields = state.fields().into_iter().filter(|(key, _)| *key != "hide");
            fields.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view()
        })
    };
    let series = panel.with_value(|panel| panel.series.clone());
    view! {
        <form class="legend" method="get" action=move || view.path.get()>
            {rest}
            {series.into_iter().map(|series| entry(panel, series, view, cursor)).collect_view()}
        </form>
    }
    .into_any()
}

fn entry(panel: StoredValue<Panel>, series: Series, view: View, cursor: Cursor) -> impl IntoView {
    let key = panel.with_value(|panel| panel.full_key(&series.key));
    let go = use_go();
    let shown = {
        let key = key.clone();
        Memo::new(move |_| view.state.with(|state| !state.hidden.contains(&key)))
    };
    let hide_value = {
        let key = key.clone();
        move || view.state.with(|state| state.toggled(&key).hidden.into_iter().collect::<Vec<_>>().join(","))
    };
    let toggle = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        go(&view.href(&view.state.get_untracked().toggled(&key)));
    };
    let total = series.total.clone().unwrap_or_default();
    let values = StoredValue::new(series.values);
    let value = move || {
        let Some(at) = cursor.at.get().map(|(at, _)| at) else { return total.clone() };
        let value = panel.with_value(|panel| {
            let bucket = panel.bucket_at(at)?;
            values.with_value(|values| values.get(bucket).copied().flatten()).map(|value| panel.unit.write(value))
        });
        value.unwrap_or_else(|| format::NONE.to_owned())
    };
    view! {
        <button
            type="submit"
            name="hide"
            value=hide_value
            aria-pressed=move || shown.get().to_string()
            data-ink=series.ink.token()
            data-stroke=format!("{:?}", series.stroke).to_lowercase()
            on:click=toggle
        >
            <span class="key" aria-hidden="true"></span>
            <span class="label">{series.label}</span>
            <span class="value">{value}</span>
        </button>
    }
    .into_any()
}
