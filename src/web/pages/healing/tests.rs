//! Healings rendered to text from an answer made by hand.

use leptos::prelude::*;

use super::{HealingBody, fixture};
use crate::model::healing::{HealingReport, HealingTotals, Origins, Waiting};
use crate::web::pages::tests::{between, html, words};

fn healing(url: &str, change: impl FnOnce(&mut HealingReport)) -> String {
    let mut report = fixture::healing();
    change(&mut report);
    html(url, move || view! { <HealingBody report=report /> })
}

/// The words of a tile.
fn tile(html: &str, name: &str) -> String {
    words(&format!("<{}", between(html, &format!("data-tile=\"{name}\""), "</div>")))
}

#[test]
fn headline_figures_of_healing_carry_their_counts() {
    let html = healing("/healing", |_| ());
    assert!(tile(&html, "failures").contains("120 ") && tile(&html, "failures").contains("30 reported · 90 derived"));
    assert!(
        tile(&html, "success").contains("86.6 %149 of 172 attempts · 95 % interval 80.7 – 90.9 %"),
        "{}",
        tile(&html, "success")
    );
    assert!(tile(&html, "mttr").contains("1.9 sof 149 attempts that worked"), "{}", tile(&html, "mttr"));
    assert!(tile(&html, "recovery").contains("– no datano failures that say"), "{}", tile(&html, "recovery"));
    assert!(html.contains("href=\"/healing?success=true#healings\""));
    assert!(words(&html).contains("2 failures of the last 10 min may still heal"));
    assert!(!html.contains("<script>alert") && !html.contains(" style="));
}

#[test]
fn what_is_shown_can_be_had_as_files() {
    let html = healing("/healing?from=now-7d&to=now&strategy=retry&origins=derived", |_| ());
    let href = "href=\"/api/v1/healing/strategies.csv?from=now-7d&amp;to=now&amp;origin=derived&amp;strategy=retry\"";
    assert!(html.contains(href), "{}", between(&html, "Download healings", "</details>"));
}

#[test]
fn a_strategy_shows_interval_verdict_trend_and_why() {
    let html = healing("/healing", |_| ());
    let table = between(&html, "data-panel=\"strategies\"", "</section>");
    let rows = table.split("<tr>").map(words).collect::<Vec<_>>();
    let tune = rows.iter().find(|row| row.contains("TaskRetryStrategy")).unwrap();
    for words in
        ["◆ tune", "64.5 % (51 – 77 %)", "↘ degrading 68.4 % → 50.0 %", "reported · 64.5 % of 48 attempts worked"]
    {
        assert!(tune.contains(words), "{words}: {tune}");
    }
    let few = rows.iter().find(|row| row.contains("alert(1)")).unwrap();
    assert!(few.contains("○ not enough data") && few.contains("a verdict needs 10"), "{few}");
    assert!(
        table.contains("href=\"/healing?strategy=TaskRetryStrategy&amp;success=false&amp;origins=reported#healings\"")
    );
}

#[test]
fn charts_of_healing_show_worked_and_not_and_the_mean() {
    let html = healing("/healing", |_| ());
    let times = between(&html, "data-panel=\"healing-times\"", "</section>");
    assert!(
        times.contains("MTTR 1.9 s") && words(times).contains("1 s – 2 s: 94 attempts, 90 worked, 4 did not work"),
        "{}",
        words(times)
    );
    let panel = between(&html, "data-panel=\"healing-success\"", "</section>");
    assert!(words(panel).contains("retry (derived)"));
}

#[test]
fn heat_maps_lead_to_what_they_count() {
    let html = healing("/healing", |_| ());
    let agents = between(&html, "data-panel=\"healing-agents\"", "</section>");
    assert!(agents.contains("href=\"/healing?agent_id=planner-1&amp;failure_type=tool_error#healings\""), "{agents}");
    assert!(words(agents).contains("the 2 with most of 14 agents, 1 more name no agent"), "{}", words(agents));
    let hours = between(&html, "data-panel=\"healing-hours\"", "</section>");
    let one = "from=2026-11-19T13%3A00%3A00Z&amp;to=2026-11-19T14%3A00%3A00Z&amp;failure_type=tool_error#healings";
    assert!(hours.contains(&format!("href=\"/healing?{one}\"")), "{hours}");
    let longer = healing("/healing", |report| report.scope.range.from.0 -= 3 * crate::model::time::DAY);
    let hours = between(&longer, "data-panel=\"healing-hours\"", "</section>");
    assert!(!hours.contains("<a class=\"heat-count\""), "an hour of which day?");
}

#[test]
fn an_attempt_leads_to_its_events_and_its_agent() {
    let html = healing("/healing", |_| ());
    let newest = between(&html, "data-panel=\"attempts\"", "</section>");
    // From when it was noticed for the reported one, from the failure itself for the derived one.
    for from in ["12%3A59%3A58Z", "12%3A59%3A55Z"] {
        let href =
            format!("/events?from=2026-11-19T{from}&amp;to=2026-11-19T13%3A00%3A00.000001Z&amp;agent_id=planner-1");
        assert!(newest.contains(&href), "{href}: {newest}");
    }
    assert!(words(newest).contains("tool_error:Edit → tool:Edit") && words(newest).contains("requeue → start"));
    assert!(
        words(newest).contains("1–2 of 172") && html.contains("cursor=before-these&amp;seen=2"),
        "{}",
        words(newest)
    );
}

#[tokio::test]
async fn without_healings_the_page_teaches_how_to_send_one() {
    let none = |report: &mut HealingReport| {
        (report.totals, report.waiting) = (HealingTotals::default(), Waiting::default());
    };
    let _ = leptos_axum::generate_route_list(crate::web::app::App);
    let html = healing("/healing?from=all", none);
    assert!(html.contains("No healing yet") && words(&html).contains("failure_type"), "{html}");
    assert!(healing("/healing", none).contains("No healing in this range"));
    assert!(healing("/healing?agent_id=a", none).contains("No healing matches"));
    assert!(healing("/healing", |report| report.scope.bounds = None).contains("Nothing recorded yet"));
}

#[test]
fn origins_are_links_and_the_chosen_one_is_marked() {
    let html = healing("/healing?from=now-7d&origins=derived", |report| {
        report.query.origins = Origins::Derived;
    });
    assert!(html.contains("href=\"/healing?from=now-7d&amp;origins=reported\""));
    let chosen =
        between(&html, "Where attempts come from", "</nav>").split("<a ").find(|link| link.contains("aria-current"));
    assert!(chosen.is_some_and(|link| link.contains("origins=derived")), "{html}");
}
