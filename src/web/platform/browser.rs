//! The browser's twin.

mod follow;

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlCanvasElement, ResizeObserver};

use crate::web::charts::{Drawing, Theme};

pub use follow::{Stream, clock_ms, follow, is_above, is_selecting};

/// Sets the status of the answer; only the server does.
pub fn set_status(_status: u16) {}

/// Sends the content policy; only the server does.
pub fn secure_page() {}

/// Where this page comes from, such as `http://127.0.0.1:3000`.
#[must_use]
pub fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// The theme a person chose, `light` or `dark`; `None` follows the system.
#[must_use]
pub fn chosen_theme() -> Option<String> {
    document().document_element()?.get_attribute("data-theme").filter(|theme| !theme.is_empty())
}

/// The seed of the simulation, when the store held demo data as this document was sent.
#[must_use]
pub fn demo_seed() -> Option<u64> {
    document().document_element()?.get_attribute("data-demo-seed")?.parse().ok()
}

/// Whether somebody logged in to see this page.
#[must_use]
pub fn logged_in() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute("data-logged-in"))
}

/// Shows the theme and keeps it for a year, for the server to read; `None` goes back to the system's.
pub fn choose_theme(theme: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    // Neither can fail for constant names; were it otherwise, the theme would merely stay.
    let _ = root.set_attribute("data-theme", theme.unwrap_or_default());
    let age = if theme.is_some() { 31_536_000 } else { 0 };
    let cookie = format!("theme={}; Path=/; Max-Age={age}; SameSite=Lax", theme.unwrap_or_default());
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        let _ = document.set_cookie(&cookie);
    }
}

/// The server's picture stands in the page already; the browser paints a canvas instead.
#[must_use]
pub fn picture<D: Drawing>(_drawing: &D, _width: u32, _height: u32) -> String {
    String::new()
}

/// As [`picture`].
#[must_use]
pub fn stretched_picture<D: Drawing>(_drawing: &D, _width: u32, _height: u32) -> String {
    String::new()
}

/// Paints the drawing over the whole canvas, in device pixels and in the colours of the current theme.
pub fn paint<D: Drawing>(canvas: &HtmlCanvasElement, drawing: &D) {
    let scale = window().device_pixel_ratio().max(1.0);
    let (width, height) = (f64::from(canvas.client_width()) * scale, f64::from(canvas.client_height()) * scale);
    if width < 1.0 || height < 1.0 {
        return;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; sizes are positive")]
    let size = (width.round() as u32, height.round() as u32);
    canvas.set_width(size.0);
    canvas.set_height(size.1);
    let style = document().document_element().and_then(|root| window().get_computed_style(&root).ok().flatten());
    let theme = Theme::new(scale, 1.0, |ink| {
        let value = style.as_ref()?.get_property_value(&format!("--{}", ink.token())).ok()?;
        Theme::parse_colour(&value)
    });
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return };
    match drawing.draw(&backend.into_drawing_area(), &theme) {
        // From here on the stylesheet shows the canvas instead of the server's picture.
        Ok(()) => drop(canvas.set_attribute("data-painted", "")),
        Err(error) => leptos::logging::error!("could not paint {}: {error}", drawing.name()),
    }
}

/// Calls `changed` when the element's size changes, until the current owner is cleaned up.
pub fn watch_size(element: &Element, changed: impl Fn() + 'static) {
    let callback = Closure::<dyn Fn()>::new(changed);
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    observer.observe(element);
    let kept = StoredValue::new_local((observer, callback));
    on_cleanup(move || kept.try_with_value(|(observer, _)| observer.disconnect()).unwrap_or_default());
}

/// Calls `changed` when the system's theme, the pixel ratio or the medium (paper is light) changes, as long as the page lives.
pub fn watch_look(changed: impl Fn() + Clone + 'static) {
    for query in ["(prefers-color-scheme: dark)", "(min-resolution: 1.5dppx)", "(min-resolution: 2.5dppx)", "print"] {
        let Ok(Some(list)) = window().match_media(query) else { continue };
        let callback = Closure::<dyn Fn()>::new(changed.clone());
        if list.add_event_listener_with_callback("change", callback.as_ref().unchecked_ref()).is_ok() {
            callback.forget();
        }
    }
}

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    // The promise is not awaited: where the clipboard is forbidden, the text can still be selected.
    drop(window().navigator().clipboard().write_text(text));
}

/// Takes over the page that the server sent, and then says so to the stylesheet and to tests.
pub fn go_live<V: IntoView>(app: impl FnOnce() -> V + 'static) {
    let live = Rc::new(Cell::new(false));
    leave_clicks_alone_until(Rc::clone(&live));
    wasm_bindgen_futures::spawn_local(async move {
        leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), app).await.forget();
        live.set(true);
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "true");
        }
    });
}

/// Until the page is live a click does what it does without JavaScript. The router hears clicks at the window
/// from the start: it would go to the next page while the code of this one is still on its way, and the page
/// would then be taken over by a document that it does not match.
fn leave_clicks_alone_until(live: Rc<Cell<bool>>) {
    let hide = Closure::<dyn Fn(web_sys::Event)>::new(move |click: web_sys::Event| {
        if !live.get() {
            click.stop_propagation();
        }
    });
    // Cannot fail for an event of that name.
    let _ = document().add_event_listener_with_callback_and_bool("click", hide.as_ref().unchecked_ref(), true);
    hide.forget(); // as long as the page
}
