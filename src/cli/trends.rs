//! `swarmscope trends`: what gets better or worse, one line a metric, or as JSON.

use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::{CliError, Setup, now, terminal};
use crate::api::insight::range_spec;
use crate::api::trends::TrendsBody;
use crate::model::RecordFilter;
use crate::model::trend::{Lacking, Trend, TrendAnswer, TrendPer, TrendQuery, TrendSource, Verdict};
use crate::service::ServiceError;

/// Arguments of `trends`.
#[derive(Debug, Args)]
pub struct TrendsArgs {
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-6h) [default: the newest 500 records]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Of which records
    #[arg(long, default_value = "tasks", value_name = "RECORDS",
        value_parser = PossibleValuesParser::new(TrendSource::ALL.map(TrendSource::as_str)))]
    source: String,
    /// Only this metric: duration_ms, tokens_used or success_rate of tasks, else a metric type
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// One trend of all (fleet), or one of each agent or swarm
    #[arg(long = "group-by", default_value = "fleet", value_name = "WHOM",
        value_parser = PossibleValuesParser::new(TrendPer::ALL.map(TrendPer::as_str)))]
    group_by: String,
    /// Only trends with this verdict
    #[arg(long, value_name = "VERDICT", value_parser = PossibleValuesParser::new(Verdict::ALL.map(Verdict::as_str)))]
    verdict: Option<String>,
    /// Only this agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Only this swarm
    #[arg(long, value_name = "ID")]
    swarm: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only this model
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Most trends, 1 to 5000
    #[arg(long, default_value_t = TrendQuery::LIMIT_DEFAULT, value_name = "N")]
    limit: u32,
    /// Print JSON, as /api/v1/trends answers
    #[arg(long)]
    json: bool,
}

/// Prints the trends.
pub async fn run(args: TrendsArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let ranged = args.from.is_some() || args.to.is_some();
    let query = TrendQuery {
        source: TrendSource::parse(&args.source).unwrap_or_default(), // one of its words, as clap saw to
        metric: args.metric,
        range: ranged.then(|| range_spec(args.from.as_deref(), args.to.as_deref())),
        filter: RecordFilter {
            agent_id: args.agent,
            swarm_id: args.swarm,
            project: args.project,
            model: args.model,
            ..RecordFilter::default()
        },
        per: TrendPer::parse(&args.group_by).unwrap_or_default(),
        verdict: args.verdict.as_deref().and_then(Verdict::parse),
        limit: Some(args.limit),
    };
    let service = setup.open_existing().await?;
    let answer = service.trends(&query, now()).await;
    service.store().close().await;
    let answer = answer.map_err(|error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range or word nobody can read
        error => CliError::Service(error),
    })?;
    if args.json {
        let text = serde_json::to_string_pretty(&TrendsBody::from(answer))
            .map_err(|error| CliError::Failed(format!("could not write the trends as JSON: {error}")))?;
        terminal::out(&text);
        return Ok(ExitCode::SUCCESS);
    }
    table(&answer.trends).iter().for_each(|line| terminal::out(line));
    notes(&answer).iter().for_each(|line| terminal::err(line));
    Ok(ExitCode::SUCCESS)
}

/// The trends as columns; what is not known is a dash.
fn table(trends: &[Trend]) -> Vec<String> {
    let head = ["of", "metric", "verdict", "before", "now", "change", "p", "records", "last"].map(str::to_owned);
    let cells = trends.iter().map(|trend| {
        let figures = &trend.figures;
        let number = |value: Option<f64>| value.map_or("–".into(), |value| written(&trend.metric, value));
        [
            of(trend),
            trend.metric.clone(),
            verdict(trend),
            number(figures.earlier),
            number(figures.recent),
            figures.change_percent.map_or("–".into(), |percent| format!("{percent:+.1} %")),
            figures.p_value.map_or("–".into(), p_value),
            format!("{} of {}", figures.n, figures.n + figures.missing),
            figures.last.map_or("–".into(), |last| last.to_rfc3339()),
        ]
    });
    terminal::columns(&std::iter::once(head).chain(cells).collect::<Vec<_>>())
}

fn of(trend: &Trend) -> String {
    match (&trend.agent_id, &trend.swarm_id) {
        (Some(agent), Some(swarm)) => format!("agent {agent} in {swarm}"),
        (Some(agent), None) => format!("agent {agent}"),
        (None, Some(swarm)) => format!("swarm {swarm}"),
        (None, None) => "fleet".to_owned(),
    }
}

fn verdict(trend: &Trend) -> String {
    match trend.lacking {
        Some(Lacking::Samples) => format!("not enough data ({} of {} samples)", trend.figures.n, Trend::SAMPLES_MIN),
        Some(Lacking::Baseline) => "not enough data (0 before)".to_owned(),
        None => trend.verdict.as_str().to_owned(),
    }
}

/// Shares with three digits behind the point, other numbers with one.
fn written(metric: &str, value: f64) -> String {
    if metric == "success_rate" { format!("{value:.3}") } else { format!("{value:.1}") }
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// What was looked at, and what was left out.
fn notes(answer: &TrendAnswer) -> Vec<String> {
    let mut notes = Vec::new();
    if answer.trends.is_empty() {
        notes.push("no trend: no record fits what was asked for".to_owned());
    } else {
        let which = if answer.range.is_some() { "of the range" } else { "whenever they are from" };
        let most = if answer.range.is_some() { Trend::RECORDS_MAX } else { Trend::RECORDS_DEFAULT };
        notes.push(format!(
            "the last {} moving averages of {} against those before, over at most the newest {most} records {which}; \
             p: Mann–Kendall",
            Trend::RECENT,
            Trend::WINDOW
        ));
    }
    if answer.total > answer.trends.len() as u64 {
        notes.push(format!("{} of {} trends; --limit shows more", answer.trends.len(), answer.total));
    }
    if answer.subjects_truncated {
        notes.push(format!("only the {} agents or swarms heard of last were looked at", answer.subjects));
    }
    if answer.metrics_truncated {
        notes.push(format!("only {} metric types were looked at; --metric asks for one", TrendQuery::METRICS_MAX));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trend::{Better, TrendFigures};

    fn trend(figures: TrendFigures, verdict: Verdict, lacking: Option<Lacking>) -> Trend {
        Trend {
            source: TrendSource::Tasks,
            agent_id: Some("a".into()),
            swarm_id: None,
            project: None,
            model: None,
            metric: "success_rate".into(),
            better: Some(Better::Higher),
            verdict,
            lacking,
            figures,
            successes: Some(10),
            truncated: false,
        }
    }

    #[test]
    fn a_line_says_whose_what_and_by_which_figures() {
        let figures = TrendFigures {
            n: 20,
            missing: 2,
            recent: Some(0.71),
            earlier: Some(0.96),
            change_percent: Some(-26.04),
            p_value: Some(0.000_4),
            ..TrendFigures::default()
        };
        let few = TrendFigures { n: 3, ..TrendFigures::default() };
        let lines = table(&[
            trend(figures, Verdict::Degrading, None),
            trend(few, Verdict::NotEnoughData, Some(Lacking::Samples)),
        ]);
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&lines[1]), "agent a success_rate degrading 0.960 0.710 -26.0 % <0.001 20 of 22 –");
        assert_eq!(words(&lines[2]), "agent a success_rate not enough data (3 of 15 samples) – – – – 3 of 3 –");
    }
}
