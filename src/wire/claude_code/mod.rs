//! Claude Code transcripts: lines → a session's structure → records and a report.
//!
//! A session is read line by line into [`session::Session`] by [`build::Builder`]; [`claims`] decides
//! which session owns a message that several files hold; [`records`] and [`report`] say what there is
//! to store and what was read. The text of prompts, answers and tools is never kept.
//! Not here: files and folders (`service::import`), prices.

pub mod build;
pub mod claims;
pub mod key;
pub mod line;
pub mod loose;
pub mod metadata;
pub mod place;
pub mod records;
pub mod report;
pub mod session;
pub mod verdict;

/// Longest line read, in bytes: tool outputs and images make lines of many megabytes. A longer one is
/// skipped and counted as malformed.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests;
