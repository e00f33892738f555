//! Tokens and money by model and project. What has no price says so; it is never free.

use leptos::prelude::*;

use crate::model::overview::{CostBasis, CostReport, CostRow};
use crate::web::format::{self, NONE};

use super::table_card::{FigureCell, TableCard};

/// The cost table.
#[component]
pub fn CostTable(
    /// Rows and sums.
    report: CostReport,
) -> impl IntoView {
    let note = note(&report);
    let empty = report.rows.is_empty();
    view! {
        <TableCard title="Cost by model and project" note=note empty=empty nothing="No task in this range recorded tokens.">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Model"</th>
                        <th scope="col">"Project"</th>
                        <th scope="col" class="number minor">"Tasks"</th>
                        <th scope="col" class="number">"Tokens"</th>
                        <th scope="col" class="number minor">"Cache reads"</th>
                        <th scope="col" class="number" aria-sort="descending">"Cost (USD) ▾"</th>
                    </tr>
                </thead>
                <tbody>{report.rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </TableCard>
    }
}

fn note(report: &CostReport) -> String {
    let mut parts = Vec::new();
    if let Some(usd) = report.usd {
        parts.push(format::usd(usd).to_string());
    }
    if report.unpriced_tokens > 0 {
        parts.push(format!("{} tokens unpriced", format::tokens(report.unpriced_tokens)));
    }
    if let Some(date) = &report.prices_as_of {
        parts.push(format!("prices of {date}"));
    }
    let listed = u64::try_from(report.rows.len()).unwrap_or(u64::MAX);
    if report.row_count > listed {
        parts.push(format!("{listed} of {} rows", report.row_count));
    }
    if report.untold_tasks > 0 {
        parts.push(format!(
            "{} more {} recorded no tokens",
            format::count(report.untold_tasks),
            tasks(report.untold_tasks)
        ));
    }
    parts.join(" · ")
}

fn tasks(n: u64) -> &'static str {
    if n == 1 { "task" } else { "tasks" }
}

fn row(row: CostRow) -> impl IntoView {
    let recorded = row.tokens.recorded > 0;
    let named = |name: Option<String>, none: &'static str| match name {
        Some(name) => view! { {name} }.into_any(),
        None => view! { <span class="muted">{none}</span> }.into_any(),
    };
    let basis = match row.basis {
        CostBasis::Unpriced => "no price is known for this model; add one under [prices]",
        CostBasis::Reported => "as the source reported it",
        CostBasis::Priced => "from the price table",
        CostBasis::Mixed => "partly reported, partly from the price table",
    };
    let partly = (row.usd.is_some() && row.unpriced_tokens > 0)
        .then(|| format!(" + {} unpriced", format::tokens(row.unpriced_tokens)));
    view! {
        <tr>
            <th scope="row">{named(row.model, "model not recorded")}</th>
            <td>{named(row.project, NONE)}</td>
            <FigureCell figure=Some(format::count(row.tasks)) class="minor" />
            <FigureCell figure=recorded.then(|| format::tokens(row.tokens.used)) />
            <FigureCell figure=recorded.then(|| format::tokens(row.tokens.cache_read)) class="minor" />
            <td class="number" title=basis>
                {match row.usd {
                    Some(usd) => view! { {format::usd(usd).to_string()} }.into_any(),
                    None => view! { <span class="unpriced">"unpriced"</span> }.into_any(),
                }}
                {partly.map(|partly| view! { <small class="muted">{partly}</small> })}
            </td>
        </tr>
    }
    .into_any()
}
