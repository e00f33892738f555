//! Swarmscope: a metrics store for swarms of AI agents, its analytics, and a dashboard.
//!
//! The rooms, from the ground up; each imports only from floors below its own (`tests/floors.rs`):
//!
//! - floor 0 · [`model`]: the words
//! - floor 1 · [`analytics`]: pure arithmetic; [`alerts`]: judging figures
//! - floor 2 · `store` (SQLite), `wire` (bytes ⇄ records), `notify` (the way out)
//! - floor 3 · `service`: use cases, the only floor where I/O meets arithmetic
//! - floor 4 · `api` (HTTP), [`web`] (pages), `jobs` (the clock)
//! - floor 5 · `cli`, `server`, `config`, `telemetry`: wiring

// Both sides: the server renders what the browser makes live.
pub mod alerts;
pub mod analytics;
pub mod model;
pub mod web;

// Server only.
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod jobs;
#[cfg(feature = "ssr")]
pub mod notify;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod service;
#[cfg(feature = "ssr")]
pub mod store;
#[cfg(feature = "ssr")]
pub mod telemetry;
#[cfg(feature = "ssr")]
pub mod wire;

/// The browser's entry: takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    web::platform::go_live(web::app::App);
}
