//! When a key metric of the program is good, and how long it was up.
//!
//! Not here: the key metrics themselves (`service::system`), and the health of agents (`health`).

use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::system::{Grade, Limits, UptimeLog, UptimeSpan};
use crate::model::time::{DAY, MINUTE, SECOND};

/// How far back uptime is counted.
pub const UPTIME_WINDOW: i64 = 30 * DAY;
/// How often a server notes that it is up.
pub const UPTIME_TICK: i64 = MINUTE;
/// Silence within a run that is still none: two ticks and some patience for a busy store.
const SILENCE: i64 = 2 * UPTIME_TICK + UPTIME_TICK / 2;
/// Most spans that are kept: beyond, the oldest go, and uptime is counted from the first that is left.
const SPANS_MAX: usize = 500;

/// Grades a value that should be low: good below or at the target, critical above the threshold.
#[must_use]
pub fn grade_low(value: Option<f64>, limits: &Limits) -> Grade {
    match value {
        None => Grade::Unknown,
        Some(value) if value > limits.critical => Grade::Critical,
        Some(value) if limits.target.is_some_and(|target| value > target) => Grade::Warning,
        Some(_) => Grade::Ok,
    }
}

/// Grades a value that should be high.
#[must_use]
pub fn grade_high(value: Option<f64>, limits: &Limits) -> Grade {
    match value {
        None => Grade::Unknown,
        Some(value) if value < limits.critical => Grade::Critical,
        Some(value) if limits.target.is_some_and(|target| value < target) => Grade::Warning,
        Some(_) => Grade::Ok,
    }
}

/// Notes that the server which started at `started` can write at `now`; `ends` says that it was asked to stop.
pub fn note_up(log: &mut UptimeLog, started: Micros, now: Micros, ends: bool) {
    match log.spans.last_mut() {
        // A clock that was set back makes no time go away.
        Some(last) if last.from >= started && !last.planned && now.0.saturating_sub(last.until.0) <= SILENCE => {
            last.until = last.until.max(now);
            last.planned = ends;
        }
        last => {
            // A run that was silent for long begins anew: in between it could not write.
            let resumed = last.is_some_and(|last| last.from >= started);
            let from = if resumed { now } else { started.min(now) };
            log.spans.push(UptimeSpan { from, until: now, planned: ends });
        }
    }
    let oldest = now.0.saturating_sub(UPTIME_WINDOW);
    log.spans.retain(|span| span.until.0 >= oldest);
    let surplus = log.spans.len().saturating_sub(SPANS_MAX);
    log.spans.drain(..surplus);
}

/// Whether a server looks at the alert rules every `interval` microseconds, as far as it has been written down. One that
/// crashed counts for as long as it might just not have said so yet.
#[must_use]
pub fn is_watched(log: &UptimeLog, interval: i64, now: Micros) -> bool {
    log.alerts_looked.is_some_and(|looked| now.0.saturating_sub(looked.0) <= SILENCE + interval)
}

