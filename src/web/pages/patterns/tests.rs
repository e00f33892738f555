//! Patterns rendered to text from answers made by hand.

use leptos::prelude::*;

use super::one::PatternBody;
use super::{PatternsBody, fixture as findings, usual};
use crate::model::pattern::{LearnProgress, LearnStep, Pattern, PatternPage, PatternsPage, counts_by_type};
use crate::web::components::view::provide_view_of;
use crate::web::pages::tests::{between, html, words};

fn patterns(url: &str, change: impl FnOnce(&mut PatternsPage)) -> String {
    let mut page = findings::patterns_page();
    change(&mut page);
    html(url, move || {
        provide_view_of(usual());
        view! { <PatternsBody patterns=page again=Callback::new(|()| ()) /> }
    })
}

fn of_page(page: PatternPage) -> String {
    html("/patterns/x", move || {
        provide_view_of(usual());
        view! { <PatternBody pattern=page again=Callback::new(|()| ()) /> }
    })
}

fn one(pattern: Pattern) -> String {
    of_page(findings::pattern_page(pattern))
}

/// The words of a card with this `data-pattern`.
fn card(html: &str, id: &str) -> String {
    words(&format!("<{}", between(html, &format!("data-pattern=\"{id}\""), "</article>")))
}

#[test]
fn a_pattern_is_a_card_with_its_evidence_and_its_picture() {
    let html = patterns("/patterns", |_| ());
    let said = card(&html, "seq_1");
    for words in ["Confidence77.7 %", "Held412 of 530", "Lift6.1×", "p&lt; 0.0001"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!card(&html, "freq_1").contains("Lift"), "which has no meaning there");
    assert!(html.contains("href=\"/patterns/seq_1\""));
    assert_eq!(html.matches("class=\"picture dial-picture\"").count(), 1);
    assert_eq!(html.matches("class=\"steps-picture\"").count(), 3);
    assert!(!html.contains("<script>alert") && !html.contains(" style="));
}

#[test]
fn the_page_says_from_what_was_learned_and_what_was_left_out() {
    let html = words(&patterns("/patterns", |_| ()));
    assert!(
        html.contains("Learned 15 min ago from 10,000 events (312 of them computed from tasks and metrics)"),
        "{html}"
    );
    assert!(html.contains("only the newest 10,000 are looked at (max_history_size)"));
    assert!(html.contains("seen at least 5 times, with a confidence of 70 % or more"));
}

#[test]
fn kinds_and_thresholds_are_links_that_keep_range_and_filters() {
    let html = patterns("/patterns?from=now-7d&agent_id=a", |_| ());
    assert!(html.contains("href=\"/patterns?from=now-7d&amp;agent_id=a&amp;pattern_type=temporal\""));
    assert!(html.contains("href=\"/patterns?from=now-7d&amp;agent_id=a&amp;min_confidence=0.9\""));
    assert!(html.contains("href=\"/patterns/seq_1?from=now-7d&amp;agent_id=a\""));
    assert!(html.contains("href=\"/api/v1/patterns?from=now-7d&amp;to=now&amp;agent_id=a&amp;format=csv\""));
}

#[test]
fn what_is_left_out_of_a_kind_is_said_and_one_click_away() {
    let many = |page: &mut PatternsPage| {
        page.patterns = (0..30).map(|n| Pattern { pattern_id: format!("seq_{n}"), ..findings::sequence() }).collect();
        page.counts = counts_by_type(&page.patterns);
        page.matching = 700;
    };
    let html = patterns("/patterns", many);
    assert_eq!(html.matches("data-pattern=").count(), 12);
    assert!(words(&html).contains("30 of 700 patterns are listed"));
    assert!(words(&html).contains("the surest 12 of 30") && html.contains("All 30 sequences"));
    assert_eq!(patterns("/patterns?pattern_type=sequence", many).matches("data-pattern=").count(), 30);
}

#[tokio::test]
async fn where_nothing_recurs_the_page_says_what_it_needs() {
    let none = |page: &mut PatternsPage| {
        page.patterns.clear();
        page.changes.clear();
        page.counts = counts_by_type(&[]);
    };
    let html = patterns("/patterns", none);
    assert!(
        html.contains("No pattern in these events") && html.contains("at least 5 events of one type from one agent")
    );
    assert!(html.contains("min_confidence=0.5") && words(&html).contains("Show those from 50 % on"));
    assert!(html.contains("/api/v1/ingest"));
    let none_yet = patterns("/patterns", |page| (page.learning = None, page.patterns.clear()).0);
    assert!(none_yet.contains("Nothing was learned yet") && none_yet.contains("auto_learn"));
    let empty = patterns("/patterns", |page| page.scope.bounds = None);
    assert!(empty.contains("Nothing recorded yet"));
}

