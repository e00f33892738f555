//! The form that asks: links for the source, as what can be asked depends on it, and a plain GET form.

use leptos::prelude::*;

use crate::model::aggregate::{AggregateQuery, Bucket, Function, GroupBy, Source};
use crate::web::components::list_form::{FilterField, FilterMenu, RESULTS};
use crate::web::components::view::use_view;

use super::group_name;
use super::question::{WHOLE, of_source};

/// The functions offered as boxes; any other percentile can be typed.
const FUNCTIONS: [Function; 12] = [
    Function::Count,
    Function::Rate,
    Function::SuccessRate,
    Function::Avg,
    Function::Sum,
    Function::Min,
    Function::Max,
    Function::Stddev,
    Function::StddevSamp,
    Function::P50,
    Function::P95,
    Function::P99,
];

/// What the form sets; everything else goes along unchanged.
const FIELDS: [&str; 6] = ["field", "fn", "group", "bucket", "tz", "limit"];

/// The form.
#[component]
pub(super) fn QuestionForm(
    /// The question that was answered.
    query: AggregateQuery,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let sources = Source::ALL.map(|source| {
        let current = (source == query.source).then_some("true");
        view! { <a href=view.href(&of_source(&state, source)) aria-current=current>{source_name(source)}</a> }
    });
    let hidden = state.fields().into_iter().filter(|(key, _)| !FIELDS.contains(key));
    let hidden = hidden.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view();
    let offered = FUNCTIONS.into_iter().filter(|function| offers(query.source, *function));
    let boxes = offered.map(|function| {
        let (name, on) = (function.to_string(), query.functions.contains(&function));
        view! {
            <label class="check">
                <input type="checkbox" name="fn" value=name.clone() checked=on />
                {name}
            </label>
        }
    });
    let other = query.functions.iter().filter(|function| !FUNCTIONS.contains(function)).map(ToString::to_string);
    let other = other.collect::<Vec<_>>().join(",");
    let numbers = !query.source.fields().is_empty();
    let words = |groups: &'static [GroupBy]| {
        groups.iter().map(|group| (group.as_str().to_owned(), group_name(*group).to_owned()))
    };
    let groups = [0, 1].map(|place| {
        let chosen = query.group_by.get(place).map(|group| group.as_str().to_owned()).unwrap_or_default();
        let first = (String::new(), if place == 0 { "one group" } else { "nothing more" }.to_owned());
        let label = if place == 0 { "Group by" } else { "and by" };
        select("group", label, std::iter::once(first).chain(words(query.source.groups())), &chosen)
    });
    let fields = query.source.fields().iter().map(|field| (field.as_str().to_owned(), field.as_str().to_owned()));
    let field = query.field.map(|field| field.as_str().to_owned()).unwrap_or_default();
    let fixed = [("auto".to_owned(), "as suits the range".to_owned()), (WHOLE.to_owned(), "none".to_owned())];
    let widths = Bucket::ALL.map(|bucket| (bucket.to_string(), bucket.to_string()));
    let bucket = state.own("bucket").unwrap_or("auto").to_owned();
    let zone = state.own("tz").unwrap_or_default().to_owned();
    let limit = state.own("limit").unwrap_or_default().to_owned();
    view! {
        <div class="list-bar">
            <nav class="tabs" aria-label="Source">{sources.collect_view()}</nav>
            <FilterMenu fields=filters(query.source) />
        </div>
        <form class="card form question" method="get" action=view.path.get_untracked()>
            {hidden}
            <fieldset>
                <legend>"Functions"</legend>
                {boxes.collect_view()}
                {numbers.then(|| view! {
                    <label class="other">
                        <span>"and"</span>
                        <input name="fn" value=other placeholder="p99.9" autocomplete="off" spellcheck="false" aria-label="Other percentiles" />
                    </label>
                })}
            </fieldset>
            <div class="row">
                {numbers.then(|| select("field", "of", fields, &field))}
                {groups.collect_view()}
                {select("bucket", "in buckets", fixed.into_iter().chain(widths), &bucket)}
                <label>
                    <span>"from midnight in"</span>
                    <input name="tz" value=zone placeholder="UTC" list="zones" autocomplete="off" spellcheck="false" />
                </label>
                <label>
                    <span>"Groups at most"</span>
                    <input name="limit" value=limit placeholder="100" inputmode="numeric" autocomplete="off" />
                </label>
                <button type="submit" class="button primary">"Show"</button>
            </div>
            <datalist id="zones">
                {["UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney"]
                    .map(|zone| view! { <option value=zone></option> })
                    .collect_view()}
            </datalist>
        </form>
    }
    .into_any()
}

/// A labelled choice.
fn select(
    name: &'static str,
    label: &'static str,
    choices: impl Iterator<Item = (String, String)>,
    chosen: &str,
) -> AnyView {
    let options = choices.map(|(value, label)| {
        let on = value == chosen;
        view! { <option value=value selected=on>{label}</option> }.into_any()
    });
    let options = options.collect::<Vec<_>>();
    view! {
        <label>
            <span>{label}</span>
            <select name=name>{options}</select>
        </label>
    }
    .into_any()
}

/// Whether records of `source` can be asked for it.
fn offers(source: Source, function: Function) -> bool {
    match function {
        Function::SuccessRate => source.has_success(),
        function => !function.needs_field() || !source.fields().is_empty(),
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Tasks => "Tasks",
        Source::AgentMetrics => "Agent metrics",
        Source::SwarmMetrics => "Swarm metrics",
        Source::Events => "Events",
        Source::Healings => "Healings",
    }
}

const AGENT: FilterField = FilterField::text("agent_id", "Agent");
const SWARM: FilterField = FilterField::text("swarm_id", "Swarm");
const PROJECT: FilterField = FilterField::text("project", "Project");
const METRIC: FilterField = FilterField::text("metric_type", "Metric type");

/// What records of a source can be filtered by: what they can be grouped by.
fn filters(source: Source) -> &'static [FilterField] {
    match source {
        Source::Tasks => const { &[RESULTS, AGENT, SWARM, PROJECT, FilterField::text("model", "Model")] },
        Source::AgentMetrics => const { &[AGENT, METRIC, PROJECT] },
        Source::SwarmMetrics => const { &[SWARM, METRIC, PROJECT] },
        Source::Events => {
            const {
                &[
                    FilterField::text("event_type", "Event type"),
                    AGENT,
                    FilterField::text("agent_type", "Agent type"),
                    SWARM,
                    PROJECT,
                ]
            }
        }
        Source::Healings => {
            const {
                &[
                    FilterField::text("strategy", "Strategy"),
                    FilterField::text("failure_type", "Failure type"),
                    FilterField { key: "success", label: "Success", choices: &[("true", "yes"), ("false", "no")] },
                    AGENT,
                    PROJECT,
                ]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_a_source_are_those_it_can_be_grouped_by() {
        for source in Source::ALL {
            let mut offered: Vec<&str> = filters(source).iter().map(|field| field.key).collect();
            let mut known: Vec<&str> = source.filters().collect();
            offered.sort_unstable();
            known.sort_unstable();
            assert_eq!(offered, known, "{source:?}");
        }
    }
}
