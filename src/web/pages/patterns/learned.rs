//! From what patterns were learned, and how far learning is.

use leptos::prelude::*;

use crate::model::pattern::{LearnProgress, LearnStep, Learning};
use crate::model::{Micros, TimeRange};
use crate::web::format::{self, NBSP};

use super::words;

/// How long to wait before asking again how far learning is.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// What was learned from, and the progress of what is being learned. Asks `again` while there is any.
#[component]
pub(super) fn Learned(
    /// What was learned last.
    #[prop(optional_no_strip)]
    learning: Option<Learning>,
    /// How far learning is.
    #[prop(optional_no_strip)]
    progress: Option<LearnProgress>,
    /// The server's clock.
    now: Micros,
    /// Asks the server again.
    again: Callback<()>,
) -> impl IntoView {
    Effect::new(move || {
        if progress.is_some() {
            let timer = set_timeout_with_handle(move || again.run(()), AGAIN);
            on_cleanup(move || {
                if let Ok(timer) = timer {
                    timer.clear();
                }
            });
        }
    });
    let busy = progress.map(|progress| {
        view! {
            <p class="learned" role="status">
                <b>"Learning"</b>
                <span>{progress_words(&progress, now)}</span>
                <progress aria-label="Learning"></progress>
            </p>
        }
    });
    let known = learning.map(|learning| {
        let settings = settings_words(&learning);
        view! { <p class="learned muted small"><span>{learned_words(&learning, now)}</span> <span>{settings}</span></p> }
    });
    view! { {busy} {known} }.into_any()
}

/// How far learning is.
fn progress_words(progress: &LearnProgress, now: Micros) -> String {
    #[expect(clippy::cast_precision_loss, reason = "rounded anyway")]
    let waited = (now.0 - progress.started.0).max(0) as f64 / 1000.0;
    let since = format!("for {}", words::time(waited));
    match progress.step {
        LearnStep::Waiting => format!("waiting {since}: another range is learned first"),
        LearnStep::Reading => format!("{} events read, {since}", format::count(progress.events)),
        LearnStep::Learning => format!("looking for patterns in {} events, {since}", format::count(progress.events)),
    }
}

/// From what was learned: `Learned 3 min ago from 9,812 events of 12 Nov 2026, 00:00 – …`.
pub(super) fn learned_words(learning: &Learning, now: Micros) -> String {
    let mut words = format!(
        "Learned {} from {} events",
        format::ago(learning.learned_at, now),
        format::count(learning.events).exact
    );
    if learning.derived > 0 {
        words
            .push_str(&format!(" ({} of them computed from tasks and metrics)", format::count(learning.derived).exact));
    }
    if let Some((from, last)) = learning.from.zip(learning.until) {
        let range = TimeRange { from, until: Micros(last.0.saturating_add(1)) };
        words.push_str(&format!(", {}", format::range(range)));
    }
    if learning.limited {
        let most = format::count(u64::from(learning.settings.max_history_size)).exact;
        words.push_str(&format!(" · only the newest {most} are looked at (max_history_size)"));
    }
    words
}

/// The settings that decide what counts.
fn settings_words(learning: &Learning) -> String {
    let settings = &learning.settings;
    format!(
        "A pattern was seen at least {} times, with a confidence of {} or more; of those of a kind at most {} are \
         chance; hours are{NBSP}{}.",
        settings.min_occurrences,
        words::share(settings.confidence_threshold),
        words::share(settings.false_discovery_rate),
        settings.tz
    )
}
