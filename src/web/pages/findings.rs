//! What the overview says in short about what was found in the records: what recurs, and how failures heal.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::alert::{AlertBrief, AlertsBrief};
use crate::model::healing::{HealingQuery, HealingReport, StrategyRow, StrategyVerdict};
use crate::model::pattern::{Pattern, PatternType, PatternsBrief};
use crate::model::{Micros, RecordFilter};
use crate::web::calls::Answer;
use crate::web::charts::Ink;
use crate::web::components::attention::{Attention, AttentionCard};
use crate::web::components::view::use_view;
use crate::web::format;
use crate::web::platform;
use crate::web::view_state::{ORIGINS, ViewState};

use super::alerts::state_marks;
use super::healing::{interval, verdict_sign};
use super::patterns::{change_entry, pattern_href, pattern_words};

/// How often findings are read again while the page around is, in milliseconds: they change slowly.
const AGAIN_MS: f64 = 30_000.0;
/// Strategies listed.
const WORST: usize = 3;
/// Patterns, and changes of them, listed.
const PATTERNS: usize = 4;
const CHANGES: usize = 2;

/// Reads `finding` again now and then, whenever `page` was.
pub(super) fn refresh_with<P, T>(page: Answer<P>, finding: Answer<T>)
where
    P: Serialize + DeserializeOwned + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    Effect::new(move |last: Option<f64>| {
        page.track();
        let now = platform::clock_ms();
        match last {
            Some(last) if now - last < AGAIN_MS => last,
            None => now,
            Some(_) => {
                finding.refetch();
                now
            }
        }
    });
}

/// What is asked about healing on the overview: its range and project.
pub(super) fn healing_of(state: &ViewState) -> HealingQuery {
    let filter = RecordFilter {
        project: state.filter.project.clone(),
        agent_id: state.filter.agent_id.clone(),
        ..RecordFilter::default()
    };
    HealingQuery { range: state.range.clone(), filter, ..HealingQuery::default() }
}

/// What fires and what is about to. Nothing stands here while all is well: then the page is about figures.
#[component]
pub(super) fn AlertsInShort(
    /// The answer.
    brief: AlertsBrief,
) -> impl IntoView {
    let AlertsBrief { now, counts, worst } = brief;
    let any = !worst.is_empty();
    let entry = |alert: AlertBrief| {
        let (sign, word, ink) = state_marks(alert.state, alert.severity);
        let silenced = if alert.silenced { " · silenced" } else { "" };
        Attention {
            ink,
            sign,
            word,
            sentence: format!("{}: {}", alert.rule, alert.summary),
            href: Some("/alerts".to_owned()),
            evidence: format!("{}{silenced}", alert.severity.as_str()),
            at: Some(alert.since),
        }
    };
    let entries = worst.into_iter().map(entry).collect::<Vec<_>>();
    let note = format!("{} firing, {} pending", counts.firing, counts.pending);
    any.then(|| {
        let all = Some(("/alerts".to_owned(), "All alerts".to_owned()));
        view! { <AttentionCard id="alerts" title="Alerts" note=note entries=entries now=now nothing="" all=all /> }
    })
}

/// What recurs, in short.
#[component]
pub fn PatternsInShort(
    /// What the server learned by itself.
    brief: PatternsBrief,
    /// The server's clock.
    now: Micros,
) -> impl IntoView {
    let changes = brief.changes.iter().take(CHANGES).map(change_entry);
    let top = brief.top.iter().take(PATTERNS).map(pattern_entry);
    let entries = top.chain(changes).collect::<Vec<_>>();
    let all = brief.counts.iter().map(|of| of.count).sum::<u64>();
    let note = match brief.learned_at {
        Some(at) => format!(
            "{} in {} events, learned {}",
            format::count(all),
            format::count(brief.events),
            format::ago(at, now)
        ),
        None => "nothing was learned yet".to_owned(),
    };
    view! {
        <AttentionCard
            id="patterns-short"
            title="Patterns"
            note=note
            entries=entries
            now=now
            nothing="Nothing recurs so far: events of at least five occurrences are needed."
            all=Some(("/patterns".to_owned(), "all of them →".to_owned()))
        />
    }
    .into_any()
}

fn pattern_entry(pattern: &Pattern) -> Attention {
    let (sign, ink) = match pattern.pattern_type {
        PatternType::Precursor => ("▲", Ink::Failure),
        _ => ("⌁", Ink::Accent),
    };
    Attention {
        ink,
        sign,
        word: pattern.pattern_type.as_str(),
        sentence: pattern.description.clone(),
        href: Some(pattern_href(&pattern.pattern_id, &ViewState::default().with_range("all", "now"))),
        evidence: pattern_words(pattern),
        at: Some(pattern.last_seen),
    }
}

/// How failures heal, in short.
#[component]
pub fn HealingInShort(
    /// The report of the range.
    report: HealingReport,
) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let href = |state: &ViewState| format!("/healing{}", state.query());
    let page = ViewState {
        range: state.range.clone(),
        filter: healing_of(&state).filter,
        live: state.live,
        ..ViewState::default()
    };
    let totals = report.totals;
    let whole = totals.success.map(|success| Attention {
        ink: Ink::Muted,
        sign: "✚",
        word: "healing",
        sentence: format!(
            "{} of {} attempts worked{}",
            format::percent(success.rate),
            format::count(success.rate.denominator),
            totals.mttr_ms.map(|mttr| format!(", MTTR {}", format::duration(mttr.ms))).unwrap_or_default()
        ),
        href: Some(href(&page)),
        evidence: format!("95 % interval {} · {} failures", interval(&success), format::count(totals.total_failures)),
        at: None,
    });
    let judged = worst(&report.by_strategy).into_iter().map(|row| {
        let (ink, sign, word) = verdict_sign(row.verdict);
        let own = page.with_filter("strategy", Some(row.strategy.clone()));
        let own = own.with_own(ORIGINS, Some(row.origin.as_str().to_owned()));
        Attention {
            ink,
            sign,
            word,
            sentence: format!("{} ({})", row.strategy, row.origin.as_str()),
            href: Some(href(&own)),
            evidence: format!(
                "{} (95 % interval {}) · {}",
                format::percent(row.success.rate),
                interval(&row.success),
                row.why
            ),
            at: None,
        }
    });
    let entries = whole.into_iter().chain(judged).collect::<Vec<_>>();
    view! {
        <AttentionCard
            id="healing-short"
            title="Healing"
            note="the strategies that work least"
            entries=entries
            now=report.scope.now
            nothing="Nothing was healed in this range, and no failed call was followed by another attempt."
            all=Some((href(&page), "all of it →".to_owned()))
        />
    }
    .into_any()
}

/// Strategies that are judged and not to be kept, the worst first; where there are none, the one that works least.
fn worst(strategies: &[StrategyRow]) -> Vec<&StrategyRow> {
    let mut judged = strategies.iter().filter(|row| row.verdict.is_some()).collect::<Vec<_>>();
    judged.sort_by(|a, b| a.success.rate.ratio().total_cmp(&b.success.rate.ratio()));
    let bad =
        judged.iter().filter(|row| row.verdict != Some(StrategyVerdict::Keep)).take(WORST).copied().collect::<Vec<_>>();
    if bad.is_empty() { judged.into_iter().take(1).collect() } else { bad }
}
