//! `swarmscope health`: whether the store is well, or with `--url` a running server, which knows more.
//!
//! Without `--verbose` it looks whether the store can be reached, and counts active agents; with it, at everything.
//! Probes that come every few seconds should ask a server, not open its file.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::remote::{Access, Remote};
use super::{CliError, Setup, now, terminal};
use crate::model::system::{Check, Grade, SystemHealth, Vital, VitalKind};
use crate::web::format;

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Ask the server that runs there, such as http://127.0.0.1:3000, instead of looking at the file; its token may be
    /// in the file that the configuration names, too
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    access: Access,
    /// Every check and every key metric; unhealthy when any check is
    #[arg(long)]
    verbose: bool,
    /// Print JSON; with --verbose as /api/v1/system answers
    #[arg(long)]
    json: bool,
}

/// Exit code 0 when it is healthy, 1 when it is not or cannot be reached.
pub async fn run(args: HealthArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let health = match &args.url {
        Some(url) => {
            let mut access = args.access;
            let named = &setup.config.server.admin_token_file;
            access.admin_token_file = access.admin_token_file.or_else(|| named.clone());
            Remote::open(url, &access)?.get("/api/v1/system").await?
        }
        None => {
            let service = setup.open_existing().await?;
            let health = service.system_health(now()).await;
            service.store().close().await;
            health
        }
    };
    let database = health.checks.iter().find(|check| check.name == "database");
    let reachable = database.is_some_and(|check| check.healthy);
    let healthy = if args.verbose { health.healthy } else { reachable };
    if args.json {
        let body =
            if args.verbose { serde_json::to_value(&health) } else { Ok(basic_json(&health, database, healthy)) };
        let text = body.and_then(|body| serde_json::to_string_pretty(&body));
        let text = text.map_err(|error| CliError::Failed(format!("could not write the health as JSON: {error}")))?;
        terminal::out(&text);
    } else if args.verbose {
        verbose(&health).iter().for_each(|line| terminal::out(line));
    } else {
        terminal::out(&basic(&health, database, healthy));
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn basic_json(health: &SystemHealth, database: Option<&Check>, healthy: bool) -> Value {
    let message = database.map(|check| &check.message);
    json!({ "healthy": healthy, "active_agents": health.active_agents, "message": message })
}

fn basic(health: &SystemHealth, database: Option<&Check>, healthy: bool) -> String {
    let agents = health.active_agents.map_or_else(String::new, |count| format!(" - {count} active agents"));
    if healthy {
        return format!("healthy{agents}");
    }
    format!("not healthy - {}", database.map_or("the store was not checked", |check| check.message.as_str()))
}

/// Checks with the details of those that are not well, then the key metrics against their limits.
fn verbose(health: &SystemHealth) -> Vec<String> {
    let mut lines = Vec::new();
    for check in &health.checks {
        lines.push(format!("{} {}: {}", sign(check.status), check.name, check.message));
        if check.status > Grade::Ok {
            let details = check.details.iter().map(|(name, value)| format!("{name} {value}"));
            lines.push(format!("  details: {}", details.collect::<Vec<_>>().join(", ")));
        }
    }
    lines.push(String::new());
    let head = ["metric", "now", "target", "critical", "status", "measured on"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(health.metrics.iter().map(row)).collect();
    lines.extend(terminal::columns(&rows));
    let unhealthy = health.checks.iter().filter(|check| !check.healthy).count();
    lines.push(String::new());
    lines.push(match unhealthy {
        0 => "all health checks passed".to_owned(),
        n => format!("{n} of {} health checks failed", health.checks.len()),
    });
    lines
}

fn sign(status: Grade) -> &'static str {
    match status {
        Grade::Ok => "[ok]",
        Grade::Warning => "[warning]",
        Grade::Critical => "[critical]",
        Grade::Unknown => "[unknown]",
    }
}

/// A key metric as a row. The better side of a limit is shown with it: a target is to be kept, a threshold passed.
fn row(metric: &Vital) -> [String; 6] {
    let higher = metric.metric == VitalKind::Uptime;
    let value = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| format::of_unit(value, metric.unit).replace(format::NBSP, " "))
    };
    let (good, bad) = if higher { ("≥", "<") } else { ("≤", ">") };
    let target = metric.limits.target.map_or_else(|| "watched".to_owned(), |at| format!("{good} {}", value(Some(at))));
    [
        metric.metric.as_str().replace('_', " "),
        value(metric.value),
        target,
        format!("{bad} {}", value(Some(metric.limits.critical))),
        metric.status.as_str().to_owned(),
        metric.basis.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;
    use crate::model::system::{Limits, Unit};

    fn check(name: &str, status: Grade) -> Check {
        let details = [("free_bytes".to_owned(), json!(7))].into();
        Check { name: name.into(), healthy: status != Grade::Critical, status, message: "as found".into(), details }
    }

    #[test]
    fn what_is_not_well_shows_its_details_and_shares_keep_their_digits() {
        let uptime = Vital {
            metric: VitalKind::Uptime,
            value: Some(0.9995),
            unit: Unit::Share,
            rate: None,
            limits: Limits { target: Some(0.999), critical: 0.99 },
            status: Grade::Ok,
            basis: "a test".into(),
        };
        let health = SystemHealth {
            now: Micros(0),
            version: "1".into(),
            started: None,
            healthy: false,
            status: Grade::Critical,
            active_agents: Some(2),
            checks: vec![check("database", Grade::Ok), check("disk_space", Grade::Critical)],
            metrics: vec![uptime],
        };
        assert_eq!(
            verbose(&health),
            [
                "[ok] database: as found",
                "[critical] disk_space: as found",
                "  details: free_bytes 7",
                "",
                "metric  now      target    critical  status  measured on",
                "uptime  99.95 %  ≥ 99.9 %  < 99 %    ok      a test",
                "",
                "1 of 2 health checks failed",
            ]
        );
        assert_eq!(basic(&health, health.checks.first(), true), "healthy - 2 active agents");
    }
}
