//! How agents are doing, by their heartbeats, and when a part of a swarm's health is in trouble.
//!
//! Boundaries belong to the worse state: an agent whose last beat is exactly one interval ago is degraded. Not here:
//! finding beats (`store`), the clock.

use crate::model::Micros;
use crate::model::health::{AgentHealth, HealthState, HeartbeatSettings, IntervalBasis, PartStatus};
use crate::model::time::SECOND;

/// What is known of an agent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs<'a> {
    /// Its last beats, ascending.
    pub beats: &'a [i64],
    /// Its type.
    pub agent_type: Option<&'a str>,
    /// When its present life began.
    pub spawned: Option<i64>,
    /// Whether that life ended.
    pub over: bool,
    /// When, if it is known.
    pub ended: Option<i64>,
}

/// The state of an agent at `now`.
///
/// A beat of an earlier life says that it beats, not that this one does: then it has one interval from its start to
/// beat again. A beat after the end of its life counts like any other.
#[must_use]
pub fn agent_health(signs: &Signs<'_>, settings: &HeartbeatSettings, now: Micros) -> AgentHealth {
    let (interval, basis) = interval(signs, settings);
    let of_type = signs.agent_type.and_then(|name| settings.types.get(name));
    let threshold = of_type.and_then(|of| of.threshold).unwrap_or(settings.threshold);
    let last = signs.beats.last().copied();
    let beats_still = last.zip(signs.ended).is_some_and(|(beat, end)| beat > end);
    let (state, elapsed) = match last {
        _ if signs.over && !beats_still => (HealthState::Finished, None),
        None => (HealthState::Unknown, None),
        Some(beat) => {
            let elapsed = now.0.saturating_sub(beat.max(signs.spawned.unwrap_or(beat)));
            (state(elapsed, interval, threshold), Some(elapsed))
        }
    };
    AgentHealth {
        state,
        last_beat: last.map(Micros),
        elapsed_ms: elapsed.map(|micros| micros.div_euclid(1000)),
        interval_ms: interval / 1000,
        basis,
        threshold,
        beats: u32::try_from(signs.beats.len()).unwrap_or(u32::MAX),
    }
}

/// The state `elapsed` after a beat, both in microseconds. The threshold is looked at last, so one of 2 or less
/// leaves nothing critical.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "spans of years stay exact to the microsecond")]
pub fn state(elapsed: i64, interval: i64, threshold: f64) -> HealthState {
    if elapsed as f64 >= interval as f64 * threshold {
        HealthState::Failed
    } else if elapsed < interval {
        HealthState::Healthy
    } else if elapsed < interval.saturating_mul(2) {
        HealthState::Degraded
    } else {
        HealthState::Critical
    }
}

/// Within how many microseconds the agent is expected to beat, and why.
#[expect(clippy::cast_possible_truncation, reason = "settings are checked to be at most some years")]
fn interval(signs: &Signs<'_>, settings: &HeartbeatSettings) -> (i64, IntervalBasis) {
    let micros = |seconds: f64| ((seconds * SECOND as f64) as i64).max(1);
    let of_type = signs.agent_type.and_then(|name| settings.types.get(name)?.interval_seconds);
    if let Some(seconds) = of_type {
        return (micros(seconds), IntervalBasis::AgentType);
    }
    let learned = settings.learn.then(|| rhythm(signs.beats, settings.learn_beats_min)).flatten();
    match learned {
        Some(interval) => (interval, IntervalBasis::Learned),
        None => (micros(settings.interval_seconds), IntervalBasis::Default),
    }
}

/// The median of the intervals between `beats` (ascending), in microseconds; of an even number, the mean of the two
/// in the middle. `None` with fewer than `beats_min` beats, or when most of them came at once.
#[must_use]
pub fn rhythm(beats: &[i64], beats_min: u32) -> Option<i64> {
    if beats.len() < (beats_min as usize).max(2) {
        return None;
    }
    let mut gaps: Vec<i64> = beats.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    gaps.sort_unstable();
    let middle = gaps.len() / 2;
    let median = if gaps.len() % 2 == 1 { gaps[middle] } else { i64::midpoint(gaps[middle - 1], gaps[middle]) };
    (median > 0).then_some(median)
}

