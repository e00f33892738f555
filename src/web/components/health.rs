//! How agents and swarms are doing, in words and signs: never by colour alone, never without the reason.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::health::{AgentHealth, HealthPart, HealthState, IntervalBasis, PartKind, PartStatus, SwarmHealth};
use crate::web::charts::{Ink, Unit};
use crate::web::format::{self, NBSP, NONE};

use super::data_table::{Cell, DataTable, Head, Table};

/// Colour and sign of an agent's state.
#[must_use]
pub fn state_sign(state: HealthState) -> (Ink, &'static str) {
    match state {
        HealthState::Healthy => (Ink::Success, "●"),
        HealthState::Degraded => (Ink::Timeout, "◆"),
        HealthState::Critical => (Ink::Failure, "◆"),
        HealthState::Failed => (Ink::Failure, "▲"),
        HealthState::Unknown => (Ink::Cancelled, "○"),
        HealthState::Finished => (Ink::Cancelled, "□"),
    }
}

/// Colour, sign and word of a part of a swarm's health.
#[must_use]
pub fn part_sign(status: PartStatus) -> (Ink, &'static str, &'static str) {
    match status {
        PartStatus::Unknown => (Ink::Cancelled, "○", "not enough data"),
        PartStatus::Healthy => (Ink::Success, "●", "healthy"),
        PartStatus::Degraded => (Ink::Timeout, "◆", "degraded"),
        PartStatus::Critical => (Ink::Failure, "▲", "critical"),
    }
}

/// A state as a cell; what it was found by on hover. A stale agent says so.
#[must_use]
pub fn state_cell(health: &AgentHealth, stale: bool) -> Cell {
    let (ink, sign) = state_sign(health.state);
    let cell = Cell::state(ink.token(), sign, health.state.as_str()).hint(why(health));
    if stale { cell.small("stale") } else { cell }
}

/// A span as people say it.
#[expect(clippy::cast_precision_loss, reason = "rounded anyway")]
fn span(ms: i64) -> String {
    format::duration(ms as f64).to_string()
}

/// Why an agent is in its state: what was seen, what was expected, and where the expectation comes from.
#[must_use]
pub fn why(health: &AgentHealth) -> String {
    let interval = span(health.interval_ms);
    let basis = match health.basis {
        IntervalBasis::AgentType => "set for its type".to_owned(),
        IntervalBasis::Learned => format!("learned from its last {} beats", health.beats),
        IntervalBasis::Default => "the default".to_owned(),
    };
    match (health.state, health.elapsed_ms) {
        (HealthState::Unknown, _) => "no heartbeat was ever received, so nothing can be said".to_owned(),
        (HealthState::Finished, _) => "its life ended and it has not beaten since".to_owned(),
        (_, Some(elapsed)) => {
            let threshold = format::number(health.threshold);
            format!(
                "last beat {} ago · one is expected every {interval}, {basis} · failed after {threshold} intervals",
                span(elapsed.max(0))
            )
        }
        (_, None) => format!("one beat is expected every {interval}, {basis}"),
    }
}

/// A swarm's health, part by part, and what the swarm says of itself.
#[component]
pub fn SwarmHealthCard(
    /// The health.
    health: SwarmHealth,
) -> impl IntoView {
    let (ink, sign, word) = part_sign(health.status);
    let now = health.now;
    let agents = agents_line(&health);
    let reported = match health.reported.last() {
        Some(last) => format!(
            "The swarm itself reported {} at {}{NBSP}UTC, the last of {}{} values; they are drawn beside the success rate.",
            format::number(last.value),
            format::moment(last.timestamp, now),
            health.reported.len(),
            if health.reported_more { " and more" } else { "" },
        ),
        None => "The swarm itself reported no health in this range.".to_owned(),
    };
    let heads = [Head::plain("Part", ""), Head::plain("Status", ""), Head::plain("Value", "number")];
    let rows = health.parts.iter().map(|part| part_row(part, now)).collect();
    view! {
        <section class="card" aria-labelledby="health-title" data-panel="health">
            <header class="card-header">
                <h2 id="health-title">"Swarm health"</h2>
                <span class="muted">
                    <span class="state" data-ink=ink.token()>
                        <span aria-hidden="true">{sign}</span>
                        " "
                        {word}
                    </span>
                    " · the worst of its parts"
                </span>
            </header>
            <DataTable table=Table { class: "health", heads: heads.to_vec(), rows } />
            <p class="muted small">{agents}</p>
            <p class="muted small">{reported}</p>
        </section>
    }
    .into_any()
}

