//! What deserves a look: a state in words and sign, a sentence that leads to more, what it stands on, and when.

use leptos::prelude::*;

use crate::model::Micros;
use crate::web::charts::Ink;
use crate::web::format;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// Colour of its state.
    pub ink: Ink,
    /// Sign of its state, so that colour is not all that tells it.
    pub sign: &'static str,
    /// Its state in a word.
    pub word: &'static str,
    /// What is the case.
    pub sentence: String,
    /// Where more of it is.
    pub href: Option<String>,
    /// What it stands on.
    pub evidence: String,
    /// When, if that means anything.
    pub at: Option<Micros>,
}

/// A card of them.
#[component]
pub fn AttentionCard(
    /// Its name on the page.
    id: &'static str,
    /// What is listed.
    title: &'static str,
    /// How many, of how many, in which order.
    #[prop(into)]
    note: String,
    /// The entries.
    entries: Vec<Attention>,
    /// The server's clock, for the year of the times.
    now: Micros,
    /// What to say when there are none.
    #[prop(into)]
    nothing: String,
    /// How many stand there; the others unfold.
    #[prop(default = usize::MAX)]
    shown: usize,
    /// Where all of them are, and what that link says.
    #[prop(optional_no_strip)]
    all: Option<(String, String)>,
) -> impl IntoView {
    let empty = entries.is_empty();
    let mut first = entries;
    let rest = first.split_off(shown.min(first.len()));
    let more = (!rest.is_empty()).then(|| {
        let summary = format!("{} more", rest.len());
        let rest = rest.into_iter().map(|entry| item(entry, now)).collect_view();
        view! {
            <details class="chart-table">
                <summary>{summary}</summary>
                <ul class="attention">{rest}</ul>
            </details>
        }
    });
    let entries = first.into_iter().map(|entry| item(entry, now)).collect_view();
    view! {
        <section class="card" aria-labelledby=format!("{id}-title") data-panel=id>
            <header class="card-header">
                <h2 id=format!("{id}-title")>{title}</h2>
                <span class="muted">{note}</span>
                {all.map(|(href, words)| view! { <a class="all" href=href>{words}</a> })}
            </header>
            {if empty {
                view! { <p class="nothing">{nothing}</p> }.into_any()
            } else {
                view! { <ul class="attention">{entries}</ul> {more} }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn item(entry: Attention, now: Micros) -> impl IntoView {
    let sentence = match entry.href {
        Some(href) => view! { <a href=href>{entry.sentence}</a> }.into_any(),
        None => view! { {entry.sentence} }.into_any(),
    };
    let time = entry.at.map(|at| {
        let exact = at.to_rfc3339();
        view! { <time class="muted" datetime=exact.clone() title=exact>{format::moment(at, now)}</time> }
    });
    view! {
        <li>
            <span class="state" data-ink=entry.ink.token()>
                <span aria-hidden="true">{entry.sign}</span>
                " "
                {entry.word}
            </span>
            <span class="what">
                {sentence}
                <small class="muted">{entry.evidence}</small>
            </span>
            {time}
        </li>
    }
    .into_any()
}
