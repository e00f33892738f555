//! Where there is nothing, nothing may be reported: at most 5 % of shuffled lists, of each kind.

use super::*;

const RUNS: u64 = 200;

/// Shuffles the types of a list among its events.
fn shuffle(dice: &mut Dice, events: &mut [Event]) {
    for i in (1..events.len()).rev() {
        let j = dice.below(i as i64 + 1) as usize;
        let (head, tail) = events.split_at_mut(i);
        if let (Some(a), Some(b)) = (head.get_mut(j), tail.first_mut()) {
            std::mem::swap(&mut a.1, &mut b.1);
        }
    }
}

/// Counts the lists in which anything of a kind is reported.
fn reported(name: &str, list: impl Fn(&mut Dice) -> Vec<Event>) {
    let mut counts = PatternType::ALL.map(|kind| (kind, 0_u64));
    for seed in 0..RUNS {
        let mut dice = Dice(seed);
        let events = list(&mut dice);
        let learned = learned(&events, &LearnSettings::default());
        for (kind, count) in &mut counts {
            *count += u64::from(!of(&learned, *kind).is_empty());
        }
    }
    println!("{name}, of {RUNS} lists with something reported: {counts:?}");
    for (kind, count) in counts {
        assert!(count * 20 <= RUNS, "{name}: {} in {count} of {RUNS}", kind.as_str());
    }
}

#[test]
fn independent_events_hold_nothing() {
    reported("independent events", |dice| noise(dice, 500, 20 * SECOND));
}

#[test]
fn nor_do_dense_ones_of_few_types() {
    reported("dense", |dice| {
        let mut time = 0;
        (0..500)
            .map(|_| {
                time += dice.wait(SECOND / 2);
                (time, format!("kind-{}", dice.heavy(4)), format!("agent-{}", dice.below(2)))
            })
            .collect()
    });
}

#[test]
fn bursts_with_shuffled_types_hold_nothing() {
    // Sessions of a day: an agent works for minutes, and is silent for hours.
    reported("bursts", |dice| {
        let mut events = Vec::new();
        for session in 0..12 {
            let (agent, mut time) = (format!("agent-{}", dice.below(4)), session * 7 * HOUR + dice.below(HOUR));
            for _ in 0..40 {
                time += SECOND / 10 + dice.wait(5 * SECOND);
                events.push((time, format!("kind-{}", dice.heavy(12)), agent.clone()));
            }
        }
        events
    });
}

#[test]
fn a_shuffled_workflow_on_an_even_clock_holds_nothing() {
    // One event each second: regular instants, and types that come often enough to look regular.
    reported("even clock", |dice| {
        let kinds = ["plan", "edit", "edit", "check", "edit", "commit", "edit", "edit"];
        let mut events: Vec<Event> =
            (0..480).map(|i| event(i * SECOND, kinds[i as usize % 8], if i % 3 == 0 { "a" } else { "b" })).collect();
        shuffle(dice, &mut events);
        events
    });
}

#[test]
fn weeks_of_office_hours_hold_nothing_but_the_office_hours() {
    // Everybody works from nine to twelve, with errors among the types: no type keeps to an hour of its own.
    reported("office hours", |dice| {
        (0..600)
            .map(|_| {
                let time = dice.below(21) * DAY + 9 * HOUR + dice.below(3 * HOUR);
                let kinds = ["plan", "edit", "edit", "edit", "check", "task_failed", "error"];
                (time, kinds[dice.below(7) as usize].to_owned(), format!("agent-{}", dice.below(3)))
            })
            .collect()
    });
}
