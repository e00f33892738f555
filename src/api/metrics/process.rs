//! The standard `process_…` metrics, read from Linux's `/proc`; elsewhere what cannot be read is left out.

use std::time::{SystemTime, UNIX_EPOCH};

use super::gauge;
use crate::wire::exposition::{Exposition, Family, Kind};

/// Clock ticks a second in `/proc/self/stat`; 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

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
    one(&CPU, cpu_seconds());
    one(&RESIDENT, status_kib("VmRSS:").map(|kib| kib * 1024.0));
    one(&VIRTUAL, status_kib("VmSize:").map(|kib| kib * 1024.0));
    one(&OPEN, std::fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as f64));
    one(&MAX, max_fds());
    one(&START, started.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs_f64()));
}

fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; user and system time are the 12th and 13th word after it.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = words.next()?.parse().ok()?;
    let system: f64 = words.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn status_kib(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn max_fds() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
