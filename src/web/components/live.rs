//! Pages that follow what is stored: one stream a page tells how many records are new, and the page reads its one
//! answer again, at most once a second, while the range moves with the clock and nobody is in the middle of something.
//!
//! - A hidden tab closes its stream; one that is seen again asks for what it missed.
//! - A pointer on a table or a chart, a selected text, an open menu, a list that is scrolled: then nothing moves, and
//!   the header offers "12 new" instead. So it does when the page is paused.
//! - A stream that breaks, or that the server has no room for, is opened again, later and later, from where it was;
//!   until then the page reads now and then, as if nothing were heard.

use std::time::Duration;

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::time::{DAY, HOUR};
use crate::model::{Dataset, HighWater, Micros, RangeSpec, RecordFilter};
use crate::web::calls::Answer;
use crate::web::platform::{self, Heard};
use crate::web::view_state::{ViewState, encode};

use super::chart_cursor::Cursor;
use super::view::{View, use_view};

/// How often the page looks whether it should read again.
const TICK: Duration = Duration::from_millis(250);
/// The least time between two readings.
const READINGS_APART_MS: f64 = 1000.0;
/// A reading that took long is not repeated before so many times as long.
const PATIENCE: f64 = 4.0;
/// Seconds until a broken stream is opened again, the first time and later.
const BACK_OFF_S: [u64; 5] = [1, 2, 4, 8, 15];
/// What a person is in the middle of: rows under the pointer, a menu with a form.
const BUSY: &str = "main tr:hover, main .list-card :focus, main .menu[open]";
/// A list whose rows would move away under a person who reads on below.
const LIST: &str = ".list-card";

/// How long to wait between readings of a range in which nothing is new: the longer the range, the less changes.
#[must_use]
pub fn interval(range: &RangeSpec) -> Duration {
    let epoch = Micros(0);
    let length = match Micros::parse_expression(&range.from, epoch) {
        Ok(from) if range.from.starts_with("now") => epoch.0.saturating_sub(from.0),
        _ => i64::MAX,
    };
    Duration::from_secs(match length {
        length if length <= HOUR => 5,
        length if length <= DAY => 15,
        _ => 60,
    })
}

/// What a page knows about its stream; all of it changes in the browser only.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    link: RwSignal<Link>,
    /// New records that are not on the page, and whether there may be more than that.
    fresh: RwSignal<u64>,
    behind: RwSignal<bool>,
    /// Whether the page is being read by itself.
    quiet: RwSignal<bool>,
    /// Whether it has to wait for a person.
    held: RwSignal<bool>,
    /// Every record up to here is on the page.
    shown: RwSignal<HighWater>,
    /// Every record up to here was heard of.
    heard: RwSignal<HighWater>,
    /// The browser's clock when the page was read and when that began, and now.
    read_ms: RwSignal<f64>,
    began_ms: RwSignal<f64>,
    now_ms: RwSignal<f64>,
    /// How long the last reading took.
    took_ms: RwSignal<f64>,
    /// The browser's clock when the stream broke.
    lost_ms: RwSignal<f64>,
    /// A person wants to see what is new.
    wanted: RwSignal<bool>,
}

/// The stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Not opened yet, or not wanted.
    None,
    Open,
    /// Broken; it is opened again after some time.
    Lost,
}

impl Live {
    fn new() -> Self {
        Self {
            link: RwSignal::new(Link::None),
            fresh: RwSignal::new(0),
            behind: RwSignal::new(false),
            quiet: RwSignal::new(false),
            held: RwSignal::new(false),
            shown: RwSignal::new(HighWater::default()),
            heard: RwSignal::new(HighWater::default()),
            read_ms: RwSignal::new(0.0),
            began_ms: RwSignal::new(0.0),
            now_ms: RwSignal::new(0.0),
            took_ms: RwSignal::new(0.0),
            lost_ms: RwSignal::new(0.0),
            wanted: RwSignal::new(false),
        }
    }

