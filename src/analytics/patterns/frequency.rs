//! Events at equal intervals: one type of one agent.
//!
//! Chance is asked twice. Random instants put at most a quarter of the intervals within a quarter of their median
//! (17 % of exponential ones, 25 % of uniform ones). And where the agent does other things too, the same events in
//! random order must not be as regular: somebody who does something every second does his commonest thing "every
//! second", too. An agent that hardly does anything else cannot be asked that.

use super::Found;
use super::group::Group;
use super::histogram::{deviation, histogram, median};
use super::log::EventLog;
use super::significance::binomial_tail;
use super::streams::Streams;
use crate::analytics::stats::Moments;
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{
    Beat, Evidence, FrequencyEvidence, LearnSettings, Occurrence, Pattern, PatternType, pattern_id,
};

/// How far an interval may be off the median to count as regular: a quarter.
const BAND: f64 = 0.25;
/// The most of them that random instants put into the band.
const CHANCE: f64 = 0.25;
/// From this share of an agent's events on, a type is all the agent does.
const ALONE: f64 = 0.9;
/// Moments at which random order is asked.
const SAMPLES: usize = 256;
/// From so many missing beats on, the agent was not there to beat, and nothing was missed.
const PAUSE: f64 = 100.0;
/// At least this share of the time between pauses must be regular: beats in a hurry between long waits are no rhythm.
const SHARE_MIN: f64 = 0.5;
/// Intervals between two pauses, at least, in the mean.
const RUN_MIN: f64 = 5.0;

/// Looks at every type of every agent.
pub(super) fn find(log: &EventLog, streams: &Streams, settings: &LearnSettings, now: Micros) -> Found {
    let mut found = Found::default();
    let least = (settings.min_occurrences as usize).max(3);
    for stream in &streams.all {
        for group in stream.groups.iter().filter(|group| group.times.len() >= least) {
            found.tested += 1;
            if may_be_regular(&group.times, settings.confidence_threshold) {
                found.patterns.extend(rhythm(log, streams, group, &stream.times, settings, now));
            }
        }
    }
    found
}

/// Whether confidence may reach the threshold: half of the intervals at least must be so near the median. Most types
/// fail here, at a tenth of the cost.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "microseconds of an interval")]
fn may_be_regular(times: &[i64], threshold: f64) -> bool {
    let mut intervals: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let half = intervals.len() / 2;
    if intervals.is_empty() {
        return false;
    }
    let (below, upper, _) = intervals.select_nth_unstable(half);
    // Of an even number the median lies between two; either is as near as the rounding allowed for here.
    let upper = *upper;
    let lower = if times.len() % 2 == 1 { below.iter().max().copied().unwrap_or(upper) } else { upper };
    let reach = ((1.0 - threshold) * upper as f64).ceil() as i64 + 1;
    let near = intervals.iter().filter(|interval| (lower - reach..=upper + reach).contains(interval)).count();
    near >= half
}

#[expect(clippy::cast_precision_loss, reason = "microseconds and counts stay far below 2^53")]
fn rhythm(
    log: &EventLog,
    streams: &Streams,
    group: &Group,
    all: &[i64],
    settings: &LearnSettings,
    now: Micros,
) -> Option<Pattern> {
    let times: &[i64] = &group.times;
    let mut intervals: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
    intervals.sort_unstable_by(f64::total_cmp); // sums are the same in whatever order they came
    let middle = median(&mut intervals).filter(|middle| *middle > 0.0)?;
    let mad = deviation(&intervals, middle)?;
    let confidence = (1.0 - mad / middle).max(0.0);
    if confidence < settings.confidence_threshold {
        return None;
    }
    let even: Moments = intervals.iter().copied().filter(|i| (i - middle).abs() <= BAND * middle).collect();
    if !lasts(&intervals, middle, even.sum) {
        return None;
    }
    let (regular, average, stddev) = (even.n, even.mean()?, even.stddev_samp());
    // The median is chosen from the intervals, so one of them lies in the band by force.
    let p_value = binomial_tail(intervals.len() as u64 - 1, regular.saturating_sub(1), chance(group, middle, all));
    let (missed_beats, missed) = missed(times, middle, now);
    let kind = log.kind_names.get(group.kind as usize)?;
    let agent = log.agent_names.get(group.stream as usize)?;
    let swarm = |at: usize| log.swarm_name(streams.row(group, at) as usize).map(str::to_owned);
    Some(Pattern {
        pattern_id: pattern_id(PatternType::Frequency, [kind.as_str(), agent]),
        pattern_type: PatternType::Frequency,
        description: describe(kind, average, stddev),
        events: vec![kind.clone()],
        confidence,
        occurrences: times.len() as u64,
        first_seen: Micros(*times.first()?),
        last_seen: Micros(*times.last()?),
        support: Rate::new(regular, intervals.len() as u64)?,
        lift: None,
        p_value,
        q_value: 1.0,
        recent: (0..times.len())
            .rev()
            .take(Pattern::RECENT_MAX)
            .map(|at| Occurrence {
                from: Micros(times[at]),
                until: Micros(times[at]),
                agent_id: Some(agent.clone()),
                swarm_id: swarm(at),
            })
            .collect(),
        metadata: Evidence::Frequency(FrequencyEvidence {
            agent_id: agent.clone(),
            avg_interval_seconds: average,
            stddev_seconds: stddev,
            median_interval_seconds: middle,
            mad_seconds: mad,
            intervals: histogram(&intervals, 0.0, 3.0 * middle),
            missed_beats,
            missed,
        }),
    })
}

