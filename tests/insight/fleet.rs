//! A store with a made-up fleet in it: late, unknown and missing values included; the same every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use swarmscope::model::maintain::{Action, CompressionSettings, MaintenanceTask, RetentionSettings, Shelf};
use swarmscope::model::{
    AgentRecord, AgentStatus, EventRecord, MetricRecord, Micros, Outcome, Record, Source, TaskRecord, TokenCounts,
};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Store, StoreOptions};

pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
pub const NOW: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z

pub struct Fleet {
    pub service: Service,
    pub records: Vec<Record>,
    clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// Numbers that look random (Knuth's MMIX generator, high bits).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 0 to `most`.
    pub fn up_to(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(most.unsigned_abs() + 1)).expect("small")
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn in_part<T>(&mut self, of: u64, value: T) -> Option<T> {
        (self.below(of) != 0).then_some(value)
    }
}

impl Fleet {
    /// `count` tasks of the last five days, most written when they ended and some of them days later.
    pub async fn of(count: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(NOW));
        let told = Arc::clone(&clock);
        let options =
            // One reader: an answer that asks for a second moment while it holds one would wait for ever.
            StoreOptions { clock: Clock::new(move || Micros(told.load(Ordering::SeqCst))), readers: 1, ..StoreOptions::default() };
        let store = Store::open(&folder.path().join("s.db"), &options).await.expect("a store");
        let service = Service::new(store, Settings::default());
        let mut fleet = Self { service, records: Vec::new(), clock, _folder: folder };
        let mut dice = Dice::new(count);
        let mut late = Vec::new();
        let mut days: Vec<Vec<Record>> = vec![Vec::new(); 5];
        for index in 0..count {
            let day = dice.below(5);
            // Exact bucket boundaries are as likely as they are dangerous.
            let grain = [1, 1, MINUTE, HOUR][usize::try_from(dice.below(4)).expect("small")];
            let within = i64::try_from(dice.below(86_399_999_999)).expect("small");
            let ts = (NOW - (5 - i64::try_from(day).expect("small")) * DAY + within) / grain * grain;
            let task = Record::Task(task(&mut dice, index, ts.max(NOW - 5 * DAY)));
            if dice.below(20) == 0 { late.push(task) } else { days[usize::try_from(day).expect("small")].push(task) }
        }
        for (day, tasks) in (0..).zip(days) {
            fleet.clock.store(NOW - (4 - day) * DAY, Ordering::SeqCst);
            fleet.keep(tasks).await;
        }
        if count > 0 {
            fleet.keep(late).await;
            fleet.keep(others(&mut dice)).await;
        }
        fleet
    }

    /// The same after retention: every day is sealed and has lost its hours and minutes, then some more tasks arrive.
    pub async fn aged(count: u64) -> Self {
        let mut fleet = Self::of(count).await;
        let settings = Settings {
            retention: RetentionSettings { detailed_days: 1, hourly_days: 1, daily_days: 400, ..Default::default() },
            compression: CompressionSettings { min_age_days: 1, batch_size: 500, ..Default::default() },
            ..Settings::default()
        };
        let keeper = Service::new(fleet.service.store().clone(), settings);
        let task = MaintenanceTask::Cleanup { older_than_days: None, dry_run: false };
        let report = keeper.run_maintenance(task, Micros(NOW + 10 * DAY)).await.expect("cleaned up");
        let did = |action: Action, table: &str, shelf: Shelf| {
            report.changes.iter().any(|made| (made.action, made.table.as_str(), made.shelf) == (action, table, shelf))
        };
        assert!(did(Action::Sealed, "task", Shelf::Rows) && did(Action::Deleted, "agent_rollup", Shelf::Hours));
        assert!(did(Action::Deleted, "metric_rollup", Shelf::Hours), "{report:?}");
        let mut dice = Dice::new(count + 1);
        let more = (0..count / 10).map(|index| {
            let ts = NOW - 5 * DAY + dice.up_to(5 * DAY - 1);
            Record::Task(self::task(&mut dice, count + index, ts))
        });
        let more = more.collect();
        fleet.keep(more).await;
        fleet
    }

    async fn keep(&mut self, records: Vec<Record>) {
        self.write(records.clone()).await;
        self.records.extend(records);
    }

    pub async fn write(&self, records: Vec<Record>) {
        for part in records.chunks(5_000) {
            self.service.store().write(part.to_vec()).await.expect("stored");
        }
    }

    pub fn tasks(&self) -> impl Iterator<Item = &TaskRecord> {
        self.records.iter().filter_map(|record| if let Record::Task(task) = record { Some(task) } else { None })
    }

    pub fn events(&self) -> impl Iterator<Item = &EventRecord> {
        self.records.iter().filter_map(|record| if let Record::Event(event) = record { Some(event) } else { None })
    }

    /// Health as swarms reported it.
    pub fn health(&self) -> impl Iterator<Item = &MetricRecord> {
        self.records.iter().filter_map(|record| match record {
            Record::SwarmMetric(metric) if metric.metric_type == "health" => Some(metric),
            _ => None,
        })
    }
}

