//! The pages of a list: which rows of how many, the way on and the way back. All of it is in the URL.

use leptos::prelude::*;

use crate::model::listing::Total;
use crate::web::format;
use crate::web::view_state::{BACK, CURSOR, SEEN, ViewState};

use super::view::use_view;

/// How many pages one can go back, one by one; each adds its place to the URL.
const BACK_MAX: usize = 8;
/// Between two places of the way back; no cursor holds it.
const BETWEEN: char = '~';
/// What stands for the first page in the way back.
const FIRST: &str = "-";

/// The pages before and after.
#[component]
pub fn Pager(
    /// How many rows this page has.
    rows: u64,
    /// How many rows all pages have.
    total: Total,
    /// Where the next page starts; `None` on the last one.
    #[prop(optional_no_strip)]
    next: Option<String>,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let first = state.own(CURSOR).map(|_| view.href(&state.from_the_start()));
    let before = back(&state).map(|state| view.href(&state));
    let after = next.map(|next| view.href(&forward(&state, next, rows)));
    let link =
        |href: Option<String>, name: &'static str| href.map(|href| view! { <a class="button" href=href>{name}</a> });
    view! {
        <nav class="pager" aria-label="Pages of the list">
            {link(first, "First page")}
            {link(before, "← Previous")}
            {link(after, "Next →")}
            <span class="muted">{count_words(&state, rows, total)}</span>
        </nav>
    }
    .into_any()
}

fn seen(state: &ViewState) -> u64 {
    state.own(SEEN).and_then(|seen| seen.parse().ok()).unwrap_or(0)
}

/// Which rows of how many the page shows, such as `101–200 of 4,502`.
#[must_use]
pub fn count_words(state: &ViewState, rows: u64, total: Total) -> String {
    count(seen(state), rows, total)
}

fn count(seen: u64, rows: u64, total: Total) -> String {
    let grouped = |n: u64| format::count(n).exact;
    let total = match total {
        Total::Exact(0) => return "none".to_owned(),
        Total::Exact(n) => grouped(n),
        Total::MoreThan(n) => format!("more than {}", grouped(n)),
    };
    if rows == 0 {
        format!("none of {total}")
    } else {
        format!("{}–{} of {total}", grouped(seen + 1), grouped(seen + rows))
    }
}

/// The state of the page after this one, which shows `rows` rows.
fn forward(state: &ViewState, next: String, rows: u64) -> ViewState {
    let here = state.own(CURSOR).unwrap_or(FIRST);
    let way = format!("{}{BETWEEN}{here}~{}", state.own(BACK).unwrap_or_default(), seen(state));
    let places = way.split(BETWEEN).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let kept = places[places.len().saturating_sub(2 * BACK_MAX)..].join("~");
    let state = state.with_own(CURSOR, Some(next)).with_own(SEEN, Some((seen(state) + rows).to_string()));
    state.with_own(BACK, Some(kept))
}

/// The state of the page before this one; `None` where the way back is not known.
fn back(state: &ViewState) -> Option<ViewState> {
    let places = state.own(BACK)?.split(BETWEEN).collect::<Vec<_>>();
    let [rest @ .., cursor, seen] = &places[..] else { return None };
    let (cursor, seen) = (Some(*cursor).filter(|cursor| *cursor != FIRST), Some(*seen).filter(|seen| *seen != "0"));
    let rest = Some(rest.join("~")).filter(|rest| !rest.is_empty());
    let state = state.with_own(CURSOR, cursor.map(str::to_owned)).with_own(SEEN, seen.map(str::to_owned));
    Some(state.with_own(BACK, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_says_which_rows_of_how_many() {
        assert_eq!(count(0, 100, Total::Exact(4502)), "1–100 of 4,502");
        assert_eq!(count(4500, 2, Total::Exact(4502)), "4,501–4,502 of 4,502");
        assert_eq!(count(100, 100, Total::MoreThan(10_000)), "101–200 of more than 10,000");
        assert_eq!(count(0, 0, Total::Exact(0)), "none");
    }

    #[test]
    fn the_way_back_leads_through_the_pages_one_came_through() {
        let start = ViewState::parse("?sort=tokens_used&from=all");
        let second = forward(&start, "c2".into(), 100);
        let third = forward(&second, "c3".into(), 100);
        assert_eq!((third.own(CURSOR), seen(&third)), (Some("c3"), 200));
        assert_eq!(back(&third), Some(second.clone()));
        assert_eq!(back(&second), Some(start.clone()));
        assert_eq!(back(&start), None);
    }

    #[test]
    fn the_way_back_ends_after_so_many_pages_and_the_url_stays_short() {
        let mut state = ViewState::default();
        for n in 0..50 {
            state = forward(&state, format!("c{n}"), 100);
        }
        let mut steps = 0;
        while let Some(before) = back(&state) {
            state = before;
            steps += 1;
        }
        assert_eq!((steps, seen(&state)), (BACK_MAX, 4200));
    }
}
