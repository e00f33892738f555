//! The legend of a chart: a button a series, with its value at the cursor, or for the whole range.

use leptos::prelude::*;

use crate::web::charts::{Panel, Role, Series, Stroke};
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
    let (ink, label) = (series.ink.token(), series.label.clone());
    let stroke = match series.role {
        Role::Band(_) => "band",
        _ => match series.stroke {
            Stroke::Solid => "solid",
            Stroke::Dashed => "dashed",
            Stroke::Dotted => "dotted",
        },
    };
    let series = StoredValue::new(series);
    let value = move || {
        let Some(at) = cursor.at.get().map(|(at, _)| at) else { return total.clone() };
        let value = panel.with_value(|panel| {
            let bucket = panel.bucket_at(at)?;
            series.with_value(|series| series.written(bucket, panel.unit))
        });
        value.unwrap_or_else(|| format::NONE.to_owned())
    };
    view! {
        <button
            type="submit"
            name="hide"
            value=hide_value
            aria-pressed=move || shown.get().to_string()
            data-ink=ink
            data-stroke=stroke
            on:click=toggle
        >
            <span class="key" aria-hidden="true"></span>
            <span class="label">{label}</span>
            <span class="value">{value}</span>
        </button>
    }
    .into_any()
}
