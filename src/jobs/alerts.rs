//! Looks at the alert rules every `alerts.interval`, and moves alerts on.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::now;
use crate::model::alert::AlertState;
use crate::service::Service;

/// How long after its start a server looks first.
const FIRST: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    let settings = &service.settings().alerts;
    if !settings.enabled {
        return;
    }
    let interval = Duration::from_secs(settings.interval.as_seconds().into());
    let mut pause = FIRST.min(interval);
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        match service.look_at_alerts(now()).await {
            Ok(evaluation) => {
                for change in &evaluation.changes {
                    let (rule, summary) = (&change.rule, &change.summary);
                    match change.to {
                        AlertState::Firing => tracing::warn!(rule, summary, "an alert fires"),
                        AlertState::Resolved => tracing::info!(rule, summary, "an alert is resolved"),
                        AlertState::Pending | AlertState::Inactive => {}
                    }
                }
            }
            Err(error) => tracing::warn!(error = %error.problem(), "could not look at alerts; trying again later"),
        }
        pause = interval;
    }
}
