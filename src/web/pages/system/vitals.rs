//! How the program is doing: key metrics against their targets, and every check with its figures.

use leptos::prelude::*;
use serde_json::Value;

use crate::model::Micros;
use crate::model::system::{Check, Grade, SystemHealth, Vital, VitalKind};
use crate::web::charts::Ink;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::format;

/// Both tables, once they are there.
#[component]
pub fn VitalsBody(
    /// The answer.
    health: SystemHealth,
) -> impl IntoView {
    let (ink, sign, word) = grade_sign(health.status);
    let since = health.started.map_or_else(String::new, |since| format!(", up for {}", up(since, health.now)));
    let version = format!("version {}{since}", health.version);
    view! {
        <div class="grid">
            <section class="card" aria-label="Key metrics">
                <header class="card-header">
                    <h2>"Key metrics"</h2>
                    <span class="muted">{version}</span>
                </header>
                <DataTable table=metrics(&health.metrics) />
            </section>
            <section class="card" aria-label="Health checks">
                <header class="card-header">
                    <h2>"Health checks"</h2>
                    <span class="muted">
                        <span class="state" data-ink=ink.token()>
                            <span aria-hidden="true">{sign}</span>
                            " "
                            {word}
                        </span>
                        " · the worst of them"
                    </span>
                </header>
                <DataTable table=checks(&health.checks) />
            </section>
        </div>
    }
    .into_any()
}

/// Colour, sign and word of a grade.
fn grade_sign(grade: Grade) -> (Ink, &'static str, &'static str) {
    match grade {
        Grade::Unknown => (Ink::Cancelled, "○", "not known"),
        Grade::Ok => (Ink::Success, "●", "ok"),
        Grade::Warning => (Ink::Timeout, "◆", "warning"),
        Grade::Critical => (Ink::Failure, "▲", "critical"),
    }
}

fn grade_cell(grade: Grade) -> Cell {
    let (ink, sign, word) = grade_sign(grade);
    Cell::state(ink.token(), sign, word)
}

#[expect(clippy::cast_precision_loss, reason = "rounded anyway")]
fn up(since: Micros, now: Micros) -> String {
    format::duration((now.0.saturating_sub(since.0).max(0) / 1000) as f64).to_string()
}

fn metrics(metrics: &[Vital]) -> Table {
    let heads =
        [("Metric", ""), ("Now", "number"), ("Target", "number minor"), ("Critical", "number minor"), ("Status", "")];
    let rows = metrics.iter().map(|vital| {
        let of = |value: f64| format::of_unit(value, vital.unit);
        // A target is to be kept, a threshold not to be passed.
        let (kept, passed) = if vital.metric == VitalKind::Uptime { ("≥", "<") } else { ("≤", ">") };
        let target = vital.limits.target.map_or_else(|| "watched".to_owned(), |at| format!("{kept} {}", of(at)));
        let counts = vital.rate.filter(|_| counted(vital.metric)).map(|rate| format::percent(rate).exact);
        let basis = counts.map_or_else(|| vital.basis.clone(), |counts| format!("{counts}: {}", vital.basis));
        vec![
            Cell::text(name(vital.metric)).hint(basis),
            Cell::word(vital.value.map(of).as_deref()).hint(vital.basis.clone()),
            Cell::text(&target),
            Cell::text(&format!("{passed} {}", of(vital.limits.critical))),
            grade_cell(vital.status),
        ]
    });
    table(&heads, rows.collect())
}

/// Whether the counts behind a share say anything to people: requests do, microseconds do not.
fn counted(metric: VitalKind) -> bool {
    metric == VitalKind::ErrorRate
}

fn name(metric: VitalKind) -> &'static str {
    match metric {
        VitalKind::Uptime => "Uptime",
        VitalKind::ResponseTime => "Response time, p95",
        VitalKind::ErrorRate => "Error rate",
        VitalKind::Cpu => "CPU",
        VitalKind::Memory => "Memory",
        VitalKind::Disk => "Disk",
        VitalKind::DatabaseSize => "Database size",
    }
}

fn checks(checks: &[Check]) -> Table {
    let heads = [("Check", ""), ("Status", ""), ("Found", "")];
    let rows = checks.iter().map(|check| {
        let figures = check.details.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), figure(value)));
        vec![
            Cell::text(&check.name.replace('_', " ")).hint(figures.collect::<Vec<_>>().join("\n")),
            grade_cell(check.status),
            Cell::text(&check.message),
        ]
    });
    table(&heads, rows.collect())
}

fn figure(value: &Value) -> String {
    match value {
        Value::Null => format::NONE.to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => format::grouped(whole),
            None => number.as_f64().map(format::number).unwrap_or_default(),
        },
        other => other.to_string(),
    }
}

fn table(heads: &[(&str, &'static str)], rows: Vec<Vec<Cell>>) -> Table {
    let heads = heads.iter().map(|(label, class)| Head::plain(*label, class)).collect();
    Table { class: "vitals", heads, rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::system::{Limits, Unit};

    #[test]
    fn a_metric_stands_beside_its_limits_with_a_word_for_its_colour() {
        let vital = Vital {
            metric: VitalKind::ErrorRate,
            value: Some(0.02),
            unit: Unit::Share,
            rate: crate::model::answer::Rate::new(2, 100),
            limits: Limits { target: Some(0.001), critical: 0.01 },
            status: Grade::Critical,
            basis: "2 of 100 requests in the last 5 minutes".into(),
        };
        let html = metrics(&[vital]).html();
        for part in ["Error rate", "2\u{a0}%", "≤ 0.1\u{a0}%", "&gt; 1\u{a0}%", "▲", "critical", "2 of 100"] {
            assert!(html.contains(part), "`{part}` is missing in {html}");
        }
    }

    #[test]
    fn figures_of_a_check_are_read_on_hover() {
        let details = [("free_bytes".to_owned(), Value::from(1_234_567)), ("p95_ms".to_owned(), Value::Null)].into();
        let check = Check {
            name: "disk_space".into(),
            healthy: true,
            status: Grade::Warning,
            message: "found".into(),
            details,
        };
        let html = checks(&[check]).html();
        assert!(html.contains("free bytes 1,234,567\np95 ms –") && html.contains("◆"), "{html}");
    }
}
