//! Watches over the server itself: samples the processor, writes down that it is up, and says once when it cannot do
//! its work any more, and when it can again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FIRST, now};
use crate::analytics::system::UPTIME_TICK;
use crate::model::Micros;
use crate::service::Service;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(15);

/// Runs until `stop`, and notes then that the end was asked for.
pub async fn run(service: Service, stop: CancellationToken) {
    service.serve_since(now());
    let (mut noted, mut pause) = (None, FIRST);
    let mut ready = true;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        service.sample_cpu();
        let now = now();
        if noted.is_none()
            && let Err(error) = service.add_up_past(now).await
        {
            tracing::warn!(error = %error.problem(), "could not add up past days; the first scrape tries again");
        }
        if noted.is_none_or(|noted: Micros| now.0 - noted.0 >= UPTIME_TICK) {
            noted = Some(now);
            note(&service, false).await;
        }
        ready = look(&service, ready).await;
        pause = LOOK;
    }
    note(&service, true).await;
}

async fn note(service: &Service, ends: bool) {
    if let Err(error) = service.note_up(now(), ends).await {
        tracing::error!(error = %error.problem(), "could not write down that the server is up");
    }
}

/// Says what changed; returns whether all is well now.
async fn look(service: &Service, was_ready: bool) -> bool {
    let checks = service.readiness().await;
    let failing: Vec<String> =
        checks.iter().filter_map(|(name, result)| Some(format!("{name}: {}", result.as_ref().err()?))).collect();
    let ready = failing.is_empty();
    if !ready && was_ready {
        tracing::error!(critical = true, "the server cannot do its work: {}", failing.join("; "));
    } else if ready && !was_ready {
        tracing::info!("the server can do its work again");
    }
    ready
}
