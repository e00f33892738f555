//! The standard `process_…` metrics, read from Linux's `/proc`; elsewhere what cannot be read is left out.

use std::time::{SystemTime, UNIX_EPOCH};

use super::gauge;
use crate::service::system::machine;
use crate::wire::exposition::{Exposition, Family, Kind};

const CPU: Family = Family {
    name: "process_cpu_seconds",
    kind: Kind::Counter,
    unit: "seconds",
    help: "Total user and system CPU time spent.",
};
const RESIDENT: Family = gauge("process_resident_memory_bytes", "bytes", "Resident memory size.");
const VIRTUAL: Family = gauge("process_virtual_memory_bytes", "bytes", "Virtual memory size.");
const OPEN: Family = gauge("process_open_fds", "", "Number of open file descriptors.");
const MAX: Family = gauge("process_max_fds", "", "Maximum number of open file descriptors.");
const START: Family = gauge("process_start_time_seconds", "seconds", "Start time of the process since the Unix epoch.");

/// Writes what can be read.
#[expect(clippy::cast_precision_loss, reason = "sizes and counts far below 2^53")]
pub fn write(text: &mut Exposition, started: SystemTime) {
    let mut one = |family: &Family, value: Option<f64>| {
        if let Some(value) = value {
            text.standard_family(family);
            text.sample(&[], value);
        }
    };
    one(&CPU, machine::cpu_time().map(|spent| spent.as_secs_f64()));
    one(&RESIDENT, machine::resident_bytes().map(|bytes| bytes as f64));
    one(&VIRTUAL, machine::virtual_bytes().map(|bytes| bytes as f64));
    one(&OPEN, std::fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as f64));
    one(&MAX, max_fds());
    one(&START, started.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs_f64()));
}

fn max_fds() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
