//! The report of the store: sizes, retention, forecast, runs.

use leptos::prelude::*;

use crate::model::answer::Rate;
use crate::model::maintain::{
    Action, CleanupTrial, Forecast, MaintenanceReport, MaintenanceRun, MaintenanceStatus, Shelf, StoreReport,
};
use crate::model::time::SECOND;
use crate::model::{Dataset, Micros};
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::format::{self, Figure, NONE};

/// The report, once it is there.
#[component]
pub fn ReportBody(
    /// The answer.
    report: StoreReport,
    /// Whether a task runs, for who looks again.
    running: RwSignal<bool>,
) -> impl IntoView {
    let works = report.running.is_some();
    // The page looks again as long as something runs: a matter of the outside world, which time is.
    Effect::new(move || running.set(works));
    let now = report.measured;
    let sealed = (!report.sealed.is_empty()).then(|| {
        let note = format!("{} days, the newest first", report.sealed.len());
        view! { <Section title="Sealed days" note=note table=sealed(&report) /> }
    });
    let measured = format!("rows and bytes with indices, measured {}", format::instant(report.measured));
    view! {
        {report.running.as_ref().map(progress)}
        {report.dry_run.as_ref().map(|dry| tried(dry, now))}
        <section class="tiles" aria-label="Figures of the store">
            {tile("File", Some(format::bytes(report.file_bytes)), report.file.clone())}
            {tile("Log", Some(format::bytes(report.wal_bytes)), "written and not yet in the file".into())}
            {tile("Free inside", Some(format::bytes(report.free_bytes)), "vacuum gives it back".into())}
            {tile("In 30 days", report.forecast.map(|f| format::bytes(f.bytes_30)), basis(report.forecast))}
            {tile("In 90 days", report.forecast.map(|f| format::bytes(f.bytes_90)), each(report.forecast))}
        </section>
        <div class="grid">
            <div class="stack">
                <Section title="Size by tier" note=measured table=tiers(&report) />
                <Section title="Size by table" note="with indices, the largest first" table=parts(&report) />
            </div>
            <div class="stack">
                <Retention report=report.clone() />
                <Section title="What is kept" note="by data set" table=datasets(&report) />
            </div>
        </div>
        <Section title="Last runs" note="the newest first" table=runs(&report.runs, now) />
        {sealed}
    }
    .into_any()
}

