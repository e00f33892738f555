//! The pages, one file a route. A page asks once and shows the answer; its parts are in `components`.

mod agent;
mod alerts;
mod explore;
mod exports;
mod findings;
mod healing;
mod import;
mod lazy;
mod list;
mod login;
mod not_found;
mod overview;
mod patterns;
mod sessions;
mod swarm;
mod system;
mod task;

pub use lazy::*;
pub use login::{LoginAsked, LoginPage};
pub use not_found::NotFoundPage;
pub use overview::OverviewPage;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trend_tests;