    /// Whether the page is being read by itself, which is no reason to dim it.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet.get()
    }

    /// Reading failed. Whether it was the page's own idea, so that it keeps what it shows and tries again.
    #[must_use]
    pub fn failed(&self) -> bool {
        let quiet = self.quiet.get_untracked();
        if quiet {
            self.quiet.set(false);
            self.behind.set(true);
        }
        quiet
    }

    /// An answer is on the page.
    fn arrived(&self, place: HighWater) {
        let now = platform::clock_ms();
        if self.quiet.get_untracked() {
            self.took_ms.set(now - self.began_ms.get_untracked());
        }
        self.quiet.set(false);
        self.wanted.set(false);
        self.fresh.set(0);
        // What came between the reading and now is news still.
        self.behind.set(self.heard.with_untracked(|heard| heard.is_beyond(&place)));
        self.shown.set(place);
        self.heard.update(|heard| *heard = heard.joined(&place));
        self.read_ms.set(now);
        self.now_ms.set(now);
    }

    fn hears(&self, heard: Heard) {
        match heard {
            Heard::Open => self.link.set(Link::Open),
            Heard::News { records, place } => {
                self.heard.update(|heard| *heard = heard.joined(&place));
                // 0: records that are known were changed. Else it may have been read already.
                if records == 0 || self.shown.with_untracked(|shown| place.is_beyond(shown)) {
                    self.fresh.update(|fresh| *fresh += records);
                    self.behind.set(true);
                }
            }
            Heard::Reset { place } => {
                self.heard.set(place);
                self.behind.set(true);
            }
            Heard::Lost => {
                if self.link.get_untracked() != Link::Lost {
                    self.lost_ms.set(self.now_ms.get_untracked());
                }
                self.link.set(Link::Lost);
            }
        }
    }

    /// Whether it is time to read again. `every` is how often to do it when nothing is new.
    fn is_due(&self, every: Duration) -> bool {
        let since = self.now_ms.get_untracked() - self.began_ms.get_untracked().max(self.read_ms.get_untracked());
        let wait = READINGS_APART_MS.max(PATIENCE * self.took_ms.get_untracked());
        #[expect(clippy::cast_precision_loss, reason = "some thousand milliseconds")]
        let long = since >= every.as_millis() as f64;
        let hears = self.link.get_untracked() != Link::Lost;
        (hears && self.behind.get_untracked() && since >= wait) || long
    }
}

/// What the page is about, as the query of its stream; by its path, as that decides what it shows.
fn followed(path: &str, id: &str, state: &ViewState) -> String {
    let mut segments = path.trim_matches('/').split('/');
    let (section, one) = (segments.next().unwrap_or_default(), segments.next().is_some());
    let filters = state.filters();
    let only = |keys: &[&str]| filters.iter().filter(|(key, _)| keys.contains(key)).cloned().collect::<Vec<_>>();
    let (kinds, mut pairs) = match (section, one) {
        ("tasks", false) => ("task", only(RecordFilter::fields(Dataset::Tasks))),
        ("events", false) => ("event", only(RecordFilter::fields(Dataset::Events))),
        // What changes an agent or a swarm need not say what it is filtered by.
        ("agents", false) => ("task,event,agent", only(&["agent_id", "project"])),
        ("swarms", false) => ("task,event", only(&["swarm_id", "project"])),
        ("agents", true) => ("", vec![("agent_id", id.to_owned())]),
        ("swarms", true) => ("", vec![("swarm_id", id.to_owned())]),
        // Attempts are found in events and tasks, too; those of the strategy a page is about in any of them.
        ("healing", _) => ("healing,event,task", only(&["agent_id", "project"])),
        ("sessions", true) => ("memory", vec![("session_id", id.to_owned())]),
        ("sessions", false) => ("memory", only(&["project"])),
        _ => ("", only(RecordFilter::fields(Dataset::Tasks))),
    };
    pairs.extend((!kinds.is_empty()).then(|| ("kinds", kinds.to_owned())));
    pairs.into_iter().map(|(key, value)| format!("&{key}={}", encode(&value))).collect()
}

/// Follows what the page is about, and refetches `resource` when something is new, unless `pending` is true.
pub fn keep_live<T>(resource: Answer<T>, view: View, pending: RwSignal<bool>)
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let live = Live::new();
    provide_context(live);
    let seen = RwSignal::new(true);
    Effect::new(move || {
        let look = move || seen.set(!document().hidden());
        look();
        let handle = window_event_listener_untyped("visibilitychange", move |_| look());
        on_cleanup(move || handle.remove());
    });
    let moves = Memo::new(move |_| view.state.with(ViewState::moves));
    let about = Memo::new(move |_| view.state.with(|state| view.path.with(|path| followed(path, &view.id(), state))));
    let wanted =
        Memo::new(move |_| (seen.get() && moves.get() && live.read_ms.with(|read| *read > 0.0)).then(|| about.get()));
    listen(live, wanted);
    let paused = Memo::new(move |_| view.state.with(|state| !state.live));
    let every = Memo::new(move |_| view.state.with(|state| interval(&state.range)));
    let cursor = use_context::<Cursor>();
    Effect::new(move || {
        if wanted.with(Option::is_none) {
            return;
        }
        let tick = move || {
            live.now_ms.set(platform::clock_ms());
            let looking = cursor.is_some_and(|cursor| cursor.at.get_untracked().is_some());
            let held = paused.get_untracked() || looking || is_busy();
            live.held.maybe_update(|was| std::mem::replace(was, held) != held);
            let asked = live.wanted.get_untracked();
            let free = asked || (!held && live.is_due(every.get_untracked()));
            if free && !pending.get_untracked() && !live.quiet.get_untracked() {
                live.wanted.set(false);
                live.began_ms.set(live.now_ms.get_untracked());
                live.quiet.set(true);
                resource.refetch();
            }
        };
        if let Ok(handle) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || handle.clear());
        }
    });
}

