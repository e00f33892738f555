//! `swarmscope healing`: how well failures are healed, as text, or as JSON. Looks through what is new first, so that it
//! is right where no server runs.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::api::healing_body::HealingBody;
use crate::api::insight::range_spec;
use crate::model::RecordFilter;
use crate::model::healing::{HealingQuery, HealingReport, HealingTotals, Mean, Origins, StrategyRow};
use crate::service::ServiceError;

/// Kinds of failures shown.
const TYPES_SHOWN: usize = 15;

/// Arguments of `healing`.
#[derive(Debug, Args)]
pub struct HealingArgs {
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-6h) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Which attempts: both, reported (records that were sent), or derived (found in events)
    #[arg(long, default_value = "both", value_parser = Origins::ALL.map(Origins::as_str), value_name = "ORIGIN")]
    origin: String,
    /// Only this strategy
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// Only this kind of failure
    #[arg(long, value_name = "NAME")]
    failure_type: Option<String>,
    /// Only this agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Print JSON, as /api/v1/healing answers
    #[arg(long)]
    json: bool,
}

/// Prints the figures.
pub async fn run(args: HealingArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let query = HealingQuery {
        range: range_spec(args.from.as_deref(), args.to.as_deref()),
        filter: RecordFilter {
            strategy: args.strategy,
            failure_type: args.failure_type,
            agent_id: args.agent,
            project: args.project,
            ..RecordFilter::default()
        },
        origins: Origins::parse(&args.origin).unwrap_or_default(), // clap takes no other word
        zone: String::new(),
    };
    let service = setup.open_existing().await?;
    let report = async {
        service.find_healings(now()).await?;
        service.healing(&query, now()).await
    };
    let report = report.await;
    service.store().close().await;
    let report = report.map_err(|error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range nobody can read
        error => CliError::Service(error),
    })?;
    if args.json {
        let text = serde_json::to_string_pretty(&HealingBody::from(report))
            .map_err(|error| CliError::Failed(format!("could not write the figures as JSON: {error}")))?;
        terminal::out(&text);
    } else {
        lines(&report).iter().for_each(|line| terminal::out(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// A duration as people read it; `–` when nobody recorded one.
fn time(ms: Option<f64>) -> String {
    match ms {
        None => "–".into(),
        Some(ms) if ms < 1_000.0 => format!("{ms:.1} ms"),
        Some(ms) if ms < 60_000.0 => format!("{:.2} s", ms / 1000.0),
        Some(ms) => format!("{:.1} min", ms / 60_000.0),
    }
}

fn mean(mean: Option<Mean>) -> String {
    mean.map_or("–".into(), |mean| format!("{}  (n = {})", time(Some(mean.ms)), mean.n))
}

fn headline(title: &str, totals: &HealingTotals) -> Vec<String> {
    let success = totals.success.map_or("–".into(), |success| {
        let percent = |share: f64| share * 100.0;
        format!(
            "{:.1} %  ({} of {} attempts; 95 % interval {:.1}–{:.1} %)",
            percent(success.rate.ratio()),
            success.rate.numerator,
            success.rate.denominator,
            percent(success.low),
            percent(success.high)
        )
    });
    let healed =
        totals.healed_failures.map_or("–".into(), |rate| format!("{} of {}", rate.numerator, rate.denominator));
    vec![
        title.to_owned(),
        format!("  failures healed        {healed}"),
        format!("  success                {success}"),
        format!("  mean healing time      {}", mean(totals.avg_healing_time_ms)),
        format!("  mean time to recovery  {}", mean(totals.mttr_ms)),
        format!("  detection to recovery  {}", mean(totals.detection_to_recovery_ms)),
    ]
}

/// What nobody recorded is a dash.
fn lines(report: &HealingReport) -> Vec<String> {
    let range = report.scope.range;
    let mut lines = vec![format!("range  {} – {}", range.from.to_rfc3339(), range.until.to_rfc3339())];
    for (origin, totals) in &report.by_origin {
        lines.push(String::new());
        lines.extend(headline(origin.as_str(), totals));
    }
    if report.waiting.failures > 0 {
        let (failures, minutes) = (report.waiting.failures, report.waiting.limit_ms / 60_000);
        lines.push(format!(
            "{failures} more failures may still heal: they are counted {minutes} min after they happened"
        ));
    }
    if !report.by_strategy.is_empty() {
        lines.push(String::new());
        lines.extend(strategies(&report.by_strategy));
        lines.push(String::new());
        let head = ["failure", "origin", "failures", "attempts that worked", "recovery"].map(str::to_owned);
        let row = |row: &crate::model::healing::TypeRow| {
            [
                row.failure_type.clone(),
                row.origin.as_str().to_owned(),
                row.failures.to_string(),
                format!("{} of {}", row.success_count, row.success_count + row.failure_count),
                time(row.mttr_ms.map(|mean| mean.ms)),
            ]
        };
        let shown = report.by_failure_type.iter().take(TYPES_SHOWN).map(row);
        lines.extend(terminal::columns(&std::iter::once(head).chain(shown).collect::<Vec<_>>()));
        let hidden = report.type_count.saturating_sub(TYPES_SHOWN as u64);
        if hidden > 0 {
            lines.push(format!("{hidden} more kinds of failures; --json shows them"));
        }
    }
    lines.push(String::new());
    lines.extend(report.recommendations.iter().map(|advice| format!("* {}", advice.text)));
    lines
}

fn strategies(rows: &[StrategyRow]) -> Vec<String> {
    let head = ["strategy", "origin", "worked", "rate", "mean", "p95", "trend", "verdict"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        [
            row.strategy.clone(),
            row.origin.as_str().to_owned(),
            format!("{} of {}", row.success_count, row.success_count + row.failure_count),
            format!("{:.1} %", row.success.rate.ratio() * 100.0),
            time(row.avg_healing_time_ms.map(|mean| mean.ms)),
            time(row.p95_ms),
            row.trend.map_or("not enough data".into(), |trend| trend.word.as_str().to_owned()),
            row.verdict.map_or("not enough data".into(), |verdict| verdict.as_str().to_owned()),
        ]
    });
    terminal::columns(&std::iter::once(head).chain(cells).collect::<Vec<_>>())
}
