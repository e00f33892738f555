//! Disks that are full, and disks that fail to keep what they were given: what was refused is not claimed, reading
//! goes on, and nothing acknowledged is lost.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod failing;
mod full;
