//! Temporal patterns: a type that keeps to an hour of the day, or to a day of the week, in the chosen zone.
//!
//! A day is strong for an hour that holds at least twice the share an even spread would give it, 2 ÷ 24 (of a week,
//! 2 ÷ 7). Confidence is the share of active days that are strong, over at least three of them: one burst is no habit.
//!
//! Chance puts a day's strong hours anywhere, as often as the *other* types are active then: who works from nine to
//! five does everything from nine to five, and that says nothing about a type. As many hours as were strong that day are
//! drawn, each once, by the others' shares; the hour in question is among them with some chance, and that is the chance
//! of a strong day. So a burst counts once, however large.

use std::collections::HashMap;
use std::ops::Range;

use super::Found;
use super::log::EventLog;
use super::significance::binomial_tail;
use super::zone::{Local, Zone};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{
    Evidence, LearnSettings, Occurrence, Pattern, PatternType, Season, TemporalEvidence, pattern_id,
};

/// A slot is strong from so many times its even share on.
const STRONG: f64 = 2.0;
/// Days (weeks) that must be active, and strong.
const RECURRING: u64 = 3;
/// How many events of others weigh as much as what is known of the other days.
const PRIOR: f64 = 24.0;
/// Most slots of a season.
const SLOTS: usize = 24;

/// Counts by slot of one cycle: of one day, or of one week.
type Cycle = [u32; SLOTS];

/// How events fall into a season. Events can be added and taken away.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    season: Season,
    slots: usize,
    /// All events by cycle.
    all: HashMap<i64, Cycle>,
    /// Those of each type.
    kinds: Vec<HashMap<i64, Cycle>>,
    /// All events by slot.
    profile: [i64; SLOTS],
}

/// What is known of a type in a slot.
struct Habit {
    slot: u8,
    active: u64,
    strong: u64,
    /// The mean chance of a strong day.
    chance: f64,
}

/// Looks at every type, hour and weekday.
pub(super) fn find(log: &EventLog, calendars: &[Calendar], zone: &Zone, settings: &LearnSettings) -> Found {
    let mut found = Found::default();
    for calendar in calendars {
        for kind in 0..u32::try_from(log.kind_names.len()).unwrap_or(u32::MAX) {
            let total: u64 = calendar.kinds[kind as usize].values().flatten().map(|count| u64::from(*count)).sum();
            if total < u64::from(settings.min_occurrences) {
                continue;
            }
            found.tested += calendar.slots as u64;
            let habit = calendar.habit(kind, settings);
            found.patterns.extend(habit.and_then(|habit| pattern(log, zone, calendar, kind, total, &habit)));
        }
    }
    found
}

impl Calendar {
    /// One without events, for so many types.
    pub fn new(season: Season, kinds: usize) -> Self {
        let slots = match season {
            Season::HourOfDay => 24,
            Season::DayOfWeek => 7,
        };
        Self { season, slots, all: HashMap::new(), kinds: vec![HashMap::new(); kinds], profile: [0; SLOTS] }
    }

    /// Adds the events of these rows (`sign` 1), or takes them away (−1).
    pub fn count(&mut self, log: &EventLog, rows: Range<usize>, zone: &Zone, sign: i32) {
        let rows: Vec<(i64, u8, u32)> = log.times[rows.clone()]
            .iter()
            .zip(&log.kinds[rows])
            .map(|(time, kind)| (zone.local(*time), *kind))
            .map(|(local, kind)| (cycle(self.season, local), slot(self.season, local), kind))
            .collect();
        // Events of one day come together, so the maps are asked once a run.
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut day = [0; SLOTS];
            let mut by_kind: HashMap<u32, Cycle> = HashMap::new();
            for (_, slot, kind) in run {
                day[*slot as usize] += 1;
                by_kind.entry(*kind).or_default()[*slot as usize] += 1;
            }
            self.profile.iter_mut().zip(day).for_each(|(sum, count)| *sum += i64::from(sign) * i64::from(count));
            add(&mut self.all, run[0].0, &day, sign);
            for (kind, counts) in by_kind {
                add(&mut self.kinds[kind as usize], run[0].0, &counts, sign);
            }
        }
    }

    /// Gives types their new numbers; those without one hold nothing.
    pub fn renumber(&mut self, kinds: &[Option<u32>], count: usize) {
        let old = std::mem::replace(&mut self.kinds, vec![HashMap::new(); count]);
        for (days, new) in old.into_iter().zip(kinds) {
            if let Some(place) = new.and_then(|new| self.kinds.get_mut(new as usize)) {
                *place = days;
            }
        }
    }

    /// The slot a type keeps to most, if it keeps to one.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn habit(&self, kind: u32, settings: &LearnSettings) -> Option<Habit> {
        let days = &self.kinds[kind as usize];
        let active = days.len() as u64;
        if active < RECURRING {
            return None;
        }
        let mut strong = [0_u64; SLOTS];
        for day in days.values() {
            strong.iter_mut().enumerate().for_each(|(slot, strong)| *strong += u64::from(self.is_strong(day, slot)));
        }
        let (slot, strong) = (0..self.slots).map(|slot| (slot, strong[slot])).max_by_key(|(_, strong)| *strong)?;
        if strong < RECURRING || (strong as f64) < settings.confidence_threshold * active as f64 {
            return None;
        }
        let own: Vec<f64> = (0..self.slots).map(|slot| days.values().map(|day| f64::from(day[slot])).sum()).collect();
        // In the order of days, so that rounding is the same everywhere.
        let mut order: Vec<&i64> = days.keys().collect();
        order.sort_unstable();
        let chance = order.iter().map(|day| self.chance(&days[*day], &self.all[*day], &own, slot)).sum::<f64>();
        Some(Habit { slot: u8::try_from(slot).ok()?, active, strong, chance: chance / active as f64 })
    }

    #[expect(clippy::cast_precision_loss, reason = "24 or 7")]
    fn is_strong(&self, day: &Cycle, slot: usize) -> bool {
        let total: u32 = day.iter().sum();
        f64::from(day[slot]) * self.slots as f64 >= STRONG * f64::from(total)
    }

    /// The chance that a day's strong slots hit this one.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn chance(&self, day: &Cycle, all: &Cycle, own: &[f64], slot: usize) -> f64 {
        let even = 1.0 / self.slots as f64;
        let others = self.profile.iter().sum::<i64>() as f64 - own.iter().sum::<f64>();
        let today: f64 = all.iter().zip(day).map(|(all, own)| f64::from(all - own)).sum();
        let mut shares: Vec<f64> = (0..self.slots)
            .map(|slot| {
                // The others on all days, drawn towards an even spread where they are few.
                let usual = (self.profile[slot] as f64 - own[slot] + PRIOR * even) / (others + PRIOR);
                (f64::from(all[slot] - day[slot]) + PRIOR * usual) / (today + PRIOR)
            })
            .collect();
        let share = shares.swap_remove(slot);
        let strong = (0..self.slots).filter(|slot| self.is_strong(day, *slot)).count();
        // The slot is missed in every draw, the likeliest others being drawn before it: not less than it would be hit.
        shares.sort_unstable_by(|a, b| b.total_cmp(a));
        let (mut missed, mut left) = (1.0, 1.0);
        for other in shares.iter().take(strong.saturating_sub(1)).chain([&0.0]) {
            missed *= 1.0 - (share / left).min(1.0);
            left = (left - other).max(share);
        }
        1.0 - missed
    }
}

