//! The imports that share one report: claude-flow, MoAI-Flow, OpenTelemetry.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{PROBLEMS_SHOWN, show};
use crate::cli::{CliError, Setup, now, terminal};
use crate::model::time::parse_offset;
use crate::service::import::{ImportReport, MoaiOptions, OnProgress, survey_claude_flow, survey_moai, survey_otlp};

/// What every import takes.
#[derive(Debug, Args)]
struct Common {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Read and report, store nothing
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `import claude-flow`.
#[derive(Debug, Args)]
#[command(after_help = "Reads task-metrics.json, agent-metrics.json, agent-performance.json, performance.json and \
    system-metrics.json. Importing again changes nothing.\nExit code 1 when not a single file could be read.\n\n\
    Example: swarmscope import claude-flow ~/src")]
pub struct ClaudeFlowArgs {
    /// Projects, .claude-flow folders, or single files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Imports claude-flow metrics.
pub async fn claude_flow(args: ClaudeFlowArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let progress: OnProgress = Arc::new(show);
    let report = if args.common.dry_run {
        survey_claude_flow(args.paths, now(), progress).await
    } else {
        let service = setup.open().await?;
        let report = service.import_claude_flow(args.paths, now(), progress).await;
        service.store().close().await;
        report
    };
    terminal::progress_done();
    tell(&report?, &args.common, "give a folder with .claude-flow/metrics in it")
}

/// Arguments of `import moai`.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads metrics of both generations (with compressed archives), agent events, the agent registry and \
    session memory, in any mix in one file. The files are never written to; importing again changes nothing.\n\
    Times without an offset are local times of the machine that wrote them. Where the file has rows with created_at \
    (in UTC) their offset is inferred and reported; otherwise say it with --assume-offset.\n\
    Exit code 1 when not a single file could be read.\n\n\
    Example: swarmscope import moai .swarm/metrics.db --assume-offset +09:00"
)]
pub struct MoaiArgs {
    /// Database files, or folders with such files below
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The offset of times that name none, such as +09:00
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    assume_offset: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Imports MoAI-Flow databases.
pub async fn moai(args: MoaiArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let offset = args.assume_offset.as_deref().map(parse_offset).transpose();
    let assume_offset =
        offset.map_err(|_| CliError::Usage("--assume-offset wants an offset such as +09:00 or Z".into()))?;
    let options = MoaiOptions { assume_offset, now: now() };
    let progress: OnProgress = Arc::new(show);
    let report = if args.common.dry_run {
        survey_moai(args.paths, options, progress).await
    } else {
        let service = setup.open().await?;
        let report = service.import_moai(args.paths, options, progress).await;
        service.store().close().await;
        report
    };
    terminal::progress_done();
    tell(&report?, &args.common, "give a file such as .swarm/metrics.db or .moai/memory/swarm.db")
}

/// Arguments of `import otlp-json`.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads log records, metrics and spans of Claude Code, Codex, Gemini CLI and programs that follow the \
    conventions for generative AI: OTLP/JSON bodies one a line or one after another, and what the JavaScript SDK \
    writes to files. The text of prompts, answers and tools is never stored. Importing again changes nothing, and a \
    session that its transcript told of counts once, whatever is imported first.\n\
    Exit code 1 when not a single file could be read.\n\n\
    Example: swarmscope import otlp-json ~/.gemini/telemetry.log"
)]
pub struct OtlpArgs {
    /// Files, or folders with such files below
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Imports OpenTelemetry files.
pub async fn otlp(args: OtlpArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let progress: OnProgress = Arc::new(show);
    let report = if args.common.dry_run {
        survey_otlp(args.paths, now(), progress).await
    } else {
        let service = setup.open().await?;
        let report = service.import_otlp(args.paths, now(), progress).await;
        service.store().close().await;
        report
    };
    terminal::progress_done();
    tell(&report?, &args.common, "give files of OTLP/JSON, such as a collector's file exporter writes")
}

/// Prints the report; `hint` says what to do when nothing was read.
fn tell(report: &ImportReport, common: &Common, hint: &str) -> Result<ExitCode, CliError> {
    if common.json {
        let json = serde_json::to_string_pretty(report)
            .map_err(|error| CliError::Failed(format!("could not write the report: {error}")))?;
        terminal::out(&json);
    } else {
        terminal::out(report.to_string().trim_end());
    }
    for problem in report.problems.iter().take(PROBLEMS_SHOWN) {
        let line = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        terminal::err(&format!("{}{line}: {}", problem.file, problem.reason));
    }
    let shown = report.problems.len().min(PROBLEMS_SHOWN) as u64;
    if report.problem_count > shown {
        let listed = ImportReport::PROBLEMS_MAX;
        terminal::err(&format!("… and {} more; --json lists {listed}", report.problem_count - shown));
    }
    // Rows of which none could be taken are no import either; a file without rows is.
    if report.files == 0 || (report.rows > 0 && report.found.is_empty()) {
        terminal::err(&format!("swarmscope: nothing was imported; {hint}"));
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}
