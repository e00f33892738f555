//! Marks agents as stale that say they are at work and were not heard of for `agents.stale_after_minutes`. They are
//! never called failed for it: nobody knows what became of them. What they send next takes the mark away.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FIRST, now};
use crate::service::Service;

/// How often it looks. It is a look at one small row an agent.
const LOOK: Duration = Duration::from_secs(30);

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut pause = FIRST;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = LOOK;
        match service.mark_stale(now()).await {
            Ok(0) => {}
            Ok(agents) => tracing::info!(agents, "marked agents as stale"),
            Err(error) => tracing::warn!(error = %error.problem(), "could not mark stale agents; trying again later"),
        }
    }
}
