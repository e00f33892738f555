//! Downloads of what the page is about: the same range, the same filters, all rows.

use leptos::prelude::*;

use crate::model::{Dataset, Format, RecordFilter, Selection};
use crate::web::view_state::{ViewState, encode};

use super::menu::Menu;
use super::view::use_view;

/// The datasets offered, with their names.
const DATASETS: [(Dataset, &str); 5] = [
    (Dataset::Tasks, "Tasks"),
    (Dataset::AgentMetrics, "Agent metrics"),
    (Dataset::SwarmMetrics, "Swarm metrics"),
    (Dataset::Events, "Events"),
    (Dataset::Healings, "Healings"),
];

/// What a page is about beyond its URL's filters: the page of an agent exports that agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportScope(pub Vec<(&'static str, String)>);

impl ExportScope {
    /// The route that exports `dataset`. Filters its records do not have are left out; [`Self::missing`] names them.
    #[must_use]
    pub fn href(&self, dataset: Dataset, format: Format, state: &ViewState) -> String {
        self.href_of(Selection::One(dataset), format, state, "")
    }

    /// The route that exports `selection`, with `more` behind the name of its file.
    #[must_use]
    pub fn href_of(&self, selection: Selection, format: Format, state: &ViewState, more: &str) -> String {
        let mut href = format!("/api/v1/export/{}.{}{more}", selection.as_str(), format.extension());
        let mut pairs = Vec::new();
        if !state.range.is_all() {
            pairs.push(("from", state.range.from.clone()));
            pairs.push(("to", state.range.to.clone()));
        }
        let known = |key: &str| selection.datasets().any(|dataset| RecordFilter::fields(dataset).contains(&key));
        pairs.extend(self.filters(state).into_iter().filter(|(key, _)| known(key)));
        for (n, (key, value)) in pairs.into_iter().enumerate() {
            href.push(if n == 0 { '?' } else { '&' });
            href.push_str(&format!("{key}={}", encode(&value)));
        }
        href
    }

    /// The filters that records of `dataset` do not have, so that the export says what it does not do.
    #[must_use]
    pub fn missing(&self, dataset: Dataset, state: &ViewState) -> Vec<&'static str> {
        let fields = RecordFilter::fields(dataset);
        self.filters(state).into_iter().map(|(key, _)| key).filter(|key| !fields.contains(key)).collect()
    }

    fn filters(&self, state: &ViewState) -> Vec<(&'static str, String)> {
        let own = |key: &str| self.0.iter().any(|(own, _)| *own == key);
        let rest = state.filters().into_iter().filter(|(key, _)| !own(key));
        self.0.iter().cloned().chain(rest).collect()
    }
}

/// The menu in the page's header: real links, which work without JavaScript.
#[component]
pub fn ExportMenu() -> impl IntoView {
    let scope = use_context::<ExportScope>().unwrap_or_default();
    let rows = DATASETS.map(|(dataset, name)| view! { <ExportRow dataset=dataset name=name scope=scope.clone() /> });
    view! {
        <Menu label="Export" class="primary">
            <p class="menu-title">"All records of this range and these filters"</p>
            <ul class="exports">{rows.collect_view()}</ul>
        </Menu>
    }
    .into_any()
}

#[component]
fn ExportRow(dataset: Dataset, name: &'static str, scope: ExportScope) -> impl IntoView {
    let view = use_view();
    let scope = StoredValue::new(scope);
    let missing = move || {
        let missing = view.state.with(|state| scope.with_value(|scope| scope.missing(dataset, state)));
        (!missing.is_empty()).then(|| format!("not filtered by {}", missing.join(", ")))
    };
    let links = Format::ALL.map(|format| {
        let href = move || view.state.with(|state| scope.with_value(|scope| scope.href(dataset, format, state)));
        view! {
            <a href=href download="" aria-label=format!("{name} as {}", format_name(format))>
                {format_name(format)}
            </a>
        }
    });
    view! {
        <li>
            <span>
                {name}
                <small class="muted">{missing}</small>
            </span>
            <span class="formats">{links.collect_view()}</span>
        </li>
    }
}

/// What a form is called.
#[must_use]
pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Csv => "CSV",
        Format::Json => "JSON",
        Format::Ndjson => "NDJSON",
        Format::Prometheus => "Prometheus",
        Format::OpenMetrics => "OpenMetrics",
        Format::Grafana => "Grafana",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_carries_range_and_filters_of_the_page() {
        let state = ViewState::parse("?from=now-7d&project=a%26b&model=m&hide=latency.p99");
        let scope = ExportScope(vec![("agent_id", "x/y".to_owned())]);
        assert_eq!(
            scope.href(Dataset::Tasks, Format::Grafana, &state),
            "/api/v1/export/tasks.grafana.json?from=now-7d&to=now&agent_id=x%2Fy&project=a%26b&model=m"
        );
        assert_eq!(scope.missing(Dataset::SwarmMetrics, &state), ["agent_id", "model"]);
        let all = ViewState::parse("?from=all");
        assert_eq!(ExportScope::default().href(Dataset::Events, Format::Csv, &all), "/api/v1/export/events.csv");
    }
}
