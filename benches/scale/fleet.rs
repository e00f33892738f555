//! The tasks: the same on every run but for when they end, which is now.

use swarmscope::model::time::DAY;
use swarmscope::model::{Json, Micros, Outcome, Record, TaskRecord, TokenCounts};
use swarmscope::wire::ndjson::push_object;

use crate::Failure;

pub const AGENTS: u64 = 200;
pub const DAYS: i64 = 90;
const SWARMS: u64 = 10;

/// `tasks` tasks, evenly over [`DAYS`] up to `until`.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    pub until: Micros,
    pub tasks: usize,
}

impl Fleet {
    pub const fn until(until: Micros, tasks: usize) -> Self {
        Self { until, tasks }
    }

    /// When task `index` ends.
    pub fn time(&self, index: usize) -> Micros {
        let span = i128::from(DAYS * DAY);
        let part = span * index as i128 / self.tasks.max(1) as i128;
        Micros(self.until.0 - DAYS * DAY + i64::try_from(part).unwrap_or(i64::MAX))
    }

    /// The instant after which about `tasks` tasks lie.
    pub fn last(&self, tasks: usize) -> Micros {
        self.time(self.tasks.saturating_sub(tasks))
    }

    /// Task `index`.
    pub fn task(&self, index: usize) -> Result<TaskRecord, Failure> {
        task(index as u64, self.time(index))
    }

    /// The tasks `first..first + count` as a body of NDJSON.
    pub fn body(&self, first: usize, count: usize) -> Result<String, Failure> {
        let mut body = Vec::with_capacity(count * 400);
        for index in first..(first + count).min(self.tasks) {
            push_object(&mut body, &Record::Task(self.task(index)?), true);
            body.push(b'\n');
        }
        Ok(String::from_utf8(body)?)
    }
}

/// Task number `index` of any fleet, ending at `time`.
pub fn task(index: u64, time: Micros) -> Result<TaskRecord, Failure> {
    // SplitMix64: numbers that look random and follow from the index alone.
    let random = |salt: u64| {
        let mut z = (index + salt * 0x1_0000_0000_0000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let agent = random(1) % AGENTS;
    let result = match random(2) % 100 {
        0..93 => Outcome::Success,
        93..97 => Outcome::Failure,
        97 => Outcome::Timeout,
        _ => Outcome::Cancelled,
    };
    let model = match random(3) % 100 {
        0 => "rare",
        1..30 => "small",
        _ => "large",
    };
    let (high, low) = (random(4), random(5));
    let uuid = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high & 0xffff,
        high >> 16 & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    );
    // Pareto-like: most are short, some are very long.
    let uniform = f64::from(u32::try_from(random(6) >> 32)?) / f64::from(u32::MAX);
    let duration_ms = (1200.0 * (1.0 / (1.0 - uniform * 0.999)).powf(0.7) * 1000.0).round() / 1000.0;
    let tokens = |salt: u64, most: u64| i64::try_from(random(salt) % most).ok();
    let kinds = TokenCounts {
        input: tokens(7, 500),
        output: tokens(8, 2_000),
        cache_read: tokens(9, 90_000),
        cache_write: tokens(10, 5_000),
        reasoning: None,
    };
    Ok(TaskRecord {
        task_id: uuid.try_into()?,
        agent_id: format!("agent-{agent:03}").try_into()?,
        result: Some(result),
        timestamp: time,
        duration_ms: Some(duration_ms),
        tokens_used: kinds.total(),
        files_changed: tokens(11, 4),
        swarm_id: Some(format!("swarm-{}", agent % SWARMS).try_into()?),
        model: Some(model.into()),
        tokens: kinds,
        cost_usd: None,
        metadata: (random(12) % 10 == 0).then(|| Json(format!(r#"{{"attempt":{}}}"#, random(13) % 3))),
        project: Some(format!("project-{}", agent % 3)),
        source: None,
    })
}
