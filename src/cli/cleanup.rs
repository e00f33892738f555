//! `swarmscope cleanup`: does what retention asks for, now.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::model::maintain::{Action, Change, MaintenanceReport, MaintenanceTask};
use crate::service::ServiceError;

/// Arguments of `cleanup`.
#[derive(Debug, Args)]
pub struct CleanupArgs {
    /// Instead of what [retention] says: delete every day that is older than DAYS, and nothing else
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    older_than: Option<u32>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Cleans up and prints what was done per table and shelf.
pub async fn run(args: CleanupArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let task = MaintenanceTask::Cleanup { older_than_days: args.older_than, dry_run: args.dry_run };
    let report = maintain(task, setup).await?;
    if args.json {
        terminal::out(&json(&report)?);
    } else {
        lines(&report).iter().for_each(|line| terminal::out(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a task over the store that is set up, showing how far it is.
pub(super) async fn maintain(task: MaintenanceTask, setup: &Setup) -> Result<MaintenanceReport, CliError> {
    let service = setup.open_existing().await?;
    let watcher = terminal::watched().then(|| {
        let service = service.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                if let Some(status) = service.maintenance_status() {
                    let of = if status.total > 0 {
                        format!(" ({} of {})", status.done, status.total)
                    } else {
                        String::new()
                    };
                    terminal::progress(&format!("{}{of}", status.step));
                }
            }
        })
    });
    let done = service.run_maintenance(task, now()).await;
    if let Some(watcher) = watcher {
        watcher.abort();
        terminal::progress_done();
    }
    service.store().close().await;
    done.map_err(|error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail),
        error => CliError::Service(error),
    })
}

/// A report as JSON.
pub(super) fn json(report: &MaintenanceReport) -> Result<String, CliError> {
    serde_json::to_string_pretty(report)
        .map_err(|error| CliError::Failed(format!("could not write the report as JSON: {error}")))
}

fn lines(report: &MaintenanceReport) -> Vec<String> {
    let would = if report.dry_run { "would be " } else { "" };
    let line = |change: &Change| {
        let what = match change.action {
            Action::Sealed => "sealed",
            Action::Deleted => "deleted",
        };
        let days = if change.days > 0 { format!(" of {} days", change.days) } else { String::new() };
        let (table, shelf) = (&change.table, change.shelf.as_str());
        format!("{table} ({shelf}): {} rows{days} {would}{what}, about {} bytes", change.rows, change.bytes)
    };
    let mut lines: Vec<String> = report.changes.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("nothing is due".into());
    }
    if report.days_spared > 0 {
        let days = report.days_spared;
        lines.push(format!("{days} days are old enough to go, but their records arrived more recently; they stay"));
    }
    if report.over_cap_bytes > 0 {
        lines.push(format!("the store is still {} bytes above retention.size_cap_mb", report.over_cap_bytes));
    }
    if report.freed_bytes > 0 {
        lines.push(format!("{} bytes were given back to the disk", report.freed_bytes));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::maintain::Shelf;

    #[test]
    fn a_report_says_what_was_done_to_which_table_and_what_was_spared() {
        let change = Change {
            action: Action::Deleted,
            table: "task".into(),
            shelf: Shelf::Rows,
            days: 2,
            rows: 10,
            bytes: 1310,
        };
        let report = MaintenanceReport { changes: vec![change], days_spared: 3, ..MaintenanceReport::default() };
        assert_eq!(
            lines(&report),
            [
                "task (rows): 10 rows of 2 days deleted, about 1310 bytes",
                "3 days are old enough to go, but their records arrived more recently; they stay"
            ]
        );
        let dry = lines(&MaintenanceReport { dry_run: true, ..report });
        assert!(dry[0].contains("would be deleted"), "{dry:?}");
        assert_eq!(lines(&MaintenanceReport::default()), ["nothing is due"]);
    }
}
