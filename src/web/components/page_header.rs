//! The line above every page: what it is, which range, live, filter, export. Always in the same place.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::overview::Scope;
use crate::web::format;

use super::export_menu::ExportMenu;
use super::live::LiveToggle;
use super::menu::Menu;
use super::range_picker::RangePicker;
use super::view::use_view;
use crate::web::view_state::ViewState;

/// The header of a page about a range.
#[component]
pub fn PageHeader(
    /// What the page is about.
    #[prop(into)]
    title: String,
    /// What kind of thing that is; empty on the overview.
    #[prop(optional, into)]
    kind: String,
    /// What was asked.
    scope: Scope,
    /// Whether the page can be narrowed to a project.
    #[prop(default = true)]
    projects: bool,
    /// Whether its charts can show the range before.
    #[prop(default = true)]
    charts: bool,
    /// Whether it reads again by itself.
    #[prop(default = true)]
    live: bool,
    /// Whether its records can be exported from here.
    #[prop(default = true)]
    exports: bool,
) -> impl IntoView {
    let range = format::range(scope.range);
    let names = scope.projects.clone();
    view! {
        <Title text=title.clone() />
        <header class="page-header">
            <div class="page-title">
                {(!kind.is_empty()).then(|| view! { <span class="kind">{kind}</span> })}
                <h1>{title}</h1>
                <span class="muted range">{range}</span>
            </div>
            <div class="page-actions">
                {live.then(|| view! { <LiveToggle now=scope.now place=scope.place /> })}
                {(projects && !names.is_empty()).then(|| view! { <ProjectMenu projects=names /> })}
                <RangePicker range=scope.range />
                {charts.then(|| view! { <CompareToggle /> })}
                {exports.then(|| view! { <ExportMenu /> })}
            </div>
        </header>
        <FilterLine />
    }
    .into_any()
}

/// Shows the range before behind the charts, or no longer. Of all data there is none before.
#[component]
fn CompareToggle() -> impl IntoView {
    let view = use_view();
    let on = Memo::new(move |_| view.state.with(|state| state.compare));
    let href = move || view.state.with(|state| view.href(&ViewState { compare: !state.compare, ..state.clone() }));
    let none = Memo::new(move |_| view.state.with(|state| state.range.is_all()));
    view! {
        <a
            class="button toggle"
            href=href
            hidden=none
            data-noscroll=""
            data-state=move || if on.get() { "on" } else { "off" }
            title="the range before, as a dashed line"
        >
            {move || if on.get() { "Comparing" } else { "Compare" }}
        </a>
    }
}

/// Narrows the page to one project.
#[component]
fn ProjectMenu(projects: Vec<String>) -> impl IntoView {
    let view = use_view();
    let label = Signal::derive(move || {
        view.state.with(|state| state.filter.project.clone().unwrap_or_else(|| "All projects".to_owned()))
    });
    let choice = move |project: Option<String>| {
        let name = project.clone().unwrap_or_else(|| "All projects".to_owned());
        let wanted = project.clone();
        let href = move || view.state.with(|state| view.href(&state.with_filter("project", project.clone())));
        let current = move || view.state.with(|state| state.filter.project == wanted).then_some("true");
        view! {
            <a href=href data-noscroll="" aria-current=current class="menu-item">
                {name}
            </a>
        }
    };
    let links = std::iter::once(None).chain(projects.into_iter().map(Some)).map(choice).collect_view();
    view! {
        <Menu label=label name="Project">
            <div class="choices">{links}</div>
        </Menu>
    }
}

/// The filters that are set, each with a way out.
#[component]
fn FilterLine() -> impl IntoView {
    let view = use_view();
    let chips = move || {
        view.state.with(|state| {
            let filters = state.filters();
            let chips = filters.into_iter().map(|(key, value)| {
                let href = view.href(&state.without_filter(key));
                view! {
                    <li>
                        <a href=href data-noscroll="" aria-label=format!("Remove the filter {key} {value}")>
                            {format!("{} = {value} ", key.trim_end_matches("_id"))}
                            <span aria-hidden="true">"×"</span>
                        </a>
                    </li>
                }
            });
            let chips = chips.collect::<Vec<_>>();
            (!chips.is_empty()).then(|| view! { <ul class="filters" aria-label="Filters">{chips}</ul> })
        })
    };
    view! { {chips} }
}
