//! The figures by plain arithmetic over the records.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use swarmscope::model::answer::{Estimator, Rate};
use swarmscope::model::overview::{AgentRow, CostReport, Durations, Overview, Timeline, TokenTotals, Totals};
use swarmscope::model::price::PriceTable;
use swarmscope::model::{EventRecord, Micros, RecordFilter, TaskRecord, TimeRange};

use crate::fleet::Fleet;

pub struct Expected<'a> {
    range: TimeRange,
    filter: RecordFilter,
    fleet: &'a Fleet,
    pub tasks: Vec<&'a TaskRecord>,
    active: BTreeSet<&'a str>,
    pub events: u64,
}

fn word(task: &TaskRecord) -> &str {
    task.result.as_ref().map_or("none", |result| result.as_str())
}

fn matches(task: &TaskRecord, filter: &RecordFilter) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
    is(&filter.agent_id, Some(task.agent_id.as_str()))
        && is(&filter.swarm_id, task.swarm_id.as_ref().map(|swarm| swarm.as_str()))
        && is(&filter.project, task.project.as_deref())
        && is(&filter.model, task.model.as_deref())
        && is(&filter.result, Some(word(task)))
}

fn event_matches(event: &EventRecord, filter: &RecordFilter) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
    filter.model.is_none()
        && filter.result.is_none()
        && is(&filter.agent_id, Some(event.agent_id.as_str()))
        && is(&filter.swarm_id, event.swarm_id.as_ref().map(|swarm| swarm.as_str()))
        && is(&filter.project, event.project.as_deref())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

/// By linear interpolation between the two nearest ranks.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
fn percentile(sorted: &[f64], q: f64) -> f64 {
    let rank = q * (sorted.len() - 1) as f64;
    let low = rank.floor() as usize;
    let high = sorted[(low + 1).min(sorted.len() - 1)];
    sorted[low] + (high - sorted[low]) * (rank - rank.floor())
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
fn check_quantile(found: f64, sorted: &[f64], q: f64, estimator: Estimator) {
    match estimator {
        Estimator::Exact => assert!(close(found, percentile(sorted, q)), "p{q}: {found}"),
        Estimator::Sketch => {
            let true_value = sorted[(q * (sorted.len() - 1) as f64).floor() as usize];
            assert!((found - true_value).abs() <= 0.0101 * true_value, "p{q}: {found} for {true_value}");
        }
    }
}

fn tokens_of<'t>(tasks: impl Iterator<Item = &'t TaskRecord>) -> TokenTotals {
    let mut sum = TokenTotals::default();
    for task in tasks {
        sum.recorded += u64::from(task.tokens_used.is_some());
        sum.used += task.tokens_used.unwrap_or(0);
        sum.input += task.tokens.input.unwrap_or(0);
        sum.output += task.tokens.output.unwrap_or(0);
        sum.cache_read += task.tokens.cache_read.unwrap_or(0);
        sum.cache_write += task.tokens.cache_write.unwrap_or(0);
        sum.reasoning += task.tokens.reasoning.unwrap_or(0);
        if task.tokens.total().is_none() {
            sum.unsplit += task.tokens_used.unwrap_or(0);
        }
    }
    sum
}

fn words<'t>(tasks: impl Iterator<Item = &'t TaskRecord>) -> BTreeMap<String, u64> {
    let mut words = BTreeMap::new();
    for task in tasks {
        *words.entry(word(task).to_owned()).or_default() += 1;
    }
    words
}

fn rate(tasks: &[&TaskRecord]) -> Option<Rate> {
    let rated = tasks.iter().filter_map(|task| task.result.as_ref()?.rated());
    Rate::new(rated.clone().filter(|success| *success).count() as u64, rated.count() as u64)
}

