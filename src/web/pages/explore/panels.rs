//! The charts of an answer: one for each unit, as no axis can carry two.

use crate::model::aggregate::{AggregateAnswer, AggregateColumn, AggregateQuery, AggregateSeries, Field, Function};
use crate::web::charts::{Ink, Marks, Panel, Role, Series, Stroke, Unit};
use crate::web::format;

/// Most groups a chart draws: as many as there are colours. The table has all of them.
const GROUPS_DRAWN: usize = 8;

/// The charts; none for an answer without buckets.
pub(super) fn panels(query: &AggregateQuery, answer: &AggregateAnswer) -> Vec<Panel> {
    let Some(bucket) = answer.bucket else { return Vec::new() };
    let units = [Unit::Count, Unit::Millis, Unit::Tokens, Unit::Usd, Unit::Number, Unit::PerSecond, Unit::Ratio];
    let frame = |unit| frame(unit, answer, bucket.micros() / 1000);
    units
        .into_iter()
        .map(|unit| Panel { series: series(query, answer, unit), ..frame(unit) })
        .filter(|p| !p.series.is_empty())
        .collect()
}

/// What a function of a field is measured in.
pub(super) fn unit(function: Function, field: Option<Field>) -> Unit {
    match (function, field) {
        (Function::Count, _) => Unit::Count,
        (Function::Rate, _) => Unit::PerSecond,
        (Function::SuccessRate, _) => Unit::Ratio,
        (_, Some(Field::DurationMs)) => Unit::Millis,
        (_, Some(Field::CostUsd)) => Unit::Usd,
        (_, Some(Field::FilesChanged | Field::Value) | None) => Unit::Number,
        (_, Some(_)) => Unit::Tokens,
    }
}

fn series(query: &AggregateQuery, answer: &AggregateAnswer, unit_of_panel: Unit) -> Vec<Series> {
    let mut all = Vec::new();
    for (place, group) in answer.series.iter().take(GROUPS_DRAWN).enumerate() {
        let columns = group.columns.iter().filter(|column| unit(column.function, query.field) == unit_of_panel);
        for (n, column) in columns.enumerate() {
            all.push(line(answer, group, column, (place, n)));
        }
    }
    all
}

fn line(answer: &AggregateAnswer, group: &AggregateSeries, column: &AggregateColumn, place: (usize, usize)) -> Series {
    let words = group.group.iter().map(|word| word.as_deref().unwrap_or("none")).collect::<Vec<_>>().join(" · ");
    let function = column.function.to_string();
    // Groups differ by colour and their functions by dash; without groups, functions differ by both.
    let (colour, label) =
        if answer.group_by.is_empty() { (place.1, function) } else { (place.0, format!("{words} · {function}")) };
    Series {
        key: format!("{}.{}", place.0, column.function),
        label,
        ink: Ink::Series(u8::try_from(colour % GROUPS_DRAWN).unwrap_or(0) + 1),
        stroke: [Stroke::Solid, Stroke::Dashed, Stroke::Dotted][place.1 % 3],
        role: Role::Figure,
        values: column.values.clone(),
        total: None,
    }
}

fn frame(unit: Unit, answer: &AggregateAnswer, step_ms: i64) -> Panel {
    let (id, title) = match unit {
        Unit::Count => ("explore-count", "Records"),
        Unit::Millis => ("explore-duration", "Duration"),
        Unit::Tokens => ("explore-tokens", "Tokens"),
        Unit::Usd => ("explore-cost", "Cost"),
        Unit::Number => ("explore-value", "Value"),
        Unit::PerSecond => ("explore-rate", "Rate"),
        Unit::Ratio => ("explore-success", "Success rate"),
    };
    let drawn = answer.series.len().min(GROUPS_DRAWN);
    let of = if answer.group_count > drawn as u64 {
        format!(", the first {drawn} of {} groups", answer.group_count)
    } else {
        String::new()
    };
    let start = answer.time.first().copied().unwrap_or(answer.range.from.millis());
    Panel {
        id,
        title: title.into(),
        subtitle: format!("per {}{of}", format::step(step_ms)),
        marks: Marks::Lines,
        unit,
        range_ms: (answer.range.from.millis().max(start), answer.range.until.millis().min(answer.end).max(start + 1)),
        step_ms,
        time: answer.time.clone(),
        series: Vec::new(),
        hidden: 0,
        ceiling: (unit == Unit::Ratio).then_some(1.0),
        floats: unit == Unit::Ratio,
        counts: Vec::new(),
        method: answer.tier.map(|tier| format!("tier {}", tier.as_str())),
        partial: (answer.partial_first, answer.partial_last),
        notes: Default::default(),
    }
}
