//! The log file: appended to, rotated by time, some of the old ones kept.
//!
//! A disk that is full, a folder that is gone: lines are lost and counted, standard error says so once, and the
//! program goes on. As soon as the file can be written again it says how many lines are missing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::Rotation;

/// A log file. Lines of several threads do not mix.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    /// How many old files are kept.
    keep: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: Option<File>,
    /// The hour or day, counted from the epoch, whose lines the file holds.
    period: i64,
    /// Lines that could not be written since it last could.
    lost: u64,
    /// Whether the last line may have been cut off.
    torn: bool,
}

impl Rotation {
    /// Which hour or day `at` lies in.
    fn period(self, at: DateTime<Utc>) -> i64 {
        match self {
            Self::Never => 0,
            Self::Hourly => at.timestamp().div_euclid(3600),
            Self::Daily => at.timestamp().div_euclid(86_400),
        }
    }

    /// What stands behind the name of a file that holds the lines of `period`.
    fn suffix(self, period: i64) -> String {
        let start = |seconds: i64| DateTime::from_timestamp(period.saturating_mul(seconds), 0).unwrap_or_default();
        match self {
            Self::Never => String::new(),
            Self::Hourly => start(3600).format("%Y-%m-%dT%H").to_string(),
            Self::Daily => start(86_400).format("%Y-%m-%d").to_string(),
        }
    }
}