/// Whether the regular intervals, `even` seconds in all, make up the time in which the agent was there, and whether it
/// was there for long enough at a time.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn lasts(intervals: &[f64], middle: f64, even: f64) -> bool {
    let there: Vec<f64> = intervals.iter().copied().filter(|interval| *interval < PAUSE * middle).collect();
    let pauses = intervals.len() - there.len();
    even >= SHARE_MIN * there.iter().sum::<f64>() && there.len() as f64 >= RUN_MIN * (pauses + 1) as f64
}

/// The chance of an interval within the band.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn chance(group: &Group, middle: f64, all: &[i64]) -> f64 {
    let share = (group.len() - 1.0) / (all.len() as f64 - 1.0).max(1.0);
    if share >= ALONE {
        return CHANCE;
    }
    // In random order an event is the n-th after the last of its type with chance share·(1 − share)^(n − 1).
    #[expect(clippy::cast_possible_truncation, reason = "seconds between two events of a log")]
    let (low, high) = (((1.0 - BAND) * middle * 1e6).ceil() as i64, ((1.0 + BAND) * middle * 1e6).floor() as i64);
    let step = all.len().div_ceil(SAMPLES).max(1);
    let (mut sum, mut samples) = (0.0, 0.0);
    for from in (0..all.len()).step_by(step) {
        let rest = &all[from + 1..];
        let before = rest.partition_point(|time| time - all[from] < low);
        let until = rest.partition_point(|time| time - all[from] <= high);
        sum += (1.0 - share).powf(before as f64) - (1.0 - share).powf(until as f64);
        samples += 1.0;
    }
    (sum / samples).max(CHANCE)
}

/// How many beats are missing between the first event and `now`, and the newest silences.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "beats of a silence: 1 to 100"
)]
fn missed(times: &[i64], middle: f64, now: Micros) -> (u64, Vec<Beat>) {
    let beats = |silence: i64| silence as f64 / 1e6 / middle;
    let mut found = Vec::new();
    if let Some(last) = times.last() {
        let silence = beats(now.0 - last);
        if (1.5..PAUSE).contains(&silence) {
            found.push(Beat { after: Micros(*last), until: None, missed: (silence.round() - 1.0).max(1.0) as u64 });
        }
    }
    for pair in times.windows(2).rev() {
        let silence = beats(pair[1] - pair[0]);
        if (1.5..PAUSE).contains(&silence) {
            let missed = (silence.round() - 1.0).max(1.0) as u64;
            found.push(Beat { after: Micros(pair[0]), until: Some(Micros(pair[1])), missed });
        }
    }
    let all = found.iter().map(|beat| beat.missed).sum();
    found.truncate(FrequencyEvidence::MISSED_MAX);
    (all, found)
}

/// `heartbeat every 5.0 s (± 0.2 s)`
fn describe(kind: &str, average: f64, stddev: Option<f64>) -> String {
    let (unit, size) = match average {
        ..1.0 => ("ms", 1e-3),
        ..120.0 => ("s", 1.0),
        ..7200.0 => ("min", 60.0),
        ..172_800.0 => ("h", 3600.0),
        _ => ("d", 86_400.0),
    };
    let spread = stddev.map_or(String::new(), |stddev| format!(" (± {:.1} {unit})", stddev / size));
    format!("{kind} every {:.1} {unit}{spread}", average / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_intervals_must_be_as_near_the_median_as_the_threshold_asks() {
        let times = |intervals: &[i64]| -> Vec<i64> {
            std::iter::once(0)
                .chain(intervals.iter().scan(0, |at, interval| Some(std::mem::replace(at, *at + interval) + interval)))
                .collect()
        };
        // The median is 10, and the median deviation 3: a confidence of 0.7.
        assert!(may_be_regular(&times(&[7, 13, 10, 7, 13]), 0.7));
        assert!(!may_be_regular(&times(&[50, 160, 100, 50, 160]), 0.7), "50 off a median of 100");
        assert!(may_be_regular(&times(&[50, 160, 100, 50, 160]), 0.5));
        assert!(may_be_regular(&times(&[100, 100]), 1.0) && !may_be_regular(&[5], 0.0));
    }
}
