//! One agent's days: it is started, does one task after another, crashes or is restarted in the morning.

use crate::model::time::{DAY, HOUR, SECOND};
use crate::model::{
    AgentRecord, AgentStatus, EventId, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Micros, Record,
    TaskId, TimeRange,
};

use super::cast::{Agent, Swarm};
use super::dice::Dice;
use super::truths::{self, Burst, STRATEGIES, Strategy};

/// Agents are restarted at about this hour, UTC.
const RESTART_HOUR: i64 = 5;
/// Healing gives up after so many attempts; then a person helps.
const ATTEMPTS_MAX: u32 = 3;
/// How long a person takes, in seconds.
const PERSON_S: f64 = 600.0;

/// Adds everything `agent` leaves behind in `range`; what it notes down has its own luck.
pub fn live(dice: [Dice; 2], range: TimeRange, swarm: &Swarm, agent: &Agent, records: &mut Vec<Record>) {
    let [dice, notes] = dice;
    let mut life = Life { dice, notes, range, swarm, agent, records };
    let mut at = plus(range.from, life.dice.between(1.0, 300.0));
    while at < range.until {
        at = life.once(at);
    }
    life.planted_events();
}

/// `at` and `seconds` more, to the millisecond, as clocks in telemetry are.
pub fn plus(at: Micros, seconds: f64) -> Micros {
    Micros(at.0 + (seconds * 1000.0).round() as i64 * 1000)
}

/// How far `at` lies in `range`, 0 at its start and 1 at its end.
pub fn progress(range: TimeRange, at: Micros) -> f64 {
    ((at.0 - range.from.0) as f64 / range.length() as f64).clamp(0.0, 1.0)
}

/// The burst that `swarm` is in at `at`.
pub fn burst(range: TimeRange, swarm: &Swarm, at: Micros) -> Option<Burst> {
    truths::BURSTS.into_iter().find(|burst| {
        let from = plus(range.until, -burst.hours_before_end * 3600.0);
        burst.swarm == swarm.id.as_str() && from <= at && at < plus(from, burst.hours * 3600.0)
    })
}

/// The agent at work, with everything it is about to leave behind.
pub struct Life<'a> {
    pub dice: Dice,
    pub notes: Dice,
    pub range: TimeRange,
    pub swarm: &'a Swarm,
    pub agent: &'a Agent,
    pub records: &'a mut Vec<Record>,
}

