//! What every page of a demo store says first, whatever else it says.

use leptos::prelude::*;

use crate::web::platform;

/// Says that nothing here is real; nothing when it is.
#[component]
pub fn DemoBanner() -> impl IntoView {
    platform::demo_seed().map(|seed| {
        view! {
            <p class="demo-banner" role="note">
                <b>"Demo data."</b>
                {format!(" A simulated swarm, made from seed {seed}. Start with ")}
                <code>"make run"</code>
                " to see your own."
            </p>
        }
    })
}