fn agents_line(health: &SwarmHealth) -> String {
    let counts = HealthState::ALL.iter().filter_map(|state| {
        let n = health.agents.get(state).filter(|n| **n > 0)?;
        Some(format!("{} {}", format::count(*n), state.as_str()))
    });
    let mut counts = counts.collect::<Vec<_>>();
    if health.stale > 0 {
        counts.push(format!("{} of them stale", format::count(health.stale)));
    }
    if counts.is_empty() {
        "No agent worked in this range.".to_owned()
    } else {
        format!("Agents now: {}.", counts.join(", "))
    }
}

fn part_row(part: &HealthPart, now: Micros) -> Vec<Cell> {
    let (ink, sign, word) = part_sign(part.status);
    let share = |value: f64| Unit::Ratio.write(value);
    let times = |value: f64| format!("{}×", format::number(value));
    let n = format::count(part.n);
    let (name, write, stands): (_, fn(f64) -> String, _) = match part.part {
        PartKind::SuccessRate => ("Success rate", |value| Unit::Ratio.write(value), rated(part, "rated tasks")),
        PartKind::Agents => ("Healthy agents", |value| Unit::Ratio.write(value), rated(part, "agents that beat")),
        PartKind::Backlog => (
            "Backlog",
            format::number,
            match part.measured_at {
                Some(at) => format!("reported {}{NBSP}UTC", format::moment(at, now)),
                None => "no queue depth was reported".to_owned(),
            },
        ),
        PartKind::Latency => (
            "p95 against its baseline",
            |value| format!("{}×", format::number(value)),
            match (part.current_ms, part.baseline_ms) {
                (Some(current), Some(baseline)) => format!(
                    "{} against {} · n = {n} and {}",
                    format::duration(current),
                    format::duration(baseline),
                    format::count(part.baseline_n)
                ),
                _ => format!("n = {n}, baseline of the 7 days before n = {}", format::count(part.baseline_n)),
            },
        ),
    };
    let limits = match part.part {
        PartKind::SuccessRate | PartKind::Agents => {
            format!("degraded below {}, critical below {}", share(part.degraded_at), share(part.critical_at))
        }
        PartKind::Backlog => {
            format!(
                "degraded from {}, critical from {}",
                format::number(part.degraded_at),
                format::number(part.critical_at)
            )
        }
        PartKind::Latency => {
            format!("degraded from {}, critical from {}", times(part.degraded_at), times(part.critical_at))
        }
    };
    vec![
        Cell::text(name).small(&format!("{stands} · {limits}")),
        Cell::state(ink.token(), sign, word),
        Cell::text(&part.value.map_or(NONE.to_owned(), write)),
    ]
}

fn rated(part: &HealthPart, what: &str) -> String {
    part.rate.map_or_else(
        || format!("no {what}"),
        |rate| format!("{} of {} {what}", format::count(rate.numerator), format::count(rate.denominator)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(state: HealthState, elapsed_ms: Option<i64>) -> AgentHealth {
        AgentHealth {
            state,
            last_beat: Some(Micros(0)),
            elapsed_ms,
            interval_ms: 5_000,
            basis: IntervalBasis::Learned,
            threshold: 3.0,
            beats: 16,
        }
    }

    #[test]
    fn a_state_says_what_was_seen_what_was_expected_and_why() {
        let words = why(&health(HealthState::Critical, Some(12_000))).replace('\u{a0}', " ");
        assert_eq!(
            words,
            "last beat 12 s ago · one is expected every 5 s, learned from its last 16 beats · failed after 3 intervals"
        );
        assert!(why(&health(HealthState::Unknown, None)).starts_with("no heartbeat was ever received"));
    }

    #[test]
    fn every_state_has_a_sign_that_differs_where_its_colour_does_not() {
        let signs: Vec<_> = HealthState::ALL.into_iter().map(state_sign).collect();
        for (place, sign) in signs.iter().enumerate() {
            assert!(!signs[..place].contains(sign), "{sign:?}");
        }
    }

    #[test]
    fn a_part_shows_its_value_what_it_stands_on_and_its_limits() {
        let part = HealthPart {
            part: PartKind::Latency,
            value: Some(1.8),
            rate: None,
            n: 40,
            current_ms: Some(1_800.0),
            baseline_ms: Some(1_000.0),
            baseline_n: 900,
            measured_at: None,
            degraded_at: 1.5,
            critical_at: 3.0,
            status: PartStatus::Degraded,
        };
        let html = Table { rows: vec![part_row(&part, Micros(0))], heads: vec![Head::default(); 3], class: "" }.html();
        for words in ["degraded", "1.8×", "n = 40 and 900", "degraded from 1.5×, critical from 3×"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        let none = HealthPart { value: None, current_ms: None, status: PartStatus::Unknown, ..part };
        let html = Table { rows: vec![part_row(&none, Micros(0))], heads: vec![Head::default(); 3], class: "" }.html();
        assert!(html.contains("not enough data") && html.contains(NONE), "{html}");
    }
}
