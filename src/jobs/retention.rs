//! Cleans up every `retention.cleanup_interval_hours`. After a start it waits a little, so that the first pages and
//! records come first, and then catches up if the last cleanup is too long ago, also that of another process.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::now;
use crate::model::maintain::MaintenanceTask;
use crate::service::Service;

/// How long after its start a server leaves the store alone.
const FIRST: Duration = Duration::from_secs(60);
/// How often it looks whether a cleanup is due: one process may have done it for the other, and computers sleep.
const LOOK: Duration = Duration::from_secs(15 * 60);

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    if !service.settings().retention.auto_cleanup {
        return;
    }
    let mut pause = FIRST;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = LOOK;
        // What is being done when the server stops is left where it is: every step is a whole one.
        if stop.run_until_cancelled(clean_if_due(&service)).await.is_none() {
            return;
        }
    }
}

async fn clean_if_due(service: &Service) {
    match service.next_cleanup().await {
        Ok(Some(next)) if next > now() => return,
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(%error, "could not see when the last cleanup was; trying again later");
            return;
        }
    }
    let task = MaintenanceTask::Cleanup { older_than_days: None, dry_run: false };
    match service.run_maintenance(task, now()).await {
        Ok(report) => {
            let rows: u64 = report.changes.iter().map(|change| change.rows).sum();
            tracing::info!(rows, tables = report.changes.len(), spared = report.days_spared, "cleaned up");
        }
        Err(error) => tracing::warn!(error = %error.problem(), "the cleanup did not end well; trying again later"),
    }
}
