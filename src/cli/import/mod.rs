//! `swarmscope import`: reads what agents left on this machine. One file a source.

mod claude_code;
mod others;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliError, Setup, terminal};
use crate::service::import::Progress;

/// Problems shown one by one; the rest are counted, and `--json` lists more.
const PROBLEMS_SHOWN: usize = 20;

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    /// Claude Code transcripts: projects folders, project or session folders, or single .jsonl files
    ClaudeCode(claude_code::ClaudeCodeArgs),
    /// claude-flow metrics: folders that hold .claude-flow somewhere below, or single files of it
    ClaudeFlow(others::ClaudeFlowArgs),
    /// MoAI-Flow databases: metrics of both generations, agent events, registry and session memory
    Moai(others::MoaiArgs),
    /// OpenTelemetry in files: logs, metrics and spans of Claude Code, Codex, Gemini CLI and others
    OtlpJson(others::OtlpArgs),
}

/// Imports.
pub async fn run(args: ImportArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    match args.from {
        From::ClaudeCode(args) => claude_code::run(args, setup).await,
        From::ClaudeFlow(args) => others::claude_flow(args, setup).await,
        From::Moai(args) => others::moai(args, setup).await,
        From::OtlpJson(args) => others::otlp(args, setup).await,
    }
}

fn show(progress: Progress) {
    let megabytes = |bytes: u64| bytes / 1_000_000;
    terminal::progress(&format!(
        "{} of {} files, {} of {} MB",
        progress.files,
        progress.files_total,
        megabytes(progress.bytes),
        megabytes(progress.bytes_total)
    ));
}
