//! Pages rendered to text from answers made by hand.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

use super::agent::AgentBody;
use super::fixture;
use super::list::ListBody;
use super::overview::OverviewBody;
use super::sessions::SessionsBody;
use super::task::TaskBody;
use crate::model::listing::{ListAnswer, Total};
use crate::model::overview::{CostBasis, Overview, TaskPage, Totals};
use crate::model::session::SessionList;
use crate::model::{Order, TokenCounts};
use crate::web::calls::{List, SessionsAnswer};
use crate::web::components::banner::DemoBanner;
use crate::web::components::chart_cursor::Cursor;
use crate::web::platform;

/// The HTML of `view` on the page at `url`, no-break spaces as blanks, without the marks that keep texts apart.
pub(super) fn html<V: IntoView + 'static>(url: &str, view: impl FnOnce() -> V + Send + 'static) -> String {
    let owner = Owner::new_root(None);
    let text = owner.with(|| {
        provide_context(RequestUrl::new(url));
        leptos_meta::provide_meta_context();
        Cursor::provide();
        view! { <Router>{view()}</Router> }.to_html()
    });
    text.replace('\u{a0}', " ").replace("<!>", "")
}

fn overview(url: &str, change: impl FnOnce(&mut Overview)) -> String {
    let mut overview = fixture::overview();
    change(&mut overview);
    html(url, move || view! { <OverviewBody overview=overview /> })
}

/// The text between `start` and the next `end` after it.
pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(inside, _)| inside)
}

/// What is left of a piece of HTML without its tags and comments.
pub(super) fn words(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// The words of a tile.
fn tile(html: &str, name: &str) -> String {
    let tile = between(html, &format!("data-tile=\"{name}\""), "</div></div>");
    words(tile.split_once('>').map_or("", |(_, inside)| inside))
}

#[test]
fn tiles_show_values_counts_and_changes_for_the_worse() {
    let html = overview("/", |_| ());
    assert!(tile(&html, "tasks").starts_with("Tasks2,972 59 swarms · 148 agents▲ 12 %"), "{}", tile(&html, "tasks"));
    assert!(
        tile(&html, "success").starts_with("Success93.4%2,776 of 2,972 tasks▼ 1.8 pt"),
        "{}",
        tile(&html, "success")
    );
    assert!(between(&html, "data-tile=\"success\"", "</section>").contains("data-bad=\"true\""));
    assert!(tile(&html, "duration").contains("p50 1.2 s · p99 4.9 s"));
    assert!(tile(&html, "tokens").contains("$ 187.20 and unpriced"));
}

#[test]
fn without_a_range_before_there_is_no_change_and_an_empty_one_says_so() {
    assert!(!overview("/?from=all", |o| o.previous = None).contains("previous data"));
    let html = overview("/", |o| o.previous = Some(Totals::default()));
    assert!(tile(&html, "tasks").contains("no previous data"));
}

#[test]
fn what_nobody_recorded_is_no_data_and_never_0() {
    let html = overview("/", |o| {
        o.totals.success = None;
        o.totals.durations = None;
        o.totals.tokens = Default::default();
    });
    for name in ["success", "duration", "tokens"] {
        assert!(tile(&html, name).contains("–no data"), "{name}: {}", tile(&html, name));
    }
}

#[test]
fn an_id_that_is_a_script_is_text_and_its_link_leads_to_it() {
    let html = overview("/", |_| ());
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("href=\"/agents/%3Cscript%3Ealert%281%29%3C%2Fscript%3E\""));
    assert!(
        html.contains("href=\"/tasks/%3Cscript%3Ealert%281%29%3C%2Fscript%3E?at=2026-11-19T13%3A00%3A00.000001Z\"")
    );
}

#[test]
fn the_content_policy_finds_no_style_attribute_anywhere() {
    assert!(!overview("/", |_| ()).contains(" style="));
}

#[test]
fn every_chart_comes_in_two_sizes_with_a_summary_and_a_table() {
    let html = overview("/", |_| ());
    assert_eq!(html.matches("viewBox=\"0 0 1120 440\"").count(), 4);
    assert_eq!(html.matches("viewBox=\"0 0 600 400\"").count(), 4);
    assert_eq!(html.matches("View as table").count(), 4);
    let summary = words(between(&html, "id=\"latency-summary\"", "</p>"));
    assert!(summary.contains("p50: ") && summary.contains("p99: "), "{summary}");
    let table = between(&html, "id=\"throughput-table\"", "</details>");
    let newest = words(between(table, "<tbody>", "</tr>"));
    assert!(newest.starts_with("19 Nov, 23:40 – 24:00"), "{newest}");
}

#[test]
fn a_hidden_series_is_not_drawn_but_stays_in_legend_and_table() {
    let html = overview("/?hide=throughput.failure", |_| ());
    let panel = between(&html, "data-panel=\"throughput\"", "data-panel=\"latency\"");
    assert!(!panel.contains("fill=\"var(--failure)\""));
    assert!(panel.contains("aria-pressed=\"false\"") && panel.contains("failure"));
}

