//! What the machine says: processor time of this process, memory, disk. Read from Linux's `/proc` and control groups
//! (version 2); elsewhere what cannot be read is `None`.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Clock ticks a second in `/proc/self/stat`; 100 on every Linux that Rust runs on.
const TICKS: u64 = 100;
/// Where control groups are mounted.
const GROUPS: &str = "/sys/fs/cgroup";

/// Bytes in use, of bytes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In use.
    pub used: u64,
    /// There are.
    pub total: u64,
    /// That may still be taken.
    pub free: u64,
}

/// Processor time this process spent so far.
#[must_use]
pub fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold blanks; user and system time are the 12th and 13th word after it.
    let mut words = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = words.next()?.parse().ok()?;
    let system: u64 = words.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1000 / TICKS))
}

/// Memory of this process that is in RAM, in bytes.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    kib(&std::fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Address space of this process, in bytes.
#[must_use]
pub fn virtual_bytes() -> Option<u64> {
    kib(&std::fs::read_to_string("/proc/self/status").ok()?, "VmSize:")
}

/// Memory in use by everybody: of the container where it is limited to less than the machine, else of the machine.
#[must_use]
pub fn memory() -> Option<Space> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let (total, free) = (kib(&info, "MemTotal:")?, kib(&info, "MemAvailable:")?);
    let machine = Space { used: total.saturating_sub(free), total, free };
    Some(group_memory().filter(|group| group.total < total).unwrap_or(machine))
}

/// The same of the control group this process is in, if it is limited.
fn group_memory() -> Option<Space> {
    let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    // Inside a container its group is the root of what it sees.
    let folders = [PathBuf::from(format!("{GROUPS}{path}")), PathBuf::from(GROUPS)];
    folders.iter().find_map(|folder| {
        let number = |file: &str| -> Option<u64> {
            std::fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok() // `max` is no limit
        };
        let (total, current) = (number("memory.max")?, number("memory.current")?);
        // Pages of files that nobody uses are given back when memory is short.
        let stat = std::fs::read_to_string(folder.join("memory.stat")).ok()?;
        let idle = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse().ok()).unwrap_or(0);
        let used = current.saturating_sub(idle);
        Some(Space { used, total, free: total.saturating_sub(used) })
    })
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The file system that `path` lies on, as `df` counts it: what is kept for the superuser is not there.
#[must_use]
pub fn disk(path: &Path) -> Option<Space> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    let (used, free) = (bytes(found.f_blocks.saturating_sub(found.f_bfree)), bytes(found.f_bavail));
    Some(Space { used, total: used.saturating_add(free), free })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_everything() {
        let memory = memory().expect("memory");
        assert!(memory.used > 0 && memory.used < memory.total, "{memory:?}");
        assert!(resident_bytes().expect("pages") < memory.total);
        assert!(cpu_time().is_some());
        let folder = tempfile::tempdir().expect("a folder");
        let disk = disk(&folder.path().join("s.db")).expect("a disk");
        assert_eq!(disk.used + disk.free, disk.total);
        assert!(disk.total > 0);
    }

    #[test]
    fn a_size_is_read_by_its_name() {
        let text = "MemTotal:       16384 kB\nMemAvailable:    4096 kB\n";
        assert_eq!(kib(text, "MemAvailable:"), Some(4096 * 1024));
        assert_eq!(kib(text, "MemFree:"), None);
    }
}
