//! What one session remembers: by type and key, with history and expiry. What expired is hidden unless asked for.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::session::{MemoryQuery, SessionMemory, SessionRow};
use crate::model::{Dataset, Format, Problem, RangeSpec};
use crate::web::calls::{ask, load_session_memory};
use crate::web::components::answer::answer;
use crate::web::components::export_menu::{ExportScope, format_name};
use crate::web::components::ids::short_id;
use crate::web::components::menu::Menu;
use crate::web::components::notices::ProblemNotice;
use crate::web::components::view::{provide_view, use_view};
use crate::web::format;
use crate::web::view_state::{CURSOR, ViewState};

use super::entry::Entry;

/// Entries of a page: each may be as large as a record.
const ENTRIES: u32 = 50;
/// What the URL says for a switch that is on.
const ON: &str = "on";

/// The page of one session.
#[component]
pub fn SessionPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| (view.id(), view.state.with(question)));
    let memory = ask(move || question.get(), |(id, query)| load_session_memory(id, query));
    answer(memory, RwSignal::new(false), move |memory| {
        let session_id = view.id();
        view! { <SessionBody session_id=session_id memory=memory /> }.into_any()
    })
}

/// What the URL asks for.
fn question(state: &ViewState) -> MemoryQuery {
    MemoryQuery {
        memory_type: state.filter.memory_type.clone(),
        key: state.filter.key.clone(),
        history: state.own("history") == Some(ON),
        include_expired: state.own("expired") == Some(ON),
        cursor: state.own(CURSOR).map(str::to_owned),
        limit: ENTRIES,
    }
}

/// The memory, once it is there.
#[component]
pub fn SessionBody(
    /// The session.
    session_id: String,
    /// The answer.
    memory: SessionMemory,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let SessionMemory { now, session, entries, next } = memory;
    let Some(session) = session else {
        let problem = Problem::not_found(format!("nothing is remembered of a session `{session_id}`"));
        return view! { <ProblemNotice problem=problem retry=|| () /> }.into_any();
    };
    let asked = question(&state);
    let shown = entries.len();
    let nothing = entries.is_empty().then(|| view! { <Nothing session=session.clone() /> });
    let entries = entries.into_iter().map(|entry| view! { <Entry entry=entry now=now history=asked.history /> });
    let entries = entries.collect_view();
    let first = state.own(CURSOR).map(|_| view.href(&state.from_the_start()));
    let after = next.map(|next| view.href(&state.with_own(CURSOR, Some(next))));
    let paged = first.is_some() || after.is_some();
    let link =
        |href: Option<String>, name: &'static str| href.map(|href| view! { <a class="button" href=href>{name}</a> });
    let note = match (asked.history, shown) {
        (true, n) => format!("{n} versions, the newest first"),
        (false, n) => format!("{n} entries, by type and key"),
    };
    view! {
        <Title text=format!("Session {}", short_id(&session_id)) />
        <header class="page-header">
            <div class="page-title">
                <span class="kind">"Session"</span>
                <h1 title=session_id.clone()>{short_id(&session_id)}</h1>
                <span class="muted">{format!("last stored {}", format::ago(session.last, now))}</span>
            </div>
            <div class="page-actions">
                <MemoryExports session_id=session_id.clone() />
            </div>
        </header>
        <SessionFacts session=session.clone() />
        <Bar session=session />
        <section class="entries" aria-label="Entries">
            <p class="muted small" role="status">{note}</p>
            {nothing}
            {entries}
        </section>
        {paged.then(|| view! {
            <nav class="pager" aria-label="Pages of entries">
                {link(first, "First page")}
                {link(after, "Next →")}
            </nav>
        })}
    }
    .into_any()
}

/// What the session is as a whole.
#[component]
fn SessionFacts(session: SessionRow) -> impl IntoView {
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <dl class="facts">
            <div>
                <dt>"Session"</dt>
                <dd class="selectable mono">{session.session_id.clone()}</dd>
            </div>
            {fact("First stored", format::instant(session.first))}
            {fact("Last stored", format::instant(session.last))}
            {fact("Remembers", format!("{} entries", format::count(session.live)))}
            {fact("Expired, not deleted yet", format::count(session.expired).to_string())}
        </dl>
    }
    .into_any()
}

