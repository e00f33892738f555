//! `swarmscope summary`: the figures of a range on one screen, or as JSON.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::api::insight::{SummaryBody, range_spec};
use crate::model::RecordFilter;
use crate::model::overview::PageQuery;
use crate::service::ServiceError;

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
        ..PageQuery::default()
    };
    let service = setup.open_existing().await?;
    let summary = service.summary(&query, now()).await;
    service.store().close().await;
    let summary = summary.map_err(|error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range nobody can read
        error => CliError::Service(error),
    })?;
    let body = SummaryBody::from(&summary);
    if args.json {
        let text = serde_json::to_string_pretty(&body)
            .map_err(|error| CliError::Failed(format!("could not write the summary as JSON: {error}")))?;
        terminal::out(&text);
    } else {
        lines(&body).iter().for_each(|line| terminal::out(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// A duration as people read it; `–` when nobody recorded one.
fn duration(ms: Option<f64>) -> String {
    let Some(ms) = ms else { return "–".into() };
    let seconds = (ms / 1000.0).round();
    match ms {
        ..1_000.0 => format!("{ms:.1} ms"),
        ..60_000.0 => format!("{:.2} s", ms / 1000.0),
        ..3_600_000.0 => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
        _ => format!("{:.0} h {:.0} min", (seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor()),
    }
}

/// What nobody recorded is a dash.
fn lines(body: &SummaryBody) -> Vec<String> {
    let rate = match body.success_rate {
        Some(rate) => format!("{:.1} %  ({} of {})", rate * 100.0, body.successful_tasks, body.rated_tasks),
        None => "–".into(),
    };
    let how = match (body.tier, body.estimator) {
        (Some(tier), Some(estimator)) => {
            format!("  ({} timed, from {} rows, percentiles {})", body.n, tier.as_str(), estimator.as_str())
        }
        _ => String::new(),
    };
    vec![
        format!("range          {} – {}", body.from, body.to),
        format!("tasks          {}", body.total_tasks),
        format!("success        {rate}"),
        format!("mean duration  {}{how}", duration(body.avg_duration_ms)),
        format!("p95 duration   {}", duration(body.p95_duration_ms)),
        format!("p99 duration   {}", duration(body.p99_duration_ms)),
        format!("tokens         {}", body.total_tokens_used.map_or("–".into(), |tokens| tokens.to_string())),
        format!("tokens a task  {}", body.avg_tokens_per_task.map_or("–".into(), |tokens| format!("{tokens:.1}"))),
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
    fn durations_read_as_people_say_them() {
        let shown = [0.25, 999.9, 1_500.0, 59_994.0, 409_213.6, 3_600_000.0, 4_897_796.7].map(|ms| duration(Some(ms)));
        assert_eq!(shown, ["0.2 ms", "999.9 ms", "1.50 s", "59.99 s", "6 min 49 s", "1 h 0 min", "1 h 21 min"]);
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
