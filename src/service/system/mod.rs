//! How the program itself is doing: what it notes about its own work while it runs, and the long look at all of it.
//!
//! `metrics` are the key metrics with their targets, `checks` the comprehensive health check. Not here: the short
//! looks of probes (`service::health`), counters for `/metrics` (`api`).

mod checks;
pub mod machine;
mod metrics;
mod window;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Service, ServiceError};
use crate::analytics::system::{note_up, uptime};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::system::{Grade, SystemHealth, UptimeLog};
use crate::store::UPTIME_KEY;

/// Over how long the use of the processor is averaged.
const CPU_WINDOW: Duration = Duration::from_secs(60);

/// What this process notes about its work.
#[derive(Debug, Default)]
pub(super) struct Desk {
    window: Mutex<window::Window>,
    /// Processor time spent at some instants, oldest first: one before the window, the others in it.
    cpu: Mutex<VecDeque<(Instant, Duration)>>,
    started: Mutex<Option<Micros>>,
    draining: AtomicBool,
}

/// The value behind a lock; a thread that panicked while it counted has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// Notes an answer that was given at `now`: whether it failed by our own fault, and how long it took where it
    /// answered a question.
    pub fn answered(&self, now: Micros, failed: bool, asked_ms: Option<f64>) {
        lock(&self.system.window).note(now, failed, asked_ms);
    }

    /// Notes that a server started at `now`.
    pub fn serve_since(&self, now: Micros) {
        *lock(&self.system.started) = Some(now);
        self.sample_cpu();
    }

    /// Notes how much processor time was spent so far.
    pub fn sample_cpu(&self) {
        let Some(spent) = machine::cpu_time() else { return };
        let now = Instant::now();
        let mut samples = lock(&self.system.cpu);
        samples.push_back((now, spent));
        while samples.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= CPU_WINDOW) {
            samples.pop_front();
        }
    }

    /// Writes down that this server can write at `now`; with `ends`, that it was asked to stop.
    ///
    /// # Errors
    /// [`ServiceError::Store`]: then it cannot write, and counts as down.
    pub async fn note_up(&self, now: Micros, ends: bool) -> Result<(), ServiceError> {
        let Some(started) = *lock(&self.system.started) else { return Ok(()) };
        let mut log = self.uptime_log().await?;
        note_up(&mut log, started, now, ends);
        // Another server may watch the same file; it says so itself soon.
        log.alerts_looked = if ends { None } else { self.alerts.looked_at().or(log.alerts_looked) };
        // Numbers only: it cannot fail.
        let text = serde_json::to_string(&log).unwrap_or_default();
        Ok(self.store().set_info(UPTIME_KEY, &text).await?)
    }

    /// Says that requests are answered still, but no new ones should come.
    pub fn drain(&self) {
        self.system.draining.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::drain`] was called.
    pub(super) fn is_draining(&self) -> bool {
        self.system.draining.load(Ordering::Relaxed)
    }

    /// What is known of earlier runs. A text that cannot be read is of a version to come, and counts as none.
    pub(super) async fn uptime_log(&self) -> Result<UptimeLog, ServiceError> {
        let text = self.store().info(UPTIME_KEY).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Seconds up of seconds meant to be.
    async fn uptime(&self, now: Micros) -> Result<Option<Rate>, ServiceError> {
        let mut log = self.uptime_log().await?;
        if let Some(started) = *lock(&self.system.started) {
            note_up(&mut log, started, now, false); // what is not written down yet
        }
        Ok(uptime(&log, now))
    }

    /// Microseconds of processor time spent of those there were, over the last minute or as long as it is known.
    fn cpu(&self) -> Option<Rate> {
        let (since, before) = *lock(&self.system.cpu).front()?;
        let spent = machine::cpu_time()?.saturating_sub(before);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let had = micros(since.elapsed()).saturating_mul(cores as u64);
        // A tick is 10 ms: less than a second is too short to say anything.
        (since.elapsed() >= Duration::from_secs(1)).then(|| Rate::new(micros(spent).min(had), had)).flatten()
    }

    /// The long look at everything. It never fails: what cannot be read is what it reports.
    pub async fn system_health(&self, now: Micros) -> SystemHealth {
        let (checks, active_agents) = self.checks(now).await;
        let metrics = self.key_metrics(now).await;
        SystemHealth {
            now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: *lock(&self.system.started),
            healthy: checks.iter().all(|check| check.healthy),
            status: checks.iter().map(|check| check.status).max().unwrap_or(Grade::Unknown),
            active_agents,
            checks,
            metrics,
        }
    }
}
