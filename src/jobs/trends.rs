//! Looks again what degrades, for the Overview, if something was written since. It takes at most a twentieth of the
//! time: the more agents there are, the rarer it looks.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::now;
use crate::service::Service;

/// How long after its start a server looks first.
const FIRST: Duration = Duration::from_millis(500);
/// How often it looks at most.
const LOOK: Duration = Duration::from_secs(60);
/// How many times as long as it took it waits at least.
const REST: u32 = 20;

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    let mut pause = FIRST;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        let started = Instant::now();
        let Some(done) = stop.run_until_cancelled(service.refresh_degradations(now())).await else { return };
        if let Err(error) = done {
            tracing::warn!(error = %error.problem(), "could not look for degradations; trying again later");
        }
        pause = LOOK.max(started.elapsed() * REST);
    }
}
