//! Patterns, from stored records to what is served: learned by the job, when somebody asks, and by the command line.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod kept;
mod scene;
mod served;