fn id<T: TryFrom<String>>(text: String) -> T
where
    T::Error: std::fmt::Debug,
{
    text.try_into().expect("an id")
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn task(dice: &mut Dice, index: u64, ts: i64) -> TaskRecord {
    let words = ["success", "failure", "timeout", "cancelled", "failed", "partial", "skipped"];
    let result = match dice.below(40) {
        0..30 => Some("success"),
        30..39 => Some(words[usize::try_from(dice.below(7)).expect("small")]),
        _ => None,
    };
    let result = result.map(|word| match word {
        "failed" => Outcome::Failed,
        word => Outcome::known(word).unwrap_or_else(|| Outcome::Other(word.into())),
    });
    let agent = dice.below(4) * dice.below(4) + dice.below(3); // some work more than others
    let count = |dice: &mut Dice, most| i64::try_from(dice.below(most)).expect("small");
    let split = dice.below(5) != 0;
    let kind = |dice: &mut Dice, most| {
        let tokens = count(dice, most);
        if split { dice.in_part(6, tokens) } else { None }
    };
    let tokens = TokenCounts {
        input: kind(dice, 5_000),
        output: kind(dice, 900),
        cache_read: kind(dice, 90_000),
        cache_write: kind(dice, 7_000),
        reasoning: None,
    };
    let models = ["claude-opus-4-5-x", "claude-haiku-4-5", "gpt-unpriced", "<synthetic>"];
    let model = models[usize::try_from(dice.below(4)).expect("small")];
    TaskRecord {
        task_id: id(format!("task-{index}")),
        agent_id: id(format!("agent-{agent}")),
        result,
        timestamp: Micros(ts),
        duration_ms: {
            let (a, b) = (dice.below(1_000) + 1, dice.below(300) + 1);
            dice.in_part(9, (a * b) as f64 / 7.0)
        },
        tokens_used: tokens.total().or_else(|| dice.in_part(3, 777)),
        files_changed: dice.in_part(2, 3),
        swarm_id: {
            let swarm = dice.below(4);
            dice.in_part(5, id(format!("swarm-{swarm}")))
        },
        model: dice.in_part(7, model.to_owned()),
        tokens,
        cost_usd: (dice.below(8) == 0).then_some(0.25),
        metadata: None,
        project: {
            let project = dice.below(3);
            dice.in_part(4, format!("project-{project}"))
        },
        source: Some(Source { file: "made.up".into(), key: format!("key-{index}") }),
    }
}

/// Health, events (some of agents without tasks) and registry rows.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn others(dice: &mut Dice) -> Vec<Record> {
    let mut records = Vec::new();
    for index in 0..400 {
        let ts = Micros(NOW - i64::try_from(dice.below(432_000_000_000)).expect("small"));
        records.push(Record::SwarmMetric(MetricRecord {
            subject: format!("swarm-{}", dice.below(3)),
            metric_type: if index % 4 == 0 { "load".into() } else { "health".into() },
            value: dice.below(100) as f64 / 100.0,
            timestamp: ts,
            id: None,
            metadata: None,
            project: dice.in_part(2, "project-1".into()),
            source: None,
        }));
        records.push(Record::Event(EventRecord {
            event_type: ["spawn", "heartbeat"][index % 2].into(),
            agent_id: id(format!("agent-{}", dice.below(25))),
            agent_type: Some("worker".into()),
            event_id: Some(id(format!("event-{index}"))),
            task_id: None,
            swarm_id: dice.in_part(2, id("swarm-1".into())),
            timestamp: Micros(ts.0 + 1),
            metadata: None,
            project: dice.in_part(3, "project-0".into()),
            source: None,
        }));
    }
    for agent in 0..6 {
        records.push(Record::Agent(AgentRecord {
            agent_id: id(format!("agent-{agent}")),
            agent_type: "planner".into(),
            status: AgentStatus::Running,
            spawn_time: Micros(NOW - 4 * DAY),
            complete_time: None,
            duration_ms: None,
            metadata: None,
            project: None,
            source: None,
        }));
    }
    records
}

pub fn task_named(task_id: &str, ts: i64, duration_ms: f64) -> Record {
    Record::Task(TaskRecord {
        task_id: id(task_id.into()),
        agent_id: id("agent-0".into()),
        result: Some(Outcome::Success),
        timestamp: Micros(ts),
        duration_ms: Some(duration_ms),
        tokens_used: Some(1_000),
        files_changed: None,
        swarm_id: None,
        model: Some("claude-opus-4-5".into()),
        tokens: TokenCounts { input: Some(1_000), ..TokenCounts::default() },
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    })
}
