//! The pages, one file a route. A page asks once and shows the answer; its parts are in `components`.

mod agent;
mod import;
mod not_found;
mod overview;
mod swarm;
mod task;

pub use agent::AgentPage;
pub use not_found::NotFoundPage;
pub use overview::OverviewPage;
pub use swarm::SwarmPage;
pub use task::TaskPage;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