/// Seconds up of seconds that a server was meant to be, over the last 30 days; `None` before the first is over. What
/// lies between a stop that was asked for and the next start was not meant to be.
#[must_use]
pub fn uptime(log: &UptimeLog, now: Micros) -> Option<Rate> {
    let oldest = now.0.saturating_sub(UPTIME_WINDOW);
    let (mut up, mut meant) = (0, 0);
    for (place, span) in log.spans.iter().enumerate() {
        let from = span.from.0.max(oldest);
        let length = span.until.0.saturating_sub(from).max(0);
        let next = log.spans.get(place + 1).map_or(now.0, |next| next.from.0);
        let after = next.saturating_sub(span.until.0.max(from)).max(0);
        up += length;
        meant += length;
        match log.spans.get(place + 1) {
            _ if span.planned => {}
            // It may just not have said so yet.
            None if after <= SILENCE => (up, meant) = (up + after, meant + after),
            _ => meant += after,
        }
    }
    let seconds = |micros: i64| (micros / SECOND).unsigned_abs();
    Rate::new(seconds(up), seconds(meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Micros {
        Micros(1_767_268_800_000_000 + minutes * MINUTE)
    }

    /// A server from `from` to `until`, minutes, noting every minute.
    fn run(log: &mut UptimeLog, from: i64, until: i64, planned: bool) {
        for minute in from + 1..until {
            note_up(log, at(from), at(minute), false);
        }
        note_up(log, at(from), at(until), planned);
    }

    fn share(log: &UptimeLog, now: i64) -> Option<(u64, u64)> {
        uptime(log, at(now)).map(|rate| (rate.numerator / 60, rate.denominator / 60))
    }

    #[test]
    fn alerts_are_watched_while_the_last_look_is_not_older_than_two_notes_that_failed_to_come() {
        let looked = |alerts_looked| UptimeLog { alerts_looked, ..UptimeLog::default() };
        assert!(!is_watched(&looked(None), MINUTE, at(0)));
        assert!(is_watched(&looked(Some(at(0))), MINUTE, at(3)));
        assert!(!is_watched(&looked(Some(at(0))), MINUTE, at(4)), "2 ½ minutes of silence, and a minute between looks");
    }

    #[test]
    fn a_stop_that_was_asked_for_is_no_downtime_and_a_crash_is() {
        let mut log = UptimeLog::default();
        assert_eq!(share(&log, 0), None);
        run(&mut log, 0, 60, true);
        assert_eq!(share(&log, 500), Some((60, 60)), "nobody wants it to run now");
        run(&mut log, 500, 530, false);
        assert_eq!(share(&log, 531), Some((91, 91)), "it may just not have said so yet");
        assert_eq!(share(&log, 540), Some((90, 100)), "it went without a word");
        run(&mut log, 540, 550, true);
        assert_eq!(share(&log, 900), Some((100, 110)));
        assert_eq!(log.spans.len(), 3);
    }

    #[test]
    fn a_store_that_could_not_be_written_for_a_while_was_down() {
        let mut log = UptimeLog::default();
        run(&mut log, 0, 10, false);
        note_up(&mut log, at(0), at(20), false); // the same run, after ten minutes of failures
        note_up(&mut log, at(0), at(21), true);
        assert_eq!(share(&log, 21), Some((11, 21)));
    }

    #[test]
    fn only_thirty_days_count_and_a_flapping_server_is_bounded() {
        let mut log = UptimeLog::default();
        run(&mut log, 0, 10, false);
        let month = 30 * 24 * 60;
        note_up(&mut log, at(month + 5), at(month + 6), true);
        // Of the first run minutes 6 to 10 are left, then 29 days and some until the next start are down.
        assert_eq!(share(&log, month + 6), Some((5, month.unsigned_abs())));
        let mut log = UptimeLog::default();
        for start in 0..2000 {
            note_up(&mut log, at(start * 5), at(start * 5 + 1), false);
        }
        assert_eq!(log.spans.len(), SPANS_MAX);
    }

    #[test]
    fn a_value_at_its_limit_has_not_passed_it() {
        let low = Limits { target: Some(100.0), critical: 500.0 };
        let of = |value| grade_low(Some(value), &low);
        assert_eq!([100.0, 100.1, 500.0, 500.1].map(of), [Grade::Ok, Grade::Warning, Grade::Warning, Grade::Critical]);
        let high = Limits { target: Some(0.999), critical: 0.99 };
        let of = |value| grade_high(Some(value), &high);
        assert_eq!([0.999, 0.9989, 0.99, 0.98].map(of), [Grade::Ok, Grade::Warning, Grade::Warning, Grade::Critical]);
        assert_eq!(grade_low(None, &low), Grade::Unknown);
        assert_eq!(grade_low(Some(9e9), &Limits { target: None, critical: 1e10 }), Grade::Ok);
    }
}
