//! The list of events: its columns, and the chart above it.

use leptos::prelude::*;

use super::rows::swarm_cell;
use super::{AGENT, AGENT_TYPE, PROJECT, SWARM, Shown, shown};
use crate::model::TimeRange;
use crate::model::listing::{EVENT_SORTS, EventCounts, EventList, EventListRow, TypeCounts};
use crate::model::overview::Scope;
use crate::web::charts::{Ink, Marks, Panel, Role, Series, Stroke, Unit};
use crate::web::components::chart_panel::ChartPanel;
use crate::web::components::data_table::Cell;
use crate::web::components::ids::agent_href;
use crate::web::components::list_form::FilterField;
use crate::web::format;
use crate::web::view_state::{ViewState, encode, path_of};

/// Colours of series there are.
const COLOURS: u8 = 8;

pub(super) fn events(answer: EventList, state: &ViewState) -> Shown {
    const TYPE: FilterField = FilterField::text("event_type", "Event type");
    const TASK: FilterField = FilterField::text("task_id", "Task");
    let [time] = EVENT_SORTS;
    let columns = [
        ("Event", "", ""),
        ("Agent", "", ""),
        ("Type", "spare", ""),
        ("Swarm", "spare", ""),
        ("Task", "minor", ""),
        ("Project", "spare", ""),
        ("Details", "spare detail", ""),
        ("Took", "number minor", ""),
        ("At (UTC)", "number", time),
    ];
    let filters = const { &[TYPE, AGENT, AGENT_TYPE, SWARM, TASK, PROJECT] };
    let EventList { list, counts } = answer;
    let range = list.scope.range;
    let above = counts.filter(|counts| !counts.types.is_empty()).map(|counts| {
        let panel = panel(counts, range);
        view! { <ChartPanel panel=panel records=false /> }.into_any()
    });
    Shown { above, ..shown(list, state, ["Events", "event"], filters, &columns, event) }
}

fn event(row: EventListRow, scope: &Scope, state: &ViewState) -> Vec<Cell> {
    let only = |key: &str, value: &str| {
        let id = ViewState { id: None, ..state.with_filter(key, Some(value.to_owned())) };
        format!("/events{}", id.query())
    };
    let detail = row.detail.as_deref();
    let details = detail.map_or_else(Cell::none, |detail| Cell::text(detail).hint(detail));
    vec![
        Cell::event(&row.event_type, failed(&row.event_type), &only("event_type", &row.event_type)),
        Cell::id(&row.agent_id, &agent_href(&row.agent_id, state)),
        Cell::word(row.agent_type.as_deref()),
        swarm_cell(row.swarm_id.as_deref(), state),
        row.task_id.as_deref().map_or_else(Cell::none, |task| Cell::id(task, &newest_task(task))),
        Cell::word(row.project.as_deref()),
        details,
        Cell::figure(row.duration_ms.map(format::duration)),
        Cell::instant(row.timestamp, scope.now),
    ]
}

/// The newest task of an id: an event does not say when its task ended.
fn newest_task(task: &str) -> String {
    let (path, id) = path_of("tasks", task);
    id.map_or_else(|| path.clone(), |id| format!("{path}?id={}", encode(&id)))
}

/// Whether an event of this type tells of a failure.
fn failed(event_type: &str) -> bool {
    event_type == "error" || event_type.starts_with("tool_error")
}

/// Events by type, as stacked bars.
fn panel(counts: EventCounts, range: TimeRange) -> Panel {
    let colours = colours(&counts.types);
    let named = counts.types.len() as u64;
    let drawn = counts.types.iter().zip(colours).map(|(of, ink)| series(of, &of.event_type, ink));
    let others = format!("{} other types", counts.type_count.saturating_sub(named));
    let other = counts.other.iter().map(|of| series(of, &others, Ink::Cancelled));
    let start = counts.time.first().copied().unwrap_or(range.from.millis());
    Panel {
        id: "events",
        title: "Events by type".into(),
        subtitle: format!("events per {}", format::step(counts.step_ms)),
        marks: Marks::Bars,
        unit: Unit::Count,
        range_ms: (range.from.millis().max(start), range.until.millis().min(counts.end).max(start + 1)),
        step_ms: counts.step_ms.max(1),
        series: drawn.chain(other).collect(),
        hidden: 0,
        ceiling: None,
        floats: false,
        counts: Vec::new(),
        method: counts.tier.map(|tier| format!("tier {}", tier.as_str())),
        partial: counts.partial,
        notes: Default::default(),
        time: counts.time,
    }
}

fn series(of: &TypeCounts, label: &str, ink: Ink) -> Series {
    #[expect(clippy::cast_precision_loss, reason = "drawn, and rounded to three digits anyway")]
    let value = |count: &u64| (*count > 0).then_some(*count as f64);
    Series {
        // Encoded, as the list of hidden series has commas between.
        key: if of.event_type.is_empty() { "~other".to_owned() } else { encode(&of.event_type) },
        label: label.to_owned(),
        ink,
        stroke: Stroke::Solid,
        role: Role::Figure,
        values: of.counts.iter().map(value).collect(),
        total: Some(format::count(of.total).to_string()),
    }
}

/// A colour for each type. A type keeps its colour while the ranks change: it comes from the name, and where two
/// names ask for the same one, from the alphabet.
fn colours(types: &[TypeCounts]) -> Vec<Ink> {
    let mut names: Vec<&str> = types.iter().map(|of| of.event_type.as_str()).filter(|name| !failed(name)).collect();
    names.sort_unstable();
    let mut taken: Vec<(&str, u8)> = Vec::new();
    for name in names {
        let first = name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % COLOURS;
        let free = (0..COLOURS).map(|step| (first + step) % COLOURS).find(|n| taken.iter().all(|(_, of)| of != n));
        taken.push((name, free.unwrap_or(first)));
    }
    let ink = |of: &TypeCounts| {
        let own = taken.iter().find(|(name, _)| *name == of.event_type);
        own.map_or(Ink::Failure, |(_, n)| Ink::Series(n + 1))
    };
    types.iter().map(ink).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> Vec<TypeCounts> {
        names.iter().map(|name| TypeCounts { event_type: (*name).into(), total: 1, counts: vec![1] }).collect()
    }

    #[test]
    fn a_type_keeps_its_colour_when_ranks_change_and_no_two_share_one() {
        let names = ["heartbeat", "spawn", "complete", "tool:Bash", "tool:Read", "prompt", "error"];
        let first = colours(&types(&names));
        let mut turned = names;
        turned.reverse();
        let mut second = colours(&types(&turned));
        second.reverse();
        assert_eq!(first, second);
        assert_eq!(first.last(), Some(&Ink::Failure));
        assert!((0..names.len()).all(|n| first[..n].iter().all(|ink| *ink != first[n])), "{first:?}");
    }

    #[test]
    fn a_bucket_without_an_event_of_a_type_is_no_data_of_it() {
        let mut of = types(&["spawn"]);
        of[0].counts = vec![0, 3];
        assert_eq!(series(&of[0], "spawn", Ink::Accent).values, [None, Some(3.0)]);
    }
}
