//! The sections, each as lines of a width: a title, and under it always the same number of rows.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::pieces::{Look, bars, bold, dim, fit, plain, right, title};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::top::{Level, Top, TopAgent, TopAgents, TopGauge, TopSort, TopTrend};
use crate::web::format;

/// What stands where nobody reported anything.
const NOT_REPORTED: &str = "not reported";
/// Cells of the names before figures.
const LABEL: usize = 11;
/// Cells of an agent's figures.
const TASKS: usize = 7;
const MEAN: usize = 9;
const SUCCESS: usize = 8;
/// Cells of the mark of a level.
const MARK: usize = 3;
/// Cells before a small chart, and behind it.
const CHART_LABEL: usize = 8;
const EXTREME: usize = 13;

/// Figures of the range, in two rows.
pub(super) fn summary(top: &Top, look: Look, width: usize) -> Vec<Line<'static>> {
    let summary = &top.summary;
    let column = width / 4;
    let rate = Rate::new(summary.successful_tasks, summary.rated_tasks);
    let success = match rate {
        Some(rate) => {
            let of = format!("  {} of {}", count(rate.numerator), count(rate.denominator));
            vec![bold("success "), look.level(percent(rate), Level::of_success(rate.ratio())), dim(of)]
        }
        None => vec![bold("success "), none()],
    };
    let timed =
        |name: &str, ms: Option<f64>| vec![bold(format!("{name} ")), ms.map_or_else(none, |ms| duration(ms).into())];
    let p99 = summary.p99_duration_ms;
    let p99 = vec![bold("p99 "), p99.map_or_else(none, |ms| look.level(duration(ms), Level::of_p99(ms)))];
    let tokens = summary.total_tokens_used;
    let tokens = vec![bold("tokens "), tokens.map_or_else(none, |tokens| plain(&format::tokens(tokens)).into())];
    let first = [
        (vec![bold("tasks "), count(summary.total_tasks).into()], column),
        (success, 2 * column),
        (vec![bold("agents "), count(summary.unique_agents).into()], width - 3 * column),
    ];
    let second = [
        (timed("mean", summary.avg_duration_ms), column),
        (timed("p95", summary.p95_duration_ms), column),
        (p99, column),
        (tokens, width - 3 * column),
    ];
    let second = if summary.total_tasks == 0 { fit(Line::from(dim(nothing(top))), width) } else { row(second) };
    vec![title("Summary", "", width), row(first), second]
}

/// Why there is nothing to see.
fn nothing(top: &Top) -> String {
    match top.newest_record {
        None => "the store is empty: fill it with `swarmscope ingest` or `swarmscope import`".to_owned(),
        Some(newest) => {
            let when = plain(&format::moment(newest, top.now));
            format!("no task in this range; newest record {when} UTC (r: a longer range)")
        }
    }
}

/// The first agents in the order asked for.
pub(super) fn agents(agents: &TopAgents, look: Look, width: usize) -> Vec<Line<'static>> {
    let name = match agents.sort {
        TopSort::Fastest => "fastest",
        TopSort::Busiest => "busiest",
        TopSort::Failing => "lowest success",
        TopSort::Tokens => "most tokens",
    };
    let note = format!("{} in all", count(agents.agent_count));
    let with_tokens = agents.sort == TopSort::Tokens;
    list(&format!("Agents: {name}"), &note, &agents.top, with_tokens, look, width)
}

/// The slowest agents.
pub(super) fn slowest(agents: &TopAgents, look: Look, width: usize) -> Vec<Line<'static>> {
    list("Slowest", "by mean duration", &agents.slowest, false, look, width)
}