fn durations(tasks: &[&TaskRecord]) -> Vec<f64> {
    let mut all: Vec<f64> = tasks.iter().filter_map(|task| task.duration_ms).collect();
    all.sort_by(f64::total_cmp);
    all
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn check_durations(found: Option<Durations>, tasks: &[&TaskRecord]) {
    let sorted = durations(tasks);
    let Some(found) = found else {
        assert!(sorted.is_empty());
        return;
    };
    assert_eq!(found.n, sorted.len() as u64);
    assert!(close(found.mean, sorted.iter().sum::<f64>() / sorted.len() as f64));
    assert_eq!(Some(&found.max), sorted.last());
    for (value, q) in [(found.p50, 0.5), (found.p95, 0.95), (found.p99, 0.99)] {
        check_quantile(value, &sorted, q, found.estimator);
    }
}

impl<'a> Expected<'a> {
    pub fn new(fleet: &'a Fleet, range: TimeRange) -> Self {
        Self::filtered(fleet, range, &RecordFilter::default())
    }

    pub fn filtered(fleet: &'a Fleet, range: TimeRange, filter: &RecordFilter) -> Self {
        let inside = |task: &&TaskRecord| range.contains(task.timestamp) && matches(task, filter);
        let tasks: Vec<&TaskRecord> = fleet.tasks().filter(inside).collect();
        let events = || fleet.events().filter(|e| range.contains(e.timestamp) && event_matches(e, filter));
        let active = tasks.iter().map(|task| task.agent_id.as_str()).chain(events().map(|e| e.agent_id.as_str()));
        Self { range, filter: filter.clone(), fleet, active: active.collect(), events: events().count() as u64, tasks }
    }

    pub fn previous(&self, fleet: &'a Fleet) -> Self {
        Self::filtered(fleet, self.range.previous(), &self.filter)
    }

    pub fn check(&self, overview: &Overview) {
        let context = format!("{:?} {:?}", self.range, self.filter);
        assert_eq!(overview.scope.range, self.range, "{context}");
        self.check_totals(&overview.totals);
        self.check_timeline(&overview.timeline, self.fleet);
        self.check_costs(&overview.costs);
        self.check_agents(overview);
        self.check_tasks(overview);
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub fn check_totals(&self, totals: &Totals) {
        let context = format!("{:?} {:?}", self.range, self.filter);
        assert_eq!(totals.tasks, self.tasks.len() as u64, "{context}");
        assert_eq!(totals.results, words(self.tasks.iter().copied()), "{context}");
        assert_eq!(totals.success, rate(&self.tasks), "{context}");
        check_durations(totals.durations, &self.tasks);
        assert_eq!(totals.tokens, tokens_of(self.tasks.iter().copied()), "{context}");
        assert_eq!(totals.active_agents, self.active.len() as u64, "{context}");
        let swarms: BTreeSet<_> = self.tasks.iter().filter_map(|task| task.swarm_id.as_ref()).collect();
        assert_eq!(totals.swarms, swarms.len() as u64, "{context}");
        let minutes = self.range.length() as f64 / 6e7;
        match totals.per_minute {
            Some(found) => assert!(close(found, self.tasks.len() as f64 / minutes)),
            None => assert!(self.tasks.is_empty()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub fn check_timeline(&self, timeline: &Timeline, fleet: &Fleet) {
        let (first, step) = (timeline.time[0] * 1000, timeline.step_ms * 1000);
        let (last, slots) = (timeline.time[timeline.time.len() - 1] * 1000, timeline.time.len());
        assert!(first <= self.range.from.0 && self.range.from.0 < first + step, "the first slot holds the start");
        assert!(last < self.range.until.0 && self.range.until.0 <= last + step, "the last slot holds the end");
        assert!(slots <= 120);
        let about_swarms =
            self.filter.agent_id.is_none() && self.filter.model.is_none() && self.filter.result.is_none();
        for slot in 0..slots {
            let start = timeline.time[slot] * 1000;
            let within = |time: Micros| (start..start + step).contains(&time.0) && self.range.contains(time);
            let tasks: Vec<&TaskRecord> = self.tasks.iter().copied().filter(|task| within(task.timestamp)).collect();
            let counts = words(tasks.iter().copied());
            for (word, column) in &timeline.results {
                let expected = (!tasks.is_empty()).then(|| counts.get(word).copied().unwrap_or(0));
                assert_eq!(column[slot], expected, "{word} in {slot} of {:?}", self.range);
            }
            assert!(counts.keys().all(|word| timeline.results.contains_key(word)));
            assert_eq!(timeline.success[slot], rate(&tasks));
            let sorted = durations(&tasks);
            assert_eq!(timeline.timed[slot], sorted.len() as u64);
            assert_eq!(timeline.shortest[slot], sorted.first().copied());
            assert_eq!(timeline.longest[slot], sorted.last().copied());
            for (column, q) in [(&timeline.p50, 0.5), (&timeline.p95, 0.95), (&timeline.p99, 0.99)] {
                match column[slot] {
                    Some(found) => check_quantile(found, &sorted, q, timeline.estimator.expect("an estimator")),
                    None => assert!(sorted.is_empty()),
                }
            }
            let tokens = tokens_of(tasks.iter().copied());
            let kinds = [("input", tokens.input), ("output", tokens.output), ("cache_read", tokens.cache_read)];
            for (kind, sum) in kinds.into_iter().chain([("cache_write", tokens.cache_write)]) {
                if let Some(column) = timeline.tokens.get(kind) {
                    assert_eq!(column[slot], (tokens.recorded > 0).then_some(sum), "{kind} in {slot}");
                }
            }
            let unsplit = timeline.tokens.get("unsplit").and_then(|column| column[slot]).unwrap_or(0);
            assert_eq!(unsplit, tokens.unsplit);
            let healths: Vec<f64> = fleet
                .health()
                .filter(|metric| within(metric.timestamp) && about_swarms && self.is_healths(metric))
                .map(|metric| metric.value)
                .collect();
            match timeline.health[slot] {
                Some(found) => assert!(close(found, healths.iter().sum::<f64>() / healths.len() as f64)),
                None => assert!(healths.is_empty(), "{slot} of {:?} {:?}", self.range, self.filter),
            }
        }
    }

    /// What was before: the same range and the same buckets, `shift_ms` ago.
    pub fn check_earlier(&self, timeline: &Timeline) {
        let earlier = timeline.earlier.as_ref().expect("what was before");
        let (shift, step) = (earlier.shift_ms * 1000, timeline.step_ms * 1000);
        assert!(shift % step == 0 && (shift - self.range.length()).abs() <= step.max(self.range.length() / 2));
        let back = |time: Micros| Micros(time.0 - shift);
        let range = TimeRange { from: back(self.range.from), until: back(self.range.until) };
        let before = Self::filtered(self.fleet, range, &self.filter);
        for (slot, start) in timeline.time.iter().enumerate() {
            let start = start * 1000 - shift;
            let within = |task: &&TaskRecord| (start..start + step).contains(&task.timestamp.0);
            let tasks: Vec<&TaskRecord> = before.tasks.iter().copied().filter(within).collect();
            let tokens = tokens_of(tasks.iter().copied());
            let sorted = durations(&tasks);
            assert_eq!(earlier.tasks[slot], Some(tasks.len() as u64).filter(|n| *n > 0), "{slot} of {range:?}");
            assert_eq!(earlier.success[slot], rate(&tasks));
            assert_eq!(earlier.tokens[slot], (tokens.recorded > 0).then_some(tokens.used));
            match earlier.p95[slot] {
                Some(found) => check_quantile(found, &sorted, 0.95, timeline.estimator.unwrap_or(Estimator::Exact)),
                None => assert!(sorted.is_empty()),
            }
        }
    }

    fn is_healths(&self, metric: &swarmscope::model::MetricRecord) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is(&self.filter.swarm_id, Some(&metric.subject)) && is(&self.filter.project, metric.project.as_deref())
    }

    /// Cost and unpriced tokens of one task, by hand.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn cost(task: &TaskRecord, prices: &PriceTable) -> (Option<f64>, i64) {
        if task.cost_usd.is_some() {
            return (task.cost_usd, 0);
        }
        let day = DateTime::from_timestamp_micros(task.timestamp.0).expect("a day").date_naive();
        let price = task.model.as_deref().and_then(|model| prices.find(model, day));
        let kinds = &task.tokens;
        match price {
            Some(price) if kinds.total().is_some() => {
                let cost = kinds.input.unwrap_or(0) as f64 * price.input
                    + kinds.output.unwrap_or(0) as f64 * price.output
                    + kinds.cache_read.unwrap_or(0) as f64 * price.cache_read.expect("listed")
                    + kinds.cache_write.unwrap_or(0) as f64 * price.cache_write.expect("listed");
                (Some(cost / 1e6), 0)
            }
            _ => (None, task.tokens_used.unwrap_or(0)),
        }
    }

    fn check_costs(&self, report: &CostReport) {
        /// Tasks, USD, unpriced tokens, and whether any task recorded tokens.
        type Row = (u64, Option<f64>, i64, bool);
        let prices = PriceTable::default();
        let mut rows: BTreeMap<(Option<&str>, Option<&str>), Row> = BTreeMap::new();
        for task in &self.tasks {
            let model = task.model.as_deref().filter(|model| *model != "<synthetic>");
            let row = rows.entry((model, task.project.as_deref())).or_default();
            let (usd, unpriced) = Self::cost(task, &prices);
            row.0 += 1;
            row.1 = row.1.map_or(usd, |sum| Some(sum + usd.unwrap_or(0.0)));
            row.2 += unpriced;
            row.3 |= task.tokens_used.is_some();
        }
        let untold: u64 = rows.values().filter(|row| row.1.is_none() && !row.3).map(|row| row.0).sum();
        assert_eq!(report.untold_tasks, untold, "{:?} {:?}", self.range, self.filter);
        rows.retain(|_, row| row.1.is_some() || row.3);
        assert_eq!(report.row_count, rows.len() as u64, "{:?} {:?}", self.range, self.filter);
        for row in &report.rows {
            let (tasks, usd, unpriced, _) = rows[&(row.model.as_deref(), row.project.as_deref())];
            assert_eq!((row.tasks, row.unpriced_tokens), (tasks, unpriced), "{row:?}");
            match (row.usd, usd) {
                (Some(found), Some(expected)) => assert!(close(found, expected), "{row:?}"),
                (found, expected) => assert_eq!(found, expected, "{row:?}"),
            }
        }
        assert!(report.rows.windows(2).all(|pair| pair[0].usd.unwrap_or(-1.0) >= pair[1].usd.unwrap_or(-1.0)));
        let usd: f64 = rows.values().filter_map(|row| row.1).sum();
        assert!(close(report.usd.unwrap_or(0.0), usd));
        assert_eq!(report.unpriced_tokens, rows.values().map(|row| row.2).sum::<i64>());
    }

    fn of_agent(&self, agent: &str) -> Vec<&'a TaskRecord> {
        self.tasks.iter().copied().filter(|task| task.agent_id.as_str() == agent).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn check_agents(&self, overview: &Overview) {
        let agents: BTreeSet<&str> = self.tasks.iter().map(|task| task.agent_id.as_str()).collect();
        let mean = |agent: &str| {
            let sorted = durations(&self.of_agent(agent));
            (sorted.len() >= 3).then(|| sorted.iter().sum::<f64>() / sorted.len() as f64)
        };
        let mut means: Vec<f64> = agents.iter().filter_map(|agent| mean(agent)).collect();
        means.sort_by(f64::total_cmp);
        let found =
            |rows: &[AgentRow]| -> Vec<f64> { rows.iter().map(|row| row.durations.expect("durations").mean).collect() };
        let same = |found: Vec<f64>, expected: Vec<f64>| {
            found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| close(*a, *b))
        };
        assert!(same(found(&overview.fastest), means.iter().take(5).copied().collect()));
        assert!(same(found(&overview.slowest), means.iter().rev().take(5).copied().collect()));
        let mut counts: Vec<u64> = agents.iter().map(|agent| self.of_agent(agent).len() as u64).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts.truncate(5);
        assert_eq!(overview.busiest.iter().map(|row| row.tasks).collect::<Vec<_>>(), counts);
        for row in overview.fastest.iter().chain(&overview.slowest).chain(&overview.busiest) {
            let tasks = self.of_agent(&row.agent_id);
            assert_eq!((row.tasks, row.success), (tasks.len() as u64, rate(&tasks)));
            check_durations(row.durations, &tasks);
            assert_eq!(row.tokens, tokens_of(tasks.iter().copied()).used);
            assert_eq!(row.last_seen, tasks.iter().map(|task| task.timestamp).max());
        }
    }

    fn check_tasks(&self, overview: &Overview) {
        let mut slowest = durations(&self.tasks);
        slowest.reverse();
        slowest.truncate(10);
        let found: Vec<f64> = overview.slowest_tasks.iter().filter_map(|task| task.duration_ms).collect();
        assert_eq!(found, slowest, "{:?} {:?}", self.range, self.filter);
        let failed = |task: &&&TaskRecord| matches!(word(task), "failure" | "timeout" | "failed");
        let mut failures: Vec<Micros> = self.tasks.iter().filter(failed).map(|task| task.timestamp).collect();
        failures.sort_unstable_by(|a, b| b.cmp(a));
        failures.truncate(10);
        let found: Vec<Micros> = overview.recent_failures.iter().map(|task| task.timestamp).collect();
        assert_eq!(found, failures, "{:?} {:?}", self.range, self.filter);
    }
}