/// Keeps a stream open while one is `wanted`.
fn listen(live: Live, wanted: Memo<Option<String>>) {
    let attempt = RwSignal::new(0_u32);
    let failures = StoredValue::new(0_usize);
    Effect::new(move || {
        attempt.track();
        let Some(about) = wanted.get() else { return live.link.set(Link::None) };
        let since = live.heard.get_untracked().joined(&live.shown.get_untracked());
        let hear = move |heard| {
            live.hears(heard);
            match heard {
                Heard::Lost => {
                    let failed = failures.get_value();
                    failures.set_value(failed + 1);
                    let wait = Duration::from_secs(BACK_OFF_S[failed.min(BACK_OFF_S.len() - 1)]);
                    // The page may be gone by then.
                    let again = move || {
                        let _ = attempt.try_update(|n| *n += 1);
                    };
                    set_timeout(again, wait);
                }
                _ => failures.set_value(0),
            }
        };
        let stream = platform::follow(&format!("/api/v1/stream?form=counts&since={since}{about}"), hear);
        let stream = StoredValue::new_local(stream);
        // Dropped here, it is closed.
        on_cleanup(move || {
            let _closed = stream.try_update_value(Option::take);
        });
    });
}

/// Whether a person is in the middle of something that new figures would disturb.
fn is_busy() -> bool {
    let busy = document().query_selector(BUSY).is_ok_and(|found| found.is_some());
    busy || platform::is_above(LIST) || platform::is_selecting()
}

/// Says whether the page is live, and changes it; offers what is new while the page does not take it by itself.
#[component]
pub fn LiveToggle(
    /// When the figures were read.
    now: Micros,
    /// Every record up to here is in them.
    place: HighWater,
) -> impl IntoView {
    let view = use_view();
    let live = use_context::<Live>();
    Effect::new(move || {
        if let Some(live) = live {
            live.arrived(place);
        }
    });
    let on = Memo::new(move |_| view.state.with(|state| state.live && state.moves()));
    let moves = Memo::new(move |_| view.state.with(ViewState::moves));
    let href = move || {
        view.state.with(|state| {
            let mut other = state.clone();
            other.live = !state.live;
            view.href(&other)
        })
    };
    let lost = Memo::new(move |_| live.is_some_and(|live| live.link.get() == Link::Lost));
    let state = move || match (lost.get(), on.get()) {
        (true, _) => "lost",
        (false, true) => "on",
        (false, false) => "off",
    };
    let word = move || match state() {
        // The server answers, but has no room for one more stream.
        "lost" if live.is_some_and(|live| live.read_ms.get() > live.lost_ms.get()) => "Polling",
        "lost" => "Reconnecting…",
        "on" => "Live",
        _ => "Paused",
    };
    let title = format!("read at {}; click to pause or to go on", crate::web::format::instant(now));
    let read = format!("read {}", crate::web::format::clock(now));
    let age = Memo::new(move |_| live.map_or(0.0, |live| live.now_ms.get() - live.read_ms.get()));
    // The server's words stand until the browser's clock has moved.
    let said = Memo::new(move |_| if age.get() >= 1000.0 { updated(age.get()) } else { read.clone() });
    let fresh =
        Memo::new(move |_| live.filter(|live| live.held.get() && live.behind.get()).map(|live| live.fresh.get()));
    let show = move |_| {
        if let Some(live) = live {
            live.wanted.set(true);
        }
    };
    view! {
        <Show
            when=move || moves.get()
            fallback=|| view! { <span class="live" data-state="fixed">"Fixed range"</span> }
        >
            <span class="fresh" role="status">
                {move || fresh.get().map(|count| view! {
                    <button type="button" class="button primary" on:click=show>{offer(count)}</button>
                })}
            </span>
            <a class="button live" href=href data-noscroll="" data-state=state title=title.clone()>
                <span class="dot" aria-hidden="true"></span>
                {word}
                <small class="muted">{said}</small>
            </a>
        </Show>
    }
}

/// `updated 4 s ago`.
fn updated(age_ms: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a page's life")]
    let seconds = (age_ms / 1000.0) as i64;
    if seconds < 60 { format!("updated {seconds} s ago") } else { format!("updated {} min ago", seconds / 60) }
}

/// What the button says; 0 when it is not known how many.
fn offer(count: u64) -> String {
    match count {
        0 => "Show what is new".to_owned(),
        count => format!("{} new", crate::web::format::count(count).exact),
    }
}

#[cfg(test)]
mod tests;
