//! What holds whatever the attempts and events are.

use proptest::prelude::*;

use super::derive::{Sign, derive};
use super::*;
use crate::model::{AgentId, EventId, EventRecord, Json};

fn attempt() -> impl Strategy<Value = Attempt> {
    (0..50i64, any::<bool>(), 0..2u32, 0..3u32, any::<bool>(), prop::option::of(0..8u32), 0..5i64).prop_map(
        |(second, derived, strategy, failure_type, success, failure, ms)| Attempt {
            ts: Micros(second * 1_000_000),
            origin: if derived { Origin::Derived } else { Origin::Reported },
            strategy,
            failure_type,
            agent: Some(failure_type),
            success,
            // Numbers whose sum depends on the order in which they are added.
            duration_ms: (ms > 0).then(|| 0.1 * 7_f64.powi(i32::try_from(ms * 3).unwrap_or(0))),
            detected_at: failure.map(|failure| Micros(i64::from(failure) * 1_000_000)),
            failure,
        },
    )
}

fn all(rows: Vec<Attempt>) -> String {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let attempts = Attempts::new(rows, names(&["s", "t"]), names(&["k", "l", "m"]), names(&["a", "b", "c"]));
    let (strategies, origins) = (by_strategy(&attempts), by_origin(&attempts));
    format!(
        "{:?} {origins:?} {strategies:?} {:?} {:?} {:?} {:?}",
        totals(&attempts),
        by_failure_type(&attempts),
        histogram(&attempts),
        by_agent(&attempts),
        advice(&strategies, &origins),
    )
}

fn sign() -> impl Strategy<Value = Sign> {
    let words = prop::sample::select(vec![
        "tool:Bash",
        "tool_error:Bash",
        "tool:Read",
        "tool_error:Read",
        "api_error",
        "api_request",
        "error",
        "spawn",
        "heartbeat",
    ]);
    (0..2000i64, words, 0..400u32, 0..1000u32).prop_map(|(second, word, ms, id)| {
        let event = EventRecord {
            event_type: word.to_owned(),
            agent_id: AgentId::new("a").expect("an id"),
            agent_type: None,
            event_id: EventId::new(format!("{id}-{second}-{ms}")).ok(),
            task_id: None,
            swarm_id: None,
            timestamp: Micros(second * 1_000_000),
            metadata: Some(Json(format!(r#"{{"duration_ms":{},"reply":"r{}"}}"#, ms * 1000, id % 40))),
            project: None,
            source: None,
        };
        Sign::of_event(&event).expect("it matters")
    })
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_no_figure(rows in prop::collection::vec(attempt(), 0..60), seed in any::<u64>()) {
        let mut other = rows.clone();
        shuffle(&mut other, seed);
        prop_assert_eq!(all(rows), all(other));
    }

    #[test]
    fn the_order_of_arrival_changes_no_finding(signs in prop::collection::vec(sign(), 0..60), seed in any::<u64>()) {
        let mut other = signs.clone();
        shuffle(&mut other, seed);
        let now = Micros(2_500_000_000);
        prop_assert_eq!(derive(signs, now), derive(other, now));
    }

    #[test]
    fn every_failure_is_decided_once(signs in prop::collection::vec(sign(), 0..60)) {
        let findings = derive(signs, Micros(i64::MAX));
        prop_assert!(findings.pending.is_empty());
        let mut ends: std::collections::BTreeMap<(String, String), Vec<bool>> = Default::default();
        for one in &findings.healings {
            prop_assert!(one.span.from <= one.detected_at && one.detected_at <= one.ended);
            prop_assert!(one.span.until <= Micros(one.ended.0.max(one.span.until.0)));
            ends.entry((one.failure_id.clone(), one.failure_type.clone())).or_default().push(one.success);
        }
        // All attempts but the last failed.
        for outcomes in ends.values() {
            prop_assert!(outcomes.iter().rev().skip(1).all(|worked| !worked), "{outcomes:?}");
        }
    }

    #[test]
    fn what_lies_outside_all_spans_of_a_time_can_be_left_out(signs in prop::collection::vec(sign(), 0..60), cut in 0..2000i64) {
        // The store derives an agent anew from an instant that lies in no span, and at least the limit before the news.
        let whole = derive(signs.clone(), Micros(i64::MAX));
        let mut from = Micros(cut * 1_000_000);
        while let Some(one) = whole.healings.iter().find(|one| one.span.from < from && one.span.until >= from) {
            from = one.span.from;
        }
        let later: Vec<Sign> = signs.into_iter().filter(|sign| sign.at >= from).collect();
        let part = derive(later, Micros(i64::MAX));
        let expected: Vec<_> = whole.healings.into_iter().filter(|one| one.span.from >= from && one.strategy != "respawn").collect();
        let found: Vec<_> = part.healings.into_iter().filter(|one| one.strategy != "respawn").collect();
        prop_assert_eq!(found, expected);
    }
}

/// Fisher and Yates, with the steps of a linear congruential generator.
fn shuffle<T>(values: &mut [T], mut seed: u64) {
    for place in (1..values.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(seed >> 33).unwrap_or(0) % (place + 1);
        values.swap(place, other);
    }
}
