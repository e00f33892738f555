//! What lines are made of: cells of a width, levels with colour and mark, small bars over time.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::model::top::Level;
use crate::web::format::NBSP;

/// Eighths of a cell, from the least.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where nothing was measured.
const NO_BAR: char = '·';

/// How things look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Whether levels are told in colours, too.
    pub(super) colour: bool,
}

impl Look {
    /// Text of a level: green, yellow with `!`, red with `!!`.
    pub(super) fn level(self, text: String, level: Level) -> Span<'static> {
        let (mark, style) = self.sign(level);
        let gap = if mark.is_empty() { "" } else { " " };
        Span::styled(format!("{text}{gap}{mark}"), style)
    }

    /// The same in columns: the text at the right end of `width` cells, the mark in `mark_width` cells behind it.
    pub(super) fn columns(self, text: String, level: Level, width: usize, mark_width: usize) -> Vec<Span<'static>> {
        let (mark, style) = self.sign(level);
        let mut line = right(Span::styled(text, style), width);
        line.spans.extend(fit(Line::from(Span::styled(format!(" {mark}"), style)), mark_width).spans);
        line.spans
    }

    fn sign(self, level: Level) -> (&'static str, Style) {
        let (mark, colour) = match level {
            Level::Good => ("", Color::Green),
            Level::Warning => ("!", Color::Yellow),
            Level::Bad => ("!!", Color::Red),
        };
        (mark, self.coloured(colour))
    }

    /// A style of one colour, or none.
    pub(super) fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }
}

/// Words that explain, not figures.
pub(super) fn dim(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Style::new().add_modifier(Modifier::DIM))
}

/// Words that stand out.
pub(super) fn bold(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Style::new().add_modifier(Modifier::BOLD))
}

/// A figure as pages write it; terminals break no lines, so blanks may be plain ones.
pub(super) fn plain(text: &impl ToString) -> String {
    text.to_string().replace(NBSP, " ")
}

/// `── Title ── note ──────`, `width` cells long.
pub(super) fn title(text: &str, note: &str, width: usize) -> Line<'static> {
    let mut spans = vec![dim("── "), bold(text.to_owned()), Span::raw(" ")];
    if !note.is_empty() {
        spans.push(dim(format!("── {note} ")));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(dim("─".repeat(width.saturating_sub(used))));
    fit(Line::from(spans), width)
}

/// `line` with exactly `width` cells: blanks at its end, or an ellipsis where it was cut.
pub(super) fn fit(line: Line<'static>, width: usize) -> Line<'static> {
    let used = line.width();
    let mut spans = line.spans;
    if used <= width {
        spans.push(Span::raw(" ".repeat(width - used)));
        return Line::from(spans);
    }
    let mut left = width.saturating_sub(1);
    let mut kept = Vec::new();
    for span in spans {
        let text = cut(&span.content, left);
        left -= Span::raw(text.as_str()).width();
        let is_cut = text.len() < span.content.len();
        kept.push(Span::styled(text, span.style));
        if is_cut {
            break;
        }
    }
    if width > 0 {
        kept.push(Span::raw("…"));
        kept.push(Span::raw(" ".repeat(left))); // a wide letter may have left a cell
    }
    Line::from(kept)
}

/// The letters of `text` that fit into `width` cells.
fn cut(text: &str, width: usize) -> String {
    let mut kept = String::new();
    for letter in text.chars() {
        kept.push(letter);
        if Span::raw(kept.as_str()).width() > width {
            kept.pop();
            break;
        }
    }
    kept
}

/// `text` at the right end of `width` cells.
pub(super) fn right(span: Span<'static>, width: usize) -> Line<'static> {
    let pad = width.saturating_sub(span.width());
    fit(Line::from(vec![Span::raw(" ".repeat(pad)), span]), width)
}

/// Lines side by side, the left ones `width` cells wide, with a gap of two.
pub(super) fn beside(left: Vec<Line<'static>>, right: Vec<Line<'static>>, width: usize) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    (0..rows)
        .map(|_| {
            let mut line = fit(left.next().unwrap_or_default(), width);
            line.spans.push(Span::raw("  "));
            line.spans.extend(right.next().unwrap_or_default().spans);
            line
        })
        .collect()
}

/// One bar a value, each `cells` wide, from 0 to the largest; `style` says how each looks.
pub(super) fn bars(
    values: &[Option<f64>],
    largest: f64,
    cells: usize,
    style: impl Fn(f64) -> Style,
) -> Vec<Span<'static>> {
    let bar = |value: &Option<f64>| match value {
        Some(value) => Span::styled(bar_of(*value, largest).to_string().repeat(cells), style(*value)),
        None => dim(NO_BAR.to_string().repeat(cells)),
    };
    values.iter().map(bar).collect()
}

/// The lowest bar for 0, the full one for `largest`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 7")]
fn bar_of(value: f64, largest: f64) -> char {
    let share = if largest > 0.0 { value / largest } else { 0.0 };
    let place = (share * 8.0).ceil() - 1.0;
    BARS[place.clamp(0.0, 7.0) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_line_is_as_wide_as_its_place_whatever_its_letters() {
        let of = |content: &str, width| text(&fit(Line::from(content.to_owned()), width));
        assert_eq!(of("agent", 7), "agent  ");
        assert_eq!(of("agent-0123", 7), "agent-…");
        assert_eq!(of("日本語の名前", 7), "日本語…");
        assert_eq!(of("日本語の名前", 6), "日本… ", "half a letter is none");
        assert_eq!(of("agent", 0), "");
        let spans = Line::from(vec![Span::raw("one"), bold("two"), Span::raw("three")]);
        assert_eq!(text(&fit(spans, 8)), "onetwot…");
    }

    #[test]
    fn bars_start_at_0_and_end_at_the_largest() {
        let drawn = |values: &[Option<f64>], largest| {
            bars(values, largest, 1, |_| Style::new()).iter().map(|span| span.content.to_string()).collect::<String>()
        };
        assert_eq!(drawn(&[Some(0.0), Some(1.0), Some(4.0), Some(4.1), Some(8.0), None], 8.0), "▁▁▄▅█·");
        assert_eq!(drawn(&[Some(0.0), Some(0.0)], 0.0), "▁▁");
    }

    #[test]
    fn levels_have_marks_where_there_are_no_colours() {
        let levels = [Level::Good, Level::Warning, Level::Bad];
        let without = Look { colour: false };
        let spans = levels.map(|level| without.level("9".into(), level));
        assert_eq!(spans.clone().map(|span| span.content.to_string()), ["9", "9 !", "9 !!"]);
        assert!(spans.iter().all(|span| span.style == Style::new()));
        let with = Look { colour: true };
        let colours = levels.map(|level| with.level("9".into(), level).style.fg);
        assert_eq!(colours, [Some(Color::Green), Some(Color::Yellow), Some(Color::Red)]);
    }
}
