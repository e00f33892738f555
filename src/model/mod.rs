//! The words of the field: ids, time, records, filters, series and the answers pages and routes share.
//!
//! Data and small total functions only. Not here: reading bytes (`wire`), arithmetic over many
//! records (`analytics`), SQL (`store`), and anything that asks the clock.

pub mod aggregate;
pub mod alert;
pub mod answer;
pub mod cell;
pub mod channel;
pub mod dataset;
pub mod explore;
pub mod export;
pub mod filter;
pub mod healing;
pub mod health;
pub mod id;
pub mod listing;
pub mod live;
pub mod login;
pub mod maintain;
pub mod note;
pub mod outcome;
pub mod overview;
pub mod pattern;
pub mod price;
pub mod problem;
pub mod record;
pub mod registry;
pub mod session;
pub mod source;
pub mod summary;
pub mod system;
pub mod time;
pub mod tokens;
pub mod top;
pub mod trend;
pub mod work;

pub use dataset::{Dataset, Format, Selection};
pub use filter::{Cursor, Order, RecordFilter};
pub use id::{AgentId, EventId, IdError, SwarmId, TaskId};
pub use live::HighWater;
pub use outcome::{AgentStatus, Outcome};
pub use problem::{Problem, ProblemKind};
pub use record::{
    AgentRecord, EventRecord, HealingRecord, Json, MemoryRecord, MetricRecord, Record, Source, TaskRecord,
};
pub use source::{FoundSource, ImportSummary, SourceKind};
pub use time::{Micros, RangeSpec, TimeError, TimeRange};
pub use tokens::TokenCounts;
