//! The numbers an agent reported, a chart a metric: nobody knows their units, so none shares an axis.

use crate::model::aggregate::{AggregateAnswer, AggregateSeries, Function};
use crate::web::charts::{Ink, Marks, Panel, Role, Series, Stroke, Unit};
use crate::web::format;

/// Names of the charts in the URL: as many as there can be.
const IDS: [&str; 12] = [
    "metric-1",
    "metric-2",
    "metric-3",
    "metric-4",
    "metric-5",
    "metric-6",
    "metric-7",
    "metric-8",
    "metric-9",
    "metric-10",
    "metric-11",
    "metric-12",
];

/// The charts, and how many metrics there are.
pub(super) fn panels(answer: &AggregateAnswer) -> (Vec<Panel>, u64) {
    let panels = answer.series.iter().zip(IDS).filter_map(|(series, id)| panel(answer, series, id)).collect();
    (panels, answer.group_count)
}

fn panel(answer: &AggregateAnswer, series: &AggregateSeries, id: &'static str) -> Option<Panel> {
    let column = |function: Function| series.columns.iter().find(|column| column.function == function);
    let (mean, lowest, highest) = (column(Function::Avg)?, column(Function::Min)?, column(Function::Max)?);
    let step_ms = answer.bucket?.micros() / 1000;
    let start = answer.time.first().copied().unwrap_or(answer.range.from.millis());
    let name = series.group.first().cloned().flatten().unwrap_or_else(|| "no type".to_owned());
    let line = Series {
        key: "mean".into(),
        label: "mean".into(),
        ink: Ink::Accent,
        stroke: Stroke::Solid,
        role: Role::Figure,
        values: mean.values.clone(),
        total: mean.total.map(format::number),
    };
    // Steps with one value each have no spread to show.
    let spread = (lowest.values != highest.values).then(|| Series {
        key: "spread".into(),
        label: "lowest – highest".into(),
        role: Role::Band(lowest.values.clone()),
        values: highest.values.clone(),
        total: lowest
            .total
            .zip(highest.total)
            .map(|(low, high)| format!("{} – {}", format::number(low), format::number(high))),
        ..line.clone()
    });
    Some(Panel {
        id,
        title: name.into(),
        subtitle: format!("{} values, per {}", format::count(series.records), format::step(step_ms)),
        marks: Marks::Lines,
        unit: Unit::Number,
        range_ms: (answer.range.from.millis().max(start), answer.range.until.millis().min(answer.end).max(start + 1)),
        step_ms,
        time: answer.time.clone(),
        series: std::iter::once(line).chain(spread).collect(),
        hidden: 0,
        ceiling: None,
        floats: true,
        counts: mean.samples.clone(),
        method: answer.tier.map(|tier| format!("tier {}", tier.as_str())),
        partial: (answer.partial_first, answer.partial_last),
    })
}
