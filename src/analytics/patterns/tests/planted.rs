//! Structures put into noise must be found: each in at least 95 % of 200 lists.

use super::*;

const RUNS: u64 = 200;

/// In how many of the lists `found` sees what was planted.
fn recalled(name: &str, plant: impl Fn(&mut Dice, &mut Vec<Event>), found: impl Fn(&Learned) -> bool) {
    let hits = (0..RUNS)
        .filter(|seed| {
            let mut dice = Dice(*seed);
            let mut events = noise(&mut dice, 400, 20 * SECOND);
            plant(&mut dice, &mut events);
            found(&learned(&events, &LearnSettings::default()))
        })
        .count();
    println!("{name}: recalled in {hits} of {RUNS} lists");
    assert!(hits >= 190, "{name}: {hits} of {RUNS}");
}

#[test]
fn a_workflow_of_four_steps_is_found_whole() {
    const STEPS: [&str; 4] = ["plan", "edit", "check", "commit"];
    recalled(
        "workflow of 4 steps",
        |dice, events| {
            for _ in 0..20 {
                let agent = format!("agent-{}", dice.below(4));
                let mut time = dice.below(8000 * SECOND);
                for step in STEPS {
                    events.push(event(time, step, &agent));
                    time += SECOND + dice.below(9 * SECOND);
                }
            }
        },
        |learned| of(learned, PatternType::Sequence).iter().any(|pattern| pattern.events == STEPS),
    );
}

#[test]
fn a_heartbeat_with_jitter_is_found_with_its_interval() {
    recalled(
        "5 s heartbeat with jitter",
        |dice, events| {
            for beat in 0..100 {
                events.push(event(beat * 5 * SECOND + dice.below(SECOND / 2), "heartbeat", "agent-1"));
            }
        },
        |learned| {
            of(learned, PatternType::Frequency).iter().any(|pattern| {
                pattern.events == ["heartbeat"] && pattern.description.starts_with("heartbeat every 5.0 s (± 0.")
            })
        },
    );
}

#[test]
fn a_follower_in_four_of_five_cases_is_found() {
    recalled(
        "correlation with 80 % follow rate",
        |dice, events| {
            for _ in 0..60 {
                let (agent, time) = (format!("agent-{}", dice.below(4)), dice.below(8000 * SECOND));
                events.push(event(time, "cache_miss", &agent));
                if dice.share() < 0.8 {
                    events.push(event(time + SECOND + dice.below(5 * SECOND), "slow_query", &agent));
                }
            }
        },
        |learned| {
            of(learned, PatternType::Correlation).iter().any(|pattern| pattern.events == ["cache_miss", "slow_query"])
        },
    );
}

#[test]
fn a_daily_hour_is_found() {
    recalled(
        "daily hour",
        |dice, events| {
            // Noise over the same days, at all hours.
            for event in events.iter_mut() {
                event.0 = dice.below(14 * DAY);
            }
            for day in 0..14 {
                for _ in 0..3 {
                    events.push(event(day * DAY + 3 * HOUR + dice.below(HOUR), "backup", "agent-0"));
                }
            }
        },
        |learned| {
            of(learned, PatternType::Temporal).iter().any(|pattern| {
                pattern.events == ["backup"] && pattern.description == "backup between 03:00 and 04:00 UTC"
            })
        },
    );
}

#[test]
fn two_signs_before_a_failure_are_found() {
    recalled(
        "precursor",
        |dice, events| {
            for _ in 0..25 {
                let (agent, time) = (format!("agent-{}", dice.below(4)), dice.below(8000 * SECOND));
                events.push(event(time, "memory_pressure", &agent));
                events.push(event(time + SECOND + dice.below(20 * SECOND), "gc_pause", &agent));
                if dice.share() < 0.9 {
                    events.push(event(time + 30 * SECOND + dice.below(60 * SECOND), "agent_down", &agent));
                }
            }
        },
        |learned| {
            of(learned, PatternType::Precursor)
                .iter()
                .any(|p| p.events.last().is_some_and(|last| last == "agent_down") && p.confidence >= 0.7)
        },
    );
}
