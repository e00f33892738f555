//! Tells channels what became of alerts, as soon as it did, and tries again what did not arrive.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::now;
use crate::service::Service;

/// How often it looks. Without news it is a look at two empty indices.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until `stop`. A message that is being sent then is sent again by the next server.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut reminded = Instant::now();
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        match stop.run_until_cancelled(service.deliver(now())).await {
            None => return,
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(error = %error.problem(), "could not tell channels of alerts; trying again");
            }
        }
        if reminded.elapsed() < Service::REMIND {
            continue;
        }
        reminded = Instant::now();
        match stop.run_until_cancelled(service.remind(now())).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(error = %error.problem(), "could not tell an Alertmanager again what fires");
            }
        }
    }
}
