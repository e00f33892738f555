//! Agents, tasks and swarms as links. Ids are shown as text, whatever they hold.

use leptos::prelude::*;

use crate::model::Micros;
use crate::web::format;
use crate::web::view_state::{ViewState, encode, path_of};

use super::view::use_view;

/// The page of an agent, keeping the range.
#[must_use]
pub fn agent_href(id: &str, state: &ViewState) -> String {
    page_of("agents", id, state)
}

/// The page of a swarm, keeping the range.
#[must_use]
pub fn swarm_href(id: &str, state: &ViewState) -> String {
    page_of("swarms", id, state)
}

/// The page of one task: its id and its end.
#[must_use]
pub fn task_href(id: &str, at: Micros) -> String {
    let (path, id) = path_of("tasks", id);
    let id = id.map(|id| format!("id={}&", encode(&id))).unwrap_or_default();
    format!("{path}?{id}at={}", encode(&at.to_rfc3339()))
}

/// The page of the newest task with this id.
#[must_use]
pub fn any_task_href(id: &str) -> String {
    let (path, id) = path_of("tasks", id);
    id.map_or(path.clone(), |id| format!("{path}?id={}", encode(&id)))
}

/// The page of a session's memory.
#[must_use]
pub fn session_href(id: &str, state: &ViewState) -> String {
    page_of("sessions", id, state)
}

fn page_of(section: &str, id: &str, state: &ViewState) -> String {
    let (path, id) = path_of(section, id);
    let same =
        ViewState { id, range: state.range.clone(), live: state.live, compare: state.compare, ..ViewState::default() };
    format!("{path}{}", same.query())
}

/// The router rewrites the address of ids that hold these when it opens a link itself, so that a reload
/// would ask for another id: the browser opens them (`rel="external"`).
#[must_use]
pub fn leads_astray(id: &str) -> bool {
    id.chars().any(|c| c == '%' || c == '\\' || c.is_control())
}

fn rel(id: &str) -> Option<&'static str> {
    leads_astray(id).then_some("external")
}

/// An id short enough for a table: up to 20 characters as they are, a UUID by its first block, any other by
/// both its ends.
#[must_use]
pub fn short_id(id: &str) -> String {
    let chars = id.chars().collect::<Vec<_>>();
    if chars.len() <= 20 {
        return id.to_owned();
    }
    let blocks = id.split('-').map(str::len).collect::<Vec<_>>();
    if blocks == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
        return id[..8].to_owned();
    }
    let head = chars[..10].iter().collect::<String>();
    let tail = chars[chars.len() - 8..].iter().collect::<String>();
    format!("{head}…{tail}")
}

/// An agent: type · short id · project, as a link.
#[component]
pub fn AgentName(
    /// The agent.
    id: String,
    /// Its kind.
    kind: Option<String>,
    /// Its project.
    project: Option<String>,
) -> impl IntoView {
    let view = use_view();
    let link = id.clone();
    let href = move || view.state.with(|state| agent_href(&link, state));
    let small = project.map(|project| view! { <small class="of">{format!("· {project}")}</small> });
    // An agent known by its type alone would read the same as its neighbours: the id stays beside it.
    let (first, second) = match kind.filter(|kind| *kind != id) {
        Some(kind) => (kind, Some(format!("· {}", short_id(&id)))),
        None => (short_id(&id), None),
    };
    view! {
        <a class="name" href=href rel=rel(&id) title=id.clone()>
            <b>{first}</b>
            {second.map(|second| view! { <span class="id">{second}</span> })}
            {small}
        </a>
    }
    .into_any()
}

/// A task, as a link.
#[component]
pub fn TaskName(
    /// The task.
    id: String,
    /// Its end.
    at: Micros,
) -> impl IntoView {
    view! {
        <a class="name" href=task_href(&id, at) rel=rel(&id) title=id.clone()>
            <b>{short_id(&id)}</b>
        </a>
    }
}

/// A swarm, as a link.
#[component]
pub fn SwarmName(
    /// The swarm.
    id: String,
) -> impl IntoView {
    let view = use_view();
    let link = id.clone();
    let href = move || view.state.with(|state| swarm_href(&link, state));
    view! {
        <a class="name" href=href rel=rel(&id) title=id.clone()>
            <b>{short_id(&id)}</b>
        </a>
    }
}

/// The sign of a result word.
#[must_use]
pub fn result_sign(word: &str) -> &'static str {
    match word {
        "success" => "●",
        "failure" | "failed" => "▲",
        "timeout" => "◆",
        "cancelled" => "○",
        _ => "□",
    }
}

/// A result word with its sign: never told by colour alone.
#[component]
pub fn ResultWord(
    /// The word; `None` = not recorded.
    result: Option<String>,
) -> impl IntoView {
    let Some(word) = result else {
        return view! { <span class="muted" title="no result was recorded">{format::NONE}</span> }.into_any();
    };
    let sign = result_sign(&word);
    let ink = crate::web::charts::timeline::result_ink(&word).token();
    view! {
        <span class="state" data-ink=ink>
            <span aria-hidden="true">{sign}</span>
            " "
            {word}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_any_id_and_only_the_range() {
        let state = ViewState::parse("?from=all&project=x&hide=latency.p99");
        assert_eq!(agent_href("a/b <c>", &state), "/agents/a%2Fb%20%3Cc%3E?from=all");
        assert_eq!(agent_href("..", &state), "/agents/-?id=..&from=all");
        assert_eq!(task_href(".", Micros(0)), "/tasks/-?id=.&at=1970-01-01T00%3A00%3A00Z");
        assert_eq!(task_href("t%", Micros(1_767_225_600_000_001)), "/tasks/t%25?at=2026-01-01T00%3A00%3A00.000001Z");
    }

    #[test]
    fn short_ids_stay_tellable() {
        assert_eq!(short_id("planner-1"), "planner-1");
        assert_eq!(short_id("0b4f2a9e-1111-4222-8333-444455556666"), "0b4f2a9e");
        assert_eq!(short_id("a-very-long-agent-name-000001"), "a-very-lon…e-000001");
        assert_eq!(short_id("ü".repeat(30).as_str()).chars().count(), 19);
    }
}
