//! What is the matter, in one line with its figures: what pages, messages and logs say.

use crate::model::aggregate::{Field, Function};
use crate::model::alert::{
    Condition, FigureRule, Figures, Latest, Limit, PatternSeen, ReadingVerdict, Rule, Subject, TrendRule,
};

/// In which unit a value is.
#[derive(Clone, Copy)]
enum Unit {
    Plain,
    Milliseconds,
    Share,
}

/// The line about one subject.
pub(super) fn summary(rule: &Rule, verdict: ReadingVerdict, subject: Option<&Subject>, figures: &Figures) -> String {
    let whom = subject.map_or_else(String::new, |Subject { label, value }| {
        format!("{} {value}: ", label.trim_end_matches("_id").replace('_', " "))
    });
    let what = if verdict == ReadingVerdict::NotEnoughData { lacking(rule, figures) } else { found(rule, figures) };
    format!("{whom}{what}")
}

/// The line of a rule that found nobody.
pub(super) fn of_nobody(rule: &Rule) -> &'static str {
    match &rule.condition {
        Condition::AgentStale(_) => "no agent is stale",
        Condition::Trend(trend) if trend.per.is_some() => "nobody gets worse",
        Condition::Pattern(_) => "no such pattern was seen",
        _ => "not enough data: nothing was reported",
    }
}

fn lacking(rule: &Rule, figures: &Figures) -> String {
    match &rule.condition {
        Condition::Absence(absence) => {
            format!("not enough data: no {} came since this is watched", absence.source.as_str())
        }
        _ if figures.samples == 0 => "not enough data: nothing was reported".to_owned(),
        _ => format!("not enough data: {} of at least {}", figures.samples, figures.samples_min),
    }
}

fn found(rule: &Rule, figures: &Figures) -> String {
    let window = rule.window();
    match &rule.condition {
        Condition::Figure(FigureRule { measure, .. }) => {
            let unit = match (measure.function, measure.field) {
                (Function::SuccessRate, _) => Unit::Share,
                (Function::Count | Function::Rate, _) => Unit::Plain,
                (_, Some(Field::DurationMs)) => Unit::Milliseconds,
                _ => Unit::Plain,
            };
            let of = measure.field.map_or_else(String::new, |field| format!(" of {}", field.as_str()));
            let n = match figures.rate {
                Some(rate) => format!("{} of {}", rate.numerator, rate.denominator),
                None => format!("{} {}", figures.samples, measure.source.as_str()),
            };
            let function = measure.function.to_string().replace('_', " ");
            let value = figures.value.map_or_else(|| "unknown".to_owned(), |value| written(value, unit));
            format!("{function}{of} {value} ({n} in {window}){}", against(figures.limit, unit))
        }
        Condition::Latest(Latest { metric, .. }) => {
            let value = figures.value.map_or_else(|| "unknown".to_owned(), |value| written(value, Unit::Plain));
            format!("{metric} is {value}{}", against(figures.limit, Unit::Plain))
        }
        Condition::TokenUse(_) => {
            let value = figures.value.map_or_else(|| "unknown".to_owned(), |value| written(value, Unit::Share));
            let of = figures.rate.map_or_else(
                || " as it was reported".to_owned(),
                |rate| format!(" ({} of {})", rate.numerator, rate.denominator),
            );
            format!("token use {value}{of}{}", against(figures.limit, Unit::Share))
        }
        Condition::Absence(absence) => match figures.samples {
            0 => format!("no {} for {window}", absence.source.as_str()),
            n => format!("{n} {} in {window}", absence.source.as_str()),
        },
        Condition::Trend(TrendRule { metric, .. }) => {
            let change = figures.value.map_or_else(String::new, |percent| format!(" by {percent:+.1} %"));
            format!("{metric} changed{change} over {} records", figures.samples)
        }
        Condition::AgentStale(_) => {
            let silent =
                figures.value.map_or_else(String::new, |ms| format!(" for {}", written(ms, Unit::Milliseconds)));
            format!("not heard of{silent}")
        }
        Condition::Pattern(PatternSeen { .. }) => format!("seen {} times in {window}", figures.samples),
    }
}

fn against(limit: Option<Limit>, unit: Unit) -> String {
    limit.map_or_else(String::new, |limit| {
        let side = if limit.above { "above" } else { "below" };
        format!("; bad {side} {}", written(limit.at, unit))
    })
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Plain => plain(value),
        Unit::Share => format!("{} %", plain((value * 1_000.0).round() / 10.0)),
        Unit::Milliseconds if value < 1_000.0 => format!("{} ms", plain(value)),
        Unit::Milliseconds if value < 120_000.0 => format!("{} s", plain(value / 1_000.0)),
        Unit::Milliseconds if value < 7_200_000.0 => format!("{} min", plain(value / 60_000.0)),
        Unit::Milliseconds => format!("{} h", plain(value / 3_600_000.0)),
    }
}

/// A whole number as it is, any other with at most two decimals, and no zeros at its end.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    // Two decimals are written of every finite number.
    if value.is_finite() { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
