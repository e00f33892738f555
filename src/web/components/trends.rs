//! What gets better or worse: verdicts in words and signs, the figures they were made from, and the way to the records.

use leptos::prelude::*;

use crate::model::RangeSpec;
use crate::model::trend::{Lacking, Trend, TrendSource, Verdict};
use crate::web::charts::{Ink, Unit};
use crate::web::format::{self, NBSP, NONE};
use crate::web::view_state::{ViewState, encode};

use super::menu::Menu;
use super::sparkline::Sparkline;
use super::view::use_view;

/// Colour, sign and word of a verdict.
#[must_use]
pub fn verdict_sign(verdict: Verdict) -> (Ink, &'static str, &'static str) {
    match verdict {
        Verdict::Degrading => (Ink::Timeout, "◆", "degrading"),
        Verdict::Improving => (Ink::Success, "●", "improving"),
        Verdict::Stable => (Ink::Cancelled, "■", "stable"),
        Verdict::Rising => (Ink::Accent, "▲", "rising"),
        Verdict::Falling => (Ink::Accent, "▼", "falling"),
        Verdict::NotEnoughData => (Ink::Cancelled, "○", "not enough data"),
    }
}

/// What the metric is called in a sentence.
#[must_use]
pub fn metric_name(trend: &Trend) -> String {
    match (trend.source, trend.metric.as_str()) {
        (TrendSource::Tasks, "duration_ms") => "duration".to_owned(),
        (TrendSource::Tasks, "tokens_used") => "tokens".to_owned(),
        (TrendSource::Tasks, "success_rate") => "success rate".to_owned(),
        (_, metric) => metric.to_owned(),
    }
}

/// A value of the metric, with the unit its name tells.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "tokens stay far below 2^53")]
pub fn written(trend: &Trend, value: f64) -> String {
    match (trend.source, trend.metric.as_str()) {
        (TrendSource::Tasks, "tokens_used") => format::tokens(value.round() as i64).to_string(),
        (TrendSource::Tasks, "success_rate") => Unit::Ratio.write(value),
        (_, metric) if metric.ends_with("_ms") => format::duration(value).to_string(),
        (_, metric) if metric.ends_with("_percent") => format!("{}{NBSP}%", format::number(value)),
        _ => format::number(value),
    }
}

/// `+68.8 %`; of more than ten times the size, how many times.
#[must_use]
pub fn change(percent: f64) -> String {
    let sign = if percent < 0.0 { "−" } else { "+" };
    if percent >= 1_000.0 {
        return format!("×{NBSP}{}", format::plain(1.0 + percent / 100.0));
    }
    format!("{sign}{:.1}{NBSP}%", percent.abs())
}

/// `p = 0.003`.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.001 { format!("p{NBSP}<{NBSP}0.001") } else { format!("p{NBSP}={NBSP}{p:.3}") }
}

/// What the records of a trend are called.
#[must_use]
pub fn records_word(trend: &Trend) -> &'static str {
    if trend.source == TrendSource::Tasks { "tasks" } else { "values" }
}

/// The list of the records behind a trend: all of them, or those of its recent end. A list of tasks is a page, metrics
/// are listed as data.
#[must_use]
pub fn records_href(trend: &Trend, recent: bool) -> Option<String> {
    let (dataset, filter, range) = trend.records(recent)?;
    let (from, to) = (range.from.to_rfc3339(), range.until.to_rfc3339());
    if trend.source == TrendSource::Tasks {
        let state = ViewState { filter, ..ViewState::default() };
        return Some(format!("/tasks{}", state.with_range(&from, &to).query()));
    }
    let filters: String = filter.asked().map(|(field, value)| format!("&{field}={}", encode(value))).collect();
    Some(format!("/api/v1/{}?from={from}&to={to}&order=asc&limit=10000{filters}", dataset.as_str()))
}