fn list(
    text: &str,
    note: &str,
    agents: &[TopAgent],
    with_tokens: bool,
    look: Look,
    width: usize,
) -> Vec<Line<'static>> {
    let name = width - TASKS - MEAN - SUCCESS - MARK;
    let head = |text: &str, width: usize| right(dim(text.to_owned()), width).spans;
    let third = if with_tokens { "tokens" } else { "mean" };
    let heads =
        [fit(Line::from(dim("agent")), name).spans, head("tasks", TASKS), head(third, MEAN), head("success", SUCCESS)];
    let mut lines = vec![title(text, note, width), Line::from(heads.concat())];
    lines.extend(agents.iter().map(|agent| {
        let tokens = agent.tokens_used.map(|tokens| plain(&format::tokens(tokens)));
        let mean = agent.avg_duration_ms.map(duration);
        let third = if with_tokens { tokens } else { mean };
        let success = match Rate::new(agent.successful_tasks, agent.rated_tasks) {
            Some(rate) => look.columns(percent(rate), Level::of_agent_success(rate.ratio()), SUCCESS, MARK),
            None => right(none(), SUCCESS).spans,
        };
        let cells = [
            fit(Line::from(agent.agent_id.clone()), name).spans,
            right(count(agent.task_count).into(), TASKS).spans,
            right(third.map_or_else(none, Into::into), MEAN).spans,
            success,
        ];
        Line::from(cells.concat())
    }));
    if agents.is_empty() {
        lines.push(fit(Line::from(dim("no agent to compare")), width));
    }
    lines.resize(2 + TopAgents::LISTED, Line::default());
    lines
}

/// What waits, in four rows.
pub(super) fn queue(top: &Top, look: Look, width: usize) -> Vec<Line<'static>> {
    let queue = &top.queue;
    let backlog = queue.backlog.as_ref().map(|gauge| backlog(gauge, top.now, look));
    let pending = queue.pending.as_ref().map(|gauge| reported(gauge, top.now, look, |n| (number(n), Level::Good)));
    let mut lines =
        vec![title("Queue", "", width), labelled("pending", pending, width), labelled("backlog", backlog, width)];
    let mut rows = vec![String::new()];
    for one in &queue.priorities {
        let text = format!("{} {}", one.priority, number(one.waiting.value));
        match rows.last_mut() {
            Some(row) if row.is_empty() => *row = text,
            Some(row) if row.len() + 2 + text.len() <= width - LABEL => *row = format!("{row}  {text}"),
            _ => rows.push(text),
        }
    }
    let shown = rows.iter().take(2).filter(|row| !row.is_empty()).map(|row| Some(vec![Span::raw(row.clone())]));
    let mut shown: Vec<_> = shown.collect();
    if rows.len() > 2
        && let Some(Some(last)) = shown.last_mut()
    {
        last.push(Span::raw("  …"));
    }
    let names = ["priority", ""];
    if shown.is_empty() {
        lines.push(labelled("priority", None, width));
    }
    lines.extend(names.into_iter().zip(shown).map(|(name, spans)| labelled(name, spans, width)));
    lines.resize(5, Line::default());
    lines
}

/// What is used, in four rows.
pub(super) fn resources(top: &Top, look: Look, width: usize) -> Vec<Line<'static>> {
    let resources = &top.resources;
    let usage = |gauge: &Option<TopGauge>| {
        let text = |percent: f64| (share(percent), Level::of_usage(percent));
        gauge.as_ref().map(|gauge| reported(gauge, top.now, look, text))
    };
    let tokens =
        resources.tokens_used.map(|tokens| vec![Span::raw(plain(&format::tokens(tokens))), dim(" in the range")]);
    let budget = resources.budget.as_ref().map(|budget| {
        let of = format!("{} in {}", plain(&format::count(budget.tokens)), budget.window);
        match budget.used_percent {
            Some(percent) => vec![look.level(share(percent), Level::of_usage(percent)), dim(format!("  of {of}"))],
            None => vec![none(), dim(format!("  none used of {of}"))],
        }
    });
    let agents = match (&resources.active_agents, &resources.agent_quota, resources.quota_percent()) {
        (Some(active), Some(quota), Some(percent)) => {
            let text = format!("{} of {}", number(active.value), number(quota.value));
            Some(vec![look.level(text, Level::of_usage(percent)), dim(" active")])
        }
        (Some(active), ..) => Some(vec![Span::raw(number(active.value)), dim(" active, no quota reported")]),
        (None, Some(quota), _) => Some(vec![Span::raw(format!("quota {}", number(quota.value)))]),
        (None, None, _) => None,
    };
    vec![
        title("Resources", "", width),
        labelled("tokens", tokens, width),
        labelled("token use", budget.or_else(|| usage(&resources.token_usage_percent)), width),
        labelled("memory", usage(&resources.memory_percent), width),
        labelled("agents", agents, width),
    ]
}

