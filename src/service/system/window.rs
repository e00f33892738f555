//! What was answered in the last minutes, in slots of ten seconds that are taken anew when their turn comes.

use crate::analytics::sketch::Sketch;
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::time::{MINUTE, SECOND};

/// How far back it remembers.
pub const WINDOW: i64 = 5 * MINUTE;
/// How long a slot is.
const SLOT: i64 = 10 * SECOND;
/// Slots of the window, and the one that is being filled.
const SLOTS: usize = (WINDOW / SLOT) as usize + 1;

/// Requests of the last minutes.
#[derive(Debug)]
pub struct Window {
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    /// Which ten seconds since the epoch it holds.
    number: i64,
    requests: u64,
    failed: u64,
    asked: Sketch,
}

/// What the last minutes held.
#[derive(Debug, Clone, PartialEq)]
pub struct Lately {
    /// Requests that failed by our own fault, of all; `None` without any.
    pub failed: Option<Rate>,
    /// Questions that were timed.
    pub timed: u64,
    /// 95th percentile of their times in milliseconds, within 1 %; `None` without any.
    pub p95_ms: Option<f64>,
}

impl Default for Window {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); SLOTS] }
    }
}

impl Window {
    /// Counts an answer given at `now`; `asked_ms` is the time it took, if it was an answer to a question.
    pub fn note(&mut self, now: Micros, failed: bool, asked_ms: Option<f64>) {
        let number = now.0.div_euclid(SLOT);
        let place = usize::try_from(number.rem_euclid(SLOTS as i64)).unwrap_or(0);
        let Some(slot) = self.slots.get_mut(place) else { return };
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        slot.requests += 1;
        slot.failed += u64::from(failed);
        if let Some(millis) = asked_ms {
            slot.asked.add(millis);
        }
    }

    /// The last minutes up to `now`.
    #[must_use]
    pub fn lately(&self, now: Micros) -> Lately {
        let last = now.0.div_euclid(SLOT);
        let fresh = self.slots.iter().filter(|slot| (last - SLOTS as i64 + 1..=last).contains(&slot.number));
        let (mut failed, mut requests, mut asked) = (0, 0, Sketch::default());
        for slot in fresh {
            failed += slot.failed;
            requests += slot.requests;
            asked.merge(&slot.asked);
        }
        Lately { failed: Rate::new(failed, requests), timed: asked.count(), p95_ms: asked.quantile(0.95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_five_minutes_is_forgotten() {
        let start = Micros(1_767_268_800_000_000);
        let at = |seconds: i64| Micros(start.0 + seconds * SECOND);
        let mut window = Window::default();
        assert_eq!(window.lately(start), Lately { failed: None, timed: 0, p95_ms: None });
        for second in 0..100 {
            window.note(at(second), second % 10 == 0, (second < 50).then_some(20.0));
        }
        let lately = window.lately(at(100));
        assert_eq!((lately.failed, lately.timed), (Rate::new(10, 100), 50));
        let p95 = lately.p95_ms.expect("timed");
        assert!((19.8..=20.2).contains(&p95), "{p95}");
        assert_eq!(window.lately(at(300)).failed, Rate::new(10, 100), "the first ten seconds are just within");
        assert_eq!(window.lately(at(310)).failed, Rate::new(9, 90));
        assert_eq!(window.lately(at(10_000)).failed, None);
        window.note(at(10_000), true, None);
        assert_eq!(window.lately(at(10_000)).failed, Rate::new(1, 1), "a slot is taken anew");
    }
}
