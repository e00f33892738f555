//! When a message is tried again.

use crate::model::time::{MINUTE, SECOND};
use crate::notify::SendError;

/// The pause after each attempt but the last: an hour and a half in all, time to repair a receiver.
const PAUSES: [i64; 7] = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 30 * MINUTE];
/// How often a message is tried.
pub(super) const ATTEMPTS_MAX: u32 = PAUSES.len() as u32 + 1;
/// The longest that a receiver may make us wait.
const ASKED_MAX: i64 = 60 * MINUTE;

/// Microseconds until the next attempt after the `attempts`-th; `None` = it is given up.
pub(super) fn pause(attempts: u32, error: &SendError) -> Option<i64> {
    if !error.transient() {
        return None;
    }
    let place = usize::try_from(attempts.saturating_sub(1)).ok()?;
    let own = *PAUSES.get(place)?;
    let asked = error.retry_after().map_or(0, |asked| i64::try_from(asked.as_micros()).unwrap_or(ASKED_MAX));
    Some(own.max(asked.min(ASKED_MAX)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn refused(status: u16, transient: bool, retry_after: Option<u64>) -> SendError {
        SendError::Refused {
            status,
            answer: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
            transient,
        }
    }

    #[test]
    fn pauses_grow_and_the_eighth_attempt_is_the_last() {
        let down = refused(503, true, None);
        let seconds: Vec<_> = (1..=9).map(|attempts| pause(attempts, &down).map(|pause| pause / SECOND)).collect();
        let expected = [10, 30, 120, 300, 900, 1800, 1800].map(Some);
        assert_eq!(seconds[..7], expected);
        assert_eq!((seconds[7], seconds[8], ATTEMPTS_MAX), (None, None, 8));
    }

    #[test]
    fn a_receiver_that_says_when_is_heard_within_reason() {
        assert_eq!(pause(1, &refused(429, true, Some(45))), Some(45 * SECOND));
        assert_eq!(pause(1, &refused(429, true, Some(3))), Some(10 * SECOND), "never sooner than by itself");
        assert_eq!(pause(1, &refused(429, true, Some(1_000_000))), Some(60 * MINUTE));
    }

    #[test]
    fn what_cannot_get_better_by_itself_is_not_tried_again() {
        assert_eq!(pause(1, &refused(400, false, None)), None);
        assert_eq!(pause(1, &SendError::Redirect { status: 302 }), None);
        assert!(pause(1, &SendError::Timeout { seconds: 5 }).is_some());
    }
}
