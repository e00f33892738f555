//! What is planted can be found, with room for chance; figures are of seed 42.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::time::{HOUR, SECOND};
use crate::model::{EventRecord, HealingRecord, Micros, Outcome, Record, TaskRecord};

use super::truths::{self, BURSTS, STRATEGIES};
use super::{DAYS, SEED, simulate, time_of};

const NOW: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z, a Thursday

/// The simulation, sorted by kind.
struct Demo {
    tasks: Vec<TaskRecord>,
    events: Vec<EventRecord>,
    healings: Vec<HealingRecord>,
    agent_metrics: BTreeMap<(String, String), Vec<(Micros, f64)>>,
    kinds: BTreeMap<&'static str, usize>,
}

fn demo() -> Demo {
    let mut demo = Demo {
        tasks: vec![],
        events: vec![],
        healings: vec![],
        agent_metrics: BTreeMap::new(),
        kinds: BTreeMap::new(),
    };
    for record in simulate(SEED, NOW, DAYS) {
        let kind = match record {
            Record::Task(task) => (demo.tasks.push(task), "task").1,
            Record::Event(event) => (demo.events.push(event), "event").1,
            Record::Healing(healing) => (demo.healings.push(healing), "healing").1,
            Record::AgentMetric(m) => {
                demo.agent_metrics.entry((m.subject, m.metric_type)).or_default().push((m.timestamp, m.value));
                "agent_metric"
            }
            Record::SwarmMetric(_) => "swarm_metric",
            Record::Agent(_) => "agent",
            Record::Memory(_) => "memory",
        };
        *demo.kinds.entry(kind).or_default() += 1;
    }
    demo
}