/// Types to choose from, a key to look for, and the two switches: links and a form, all of it in the URL.
#[component]
fn Bar(session: SessionRow) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let start = state.from_the_start();
    let tab = |label: String, wanted: Option<String>| {
        let current = (state.filter.memory_type == wanted).then_some("true");
        let href = view.href(&start.with_filter("memory_type", wanted));
        view! { <a href=href data-noscroll="" aria-current=current>{label}</a> }
    };
    let mut types = vec![tab(format!("All {}", format::count(session.live)), None)];
    types
        .extend(session.types.iter().map(|(name, n)| tab(format!("{name} {}", format::count(*n)), Some(name.clone()))));
    // A type of which everything expired has no count, and is chosen all the same.
    if let Some(chosen) = state.filter.memory_type.clone().filter(|chosen| !session.types.contains_key(chosen)) {
        types.push(tab(format!("{chosen} 0"), Some(chosen)));
    }
    let switch = |name: &'static str, label: String| {
        let on = state.own(name) == Some(ON);
        let href = view.href(&start.with_own(name, (!on).then(|| ON.to_owned())));
        view! {
            <a class="button toggle" href=href data-noscroll="" data-state=if on { "on" } else { "off" } aria-pressed=on.to_string() role="button">
                {label}
            </a>
        }
    };
    let expired = switch("expired", format!("Show expired ({})", format::count(session.expired)));
    let history = switch("history", "Every version".to_owned());
    let rest = start.fields().into_iter().filter(|(key, _)| *key != "key");
    let rest = rest.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view();
    let key = state.filter.key.clone();
    let all_keys = key.is_some().then(|| {
        let href = view.href(&start.with_filter("key", None));
        view! { <a class="button" href=href data-noscroll="">"All keys"</a> }
    });
    view! {
        <div class="list-bar">
            <nav class="tabs" aria-label="Types of memory">{types}</nav>
            <form class="by-id" method="get" action=view.path.get_untracked()>
                {rest}
                <input name="key" value=key placeholder="Key" aria-label="Key" autocomplete="off" spellcheck="false" />
                <button type="submit" class="button">"Find"</button>
            </form>
            {all_keys}
            {history}
            {expired}
        </div>
    }
    .into_any()
}

/// Why there is no entry.
#[component]
fn Nothing(session: SessionRow) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let start = state.from_the_start();
    let filtered = state.filter.memory_type.is_some() || state.filter.key.is_some();
    let hidden = session.expired > 0 && state.own("expired") != Some(ON);
    let clear = filtered.then(|| {
        let href = view.href(&start.with_filter("memory_type", None).with_filter("key", None));
        view! { <a class="button primary" href=href>"Clear the filters"</a> }
    });
    let show = hidden.then(|| {
        let href = view.href(&start.with_own("expired", Some(ON.to_owned())));
        view! { <a class="button" href=href>"Show what expired"</a> }
    });
    view! {
        <section class="notice" data-kind="nothing">
            <h2>{if filtered { "No entry matches" } else { "Everything here has expired" }}</h2>
            <p>{format!("The session remembers {} entries; {} more have expired.", format::count(session.live), format::count(session.expired))}</p>
            <p class="actions">{clear} {show}</p>
        </section>
    }
    .into_any()
}

/// Downloads of all the session stored, expired entries included.
#[component]
fn MemoryExports(session_id: String) -> impl IntoView {
    let scope = ExportScope(vec![("session_id", session_id)]);
    let state = use_view().state.get_untracked();
    let all = RangeSpec { from: RangeSpec::ALL.to_owned(), to: String::new() };
    let state = ViewState { range: all, filter: state.filter, ..ViewState::default() };
    let links = [Format::Csv, Format::Json, Format::Ndjson].map(|format| {
        let href = scope.href(Dataset::Memory, format, &state);
        view! { <a href=href download="" class="menu-item">{format!("Memory as {}", format_name(format))}</a> }
    });
    view! {
        <Menu label="Export" class="primary">
            <p class="menu-title">"Every version that is stored, expired ones too, with these filters"</p>
            {links.collect_view()}
        </Menu>
    }
    .into_any()
}
