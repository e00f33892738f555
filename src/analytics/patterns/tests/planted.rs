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
