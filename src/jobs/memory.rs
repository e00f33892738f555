//! Deletes session memory that expired. Nobody waits for it: readers ignore what expired from the instant it does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FIRST, now};
use crate::service::Service;

/// How often it looks; nothing is written when nothing expired.
const LOOK: Duration = Duration::from_secs(60);

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut pause = FIRST;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = LOOK;
        match service.expire_memory(now()).await {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "deleted expired memory"),
            Err(error) => {
                tracing::warn!(error = %error.problem(), "could not delete expired memory; trying again later")
            }
        }
    }
}
