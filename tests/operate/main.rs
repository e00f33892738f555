//! Operating it: what `/metrics` says, the files in `ops/` against the programs they are for, and one data set asked
//! for in every way there is.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod containers;
mod exposition;
mod grafana;
mod promql;
mod rules;
mod same_figures;
mod scene;
mod scraped;
