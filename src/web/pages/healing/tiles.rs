//! The headline figures about healing.

use leptos::prelude::*;

use crate::model::healing::{HealingReport, HealingTotals, Mean};
use crate::web::format::{self, Figure, NBSP, NONE};
use crate::web::view_state::ViewState;

use super::tables;

/// One headline figure, with where its rows are.
struct Headline {
    name: &'static str,
    label: &'static str,
    figure: Option<Figure>,
    context: String,
    href: Option<String>,
}

/// The tiles.
pub(super) fn tiles(report: &HealingReport, state: &ViewState) -> AnyView {
    let rows = |success: Option<&str>| {
        let state = state.with_filter("success", success.map(str::to_owned));
        Some(format!("/healing{}#healings", state.query()))
    };
    let tiles = headlines(report, rows).into_iter().map(|tile| {
        let exact = tile.figure.as_ref().map(|figure| figure.exact.clone());
        let figure = match tile.figure {
            Some(figure) => {
                let number = match tile.href {
                    Some(href) => view! { <a href=href><b>{figure.value}</b></a> }.into_any(),
                    None => view! { <b>{figure.value}</b> }.into_any(),
                };
                view! { {number} " " <span class="unit">{figure.unit}</span> }.into_any()
            }
            None => view! { <b class="muted">{NONE}</b> " " <span class="unit">"no data"</span> }.into_any(),
        };
        view! {
            <div class="tile" data-tile=tile.name>
                <h2>{tile.label}</h2>
                <p class="figure" title=exact>{figure}</p>
                <p class="context">{tile.context}</p>
            </div>
        }
    });
    view! { <section class="tiles" aria-label="Figures of the range">{tiles.collect_view()}</section> }.into_any()
}

fn headlines(report: &HealingReport, rows: impl Fn(Option<&str>) -> Option<String>) -> Vec<Headline> {
    let totals = report.totals;
    let apart = |figure: fn(&HealingTotals) -> u64| {
        let each = report.by_origin.iter().map(|(origin, totals)| format!("{} {}", figure(totals), origin.as_str()));
        each.collect::<Vec<_>>().join(" · ")
    };
    let mean = |name, label, mean: Option<Mean>, of: &str, href| Headline {
        name,
        label,
        figure: mean.map(|mean| format::duration(mean.ms)),
        context: mean.map_or_else(|| format!("no {of}"), |mean| format!("of {} {of}", format::count(mean.n))),
        href,
    };
    let healed = totals.healed_failures.map(|rate| format!("{} of them healed · ", format::percent(rate)));
    vec![
        Headline {
            name: "failures",
            label: "Failures",
            figure: Some(format::count(totals.total_failures)),
            context: format!("{}{}", healed.unwrap_or_default(), apart(|totals| totals.total_failures)),
            href: rows(None),
        },
        Headline {
            name: "healings",
            label: "Attempts to heal",
            figure: Some(format::count(totals.total_healings)),
            context: apart(|totals| totals.total_healings),
            href: rows(None),
        },
        Headline {
            name: "success",
            label: "Success rate",
            figure: totals.success.map(|success| format::percent(success.rate)),
            context: totals.success.map_or_else(
                || "no attempts".to_owned(),
                |success| {
                    format!(
                        "{} attempts · 95{NBSP}% interval {}",
                        format::percent(success.rate).exact,
                        tables::interval(&success)
                    )
                },
            ),
            href: rows(Some("true")),
        },
        mean("avg", "Mean healing time", totals.avg_healing_time_ms, "attempts", rows(None)),
        mean("mttr", "MTTR", totals.mttr_ms, "attempts that worked", rows(Some("true"))),
        mean(
            "recovery",
            "Detection to recovery",
            totals.detection_to_recovery_ms,
            "failures that say when they were noticed",
            rows(Some("true")),
        ),
    ]
}
