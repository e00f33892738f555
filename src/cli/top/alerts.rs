//! The section of alerts: as many rows as there are alerts, the worst first.

use ratatui::style::Color;
use ratatui::text::{Line, Span};

use super::pieces::{Look, bold, dim, fit, plain, title};
use crate::model::Micros;
use crate::model::alert::{AlertState, Severity};
use crate::model::top::{Top, TopAlert, TopAlerts};
use crate::web::format;

/// Cells of the state.
const STATE: usize = 11;

/// What fires, in at most `rows` rows below the title.
pub(super) fn alerts(top: &Top, look: Look, width: usize, rows: usize) -> Vec<Line<'static>> {
    let alerts = &top.alerts;
    let mut lines = vec![title("Alerts", &note(alerts), width)];
    if alerts.listed.is_empty() {
        lines.push(fit(Line::from(dim(nothing(alerts))), width));
        return lines;
    }
    let shown = if alerts.listed.len() > rows { rows - 1 } else { rows };
    lines.extend(alerts.listed.iter().take(shown).map(|alert| row(alert, top.now, look, width)));
    if alerts.listed.len() > shown {
        let more = alerts.listed.len() - shown;
        lines.push(fit(Line::from(dim(format!("… {more} more; a higher terminal or --once shows them"))), width));
    }
    lines
}

fn note(alerts: &TopAlerts) -> String {
    let counts = &alerts.counts;
    let words = [(counts.firing, "firing"), (counts.pending, "pending"), (counts.silenced, "silenced")];
    let mut words: Vec<String> =
        words.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if !alerts.watching {
        words.push("nobody watches; `swarmscope serve` does".to_owned());
    }
    words.join(", ")
}

fn nothing(alerts: &TopAlerts) -> String {
    let rules = match alerts.rules {
        0 => return "no rule is switched on".to_owned(),
        1 => "1 rule".to_owned(),
        rules => format!("{rules} rules"),
    };
    match alerts.rules_without_data {
        0 => format!("all is well: {rules}, none of them holds"),
        lacking => format!("none holds of {rules}; {lacking} without enough data to say"),
    }
}

fn row(alert: &TopAlert, now: Micros, look: Look, width: usize) -> Line<'static> {
    let state = match alert.state {
        Some(AlertState::Firing) => "firing",
        Some(_) => "pending",
        None => "holds",
    };
    let is_loud = alert.state != Some(AlertState::Pending) && !alert.silenced;
    let (mark, colour) = match alert.severity {
        Severity::Critical => ("!!", Color::Red),
        Severity::Warning => ("! ", Color::Yellow),
        Severity::Info => ("  ", Color::Reset),
    };
    let sign = format!("{mark} {state:<width$}", width = STATE - 3);
    let sign = if is_loud { Span::styled(sign, look.coloured(colour)) } else { dim(sign) };
    let silenced = if alert.silenced { " (silenced)" } else { "" };
    let since = alert.since.map_or_else(String::new, |since| plain(&format::ago(since, now)));
    let left = Line::from(vec![sign, bold(alert.rule.clone()), Span::raw(format!("{silenced}  {}", alert.summary))]);
    let mut line = fit(left, width.saturating_sub(since.len() + 2));
    line.spans.extend([Span::raw("  "), dim(since)]);
    line
}
