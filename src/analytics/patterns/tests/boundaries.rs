//! The edges: nothing, one event, equal times, exactly the thresholds; and what must not matter.

use proptest::prelude::*;

use super::*;

#[test]
fn nothing_and_one_event_hold_nothing() {
    let nothing = learned(&[], &LearnSettings::default());
    assert_eq!((nothing.patterns.len(), nothing.considered, nothing.span), (0, 0, None));
    let one = learned(&[event(0, "a", "x")], &LearnSettings::default());
    assert_eq!((one.patterns.len(), one.considered, one.limited()), (0, 1, false));
}

#[test]
fn events_without_agent_and_swarm_are_looked_at_for_habits_only() {
    let mut builder = EventLogBuilder::default();
    for day in 0..10 {
        for hour in 0..24 {
            builder.push(Micros(START + day * DAY + hour * HOUR), "tick", None, None);
        }
        builder.push(Micros(START + day * DAY + 3 * HOUR + 1), "backup", None, None);
    }
    let learned = learn(&builder.finish(), &LearnSettings::default(), &Zone::utc(), Micros(START));
    let kinds: Vec<_> = learned.patterns.iter().map(|p| (p.pattern_type, p.description.as_str())).collect();
    assert_eq!(kinds, [(PatternType::Temporal, "backup between 03:00 and 04:00 UTC")]);
    assert_eq!(learned.patterns[0].recent[0].agent_id, None);
}

#[test]
fn a_million_events_of_one_instant_hold_nothing() {
    let mut builder = EventLogBuilder::with_capacity(1_000_000);
    for i in 0..1_000_000 {
        builder.push(Micros(START), ["a", "b", "error"][i % 3], Some(["x", "y"][i % 2]), Some("s"));
    }
    let settings = LearnSettings { max_history_size: 1_000_000, ..LearnSettings::default() };
    let learned = learn(&builder.finish(), &settings, &Zone::utc(), Micros(START));
    assert_eq!((learned.patterns.len(), learned.considered), (0, 1_000_000));
}

#[test]
fn events_of_one_instant_do_not_follow_each_other() {
    let events: Vec<Event> = (0..20).flat_map(|i| ["a", "b"].map(|kind| event(i * 1000 * SECOND, kind, "x"))).collect();
    let learned = learned(&events, &LearnSettings::default());
    assert!(of(&learned, PatternType::Sequence).is_empty());
    assert!(of(&learned, PatternType::Correlation).is_empty());
}

/// `a` 2000 s apart, the first `followed` of them by `b` after `lag` microseconds.
fn followed(starts: i64, followed: i64, lag: i64) -> Vec<Event> {
    (0..starts)
        .flat_map(|i| {
            let start = i * 2000 * SECOND;
            let then = (i < followed).then(|| event(start + lag, "b", "x"));
            [Some(event(start, "a", "x")), then].into_iter().flatten()
        })
        .collect()
}

#[test]
fn thresholds_are_met_exactly() {
    let settings = LearnSettings { false_discovery_rate: 1.0, ..LearnSettings::default() };
    let correlated = |events: &[Event]| !of(&learned(events, &settings), PatternType::Correlation).is_empty();
    assert!(correlated(&followed(10, 7, SECOND)), "7 of 10 are 0.7");
    assert!(!correlated(&followed(11, 7, SECOND)));
    assert!(correlated(&followed(5, 5, SECOND)), "five are five");
    assert!(!correlated(&followed(4, 4, SECOND)));
    assert!(correlated(&followed(10, 10, 10 * SECOND)), "ten seconds are within ten seconds");
    assert!(!correlated(&followed(10, 10, 10 * SECOND + 1)));
}

#[test]
fn only_the_newest_events_are_considered_and_that_is_said() {
    let events = followed(100, 100, SECOND);
    let all = learned(&events, &LearnSettings::default());
    let limited = learned(&events, &LearnSettings { max_history_size: 50, ..LearnSettings::default() });
    assert_eq!((all.considered, all.available, all.limited()), (200, 200, false));
    assert_eq!((limited.considered, limited.available, limited.limited()), (50, 200, true));
    assert_eq!(limited.patterns, learned(&events[150..], &LearnSettings::default()).patterns);
    assert_eq!(limited.patterns[0].occurrences, 25);
}

#[test]
fn patterns_come_surest_first() {
    let mut events = followed(20, 18, SECOND);
    events.extend(followed(20, 15, SECOND).into_iter().map(|(time, kind, agent)| (time, kind + "2", agent + "2")));
    let confidences: Vec<f64> =
        learned(&events, &LearnSettings::default()).patterns.iter().map(|p| p.confidence).collect();
    assert!(confidences.len() >= 4, "{confidences:?}");
    assert!(confidences.is_sorted_by(|a, b| a >= b), "{confidences:?}");
}

/// A list with structure and noise.
fn mixed(seed: u64) -> Vec<Event> {
    let mut dice = Dice(seed);
    let mut events = noise(&mut dice, 150, 60 * SECOND);
    for _ in 0..15 {
        let (agent, mut time) = (format!("agent-{}", dice.below(4)), dice.below(9000 * SECOND));
        for step in ["plan", "edit", "error"] {
            events.push(event(time, step, &agent));
            time += SECOND + dice.below(4 * SECOND);
        }
    }
    for beat in 0..40 {
        events.push(event(beat * 30 * SECOND + dice.below(SECOND), "heartbeat", "agent-2"));
    }
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_arrival_does_not_matter(seed in any::<u64>(), swaps in proptest::collection::vec((0_usize..200, 0_usize..200), 100)) {
        let events = mixed(seed);
        let mut moved = events.clone();
        for (a, b) in swaps {
            let last = moved.len() - 1;
            moved.swap(a.min(last), b.min(last));
        }
        prop_assert_eq!(learned(&events, &LearnSettings::default()), learned(&moved, &LearnSettings::default()));
    }

    #[test]
    fn unrelated_types_change_no_count_confidence_or_lift(seed in any::<u64>()) {
        let events = mixed(seed);
        let mut more = events.clone();
        let mut dice = Dice(!seed);
        for _ in 0..150 {
            more.push(event(dice.below(12_000 * SECOND) - 1000 * SECOND, ["other", "another"][dice.below(2) as usize], &format!("agent-{}", dice.below(5))));
        }
        let settings = LearnSettings::default();
        let (before, after) = (learned(&events, &settings), learned(&more, &settings));
        let same = |pattern: &Pattern| after.patterns.iter().find(|other| other.pattern_id == pattern.pattern_id).cloned();
        let mut compared = 0;
        for pattern in &before.patterns {
            if let Some(other) = same(pattern) {
                compared += 1;
                prop_assert_eq!(
                    (pattern.occurrences, pattern.support, pattern.confidence, pattern.lift),
                    (other.occurrences, other.support, other.confidence, other.lift),
                    "{}", pattern.description
                );
                prop_assert_eq!((&pattern.recent, pattern.first_seen), (&other.recent, other.first_seen));
            }
        }
        prop_assert!(compared >= 3, "{compared} of {}", before.patterns.len());
    }
}
