//! What `[alerts]` and `[budget]` may say. Each rule checked itself when it was read.

use std::collections::BTreeSet;

use super::ConfigError;
use super::upkeep::demand;
use crate::model::alert::{AlertSettings, BudgetSettings, Rule, Span};

/// Shortest and longest time between two looks.
const INTERVAL: std::ops::RangeInclusive<Span> = Span::seconds(1)..=Span::hours(1);
/// Shortest and longest time a budget is for.
const WINDOW: std::ops::RangeInclusive<Span> = Span::minutes(1)..=Span::hours(366 * 24);

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(alerts: &AlertSettings, budget: &BudgetSettings) -> Result<(), ConfigError> {
    demand(INTERVAL.contains(&alerts.interval), "alerts.interval", || {
        "must be 1s to 1h; to switch it off, write enabled = false".into()
    })?;
    let mut names = BTreeSet::new();
    let twice = alerts.rules.iter().find(|rule| !names.insert(&rule.name));
    demand(twice.is_none(), "alerts.rules", || {
        format!("two rules have the name `{}`; each needs its own", twice.map_or("", |rule| &rule.name))
    })?;
    demand(alerts.rules.len() <= Rule::RULES_MAX / 2, "alerts.rules", || {
        format!("there are {}: at most {}", alerts.rules.len(), Rule::RULES_MAX / 2)
    })?;
    demand(budget.tokens != Some(0), "budget.tokens", || "must be at least 1; for no budget, leave it out".into())?;
    demand(WINDOW.contains(&budget.window), "budget.window", || "must be 1m to 366d".into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn refused(text: &str) -> String {
        let parsed = Config::parse(text, Path::new("swarmscope.toml"));
        parsed.and_then(|config| config.validate()).expect_err("refused").to_string()
    }

    #[test]
    fn a_broken_rule_is_named_with_its_line_its_key_and_what_is_allowed() {
        let rule = "[alerts]\ninterval = \"15s\"\n\n[[alerts.rules]]\nname = \"slow\"\nkind = \"aggregate\"\n";
        let of = |rest: &str| refused(&format!("{rule}{rest}"));
        let error = of("function = \"p200\"\n");
        assert!(error.starts_with("swarmscope.toml, line 7: there is no function `p200`; known: avg"), "{error}");
        let error = of("function = \"p99\"\nfield = \"duration_ms\"\nabove = 5\nabve = 6\n");
        assert!(error.starts_with("swarmscope.toml, line 10: unknown field `abve`, expected one of"), "{error}");
        let error = of("function = \"p99\"\nabove = 5\n");
        assert!(error.starts_with("swarmscope.toml, line 4: rule `slow`: `field` is missing: duration_ms"), "{error}");
        let error = of("window = \"5 minutes\"\n");
        assert!(error.starts_with("swarmscope.toml, line 7: `5 minutes` is no length of time"), "{error}");
    }

    #[test]
    fn absurd_values_are_named() {
        assert!(refused("[alerts]\ninterval = \"0s\"\n").starts_with("setting `alerts.interval`: must be 1s to 1h"));
        assert!(refused("[budget]\ntokens = 0\n").starts_with("setting `budget.tokens`: must be at least 1"));
        assert!(refused("[budget]\nwindow = \"1s\"\n").starts_with("setting `budget.window`: must be 1m to 366d"));
        let rule = "[[alerts.rules]]\nname = \"a\"\nkind = \"agent_stale\"\n";
        let twice = refused(&format!("{rule}{rule}"));
        assert_eq!(twice, "setting `alerts.rules`: two rules have the name `a`; each needs its own");
    }
}
