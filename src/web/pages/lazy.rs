//! Pages whose code the browser loads when they are opened, so that the overview is not paid for by all others.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::agent::AgentPage;
use super::swarm::SwarmPage;
use super::task::TaskPage;

/// `/agents/:id`
#[derive(Debug)]
pub struct AgentRoute;

/// `/tasks/:id`
#[derive(Debug)]
pub struct TaskRoute;

/// `/swarms/:id`
#[derive(Debug)]
pub struct SwarmRoute;

#[lazy_route]
impl LazyRoute for AgentRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <AgentPage /> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for TaskRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <TaskPage /> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for SwarmRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <SwarmPage /> }.into_any()
    }
}
