//! `[alerts]` and `[budget]`, with their defaults.

use serde::{Deserialize, Serialize};

use super::{Rule, Span};
use crate::model::channel::Channel;

/// `[alerts]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertSettings {
    /// Whether the server watches.
    pub enabled: bool,
    /// How often it looks.
    pub interval: Span,
    /// Whether the four documented rules are there ([`builtin_rules`](super::builtin_rules)).
    pub builtin: bool,
    /// Where people reach this server, for links in messages; `http://` and `[server] bind` without it.
    pub external_url: Option<String>,
    /// More rules. One with the name of a documented one takes its place.
    pub rules: Vec<Rule>,
    /// Where alerts are told.
    pub channels: Vec<Channel>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Span::seconds(15),
            builtin: true,
            external_url: None,
            rules: Vec::new(),
            channels: Vec::new(),
        }
    }
}

/// `[budget]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// Tokens that may be used in [`Self::window`]; `None` = no budget.
    pub tokens: Option<u64>,
    /// In how much time.
    pub window: Span,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self { tokens: None, window: Span::hours(24) }
    }
}