/// Adds counts to those of a cycle, or takes them away; a cycle without events is forgotten.
fn add(cycles: &mut HashMap<i64, Cycle>, cycle: i64, counts: &Cycle, sign: i32) {
    let sums = cycles.entry(cycle).or_default();
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = if sign < 0 { *sum - count } else { *sum + count };
    }
    if sums.iter().all(|sum| *sum == 0) {
        cycles.remove(&cycle);
    }
}

fn cycle(season: Season, local: Local) -> i64 {
    match season {
        Season::HourOfDay => local.day,
        Season::DayOfWeek => local.week(),
    }
}

/// The slot of the season that a moment lies in.
pub(super) fn slot(season: Season, local: Local) -> u8 {
    match season {
        Season::HourOfDay => local.hour,
        Season::DayOfWeek => local.weekday(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn pattern(log: &EventLog, zone: &Zone, calendar: &Calendar, kind: u32, total: u64, habit: &Habit) -> Option<Pattern> {
    let season = calendar.season;
    let name = log.kind_names.get(kind as usize)?;
    let at = usize::from(habit.slot);
    let counts: Vec<u64> = (0..calendar.slots)
        .map(|slot| calendar.kinds[kind as usize].values().map(|day| u64::from(day[slot])).sum())
        .collect();
    let inside = |row: &usize| log.kinds[*row] == kind && slot(season, zone.local(log.times[*row])) == habit.slot;
    let newest: Vec<usize> = (0..log.len()).rev().filter(inside).take(Pattern::RECENT_MAX).collect();
    let others = calendar.profile.iter().sum::<i64>() as f64 - total as f64;
    let share = counts[at] as f64 / total as f64;
    let expected_share = 1.0 / calendar.slots as f64;
    let (what, word) = match season {
        Season::HourOfDay => {
            (format!("between {:02}:00 and {:02}:00 {}", habit.slot, (habit.slot + 1) % 24, zone.name()), "hour")
        }
        Season::DayOfWeek => (format!("on {}", weekday(habit.slot)), "weekday"),
    };
    Some(Pattern {
        pattern_id: pattern_id(PatternType::Temporal, [word, &habit.slot.to_string(), zone.name(), name]),
        pattern_type: PatternType::Temporal,
        description: format!("{name} {what}"),
        events: vec![name.clone()],
        confidence: habit.strong as f64 / habit.active as f64,
        occurrences: counts[at],
        first_seen: Micros(log.times[(0..log.len()).find(inside)?]),
        last_seen: Micros(log.times[*newest.first()?]),
        support: Rate::new(habit.strong, habit.active)?,
        lift: Some(share / expected_share),
        p_value: binomial_tail(habit.active, habit.strong, habit.chance),
        q_value: 1.0,
        metadata: Evidence::Temporal(TemporalEvidence {
            season,
            slot: habit.slot,
            tz: zone.name().to_owned(),
            share,
            expected_share,
            others_share: (others > 0.0).then(|| (calendar.profile[at] as f64 - counts[at] as f64) / others),
            active: habit.active,
            strong: habit.strong,
            counts,
        }),
        recent: newest
            .iter()
            .map(|row| Occurrence {
                from: Micros(log.times[*row]),
                until: Micros(log.times[*row]),
                agent_id: log.agent_name(*row).map(str::to_owned),
                swarm_id: log.swarm_name(*row).map(str::to_owned),
            })
            .collect(),
    })
}

fn weekday(slot: u8) -> &'static str {
    match slot {
        0 => "Mondays",
        1 => "Tuesdays",
        2 => "Wednesdays",
        3 => "Thursdays",
        4 => "Fridays",
        5 => "Saturdays",
        _ => "Sundays",
    }
}