impl Life<'_> {
    /// One life from `start`; returns when the next begins.
    fn once(&mut self, start: Micros) -> Micros {
        let morning = Micros(start.0.div_euclid(DAY) * DAY + RESTART_HOUR * HOUR);
        let morning = if morning <= start { Micros(morning.0 + DAY) } else { morning };
        let planned = plus(morning, self.dice.between(0.0, 1_500.0));
        self.event("spawn", start, None, None);
        let mut free = start;
        let (end, status, next) = loop {
            let at = plus(free, self.pause(free));
            if at >= planned {
                let end = planned.max(free); // a task that runs over the hour is let finish
                break (end, AgentStatus::Complete, plus(end, self.dice.between(4.0, 20.0)));
            }
            if at >= self.range.until {
                break (self.range.until, AgentStatus::Running, self.range.until);
            }
            let (ended, failure) = self.task(at);
            free = ended;
            let Some(failure_type) = failure else { continue };
            let healed = self.heal(failure_type, ended);
            if failure_type == "agent_down" {
                break (ended, AgentStatus::Error, healed);
            }
        };
        self.pulse(start, end);
        self.register(start, end, status);
        next
    }

    /// Seconds until the next task: shorter when the swarm is busy, and in a burst.
    fn pause(&mut self, at: Micros) -> f64 {
        let busy = self.swarm.rhythm(at).max(if burst(self.range, self.swarm, at).is_some() { 1.6 } else { 0.0 });
        self.dice.exponential(self.agent.kind.pause_s / busy).clamp(2.0, 5_400.0)
    }

    /// Tries to heal a failure noticed at `at`; returns when work can go on.
    fn heal(&mut self, failure_type: &'static str, at: Micros) -> Micros {
        let Some(strategy) = STRATEGIES.into_iter().find(|strategy| strategy.failure_type == failure_type) else {
            return at;
        };
        let failure_id = self.dice.uuid(at);
        let mut start = plus(at, self.dice.between(0.2, 3.0));
        for attempt in 1..=ATTEMPTS_MAX {
            let (end, healed) = self.attempt(&strategy, &failure_id, at, start, attempt);
            if healed {
                return end;
            }
            start = plus(end, self.dice.between(5.0, 30.0));
        }
        plus(start, PERSON_S)
    }

    fn attempt(
        &mut self,
        strategy: &Strategy,
        failure_id: &str,
        detected_at: Micros,
        start: Micros,
        attempt: u32,
    ) -> (Micros, bool) {
        let works = strategy.works_first + (strategy.works_last - strategy.works_first) * progress(self.range, start);
        let success = self.dice.chance(works);
        let ms = self.dice.log_normal(strategy.median_ms, 0.4).round();
        let end = plus(start, ms / 1000.0);
        self.records.push(Record::Healing(HealingRecord {
            strategy: strategy.name.to_owned(),
            failure_type: strategy.failure_type.to_owned(),
            success,
            duration_ms: ms,
            failure_id: Some(failure_id.to_owned()),
            agent_id: Some(self.agent.id.clone()),
            detected_at: Some(detected_at),
            timestamp: end,
            actions: strategy.actions.iter().map(|action| (*action).to_owned()).collect(),
            id: None,
            metadata: Some(Json(format!(r#"{{"attempt":{attempt}}}"#))),
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }));
        (end, success)
    }

    /// What is sent while it lives: an hourly heartbeat (thinned), load and memory.
    fn pulse(&mut self, start: Micros, end: Micros) {
        let leak = if self.agent.id.as_str() == truths::LEAKING_AGENT { truths::LEAK_MB_AN_HOUR } else { 0.0 };
        let mut at = plus(start, self.dice.between(60.0, 900.0));
        while at < end {
            let hours = (at.0 - start.0) as f64 / HOUR as f64;
            self.event("heartbeat", at, None, None);
            let load = 100.0 * (0.08 + 0.6 * self.swarm.rhythm(at)) * self.dice.between(0.7, 1.2);
            self.metric("cpu_percent", load.min(100.0), at);
            let noise = 12.0 * self.dice.normal().abs();
            self.metric("memory_mb", self.agent.kind.memory_mb + leak * hours + noise, at);
            at = plus(at, 3600.0 + self.dice.between(-30.0, 30.0));
        }
    }

    fn register(&mut self, start: Micros, end: Micros, status: AgentStatus) {
        let over = status != AgentStatus::Running;
        if over {
            let word = if status == AgentStatus::Error { "agent_down" } else { "complete" };
            self.event(word, end, None, None);
        }
        self.records.push(Record::Agent(AgentRecord {
            agent_id: self.agent.id.clone(),
            agent_type: self.agent.kind.name.to_owned(),
            status,
            spawn_time: start,
            complete_time: over.then_some(end),
            duration_ms: over.then(|| ((end.0 - start.0) / 1000) as f64),
            metadata: Some(Json(self.about(start))),
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }));
        if self.agent.kind.name == "planner" {
            self.remember(start);
            self.note_down(start, end);
        }
    }

    /// What a life from `start` says about itself.
    fn about(&self, start: Micros) -> String {
        let model = self.agent.kind.model;
        if self.agent.kind.name == "planner" {
            format!(r#"{{"model":"{model}","session_id":"{}"}}"#, self.session(start))
        } else {
            format!(r#"{{"model":"{model}"}}"#)
        }
    }

    /// The session of a planner that was started at `at`.
    fn session(&self, at: Micros) -> String {
        format!("{}-{}", self.swarm.id, &at.to_rfc3339()[..10])
    }

    /// Planners keep notes for their session.
    fn remember(&mut self, at: Micros) {
        let session = self.session(at);
        let backlog = self.dice.between(4.0, 40.0) as i64;
        let notes = [
            ("semantic", "conventions", r#"["tests are sentences","small commits"]"#.to_owned()),
            ("episodic", "backlog", format!(r#"{{"open":{backlog}}}"#)),
            ("context_hint", "focus", format!(r#""{}""#, self.swarm.project)),
        ];
        for (memory_type, key, value) in notes {
            let timestamp = plus(at, self.dice.between(5.0, 60.0));
            let ttl_hours = Some(if memory_type == "semantic" { 720.0 } else { 24.0 });
            self.memory(&session, memory_type, key, value, timestamp, ttl_hours);
        }
    }

    /// What planners write down while they live: versions of what they know, a lease that is soon over, who is in
    /// the way (JSON `null`: nobody), and one word of their own.
    fn note_down(&mut self, start: Micros, end: Micros) {
        let session = self.session(start);
        let end = end.min(self.range.until);
        let mut at = plus(start, self.notes.between(1_200.0, 3_600.0));
        while at < end {
            let open = self.notes.between(2.0, 45.0) as i64;
            self.memory(&session, "episodic", "backlog", format!(r#"{{"open":{open}}}"#), at, Some(24.0));
            let blocker = if self.notes.chance(0.3) { r#""review of the schema""# } else { "null" };
            self.memory(&session, "context_hint", "blocker", blocker.to_owned(), at, None);
            let holder = format!(r#"{{"holder":"{}"}}"#, self.agent.id);
            self.memory(&session, "coordination", "lease", holder, at, Some(0.5));
            at = plus(at, self.notes.between(7_200.0, 14_400.0));
        }
    }

    fn memory(
        &mut self,
        session: &str,
        memory_type: &str,
        key: &str,
        value: String,
        timestamp: Micros,
        ttl_hours: Option<f64>,
    ) {
        self.records.push(Record::Memory(MemoryRecord {
            session_id: session.to_owned(),
            memory_type: memory_type.to_owned(),
            key: key.to_owned(),
            value: Json(value),
            timestamp,
            ttl_hours,
            id: None,
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }));
    }

    /// Checkpoints and back-ups, for the agents that make them.
    fn planted_events(&mut self) {
        if self.agent.id.as_str() == truths::CHECKPOINT_AGENT {
            let step = truths::CHECKPOINT_SECONDS * SECOND;
            let mut at = Micros(self.range.from.0.div_euclid(step) * step + step);
            while at < self.range.until {
                let jitter = self.dice.between(-truths::CHECKPOINT_JITTER_SECONDS, truths::CHECKPOINT_JITTER_SECONDS);
                self.event(truths::CHECKPOINT, plus(at, jitter), None, None);
                at = Micros(at.0 + step);
            }
        }
        if self.agent.id.as_str() == truths::BACKUP_AGENT {
            let mut night = Micros(self.range.from.0.div_euclid(DAY) * DAY + truths::BACKUP_HOUR * HOUR);
            while night < self.range.until {
                for i in 0..truths::BACKUPS_A_NIGHT {
                    let at = plus(night, f64::from(i) * 900.0 + self.dice.between(0.0, 880.0));
                    if self.range.contains(at) {
                        self.event(truths::BACKUP, at, None, None);
                    }
                }
                night = Micros(night.0 + DAY);
            }
        }
    }

    fn metric(&mut self, metric_type: &str, value: f64, timestamp: Micros) {
        self.records.push(Record::AgentMetric(MetricRecord {
            subject: self.agent.id.as_str().to_owned(),
            metric_type: metric_type.to_owned(),
            value: (value * 10.0).round() / 10.0,
            timestamp,
            id: None,
            metadata: None,
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }));
    }

    pub fn event(&mut self, event_type: &str, timestamp: Micros, task: Option<&TaskId>, metadata: Option<String>) {
        let Ok(event_id) = EventId::new(self.dice.uuid(timestamp)) else { return }; // a UUID is an id
        self.records.push(Record::Event(EventRecord {
            event_type: event_type.to_owned(),
            agent_id: self.agent.id.clone(),
            agent_type: Some(self.agent.kind.name.to_owned()),
            event_id: Some(event_id),
            task_id: task.cloned(),
            swarm_id: Some(self.swarm.id.clone()),
            timestamp,
            metadata: metadata.map(Json),
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }));
    }
}
