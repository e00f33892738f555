//! Empties the write buffer every `write_buffer.flush_interval_seconds`, and as soon as it holds `max_size` records.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::Service;

/// Runs until `stop`. What is being written then is written: the store answers for it.
pub async fn run(service: Service, stop: CancellationToken) {
    let settings = service.settings().write_buffer;
    if !settings.enabled {
        return;
    }
    let interval = Duration::from_secs_f64(settings.flush_interval_seconds);
    loop {
        let due = async {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = service.buffer_full() => {}
            }
        };
        if stop.run_until_cancelled(due).await.is_none() {
            return;
        }
        if let Err(error) = service.flush().await {
            tracing::warn!(error = %error.problem(), waiting = service.buffer_gauge().waiting, "the write buffer could not be emptied; trying again");
            // A full buffer must not make this a busy loop while the store is down.
            if stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_none() {
                return;
            }
        }
    }
}
