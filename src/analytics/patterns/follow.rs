//! One thing followed by another within a window, in the same stream: what correlations and precursors count.

use super::group::Group;
use super::histogram::{histogram, median};
use super::pairs::Reach;
use super::sequence::{LIFT_MIN, advance};
use super::significance::binomial_tail;
use super::streams::{Streams, Widths};
use crate::model::pattern::{Histogram, LearnSettings};

/// Moments in a stream from which on something is waited for, ascending.
#[derive(Debug, Clone)]
pub(super) struct Lead<'a> {
    /// The group whose events these moments are.
    pub group: &'a Group,
    pub moments: &'a [i64],
}

/// How often the moments were followed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    /// All moments.
    pub trials: u64,
    /// Those that were followed within the window.
    pub hits: u64,
    /// How many different events followed them.
    pub met: u64,
    /// Moments whose windows do not overlap: only these are independent trials.
    pub apart: u64,
    /// Those of them that were followed.
    pub apart_hits: u64,
    /// The chance of a hit, had the two nothing to do with each other: at any moment, or in a random order of the
    /// stream's events, whichever is more.
    pub chance: f64,
    /// The same at any moment alone: it looks at no other type.
    pub expected: f64,
}

impl Counts {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn confidence(&self) -> f64 {
        if self.trials == 0 { 0.0 } else { self.hits as f64 / self.trials as f64 }
    }

    /// Whether there is enough to ask for chance.
    pub fn enough(&self, settings: &LearnSettings) -> bool {
        let least = u64::from(settings.min_occurrences);
        self.hits >= least && self.met >= least && self.confidence() >= settings.confidence_threshold
    }

    /// Whether it is more than chance, and more than a hit of chance `floor`.
    pub fn stands_out(&self, floor: f64, settings: &LearnSettings) -> bool {
        self.confidence() >= LIFT_MIN * self.expected
            && (self.hits < LearnSettings::CONTROLLED_FROM || self.p_value(floor) <= settings.false_discovery_rate)
    }

    /// Finds what chance would make of it.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn weigh(&mut self, streams: &Streams, leads: &[Lead<'_>], then: u32, width: usize, widths: Widths) {
        let (mut expected, mut chance, mut all) = (0.0, 0.0, 0.0);
        for lead in leads {
            let weight = lead.moments.len() as f64;
            all += weight;
            if let Some(group) = streams.group(lead.group.stream, then) {
                expected += weight * Streams::cover(lead.group, group, width, widths);
                chance += weight * streams.shuffled(lead.group, group, width);
            }
        }
        if all > 0.0 {
            self.expected = expected / all;
            self.chance = (chance / all).max(self.expected);
        }
    }

    pub fn lift(&self) -> Option<f64> {
        (self.expected > 0.0).then(|| self.confidence() / self.expected)
    }

    /// The chance of so many hits, if a hit has at least the chance `floor`.
    pub fn p_value(&self, floor: f64) -> f64 {
        binomial_tail(self.apart, self.apart_hits, self.chance.max(floor))
    }
}

/// Counts how often `then` follows the moments within the width.
pub(super) fn count(streams: &Streams, leads: &[Lead<'_>], then: u32, width: usize, widths: Widths) -> Counts {
    let mut counts = Counts::default();
    let window = widths.0[width];
    for lead in leads {
        counts.trials += lead.moments.len() as u64;
        let Some(group) = streams.group(lead.group.stream, then) else {
            counts.apart += apart(lead.moments, window);
            continue;
        };
        let times = &group.times;
        let (mut at, mut met, mut open) = (0, None, i64::MIN);
        for &moment in lead.moments {
            at = advance(times, at, moment);
            let hit = times.get(at).is_some_and(|time| time - moment <= window);
            counts.hits += u64::from(hit);
            if hit && met != Some(at) {
                met = Some(at);
                counts.met += 1;
            }
            if moment >= open {
                open = moment.saturating_add(window);
                counts.apart += 1;
                counts.apart_hits += u64::from(hit);
            }
        }
    }
    counts.weigh(streams, leads, then, width, widths);
    counts
}

/// The counts of a pair of types.
pub(super) fn of_pair(trials: [u64; 2], reach: Reach) -> Counts {
    let [trials, apart] = trials;
    Counts {
        trials,
        hits: u64::from(reach.hits),
        met: u64::from(reach.met),
        apart,
        apart_hits: u64::from(reach.apart_hits),
        ..Counts::default()
    }
}

fn apart(moments: &[i64], window: i64) -> u64 {
    let mut open = i64::MIN;
    moments
        .iter()
        .filter(|moment| {
            **moment >= open && {
                open = moment.saturating_add(window);
                true
            }
        })
        .count() as u64
}

/// A moment that was followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// The moment.
    pub from: i64,
    /// Its place in the lead's moments.
    pub nth: usize,
    /// Which lead.
    pub lead: usize,
    /// When it was followed.
    pub until: i64,
    /// By the event of which row.
    pub by: u32,
}

/// The moments that were followed, in the order of the leads.
pub(super) fn hits(streams: &Streams, leads: &[Lead<'_>], then: u32, window: i64) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (lead, Lead { group, moments }) in leads.iter().enumerate() {
        let Some(group) = streams.group(group.stream, then) else { continue };
        let times = &group.times;
        let mut at = 0;
        for (nth, &from) in moments.iter().enumerate() {
            at = advance(times, at, from);
            match times.get(at) {
                Some(&until) if until - from <= window => {
                    hits.push(Hit { from, nth, lead, until, by: streams.row(group, at) });
                }
                Some(_) => {}
                None => break,
            }
        }
    }
    hits
}

/// The median of the leads in milliseconds, and the leads as a histogram over the window.
#[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^53")]
pub(super) fn lead_times(hits: &[Hit], window: i64) -> Option<(f64, Histogram)> {
    let mut leads: Vec<f64> = hits.iter().map(|hit| (hit.until - hit.from) as f64 / 1e3).collect();
    let middle = median(&mut leads)?;
    Some((middle, histogram(&leads, 0.0, window as f64 / 1e3)))
}

/// The events of a type as leads.
pub(super) fn leads(streams: &Streams, kind: u32) -> Vec<Lead<'_>> {
    streams.of_kind(kind).map(|group| Lead { group, moments: &group.times }).collect()
}
