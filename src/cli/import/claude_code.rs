//! `swarmscope import claude-code`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{PROBLEMS_SHOWN, show};
use crate::cli::{CliError, Setup, line, terminal};
use crate::server;
use crate::service::ServiceError;
use crate::service::import::{Follower, OnProgress, Round, survey_claude_code};
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
    /// Go on as the transcripts grow, until Ctrl-C; then print the report
    #[arg(long, conflicts_with = "dry_run")]
    follow: bool,
    /// How often --follow looks, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, requires = "follow", value_parser = interval)]
    interval: f64,
}

/// From 20 ms, which a disk can stand, to an hour.
fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.02..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "must be a number of seconds from 0.02 to 3600".to_owned())
}

/// Imports.
pub async fn run(args: ClaudeCodeArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let progress: OnProgress = Arc::new(show);
    let report = if args.dry_run {
        survey_claude_code(args.paths, progress).await
    } else if args.follow {
        follow(args.paths, Duration::from_secs_f64(args.interval), setup).await?
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

/// Imports again and again, until a signal says stop.
async fn follow(paths: Vec<PathBuf>, pause: Duration, setup: &Setup) -> Result<Result<Report, ServiceError>, CliError> {
    let service = setup.open().await?;
    let mut follower = Follower::new(paths);
    let stop = server::stop_signal();
    tokio::pin!(stop);
    let mut failing = false;
    terminal::err("following; Ctrl-C ends it");
    loop {
        // A round is finished before a signal counts: it takes a moment, but for the first one.
        match follower.round(&service, Arc::new(show)).await {
            Ok(round) => {
                failing = false;
                tell_round(round);
            }
            Err(error) if failing => drop(error), // said once
            Err(error) => {
                failing = true;
                terminal::err(&format!("swarmscope: {}; trying again", line(&error)));
            }
        }
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    service.store().close().await;
    Ok(Ok(follower.report().clone()))
}

fn tell_round(round: Round) {
    terminal::progress_done();
    if round.stored + round.updated > 0 {
        let Round { changed, stored, updated, .. } = round;
        terminal::err(&format!("{changed} files changed: {stored} records stored, {updated} updated"));
    }
    if round.removed > 0 {
        terminal::err(&format!("{} files are gone; what they told stays", round.removed));
    }
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