fn failed(task: &TaskRecord) -> bool {
    matches!(task.result, Some(Outcome::Failure | Outcome::Timeout))
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn the_same_seed_and_end_give_the_same_records_and_another_seed_others() {
    let first: Vec<Record> = simulate(7, NOW, 2).collect();
    assert_eq!(first, simulate(7, NOW, 2).collect::<Vec<_>>());
    assert_ne!(first, simulate(8, NOW, 2).collect::<Vec<_>>());
}

#[test]
fn records_come_in_the_order_of_time_and_lie_in_the_range() {
    let times: Vec<Micros> = simulate(SEED, NOW, 3).map(|record| time_of(&record)).collect();
    assert!(times.is_sorted());
    assert!(times[0] >= Micros(NOW.0 - 3 * 24 * HOUR) && times[times.len() - 1] < NOW);
}

#[test]
fn twenty_agents_of_six_types_leave_records_of_every_kind() {
    let demo = demo();
    let agents: BTreeSet<&str> = demo.tasks.iter().map(|task| task.agent_id.as_str()).collect();
    let types: BTreeSet<&str> = demo.events.iter().filter_map(|event| event.agent_type.as_deref()).collect();
    let swarms: BTreeSet<_> = demo.tasks.iter().filter_map(|task| task.swarm_id.clone()).collect();
    let projects: BTreeSet<_> = demo.tasks.iter().filter_map(|task| task.project.clone()).collect();
    assert_eq!((agents.len(), types.len(), swarms.len(), projects.len()), (20, 6, 3, 2));
    assert_eq!(demo.kinds.len(), 7, "{:?}", demo.kinds);
    let all: usize = demo.kinds.values().sum();
    assert!((60_000..=110_000).contains(&all), "{all}: {:?}", demo.kinds);
}

#[test]
fn an_agent_works_on_one_task_at_a_time() {
    let mut busy_until: BTreeMap<&str, f64> = BTreeMap::new();
    let demo = demo();
    for task in &demo.tasks {
        let end = task.timestamp.0 as f64 / 1000.0;
        let start = end - task.duration_ms.unwrap();
        let before = busy_until.insert(task.agent_id.as_str(), end).unwrap_or(f64::MIN);
        assert!(start >= before, "{} starts {} ms early", task.task_id, before - start);
    }
}

#[test]
fn ids_are_unique() {
    let demo = demo();
    let tasks: BTreeSet<_> = demo.tasks.iter().map(|task| &task.task_id).collect();
    let events: BTreeSet<_> = demo.events.iter().map(|event| &event.event_id).collect();
    assert_eq!((tasks.len(), events.len()), (demo.tasks.len(), demo.events.len()));
    assert!(demo.events.iter().all(|event| event.event_id.is_some()));
}

#[test]
fn days_are_busier_than_nights_and_weekends_are_quiet() {
    let demo = demo();
    let at = |swarm: &str, hour: i64| {
        let of_swarm = |task: &&TaskRecord| task.swarm_id.as_ref().is_some_and(|id| id.as_str() == swarm);
        demo.tasks.iter().filter(of_swarm).filter(|task| (task.timestamp.0 / HOUR) % 24 == hour).count()
    };
    assert!(at("search-index", 13) > 2 * at("search-index", 1));
    assert!(at("nightly-etl", 2) > 2 * at("nightly-etl", 14));
    let on_day =
        |day: i64| demo.tasks.iter().filter(move |task| NOW.0 / (24 * HOUR) - task.timestamp.0 / (24 * HOUR) == day);
    // 5 and 4 days before a Thursday: Saturday and Sunday; 3 and 2: Monday and Tuesday.
    assert!(on_day(5).chain(on_day(4)).count() * 10 < on_day(3).chain(on_day(2)).count() * 8);
}

#[test]
fn every_burst_fails_as_planted_and_other_tasks_seldom() {
    let demo = demo();
    let mut outside: Vec<&TaskRecord> = demo.tasks.iter().collect();
    for burst in BURSTS {
        let from = NOW.0 - (burst.hours_before_end * HOUR as f64) as i64;
        let until = from + (burst.hours * HOUR as f64) as i64;
        let started_inside = |task: &TaskRecord| {
            let start = task.timestamp.0 - (task.duration_ms.unwrap() * 1000.0) as i64;
            task.swarm_id.as_ref().is_some_and(|id| id.as_str() == burst.swarm) && (from..until).contains(&start)
        };
        let inside: Vec<&&TaskRecord> = outside.iter().filter(|task| started_inside(task)).collect();
        let observed = share(inside.iter().filter(|task| failed(task)).count(), inside.len());
        assert!(inside.len() >= 12, "{burst:?}: {} tasks", inside.len());
        assert!((observed - burst.fail_share).abs() < 0.2, "{burst:?}: {observed}");
        outside.retain(|task| !started_inside(task));
    }
    let usual = share(outside.iter().filter(|task| failed(task)).count(), outside.len());
    assert!((0.03..0.07).contains(&usual), "{usual}");
}

#[test]
fn strategies_work_as_often_as_planted_and_one_wears_out() {
    let demo = demo();
    let rate = |failure_type: &str, late: bool| {
        let middle = NOW.0 - i64::from(DAYS) * 12 * HOUR;
        let of: Vec<_> = demo
            .healings
            .iter()
            .filter(|h| h.failure_type == failure_type && (h.timestamp.0 >= middle) == late)
            .collect();
        assert!(of.len() > 20 || failure_type == "quorum_loss", "{failure_type}: {}", of.len());
        share(of.iter().filter(|h| h.success).count(), of.len())
    };
    for strategy in STRATEGIES.iter().filter(|strategy| strategy.failure_type != "quorum_loss") {
        let quarter = (strategy.works_last - strategy.works_first) / 4.0;
        let (early, late) = (rate(strategy.failure_type, false), rate(strategy.failure_type, true));
        assert!((early - strategy.works_first - quarter).abs() < 0.15, "{}: {early}", strategy.failure_type);
        assert!((late - strategy.works_last + quarter).abs() < 0.15, "{}: {late}", strategy.failure_type);
    }
    assert!(rate("resource_exhaustion", false) > rate("resource_exhaustion", true) + 0.15);
}

/// The events of each task, in order.
fn by_task(events: &[EventRecord]) -> BTreeMap<&str, Vec<&EventRecord>> {
    let mut found: BTreeMap<&str, Vec<&EventRecord>> = BTreeMap::new();
    for event in events {
        if let Some(task) = &event.task_id {
            found.entry(task.as_str()).or_default().push(event);
        }
    }
    found
}

#[test]
fn coders_read_edit_and_run_in_that_order() {
    let demo = demo();
    let events = by_task(&demo.events);
    let fine: Vec<_> =
        demo.tasks.iter().filter(|task| task.agent_id.as_str().starts_with("coder") && !failed(task)).collect();
    let looping = fine
        .iter()
        .filter(|task| {
            let words = events[task.task_id.as_str()].iter().map(|event| event.event_type.as_str());
            words.filter(|word| word.starts_with("tool:")).eq(truths::EDIT_LOOP)
        })
        .count();
    assert!((share(looping, fine.len()) - truths::EDIT_LOOP_SHARE).abs() < 0.05);
}

#[test]
fn crashes_are_announced_and_alarms_are_seldom_false() {
    let demo = demo();
    let events = by_task(&demo.events);
    let [pressure, gc] = truths::CRASH_OMENS;
    let crashed = |task: &TaskRecord| task.metadata.as_ref().is_some_and(|m| m.0.contains("agent_down"));
    let announced = |task: &&TaskRecord| {
        let since = task.timestamp.0 - (truths::OMEN_SECONDS * SECOND as f64) as i64;
        let of = &events[task.task_id.as_str()];
        let at = |word: &str| of.iter().find(|event| event.event_type == word).map(|event| event.timestamp.0);
        at(pressure).zip(at(gc)).is_some_and(|(first, then)| since <= first && first < then && then < task.timestamp.0)
    };
    let crashes: Vec<_> = demo.tasks.iter().filter(|task| crashed(task)).collect();
    assert!(crashes.len() > 60, "{}", crashes.len());
    let observed = share(crashes.iter().filter(|task| announced(task)).count(), crashes.len());
    assert!((observed - truths::OMEN_SHARE).abs() < 0.1, "{observed}");
    let alarms = demo.events.iter().filter(|event| event.event_type == pressure).count();
    assert!(share(crashes.len(), alarms) > 0.8, "{} crashes, {alarms} alarms", crashes.len());
}

#[test]
fn tasks_that_burn_many_tokens_fail() {
    let demo = demo();
    let hungry: BTreeSet<_> =
        demo.events.iter().filter(|e| e.event_type == truths::HIGH_TOKENS).filter_map(|e| e.task_id.clone()).collect();
    let bad = demo.tasks.iter().filter(|task| hungry.contains(&task.task_id) && failed(task)).count();
    assert!((share(bad, hungry.len()) - truths::HIGH_TOKENS_FAIL_SHARE).abs() < 0.1, "{bad} of {}", hungry.len());
}

#[test]
fn checkpoints_come_every_half_hour_and_backups_only_at_two() {
    let demo = demo();
    let of = |word: &'static str| {
        demo.events.iter().filter(move |event| event.event_type == word).map(|event| event.timestamp.0)
    };
    let checkpoints: Vec<i64> = of(truths::CHECKPOINT).collect();
    assert!(checkpoints.len() >= 670, "{}", checkpoints.len());
    for pair in checkpoints.windows(2) {
        let off = ((pair[1] - pair[0]) - truths::CHECKPOINT_SECONDS * SECOND).abs() as f64 / SECOND as f64;
        assert!(off <= 2.0 * truths::CHECKPOINT_JITTER_SECONDS, "{off} s off");
    }
    assert_eq!(of(truths::BACKUP).count(), 14 * truths::BACKUPS_A_NIGHT as usize);
    assert!(of(truths::BACKUP).all(|at| (at / HOUR) % 24 == truths::BACKUP_HOUR));
}

