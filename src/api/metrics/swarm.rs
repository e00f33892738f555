//! What the records say of the swarm.

use std::collections::BTreeMap;

use super::{counter, gauge};
use crate::model::alert::Alert;
use crate::service::vitals::Vitals;
use crate::store::lifetime::{HealingCount, Work};
use crate::wire::exposition::{Exposition, Family, Histogram, Kind};

/// Most event types, strategies, agent types, rules and metric series that are named; agents: [`Vitals::AGENTS_NAMED`].
const NAMED: usize = 200;
/// The label of everything beyond.
const REST: &str = "(other)";

const EVENTS: Family = counter("events", "", "Agent events that ever arrived, by type.");
const ACTIVE: Family = gauge("agents_active", "", "Agents with a task or an event in the last 5 minutes.");
const AGENTS: Family = gauge("agents", "", "Agents in the registry, by type and status of their latest life.");
const STALE: Family = gauge("agents_stale", "", "Agents that say they are at work and were not heard of for long.");
const TASKS: Family = counter("tasks", "", "Tasks that ended, by agent and result.");
const TOKENS: Family = counter("task_tokens", "", "Tokens used by tasks; the kinds are disjoint.");
const COST: Family = counter("task_cost_usd", "usd", "What tasks cost, as their sources reported it.");
const DURATION: Family = Family {
    name: "task_duration_seconds",
    kind: Kind::Histogram,
    unit: "seconds",
    help: "How long tasks took. A bucket may hold tasks up to 2 % longer than its bound.",
};
const HEALINGS: Family = counter("healings", "", "Healing attempts that were reported, by strategy and outcome.");
const RECENT_TASKS: Family = gauge("recent_tasks", "", "Tasks that ended in the last 5 minutes, by result.");
const RECENT_RATED: Family =
    gauge("recent_rated_tasks", "", "Those of the recent tasks that count in the success rate.");
const RECENT_TIMED: Family = gauge("recent_timed_tasks", "", "Those of the recent tasks that have a duration.");
const RECENT_SUCCESS: Family =
    gauge("recent_task_success_ratio", "", "Share of the recent rated tasks that succeeded.");
const RECENT_P95: Family = gauge("recent_task_p95_seconds", "seconds", "95th percentile of recent durations.");
const RECENT_P99: Family = gauge("recent_task_p99_seconds", "seconds", "99th percentile of recent durations.");
const RECENT_HEALINGS: Family =
    gauge("recent_healings", "", "Healing attempts of the last hour, reported or found in events.");
const REPORTED: Family =
    gauge("swarm_metric", "", "Newest value of a swarm's metric, in its own unit, if one came in the last hour.");
const ALERTS: Family =
    gauge("alerts", "", "Alerts of the rules inside that wait (pending) or fire, by rule, severity and state.");
const LAG: Family = gauge("rollup_lag_seconds", "seconds", "By how much the sums are behind the newest task.");
const DUE: Family = gauge("healing_search_agents", "", "Agents whose events wait to be looked through for healings.");
const LIMIT: Family = gauge("series_limit", "", "Most values of a label that are shown by name.");
const OVER: Family =
    gauge("series_over_limit", "", "Values of a label beyond the limit: summed up as (other), or left out.");

