//! `swarmscope agents`: who is there and how they are doing, one line an agent, or as JSON.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{CliError, Setup, now, terminal};
use crate::api::insight::range_spec;
use crate::model::listing::{AGENT_SORTS, AgentListRow, ListQuery, Total};
use crate::model::{Micros, Order, RecordFilter};
use crate::service::ServiceError;

/// Arguments of `agents`.
#[derive(Debug, Args)]
pub struct AgentsArgs {
    /// First instant of the range: RFC 3339, epoch milliseconds, or relative (now-6h) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only agents doing so: healthy, degraded, critical, failed, unknown, finished, or stale
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only agents whose latest life is so: spawned, running, complete, error, or active (the first two)
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only agents of this type
    #[arg(long = "type", value_name = "NAME")]
    agent_type: Option<String>,
    /// Only this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only agents with tasks of this swarm
    #[arg(long, value_name = "ID")]
    swarm: Option<String>,
    /// By which column, largest or latest first
    #[arg(long, default_value = "last_heard", value_parser = AGENT_SORTS, value_name = "COLUMN")]
    sort: String,
    /// Smallest or earliest first
    #[arg(long)]
    asc: bool,
    /// Most agents, 1 to 1000
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the agents.
pub async fn run(args: AgentsArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let query = ListQuery {
        range: range_spec(args.from.as_deref(), args.to.as_deref()),
        filter: RecordFilter {
            state: args.state,
            status: args.status,
            agent_type: args.agent_type,
            project: args.project,
            swarm_id: args.swarm,
            ..RecordFilter::default()
        },
        sort: args.sort,
        order: if args.asc { Order::Asc } else { Order::Desc },
        limit: args.limit,
        ..ListQuery::default()
    };
    let service = setup.open_existing().await?;
    let now = now();
    let list = service.agent_list(&query, now).await;
    service.store().close().await;
    let list = list.map_err(|error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range or word nobody can read
        error => CliError::Service(error),
    })?;
    if args.json {
        let agents: Vec<Value> = list.rows.iter().map(object).collect();
        terminal::out(&format!("{:#}", Value::Array(agents)));
    } else {
        table(&list.rows, now).iter().for_each(|line| terminal::out(line));
        if list.next.is_some() {
            let total = match list.total {
                Total::Exact(total) => total.to_string(),
                Total::MoreThan(total) => format!("more than {total}"),
            };
            terminal::err(&format!("{} of {total} agents; --limit shows more", list.rows.len()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn object(row: &AgentListRow) -> Value {
    let time = |time: Option<Micros>| time.map(Micros::to_rfc3339);
    let (agent, standing) = (&row.agent, &row.standing);
    json!({
        "agent_id": agent.agent_id,
        "agent_type": agent.agent_type,
        "project": agent.project,
        "status": agent.status,
        "state": standing.health.state,
        "stale_since": time(standing.stale_since),
        "last_heard": time(standing.last_heard),
        "last_beat": time(standing.health.last_beat),
        "interval_ms": standing.health.interval_ms,
        "spawn_time": time(standing.spawn_time),
        "complete_time": time(standing.complete_time),
        "duration_ms": standing.duration_ms,
        "lives": standing.lives,
        "tasks": agent.tasks,
        "successful_tasks": agent.success.map(|rate| rate.numerator),
        "rated_tasks": agent.success.map(|rate| rate.denominator),
        "p95_duration_ms": agent.durations.map(|durations| durations.p95),
        "tokens_used": agent.tokens,
    })
}

/// The agents as columns; what nobody recorded is a dash.
fn table(rows: &[AgentListRow], now: Micros) -> Vec<String> {
    let word = |word: Option<&str>| word.unwrap_or("–").to_owned();
    let head = ["agent", "type", "status", "state", "heard", "tasks", "success", "p95"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        let (agent, standing) = (&row.agent, &row.standing);
        let stale = if standing.stale_since.is_some() { ", stale" } else { "" };
        [
            agent.agent_id.clone(),
            word(agent.agent_type.as_deref()),
            word(agent.status.as_deref()),
            format!("{}{stale}", standing.health.state.as_str()),
            standing.last_heard.map_or("–".into(), |at| ago(now, at)),
            agent.tasks.to_string(),
            agent.success.map_or("–".into(), |rate| {
                format!("{:.1} % ({} of {})", rate.ratio() * 100.0, rate.numerator, rate.denominator)
            }),
            agent.durations.map_or("–".into(), |durations| format!("{:.0} ms", durations.p95)),
        ]
    });
    terminal::columns(&std::iter::once(head).chain(cells).collect::<Vec<_>>())
}

/// How long ago `at` was, in its largest unit.
pub(super) fn ago(now: Micros, at: Micros) -> String {
    let seconds = (now.0 - at.0) / crate::model::time::SECOND;
    match seconds {
        ..0 => "ahead".into(),
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{DAY, HOUR, MINUTE, SECOND};

    #[test]
    fn times_read_as_people_say_them() {
        let of = |micros: i64| ago(Micros(10 * DAY), Micros(10 * DAY - micros));
        assert_eq!([of(0), of(59 * SECOND), of(MINUTE)], ["0 s ago", "59 s ago", "1 min ago"]);
        assert_eq!([of(HOUR), of(2 * DAY - 1), of(2 * DAY)], ["1 h ago", "47 h ago", "2 d ago"]);
        assert_eq!(of(-SECOND), "ahead");
    }
}
