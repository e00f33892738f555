//! The list of sessions, the last to remember something first.

use leptos::prelude::*;

use crate::model::session::{SessionRow, SessionsQuery};
use crate::web::calls::{SessionsAnswer, ask, load_sessions};
use crate::web::components::answer::answer;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::ids::session_href;
use crate::web::components::live::keep_live;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::pager::{Pager, count_words};
use crate::web::components::view::{provide_view, use_view};
use crate::web::format;
use crate::web::pages::import::ImportOffers;
use crate::web::view_state::{CURSOR, ViewState};

/// What a session could remember.
const FIRST_MEMORY: &str = r#"{"kind":"memory","session_id":"first","memory_type":"semantic","key":"style","value":{"tabs":false},"ttl_hours":24}"#;

/// The list of sessions.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| {
        view.state.with(|state| SessionsQuery {
            range: state.range.clone(),
            cursor: state.own(CURSOR).map(str::to_owned),
            ..SessionsQuery::default()
        })
    });
    let sessions = ask(move || question.get(), load_sessions);
    let pending = RwSignal::new(false);
    keep_live(sessions, view, pending);
    answer(sessions, pending, |sessions| view! { <SessionsBody sessions=sessions /> }.into_any())
}

/// The sessions, once they are there.
#[component]
pub fn SessionsBody(
    /// The answer.
    sessions: SessionsAnswer,
) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let SessionsAnswer { scope, list } = sessions;
    let rows = list.sessions.len() as u64;
    let total = crate::model::listing::Total::Exact(list.total);
    let heads = [
        ("Session", ""),
        ("Remembers", "number"),
        ("Expired", "number minor"),
        ("Types", "spare after-number"),
        ("First stored (UTC)", "number spare"),
        ("Last stored (UTC)", "number"),
    ];
    let heads = heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect();
    let body = match scope.bounds {
        None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        Some(bounds) if rows == 0 && state.own(CURSOR).is_none() => {
            view! { <NothingHere scope=scope.clone() bounds=bounds what="session memory" example=FIRST_MEMORY /> }
                .into_any()
        }
        Some(_) => {
            let table = list.sessions.into_iter().map(|session| row(session, &state, list.now)).collect();
            view! {
                <section class="card list-card" aria-label="Sessions">
                    <DataTable table=Table { class: "list sessions", heads, rows: table } />
                </section>
                <Pager rows=rows total=total next=list.next />
            }
            .into_any()
        }
    };
    view! {
        <PageHeader title="Sessions" scope=scope charts=false projects=false exports=false />
        <div class="list-bar">
            <p class="count" role="status">{count_words(&state, rows, total)}</p>
            <p class="muted small">"Sessions that stored something in this range; the figures are of all they hold."</p>
        </div>
        {body}
    }
    .into_any()
}

fn row(session: SessionRow, state: &ViewState, now: crate::model::Micros) -> Vec<Cell> {
    let types = session.types.iter().map(|(name, n)| format!("{name} {}", format::count(*n)));
    vec![
        Cell::whole_id(&session.session_id, &session_href(&session.session_id, state)),
        Cell::figure(Some(format::count(session.live))),
        Cell::figure(Some(format::count(session.expired))),
        Cell::text(&types.collect::<Vec<_>>().join(" · ")),
        Cell::time(Some(session.first), now),
        Cell::time(Some(session.last), now),
    ]
}
