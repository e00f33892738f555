//! Trends, degradations and notes on pages, rendered to text from answers made by hand.

use leptos::prelude::*;

use super::agent::AgentBody;
use super::fixture;
use super::overview::OverviewBody;
use super::tests::{between, html, words};
use crate::model::Micros;
use crate::model::note::{Note, NoteKind, Notes};
use crate::model::time::{HOUR, MINUTE};
use crate::model::trend::{Better, Degradations, Lacking, Trend, TrendFigures, TrendSource, Verdict};

/// The success rate of an agent that fell from 96 to 71 % over 164 tasks.
fn fell(agent_id: &str) -> Trend {
    let at = |minutes: i64| Some(Micros(fixture::MIDNIGHT.0 + minutes * MINUTE));
    Trend {
        source: TrendSource::Tasks,
        agent_id: Some(agent_id.into()),
        swarm_id: None,
        project: None,
        model: None,
        metric: "success_rate".into(),
        better: Some(Better::Higher),
        verdict: Verdict::Degrading,
        lacking: None,
        figures: TrendFigures {
            n: 164,
            missing: 2,
            recent: Some(0.71),
            earlier: Some(0.96),
            change_percent: Some(-26.04),
            p_value: Some(0.003),
            first: at(0),
            recent_from: at(100),
            last: at(120),
            curve: vec![1.0, 0.9, 0.7],
        },
        successes: Some(150),
        truncated: false,
    }
}

fn overview(found: Option<Degradations>) -> String {
    let mut overview = fixture::overview();
    overview.degradations = found;
    html("/", move || view! { <OverviewBody overview=overview /> })
}

fn found(trends: Vec<Trend>) -> Degradations {
    let computed_at = Micros(fixture::overview().scope.now.0 - 3 * MINUTE);
    Degradations { total: trends.len() as u64, judged: 9, subjects: 3, trends, ..Degradations::nothing(computed_at) }
}

/// The card of what gets worse.
fn card(html: &str) -> &str {
    between(html, "data-card=\"degradations\"", "</section>")
}

#[test]
fn what_gets_worse_is_a_sentence_with_its_evidence_and_ways_to_the_records() {
    let html = overview(Some(found(vec![fell("reviewer-3")])));
    let text = words(card(&html));
    assert!(text.contains("◆ degradingagent reviewer-3: success rate 96 % → 71 %"), "{text}");
    assert!(text.contains("−26.0 % · the last 14 of 164 tasks · Mann–Kendall p = 0.003"), "{text}");
    assert!(text.contains("looked at 3 min ago"), "{text}");
    let recent =
        "href=\"/tasks?from=2026-11-19T01%3A40%3A00Z&amp;to=2026-11-19T02%3A00%3A00.000001Z&amp;agent_id=reviewer-3\"";
    assert!(card(&html).contains(recent), "{}", card(&html));
    assert!(card(&html).contains("href=\"/agents/reviewer-3?from=2026-11-19T00%3A00%3A00Z"), "{}", card(&html));
}

#[test]
fn more_than_five_are_counted_and_the_rest_opens() {
    let html = overview(Some(Degradations { total: 40, ..found(vec![fell("a"); 7]) }));
    let text = words(card(&html));
    assert!(text.contains("5 of 40 · looked at"), "{text}");
    assert!(text.contains("2 more") && text.contains("33 others changed less"), "{text}");
    assert_eq!(card(&html).matches("<li>").count(), 7);
}

#[test]
fn nobody_looked_too_few_and_nothing_worse_are_told_apart() {
    assert!(words(card(&overview(None))).contains("Nobody has looked yet"));
    let too_few = overview(Some(Degradations { judged: 0, ..found(Vec::new()) }));
    assert!(words(card(&too_few)).contains("Not enough data: no agent and no swarm has 15 records"));
    let fine = overview(Some(found(Vec::new())));
    assert!(words(card(&fine)).contains("9 trends of 3 agents and swarms were judged"), "{}", words(card(&fine)));
}

#[test]
fn hostile_names_stay_text_where_they_get_worse() {
    let html = overview(Some(found(vec![fell(fixture::HOSTILE)])));
    assert!(!card(&html).contains("<script"), "{}", card(&html));
}

#[test]
fn an_agent_shows_verdicts_and_why_there_is_none() {
    let mut agent = fixture::agent_page("coder-1");
    let mut few = fell("coder-1");
    few.metric = "duration_ms".into();
    (few.verdict, few.lacking) = (Verdict::NotEnoughData, Some(Lacking::Samples));
    few.figures = TrendFigures { n: 4, ..TrendFigures::default() };
    agent.trends = vec![few, fell("coder-1")];
    let html = html("/agents/coder-1", move || view! { <AgentBody agent=agent /> });
    let card = between(&html, "data-card=\"trends\"", "</section>");
    let text = words(card);
    assert!(text.contains("duration ○ not enough data 4 of 15 needed––"), "{text}");
    assert!(text.contains("success rate ◆ degrading  96 %71 %−26.0 %p = 0.003164"), "{text}");
    assert!(card.contains("150 of them succeeded. 2 more do not carry the number"), "{card}");
    assert!(card.contains("href=\"/api/v1/trends?agent_id=coder-1&amp;format=csv\""), "{card}");
}

#[test]
fn healings_are_marked_in_every_chart_named_in_the_legend_and_listed_in_the_table() {
    let noted = |url: &'static str| {
        let mut overview = fixture::overview();
        let note = |hours: i64, kind, words: &str| Note {
            at: Micros(fixture::MIDNIGHT.0 + hours * HOUR),
            kind,
            words: words.into(),
            href: "/healing?from=1".into(),
            count: 1,
        };
        let notes = vec![
            note(3, NoteKind::Healed, "restart healed timeout of a"),
            note(5, NoteKind::NotHealed, fixture::HOSTILE),
        ];
        overview.timeline.notes = Notes { notes, truncated: false };
        html(url, move || view! { <OverviewBody overview=overview /> })
    };
    let shown = noted("/");
    let latency = between(&shown, "data-panel=\"latency\"", "</section>");
    assert!(latency.contains("aria-pressed=\"true\" data-notes=\"healings\""), "{latency}");
    assert!(latency.contains("value=\"notes.healings\""), "a form hides them without JavaScript");
    let table = between(latency, "<table class=\"notes\"", "</table>");
    assert!(words(table).contains("✚ restart healed timeout of a") && !table.contains("<script"), "{table}");
    let hidden = noted("/?hide=notes.healings");
    let latency = between(&hidden, "data-panel=\"latency\"", "</section>");
    assert!(latency.contains("aria-pressed=\"false\" data-notes=\"healings\""), "{latency}");
    assert!(latency.contains("<table class=\"notes\""), "the table keeps them");
    let crosses = |html: &str| between(html, "chart-picture wide", "</svg>").matches("var(--failure)").count();
    assert!(
        crosses(between(&shown, "data-panel=\"success\"", "</section>"))
            > crosses(between(&hidden, "data-panel=\"success\"", "</section>"))
    );
}
