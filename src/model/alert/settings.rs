//! `[alerts]` and `[budget]`, with their defaults.

use serde::{Deserialize, Serialize};

use super::{Rule, Span};

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
    /// More rules. One with the name of a documented one takes its place.
    pub rules: Vec<Rule>,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { enabled: true, interval: Span::seconds(15), builtin: true, rules: Vec::new() }
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
