//! The row of tiles: label, value and unit, one line of context, trend, change.

use leptos::prelude::*;

use crate::model::answer::Rate;
use crate::model::overview::{CostReport, Timeline, Totals};
use crate::web::charts::timeline::estimator_words;
use crate::web::format::{self, Figure, NBSP, NONE};

use super::sparkline::Sparkline;

/// A change against the previous range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `▲ 12 %`.
    pub words: String,
    /// Whether it is a change for the worse.
    pub bad: bool,
}

impl Change {
    /// The change in percent of `before`; `None` when there is nothing to compare with. `up_is_bad` is `None`
    /// where neither direction is.
    #[must_use]
    pub fn relative(now: Option<f64>, before: Option<f64>, up_is_bad: Option<bool>) -> Option<Self> {
        let (now, before) = (now?, before.filter(|before| *before > 0.0)?);
        let percent = (now / before - 1.0) * 100.0;
        if percent.abs() < 0.5 {
            return Some(Self { words: "no change".into(), bad: false });
        }
        let size = if percent >= 999.5 {
            format!("×{NBSP}{:.0}", now / before)
        } else {
            format!("{:.0}{NBSP}%", percent.abs())
        };
        let sign = if percent > 0.0 { "▲" } else { "▼" };
        Some(Self { words: format!("{sign}{NBSP}{size}"), bad: up_is_bad == Some(percent > 0.0) })
    }

    /// The change of a share, in percentage points; less is worse.
    #[must_use]
    pub fn points(now: Option<Rate>, before: Option<Rate>) -> Option<Self> {
        let points = (now?.ratio() - before?.ratio()) * 100.0;
        if points.abs() < 0.05 {
            return Some(Self { words: "no change".into(), bad: false });
        }
        let sign = if points > 0.0 { "▲" } else { "▼" };
        Some(Self { words: format!("{sign}{NBSP}{:.1}{NBSP}pt", points.abs()), bad: points < 0.0 })
    }
}

/// One tile.
#[derive(Debug, Clone)]
struct Tile {
    name: &'static str,
    label: &'static str,
    figure: Option<Figure>,
    context: String,
    trend: Vec<Option<f64>>,
    change: Option<Change>,
}

/// The tiles of a range.
#[component]
pub fn Tiles(
    /// Figures of the range.
    totals: Totals,
    /// Figures of the range before; `None` when there is none, as for all data.
    #[prop(optional_no_strip)]
    previous: Option<Totals>,
    /// Figures over time, for the trends.
    timeline: Timeline,
    /// Money, where the page has it.
    #[prop(optional)]
    costs: Option<CostReport>,
    /// Whether all of it is one agent's, so that agents need no counting.
    #[prop(optional)]
    one_agent: bool,
) -> impl IntoView {
    let compared = previous.is_some();
    let tiles = tiles(&totals, previous.as_ref(), &timeline, costs.as_ref(), one_agent);
    let tiles = tiles.into_iter().filter(|tile| !(one_agent && tile.name == "agents"));
    let shown = tiles.map(|tile| show(tile, compared)).collect_view();
    view! { <section class="tiles" aria-label="Figures of the range">{shown}</section> }
}

fn show(tile: Tile, compared: bool) -> impl IntoView {
    let change = match tile.change {
        Some(change) => {
            view! { <span class="change" data-bad=change.bad.to_string() title="against the previous range">{change.words}</span> }
                .into_any()
        }
        None if compared => view! { <span class="change">"no previous data"</span> }.into_any(),
        None => ().into_any(),
    };
    let exact = tile.figure.as_ref().map(|figure| figure.exact.clone());
    view! {
        <div class="tile" data-tile=tile.name>
            <h2>{tile.label}</h2>
            <p class="figure" title=exact>
                {match tile.figure {
                    Some(figure) => view! { <b>{figure.value}</b> <span class="unit">{figure.unit}</span> }.into_any(),
                    None => view! { <b class="muted">{NONE}</b> <span class="unit">"no data"</span> }.into_any(),
                }}
            </p>
            <p class="context">{tile.context}</p>
            <div class="trend">
                <Sparkline values=tile.trend />
                {change}
            </div>
        </div>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "trends and changes, rounded anyway")]
