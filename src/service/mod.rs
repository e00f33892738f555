//! Use cases: what the doors (`api`, `web`, `cli`, `jobs`) can ask for. A function here reads,
//! computes and answers, in that order; routes and pages call the same ones, so they cannot disagree.

mod agents;
pub mod aggregate;
pub mod alerts;
mod atomic;
pub mod cache;
pub mod channels;
pub mod demo;
pub mod error;
mod explore;
pub mod export;
pub mod healing;
pub mod health;
pub mod import;
pub mod insight;
pub mod listing;
pub mod live;
pub mod maintain;
pub mod methods;
pub mod opaque;
pub mod patterns;
pub mod query;
pub mod record;
mod sessions;
pub mod system;
mod top;
mod trends;
pub mod vitals;

use std::sync::Arc;

use crate::model::alert::{AlertSettings, BudgetSettings};
use crate::model::health::{AgentSettings, HeartbeatSettings};
use crate::model::maintain::{CompressionSettings, RetentionSettings, StreamSettings, WriteBufferSettings};
use crate::model::pattern::PatternSettings;
use crate::model::price::PriceTable;
use crate::model::system::HealthSettings;
use crate::store::Store;

pub use error::ServiceError;

/// What every door holds. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Service {
    store: Store,
    settings: Arc<Settings>,
    desk: Arc<maintain::Desk>,
    buffer: Arc<record::buffer::Buffer>,
    cache: Arc<cache::Cache>,
    feed: Arc<live::Feed>,
    patterns: Arc<patterns::Desk>,
    standing: Arc<trends::Standing>,
    past: Arc<vitals::Past>,
    alerts: Arc<alerts::Desk>,
    channels: Arc<channels::Desk>,
    system: Arc<system::Desk>,
}

/// Plain values the top floor hands down.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The home folder, to look for telemetry in.
    pub home: Option<std::path::PathBuf>,
    /// The folder the program runs in, to look for telemetry in.
    pub folder: Option<std::path::PathBuf>,
    /// What tokens cost.
    pub prices: PriceTable,
    /// How long what is kept.
    pub retention: RetentionSettings,
    /// How old records are sealed.
    pub compression: CompressionSettings,
    /// Records of callers that do not wait.
    pub write_buffer: WriteBufferSettings,
    /// Who follows what is stored.
    pub stream: StreamSettings,
    /// When agents count as stale.
    pub agents: AgentSettings,
    /// When agents are expected to beat.
    pub heartbeat: HeartbeatSettings,
    /// What is learned.
    pub patterns: PatternSettings,
    /// What is watched, and who is told.
    pub alerts: AlertSettings,
    /// How many tokens may be used.
    pub budget: BudgetSettings,
    /// Where people reach this server, without a slash at the end: links in messages lead there.
    pub external_url: String,
    /// Targets and critical thresholds of the program itself.
    pub health: HealthSettings,
}

impl Service {
    /// A service over `store`.
    #[must_use]
    pub fn new(store: Store, settings: Settings) -> Self {
        Self {
            store,
            settings: Arc::new(settings),
            desk: Arc::default(),
            buffer: Arc::default(),
            cache: Arc::default(),
            feed: Arc::default(),
            patterns: Arc::default(),
            standing: Arc::default(),
            past: Arc::default(),
            alerts: Arc::default(),
            channels: Arc::default(),
            system: Arc::default(),
        }
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the top floor set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
