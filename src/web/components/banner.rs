//! What every page of a demo store says first.

use leptos::prelude::*;

/// Says that nothing here is real; nothing when it is.
#[component]
pub fn DemoBanner(
    /// The seed of the simulation; `None` for real data.
    seed: Option<u64>,
) -> impl IntoView {
    seed.map(|seed| {
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