/// What waits in all. The limit is one of a swarm's queue, as in the alert rule, so of several the longest is marked.
fn backlog(gauge: &TopGauge, now: Micros, look: Look) -> Vec<Span<'static>> {
    let longest = (number(gauge.most_value), Level::of_backlog(gauge.most_value));
    if gauge.swarms == 1 {
        return reported(gauge, now, look, |_| longest.clone());
    }
    let age = plain(&format::ago(gauge.measured_at, now));
    let whose = dim(format!("  {}, {age}", gauge.most_swarm_id));
    vec![Span::raw(number(gauge.value)), dim("  most "), look.level(longest.0, longest.1), whose]
}

/// The value, whose it is, and how old.
fn reported(gauge: &TopGauge, now: Micros, look: Look, text: impl Fn(f64) -> (String, Level)) -> Vec<Span<'static>> {
    let (value, level) = text(gauge.value);
    let age = plain(&format::ago(gauge.measured_at, now));
    let who = if gauge.swarms == 1 { gauge.most_swarm_id.clone() } else { format!("{} swarms", count(gauge.swarms)) };
    vec![look.level(value, level), dim(format!("  {age}, {who}"))]
}

/// Tasks, mean duration and success over time, in three rows.
pub(super) fn trend(name: &str, trend: &TopTrend, look: Look, width: usize) -> Vec<Line<'static>> {
    let cells = ((width.saturating_sub(CHART_LABEL + EXTREME)) / trend.time.len().max(1)).max(1);
    let largest = |values: &[Option<f64>]| {
        values
            .iter()
            .flatten()
            .copied()
            .fold(None, |most: Option<f64>, value| Some(most.map_or(value, |most| most.max(value))))
    };
    let row = |name: &str, values: &[Option<f64>], top: f64, style: &dyn Fn(f64) -> Style, extreme: Option<String>| {
        let mut spans = bars(values, top, cells, style);
        spans.push(dim(extreme.map_or_else(String::new, |text| format!(" {text}"))));
        spans.insert(0, bold(format!("{name:<CHART_LABEL$}")));
        fit(Line::from(spans), width)
    };
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let tasks: Vec<Option<f64>> = trend.total_tasks.iter().map(|tasks| Some(*tasks as f64)).collect();
    let most = trend.total_tasks.iter().copied().max().filter(|most| *most > 0);
    let mean = largest(&trend.avg_duration_ms);
    let rates = trend.successful_tasks.iter().zip(&trend.rated_tasks);
    let worst =
        rates.filter_map(|(success, rated)| Rate::new(*success, *rated)).min_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let colour = |share: f64| look.level(String::new(), Level::of_success(share)).style;
    let plain_style = |_: f64| Style::new();
    let step = plain(&format::step(trend.step_ms));
    vec![
        title(name, &format!("by {step}"), width),
        row(
            "tasks",
            &tasks,
            largest(&tasks).unwrap_or(0.0),
            &plain_style,
            most.map(|most| format!("max {}", count(most))),
        ),
        row(
            "mean",
            &trend.avg_duration_ms,
            mean.unwrap_or(0.0),
            &plain_style,
            mean.map(|ms| format!("max {}", duration(ms))),
        ),
        row("success", &trend.success_rate, 1.0, &colour, worst.map(|rate| format!("min {}", percent(rate)))),
    ]
}

/// A name, and what is known; `None` = nobody said.
fn labelled(name: &str, known: Option<Vec<Span<'static>>>, width: usize) -> Line<'static> {
    let mut spans = vec![bold(format!("{name:<LABEL$}"))];
    spans.extend(known.unwrap_or_else(|| vec![dim(NOT_REPORTED)]));
    fit(Line::from(spans), width)
}

/// Cells of a width each, one after the other.
fn row<const N: usize>(cells: [(Vec<Span<'static>>, usize); N]) -> Line<'static> {
    Line::from(cells.into_iter().flat_map(|(spans, width)| fit(Line::from(spans), width).spans).collect::<Vec<_>>())
}

fn none() -> Span<'static> {
    dim(format::NONE)
}

fn count(value: u64) -> String {
    plain(&format::count(value))
}

fn number(value: f64) -> String {
    plain(&format::plain(value))
}

/// What is given in percent.
fn share(percent: f64) -> String {
    format!("{} %", number(percent))
}

fn percent(rate: Rate) -> String {
    plain(&format::percent(rate))
}

fn duration(ms: f64) -> String {
    plain(&format::duration(ms))
}
