//! The form that narrows a page: plain GET, which works without JavaScript and says everything in the URL.

use leptos::prelude::*;

use super::menu::Menu;
use super::view::use_view;

/// One field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterField {
    /// Its name in the query.
    pub key: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// Values to choose from, with what they are called; empty = any text.
    pub choices: &'static [(&'static str, &'static str)],
}

impl FilterField {
    /// A field for an exact id or name.
    #[must_use]
    pub const fn text(key: &'static str, label: &'static str) -> Self {
        Self { key, label, choices: &[] }
    }
}

/// Result words to filter by.
pub const RESULTS: FilterField = FilterField {
    key: "result",
    label: "Result",
    choices: &[
        ("success", "success"),
        ("failure", "failure"),
        ("timeout", "timeout"),
        ("cancelled", "cancelled"),
        ("failed", "failed, nobody says how"),
        ("none", "not recorded"),
    ],
};

/// The menu with the form.
#[component]
pub fn FilterMenu(
    /// Its fields.
    fields: &'static [FilterField],
) -> impl IntoView {
    let view = use_view();
    let hidden = move || {
        view.state.with(|state| {
            let state = state.from_the_start();
            let rest = state.fields().into_iter().filter(|(key, _)| fields.iter().all(|field| field.key != *key));
            rest.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view()
        })
    };
    let inputs = fields.iter().map(|field| input(*field)).collect_view();
    view! {
        <Menu label="Filter">
            <form class="form" method="get" action=move || view.path.get()>
                {hidden}
                {inputs}
                <p class="muted">"Ids and names in full, as they were sent."</p>
                <button type="submit" class="button primary">"Show"</button>
            </form>
        </Menu>
    }
    .into_any()
}

fn input(field: FilterField) -> AnyView {
    let view = use_view();
    let value = move || {
        let filters = view.state.with(crate::web::view_state::ViewState::filters);
        filters.into_iter().find(|(key, _)| *key == field.key).map(|(_, value)| value).unwrap_or_default()
    };
    let control = if field.choices.is_empty() {
        view! { <input name=field.key value=value prop:value=value autocomplete="off" spellcheck="false" /> }.into_any()
    } else {
        select(
            field.key,
            std::iter::once(("", "any")).chain(field.choices.iter().copied()).collect(),
            Signal::derive(value),
        )
    };
    view! {
        <label>
            <span>{field.label}</span>
            {control}
        </label>
    }
    .into_any()
}

/// A choice of values, each with what it is called.
pub fn select(name: &'static str, choices: Vec<(&'static str, &'static str)>, chosen: Signal<String>) -> AnyView {
    let options = choices.into_iter().map(|(value, label)| {
        view! {
            <option value=value selected=move || chosen.with(|chosen| chosen == value)>
                {label}
            </option>
        }
    });
    view! { <select name=name>{options.collect_view()}</select> }.into_any()
}
