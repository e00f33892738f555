//! How long a look at 100 alert rules takes over a million tasks of one day, and a dry run. Prints, asserts nothing about
//! time.
//!
//! `cargo bench --bench alerts`

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

#[path = "scale/report.rs"]
#[expect(dead_code, reason = "the other benchmarks use the rest")]
mod report;

use std::error::Error;
use std::time::Instant;

use report::{Aim, millis, quantile, row};
use swarmscope::model::alert::{AlertSettings, DryRunQuery, Rule, RuleSpec};
use swarmscope::model::time::{DAY, SECOND};
use swarmscope::model::{AgentId, Micros, Outcome, Record, SwarmId, TaskId, TaskRecord, TokenCounts};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};

/// When the last task ended: 2026-01-01T12:00:00Z.
const NOON: i64 = 1_767_268_800_000_000;
const TASKS: i64 = 1_000_000;
const AGENTS: i64 = 100;
const BATCH: i64 = 10_000;
const ROUNDS: i64 = 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let rules = rules()?;
    let one = rules.first().cloned().ok_or("no rules")?;
    let alerts = AlertSettings { builtin: false, rules, ..AlertSettings::default() };
    let store = Store::open(&folder.path().join("alerts.db"), &StoreOptions::default()).await?;
    let service = Service::new(store, Settings { alerts, ..Settings::default() });
    for start in (0..TASKS).step_by(usize::try_from(BATCH)?) {
        let batch = (start..start + BATCH).map(task).collect::<Result<Vec<_>, _>>()?;
        service.store().write(batch).await?;
    }
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let seen = service.look_at_alerts(Micros(NOON + round * SECOND)).await?;
        times.push(begun.elapsed());
        if round == 0 {
            println!("{} rules were read, {} alerts stand", seen.readings.len(), seen.standing.len());
        }
    }
    row("a look at 100 rules over 1 000 000 tasks, p50", millis(quantile(&mut times, 0.5)), "ms", Aim::AtMost(200.0));
    row("the slowest of twenty", millis(quantile(&mut times, 1.0)), "ms", Aim::None);
    let begun = Instant::now();
    let dry =
        service.dry_run(DryRunQuery { rule: one.into(), from: "now-24h".into(), to: String::new() }, Micros(NOON));
    let dry = dry.await?;
    row(&format!("a dry run of {} looks", dry.looks), millis(begun.elapsed()), "ms", Aim::None);
    Ok(())
}

/// Of everything, of single agents and of swarms, and some for each agent.
fn rules() -> Result<Vec<Rule>, Box<dyn Error>> {
    let rule = |n: usize| {
        let agent = n % 50;
        let what = match n {
            0..25 => format!("function = 'success_rate'\nbelow = 0.9\nfilter = {{ agent_id = 'agent-{agent}' }}"),
            25..50 => {
                let field = "field = 'duration_ms'\nabove = 5000";
                format!("function = 'p99'\n{field}\nfilter = {{ agent_id = 'agent-{agent}' }}")
            }
            50..70 => format!("function = 'count'\nabove = 500\nfilter = {{ swarm_id = 'swarm-{}' }}", n % 20),
            70..90 => format!("function = 'p{n}'\nfield = 'duration_ms'\nabove = 5000"),
            90..95 => "function = 'p95'\nfield = 'duration_ms'\nabove = 5000\nper = 'agent_id'".to_owned(),
            _ => format!("function = 'avg'\nfield = 'tokens_used'\nabove = 9000\nwindow = '{}m'", n - 90),
        };
        toml::from_str::<RuleSpec>(&format!("name = 'rule-{n}'\nkind = 'aggregate'\n{what}"))
    };
    let specs = (0..100).map(rule).collect::<Result<Vec<_>, _>>()?;
    Ok(specs.into_iter().map(RuleSpec::check).collect::<Result<Vec<_>, _>>()?)
}

/// Tasks at equal distances over the day before noon.
fn task(n: i64) -> Result<Record, Box<dyn Error>> {
    let agent = n % AGENTS;
    Ok(Record::Task(TaskRecord {
        agent_id: AgentId::new(format!("agent-{agent}"))?,
        swarm_id: Some(SwarmId::new(format!("swarm-{}", agent % 20))?),
        task_id: TaskId::new(format!("task-{n}"))?,
        timestamp: Micros(NOON - DAY + n * (DAY / TASKS)),
        duration_ms: Some(u32::try_from(n * 7_919 % 6_000)?.into()),
        result: Some(if n % 20 == 0 { Outcome::Failure } else { Outcome::Success }),
        tokens_used: Some(n % 5_000),
        tokens: TokenCounts::default(),
        files_changed: None,
        model: None,
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    }))
}
