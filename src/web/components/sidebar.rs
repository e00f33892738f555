//! The frame beside every page: the name of the house and the pages there are.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::theme_toggle::ThemeToggle;

/// The pages that have a place of their own. A page that does not exist is not listed.
const PAGES: [(&str, &str); 1] = [("/", "Overview")];

/// The sidebar; on narrow screens, a bar above the page.
#[component]
pub fn Sidebar() -> impl IntoView {
    let path = use_location().pathname;
    let links = PAGES.map(|(href, name)| {
        let current = move || path.with(|path| path == href).then_some("page");
        view! {
            <li>
                <a href=href aria-current=current>
                    {name}
                </a>
            </li>
        }
    });
    view! {
        <header class="sidebar"><div class="sidebar-inner">
            <a class="brand" href="/">
                <img src="/logo.svg" alt="" width="24" height="24" />
                "Swarmscope"
            </a>
            <nav aria-label="Pages">
                <ul>{links.collect_view()}</ul>
            </nav>
            <ThemeToggle />
        </div></header>
    }
}
