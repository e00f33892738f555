//! Numbers, units and times as people read them: one place, so that a figure looks the same everywhere.
//!
//! Values and units are joined by a no-break space, thousands by commas, and times always name their
//! zone, which is UTC: server and browser write the same text. "No figure" is [`NONE`], never 0.

mod json;
mod number;
mod time;
mod vital;

pub use json::*;
pub use number::*;
pub use time::*;
pub use vital::*;

/// What stands where there is no figure.
pub const NONE: &str = "–";

/// Keeps a value and its unit on one line.
pub const NBSP: char = '\u{a0}';

#[cfg(test)]
mod tests;