#[test]
fn agents_that_hang_leave_nothing_more_and_still_say_they_run() {
    for truths::Silent { agent, hours } in truths::SILENT {
        let since = Micros(NOW.0 - (hours * HOUR as f64) as i64);
        let about = |record: &Record| match record {
            Record::Task(task) => task.agent_id.as_str() == agent,
            Record::Event(event) => event.agent_id.as_str() == agent,
            Record::Agent(life) => life.agent_id.as_str() == agent,
            Record::AgentMetric(metric) => metric.subject == agent,
            _ => false,
        };
        let own: Vec<Record> = simulate(SEED, NOW, DAYS).filter(about).collect();
        assert!(own.len() > 1_000 && own.iter().all(|record| time_of(record) < since), "{agent}");
        let mut last = own.iter().filter_map(|record| if let Record::Agent(life) = record { Some(life) } else { None });
        let last = last.next_back().expect("it lived");
        assert_eq!((last.status.as_str(), last.complete_time), ("running", None), "{agent}");
    }
}

#[test]
fn planners_change_their_mind_and_their_leases_end() {
    let memories: Vec<_> = simulate(SEED, NOW, DAYS)
        .filter_map(|record| if let Record::Memory(memory) = record { Some(memory) } else { None })
        .collect();
    let sessions: BTreeSet<&str> = memories.iter().map(|memory| memory.session_id.as_str()).collect();
    assert!(sessions.len() >= 3 * DAYS as usize, "{}", sessions.len());
    let last = memories.iter().map(|memory| memory.session_id.as_str()).next_back().expect("a session");
    let of = |key: &'static str| memories.iter().filter(move |memory| memory.session_id == last && memory.key == key);
    assert!(of("backlog").count() >= 2);
    assert!(of("lease").all(|memory| memory.ttl_hours == Some(0.5)));
    assert!(memories.iter().any(|memory| memory.key == "blocker" && memory.value.0 == "null"));
}

#[test]
fn one_agent_slows_one_matures_and_one_leaks() {
    let demo = demo();
    let third = |agent: &'static str, last: bool| {
        let (early, late) = (NOW.0 - 224 * HOUR, NOW.0 - 112 * HOUR);
        demo.tasks.iter().filter(move |task| {
            task.agent_id.as_str() == agent && if last { task.timestamp.0 > late } else { task.timestamp.0 < early }
        })
    };
    let pace = |last| median(third(truths::SLOWING_AGENT, last).filter_map(|task| task.duration_ms).collect());
    assert!(pace(true) > 1.2 * pace(false), "{} {}", pace(false), pace(true));
    let rate = |last| {
        let of: Vec<_> = third(truths::MATURING_AGENT, last).collect();
        share(of.iter().filter(|task| failed(task)).count(), of.len())
    };
    assert!(rate(true) + 0.04 < rate(false), "{} {}", rate(false), rate(true));
    let peak = |agent: &str| {
        let values = &demo.agent_metrics[&(agent.to_owned(), "memory_mb".to_owned())];
        values.iter().map(|(_, value)| *value).fold(0.0, f64::max)
    };
    assert!(peak(truths::LEAKING_AGENT) > peak("coder-01") + 15.0 * truths::LEAK_MB_AN_HOUR);
}
