//! `swarmscope summary`: the figures of a range on one screen, or as JSON.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::api::insight::{SummaryBody, range_spec};
use crate::model::RecordFilter;
use crate::model::overview::PageQuery;

/// Arguments of `summary`.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-6h) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only this agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Print JSON, as /api/v1/summary answers
    #[arg(long)]
    json: bool,
}

/// Prints the summary.
pub async fn run(args: SummaryArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let query = PageQuery {
        range: range_spec(args.from.as_deref(), args.to.as_deref()),
        filter: RecordFilter { project: args.project, agent_id: args.agent, ..RecordFilter::default() },
    };
    let service = setup.open_existing().await?;
    let summary = service.summary(&query, now()).await;
    service.store().close().await;
    let body = SummaryBody::from(&summary?);
    if args.json {
        let text = serde_json::to_string_pretty(&body)
            .map_err(|error| CliError::Failed(format!("could not write the summary as JSON: {error}")))?;
        terminal::out(&text);
    } else {
        lines(&body).iter().for_each(|line| terminal::out(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// What nobody recorded is a dash.
fn lines(body: &SummaryBody) -> Vec<String> {
    let number = |value: Option<f64>, unit: &str| value.map_or("–".into(), |value| format!("{value:.1}{unit}"));
    let rate = match body.success_rate {
        Some(rate) => format!("{:.1} %  ({} of {})", rate * 100.0, body.successful_tasks, body.rated_tasks),
        None => "–".into(),
    };
    let how = match (body.tier, body.estimator) {
        (Some(tier), Some(estimator)) => format!("  ({} timed, from {tier} rows, percentiles {estimator})", body.n),
        _ => String::new(),
    };
    vec![
        format!("range          {} – {}", body.from, body.to),
        format!("tasks          {}", body.total_tasks),
        format!("success        {rate}"),
        format!("mean duration  {}{how}", number(body.avg_duration_ms, " ms")),
        format!("p95 duration   {}", number(body.p95_duration_ms, " ms")),
        format!("p99 duration   {}", number(body.p99_duration_ms, " ms")),
        format!("tokens         {}", body.total_tokens_used.map_or("–".into(), |tokens| tokens.to_string())),
        format!("tokens a task  {}", number(body.avg_tokens_per_task, "")),
        format!("agents         {}", body.unique_agents),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::{Estimator, Rate, Tier};
    use crate::model::summary::Summary;
    use crate::model::{Micros, TimeRange};

    fn summary() -> Summary {
        Summary {
            range: TimeRange { from: Micros(0), until: Micros(60_000_000) },
            total_tasks: 4,
            successful_tasks: 2,
            success_rate: Rate::new(2, 3),
            avg_duration_ms: Some(12.25),
            p95_duration_ms: Some(20.0),
            p99_duration_ms: Some(21.0),
            avg_tokens_per_task: Some(5.0),
            total_tokens_used: Some(10),
            unique_agents: 1,
            n: 3,
            tier: Some(Tier::Hour),
            estimator: Some(Estimator::Exact),
        }
    }

    #[test]
    fn a_rate_is_shown_with_what_it_was_counted_from() {
        let lines = lines(&SummaryBody::from(&summary()));
        assert_eq!(lines[0], "range          1970-01-01T00:00:00Z – 1970-01-01T00:01:00Z");
        assert_eq!(lines[2], "success        66.7 %  (2 of 3)");
        assert_eq!(lines[3], "mean duration  12.2 ms  (3 timed, from 1h rows, percentiles exact)");
    }

    #[test]
    fn what_nobody_recorded_is_a_dash_and_null_and_never_0() {
        let nothing = Summary {
            success_rate: None,
            avg_duration_ms: None,
            total_tokens_used: None,
            tier: None,
            estimator: None,
            ..summary()
        };
        let body = SummaryBody::from(&nothing);
        assert_eq!(lines(&body)[2], "success        –");
        assert_eq!(lines(&body)[6], "tokens         –");
        let json = serde_json::to_value(&body).expect("JSON");
        assert!(json["success_rate"].is_null() && json["avg_duration_ms"].is_null());
    }
}