#[tokio::test]
async fn an_empty_store_teaches_and_an_empty_range_says_where_the_data_is() {
    // Listing the routes starts what the search for sources runs on.
    let routes = leptos_axum::generate_route_list(crate::web::app::App);
    assert_eq!(routes.len(), 17);
    let empty = overview("/", |o| o.scope.bounds = None);
    assert!(empty.contains("Nothing recorded yet") && empty.contains("swarmscope import claude-code"));
    let nothing = |o: &mut Overview| (o.totals = Totals::default(), ()).1;
    let html = words(&overview("/", nothing));
    assert!(html.contains("The data lies from 19 Nov 2026, 00:00:00 UTC to 20 Nov 2026, 00:00:00 UTC."), "{html}");
    assert!(html.contains("No task in this range") && html.contains("Show all data"));
    let filtered = overview("/?project=alpha", nothing);
    assert!(filtered.contains("No task matches") && filtered.contains("Clear the filters"));
}

#[test]
fn where_the_whole_store_has_none_there_is_nothing_to_show_but_how_to_send_one() {
    let sessions = |url| {
        let scope = fixture::overview().scope;
        let (now, range) = (scope.now, scope.range);
        let list = SessionList { now, range, sessions: Vec::new(), total: 0, next: None };
        let sessions = SessionsAnswer { scope, list };
        html(url, move || view! { <SessionsBody sessions=sessions /> })
    };
    let all = sessions("/sessions?from=all");
    assert!(all.contains("No session memory yet") && words(&all).contains("memory_type"), "{all}");
    assert!(!all.contains("Show all data") && !all.contains("Show the last day with data"));
    let day = sessions("/sessions");
    assert!(day.contains("No session memory in this range") && day.contains("Show all data"));
    assert!(!words(&day).contains("memory_type"));
}

#[test]
fn demo_data_is_marked() {
    let banner = |seed| {
        html("/nowhere", move || {
            provide_context(platform::DemoSeed(seed));
            view! { <DemoBanner /> }
        })
    };
    assert!(!banner(None).contains("Demo data."));
    assert!(words(&banner(Some(7))).contains("Demo data. A simulated swarm, made from seed 7."));
}

#[test]
fn tokens_without_a_price_are_unpriced_and_not_free() {
    let html = overview("/", |_| ());
    let row = words(between(&html, "house-model", "</tr>"));
    assert!(row.ends_with("unpriced"), "{row}");
}

#[test]
fn an_export_link_carries_range_and_filters() {
    let html = overview("/?from=now-7d&project=alpha", |_| ());
    assert!(
        html.contains("href=\"/api/v1/export/events.grafana.json?from=now-7d&amp;to=now&amp;project=alpha\" download")
    );
}

#[test]
fn a_list_links_to_itself_in_every_order_and_keeps_filters() {
    let list = ListAnswer {
        scope: fixture::scope(),
        rows: vec![fixture::task("t-1", "failure"), fixture::task(fixture::HOSTILE, "success")],
        total: Total::MoreThan(10_000),
        next: Some("next/1".into()),
        sort: "duration_ms".into(),
        order: Order::Desc,
    };
    let url = "/tasks?from=all&model=m&cursor=c&seen=100";
    let html = html(url, move || view! { <ListBody list=List::Tasks(list) /> });
    assert!(words(&html).contains("101–102 of more than 10,000"), "{}", words(&html));
    assert!(html.contains("href=\"/tasks?from=all&amp;model=m&amp;order=asc&amp;sort=duration_ms\""));
    assert!(html.contains("href=\"/tasks?from=all&amp;model=m&amp;order=asc&amp;sort=agent_id\""), "words start at A");
    assert!(html.contains("cursor=next%2F1&amp;seen=102"), "the next page");
    assert!(!html.contains("<script>alert") && !html.contains(" style="));
}

#[test]
fn an_agent_reads_as_type_short_id_and_project() {
    let page = fixture::agent_page("0b4f2a9e-1111-4222-8333-444455556666");
    let html = html("/agents/x?from=all", move || view! { <AgentBody agent=page /> });
    assert!(html.contains("<h1>coder · 0b4f2a9e · alpha</h1>"));
    assert!(html.contains("href=\"/swarms/a%2Fb?from=all\""));
    assert!(html.contains("agent_id=0b4f2a9e-1111-4222-8333-444455556666"), "exports are about this agent");
}

#[test]
fn a_task_shows_what_is_known_and_says_what_is_not() {
    let page = TaskPage {
        now: fixture::range().until,
        demo_seed: Some(3),
        task: fixture::task("t-1", "failure"),
        tokens: TokenCounts { output: Some(0), ..TokenCounts::default() },
        usd: None,
        basis: CostBasis::Unpriced,
        metadata: Some("{\"note\":\"<b>\"}".into()),
        source: None,
        events: vec![fixture::event("tool:Bash")],
        event_count: 412,
    };
    let html = html("/tasks/t-1", move || view! { <TaskBody task=page /> });
    let text = words(&html);
    assert!(text.contains("1 of 412, the oldest first"));
    assert!(text.contains("Output0") && text.contains("Cache read–"));
    assert!(text.contains("Files changed–not recorded") && text.contains("{\"note\":\"&lt;b&gt;\"}"));
    assert!(text.contains("Started19 Nov 2026, 12:59:52 UTC"), "7.1 s before its end");
}
