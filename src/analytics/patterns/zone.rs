//! A time zone as a table of its offsets: where zones come from is not this room's business.

use crate::model::Micros;
use crate::model::time::{DAY, HOUR};

/// The offsets from UTC of a zone, by the instants from which on they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// The name shown.
    name: String,
    /// The offset before the first change, in microseconds.
    first: i64,
    /// Instants with the offset that holds from then on, ascending.
    changes: Vec<(i64, i64)>,
}

/// A day and an hour on the clock of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Local {
    /// Days since 1970-01-01.
    pub day: i64,
    /// 0 to 23.
    pub hour: u8,
}

impl Local {
    /// 0 = Monday.
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((self.day + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// Weeks since the Monday before 1970-01-01.
    pub fn week(self) -> i64 {
        (self.day + 3).div_euclid(7)
    }
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self::new("UTC", 0, Vec::new())
    }

    /// A zone that is `first` microseconds ahead of UTC until the first of `changes`, each of which says from when on
    /// another offset holds.
    #[must_use]
    pub fn new(name: &str, first: i64, mut changes: Vec<(Micros, i64)>) -> Self {
        changes.sort_unstable_by_key(|(from, _)| *from);
        Self { name: name.to_owned(), first, changes: changes.into_iter().map(|(from, by)| (from.0, by)).collect() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn local(&self, time: i64) -> Local {
        let before = self.changes.partition_point(|(from, _)| *from <= time);
        let offset = before.checked_sub(1).and_then(|i| self.changes.get(i)).map_or(self.first, |(_, offset)| *offset);
        let local = time.saturating_add(offset);
        Local { day: local.div_euclid(DAY), hour: u8::try_from(local.rem_euclid(DAY) / HOUR).unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_the_hours_its_zone_gives_it() {
        let at = |text: &str| Micros::parse_rfc3339(text, None).expect("a time");
        // Berlin, last Sunday of March 2026.
        let berlin = Zone::new("Europe/Berlin", HOUR, vec![(at("2026-03-29T01:00:00Z"), 2 * HOUR)]);
        let before = berlin.local(at("2026-03-29T00:59:59Z").0);
        let after = berlin.local(at("2026-03-29T01:00:00Z").0);
        assert_eq!((before.hour, after.hour), (1, 3), "two o'clock does not happen");
        assert_eq!((before.day, before.weekday()), (after.day, 6));
        assert_eq!(berlin.local(at("2026-03-29T22:30:00Z").0).weekday(), 0, "already Monday there");
        assert_eq!(Zone::utc().local(-1), Local { day: -1, hour: 23 });
    }
}
