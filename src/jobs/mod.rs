//! The clock's door: what the server does without being asked, one job a file. A job asks what time it is, calls one
//! function of `service`, and waits; it ends promptly when told to.

pub mod alerts;
pub mod channels;
pub mod flush;
pub mod healing;
pub mod memory;
pub mod patterns;
pub mod retention;
pub mod stale;
pub mod trends;
pub mod watch;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::model::Micros;
use crate::service::Service;

/// How long after its start a server leaves the store alone, so that the first pages come first.
const FIRST: Duration = Duration::from_secs(2);

/// The jobs of one server.
#[derive(Debug)]
pub struct Jobs {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Jobs {
    /// Starts every job.
    #[must_use]
    pub fn start(service: &Service) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(retention::run(service.clone(), stop.clone()));
        tasks.spawn(flush::run(service.clone(), stop.clone()));
        tasks.spawn(stale::run(service.clone(), stop.clone()));
        tasks.spawn(memory::run(service.clone(), stop.clone()));
        tasks.spawn(patterns::run(service.clone(), stop.clone()));
        tasks.spawn(healing::run(service.clone(), stop.clone()));
        tasks.spawn(trends::run(service.clone(), stop.clone()));
        tasks.spawn(alerts::run(service.clone(), stop.clone()));
        tasks.spawn(channels::run(service.clone(), stop.clone()));
        tasks.spawn(watch::run(service.clone(), stop.clone()));
        tasks.close();
        Self { stop, tasks }
    }

    /// Tells every job to end and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

/// What time it is.
fn now() -> Micros {
    Micros(chrono::Utc::now().timestamp_micros())
}
