//! What is planted in the simulated telemetry, as constants: what an analysis of it must find.
//!
//! | truth | where to look |
//! |---|---|
//! | coders read, edit, run, in that order | [`EDIT_LOOP`], [`EDIT_LOOP_SHARE`] |
//! | memory pressure, then a pause, then the agent is down | [`CRASH_OMENS`], [`OMEN_SHARE`], [`FALSE_ALARM_CHANCE`] |
//! | tasks that burn many tokens fail | [`HIGH_TOKENS`], [`HIGH_TOKENS_FAIL_SHARE`] |
//! | a checkpoint every half hour | [`CHECKPOINT`], [`CHECKPOINT_AGENT`], [`CHECKPOINT_SECONDS`] |
//! | back-ups run only between two and three in the morning, UTC | [`BACKUP`], [`BACKUP_AGENT`], [`BACKUP_HOUR`] |
//! | one agent grows slower, one more reliable, one leaks memory | [`SLOWING_AGENT`], [`MATURING_AGENT`], [`LEAKING_AGENT`] |
//! | strategies differ; one wears out, one is learning | [`STRATEGIES`] |
//! | failures come in bursts | [`BURSTS`] |
//! | agents hang, and nobody says so: late first, then failed and stale | [`SILENT`] |
//! | sessions of planners remember, forget, and change their mind | sessions `<swarm>-<day>`, key `backlog`; `lease` lasts half an hour |

/// Event types of a coder's task, in order, in [`EDIT_LOOP_SHARE`] of its tasks that do not fail.
pub const EDIT_LOOP: [&str; 3] = ["tool:Read", "tool:Edit", "tool:Bash"];
/// Share of a coder's tasks that follow [`EDIT_LOOP`].
pub const EDIT_LOOP_SHARE: f64 = 0.8;

/// Event types before an agent goes down, in order, within [`OMEN_SECONDS`] of the end of the task it took down.
pub const CRASH_OMENS: [&str; 2] = ["memory_pressure", "gc_pause"];
/// Seconds before the crash within which both omens lie.
pub const OMEN_SECONDS: f64 = 90.0;
/// Share of crashes that are announced.
pub const OMEN_SHARE: f64 = 0.9;
/// Chance that a task that goes well shows the first omen all the same.
pub const FALSE_ALARM_CHANCE: f64 = 0.001;

/// Event type of a task that burns many tokens; sent while it runs.
pub const HIGH_TOKENS: &str = "high_token_usage";
/// Chance that a task burns many tokens.
pub const HIGH_TOKENS_CHANCE: f64 = 0.015;
/// Share of those that fail; of all tasks, one in twenty or so does.
pub const HIGH_TOKENS_FAIL_SHARE: f64 = 0.75;

/// Event type of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Who makes it.
pub const CHECKPOINT_AGENT: &str = "planner-03";
/// How often, in seconds, give or take [`CHECKPOINT_JITTER_SECONDS`].
pub const CHECKPOINT_SECONDS: i64 = 1800;
/// Largest deviation of a checkpoint from its time, in seconds.
pub const CHECKPOINT_JITTER_SECONDS: f64 = 20.0;

/// Event type of the nightly back-up.
pub const BACKUP: &str = "backup";
/// Who makes it.
pub const BACKUP_AGENT: &str = "deployer-02";
/// The hour of the day, UTC, in which alone it happens.
pub const BACKUP_HOUR: i64 = 2;
/// Back-ups a night.
pub const BACKUPS_A_NIGHT: u32 = 4;

/// Its median duration grows, evenly over the time simulated, to [`SLOWING_FACTOR`] times the first.
pub const SLOWING_AGENT: &str = "researcher-01";
/// See [`SLOWING_AGENT`].
pub const SLOWING_FACTOR: f64 = 1.8;
/// Its failures fall, evenly over the time simulated, from [`MATURING_FROM`] to [`MATURING_TO`] of its tasks.
pub const MATURING_AGENT: &str = "tester-01";
/// See [`MATURING_AGENT`].
pub const MATURING_FROM: f64 = 0.16;
/// See [`MATURING_AGENT`].
pub const MATURING_TO: f64 = 0.02;
/// Its `memory_mb` grows by [`LEAK_MB_AN_HOUR`] until it is restarted.
pub const LEAKING_AGENT: &str = "coder-03";
/// See [`LEAKING_AGENT`].
pub const LEAK_MB_AN_HOUR: f64 = 35.0;