/// Writes it.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
pub fn write(text: &mut Exposition, vitals: &Vitals) {
    let mut one = |family: &Family, value: Option<f64>| {
        if let Some(value) = value {
            text.family(family);
            text.sample(&[], value);
        }
    };
    let recent = &vitals.recent;
    one(&ACTIVE, Some(vitals.active_agents as f64));
    one(&STALE, Some(vitals.stale_agents as f64));
    one(&RECENT_RATED, Some(recent.success.map_or(0, |rate| rate.denominator) as f64));
    one(&RECENT_SUCCESS, recent.success.map(|rate| rate.ratio()));
    one(&RECENT_TIMED, Some(recent.durations.map_or(0, |durations| durations.n) as f64));
    one(&RECENT_P95, recent.durations.map(|durations| durations.p95 / 1e3));
    one(&RECENT_P99, recent.durations.map(|durations| durations.p99 / 1e3));
    one(&COST, (vitals.work.costed > 0.0).then_some(vitals.work.cost_usd));
    one(&LAG, Some(vitals.rollup_lag as f64 / 1e6));
    one(&DUE, Some(vitals.due_agents as f64));

    text.family(&RECENT_TASKS);
    for (result, count) in &recent.results {
        text.sample(&[("result", result)], *count as f64);
    }
    let events = vitals.events.iter().map(|(event_type, count)| ([event_type.as_str()], *count as f64));
    let events = counts(text, &EVENTS, ["event_type"], events);
    let lives = vitals.lives.iter().map(|life| ([life.agent_type.as_str(), life.status.as_str()], life.count as f64));
    let types = counts(text, &AGENTS, ["agent_type", "status"], lives);
    let strategies =
        healings(text, &HEALINGS, &vitals.healings).max(healings(text, &RECENT_HEALINGS, &vitals.recent_healings));
    text.family(&REPORTED);
    for reported in vitals.reported.iter().take(NAMED) {
        text.sample(&[("swarm", &reported.swarm), ("metric_type", &reported.metric_type)], reported.value);
    }
    let alerts = alerts(text, &vitals.alerts);
    work(text, vitals);
    let labels = [
        ("agent", Vitals::AGENTS_NAMED, vitals.work.agents.len()),
        ("event_type", NAMED, events),
        ("agent_type", NAMED, types),
        ("strategy", NAMED, strategies),
        ("metric_type", NAMED, vitals.reported.len()),
        ("rule", NAMED, alerts),
    ];
    text.family(&LIMIT);
    for (label, limit, _) in labels {
        text.sample(&[("label", label)], limit as f64);
    }
    text.family(&OVER);
    for (label, limit, found) in labels {
        text.sample(&[("label", label)], found.saturating_sub(limit) as f64);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn healings(text: &mut Exposition, family: &Family, counted: &[HealingCount]) -> usize {
    let outcome = |success| if success { "success" } else { "failure" };
    let all = counted.iter().map(|of| ([of.strategy.as_str(), outcome(of.success)], of.count as f64));
    counts(text, family, ["strategy", "outcome"], all)
}

/// Writes how many alerts there are of each rule: one a swarm or agent, if the rule looks at each.
fn alerts(text: &mut Exposition, alerts: &[Alert]) -> usize {
    let mut numbers: BTreeMap<[&str; 3], f64> = BTreeMap::new();
    for alert in alerts {
        *numbers.entry([&alert.rule, alert.severity.as_str(), alert.state.as_str()]).or_default() += 1.0;
    }
    counts(text, &ALERTS, ["rule", "severity", "state"], numbers.into_iter())
}

/// Writes counts whose first label is capped: the first [`NAMED`] values keep their names. Returns how many there are.
fn counts<'a, const N: usize>(
    text: &mut Exposition,
    family: &Family,
    labels: [&str; N],
    all: impl Iterator<Item = ([&'a str; N], f64)>,
) -> usize {
    let mut first: Vec<&str> = Vec::new();
    let mut rest: Vec<([&str; N], f64)> = Vec::new();
    text.family(family);
    let mut sample = |values: [&str; N], count| {
        let pairs: Vec<_> = labels.into_iter().zip(values).collect();
        text.sample(&pairs, count);
    };
    for (mut values, count) in all {
        let place = first.iter().position(|known| *known == values[0]).unwrap_or_else(|| {
            first.push(values[0]);
            first.len() - 1
        });
        if place < NAMED {
            sample(values, count);
            continue;
        }
        values[0] = REST;
        match rest.iter_mut().find(|(known, _)| *known == values) {
            Some((_, sum)) => *sum += count,
            None => rest.push((values, count)),
        }
    }
    rest.into_iter().for_each(|(values, count)| sample(values, count));
    first.len()
}

/// Writes what tasks came to.
fn work(text: &mut Exposition, vitals: &Vitals) {
    let work = &vitals.work;
    let mut beyond = Work::default();
    let mut named = Vec::with_capacity(work.agents.len().min(Vitals::AGENTS_NAMED) + 1);
    for (number, of_agent) in &work.agents {
        match vitals.names.get(number) {
            Some(name) => named.push((name.as_str(), of_agent)),
            None => beyond.merge(&Work { agents: [(0, *of_agent)].into(), ..Work::default() }),
        }
    }
    named.extend(beyond.agents.values().map(|of_rest| (REST, of_rest)));
    text.family(&TASKS);
    for (agent, of_agent) in &named {
        for (result, count) in Work::RESULTS.iter().zip(of_agent.results) {
            // A rate of failures needs a 0 to start from; the rarer words come when they come.
            if count > 0.0 || matches!(*result, "success" | "failure") {
                text.sample(&[("agent", agent), ("result", result)], count);
            }
        }
    }
    text.family(&TOKENS);
    for (agent, of_agent) in &named {
        for ((kind, recorded), tokens) in Work::KINDS.iter().zip(of_agent.recorded).zip(of_agent.tokens) {
            if recorded > 0.0 {
                text.sample(&[("agent", agent), ("kind", kind)], tokens);
            }
        }
    }
    text.family(&DURATION);
    let at_most = |seconds: f64| work.durations.at_most(seconds * 1e3);
    let all = Histogram::counted(Histogram::SECONDS, at_most, work.durations.count(), work.duration_ms / 1e3);
    text.histogram(&[], &all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::exposition::Dialect;

    #[test]
    fn values_of_a_label_beyond_the_limit_are_summed_up() {
        let names: Vec<String> = (0..NAMED + 3).map(|n| format!("type {n}")).collect();
        let all = names.iter().flat_map(|name| [([name.as_str(), "a"], 1.0), ([name.as_str(), "b"], 2.0)]);
        let mut text = Exposition::new(Dialect::Text);
        assert_eq!(counts(&mut text, &AGENTS, ["agent_type", "status"], all), NAMED + 3);
        let text = String::from_utf8(text.finish()).expect("UTF-8");
        let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples.len(), 2 * (NAMED + 1));
        assert_eq!(samples[2 * NAMED], "moai_flow_agents{agent_type=\"(other)\",status=\"a\"} 3");
        assert_eq!(samples[2 * NAMED + 1], "moai_flow_agents{agent_type=\"(other)\",status=\"b\"} 6");
    }
}
