//! Pages whose code the browser loads when they are opened, so that the overview is not paid for by all others.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::agent::AgentPage;
use super::alerts::AlertsPage;
use super::explore::ExplorePage;
use super::exports::ExportsPage;
use super::healing::HealingsPage;
use super::list::{AgentsPage, EventsPage, SwarmsPage, TasksPage};
use super::patterns::{PatternPage, PatternsPage};
use super::sessions::{SessionPage, SessionsPage};
use super::swarm::SwarmPage;
use super::system::SystemPage;
use super::task::TaskPage;

macro_rules! lazy_pages {
    ($($(#[$doc:meta])* $route:ident shows $page:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $route;

        #[lazy_route]
        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            fn view(_this: Self) -> AnyView {
                view! { <$page /> }.into_any()
            }
        }
    )*};
}

lazy_pages! {
    /// `/agents`
    AgentsRoute shows AgentsPage;
    /// `/agents/:id`
    AgentRoute shows AgentPage;
    /// `/tasks`
    TasksRoute shows TasksPage;
    /// `/tasks/:id`
    TaskRoute shows TaskPage;
    /// `/events`
    EventsRoute shows EventsPage;
    /// `/swarms`
    SwarmsRoute shows SwarmsPage;
    /// `/swarms/:id`
    SwarmRoute shows SwarmPage;
    /// `/explore`
    ExploreRoute shows ExplorePage;
    /// `/exports`
    ExportsRoute shows ExportsPage;
    /// `/sessions`
    SessionsRoute shows SessionsPage;
    /// `/sessions/:id`
    SessionRoute shows SessionPage;
    /// `/healing`
    HealingRoute shows HealingsPage;
    /// `/patterns`
    PatternsRoute shows PatternsPage;
    /// `/patterns/:id`
    PatternRoute shows PatternPage;
    /// `/alerts`
    AlertsRoute shows AlertsPage;
    /// `/system`
    SystemRoute shows SystemPage;
}