/// A share that should be high: degraded below the one, critical below the other.
#[must_use]
pub fn share_status(share: Option<f64>, degraded_below: f64, critical_below: f64) -> PartStatus {
    match share {
        None => PartStatus::Unknown,
        Some(share) if share < critical_below => PartStatus::Critical,
        Some(share) if share < degraded_below => PartStatus::Degraded,
        Some(_) => PartStatus::Healthy,
    }
}

/// A load that should be low: degraded at the one, critical at the other.
#[must_use]
pub fn load_status(load: Option<f64>, degraded_at: f64, critical_at: f64) -> PartStatus {
    match load {
        None => PartStatus::Unknown,
        Some(load) if load >= critical_at => PartStatus::Critical,
        Some(load) if load >= degraded_at => PartStatus::Degraded,
        Some(_) => PartStatus::Healthy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::HeartbeatOfType;

    const S: i64 = SECOND;

    /// An agent of type `coder` that beat at these seconds, asked at `now` seconds, with an interval of 10 s.
    fn at(beats: &[i64], now: i64, change: impl FnOnce(&mut HeartbeatSettings)) -> AgentHealth {
        let beats: Vec<i64> = beats.iter().map(|second| second * S).collect();
        let mut settings = HeartbeatSettings { interval_seconds: 10.0, ..HeartbeatSettings::default() };
        change(&mut settings);
        let signs = Signs { beats: &beats, agent_type: Some("coder"), ..Signs::default() };
        agent_health(&signs, &settings, Micros(now * S))
    }

    #[test]
    fn exactly_one_two_and_three_intervals_belong_to_the_worse_state() {
        use HealthState::{Critical, Degraded, Failed, Healthy};
        let of = |elapsed| state(elapsed, 10 * S, 3.0);
        assert_eq!([of(-5 * S), of(0), of(10 * S - 1)], [Healthy; 3]);
        assert_eq!([of(10 * S), of(20 * S - 1)], [Degraded; 2]);
        assert_eq!([of(20 * S), of(30 * S - 1)], [Critical; 2]);
        assert_eq!([of(30 * S), of(i64::MAX)], [Failed; 2]);
    }

    #[test]
    fn a_threshold_of_two_leaves_nothing_critical_and_one_of_five_more() {
        let of = |elapsed, threshold| state(elapsed * S, 10 * S, threshold);
        assert_eq!((of(19, 2.0), of(20, 2.0)), (HealthState::Degraded, HealthState::Failed));
        assert_eq!((of(49, 5.0), of(50, 5.0)), (HealthState::Critical, HealthState::Failed));
        assert_eq!(of(15, 1.5), HealthState::Failed);
    }

    #[test]
    fn who_never_beat_is_unknown_and_has_nothing_to_be_late_by() {
        let health = at(&[], 1_000, |_| {});
        assert_eq!((health.state, health.elapsed_ms, health.last_beat), (HealthState::Unknown, None, None));
    }

    #[test]
    fn an_agent_is_held_against_its_own_rhythm_from_five_beats_on() {
        // Intervals 60 60 60: four beats are too few, so 10 s hold and 30 s are too late.
        let early = at(&[0, 60, 120, 180], 210, |_| {});
        assert_eq!((early.basis, early.state), (IntervalBasis::Default, HealthState::Failed));
        // 60 60 60 600 60: the median is 60, whatever the pause; 59 s later all is well, 60 s later it is late.
        let beats = [0, 60, 120, 180, 780, 840];
        let learned = at(&beats, 899, |_| {});
        assert_eq!(
            (learned.basis, learned.interval_ms, learned.state),
            (IntervalBasis::Learned, 60_000, HealthState::Healthy)
        );
        assert_eq!(
            (at(&beats, 900, |_| {}).state, at(&beats, 1_020, |_| {}).state),
            (HealthState::Degraded, HealthState::Failed)
        );
        assert_eq!(at(&beats, 899, |settings| settings.learn = false).state, HealthState::Failed);
    }

    #[test]
    fn what_is_set_for_a_type_wins_over_what_was_learned() {
        let set = |settings: &mut HeartbeatSettings| {
            let of_type = HeartbeatOfType { interval_seconds: Some(300.0), threshold: Some(2.0) };
            settings.types.insert("coder".into(), of_type);
        };
        let health = at(&[0, 60, 120, 180, 240], 500, set);
        assert_eq!((health.basis, health.interval_ms, health.threshold), (IntervalBasis::AgentType, 300_000, 2.0));
        assert_eq!(health.state, HealthState::Healthy, "260 s of 300");
        // Of a type that sets the threshold only, the rhythm is still learned.
        let threshold = |settings: &mut HeartbeatSettings| {
            settings.types.insert("coder".into(), HeartbeatOfType { interval_seconds: None, threshold: Some(9.0) });
        };
        let health = at(&[0, 60, 120, 180, 240], 500, threshold);
        assert_eq!(
            (health.basis, health.threshold, health.state),
            (IntervalBasis::Learned, 9.0, HealthState::Critical)
        );
    }

    #[test]
    fn an_ended_life_is_finished_unless_it_beats_on() {
        let settings = HeartbeatSettings { interval_seconds: 10.0, ..HeartbeatSettings::default() };
        let beats = [5 * S];
        let ended = |ended| Signs { beats: &beats, over: true, ended, ..Signs::default() };
        let of = |signs: &Signs<'_>| agent_health(signs, &settings, Micros(6 * S)).state;
        assert_eq!(of(&ended(Some(5 * S))), HealthState::Finished);
        assert_eq!(of(&ended(None)), HealthState::Finished);
        assert_eq!(of(&ended(Some(5 * S - 1))), HealthState::Healthy, "it beat after its end");
        assert_eq!(of(&Signs { over: true, ..Signs::default() }), HealthState::Finished, "although it never beat");
    }

    #[test]
    fn a_new_life_has_an_interval_from_its_start_to_beat_in() {
        let settings = HeartbeatSettings { interval_seconds: 10.0, ..HeartbeatSettings::default() };
        let signs = Signs { beats: &[S], spawned: Some(100 * S), ..Signs::default() };
        let of = |now: i64| agent_health(&signs, &settings, Micros(now * S)).state;
        assert_eq!((of(109), of(110), of(130)), (HealthState::Healthy, HealthState::Degraded, HealthState::Failed));
    }

    #[test]
    fn the_median_of_an_even_number_of_intervals_lies_between_the_middle_ones() {
        assert_eq!(rhythm(&[0, 10, 30], 2), Some(15));
        assert_eq!(rhythm(&[0, 10, 30, 130], 2), Some(20));
        assert_eq!(rhythm(&[7, 7, 7], 2), None, "beats at one instant have no rhythm");
        assert_eq!(rhythm(&[7], 0), None);
    }

    #[test]
    fn shares_are_judged_from_below_and_loads_from_above() {
        let share = |share| share_status(share, 0.95, 0.8);
        assert_eq!(
            [share(None), share(Some(0.95)), share(Some(0.94)), share(Some(0.8)), share(Some(0.79))],
            [
                PartStatus::Unknown,
                PartStatus::Healthy,
                PartStatus::Degraded,
                PartStatus::Degraded,
                PartStatus::Critical
            ]
        );
        let load = |load| load_status(load, 50.0, 100.0);
        assert_eq!(
            [load(None), load(Some(49.0)), load(Some(50.0)), load(Some(100.0))],
            [PartStatus::Unknown, PartStatus::Healthy, PartStatus::Degraded, PartStatus::Critical]
        );
    }
}
