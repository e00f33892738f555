//! Imports other than that of transcripts: what is read, what is stored, and that nothing counts twice.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

mod claude_flow;
mod dry_run;
mod follow;
mod moai;
mod moai_files;
mod otlp;
mod otlp_files;
mod scene;
