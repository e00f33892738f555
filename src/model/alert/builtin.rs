//! The four documented rules.

use std::collections::BTreeMap;

use super::{Condition, FigureRule, Latest, Limit, Measure, Rule, Severity, Span, TokenUse};
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, Function, Source};

/// Over how much time they look.
const WINDOW: Span = Span::minutes(5);

/// Success rate below 90 %, p99 above 5 s, token use above 80 %, backlog above 50: all over the last five minutes,
/// rates and percentiles from [`Rule::SAMPLES_MIN`] tasks up.
#[must_use]
pub fn builtin_rules() -> [Rule; 4] {
    [
        rule(
            "low_success_rate",
            "Fewer than 90 % of the tasks of the last five minutes succeeded.",
            Severity::Critical,
            of_tasks(Function::SuccessRate, None, limit(false, 0.9)),
        ),
        rule(
            "high_latency",
            "One task in a hundred of the last five minutes took longer than 5 s (p99).",
            Severity::Warning,
            of_tasks(Function::P99, Some(Field::DurationMs), limit(true, 5_000.0)),
        ),
        rule(
            "high_token_use",
            "More than 80 % of the token budget is used.",
            Severity::Warning,
            Condition::TokenUse(TokenUse { limit: limit(true, 0.8), window: WINDOW }),
        ),
        rule(
            "high_backlog",
            "More than 50 tasks wait in a swarm's queue.",
            Severity::Warning,
            Condition::Latest(Latest {
                source: Source::SwarmMetrics,
                metric: "queue_depth".to_owned(),
                filter: RecordFilter::default(),
                limit: limit(true, 50.0),
                window: WINDOW,
            }),
        ),
    ]
}

fn rule(name: &str, description: &str, severity: Severity, condition: Condition) -> Rule {
    Rule {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        severity,
        enabled: true,
        hold: Span::ZERO,
        labels: BTreeMap::new(),
        condition,
    }
}

fn of_tasks(function: Function, field: Option<Field>, limit: Limit) -> Condition {
    let measure = Measure { source: Source::Tasks, function, field, filter: RecordFilter::default(), per: None };
    Condition::Figure(FigureRule { measure, limit, window: WINDOW, min_samples: Rule::SAMPLES_MIN })
}

const fn limit(above: bool, at: f64) -> Limit {
    Limit { above, at, clear: None }
}
