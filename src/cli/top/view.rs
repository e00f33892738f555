//! The screen as lines: what stands where. The report of `--once` is made of the same lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::pieces::{Look, beside, bold, dim, fit, plain, right};
use super::screen::Screen;
use super::{alerts, sections};
use crate::model::top::TopAlerts;
use crate::web::format;

/// Rows that are no alerts: header, title of the alerts, the other sections, keys.
const SECTIONS_HEIGHT: usize = 22;
/// The smallest screen that holds everything, and two alerts.
pub(super) const WIDTH_MIN: u16 = 80;
pub(super) const HEIGHT_MIN: u16 = 24;

/// A screen to be drawn.
pub(super) struct View<'a>(pub(super) &'a Screen);

impl Widget for View<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let mut lines = if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
            too_small(area)
        } else if self.0.help {
            [vec![header(self.0, width)], help()].concat()
        } else {
            body(self.0, width, height - SECTIONS_HEIGHT)
        };
        if area.width >= WIDTH_MIN && area.height >= HEIGHT_MIN {
            lines.truncate(height - 1);
            lines.resize(height - 1, Line::default());
            lines.push(footer(self.0, width));
        }
        for (row, line) in area.rows().zip(lines) {
            buffer.set_line(row.x, row.y, &line, row.width);
        }
    }
}

/// Everything, as text.
pub(super) fn report(screen: &Screen, width: u16) -> Vec<String> {
    let text = |line: Line<'_>| -> String { line.spans.iter().map(|span| span.content.as_ref()).collect() };
    body(screen, usize::from(width), TopAlerts::LISTED)
        .into_iter()
        .map(|line| text(line).trim_end().to_owned())
        .collect()
}

/// The header and the sections, with at most so many rows of alerts.
fn body(screen: &Screen, width: usize, alert_rows: usize) -> Vec<Line<'static>> {
    let (top, look) = (&screen.top, Look { colour: screen.colour });
    let half = (width - 2) / 2;
    let rest = width - 2 - half;
    let mut lines = vec![header(screen, width)];
    lines.extend(alerts::alerts(top, look, width, alert_rows));
    lines.extend(sections::summary(top, look, width));
    let (agents, slowest) = (sections::agents(&top.agents, look, half), sections::slowest(&top.agents, look, rest));
    lines.extend(beside(agents, slowest, half));
    let (queue, resources) = (sections::queue(top, look, half), sections::resources(top, look, rest));
    lines.extend(beside(queue, resources, half));
    // Twelve bars and twenty-four: two fifths and three.
    let narrow = half * 5 / 6;
    let wide = width - 2 - narrow;
    let hour = sections::trend("Last hour", &top.trends.hour, look, narrow);
    let day = sections::trend("Last day", &top.trends.day, look, wide);
    lines.extend(beside(hour, day, narrow));
    lines
}

/// Of which time, from where, when.
fn header(screen: &Screen, width: usize) -> Line<'static> {
    let clock = format!("{} UTC", plain(&format::moment_exact(screen.top.now, screen.top.now)));
    let demo = if screen.top.demo { " (simulated)" } else { "" };
    let asked = [("project", &screen.query.project), ("swarm", &screen.query.swarm_id)];
    let narrowed = asked.iter().filter_map(|(name, value)| Some(format!(", {name} {}", value.as_ref()?)));
    let range = format!("{}{}", screen.range_name(), narrowed.collect::<String>());
    let left = Line::from(vec![
        bold("swarmscope"),
        Span::raw(format!("  {range}  ")),
        dim(format!("{}{demo}", screen.source)),
    ]);
    let mut line = fit(left, width - clock.len() - 2);
    line.spans.extend([Span::raw("  "), Span::raw(clock)]);
    line
}

/// The keys, and how the figures come; what is wrong goes before.
fn footer(screen: &Screen, width: usize) -> Line<'static> {
    let look = Look { colour: screen.colour };
    if let Some(problem) = &screen.problem {
        let text = format!("!! these figures are old: {problem}");
        return fit(Line::from(Span::styled(text, look.coloured(Color::Red))), width);
    }
    let state = if screen.paused {
        Span::styled("paused", look.coloured(Color::Yellow))
    } else {
        dim(format!("every {} s", screen.interval.as_secs()))
    };
    let keys = fit(
        Line::from(dim("r range  s sort  p pause  u update  ? help  q quit")),
        width.saturating_sub(state.width() + 2),
    );
    let mut line = keys;
    let left = width.saturating_sub(line.width());
    line.spans.extend(right(state, left).spans);
    line
}

fn help() -> Vec<Line<'static>> {
    const KEYS: [(&str, &str); 7] = [
        ("r, →  R, ←", "a longer or a shorter range; all data after 30 days"),
        ("s", "sort agents: fastest, busiest, failing, tokens"),
        ("p, blank", "let the figures stand still, and go on"),
        ("u", "look now"),
        ("?, h", "this page, and back"),
        ("Esc", "back, or leave"),
        ("q, Ctrl-C", "leave"),
    ];
    const LIMITS: [(&str, &str); 6] = [
        ("success rate", "! below 95 %, !! below 90 %"),
        ("of one agent", "! below 90 %, !! below 80 %"),
        ("p99", "! from 1 s, !! from 3 s"),
        ("backlog of one swarm", "! from 20 tasks, !! from 50"),
        ("token use, memory, quota", "! from 60 %, !! from 80 %"),
        ("bars", "from 0 to the largest; · where nothing was measured"),
    ];
    let row = |(name, text): &(&str, &'static str)| Line::from(vec![bold(format!("  {name:<26}")), Span::raw(*text)]);
    let mut lines = vec![Line::default(), Line::from("Keys")];
    lines.extend(KEYS.iter().map(row));
    lines.extend([Line::default(), Line::from("Marks")]);
    lines.extend(LIMITS.iter().map(row));
    lines
}

fn too_small(area: Rect) -> Vec<Line<'static>> {
    let text = format!(
        "The terminal has {} columns and {} rows; top needs {WIDTH_MIN} and {HEIGHT_MIN}. Make it larger, \
         or leave with q and take --once.",
        area.width, area.height
    );
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let width = Span::raw(word).width();
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if Span::raw(line.as_str()).width() + 1 + width <= usize::from(area.width) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(Line::from).collect()
}
