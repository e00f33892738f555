//! What retention asks for: which days are old enough to be sealed, to lose their hours, to go.
//!
//! Everything is done by whole UTC days. The age of a day counts from its end or from the moment its last record
//! arrived, whichever is later, so that importing last year's records does not age them at once.
//!
//! Not here: doing it (`store`, `service::maintain`).

use crate::model::maintain::{CompressionSettings, RetentionSettings};
use crate::model::time::DAY;
use crate::model::{Dataset, Micros};

/// What is known of one day of one dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayState {
    /// Whose day.
    pub dataset: Dataset,
    /// Midnight at its start.
    pub day: Micros,
    /// When the last of its records was stored.
    pub arrived: Micros,
    /// Whether it holds rows that may go.
    pub rows: bool,
    /// Whether it holds sealed records.
    pub sealed: bool,
    /// Whether its hours were taken away.
    pub hourless: bool,
    /// Whether a run before was cut off while deleting it.
    pub doomed: bool,
}

impl DayState {
    /// How long ago the day ended, or its last record arrived, in microseconds; negative for today.
    #[must_use]
    pub fn age(&self, now: Micros) -> i64 {
        now.0.saturating_sub(self.end().max(self.arrived.0))
    }

    fn end(&self) -> i64 {
        self.day.0.saturating_add(DAY)
    }
}

/// What is done to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// It goes, with everything that was made from it.
    Delete,
    /// Its hours go.
    TakeHours,
    /// Its rows become chunks.
    Seal,
}

/// One step of a cleanup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub due: Due,
    /// To whom.
    pub dataset: Dataset,
    /// To which day.
    pub day: Micros,
}

/// What a cleanup has to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What goes first, since it makes room; then what loses its hours; then what is sealed. Oldest days first.
    pub steps: Vec<Step>,
    /// Days old enough to go whose records arrived too recently.
    pub spared: u64,
}

/// After how many days what is done; `None` = never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    seal: Option<u32>,
    take_hours: Option<u32>,
    delete: u32,
}

impl Policy {
    /// What the settings say. Without compression nothing is sealed, and rows stay until their day goes.
    #[must_use]
    pub fn new(retention: &RetentionSettings, compression: &CompressionSettings) -> Self {
        let seal = retention.detailed_days.max(compression.min_age_days);
        Self {
            seal: compression.enabled.then_some(seal),
            take_hours: Some(retention.hourly_days),
            delete: retention.daily_days,
        }
    }

    /// Only delete what is older than `days`.
    #[must_use]
    pub fn older_than(days: u32) -> Self {
        Self { seal: None, take_hours: None, delete: days }
    }

    /// What is due for `day`.
    #[must_use]
    pub fn due(&self, day: &DayState, now: Micros) -> Option<Due> {
        let is = |days: u32| day.age(now) >= i64::from(days) * DAY;
        if day.doomed || (is(self.delete) && (day.rows || day.sealed)) {
            Some(Due::Delete)
        } else if has_hours(day.dataset) && !day.hourless && self.take_hours.is_some_and(is) {
            Some(Due::TakeHours)
        } else if seals(day.dataset) && day.rows && self.seal.is_some_and(is) {
            Some(Due::Seal)
        } else {
            None
        }
    }

    /// What has to be done to `days`.
    #[must_use]
    pub fn plan(&self, days: &[DayState], now: Micros) -> Plan {
        let mut plan = Plan::default();
        for day in days {
            let aged = now.0.saturating_sub(day.end()) >= i64::from(self.delete) * DAY;
            let due = self.due(day, now);
            plan.spared += u64::from(aged && (day.rows || day.sealed) && due != Some(Due::Delete));
            plan.steps.extend(due.map(|due| Step { due, dataset: day.dataset, day: day.day }));
            if due == Some(Due::TakeHours) && self.due(&DayState { hourless: true, ..*day }, now) == Some(Due::Seal) {
                plan.steps.push(Step { due: Due::Seal, dataset: day.dataset, day: day.day });
            }
        }
        plan.steps.sort_by_key(|step| (step.due, step.day, step.dataset));
        plan
    }
}

/// Whether hours are kept of it per agent or series; those of the fleet stay as long as their day.
fn has_hours(dataset: Dataset) -> bool {
    matches!(dataset, Dataset::Tasks | Dataset::AgentMetrics | Dataset::SwarmMetrics)
}

/// Whether its records can be sealed. The registry and memory are read by key, and small.
#[must_use]
pub fn seals(dataset: Dataset) -> bool {
    !matches!(dataset, Dataset::Agents | Dataset::Memory)
}

