//! The key metrics: uptime, response time, error rate, processor, memory, disk, size of the database.

use super::super::Service;
use super::{lock, machine};
use crate::analytics::system::{grade_high, grade_low};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::system::{Limits, Vital, VitalKind};

/// What stands where only a server could know.
const NO_SERVER: &str = "a running server knows it: ask it with --url";

impl Service {
    /// All of them, in the order of the guide.
    pub(super) async fn key_metrics(&self, now: Micros) -> Vec<Vital> {
        let limits = self.settings().health;
        let serves = lock(&self.system.started).is_some();
        let lately = lock(&self.system.window).lately(now);
        let known = |known: &str, yet: &str| if serves { known.to_owned() + yet } else { NO_SERVER.to_owned() };
        let questions = match lately.timed {
            0 => known("nobody asked in the last 5 minutes", ""),
            n => format!("p95 of {n} questions in the last 5 minutes"),
        };
        let requests = match lately.failed {
            None => known("no requests in the last 5 minutes", ""),
            Some(rate) => format!("{} of {} requests in the last 5 minutes", rate.numerator, rate.denominator),
        };
        let gauge = self.store().gauge();
        #[expect(clippy::cast_precision_loss, reason = "files stay far below 2^53 bytes")]
        let size = (gauge.file_bytes + gauge.wal_bytes) as f64;
        vec![
            self.uptime_metric(now, &limits.uptime).await,
            valued(VitalKind::ResponseTime, lately.p95_ms, limits.response_p95_ms, questions),
            share(VitalKind::ErrorRate, lately.failed, limits.error_rate, requests),
            self.cpu_metric(&limits.cpu, serves),
            share(VitalKind::Memory, memory(), limits.memory, memory_basis()),
            share(VitalKind::Disk, self.disk(), limits.disk, self.disk_basis()),
            valued(VitalKind::DatabaseSize, Some(size), limits.database_bytes, "file and write-ahead log".into()),
        ]
    }

    async fn uptime_metric(&self, now: Micros, limits: &Limits) -> Vital {
        let (rate, basis) = match self.uptime(now).await {
            Ok(Some(rate)) => (Some(rate), "of the time it was meant to run in the last 30 days".to_owned()),
            Ok(None) => (None, "no server ran over this file yet".to_owned()),
            Err(error) => (None, error.problem().detail),
        };
        let value = rate.map(Rate::ratio);
        let status = grade_high(value, limits);
        let (metric, unit) = (VitalKind::Uptime, VitalKind::Uptime.unit());
        Vital { metric, value, unit, rate, limits: *limits, status, basis }
    }

    fn cpu_metric(&self, limits: &Limits, serves: bool) -> Vital {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let rate = self.cpu();
        let basis = match (rate, serves) {
            (Some(_), _) => format!("of this process, of {cores} cores, over the last minute"),
            (None, true) => "it has just started".to_owned(),
            (None, false) => NO_SERVER.to_owned(),
        };
        share(VitalKind::Cpu, rate, *limits, basis)
    }

    /// Bytes in use of the store's file system.
    fn disk(&self) -> Option<Rate> {
        machine::disk(self.store().path()).and_then(|disk| Rate::new(disk.used, disk.total))
    }

    fn disk_basis(&self) -> String {
        format!("of the file system of {}", self.store().path().display())
    }
}

fn memory() -> Option<Rate> {
    machine::memory().and_then(|memory| Rate::new(memory.used, memory.total))
}

fn memory_basis() -> String {
    let own = machine::resident_bytes().map(|bytes| format!("; this process {} MiB", bytes >> 20));
    format!("of the machine or its container, by everybody{}", own.unwrap_or_default())
}

/// A share that should be low.
fn share(metric: VitalKind, rate: Option<Rate>, limits: Limits, basis: String) -> Vital {
    Vital { rate, ..valued(metric, rate.map(Rate::ratio), limits, basis) }
}

/// A value that should be low.
fn valued(metric: VitalKind, value: Option<f64>, limits: Limits, basis: String) -> Vital {
    Vital { metric, value, unit: metric.unit(), rate: None, limits, status: grade_low(value, &limits), basis }
}
