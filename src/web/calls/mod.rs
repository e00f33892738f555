//! Server functions: the only bridge from pages to the server. Each fetches the service, reads the
//! clock and calls one use case; nothing more, so that pages and routes cannot disagree.
//!
//! They are public POST endpoints below `/rpc`: the service validates, the guard checks where they come
//! from. Errors cross as [`Problem`](crate::model::Problem), with the status it names.

mod alerts;
mod answer;
mod channels;
mod explore;
mod feed;
mod healing;
mod insight;
mod list;
mod maintain;
mod patterns;
mod problem;
mod sessions;

pub use alerts::*;
pub use answer::{Answer, SameJson, ask};
pub use channels::*;
pub use explore::*;
pub use feed::*;
pub use healing::*;
pub use insight::*;
pub use list::*;
pub use maintain::*;
pub use patterns::*;
pub use sessions::*;