/// The trends of a page, one a row.
#[component]
pub fn TrendsCard(
    /// The trends.
    trends: Vec<Trend>,
    /// `agent_id` or `swarm_id`, and whose.
    whose: (&'static str, String),
) -> impl IntoView {
    let range = use_view().state.with_untracked(|state| state.range.clone());
    let newest = range == RangeSpec::default();
    let note = if newest {
        format!("the newest {} records of each, whenever they are from", Trend::RECORDS_DEFAULT)
    } else {
        "of the range".to_owned()
    };
    let enough = trends.iter().any(|trend| trend.verdict != Verdict::NotEnoughData);
    let teach = (!enough).then(|| {
        let least = Trend::SAMPLES_MIN;
        view! { <p class="nothing">{format!("A trend needs {least} records that carry the number: then the last {} moving averages of {} are held against those before.", Trend::RECENT, Trend::WINDOW)}</p> }
    });
    let empty = trends.is_empty();
    let rows = trends.into_iter().map(row).collect_view();
    view! {
        <section class="card" aria-labelledby="trends-title" data-card="trends">
            <header class="card-header">
                <h2 id="trends-title">"Trends"</h2>
                <span class="muted">{note}</span>
                {(!empty).then(|| view! { <Downloads whose=whose range=(!newest).then_some(range) /> })}
            </header>
            {teach}
            {(!empty).then(|| view! {
                <div class="table-scroll" tabindex="0">
                    <table class="trends">
                        <thead>
                            <tr>
                                <th scope="col">"Metric"</th>
                                <th scope="col">"Trend"</th>
                                <th scope="col" class="number minor">"Before"</th>
                                <th scope="col" class="number">"Now"</th>
                                <th scope="col" class="number">"Change"</th>
                                <th scope="col" class="spare">"Moving average"</th>
                                <th scope="col" class="number spare">"Mann–Kendall"</th>
                                <th scope="col" class="number">"Records"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            })}
        </section>
    }
    .into_any()
}

fn row(trend: Trend) -> impl IntoView {
    let (ink, sign, word) = verdict_sign(trend.verdict);
    let figures = &trend.figures;
    let value = |value: Option<f64>| value.map_or(NONE.to_owned(), |value| written(&trend, value));
    let exact = |value: Option<f64>| value.map(|value| value.to_string());
    let why = match trend.lacking {
        Some(Lacking::Samples) => format!("{} of {} needed", figures.n, Trend::SAMPLES_MIN),
        Some(Lacking::Baseline) => "it was 0 before".to_owned(),
        None => String::new(),
    };
    let reported = (trend.source != TrendSource::Tasks).then_some("reported");
    let left_out = match figures.missing {
        0 => String::new(),
        n => format!("{} more do not carry the number and were left out. ", format::count(n)),
    };
    let more = if trend.truncated { "The range holds older ones, which were not looked at." } else { "" };
    let successes = trend.successes.map(|n| format!("{} of them succeeded. ", format::count(n))).unwrap_or_default();
    let external = (trend.source != TrendSource::Tasks).then_some("external");
    let list = |recent: bool, text: String| match records_href(&trend, recent) {
        Some(href) => view! { <a href=href rel=external>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    let now = match figures.recent {
        Some(recent) => list(true, written(&trend, recent)),
        None => NONE.into_any(),
    };
    let records = list(false, format!("{}", format::count(figures.n)));
    view! {
        <tr>
            <th scope="row">{metric_name(&trend)} " " <small class="muted">{reported}</small></th>
            <td>
                <span class="state" data-ink=ink.token()>
                    <span aria-hidden="true">{sign}</span>
                    " "
                    {word}
                </span>
                " "
                <small class="muted">{why}</small>
            </td>
            <td class="number minor" title=exact(figures.earlier)>{value(figures.earlier)}</td>
            <td class="number" title=exact(figures.recent)>{now}</td>
            <td class="number">{figures.change_percent.map_or(NONE.to_owned(), change)}</td>
            <td class="spare course"><Sparkline values=figures.curve.iter().copied().map(Some).collect() /></td>
            <td class="number spare">{figures.p_value.map_or(NONE.to_owned(), p_value)}</td>
            <td class="number" title=format!("{successes}{left_out}{more}")>{records}</td>
        </tr>
    }
    .into_any()
}

/// The same trends as files.
#[component]
fn Downloads(whose: (&'static str, String), range: Option<RangeSpec>) -> impl IntoView {
    let mut href = format!("/api/v1/trends?{}={}", whose.0, encode(&whose.1));
    if let Some(range) = range {
        href.push_str(&format!("&from={}", encode(&range.from)));
        if !range.is_all() {
            href.push_str(&format!("&to={}", encode(&range.to)));
        }
    }
    view! { <TrendDownloads href=href title="Trends" /> }
}

/// A menu with one answer of `/api/v1/trends` in both forms.
#[component]
pub fn TrendDownloads(
    /// The question.
    href: String,
    /// What the menu is called.
    title: &'static str,
) -> impl IntoView {
    let csv = format!("{href}&format=csv");
    view! {
        <Menu label="···" class="quiet" name=title.to_owned()>
            <p class="menu-title">{title}</p>
            <a href=csv download="trends.csv" class="menu-item">"Download as CSV"</a>
            <a href=href download="trends.json" class="menu-item">"Download as JSON"</a>
        </Menu>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;
    use crate::model::trend::{Better, TrendFigures};

    fn trend(source: TrendSource, metric: &str) -> Trend {
        Trend {
            source,
            agent_id: Some("a/1".into()),
            swarm_id: None,
            project: None,
            model: None,
            metric: metric.into(),
            better: Some(Better::Lower),
            verdict: Verdict::Degrading,
            lacking: None,
            figures: TrendFigures {
                first: Some(Micros(0)),
                recent_from: Some(Micros(6_000_000)),
                last: Some(Micros(19_999_999)),
                ..TrendFigures::default()
            },
            successes: None,
            truncated: false,
        }
    }

    #[test]
    fn values_are_written_in_the_unit_the_metric_tells() {
        let of = |source, metric: &str, value| written(&trend(source, metric), value).replace(NBSP, " ");
        assert_eq!(of(TrendSource::Tasks, "duration_ms", 1350.0), "1.4 s");
        assert_eq!(of(TrendSource::Tasks, "tokens_used", 1500.4), "1.5 k");
        assert_eq!(of(TrendSource::Tasks, "success_rate", 0.7), "70 %");
        assert_eq!(of(TrendSource::AgentMetrics, "success_rate", 0.7), "0.7", "nobody said it is a share");
        assert_eq!(of(TrendSource::SwarmMetrics, "memory_usage_percent", 60.5), "60.5 %");
    }

    #[test]
    fn changes_and_p_values_read_as_people_say_them() {
        let said = [68.75, -30.0, 0.0, 1_900.0].map(|percent| change(percent).replace(NBSP, " "));
        assert_eq!(said, ["+68.8 %", "−30.0 %", "+0.0 %", "× 20"]);
        assert_eq!([0.000_9, 0.25].map(|p| p_value(p).replace(NBSP, " ")), ["p < 0.001", "p = 0.250"]);
    }

    #[test]
    fn tasks_are_listed_on_their_page_and_metrics_as_data() {
        assert_eq!(
            records_href(&trend(TrendSource::Tasks, "duration_ms"), true).expect("records"),
            "/tasks?from=1970-01-01T00%3A00%3A06Z&to=1970-01-01T00%3A00%3A20Z&agent_id=a%2F1"
        );
        assert_eq!(
            records_href(&trend(TrendSource::AgentMetrics, "latency"), false).expect("records"),
            "/api/v1/agent-metrics?from=1970-01-01T00:00:00Z&to=1970-01-01T00:00:20Z&order=asc&limit=10000\
             &agent_id=a%2F1&metric_type=latency"
        );
    }
}
