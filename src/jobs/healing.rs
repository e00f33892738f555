//! Looks for healings in the events of agents that had news, every [`LOOK`]. Nobody waits for it: answers say how many
//! agents were not looked through yet.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::now;
use crate::service::Service;

/// How often it looks. Without news it is a look at an empty table.
const LOOK: Duration = Duration::from_secs(5);

/// Runs until `stop`. What is being stored then is stored: every stretch of time is a whole one.
pub async fn run(service: Service, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        match stop.run_until_cancelled(service.find_healings(now())).await {
            None => return,
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(error = %error.problem(), "could not look for healings; trying again later");
            }
        }
    }
}