/// The day that goes next when the store is too large: the oldest sealed one, else the oldest of all, but never
/// today or yesterday.
#[must_use]
pub fn next_victim(days: &[DayState], now: Micros) -> Option<Step> {
    let yesterday = now.0.div_euclid(DAY).saturating_sub(1).saturating_mul(DAY);
    let old = || days.iter().filter(|day| day.day.0 < yesterday && seals(day.dataset));
    let oldest = |sealed: bool| {
        let found = old().filter(|day| if sealed { day.sealed } else { day.rows });
        found.min_by_key(|day| (day.day, day.dataset))
    };
    let day = oldest(true).or_else(|| oldest(false))?;
    Some(Step { due: Due::Delete, dataset: day.dataset, day: day.day })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z
    const TODAY: i64 = NOON.0 - DAY / 2;

    /// A day of tasks `back` days before today, whose records arrived at its end.
    fn day(back: i64) -> DayState {
        let start = TODAY - back * DAY;
        DayState {
            dataset: Dataset::Tasks,
            day: Micros(start),
            arrived: Micros(start + DAY),
            rows: true,
            sealed: false,
            hourless: false,
            doomed: false,
        }
    }

    fn policy() -> Policy {
        Policy::new(&RetentionSettings::default(), &CompressionSettings::default())
    }

    #[test]
    fn a_day_is_sealed_after_7_loses_its_hours_after_30_and_goes_after_90_whole_days() {
        let due = |back| policy().due(&day(back), NOON);
        // Today ended at no time yet; the day before ended 12 hours ago.
        assert_eq!((due(0), due(1), due(7)), (None, None, None));
        assert_eq!(due(8), Some(Due::Seal), "it ended 7.5 days ago");
        assert_eq!((due(30), due(31)), (Some(Due::Seal), Some(Due::TakeHours)));
        assert_eq!((due(90), due(91)), (Some(Due::TakeHours), Some(Due::Delete)));
    }

    #[test]
    fn age_counts_from_the_arrival_so_an_import_of_last_year_stays() {
        let imported = DayState { arrived: Micros(NOON.0 - DAY), ..day(365) };
        let plan = policy().plan(&[imported], NOON);
        assert_eq!((plan.steps.as_slice(), plan.spared), ([].as_slice(), 1));
        let later = Micros(NOON.0 + 6 * DAY);
        assert_eq!(policy().due(&imported, later), Some(Due::Seal), "a week after it arrived");
    }

    #[test]
    fn what_is_done_is_not_due_again() {
        let done = DayState { rows: false, sealed: true, hourless: true, ..day(40) };
        assert_eq!(policy().due(&done, NOON), None);
        let late = DayState { rows: true, ..done };
        assert_eq!(policy().due(&late, NOON), Some(Due::Seal), "late records are sealed too");
        assert_eq!(
            policy().due(&DayState { sealed: false, ..DayState { day: Micros(TODAY - 91 * DAY), ..done } }, NOON),
            None
        );
    }

    #[test]
    fn the_registry_and_memory_are_only_ever_deleted_and_have_no_hours() {
        for dataset in [Dataset::Agents, Dataset::Memory] {
            let of = |back| policy().due(&DayState { dataset, ..day(back) }, NOON);
            assert_eq!((of(89), of(91)), (None, Some(Due::Delete)));
        }
        let events = DayState { dataset: Dataset::Events, ..day(40) };
        assert_eq!(policy().due(&events, NOON), Some(Due::Seal));
    }

    #[test]
    fn a_plan_makes_room_first_and_takes_the_oldest_first() {
        let days = [day(8), day(40), day(95), day(92), day(9)];
        let steps: Vec<_> =
            policy().plan(&days, NOON).steps.iter().map(|step| (step.due, (TODAY - step.day.0) / DAY)).collect();
        let expected = [
            (Due::Delete, 95),
            (Due::Delete, 92),
            (Due::TakeHours, 40),
            (Due::Seal, 40),
            (Due::Seal, 9),
            (Due::Seal, 8),
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn without_compression_rows_stay_and_a_day_cut_off_is_finished_whatever_its_age() {
        let compression = CompressionSettings { enabled: false, ..Default::default() };
        let policy = Policy::new(&RetentionSettings::default(), &compression);
        assert_eq!(policy.due(&day(20), NOON), None);
        assert_eq!(policy.due(&DayState { doomed: true, rows: false, ..day(3) }, NOON), Some(Due::Delete));
        let patient = CompressionSettings { min_age_days: 20, ..Default::default() };
        assert_eq!(Policy::new(&RetentionSettings::default(), &patient).due(&day(19), NOON), None);
    }

    #[test]
    fn older_than_only_deletes() {
        let plan = Policy::older_than(30).plan(&[day(31), day(30), day(8)], NOON);
        assert_eq!(plan.steps, [Step { due: Due::Delete, dataset: Dataset::Tasks, day: day(31).day }]);
    }

    #[test]
    fn a_store_too_large_loses_its_oldest_sealed_day_then_its_oldest_but_never_yesterday() {
        let sealed = DayState { rows: false, sealed: true, ..day(20) };
        let victim = |days: &[DayState]| next_victim(days, NOON).map(|step| (TODAY - step.day.0) / DAY);
        assert_eq!(victim(&[day(30), sealed, DayState { day: Micros(TODAY - 10 * DAY), ..sealed }]), Some(20));
        assert_eq!(victim(&[day(30), day(3)]), Some(30));
        assert_eq!(victim(&[day(1), day(0)]), None);
        assert_eq!(victim(&[DayState { dataset: Dataset::Agents, ..day(50) }]), None);
    }
}
