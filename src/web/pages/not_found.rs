//! Every other path: there is no such page, and the status says so too.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::web::platform;

/// The page for paths that lead nowhere.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    platform::set_status(404);
    view! {
        <Title text="No such page" />
        <section class="notice" data-kind="not-found">
            <h1>"There is no such page"</h1>
            <p>"The address may be mistyped, or from a version with other pages."</p>
            <p class="actions">
                <a class="button primary" href="/">"Go to the overview"</a>
            </p>
        </section>
    }
}