impl LogFile {
    /// Opens `path` for appending; makes it and its folder where they are missing. A file whose last line is of an
    /// earlier hour or day is set aside first.
    ///
    /// # Errors
    /// What the system says, with the path.
    pub(super) fn open(path: &Path, rotation: Rotation, keep: u32) -> Result<Self, (PathBuf, io::Error)> {
        let fail = |error| (path.to_owned(), error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let now = Utc::now();
        let written = std::fs::metadata(path).and_then(|found| found.modified()).map(DateTime::<Utc>::from);
        let period = rotation.period(written.unwrap_or(now));
        let file = append(path).map_err(fail)?;
        let state = State { file: Some(file), period, lost: 0, torn: false };
        let log = Self { path: path.to_owned(), rotation, keep: keep as usize, state: Mutex::new(state) };
        log.turn(&mut log.lock(), now);
        Ok(log)
    }

    /// Appends a line, which ends in a line feed.
    pub(super) fn write(&self, line: &[u8]) {
        self.write_at(line, Utc::now());
    }

    fn write_at(&self, line: &[u8], now: DateTime<Utc>) {
        let mut state = self.lock();
        self.turn(&mut state, now);
        match self.append(&mut state, line) {
            Ok(()) if state.lost > 0 => {
                let lost = std::mem::take(&mut state.lost);
                tell(&format!("{} can be written again; {lost} lines are missing in it", self.path.display()));
            }
            Ok(()) => {}
            Err(error) => {
                if state.lost == 0 {
                    let path = self.path.display();
                    tell(&format!("could not write {path} ({error}); lines go to standard error only until it can be"));
                }
                state.lost += 1;
                state.torn = state.file.is_some();
            }
        }
    }

    fn append(&self, state: &mut State, line: &[u8]) -> io::Result<()> {
        let torn = state.torn;
        let file = match &mut state.file {
            Some(file) => file,
            none => none.insert(append(&self.path)?),
        };
        if torn {
            file.write_all(b"\n")?; // so that the next line is whole
        }
        file.write_all(line)?;
        state.torn = false;
        Ok(())
    }

    /// Opens the file anew: what held its name was renamed by somebody else.
    pub(super) fn reopen(&self) {
        let mut state = self.lock();
        state.torn = false;
        // If that fails now, the next line tries again and says so.
        state.file = append(&self.path).ok();
    }

    /// Sets the file aside when its hour or day is over.
    fn turn(&self, state: &mut State, now: DateTime<Utc>) {
        let period = self.rotation.period(now);
        if period <= state.period {
            return; // nor when the clock was set back
        }
        let ended = std::mem::replace(&mut state.period, period);
        if let Err(error) = self.set_aside(state, &self.rotation.suffix(ended)) {
            tell(&format!("could not set {} aside ({error}); it goes on growing", self.path.display()));
        }
        state.file = append(&self.path).ok();
    }

    fn set_aside(&self, state: &State, suffix: &str) -> io::Result<()> {
        let place = |found: std::fs::Metadata| (found.dev(), found.ino());
        let named = std::fs::metadata(&self.path).map(place);
        let held = state.file.as_ref().and_then(|file| file.metadata().ok()).map(place);
        if named.as_ref().ok() != held.as_ref() || std::fs::metadata(&self.path)?.len() == 0 {
            return Ok(()); // somebody else did it, or there is nothing to keep
        }
        let name = self.path.as_os_str().to_string_lossy();
        let mut target = PathBuf::from(format!("{name}.{suffix}"));
        let mut again = 1;
        while target.exists() {
            again += 1;
            target = PathBuf::from(format!("{name}.{suffix}-{again}"));
        }
        std::fs::rename(&self.path, target)?;
        self.prune()
    }

    /// Deletes the oldest files that were set aside beyond those to keep: their names sort by time.
    fn prune(&self) -> io::Result<()> {
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let prefix = format!("{}.", self.path.file_name().unwrap_or_default().to_string_lossy());
        let mut old: Vec<PathBuf> = std::fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                name.strip_prefix(&prefix).is_some_and(is_suffix)
            })
            .collect();
        old.sort();
        let surplus = old.len().saturating_sub(self.keep);
        old.into_iter().take(surplus).try_for_each(std::fs::remove_file)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether [`Rotation::suffix`] could have written it: a file somebody else put there is not ours to delete.
fn is_suffix(text: &str) -> bool {
    text.get(..10).is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'T'))
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Standard error is all there is to say it on; when that is gone, too, nobody is left to tell.
fn tell(words: &str) {
    let _ = writeln!(io::stderr().lock(), "swarmscope: {words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_day_has_its_file_and_the_oldest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("logs").join("s.log");
        let log = LogFile::open(&path, Rotation::Daily, 2).expect("a file");
        std::fs::write(path.with_file_name("s.log.mine"), "kept").expect("written");
        log.lock().period = Rotation::Daily.period(at("2030-01-01T00:00:00Z"));
        for day in 1..=5 {
            for hour in [0, 23] {
                log.write_at(
                    format!("day {day} hour {hour}\n").as_bytes(),
                    at(&format!("2030-01-0{day}T{hour:02}:59:59Z")),
                );
            }
        }
        let logs = path.parent().expect("a folder");
        assert_eq!(names(logs), ["s.log", "s.log.2030-01-03", "s.log.2030-01-04", "s.log.mine"]);
        let read = |name: &str| std::fs::read_to_string(logs.join(name)).expect("text");
        assert_eq!(read("s.log.2030-01-04"), "day 4 hour 0\nday 4 hour 23\n");
        assert_eq!(read("s.log"), "day 5 hour 0\nday 5 hour 23\n");
    }

    #[test]
    fn a_file_that_another_program_renamed_is_begun_anew_on_request() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.log");
        let log = LogFile::open(&path, Rotation::Never, 7).expect("a file");
        log.write(b"one\n");
        std::fs::rename(&path, folder.path().join("s.log.1")).expect("renamed");
        log.write(b"two\n");
        log.reopen();
        log.write(b"three\n");
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("text");
        assert_eq!((read("s.log.1"), read("s.log")), ("one\ntwo\n".into(), "three\n".into()));
    }

    #[test]
    fn lines_that_find_no_room_are_lost_and_counted_and_those_after_are_whole() {
        // Every write to it fails as on a full disk.
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.log");
        let log = LogFile::open(&path, Rotation::Never, 7).expect("a file");
        log.lock().file = Some(append(full).expect("it opens"));
        log.write(b"lost\n");
        log.write(b"lost\n");
        let state = |log: &LogFile| {
            let state = log.lock();
            (state.lost, state.torn)
        };
        assert_eq!(state(&log), (2, true));
        log.lock().file = Some(append(&path).expect("it opens"));
        log.write(b"whole\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "\nwhole\n");
        assert_eq!(state(&log), (0, false));
    }

    #[test]
    fn hours_are_told_apart_by_name() {
        let hour = Rotation::Hourly.period(at("2026-11-22T13:59:59Z"));
        assert_eq!(Rotation::Hourly.suffix(hour), "2026-11-22T13");
        assert!(is_suffix("2026-11-22T13") && is_suffix("2026-11-22-2"));
        assert!(!is_suffix("gz") && !is_suffix("2026-11-22.gz") && !is_suffix("2026-13-01"));
    }
}
