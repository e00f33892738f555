//! Which rules there are. A rule that was made or edited here stands over one of the configuration with the same name,
//! and that over a documented one.

use std::collections::BTreeMap;

use crate::model::alert::{Rule, RuleOrigin, builtin_rules};
use crate::service::Service;
use crate::store::alerts::AlertBook;

/// A rule in force.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sourced {
    pub rule: Rule,
    pub origin: RuleOrigin,
    /// Whether it was edited here.
    pub edited: bool,
}

impl Service {
    /// The rules in force, by name.
    pub(super) fn rules_of(&self, book: &AlertBook) -> Vec<Sourced> {
        let mut rules = self.given_rules();
        for rule in &book.rules {
            let origin = rules.get(&rule.name).map_or(RuleOrigin::Store, |given| given.origin);
            let edited = origin != RuleOrigin::Store;
            rules.insert(rule.name.clone(), Sourced { rule: rule.clone(), origin, edited });
        }
        rules.into_values().collect()
    }

    /// The rules nobody made here: by name.
    pub(super) fn given_rules(&self) -> BTreeMap<String, Sourced> {
        let settings = &self.settings().alerts;
        let builtin = builtin_rules().into_iter().filter(|_| settings.builtin).map(|rule| (rule, RuleOrigin::Builtin));
        let configured = settings.rules.iter().cloned().map(|rule| (rule, RuleOrigin::Config));
        let sourced = |(rule, origin): (Rule, _)| (rule.name.clone(), Sourced { rule, origin, edited: false });
        builtin.chain(configured).map(sourced).collect()
    }
}