fn tiles(
    now: &Totals,
    before: Option<&Totals>,
    timeline: &Timeline,
    costs: Option<&CostReport>,
    one_agent: bool,
) -> Vec<Tile> {
    let tasks = column_sum(timeline.results.values().map(|column| column.iter().map(|n| n.unwrap_or(0) as f64)));
    let tokens = column_sum(timeline.tokens.values().map(|column| column.iter().map(|n| n.unwrap_or(0) as f64)));
    // A bucket that is still being filled would end every trend in a fall.
    let full = |mut column: Vec<Option<f64>>| {
        if timeline.partial_last && column.len() > 2 {
            column.pop();
        }
        column
    };
    let any = now.tasks > 0;
    let durations = now.durations;
    let p95_before = before.and_then(|before| before.durations).map(|durations| durations.p95);
    vec![
        Tile {
            name: "tasks",
            label: "Tasks",
            figure: Some(format::count(now.tasks)),
            context: if one_agent {
                plural(now.swarms, "swarm")
            } else {
                format!("{} · {}", plural(now.swarms, "swarm"), plural(now.active_agents, "agent"))
            },
            trend: full(tasks.clone()),
            change: Change::relative(Some(now.tasks as f64), before.map(|t| t.tasks as f64), None),
        },
        Tile {
            name: "success",
            label: "Success",
            figure: now.success.map(format::percent),
            context: now.success.map_or("no task with a result".into(), |rate| {
                format!("{} of {} tasks", format::count(rate.numerator), format::count(rate.denominator))
            }),
            trend: timeline.success.iter().map(|rate| rate.map(Rate::ratio)).collect(),
            change: Change::points(now.success, before.and_then(|before| before.success)),
        },
        Tile {
            name: "duration",
            label: "p95 duration",
            figure: durations.map(|durations| format::duration(durations.p95)),
            context: durations.map_or("no timed task".into(), |d| {
                let (p50, p99) = (format::duration(d.p50), format::duration(d.p99));
                format!(
                    "p50 {p50} · p99 {p99} · n{NBSP}={NBSP}{}, {}",
                    format::count(d.n),
                    estimator_words(d.estimator)
                )
            }),
            trend: timeline.p95.clone(),
            change: Change::relative(durations.map(|durations| durations.p95), p95_before, Some(true)),
        },
        Tile {
            name: "throughput",
            label: "Throughput",
            figure: now.per_minute.filter(|_| any).map(format::throughput),
            context: peak(&tasks, timeline),
            trend: full(tasks),
            change: Change::relative(now.per_minute, before.and_then(|before| before.per_minute), None),
        },
        Tile {
            name: "tokens",
            label: "Tokens",
            figure: (now.tokens.recorded > 0).then(|| format::tokens(now.tokens.used)),
            context: token_context(now, costs),
            trend: full(tokens),
            change: Change::relative(
                Some(now.tokens.used as f64),
                before.filter(|before| before.tokens.recorded > 0).map(|before| before.tokens.used as f64),
                None,
            ),
        },
        Tile {
            name: "agents",
            label: "Active agents",
            figure: Some(format::count(now.active_agents)),
            context: "with a task or an event in the range".into(),
            trend: Vec::new(),
            change: Change::relative(Some(now.active_agents as f64), before.map(|t| t.active_agents as f64), None),
        },
    ]
}

fn plural(n: u64, what: &str) -> String {
    format!("{}{NBSP}{what}{}", format::count(n), if n == 1 { "" } else { "s" })
}

/// Bucket by bucket, the sum. A bucket in which nothing ended counts 0: for counts, and for them alone, that
/// is what it is.
fn column_sum<C: Iterator<Item = f64>>(columns: impl Iterator<Item = C>) -> Vec<Option<f64>> {
    let mut sums: Vec<Option<f64>> = Vec::new();
    for column in columns {
        for (bucket, value) in column.enumerate() {
            match sums.get_mut(bucket) {
                Some(sum) => *sum = Some(sum.unwrap_or(0.0) + value),
                None => sums.push(Some(value)),
            }
        }
    }
    sums
}

#[expect(clippy::cast_precision_loss, reason = "a width in milliseconds")]
fn peak(tasks: &[Option<f64>], timeline: &Timeline) -> String {
    let known = tasks.iter().enumerate().filter_map(|(bucket, n)| Some((bucket, (*n)?)));
    let Some((bucket, most)) = known.max_by(|a, b| a.1.total_cmp(&b.1)) else { return "no tasks".into() };
    let per_minute = most / (timeline.step_ms.max(1) as f64 / 60_000.0);
    let at = timeline.time.get(bucket).copied().unwrap_or_default();
    format!("peak {} · {}", format::throughput(per_minute), format::bucket(at, timeline.step_ms))
}

fn token_context(now: &Totals, costs: Option<&CostReport>) -> String {
    if now.tokens.recorded == 0 {
        return "no task recorded tokens".into();
    }
    let read = u64::try_from(now.tokens.cache_read).unwrap_or(0);
    let used = u64::try_from(now.tokens.used).unwrap_or(0);
    let share = Rate::new(read, used).filter(|_| read > 0).map(|rate| format!("{} cache reads", format::percent(rate)));
    let money = costs.map(|costs| match (costs.usd, costs.unpriced_tokens) {
        (Some(usd), 0) => format::usd(usd).to_string(),
        (Some(usd), _) => format!("{} and unpriced", format::usd(usd)),
        (None, _) => "unpriced".to_owned(),
    });
    share.into_iter().chain(money).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidy(change: Option<Change>) -> String {
        change.map_or("none".into(), |change| change.words.replace(NBSP, " "))
    }

    #[test]
    fn a_change_needs_something_to_compare_with() {
        assert_eq!(tidy(Change::relative(Some(5.0), None, None)), "none");
        assert_eq!(tidy(Change::relative(Some(5.0), Some(0.0), None)), "none");
        assert_eq!(tidy(Change::relative(Some(112.0), Some(100.0), None)), "▲ 12 %");
        assert_eq!(tidy(Change::relative(Some(100.2), Some(100.0), None)), "no change");
        assert_eq!(tidy(Change::relative(Some(5000.0), Some(100.0), None)), "▲ × 50");
    }

    #[test]
    fn only_a_change_for_the_worse_is_bad() {
        assert!(Change::relative(Some(2.0), Some(1.0), Some(true)).unwrap().bad);
        assert!(!Change::relative(Some(1.0), Some(2.0), Some(true)).unwrap().bad);
        assert!(!Change::relative(Some(1.0), Some(2.0), None).unwrap().bad);
        let fell = Change::points(Rate::new(9, 10), Rate::new(10, 10)).unwrap();
        assert_eq!((fell.words.replace(NBSP, " ").as_str(), fell.bad), ("▼ 10.0 pt", true));
    }

    #[test]
    fn columns_are_added_up_bucket_by_bucket() {
        let columns = [vec![1.0, 0.0], vec![2.0, 0.0]];
        assert_eq!(column_sum(columns.into_iter().map(Vec::into_iter)), [Some(3.0), Some(0.0)]);
    }
}
