//! Who takes part: six types of agents, three swarms in two projects, and their working day.

use crate::model::time::{DAY, HOUR};
use crate::model::{AgentId, Micros, SwarmId};

/// How a type of agent works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentType {
    /// Its name.
    pub name: &'static str,
    /// Median duration of a task, in seconds.
    pub median_s: f64,
    /// Spread of the logarithm of the duration.
    pub sigma: f64,
    /// Mean pause between two tasks at the busiest hour, in seconds.
    pub pause_s: f64,
    /// Share of tasks that fail on a quiet day.
    pub fail_share: f64,
    /// The model it asks.
    pub model: &'static str,
    /// Output tokens a second of work.
    pub tokens_a_second: f64,
    /// Memory it takes, in MB.
    pub memory_mb: f64,
    /// The tools it uses.
    pub tools: &'static [&'static str],
}

/// Every type.
const TYPES: [AgentType; 6] = [
    AgentType {
        name: "planner",
        median_s: 45.0,
        sigma: 0.5,
        pause_s: 900.0,
        fail_share: 0.012,
        model: "claude-opus-4-5",
        tokens_a_second: 22.0,
        memory_mb: 310.0,
        tools: &["tool:Read", "tool:TodoWrite", "tool:Task"],
    },
    AgentType {
        name: "coder",
        median_s: 210.0,
        sigma: 0.8,
        pause_s: 620.0,
        fail_share: 0.035,
        model: "claude-sonnet-4-5",
        tokens_a_second: 30.0,
        memory_mb: 480.0,
        tools: &["tool:Grep", "tool:Write", "tool:Read", "tool:Bash"],
    },
    AgentType {
        name: "reviewer",
        median_s: 75.0,
        sigma: 0.6,
        pause_s: 700.0,
        fail_share: 0.018,
        model: "claude-sonnet-4-5",
        tokens_a_second: 26.0,
        memory_mb: 350.0,
        tools: &["tool:Read", "tool:Grep", "tool:Bash"],
    },
    AgentType {
        name: "tester",
        median_s: 120.0,
        sigma: 0.9,
        pause_s: 480.0,
        fail_share: 0.06,
        model: "qwen3-coder-30b",
        tokens_a_second: 14.0,
        memory_mb: 620.0,
        tools: &["tool:Bash", "tool:Read"],
    },
    AgentType {
        name: "researcher",
        median_s: 160.0,
        sigma: 0.7,
        pause_s: 800.0,
        fail_share: 0.025,
        model: "gpt-5-mini",
        tokens_a_second: 18.0,
        memory_mb: 290.0,
        tools: &["tool:WebSearch", "tool:WebFetch", "tool:Read"],
    },
    AgentType {
        name: "deployer",
        median_s: 95.0,
        sigma: 0.5,
        pause_s: 1_100.0,
        fail_share: 0.045,
        model: "claude-haiku-4-5",
        tokens_a_second: 35.0,
        memory_mb: 260.0,
        tools: &["tool:Bash", "tool:WebFetch"],
    },
];

/// A swarm: its project, whether it works at night, and its agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Swarm {
    /// Its id.
    pub id: SwarmId,
    /// The project it belongs to.
    pub project: &'static str,
    /// Whether it is busiest after midnight instead of by day.
    pub nocturnal: bool,
    /// Its agents.
    pub agents: Vec<Agent>,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id, such as `coder-03`.
    pub id: AgentId,
    /// How it works.
    pub kind: AgentType,
}

/// Everybody, always in the same order.
#[must_use]
pub fn swarms() -> Vec<Swarm> {
    let storefront = "planner-01 coder-01 coder-02 coder-03 coder-04 reviewer-01 tester-01 tester-02";
    let search = "planner-02 coder-05 coder-06 reviewer-02 tester-03 researcher-01";
    let platform = "planner-03 coder-07 tester-04 researcher-02 deployer-01 deployer-02";
    [
        ("checkout-rewrite", "storefront", false, storefront),
        ("search-index", "storefront", false, search),
        ("nightly-etl", "data-platform", true, platform),
    ]
    .into_iter()
    .filter_map(|(name, project, nocturnal, agents)| {
        let agents = agents.split(' ').filter_map(agent).collect();
        Some(Swarm { id: SwarmId::new(name).ok()?, project, nocturnal, agents })
    })
    .collect()
}

fn agent(name: &str) -> Option<Agent> {
    let kind = TYPES.into_iter().find(|kind| name.starts_with(kind.name))?;
    Some(Agent { id: AgentId::new(name).ok()?, kind })
}

impl Swarm {
    /// How busy it is at `at`, from about 0.1 to 1: a working day or a working night, and quiet weekends.
    #[must_use]
    pub fn rhythm(&self, at: Micros) -> f64 {
        let hour = at.0.rem_euclid(DAY) as f64 / HOUR as f64;
        let peak = if self.nocturnal { 2.5 } else { 13.5 };
        let away = (hour - peak).abs().min(24.0 - (hour - peak).abs());
        let daily = 0.12 + 0.88 / (1.0 + (away / 4.5).powi(4));
        // The epoch fell on a Thursday, so days 2 and 3 of each of its weeks are Saturday and Sunday.
        let weekend = !self.nocturnal && matches!(at.0.div_euclid(DAY).rem_euclid(7), 2 | 3);
        if weekend { daily * 0.35 } else { daily }
    }
}
