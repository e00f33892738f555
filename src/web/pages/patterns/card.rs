//! One pattern in a list: what it is, its picture, and the figures one judges it by.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::pattern::Pattern;
use crate::web::components::pictures::meter;
use crate::web::format;
use crate::web::view_state::{ViewState, path_of};

use super::{picture, words};

/// The page of a pattern, as one comes to it from `state`.
pub(crate) fn pattern_href(id: &str, state: &ViewState) -> String {
    let (path, id) = path_of("patterns", id);
    let (range, filter) = (state.range.clone(), state.filter.clone());
    let same = ViewState { id, range, usual: super::usual(), filter, ..ViewState::default() };
    format!("{path}{}", same.query())
}

/// A pattern as a card. `threshold` is the confidence from which on patterns are shown.
pub(super) fn card(pattern: &Pattern, threshold: f64, state: &ViewState, now: Micros) -> AnyView {
    let support = pattern.support;
    let seen = format!("{} of {}", format::count(support.numerator), format::count(support.denominator));
    let seen_exact =
        format!("{} of {}", format::count(support.numerator).exact, format::count(support.denominator).exact);
    let lift = pattern.lift.map(|lift| view! { <div><dt>"Lift"</dt><dd>{words::times(lift)}</dd></div> });
    let last = pattern.last_seen.to_rfc3339();
    view! {
        <article class="card pattern" data-pattern=pattern.pattern_id.clone() data-type=pattern.pattern_type.as_str()>
            <h3><a href=pattern_href(&pattern.pattern_id, state)>{pattern.description.clone()}</a></h3>
            <div class="pattern-picture" inner_html=picture::small(pattern)></div>
            <dl class="pattern-figures">
                <div class="confidence">
                    <dt>"Confidence"</dt>
                    <dd>
                        {words::share(pattern.confidence)}
                        <span inner_html=meter(pattern.confidence, &[threshold])></span>
                    </dd>
                </div>
                <div title=seen_exact><dt>"Held"</dt><dd>{seen}</dd></div>
                {lift}
                <div title=format!("corrected for all candidates: q = {}", words::chance(pattern.q_value))>
                    <dt>"p"</dt>
                    <dd>{words::chance(pattern.p_value)}</dd>
                </div>
                <div>
                    <dt>"Last seen"</dt>
                    <dd><time datetime=last.clone() title=last>{format::ago(pattern.last_seen, now)}</time></dd>
                </div>
            </dl>
        </article>
    }
    .into_any()
}