/// An agent that hangs: nothing of it comes any more, and its life goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silent {
    /// The agent.
    pub agent: &'static str,
    /// Since how many hours before the end. Agents beat once an hour.
    pub hours: f64,
}

/// Every agent that hangs.
pub const SILENT: [Silent; 2] =
    [Silent { agent: "reviewer-02", hours: 5.0 }, Silent { agent: "tester-03", hours: 1.75 }];

/// A way of healing one kind of failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strategy {
    /// The kind of failure.
    pub failure_type: &'static str,
    /// The strategy that answers it.
    pub name: &'static str,
    /// Chance that an attempt works at the start of the time simulated, …
    pub works_first: f64,
    /// … and at its end; in between it moves evenly.
    pub works_last: f64,
    /// Median time an attempt takes, in milliseconds.
    pub median_ms: f64,
    /// What it does, in order.
    pub actions: &'static [&'static str],
}

/// Every strategy, by the failure it answers.
pub const STRATEGIES: [Strategy; 6] = [
    Strategy {
        failure_type: "agent_down",
        name: "AgentRestartStrategy",
        works_first: 0.95,
        works_last: 0.95,
        median_ms: 1_200.0,
        actions: &["stop_agent", "start_agent", "restore_session"],
    },
    Strategy {
        failure_type: "task_timeout",
        name: "TaskRetryStrategy",
        works_first: 0.62,
        works_last: 0.62,
        median_ms: 2_500.0,
        actions: &["requeue_task"],
    },
    Strategy {
        failure_type: "tool_error",
        name: "TaskRetryStrategy",
        works_first: 0.62,
        works_last: 0.62,
        median_ms: 2_500.0,
        actions: &["requeue_task"],
    },
    Strategy {
        failure_type: "resource_exhaustion",
        name: "ResourceRebalanceStrategy",
        works_first: 0.97,
        works_last: 0.45,
        median_ms: 3_000.0,
        actions: &["measure_load", "move_tasks"],
    },
    Strategy {
        failure_type: "quorum_loss",
        name: "QuorumRecoveryStrategy",
        works_first: 0.9,
        works_last: 0.9,
        median_ms: 6_000.0,
        actions: &["elect_leader", "resync"],
    },
    Strategy {
        failure_type: "rate_limit",
        name: "BackoffStrategy",
        works_first: 0.6,
        works_last: 0.97,
        median_ms: 30_000.0,
        actions: &["wait", "retry_request"],
    },
];

/// An hour or so in which one swarm's tasks fail, and for one reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// The swarm.
    pub swarm: &'static str,
    /// Its start, in hours before the end of the simulation.
    pub hours_before_end: f64,
    /// Its length, in hours.
    pub hours: f64,
    /// Share of tasks that fail in it.
    pub fail_share: f64,
    /// Why.
    pub failure_type: &'static str,
}

/// Every burst, oldest first.
pub const BURSTS: [Burst; 4] = [
    Burst {
        swarm: "checkout-rewrite",
        hours_before_end: 244.0,
        hours: 1.5,
        fail_share: 0.6,
        failure_type: "rate_limit",
    },
    Burst {
        swarm: "nightly-etl",
        hours_before_end: 122.0,
        hours: 2.0,
        fail_share: 0.7,
        failure_type: "resource_exhaustion",
    },
    Burst {
        swarm: "checkout-rewrite",
        hours_before_end: 53.0,
        hours: 1.0,
        fail_share: 0.5,
        failure_type: "rate_limit",
    },
    Burst { swarm: "search-index", hours_before_end: 7.0, hours: 1.5, fail_share: 0.6, failure_type: "task_timeout" },
];
