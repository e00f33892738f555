//! One thing that is remembered.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::session::MemoryEntry;
use crate::web::components::view::use_view;
use crate::web::format;

/// Characters and lines of a value up to which it is shown at once.
const SHOWN_CHARS: usize = 1_200;
const SHOWN_LINES: usize = 14;
/// Characters up to which the whole of a value stands in the page; beyond, it is in the download.
const PAGE_CHARS: usize = 40_000;

/// An entry: type and key, when it was stored, until when it holds, its value.
#[component]
pub(super) fn Entry(
    /// The entry.
    entry: MemoryEntry,
    /// The server's clock.
    now: Micros,
    /// Whether every version is listed.
    history: bool,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked().from_the_start();
    let of_type = view.href(&state.with_filter("memory_type", Some(entry.memory_type.clone())));
    let versions = view.href(
        &state
            .with_filter("memory_type", Some(entry.memory_type.clone()))
            .with_filter("key", Some(entry.key.clone()))
            .with_own("history", Some("on".to_owned())),
    );
    let expiry = match entry.expires_at {
        Some(at) => {
            let words = format::expiry(at, now);
            let ink = if entry.expired { "cancelled" } else { "" };
            view! { <time class="state" data-ink=ink datetime=at.to_rfc3339() title=format::instant(at)>{words}</time> }
                .into_any()
        }
        None => view! { <span class="muted">"never expires"</span> }.into_any(),
    };
    let several = (!history && entry.versions > 1).then(|| {
        view! { <a href=versions data-noscroll="">{format!("{} versions", format::count(entry.versions))}</a> }
    });
    let stored = format::instant(entry.timestamp);
    view! {
        <article class="card entry" data-expired=entry.expired.to_string()>
            <header>
                <a class="type" href=of_type data-noscroll="">{entry.memory_type}</a>
                <h2 class="mono">{entry.key}</h2>
                {several}
                <span class="grow"></span>
                <span class="muted">{format!("stored {}", format::ago(entry.timestamp, now))} <span class="sr-only">{format!(", {stored}")}</span></span>
                {expiry}
            </header>
            {value(&entry.value.0)}
            {entry.project.map(|project| view! { <p class="muted small">{format!("project {project}")}</p> })}
        </article>
    }
    .into_any()
}

/// The value, laid out; a long one is cut, and says how long it is.
fn value(json: &str) -> AnyView {
    let text = format::pretty(json);
    let Some(cut) = cut(&text) else {
        return view! { <pre class="value" tabindex="0">{text}</pre> }.into_any();
    };
    let cut = format!("{cut}\n…");
    let size = format::bytes(json.len() as u64);
    if text.len() > PAGE_CHARS {
        return view! {
            <pre class="value" tabindex="0">{cut}</pre>
            <p class="muted small">{format!("{size} in all; the download has the whole value.")}</p>
        }
        .into_any();
    }
    view! {
        <details class="long">
            <summary>
                <span class="closed-only">{format!("Show all, {size}")}</span>
                <span class="open-only">"Show less"</span>
            </summary>
            <pre class="value" tabindex="0">{text}</pre>
        </details>
        <pre class="value cut" tabindex="0">{cut}</pre>
    }
    .into_any()
}

/// The start of a text that is too long to show at once; `None` when it is not.
fn cut(text: &str) -> Option<&str> {
    let by_lines = text.match_indices('\n').nth(SHOWN_LINES - 1).map(|(at, _)| at);
    let by_chars = text.char_indices().nth(SHOWN_CHARS).map(|(at, _)| at);
    let end = match (by_lines, by_chars) {
        (Some(lines), Some(chars)) => lines.min(chars),
        (lines, chars) => lines.or(chars)?,
    };
    text.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_by_lines_or_by_characters_and_short_ones_are_not() {
        assert_eq!(cut(&"x".repeat(SHOWN_CHARS)), None);
        assert_eq!(cut(&"é".repeat(SHOWN_CHARS + 1)).map(|cut| cut.chars().count()), Some(SHOWN_CHARS));
        let lines = "a\n".repeat(SHOWN_LINES + 3);
        assert_eq!(cut(&lines).map(|cut| cut.lines().count()), Some(SHOWN_LINES));
        assert_eq!(cut("a\nb"), None);
    }
}