/// A card with a table.
#[component]
fn Section(title: &'static str, #[prop(into)] note: String, table: Table) -> impl IntoView {
    let empty = table.rows.is_empty();
    view! {
        <section class="card" aria-label=title>
            <header class="card-header">
                <h2>{title}</h2>
                <span class="muted">{note}</span>
            </header>
            {if empty {
                view! { <p class="nothing">"Nothing yet."</p> }.into_any()
            } else {
                view! { <DataTable table=table /> }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn tile(label: &'static str, figure: Option<Figure>, context: String) -> impl IntoView {
    let exact = figure.as_ref().map(|figure| figure.exact.clone());
    let figure = figure.map_or_else(
        || view! { <b class="muted">{NONE}</b> }.into_any(),
        |figure| view! { <b>{figure.value}</b> <span class="unit">{figure.unit}</span> }.into_any(),
    );
    view! {
        <div class="tile">
            <h2>{label}</h2>
            <p class="figure" title=exact>{figure}</p>
            <p class="context">{context}</p>
        </div>
    }
    .into_any()
}

fn basis(forecast: Option<Forecast>) -> String {
    forecast.map_or("needs a whole day of records".to_owned(), |forecast| {
        format!("{} records a day, over {} d", format::count(forecast.records_a_day), forecast.basis_days)
    })
}

fn each(forecast: Option<Forecast>) -> String {
    forecast.map_or("needs a whole day of records".to_owned(), |forecast| {
        let guess = if forecast.sealed_guessed { " (a guess)" } else { "" };
        format!("{}\u{a0}B a row, {}\u{a0}B sealed{guess}", forecast.row_bytes, forecast.sealed_bytes)
    })
}

/// How far the running task is.
fn progress(status: &MaintenanceStatus) -> impl IntoView + use<> {
    let name = status.task.as_str();
    let known = status.total > 0;
    let steps = if known { format!(" · {} of {}", status.done, status.total) } else { String::new() };
    let words = format!("{name}: {}{steps}", status.step);
    let since = format!("since {}", format::instant(status.started));
    let (value, max) = (known.then(|| status.done.to_string()), known.then(|| status.total.to_string()));
    view! {
        <section class="card running" role="status">
            <p>
                <b>{words}</b>
                " "
                <span class="muted">{since}</span>
            </p>
            <progress value=value max=max aria-label=name></progress>
            <p><a class="button" href="/system" rel="external">"Look again"</a></p>
        </section>
    }
    .into_any()
}

/// What a cleanup would do.
fn tried(dry: &CleanupTrial, now: Micros) -> impl IntoView + use<> {
    let days = dry.older_than_days.map_or("as retention says".to_owned(), |days| format!("older than {days}\u{a0}d"));
    let note = format!("{days}, tried {}; nothing was changed", format::moment_exact(dry.at, now));
    view! {
        <section class="card" aria-label="Dry run">
            <header class="card-header">
                <h2>"A cleanup would do this"</h2>
                <span class="muted">{note}</span>
            </header>
            <p>{said(&dry.report)}</p>
        </section>
    }
    .into_any()
}

/// Every table that holds rows; names, counters and empty tables are one line.
fn parts(report: &StoreReport) -> Table {
    let heads = [("Table", ""), ("Tier", ""), ("Rows", "number"), ("Size", "number"), ("Share", "number minor")];
    let named = report.parts.iter().filter(|part| part.shelf != Shelf::Other && part.rows > 0);
    let rows = named.map(|part| size(report, &part.table, part.shelf, part.rows, part.bytes));
    let rest = report.parts.iter().filter(|part| part.shelf == Shelf::Other || part.rows == 0);
    let (tables, bytes) = rest.fold((0, 0), |(tables, bytes), part| (tables + 1, bytes + part.bytes));
    let rest = vec![Cell::text(&format!("{tables} more tables")), Cell::text("names, counters, empty"), Cell::none()];
    let sizes = [Cell::figure(Some(format::bytes(bytes))), share(report, bytes)];
    table(&heads, rows.chain([rest.into_iter().chain(sizes).collect()]).collect())
}

/// The size of each tier.
fn tiers(report: &StoreReport) -> Table {
    let heads = [("Tier", ""), ("Rows", "number"), ("Size", "number"), ("Share", "number")];
    let all = [Shelf::Rows, Shelf::Sealed, Shelf::Minutes, Shelf::Hours, Shelf::Days, Shelf::Other];
    let rows = all.map(|tier| {
        let rows = report.parts.iter().filter(|part| part.shelf == tier).map(|part| part.rows).sum();
        size(report, "", tier, rows, report.shelf_bytes(tier)).split_off(1)
    });
    table(&heads, rows.into())
}

fn size(report: &StoreReport, table: &str, tier: Shelf, rows: u64, bytes: u64) -> Vec<Cell> {
    let (rows, size) = (Cell::figure(Some(format::count(rows))), Cell::figure(Some(format::bytes(bytes))));
    vec![Cell::text(table), Cell::text(shelf(tier)), rows, size, share(report, bytes)]
}

fn share(report: &StoreReport, bytes: u64) -> Cell {
    let whole = report.parts.iter().map(|part| part.bytes).sum::<u64>();
    Cell::figure(Rate::new(bytes, whole).map(format::percent))
}

fn shelf(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Rows => "records",
        Shelf::Sealed => "sealed records",
        Shelf::Minutes => "minute rollups",
        Shelf::Hours => "hour rollups",
        Shelf::Days => "day rollups",
        Shelf::Other => "names, counters",
    }
}

fn datasets(report: &StoreReport) -> Table {
    let heads =
        [("Data set", ""), ("Records", "number"), ("Sealed", "number minor"), ("From", "number"), ("To", "number")];
    let rows = report.datasets.iter().map(|state| {
        let day = |at: Option<Micros>| Cell::word(at.map(format::day).as_deref());
        vec![
            Cell::text(state.dataset.as_str()),
            Cell::figure(Some(format::count(state.rows))),
            Cell::figure(Some(format::count(state.sealed))),
            day(state.first_day),
            day(state.last_day),
        ]
    });
    table(&heads, rows.collect())
}

fn sealed(report: &StoreReport) -> Table {
    let heads =
        [("Day (UTC)", ""), ("Data set", ""), ("Records", "number"), ("Chunks", "number minor"), ("Size", "number")];
    let rows = report.sealed.iter().map(|day| {
        vec![
            Cell::text(&format::day(day.day)),
            Cell::text(Dataset::as_str(day.dataset)),
            Cell::figure(Some(format::count(day.rows))),
            Cell::figure(Some(format::count(day.chunks))),
            Cell::figure(Some(format::bytes(day.bytes))),
        ]
    });
    table(&heads, rows.collect())
}

fn runs(runs: &[MaintenanceRun], now: Micros) -> Table {
    let heads = [("Task", ""), ("Result", ""), ("Started (UTC)", "number"), ("Took", "number minor")];
    let rows = runs.iter().map(|run| {
        let result = match (&run.error, &run.report, run.finished) {
            (Some(error), ..) => Cell::state("failure", "▲", error),
            (None, Some(report), _) if !report.problems.is_empty() => Cell::state("failure", "▲", &said(report)),
            (None, Some(report), _) => Cell::state("success", "●", &said(report)),
            (None, None, None) => Cell::state("cancelled", "○", "running, or its process ended"),
            (None, None, Some(_)) => Cell::state("cancelled", "○", "ended"),
        };
        let took = run.finished.map(|end| format::duration(millis(end.0.saturating_sub(run.started.0))));
        vec![Cell::text(&run.task), result, Cell::time(Some(run.started), now), Cell::figure(took)]
    });
    table(&heads, rows.collect())
}

#[expect(clippy::cast_precision_loss, reason = "rounded to three digits anyway")]
fn millis(micros: i64) -> f64 {
    micros as f64 / (SECOND / 1000) as f64
}

/// What a task did, in a sentence.
fn said(report: &MaintenanceReport) -> String {
    let mut parts = Vec::new();
    for change in &report.changes {
        let done = match (change.action, report.dry_run) {
            (Action::Sealed, false) => "sealed",
            (Action::Deleted, false) => "deleted",
            (Action::Sealed, true) => "would seal",
            (Action::Deleted, true) => "would delete",
        };
        let (rows, table, bytes) = (format::count(change.rows), &change.table, format::bytes(change.bytes));
        parts.push(format!("{done} {rows} of {table} ({}, {bytes})", shelf(change.shelf)));
    }
    if report.freed_bytes > 0 {
        parts.push(format!("gave {} back", format::bytes(report.freed_bytes)));
    }
    if let Some(backup) = &report.backup {
        let (records, bytes) = (format::count(backup.records), format::bytes(backup.bytes));
        parts.push(format!("{}: {bytes}, {records} records read back", backup.file));
    }
    if report.days_spared > 0 {
        let (days, they) = if report.days_spared == 1 { ("day", "it") } else { ("days", "they") };
        parts.push(format!("{} {days} spared, as {they} arrived lately", report.days_spared));
    }
    if report.over_cap_bytes > 0 {
        parts.push(format!("still {} over the limit", format::bytes(report.over_cap_bytes)));
    }
    parts.extend(report.problems.iter().cloned());
    if parts.is_empty() { "nothing to do, nothing wrong".to_owned() } else { parts.join("; ") }
}

fn table(heads: &[(&str, &'static str)], rows: Vec<Vec<Cell>>) -> Table {
    let heads = heads.iter().map(|(label, class)| Head::plain(*label, class)).collect();
    Table { class: "", heads, rows }
}

/// How long what is kept.
#[component]
fn Retention(report: StoreReport) -> impl IntoView {
    let StoreReport { retention, compression, next_cleanup, .. } = report;
    let days = |n: u32| format!("{n}\u{a0}d");
    let sealing = if compression.enabled {
        format!(
            "after {}, zstd level {}",
            days(retention.detailed_days.max(compression.min_age_days)),
            compression.compression_level
        )
    } else {
        "off".to_owned()
    };
    let cap = if retention.size_cap_mb == 0 {
        "none".to_owned()
    } else {
        format::bytes(retention.size_cap_mb.saturating_mul(1024 * 1024)).to_string()
    };
    let itself = if retention.auto_cleanup {
        format!("every {}\u{a0}h", retention.cleanup_interval_hours)
    } else {
        "off".to_owned()
    };
    let fact = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <section class="card" aria-label="Retention">
            <header class="card-header">
                <h2>"Retention"</h2>
                <span class="muted">"[retention] and [compression] of the configuration"</span>
            </header>
            <dl class="facts column">
                {fact("Sealing", sealing)}
                {fact("Hours kept", days(retention.hourly_days))}
                {fact("Days kept", days(retention.daily_days))}
                {fact("Size limit", cap)}
                {fact("Cleans up", itself)}
                {fact("Next time", next_cleanup.map_or("not planned".to_owned(), format::instant))}
            </dl>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::maintain::{BackupReport, Change};

    #[test]
    fn a_run_says_what_it_did_and_a_run_that_did_nothing_says_so() {
        assert_eq!(said(&MaintenanceReport::default()), "nothing to do, nothing wrong");
        let change = Change {
            action: Action::Sealed,
            table: "task".into(),
            shelf: Shelf::Rows,
            days: 1,
            rows: 1200,
            bytes: 2048,
        };
        let backup = BackupReport { file: "a.db".into(), bytes: 1_048_576, records: 7 };
        let report = MaintenanceReport { changes: vec![change], backup: Some(backup), ..Default::default() };
        let words = said(&report).replace('\u{a0}', " ");
        assert_eq!(words, "sealed 1,200 of task (records, 2.0 KiB); a.db: 1.0 MiB, 7 records read back");
    }
}
