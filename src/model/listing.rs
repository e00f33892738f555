//! Lists of tasks, agents and swarms: filtered, sorted by any column, page by page.
//!
//! Not here: lists of records as they were sent (`filter::PageRequest`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::{Estimator, Rate, Tier};
use super::health::HealthState;
use super::overview::{AgentRow, Scope, TaskRow};
use super::registry::AgentStanding;
use super::{Micros, Order, RangeSpec, RecordFilter};

/// A question for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Of which time.
    pub range: RangeSpec,
    /// Of which tasks: `agent_id`, `swarm_id`, `project`, `model`, `result`; of agents also `agent_type`, `status`
    /// (or `active`: spawned or running) and `state` (or `stale`: marked as such).
    pub filter: RecordFilter,
    /// By which column: one of [`TASK_SORTS`], [`AGENT_SORTS`], [`SWARM_SORTS`]; empty = the first of them.
    pub sort: String,
    /// Ascending or descending. Rows without a value come last, whatever the direction.
    pub order: Order,
    /// `next` of the page before; it must come with the same question.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to [`Self::LIMIT_MAX`].
    pub limit: u32,
}

impl ListQuery {
    /// Most rows of a page.
    pub const LIMIT_MAX: u32 = 1_000;
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            range: RangeSpec::default(),
            filter: RecordFilter::default(),
            sort: String::new(),
            order: Order::Desc,
            cursor: None,
            limit: 100,
        }
    }
}

/// What tasks can be sorted by. `timestamp` costs the same at any depth; every other column looks at all tasks
/// of the range that fit the filter.
pub const TASK_SORTS: [&str; 9] =
    ["timestamp", "duration_ms", "tokens_used", "files_changed", "agent_id", "swarm_id", "project", "model", "result"];

/// What agents can be sorted by. Sorting by a percentile computes it for every agent of the range. `state` sorts from
/// healthy over degraded, critical and failed to unknown and finished; `last_seen` is the last task in the range,
/// `last_heard` and `spawn_time` are of whatever time.
pub const AGENT_SORTS: [&str; 14] = [
    "last_seen",
    "agent_id",
    "agent_type",
    "project",
    "status",
    "tasks",
    "success_rate",
    "p50_duration_ms",
    "p95_duration_ms",
    "tokens_used",
    "cost_usd",
    "state",
    "spawn_time",
    "last_heard",
];

/// What swarms can be sorted by.
pub const SWARM_SORTS: [&str; 10] = [
    "last_seen",
    "first_seen",
    "swarm_id",
    "project",
    "agents",
    "tasks",
    "success_rate",
    "avg_duration_ms",
    "max_duration_ms",
    "tokens_used",
];

/// What events can be sorted by.
pub const EVENT_SORTS: [&str; 1] = ["timestamp"];

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// So many.
    Exact(u64),
    /// More than that; nobody counted on.
    MoreThan(u64),
}

impl Total {
    /// Up to which number rows are counted.
    pub const COUNTED_MAX: u64 = 10_000;
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListAnswer<R> {
    /// What was asked, and when.
    pub scope: Scope,
    /// The rows.
    pub rows: Vec<R>,
    /// How many rows all pages have.
    pub total: Total,
    /// The `cursor` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// The column they are sorted by.
    pub sort: String,
    /// In which direction.
    pub order: Order,
}

/// A page of tasks.
pub type TaskList = ListAnswer<TaskRow>;
/// A page of agents.
pub type AgentList = ListAnswer<AgentListRow>;
/// A page of swarms.
pub type SwarmList = ListAnswer<SwarmListRow>;

/// A page of events, and how many of each type there are over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventList {
    /// The page.
    pub list: ListAnswer<EventListRow>,
    /// The counts; `None` for the events of one task, which are too few to draw.
    pub counts: Option<EventCounts>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventListRow {
    /// Row id in the store.
    pub row: i64,
    /// What happened.
    pub event_type: String,
    /// When.
    pub timestamp: Micros,
    /// To whom.
    pub agent_id: String,
    /// What kind of agent that is, as the event says.
    pub agent_type: Option<String>,
    /// In which swarm.
    pub swarm_id: Option<String>,
    /// During which task.
    pub task_id: Option<String>,
    /// In which project.
    pub project: Option<String>,
    /// How long it took, in milliseconds, when its metadata says so.
    pub duration_ms: Option<f64>,
    /// Its metadata in words (`name value · …`, without the duration) or, when it is no object, as it is; the
    /// beginning, at most [`Self::DETAIL_CHARS`] characters.
    pub detail: Option<String>,
}

impl EventListRow {
    /// How much of an event's metadata a list shows.
    pub const DETAIL_CHARS: usize = 200;
}

/// Events of a range over time, by type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventCounts {
    /// Width of a bucket in milliseconds.
    pub step_ms: i64,
    /// Starts of the buckets, epoch milliseconds, ascending, none left out.
    pub time: Vec<i64>,
    /// The end of the last bucket, epoch milliseconds.
    pub end: i64,
    /// Whether the first and the last bucket hold only a part of their time.
    pub partial: (bool, bool),
    /// The most frequent types, most frequent first; at most [`Self::TYPES_MAX`].
    pub types: Vec<TypeCounts>,
    /// All other types together; `None` when there are none.
    pub other: Option<TypeCounts>,
    /// How many types there are.
    pub type_count: u64,
    /// Which rows were counted; `None` when there are none.
    pub tier: Option<Tier>,
}

impl EventCounts {
    /// Most types that are told apart.
    pub const TYPES_MAX: usize = 7;
}

/// Events of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCounts {
    /// The type; empty where several are put together.
    pub event_type: String,
    /// How many there are in the range.
    pub total: u64,
    /// How many in each bucket.
    pub counts: Vec<u64>,
}

/// One agent that had a task, an event or a start in the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentListRow {
    /// Its figures; `last_seen` is its last task in the range.
    pub agent: AgentRow,
    /// What its tasks cost in USD, as their sources reported it; `None` when none did.
    pub cost_usd: Option<f64>,
    /// How many of its tasks reported a cost.
    pub costed: u64,
    /// Where it stands now, whatever the range.
    pub standing: AgentStanding,
}

/// How many agents are in which state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStates {
    /// Agents by state; states without agents are absent.
    pub by_state: BTreeMap<HealthState, u64>,
    /// Those of them that are marked as stale.
    pub stale: u64,
}

impl AgentListRow {
    /// How its percentiles were computed.
    #[must_use]
    pub fn estimator(&self) -> Option<Estimator> {
        self.agent.durations.map(|durations| durations.estimator)
    }
}

/// One swarm that had a task in the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwarmListRow {
    /// The swarm.
    pub swarm_id: String,
    /// Its project: of any of its tasks that has one.
    pub project: Option<String>,
    /// Agents with a task of it in the range.
    pub agents: u64,
    /// Its tasks in the range.
    pub tasks: u64,
    /// Its success rate in the range.
    pub success: Option<Rate>,
    /// Mean duration of its tasks in the range, in milliseconds.
    pub avg_duration_ms: Option<f64>,
    /// The longest.
    pub max_duration_ms: Option<f64>,
    /// Tasks with a duration.
    pub timed: u64,
    /// Its tokens in the range; `None` when no task recorded any.
    pub tokens_used: Option<i64>,
    /// Its first task or event, whatever the range.
    pub first_seen: Option<Micros>,
    /// Its last task or event, whatever the range.
    pub last_seen: Option<Micros>,
}
