//! Keeps what is drawn on canvases true to their size and to the colours around them.

use leptos::html::Div;
use leptos::prelude::*;

use crate::web::platform;

use super::theme_toggle::Look;

/// The sizes a chart is drawn in on the server, in CSS pixels; the stylesheet shows the one that fits.
pub const WIDE: (u32, u32) = (560, 220);
/// The same on a phone.
pub const NARROW: (u32, u32) = (300, 200);

/// Calls `paint` once the page is live, and again whenever `surface` changes its size, the page its look, or a signal
/// that `paint` reads its value. What comes back changes with the size.
pub fn keep_drawn(surface: NodeRef<Div>, paint: impl Fn() + 'static) -> RwSignal<u32> {
    let resized = RwSignal::new(0_u32);
    let look = use_context::<Look>();
    Effect::new(move || {
        if let Some(surface) = surface.get() {
            platform::watch_size(&surface, move || {
                // The panel may be gone by the time the browser reports its size.
                let _ = resized.try_update(|n| *n += 1);
            });
        }
    });
    Effect::new(move || {
        resized.track();
        if let Some(Look(look)) = look {
            look.track();
        }
        paint();
    });
    resized
}