#[test]
fn what_is_being_learned_says_how_far_it_is_beside_what_is_known() {
    let html = patterns("/patterns", |page| {
        let started = crate::model::Micros(page.scope.now.0 - 4_000_000);
        page.progress = Some(LearnProgress { started, step: LearnStep::Reading, events: 250_000 });
    });
    assert!(words(&html).contains("Learning250 k events read, for 4 s"), "{}", words(&html));
    assert!(html.contains("data-pattern=\"seq_1\""));
}

#[test]
fn changes_say_what_became_of_what() {
    let html = patterns("/patterns", |_| ());
    let changes = words(between(&html, "data-panel=\"changes\"", "</section>"));
    assert!(changes.contains("↑ stronger") && changes.contains("70 %, 200 times → 77.7 %, 412 times"), "{changes}");
    assert!(changes.contains("○ faded") && changes.contains("was 70 %, 200 times"), "{changes}");
}

#[test]
fn each_kind_is_told_in_a_sentence_with_its_figures() {
    let said = |pattern: Pattern| words(between(&one(pattern), "class=\"explanation\"", "</p>"));
    let sequence = said(findings::sequence());
    assert!(sequence.contains("After “tool:Read” the same agent goes on with “tool:Edit”,"), "{sequence}");
    assert!(
        sequence.contains("412 of 530 times (77.7 %); half of the time the whole takes 4.2 s or less"),
        "{sequence}"
    );
    assert!(said(findings::frequency()).contains(
        "planner-03 sends “checkpoint” every 30 min: half of the intervals differ from that by 8 s or less. 3 beats were missed."
    ));
    assert!(
        said(findings::correlation())
            .contains("Within 10 s after “high_token_usage” comes “task_failed” of the same agent, 25 of 33")
    );
    let temporal = said(findings::temporal());
    assert!(
        temporal.contains("88 of 90 events “backup” come from 02:00 to 03:00 UTC; spread evenly it would be 4.2 %, and of all other events 5.1 % come then."),
        "{temporal}"
    );
    let precursor = said(findings::precursor());
    assert!(
        precursor.contains(
            "After “memory_pressure” and “gc_pause”, in this order, follows “agent_down” of the same agent within 5 min"
        ),
        "{precursor}"
    );
    assert!(precursor.contains("18 of the 22 such failures were announced so"), "{precursor}");
}

#[test]
fn an_occurrence_leads_to_exactly_its_events() {
    let html = one(findings::sequence());
    let range = "from=2026-11-19T13%3A00%3A00Z&amp;to=2026-11-19T13%3A00%3A04.200001Z";
    assert!(html.contains(&format!("href=\"/events?{range}&amp;agent_id=reviewer-3\"")), "{html}");
    assert!(html.contains("href=\"/agents/reviewer-3?from=all\"") && html.contains("href=\"/tasks/t-1\""));
    let card = words(between(&html, "data-panel=\"occurrence-list\"", "</section>"));
    assert!(card.contains("1–2 of 412, the newest first") && card.contains("took 4.2 s · 2 events"), "{card}");
    assert!(html.contains("skip=2"), "the older ones");
}

#[test]
fn a_frequency_lists_its_silences_and_an_event_alone_needs_no_unfolding() {
    let html = one(findings::frequency());
    let missed = words(between(&html, "data-panel=\"missed\"", "</section>"));
    assert!(
        missed.contains("3 missed in all; the newest 2 silences hold 3") && missed.contains("still silent"),
        "{missed}"
    );
    assert!(!html.contains("class=\"occurrence\""));
    assert!(html.contains("data-panel=\"intervals\""));
}

#[test]
fn two_weeks_are_compared_where_both_are_known() {
    let weeks = words(between(&one(findings::sequence()), "data-panel=\"weeks\"", "</section>"));
    assert!(weeks.contains("25 % more often; held 83.3 %, before 75.0 %"), "{weeks}");
    let mut page = findings::pattern_page(findings::sequence());
    page.detail.as_mut().unwrap().last_week.complete = false;
    let html = of_page(page);
    assert!(html.contains("no comparison: one of the weeks is known in part only"));
}

#[test]
fn statistics_say_what_each_figure_means() {
    let html = one(findings::frequency());
    let table = words(between(&html, "data-panel=\"statistics\"", "</section>"));
    for words in ["Standard deviation11 s", "Missed beats3", "q-value0.0042", "84 of 86"] {
        assert!(table.contains(words), "{words}: {table}");
    }
}
