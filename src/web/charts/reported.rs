//! The numbers agents and swarms reported, a chart a metric: nobody knows their units, so none shares an axis.

use crate::model::aggregate::{AggregateAnswer, AggregateSeries, Function};
use crate::model::overview::ResourceUse;
use crate::web::format;

use super::{Ink, Marks, Panel, Role, Series, Stroke, Unit};

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
#[must_use]
pub fn panels(answer: &AggregateAnswer) -> (Vec<Panel>, u64) {
    let panels = answer.series.iter().zip(IDS).filter_map(|(series, id)| panel(answer, series, id)).collect();
    (panels, answer.group_count)
}

fn panel(answer: &AggregateAnswer, series: &AggregateSeries, id: &'static str) -> Option<Panel> {
    let column = |function: Function| series.columns.iter().find(|column| column.function == function);
    let (mean, lowest, highest) = (column(Function::Avg)?, column(Function::Min)?, column(Function::Max)?);
    let frame = frame(answer, id)?;
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
        title: name.into(),
        subtitle: format!("{} values, per {}", format::count(series.records), format::step(frame.step_ms)),
        series: std::iter::once(line).chain(spread).collect(),
        counts: mean.samples.clone(),
        ..frame
    })
}

/// A chart of the steps of `answer` without lines; `None` without steps.
fn frame(answer: &AggregateAnswer, id: &'static str) -> Option<Panel> {
    let step_ms = answer.bucket?.micros() / 1000;
    let start = answer.time.first().copied().unwrap_or(answer.range.from.millis());
    Some(Panel {
        id,
        title: "".into(),
        subtitle: String::new(),
        marks: Marks::Lines,
        unit: Unit::Number,
        range_ms: (answer.range.from.millis().max(start), answer.range.until.millis().min(answer.end).max(start + 1)),
        step_ms,
        time: answer.time.clone(),
        series: Vec::new(),
        hidden: 0,
        ceiling: None,
        floats: true,
        counts: Vec::new(),
        method: answer.tier.map(|tier| format!("tier {}", tier.as_str())),
        partial: (answer.partial_first, answer.partial_last),
        notes: Default::default(),
    })
}

/// What swarms use: the metrics of document 5, as panels are named in the URL.
const RESOURCES: [(&str, &str, &str); 4] = [
    ("token_usage_percent", "resource-tokens", "Token usage"),
    ("memory_usage_percent", "resource-memory", "Memory usage"),
    ("queue_depth", "resource-queue", "Queue depth"),
    ("active_agents", "resource-agents", "Active agents"),
];

/// One chart a metric, one line a swarm.
#[must_use]
pub fn resource_panels(resources: &[ResourceUse]) -> Vec<Panel> {
    let of = |(metric, id, title): (&str, &'static str, &'static str)| {
        let found = resources.iter().find(|resource| resource.metric == metric)?;
        resource_panel(found, id, title)
    };
    RESOURCES.into_iter().filter_map(of).collect()
}

fn resource_panel(resource: &ResourceUse, id: &'static str, title: &'static str) -> Option<Panel> {
    let answer = &resource.answer;
    let mut panel = frame(answer, id)?;
    let lines = answer.series.iter().enumerate().filter_map(|(place, swarm)| {
        let mean = swarm.columns.iter().find(|column| column.function == Function::Avg)?;
        Some(Series {
            key: format!("swarm-{}", place + 1),
            label: swarm.group.first().cloned().flatten().unwrap_or_else(|| format::NONE.to_owned()),
            ink: Ink::Series(u8::try_from(place % 8).unwrap_or(0) + 1),
            stroke: [Stroke::Solid, Stroke::Dashed, Stroke::Dotted][place % 3],
            role: Role::Figure,
            values: mean.values.clone(),
            total: mean.total.map(format::number),
        })
    });
    panel.series = lines.collect();
    let percent = if resource.metric.ends_with("_percent") { "percent, " } else { "" };
    let of = if answer.group_count > answer.series.len() as u64 {
        format!(" · {} of {} swarms", answer.series.len(), answer.group_count)
    } else {
        String::new()
    };
    panel.title = title.into();
    panel.subtitle = format!("{percent}mean per {}{of}", format::step(panel.step_ms));
    panel.floats = false;
    Some(panel)
}
