//! How long healing statistics take, and what is found in events. Prints, asserts nothing about time.
//!
//! `cargo bench --bench healing`

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

#[path = "scale/report.rs"]
#[expect(dead_code, reason = "the other benchmarks use the rest")]
mod report;

use std::time::{Duration, Instant};

use report::{Aim, millis, quantile, row};
use swarmscope::analytics::healing::derive::{Sign, derive};
use swarmscope::analytics::healing::{
    Attempt, Attempts, advice, by_agent, by_failure_type, by_hour, by_origin, by_strategy, histogram, over_time, totals,
};
use swarmscope::model::healing::Origin;
use swarmscope::model::time::{DAY, HOUR, SECOND};
use swarmscope::model::{AgentId, EventId, EventRecord, IdError, Json, Micros, TimeRange};

fn main() -> Result<(), IdError> {
    for (count, rounds, aim) in [(1_000, 50, 1.0), (1_000_000, 5, 300.0)] {
        let attempts = attempts(count);
        let mut times: Vec<Duration> = (0..rounds).map(|_| statistics(&attempts)).collect();
        let time = millis(quantile(&mut times, 0.5));
        row(&format!("healing statistics of {count} attempts"), time, "ms", Aim::AtMost(aim));
    }
    let events = events(1_000_000)?;
    let begun = Instant::now();
    let signs: Vec<Sign> = events.iter().filter_map(Sign::of_event).collect();
    let found = derive(signs, Micros(i64::MAX)).healings.len();
    row(&format!("finding {found} healings in 1 000 000 events"), millis(begun.elapsed()), "ms", Aim::None);
    Ok(())
}

/// Everything an answer is made of.
fn statistics(unsorted: &[Attempt]) -> Duration {
    let rows = unsorted.to_vec();
    let names = |what: &str, count: u32| (0..count).map(|n| format!("{what}-{n}")).collect::<Vec<_>>();
    let (strategies, types, agents) = (names("strategy", 8), names("failure", 20), names("agent", 50));
    let range = TimeRange { from: Micros(0), until: Micros(30 * DAY) };
    let begun = Instant::now();
    let attempts = Attempts::new(rows, strategies, types, agents);
    let (strategies, origins) = (by_strategy(&attempts), by_origin(&attempts));
    let hour = |time: Micros| u8::try_from(time.0.div_euclid(HOUR).rem_euclid(24)).unwrap_or(0);
    std::hint::black_box((
        totals(&attempts),
        by_failure_type(&attempts),
        histogram(&attempts),
        by_hour(&attempts, hour),
        by_agent(&attempts),
        over_time(&attempts, &strategies, range),
        advice(&strategies, &origins),
    ));
    begun.elapsed()
}

/// Numbers that look random and are the same each time.
fn dice(n: u64) -> u64 {
    let mixed = n.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 17
}

fn attempts(count: u32) -> Vec<Attempt> {
    let below = |n: u32, of: u64| u32::try_from(dice(u64::from(n) * 7 + of) % of).unwrap_or(0);
    let attempt = |n: u32| Attempt {
        ts: Micros(i64::from(n / 4) * (30 * DAY / i64::from(count / 4))), // by time, as the store gives them; often equal
        // Two attempts at each failure.
        failure: Some(n / 2),
        origin: if (n / 2).is_multiple_of(3) { Origin::Derived } else { Origin::Reported },
        strategy: below(n, 8),
        failure_type: below(n / 2, 20),
        agent: Some(below(n / 2, 50)),
        success: below(n, 5) > 0,
        duration_ms: Some(f64::from(below(n, 60_000))),
        detected_at: None,
    };
    (0..count).map(attempt).collect()
}

/// One agent's calls, every tenth of which fails.
fn events(count: u32) -> Result<Vec<EventRecord>, IdError> {
    let agent_id = AgentId::new("agent-1")?;
    let event = |n: u32| {
        let word = if dice(n.into()).is_multiple_of(10) { "tool_error" } else { "tool" };
        Ok(EventRecord {
            event_type: format!("{word}:{}", ["Bash", "Read", "Edit", "Grep"][n as usize % 4]),
            agent_id: agent_id.clone(),
            agent_type: None,
            event_id: Some(EventId::new(format!("event-{n}"))?),
            task_id: None,
            swarm_id: None,
            timestamp: Micros(i64::from(n) * 2 * SECOND),
            metadata: Some(Json(format!(r#"{{"line":{n},"duration_ms":{}}}"#, dice(n.into()) % 1500))),
            project: None,
            source: None,
        })
    };
    (0..count).map(event).collect()
}
