//! Records into events: those that were sent, and the conditions found in tasks and metrics.

use std::collections::{BTreeSet, HashMap};

use chrono_tz::Tz;

use crate::analytics::patterns::conditions::{self, Condition, SeriesPoint, TaskPoint};
use crate::analytics::patterns::{EventLog, EventLogBuilder, Zone};
use crate::model::{Micros, Outcome, Problem, TimeRange};
use crate::service::ServiceError;
use crate::service::aggregate::offsets;
use crate::store::StoreError;
use crate::store::read::{History, MetricCells, Snapshot, Words};

/// Results that are failures, by their numbers, which are the same in every store.
const FAILURE: u32 = 2;
const TIMEOUT: u32 = 3;
const FAILED: u32 = 5;

/// Records, with the words for their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    pub history: History,
    types: HashMap<u32, String>,
    agents: HashMap<u32, String>,
    swarms: HashMap<u32, String>,
    metrics: HashMap<u32, String>,
}

impl Gathered {
    /// These records, with their words.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn new(history: History, snapshot: &mut Snapshot) -> Result<Self, StoreError> {
        let mut this = Self::default();
        this.name(&history, snapshot).await?;
        Ok(Self { history, ..this })
    }

    /// Adds records that arrived later, and their words; leaves the oldest out where there are more than `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn add(&mut self, news: History, limit: usize, snapshot: &mut Snapshot) -> Result<(), StoreError> {
        self.name(&news, snapshot).await?;
        self.history.add(news, limit);
        Ok(())
    }

    async fn name(&mut self, history: &History, snapshot: &mut Snapshot) -> Result<(), StoreError> {
        let History { events, tasks, agent_metrics, swarm_metrics, .. } = history;
        let types: BTreeSet<u32> = events.iter().map(|event| event.kind).collect();
        let mut agents: BTreeSet<u32> = events.iter().map(|event| event.agent).collect();
        agents.extend(tasks.iter().map(|task| task.agent));
        agents.extend(agent_metrics.iter().map(|metric| metric.subject));
        let mut swarms: BTreeSet<u32> = events.iter().map(|event| event.swarm).collect();
        swarms.extend(tasks.iter().map(|task| task.swarm));
        swarms.extend(swarm_metrics.iter().map(|metric| metric.subject));
        swarms.remove(&0);
        let metrics = agent_metrics.iter().chain(swarm_metrics).map(|metric| metric.metric).collect();
        add(snapshot, Words::EventTypes, types, &mut self.types).await?;
        add(snapshot, Words::Agents, agents, &mut self.agents).await?;
        add(snapshot, Words::Swarms, swarms, &mut self.swarms).await?;
        add(snapshot, Words::Metrics, metrics, &mut self.metrics).await
    }

    /// The events, and how many of them are conditions.
    pub fn log(&self) -> (EventLog, Vec<Micros>) {
        let History { events, tasks, agent_metrics, swarm_metrics, .. } = &self.history;
        let mut builder = EventLogBuilder::with_capacity(events.len() + tasks.len() / 8);
        let (mut kinds, mut agents, mut swarms) =
            (Numbers::of(&self.types), Numbers::of(&self.agents), Numbers::of(&self.swarms));
        for event in events {
            let kind = kinds.get(event.kind, |name| builder.kind(name)).unwrap_or_else(|| builder.kind(""));
            let agent = agents.get(event.agent, |name| builder.agent(name));
            let swarm = swarms.get(event.swarm, |name| builder.swarm(name));
            builder.push_numbered(Micros(event.time), kind, agent, swarm);
        }
        let failures = [Outcome::Failure, Outcome::Timeout, Outcome::Failed];
        let tasks: Vec<TaskPoint<'_>> = tasks
            .iter()
            .map(|task| TaskPoint {
                time: Micros(task.time),
                agent: word(&self.agents, task.agent).unwrap_or_default(),
                swarm: word(&self.swarms, task.swarm),
                result: [FAILURE, TIMEOUT, FAILED]
                    .iter()
                    .position(|result| *result == task.result)
                    .and_then(|place| failures.get(place)),
                tokens_used: task.tokens,
                duration_ms: task.duration_ms,
            })
            .collect();
        let point = |metric: &MetricCells, of_agent: bool| SeriesPoint {
            time: Micros(metric.time),
            agent: word(&self.agents, metric.subject).filter(|_| of_agent),
            swarm: word(&self.swarms, metric.subject).filter(|_| !of_agent),
            metric_type: word(&self.metrics, metric.metric).unwrap_or_default(),
            value: metric.value,
        };
        let of_agents: Vec<SeriesPoint<'_>> = agent_metrics.iter().map(|metric| point(metric, true)).collect();
        let of_swarms: Vec<SeriesPoint<'_>> = swarm_metrics.iter().map(|metric| point(metric, false)).collect();
        let mut derived: Vec<Condition<'_>> = conditions::of_tasks(&tasks);
        derived.extend(conditions::of_series(&of_agents));
        derived.extend(conditions::of_series(&of_swarms));
        for condition in &derived {
            builder.push(condition.time, condition.event_type, condition.agent, condition.swarm);
        }
        (builder.finish(), derived.into_iter().map(|condition| condition.time).collect())
    }
}

/// The numbers of a log for those of the store: each name is looked up once.
struct Numbers<'a> {
    words: &'a HashMap<u32, String>,
    known: Vec<Option<u32>>,
}

impl<'a> Numbers<'a> {
    fn of(words: &'a HashMap<u32, String>) -> Self {
        Self { words, known: Vec::new() }
    }

    /// The number in the log, asked of `name` the first time; `None` without a word.
    fn get(&mut self, number: u32, name: impl FnOnce(&str) -> u32) -> Option<u32> {
        let place = number as usize;
        if let Some(Some(known)) = self.known.get(place) {
            return Some(*known);
        }
        let new = name(self.words.get(&number)?);
        if self.known.len() <= place {
            self.known.resize(place + 1, None);
        }
        self.known[place] = Some(new);
        Some(new)
    }
}

fn word(words: &HashMap<u32, String>, number: u32) -> Option<&str> {
    words.get(&number).map(String::as_str)
}

async fn add(
    snapshot: &mut Snapshot,
    of: Words,
    numbers: BTreeSet<u32>,
    words: &mut HashMap<u32, String>,
) -> Result<(), StoreError> {
    let new: Vec<u32> = numbers.into_iter().filter(|number| !words.contains_key(number)).collect();
    if !new.is_empty() {
        words.extend(snapshot.words_of(of, &new).await?);
    }
    Ok(())
}

/// The zone with this name.
///
/// # Errors
/// A [`Problem`] when there is none.
pub(super) fn zone_named(name: &str) -> Result<Tz, Problem> {
    name.parse().map_err(|_| {
        Problem::bad_request(format!("there is no zone `{name}`; write an IANA name such as Europe/Berlin or UTC"))
    })
}

/// The zone as a table of its offsets around `range`.
///
/// # Errors
/// As [`zone_named`].
pub(super) fn zone(name: &str, range: TimeRange) -> Result<Zone, ServiceError> {
    let parts = offsets(range, zone_named(name)?);
    let first = parts.first().map_or(0, |(_, offset)| *offset);
    Ok(Zone::new(name, first, parts.into_iter().skip(1).map(|(part, offset)| (part.from, offset)).collect()))
}
