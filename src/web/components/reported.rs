//! The numbers agents and swarms reported, as charts; where nobody reported any, what to send.

use leptos::prelude::*;

use crate::model::aggregate::AggregateAnswer;
use crate::model::overview::ResourceUse;
use crate::web::charts::reported::{panels, resource_panels};

use super::chart_panel::ChartPanel;
use super::command_block::CommandBlock;
use super::notices::curl;

/// A resource record, as the performance module writes it.
const RESOURCES: &str = r#"{"type":"resource_metric","metadata":{"token_usage_percent":75,"memory_usage_percent":60,"queue_depth":25,"active_agents":8}}"#;

/// The numbers of one agent or one swarm.
#[component]
pub fn ReportedMetrics(
    /// The numbers by type and step; `None` = none in the range.
    metrics: Option<AggregateAnswer>,
    /// A record that would be drawn here.
    example: String,
) -> impl IntoView {
    let Some(metrics) = metrics else {
        return view! { <Teach title="Reported metrics" what="No number was reported in this range." example=example /> }
            .into_any();
    };
    let (panels, all) = panels(&metrics);
    let note = if all > panels.len() as u64 { format!("{} of {all} metrics", panels.len()) } else { String::new() };
    let panels = panels.into_iter().map(|panel| view! { <ChartPanel panel=panel records=false /> }).collect_view();
    view! {
        <section aria-labelledby="metrics-title" class="section">
            <header class="section-header">
                <h2 id="metrics-title">"Reported metrics"</h2>
                <span class="muted">{note}</span>
            </header>
            <div class="grid three">{panels}</div>
        </section>
    }
    .into_any()
}

/// Tokens, memory, queues and agents at work, a chart each, a line a swarm.
#[component]
pub fn ResourceCharts(
    /// What was reported; empty = nothing in the range.
    resources: Vec<ResourceUse>,
) -> impl IntoView {
    if resources.is_empty() {
        let what = "No swarm reported tokens, memory, queue depth or active agents in this range.";
        return view! { <Teach title="Resource use" what=what example=RESOURCES.to_owned() /> }.into_any();
    }
    let panels = resource_panels(&resources);
    let panels = panels.into_iter().map(|panel| view! { <ChartPanel panel=panel records=false /> }).collect_view();
    view! {
        <section aria-labelledby="resources-title" class="section">
            <header class="section-header">
                <h2 id="resources-title">"Resource use"</h2>
                <span class="muted">"as swarms reported it"</span>
            </header>
            <div class="grid">{panels}</div>
        </section>
    }
    .into_any()
}

/// A record of an agent's health, as the performance module writes it.
#[must_use]
pub fn health_example(agent_id: &str) -> String {
    example(
        "agent_health",
        "agent_id",
        agent_id,
        r#""success_rate":0.95,"avg_response_time_ms":2000,"heartbeat_interval_ms":5000"#,
    )
}

/// A record of a swarm's resources.
#[must_use]
pub fn resource_example(swarm_id: &str) -> String {
    let metadata =
        r#""metadata":{"token_usage_percent":75,"memory_usage_percent":60,"queue_depth":25,"active_agents":8}"#;
    example("resource_metric", "swarm_id", swarm_id, metadata)
}

/// A record for a shell's single quotes: an id with one in it is not told there.
fn example(kind: &str, field: &str, id: &str, rest: &str) -> String {
    let id = if id.contains('\'') { "…" } else { id };
    let id = serde_json::Value::from(id);
    format!(r#"{{"type":"{kind}","{field}":{id},{rest}}}"#)
}

/// One line that says that there is nothing, and opens to what to send.
#[component]
fn Teach(title: &'static str, what: &'static str, example: String) -> impl IntoView {
    view! {
        <details class="card teach">
            <summary>
                <b>{title}</b>
                " "
                <span class="muted">{what} " How to send it"</span>
            </summary>
            <CommandBlock command=curl(&example) />
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taught_is_json_whatever_the_id_and_ends_no_shell_quote() {
        for id in ["coder-1", "a\"b\\", "it's"] {
            for text in [health_example(id), resource_example(id), RESOURCES.to_owned()] {
                let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                assert!(record["type"].is_string() && !text.contains('\''), "{text}");
            }
        }
    }
}
