//! `swarmscope import claude-code`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{PROBLEMS_SHOWN, show};
use crate::cli::{CliError, Setup, terminal};
use crate::service::import::{OnProgress, survey_claude_code};
use crate::wire::claude_code::report::Report;

/// Arguments of `import claude-code`.
#[derive(Debug, Args)]
#[command(
    after_help = "Importing again changes nothing, and takes in what has grown. The text of prompts and of tools \
    is never stored.\nExit code 1 when not a single transcript could be read.\n\n\
    Example: swarmscope import claude-code ~/.claude/projects"
)]
pub struct ClaudeCodeArgs {
    /// Where the transcripts are, usually ~/.claude/projects
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Read and report, store nothing
    #[arg(long)]
    dry_run: bool,
}

/// Imports.
pub async fn run(args: ClaudeCodeArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let progress: OnProgress = Arc::new(show);
    let report = if args.dry_run {
        survey_claude_code(args.paths, progress).await
    } else {
        let service = setup.open().await?;
        let report = service.import_claude_code(args.paths, progress).await;
        service.store().close().await;
        report
    };
    terminal::progress_done();
    let report = report?;
    if args.json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| CliError::Failed(format!("could not write the report: {error}")))?;
        terminal::out(&json);
    } else {
        terminal::out(report.to_string().trim_end());
    }
    tell_problems(&report);
    // An empty session says so above; a transcript that cannot be opened is not a read one.
    Ok(if report.figures.files == 0 {
        terminal::err(
            "swarmscope: no transcript could be read; give a folder that holds .jsonl files, usually ~/.claude/projects",
        );
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn tell_problems(report: &Report) {
    for problem in report.problems.iter().take(PROBLEMS_SHOWN) {
        let line = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        terminal::err(&format!("{}{line}: {}", problem.file, problem.reason));
    }
    let shown = report.problems.len().min(PROBLEMS_SHOWN) as u64;
    if report.problem_count > shown {
        terminal::err(&format!("… and {} more; --json lists {}", report.problem_count - shown, Report::TROUBLES_MAX));
    }
}
