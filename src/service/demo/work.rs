//! One task of an agent: how it ends, what it uses on the way, what it costs.

use crate::model::time::SECOND;
use crate::model::{Json, Micros, Outcome, Record, TaskId, TaskRecord, TokenCounts};

use super::life::{Life, burst, plus, progress};
use super::truths;

/// A task that takes longer is ended, in seconds.
const TIMEOUT_S: f64 = 1_200.0;
/// Share of tasks somebody stops.
const CANCELLED_SHARE: f64 = 0.008;

impl Life<'_> {
    /// Does one task from `start`; returns its end and, when it failed, why.
    pub fn task(&mut self, start: Micros) -> (Micros, Option<&'static str>) {
        let kind = self.agent.kind;
        let hungry = self.dice.chance(truths::HIGH_TOKENS_CHANCE);
        let failure = self.fate(start, hungry);
        let slowing = if self.agent.id.as_str() == truths::SLOWING_AGENT { truths::SLOWING_FACTOR - 1.0 } else { 0.0 };
        let median = kind.median_s * (1.0 + slowing * progress(self.range, start));
        let worked = self.dice.log_normal(median, kind.sigma).clamp(2.0, TIMEOUT_S);
        let cancelled = failure.is_none() && self.dice.chance(CANCELLED_SHARE);
        let seconds = match failure {
            Some("task_timeout") => TIMEOUT_S + self.dice.between(0.0, 2.0),
            Some(_) => worked * self.dice.between(0.3, 1.2),
            None if cancelled => worked * self.dice.between(0.1, 0.6),
            None => worked,
        };
        let end = plus(start, seconds);
        if end >= self.range.until {
            return (end, None); // still running when the simulation ends: not recorded yet
        }
        let result = match failure {
            Some("task_timeout") => Outcome::Timeout,
            Some(_) => Outcome::Failure,
            None if cancelled => Outcome::Cancelled,
            None => Outcome::Success,
        };
        let Ok(task_id) = TaskId::new(self.dice.uuid(start)) else { return (end, None) }; // a UUID is an id
        self.steps(&task_id, start, end, failure, hungry);
        self.event("task_complete", end, Some(&task_id), Some(format!(r#"{{"result":"{}"}}"#, result.as_str())));
        let record = self.record(task_id, end, seconds, result, failure, hungry);
        self.records.push(Record::Task(record));
        (end, failure)
    }

    /// Why the task that starts at `at` will fail, if it will.
    fn fate(&mut self, at: Micros, hungry: bool) -> Option<&'static str> {
        if let Some(burst) = burst(self.range, self.swarm, at)
            && self.dice.chance(burst.fail_share)
        {
            return Some(burst.failure_type);
        }
        let share = if hungry {
            truths::HIGH_TOKENS_FAIL_SHARE
        } else if self.agent.id.as_str() == truths::MATURING_AGENT {
            truths::MATURING_FROM + (truths::MATURING_TO - truths::MATURING_FROM) * progress(self.range, at)
        } else {
            self.agent.kind.fail_share
        };
        let reasons = ["agent_down", "task_timeout", "resource_exhaustion", "tool_error"];
        self.dice.chance(share).then(|| self.dice.pick(&reasons))
    }

    /// The events of one task, start to last tool; its end is the caller's.
    fn steps(&mut self, task: &TaskId, start: Micros, end: Micros, failure: Option<&str>, hungry: bool) {
        self.event("task_start", start, Some(task), None);
        let seconds = (end.0 - start.0) as f64 / SECOND as f64;
        let coder = self.agent.kind.name == "coder" && failure.is_none();
        let tools: Vec<&str> = if coder && self.dice.chance(truths::EDIT_LOOP_SHARE) {
            truths::EDIT_LOOP.to_vec()
        } else {
            (0..self.dice.pick(&[1, 2, 2, 3])).map(|_| self.dice.pick(self.agent.kind.tools)).collect()
        };
        for (i, tool) in tools.iter().enumerate() {
            let share = (i as f64 + self.dice.between(0.2, 0.8)) / tools.len() as f64;
            let took = self.dice.log_normal(420.0, 1.0).min(seconds * 250.0);
            let broken = failure == Some("tool_error") && i + 1 == tools.len();
            let name = if broken { tool.replacen("tool:", "tool_error:", 1) } else { (*tool).to_owned() };
            let metadata = format!(r#"{{"duration_ms":{}}}"#, took.round());
            self.event(&name, plus(start, seconds * share * 0.9), Some(task), Some(metadata));
        }
        if hungry {
            self.event(truths::HIGH_TOKENS, plus(start, seconds * 0.85), Some(task), None);
        }
        let [pressure, gc] = truths::CRASH_OMENS;
        if failure == Some("agent_down") && self.dice.chance(truths::OMEN_SHARE) {
            let first = truths::OMEN_SECONDS.min(seconds);
            let (early, late) = (self.dice.between(0.6, 0.95), self.dice.between(0.1, 0.4));
            self.event(pressure, plus(end, -first * early), Some(task), None);
            self.event(gc, plus(end, -first * late), Some(task), None);
        } else if failure.is_none() && self.dice.chance(truths::FALSE_ALARM_CHANCE) {
            self.event(pressure, plus(end, -seconds * 0.5), Some(task), None);
        }
        if let Some(why) = failure {
            self.event("error", plus(end, -0.05), Some(task), Some(format!(r#"{{"failure_type":"{why}"}}"#)));
        }
    }

    fn record(
        &mut self,
        task_id: TaskId,
        timestamp: Micros,
        seconds: f64,
        result: Outcome,
        failure: Option<&str>,
        hungry: bool,
    ) -> TaskRecord {
        let kind = self.agent.kind;
        let model = if kind.name == "coder" && self.dice.chance(0.1) { "claude-haiku-4-5" } else { kind.model };
        let appetite = if hungry { 6.0 } else { 1.0 };
        let output = self.dice.log_normal(seconds.min(900.0) * kind.tokens_a_second * appetite, 0.25);
        let tokens = self.tokens(model, output);
        TaskRecord {
            task_id,
            agent_id: self.agent.id.clone(),
            files_changed: (kind.name == "coder")
                .then(|| if result == Outcome::Success { self.dice.exponential(2.5).round() as i64 + 1 } else { 0 }),
            result: Some(result),
            timestamp,
            duration_ms: Some((seconds * 1000.0).round()),
            // The local runner reports one total and no kinds.
            tokens_used: tokens.total().or(Some((output * 9.0).round() as i64)),
            swarm_id: Some(self.swarm.id.clone()),
            model: Some(model.to_owned()),
            cost_usd: (model == "gpt-5-mini").then(|| self_reported_usd(&tokens)),
            tokens,
            metadata: failure.map(|why| Json(format!(r#"{{"failure_type":"{why}"}}"#))),
            project: Some(self.swarm.project.to_owned()),
            source: None,
        }
    }

    /// Tokens by kind around `output`: little is new, most of a prompt comes from the cache.
    fn tokens(&mut self, model: &str, output: f64) -> TokenCounts {
        if model.starts_with("qwen") {
            return TokenCounts::default();
        }
        let mut near = |factor: f64| Some((output * factor * self.dice.between(0.7, 1.3)).round() as i64);
        TokenCounts {
            input: near(0.4),
            cache_read: near(32.0),
            cache_write: near(2.5),
            reasoning: if model.contains("opus") { near(0.25) } else { None },
            output: Some(output.round() as i64),
        }
    }
}

/// What the agents of this model say they cost, in USD: 0.25 a million tokens in, 0.025 from the cache, 2 out.
fn self_reported_usd(tokens: &TokenCounts) -> f64 {
    let millions = |count: Option<i64>| count.unwrap_or(0) as f64 / 1e6;
    let usd = 0.25 * (millions(tokens.input) + millions(tokens.cache_write))
        + 0.025 * millions(tokens.cache_read)
        + 2.0 * millions(tokens.output);
    (usd * 1e6).round() / 1e6
}
