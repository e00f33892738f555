//! The legend of a chart: a button a series, with its value at the cursor, or for the whole range.

use leptos::prelude::*;

use crate::model::note::NoteGroup;
use crate::web::charts::notes::key;
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
    let groups = NoteGroup::ALL.into_iter();
    let groups = groups
        .map(|group| panel.with_value(|panel| (group, panel.note_count(group), panel.leaves_notes_out(group))))
        .filter(|(_, count, _)| *count > 0);
    let notes = groups.map(|(group, count, more)| {
        let more = if more { "+" } else { "" };
        note_entry(group, format!("{}{more}", format::count(count)), view)
    });
    let notes = notes.collect_view();
    view! {
        <form class="legend" method="get" action=move || view.path.get()>
            {rest}
            {series.into_iter().map(|series| entry(panel, series, view, cursor)).collect_view()}
            {notes}
        </form>
    }
    .into_any()
}

/// A group of notes, shown or hidden in all charts of the page.
fn note_entry(group: NoteGroup, count: String, view: View) -> impl IntoView {
    let (label, sign) = match group {
        NoteGroup::Healings => ("healings", "✚"),
        NoteGroup::Patterns => ("patterns", "◇"),
    };
    let switch = Switch::new(key(group).to_owned(), view);
    let (shown, value) = (switch.shown, switch.value());
    view! {
        <button
            type="submit"
            name="hide"
            value=value
            aria-pressed=move || shown.get().to_string()
            data-notes=label
            title="in all charts of this page"
            on:click=switch.toggle()
        >
            <span class="sign" aria-hidden="true">{sign}</span>
            <span class="label">{label}</span>
            <span class="value">{count}</span>
        </button>
    }
    .into_any()
}

/// What a button of the legend hides and shows.
#[derive(Clone)]
struct Switch {
    key: String,
    view: View,
    shown: Memo<bool>,
}

impl Switch {
    fn new(key: String, view: View) -> Self {
        let name = key.clone();
        let shown = Memo::new(move |_| view.state.with(|state| !state.hidden.contains(&name)));
        Self { key, view, shown }
    }

    /// What `hide` is when it is toggled: for forms.
    fn value(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let Self { key, view, .. } = self.clone();
        move || view.state.with(|state| state.toggled(&key).hidden.into_iter().collect::<Vec<_>>().join(","))
    }

    fn toggle(self) -> impl Fn(leptos::ev::MouseEvent) + 'static {
        let go = use_go();
        move |event| {
            event.prevent_default();
            go(&self.view.href(&self.view.state.get_untracked().toggled(&self.key)));
        }
    }
}

fn entry(panel: StoredValue<Panel>, series: Series, view: View, cursor: Cursor) -> impl IntoView {
    let switch = Switch::new(panel.with_value(|panel| panel.full_key(&series.key)), view);
    let (shown, hide_value) = (switch.shown, switch.value());
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
            on:click=switch.toggle()
        >
            <span class="key" aria-hidden="true"></span>
            <span class="label">{label}</span>
            <span class="value">{value}</span>
        </button>
    }
    .into_any()
}
