//! The frame beside every page: the name of the house and the pages there are.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::web::calls::load_alerts_brief;

use super::menu::Menu;
use super::theme_toggle::ThemeToggle;
use crate::web::platform;

/// The pages that have a place of their own. A page that does not exist is not listed.
const PAGES: [(&str, &str); 12] = [
    ("/", "Overview"),
    ("/swarms", "Swarms"),
    ("/agents", "Agents"),
    ("/tasks", "Tasks"),
    ("/events", "Events"),
    ("/sessions", "Sessions"),
    ("/patterns", "Patterns"),
    ("/healing", "Healing"),
    ("/alerts", "Alerts"),
    ("/explore", "Explore"),
    ("/exports", "Exports"),
    ("/system", "System"),
];

/// The sidebar; on narrow screens a bar above the page, on phones with the pages in a menu.
#[component]
pub fn Sidebar() -> impl IntoView {
    let path = use_location().pathname;
    // Only in the browser, after each move: no page waits for it.
    let brief = LocalResource::new(move || {
        let in_reach = path.with(|path| path != "/login");
        async move { if in_reach { load_alerts_brief().await.ok() } else { None } }
    });
    let firing = Memo::new(move |_| brief.get().flatten().map_or(0, |brief| brief.counts.firing));
    let links = move || {
        let links = PAGES.map(|(href, name)| {
            let current = move || path.with(|path| place(path, href));
            view! {
                <li>
                    <a href=href aria-current=current>
                        {name}
                        {move || (href == "/alerts" && firing.get() > 0).then(|| view! {
                            <span class="badge" title="alerts that fire">{firing.get()}</span>
                        })}
                    </a>
                </li>
            }
        });
        view! { <ul>{links.collect_view()}</ul> }
    };
    view! {
        <header class="sidebar"><div class="sidebar-inner">
            <a class="brand" href="/">
                <img src="/logo.svg" alt="" width="24" height="24" />
                "Swarmscope"
            </a>
            <nav class="pages" aria-label="Pages">{links()}</nav>
            <nav class="pages-menu" aria-label="Pages">
                <Menu label="Pages">{links()}</Menu>
            </nav>
            <ThemeToggle />
            {platform::logged_in().then(|| view! {
                <form class="log-out" method="post" action="/logout">
                    <button type="submit" class="button">"Log out"</button>
                </form>
            })}
        </div></header>
    }
}

/// What `aria-current` says of the link to `href` on the page at `path`: the page itself, or its section.
fn place(path: &str, href: &str) -> Option<&'static str> {
    if path == href {
        return Some("page");
    }
    let below = path.strip_prefix(href).is_some_and(|rest| href != "/" && rest.starts_with('/'));
    below.then_some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_one_agent_is_in_the_section_of_agents() {
        assert_eq!(place("/agents", "/agents"), Some("page"));
        assert_eq!(place("/agents/planner-1", "/agents"), Some("true"));
        assert_eq!(place("/agents-of-old", "/agents"), None);
        assert_eq!((place("/", "/"), place("/tasks", "/")), (Some("page"), None));
    }
}
