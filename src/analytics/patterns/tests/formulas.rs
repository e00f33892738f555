//! Figures that can be checked with pencil and paper.

use super::*;
use crate::model::answer::Rate;
use crate::model::pattern::{Evidence, Scope, Season};
use crate::model::time::MINUTE;

fn lenient() -> LearnSettings {
    LearnSettings { false_discovery_rate: 1.0, ..LearnSettings::default() }
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

/// `rounds` rounds of `kinds`, a second apart.
fn rounds(kinds: &[&str], rounds: usize) -> Vec<Event> {
    (0_i64..)
        .zip(kinds.iter().cycle().take(kinds.len() * rounds))
        .map(|(i, kind)| event(i * SECOND, kind, "a"))
        .collect()
}

#[test]
fn the_documented_example_is_one_sequence_once_two_occurrences_are_enough() {
    let events = rounds(&["task_start", "agent_assigned", "task_complete"], 2);
    assert!(learned(&events, &LearnSettings::default()).patterns.is_empty(), "twice is no evidence");

    let learned = learned(&events, &LearnSettings { min_occurrences: 2, ..LearnSettings::default() });
    let sequences = of(&learned, PatternType::Sequence);
    let [pattern] = sequences.as_slice() else { panic!("one, not {}", sequences.len()) };
    assert_eq!(pattern.description, "task_start → agent_assigned → task_complete");
    assert_eq!((pattern.occurrences, pattern.confidence), (2, 1.0));
    assert!(pattern.p_value > 0.01, "and it says how little that is: {}", pattern.p_value);
    let Evidence::Sequence(evidence) = &pattern.metadata else { panic!("a sequence") };
    assert_eq!((evidence.scope, evidence.streams, evidence.median_duration_ms), (Scope::Agent, 1, 2_000.0));
    assert_eq!(evidence.gaps.iter().map(|gap| gap.median_ms).collect::<Vec<_>>(), [1_000.0, 1_000.0]);
}

#[test]
fn a_perfect_round_is_one_pattern_whose_confidence_is_1() {
    for (kinds, description) in [(["x", "y", "z"].as_slice(), "x → y → z"), (&["tick", "tock"], "tick → tock")] {
        let learned = learned(&rounds(kinds, 20), &LearnSettings::default());
        let sequences = of(&learned, PatternType::Sequence);
        let [pattern] = sequences.as_slice() else { panic!("one, not {sequences:?}") };
        assert_eq!((pattern.description.as_str(), pattern.confidence, pattern.occurrences), (description, 1.0, 20));
        assert_eq!(pattern.support, Rate { numerator: 20, denominator: 20 });
    }
}

#[test]
fn the_confidence_of_a_sequence_is_the_share_of_its_starts_that_the_rest_follows() {
    // Every 1000 s `a`; in 8 of 10 cases `b` 2 s later and `c` 3 s after that, else `b` alone.
    let mut events = Vec::new();
    for i in 0..10 {
        let start = i * 1000 * SECOND;
        events.push(event(start, "a", "agent"));
        events.push(event(start + 2 * SECOND, "b", "agent"));
        if i < 8 {
            events.push(event(start + 5 * SECOND, "c", "agent"));
        }
    }
    let learned = learned(&events, &lenient());
    let sequences = of(&learned, PatternType::Sequence);
    let of = |events: &[&str]| sequences.iter().find(|p| p.events == events).expect("found");
    let (short, long) = (of(&["a", "b"]), of(&["a", "b", "c"]));
    assert_eq!(
        (short.support, long.support),
        (Rate { numerator: 10, denominator: 10 }, Rate { numerator: 8, denominator: 10 })
    );
    near(long.confidence, 0.8);
    assert_eq!(sequences.len(), 2, "b → c is told by a → b → c: {sequences:?}");
    let Evidence::Sequence(evidence) = &long.metadata else { panic!("a sequence") };
    assert_eq!(evidence.gaps.iter().map(|gap| gap.max_ms).collect::<Vec<_>>(), [2_000.0, 3_000.0]);
    near(long.lift.expect("a lift") * evidence.expected_confidence, 0.8);
    assert_eq!(long.recent.len(), 8);
    assert_eq!(long.recent[0].from, Micros(START + 7000 * SECOND), "newest first");
    assert_eq!(long.recent[0].until, Micros(START + 7005 * SECOND));
}

#[test]
fn the_confidence_of_a_rhythm_is_what_the_deviation_leaves_of_the_median() {
    // Intervals of 4.8 and 5.2 s in turn, 20 each, and one silence of 15 s: two beats are missing.
    let mut time = 0;
    let mut events = vec![event(0, "heartbeat", "a")];
    for i in 0..41 {
        time += if i == 20 { 15 * SECOND } else { [4_800_000, 5_200_000][usize::from(i % 2 == 0)] };
        events.push(event(time, "heartbeat", "a"));
    }
    let log = log(&events);
    let now = Micros(START + time + 12 * SECOND);
    let learned = learn(&log, &LearnSettings::default(), &Zone::utc(), now);
    let rhythms = of(&learned, PatternType::Frequency);
    let [pattern] = rhythms.as_slice() else { panic!("one") };
    let Evidence::Frequency(evidence) = &pattern.metadata else { panic!("a rhythm") };
    // 41 intervals: 21 of 4.8 s or so many of 5.2 s around the median.
    let short = (0..41).filter(|i| *i != 20 && i % 2 == 1).count();
    assert_eq!((short, pattern.occurrences), (20, 42));
    near(evidence.median_interval_seconds, 5.2);
    near(evidence.mad_seconds, 0.4);
    near(pattern.confidence, 1.0 - 0.4 / 5.2);
    near(evidence.avg_interval_seconds, 5.0);
    near(evidence.stddev_seconds.expect("40 values"), (40.0 * 0.04 / 39.0_f64).sqrt());
    assert_eq!(pattern.support, Rate { numerator: 40, denominator: 41 });
    assert_eq!(pattern.description, "heartbeat every 5.0 s (± 0.2 s)");
    // 15 s are 2.9 beats of 5.2 s: two are missing. 12 s are 2.3: one is.
    assert_eq!((evidence.missed_beats, evidence.missed.len()), (3, 2));
    assert_eq!((evidence.missed[0].until, evidence.missed[0].missed), (None, 1));
    assert_eq!(
        (evidence.missed[1].after.0 + 15 * SECOND, evidence.missed[1].missed),
        (evidence.missed[1].until.expect("over").0, 2)
    );
    assert_eq!(pattern.lift, None);
}

#[test]
fn a_correlation_is_weighed_against_any_moment() {
    // `a` every 1000 s, ten times; `b` 5 s after the first eight.
    let mut events = Vec::new();
    for i in 0..10 {
        events.push(event(i * 1000 * SECOND, "a", "agent"));
        if i < 8 {
            events.push(event((i * 1000 + 5) * SECOND, "b", "agent"));
        }
    }
    let learned = learned(&events, &lenient());
    let correlations = of(&learned, PatternType::Correlation);
    let [pattern] = correlations.as_slice() else { panic!("one, not {}", correlations.len()) };
    assert_eq!(pattern.description, "a → b within 10 s");
    near(pattern.confidence, 0.8);
    // From the first a to the first b 5 s, seven times 1000 s, and half an hour (a session) of the 1995 s after it.
    // b follows within 10 s in 5 s + 7 × 10 s of these.
    let b = 75.0 / 8_805.0;
    near(pattern.lift.expect("a lift"), 0.8 / b);
    // a follows within 10 s in 9 × 10 s of 9000 s.
    let a = 90.0 / 9_000.0;
    let Evidence::Correlation(evidence) = &pattern.metadata else { panic!("a correlation") };
    near(evidence.correlation, a * (0.8 - b) / (a * (1.0 - a) * b * (1.0 - b)).sqrt());
    near(evidence.reverse_confidence, 1.0);
    assert_eq!((evidence.median_lead_ms, evidence.agents, evidence.time_window_ms), (5_000.0, 1, 10_000));
    assert_eq!(evidence.leads.counts.iter().sum::<u64>(), 8);
}

#[test]
fn a_habit_is_the_share_of_days_on_which_its_hour_is_strong() {
    // Ten days: on eight of them `backup` at 03:30, on two at 15:30 instead; the noise has all hours.
    let mut events = Vec::new();
    for day in 0..10 {
        let hour = if day < 8 { 3 } else { 15 };
        events.push(event(day * DAY + hour * HOUR + 30 * MINUTE, "backup", "a"));
        for hour in 0..24 {
            events.push(event(day * DAY + hour * HOUR, "tick", "a"));
        }
    }
    let learned = learned(&events, &LearnSettings::default());
    let habits = of(&learned, PatternType::Temporal);
    let [pattern] = habits.as_slice() else { panic!("one, not {habits:?}") };
    assert_eq!(pattern.description, "backup between 03:00 and 04:00 UTC");
    assert_eq!(pattern.support, Rate { numerator: 8, denominator: 10 });
    assert_eq!(pattern.occurrences, 8);
    near(pattern.lift.expect("a lift"), 0.8 * 24.0);
    let Evidence::Temporal(evidence) = &pattern.metadata else { panic!("a habit") };
    assert_eq!((evidence.season, evidence.slot, evidence.active, evidence.strong), (Season::HourOfDay, 3, 10, 8));
    assert_eq!((evidence.counts[3], evidence.counts[15], evidence.counts.len()), (8, 2, 24));
    near(evidence.others_share.expect("others"), 1.0 / 24.0);
}

#[test]
fn the_zone_says_which_hour_it_is() {
    let events: Vec<Event> = (0..10)
        .flat_map(|day| {
            let ticks = (0..24).map(move |hour| event(day * DAY + hour * HOUR, "tick", "a"));
            ticks.chain([event(day * DAY + 22 * HOUR + 30 * MINUTE, "backup", "a")])
        })
        .collect();
    let log = log(&events);
    let tokyo = Zone::new("Asia/Tokyo", 9 * HOUR, Vec::new());
    let learned = learn(&log, &LearnSettings::default(), &tokyo, Micros(START + 10 * DAY));
    let habits = of(&learned, PatternType::Temporal);
    assert_eq!(habits[0].description, "backup between 07:00 and 08:00 Asia/Tokyo");
}

#[test]
fn one_burst_is_no_habit() {
    let mut events: Vec<Event> = (0..200).map(|i| event(3 * HOUR + i * SECOND, "backup", "a")).collect();
    events.extend((0..240).map(|hour| event(hour * HOUR, "tick", "a")));
    assert!(of(&learned(&events, &LearnSettings::default()), PatternType::Temporal).is_empty());
}

#[test]
fn a_precursor_counts_what_it_announces() {
    // Twenty warnings 2000 s apart, 18 of them a minute before the agent goes down; it goes down twice without.
    let mut events = Vec::new();
    for i in 0..20 {
        events.push(event(i * 2000 * SECOND, "memory_pressure", "a"));
        if i < 18 {
            events.push(event((i * 2000 + 60) * SECOND, "agent_down", "a"));
        }
    }
    events.push(event(40_500 * SECOND, "agent_down", "a"));
    events.push(event(42_500 * SECOND, "agent_down", "a"));
    let learned = learned(&events, &lenient());
    let found = of(&learned, PatternType::Precursor);
    let [pattern] = found.as_slice() else { panic!("one, not {found:?}") };
    assert_eq!(pattern.description, "memory_pressure → agent_down");
    assert_eq!(pattern.support, Rate { numerator: 18, denominator: 20 });
    let Evidence::Precursor(evidence) = &pattern.metadata else { panic!("a precursor") };
    assert_eq!((evidence.failures, evidence.preceded, evidence.median_lead_ms), (20, 18, 60_000.0));
    assert_eq!(evidence.failure, "agent_down");
}

#[test]
fn a_failure_of_several_names_is_announced_once_and_is_no_sign_of_itself() {
    // A warning, a minute later an error, and with it, 50 ms after, the word that the agent is down.
    let mut events = Vec::new();
    for i in 0..20 {
        let start = i * 2000 * SECOND;
        events.push(event(start, "memory_pressure", "a"));
        events.push(event(start + 60 * SECOND, "error", "a"));
        events.push(event(start + 60 * SECOND + SECOND / 20, "agent_down", "a"));
    }
    let learned = learned(&events, &LearnSettings::default());
    let found: Vec<_> = of(&learned, PatternType::Precursor).iter().map(|p| p.description.clone()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("memory_pressure → "), "{found:?}");
}
