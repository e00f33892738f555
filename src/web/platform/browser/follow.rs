//! Following the server's stream of news.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventSource, MessageEvent};

use crate::model::HighWater;
use crate::web::platform::Heard;

/// An open stream; closed when dropped.
#[derive(Debug)]
pub struct Stream {
    source: EventSource,
    open: Rc<Cell<bool>>,
    // Kept for as long as the browser may call it.
    _hear: Closure<dyn FnMut(Event)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.open.set(false);
        self.source.close();
    }
}

/// Opens the stream at `url` and says what it brings. After [`Heard::Lost`] it brings nothing more: the browser's own
/// way of coming back differs from browser to browser, so who follows opens another one. `None` where there are no streams.
pub fn follow(url: &str, heard: impl Fn(Heard) + 'static) -> Option<Stream> {
    let source = EventSource::new(url).ok()?;
    let open = Rc::new(Cell::new(true));
    let hear = {
        let (source, open) = (source.clone(), Rc::clone(&open));
        Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // Closing does not take back what the browser has queued already.
            if !open.get() {
                return;
            }
            let message = event.dyn_ref::<MessageEvent>();
            let place = || message.and_then(|message| message.last_event_id().parse::<HighWater>().ok());
            match event.type_().as_str() {
                "open" => heard(Heard::Open),
                "news" => {
                    let text = message.and_then(|message| message.data().as_string()).unwrap_or_default();
                    let counts: BTreeMap<String, u64> = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
                    heard(Heard::News { records: counts.values().sum(), place: place().unwrap_or_default() });
                }
                "reset" => heard(Heard::Reset { place: place().unwrap_or_default() }),
                _ => {
                    open.set(false);
                    source.close();
                    heard(Heard::Lost);
                }
            }
        })
    };
    for name in ["open", "news", "reset", "error"] {
        // Cannot fail for constant names.
        let _ = source.add_event_listener_with_callback(name, hear.as_ref().unchecked_ref());
    }
    Some(Stream { source, open, _hear: hear })
}

/// The browser's clock, in milliseconds.
#[must_use]
pub fn clock_ms() -> f64 {
    js_sys::Date::now()
}

/// Whether a text is selected on the page.
#[must_use]
pub fn is_selecting() -> bool {
    leptos::prelude::window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed())
}

/// Whether the page is scrolled beyond the upper edge of what `selector` finds.
#[must_use]
pub fn is_above(selector: &str) -> bool {
    let found = leptos::prelude::document().query_selector(selector).ok().flatten();
    found.is_some_and(|element| element.get_bounding_client_rect().top() < 0.0)
}
