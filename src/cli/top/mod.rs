//! `swarmscope top`: the terminal dashboard, over the store's file or a running server.
//!
//! - `source` where the figures come from
//! - `screen` what is looked at, and what keys do to it
//! - `view`, `alerts`, `sections`, `pieces` the screen as lines of text
//! - `watch` the terminal: drawn, listened to, and given back as it was
//!
//! Not here: the figures (`service::top`).

mod alerts;
mod pieces;
mod remote;
mod screen;
mod sections;
mod source;
#[cfg(test)]
mod tests;
mod view;
mod watch;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::remote::Access;
use super::{CliError, Setup, terminal};
use crate::model::RangeSpec;
use crate::model::top::{TopQuery, TopSort};
use screen::Screen;
use source::Source;

/// The widest report: beyond, eyes lose the line.
const REPORT_WIDTH_MAX: u16 = 120;

/// Arguments of `top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Print one report and end
    #[arg(long)]
    once: bool,
    /// Print the figures as JSON and end, as /api/v1/top answers
    #[arg(long)]
    json: bool,
    /// A running server, such as http://127.0.0.1:3000 [default: read the store's file]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    access: Access,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
    /// First instant: RFC 3339, epoch milliseconds, relative (now-6h), or all
    #[arg(long, value_name = "TIME", default_value = TopQuery::FROM, allow_hyphen_values = true)]
    from: String,
    /// First instant after the range [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only this swarm
    #[arg(long, value_name = "ID")]
    swarm: Option<String>,
    /// Which agents come first: fastest, busiest, failing (lowest success rate), tokens
    #[arg(long, value_name = "ORDER", default_value = "fastest", value_parser = sort)]
    sort: TopSort,
}

impl TopArgs {
    /// Whether a screen is drawn, which log lines would tear.
    pub(super) fn is_screen(&self) -> bool {
        !self.once && !self.json
    }
}

fn sort(word: &str) -> Result<TopSort, String> {
    TopSort::parse(word).map_err(|problem| problem.detail)
}

/// Prints one report, or shows the dashboard until it is left.
pub async fn run(args: TopArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let is_screen = args.is_screen();
    if is_screen && !std::io::stdout().is_terminal() {
        return Err(CliError::Usage(
            "top draws a screen, and standard output is no terminal; --once prints a report, --json the figures"
                .to_owned(),
        ));
    }
    let query = TopQuery {
        range: RangeSpec { from: args.from, to: args.to.unwrap_or_default() },
        project: args.project,
        swarm_id: args.swarm,
        sort: args.sort,
    };
    let source = match &args.url {
        Some(url) => Source::server(url, &args.access)?,
        None => Source::file(setup).await?,
    };
    let outcome = show(&source, query, is_screen, args.json, Duration::from_secs(args.interval)).await;
    source.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn show(
    source: &Source,
    query: TopQuery,
    is_screen: bool,
    json: bool,
    interval: Duration,
) -> Result<(), CliError> {
    // The first look comes before the screen: a mistyped range or address is an ordinary error then.
    let top = source.look(&query).await?;
    if json {
        let text = serde_json::to_string_pretty(&top)
            .map_err(|error| CliError::Failed(format!("could not write the figures as JSON: {error}")))?;
        terminal::out(&text);
        return Ok(());
    }
    // https://no-color.org: any value but the empty one.
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let screen = Screen::new(source.name(), query, top, interval, colour);
    if is_screen {
        return watch::watch(screen, source).await;
    }
    let width = ratatui::crossterm::terminal::size().map_or(view::WIDTH_MIN, |(width, _)| width);
    let width = if std::io::stdout().is_terminal() { width } else { view::WIDTH_MIN };
    view::report(&screen, width.clamp(view::WIDTH_MIN, REPORT_WIDTH_MAX)).iter().for_each(|line| terminal::out(line));
    Ok(())
}
