//! A button that opens a small panel. It is a `<details>`, so it works without JavaScript; with it, a
//! choice, a click elsewhere and Escape close it.

use leptos::ev;
use leptos::html::Details;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Node};

/// A menu.
#[component]
pub fn Menu(
    /// What the button says.
    #[prop(into)]
    label: Signal<String>,
    /// What it is called for people who do not see it; empty = as it says.
    #[prop(optional, into)]
    name: String,
    /// Extra classes, such as `primary`.
    #[prop(optional)]
    class: &'static str,
    /// The panel's contents.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<Details>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(ev::click, move |event| {
            let Some(details) = details.get_untracked().filter(|details| details.open()) else { return };
            let Some(target) = event.target() else { return };
            let inside = details.contains(target.dyn_ref::<Node>());
            let chosen = target
                .dyn_ref::<Element>()
                .is_some_and(|element| matches!(element.closest("a, button[type=submit]"), Ok(Some(_))));
            if !inside || chosen {
                close();
            }
        });
        on_cleanup(move || handle.remove());
    });
    let escape = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    // Said before what is seen, so that speaking what is seen still finds the button.
    let spoken = move || (!name.is_empty()).then(|| format!("{name}: {}", label.get()));
    view! {
        <details class=format!("menu {class}") node_ref=details on:keydown=escape>
            <summary class=format!("button {class}") aria-label=spoken>
                {label}
            </summary>
            <div class="menu-panel">{children()}</div>
        </details>
    }
    .into_any()
}
