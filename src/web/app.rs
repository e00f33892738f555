//! The document, the frame around every page, and the routes. No logic.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{Lazy, SsrMode, path};

use crate::web::components::banner::DemoBanner;
use crate::web::components::sidebar::Sidebar;
use crate::web::components::theme_toggle::Look;
use crate::web::pages::{
    AgentRoute, AgentsRoute, AlertsRoute, EventsRoute, ExploreRoute, ExportsRoute, HealingRoute, LoginAsked, LoginPage,
    NotFoundPage, OverviewPage, PatternRoute, PatternsRoute, SessionRoute, SessionsRoute, SwarmRoute, SwarmsRoute,
    SystemRoute, TaskRoute, TasksRoute,
};
use crate::web::platform;

/// The whole document, as the server sends it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    platform::secure_page();
    provide_meta_context();
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=platform::chosen_theme()
            data-demo-seed=platform::demo_seed()
            data-logged-in=platform::logged_in()
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta
                    name="description"
                    content="What swarms of AI agents did: tasks, durations, failures, tokens, money."
                />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet id="style" options=options.clone() />
                <HydrationScripts options=options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The document of the login page: without the frame, which leads to what is not shown yet, and without the program.
pub fn login_shell(options: LeptosOptions, asked: LoginAsked) -> impl IntoView {
    platform::secure_page();
    provide_meta_context();
    // The cookie is kept back when a link of another site leads here, and sent when the page then asks for itself.
    let again =
        asked.from_elsewhere.then(|| view! { <meta http-equiv="refresh" content=format!("0; url={}", asked.url()) /> });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=platform::chosen_theme()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>"Log in · Swarmscope"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {again}
                <HashedStylesheet id="style" options=options />
                <MetaTags />
            </head>
            <body class="bare">
                <LoginPage asked=asked />
            </body>
        </html>
    }
}

/// Everything inside the body, on both sides.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let look = RwSignal::new(0);
    provide_context(Look(look));
    Effect::new(move || platform::watch_look(move || look.update(|n| *n += 1)));
    // Asynchronous rendering: a streamed page would stay at "loading" without JavaScript.
    let whole = SsrMode::Async;
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Swarmscope".to_owned() } else { format!("{title} · Swarmscope") } />
        <a class="skip" href="#main" rel="external">
            "Skip to the figures"
        </a>
        <Router>
            <Sidebar />
            <main id="main" tabindex="-1">
                <DemoBanner />
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=OverviewPage ssr=whole.clone() />
                    <Route path=path!("/agents") view={Lazy::<AgentsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/tasks") view={Lazy::<TasksRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/swarms") view={Lazy::<SwarmsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/events") view={Lazy::<EventsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/explore") view={Lazy::<ExploreRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/exports") view={Lazy::<ExportsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/sessions") view={Lazy::<SessionsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/sessions/:id") view={Lazy::<SessionRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/patterns") view={Lazy::<PatternsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/patterns/:id") view={Lazy::<PatternRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/healing") view={Lazy::<HealingRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/alerts") view={Lazy::<AlertsRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/system") view={Lazy::<SystemRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/agents/:id") view={Lazy::<AgentRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/tasks/:id") view={Lazy::<TaskRoute>::new()} ssr=whole.clone() />
                    <Route path=path!("/swarms/:id") view={Lazy::<SwarmRoute>::new()} ssr=whole />
                </FlatRoutes>
            </main>
        </Router>
    }
}
