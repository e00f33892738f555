//! `swarmscope patterns`: what recurs in the events, one line a pattern, or one of them with its occurrences.
//!
//! What the server keeps is brought up to date first, when records arrived since it was learned.

use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::agents::ago;
use super::{CliError, Setup, now, terminal};
use crate::api::insight::range_spec;
use crate::api::patterns::{PatternBody, PatternsBody};
use crate::model::pattern::{
    ChangeKind, LearnOverrides, Learning, Pattern, PatternDetail, PatternQuery, PatternType, PatternsPage,
    PatternsQuery, WeekFigures,
};
use crate::model::{Micros, RecordFilter};
use crate::service::patterns::Patience;
use crate::service::{Service, ServiceError};

/// Arguments of `patterns`.
#[derive(Debug, Args)]
pub struct PatternsArgs {
    /// Show this pattern, with its occurrences
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-6h) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only from events of this agent
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Only from events of this swarm
    #[arg(long, value_name = "ID")]
    swarm: Option<String>,
    /// Only from events of this project
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only patterns of this kind
    #[arg(long = "type", value_name = "KIND", value_parser = PossibleValuesParser::new(PatternType::ALL.map(PatternType::as_str)))]
    pattern_type: Option<String>,
    /// Only patterns with at least this confidence, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_confidence: Option<f64>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Occurrences to leave out, of one pattern
    #[arg(long, default_value_t = 0, value_name = "N")]
    skip: u64,
    /// Print JSON, as /api/v1/patterns answers
    #[arg(long)]
    json: bool,
}

/// Settings of one question, in place of those of [patterns.learn].
#[derive(Debug, Args)]
struct SettingsArgs {
    /// Times a pattern must have been seen
    #[arg(long, value_name = "N")]
    min_occurrences: Option<u32>,
    /// Confidence a pattern must have, 0 to 1
    #[arg(long, value_name = "SHARE")]
    confidence_threshold: Option<f64>,
    /// Events considered, the newest
    #[arg(long, value_name = "N")]
    max_history_size: Option<u32>,
    /// Milliseconds between two steps of a sequence
    #[arg(long, value_name = "MS")]
    max_gap_ms: Option<u32>,
    /// Milliseconds within which one event counts as following another
    #[arg(long, value_name = "MS")]
    time_window_ms: Option<u32>,
    /// Milliseconds before a failure in which its precursors are looked for
    #[arg(long, value_name = "MS")]
    precursor_window_ms: Option<u32>,
    /// The share of false patterns accepted of each kind
    #[arg(long, value_name = "SHARE")]
    false_discovery_rate: Option<f64>,
    /// The zone of hours and weekdays: an IANA name
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

/// Prints the patterns.
pub async fn run(args: PatternsArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    let shown = show(&args, &service).await;
    service.store().close().await;
    let (out, err) = shown?;
    out.iter().for_each(|line| terminal::out(line));
    err.iter().for_each(|line| terminal::err(line));
    Ok(ExitCode::SUCCESS)
}

/// What goes to standard output, and what to standard error.
async fn show(args: &PatternsArgs, service: &Service) -> Result<(Vec<String>, Vec<String>), CliError> {
    let refused = |error| match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a range, setting or id nobody knows
        error => CliError::Service(error),
    };
    let (query, now) = (question(args), now());
    if let Some(pattern_id) = &args.pattern {
        let query = PatternQuery { pattern_id: pattern_id.clone(), of: query, skip: args.skip };
        let page = service.pattern(&query, Patience::Endless, now).await.map_err(refused)?;
        if args.json {
            return Ok((vec![json(&PatternBody::new(page.learning, page.progress, page.detail))?], Vec::new()));
        }
        let note = page.learning.as_ref().map(|learning| learned(learning, now));
        return Ok((page.detail.map_or_else(Vec::new, |detail| one(&detail, now)), note.into_iter().collect()));
    }
    let page = service.patterns(&query, Patience::Endless, now).await.map_err(refused)?;
    if args.json {
        return Ok((vec![json(&PatternsBody::from(page))?], Vec::new()));
    }
    Ok((table(&page.patterns, now), notes(&page, now)))
}

fn json(body: &impl serde::Serialize) -> Result<String, CliError> {
    serde_json::to_string_pretty(body)
        .map_err(|error| CliError::Failed(format!("could not write patterns as JSON: {error}")))
}

fn question(args: &PatternsArgs) -> PatternsQuery {
    let of = &args.settings;
    let ranged = args.from.is_some() || args.to.is_some();
    PatternsQuery {
        range: ranged.then(|| range_spec(args.from.as_deref(), args.to.as_deref())),
        filter: RecordFilter {
            agent_id: args.agent.clone(),
            swarm_id: args.swarm.clone(),
            project: args.project.clone(),
            ..RecordFilter::default()
        },
        pattern_type: args.pattern_type.as_deref().and_then(PatternType::parse),
        min_confidence: args.min_confidence,
        settings: LearnOverrides {
            min_occurrences: of.min_occurrences,
            confidence_threshold: of.confidence_threshold,
            max_history_size: of.max_history_size,
            max_gap_ms: of.max_gap_ms,
            time_window_ms: of.time_window_ms,
            precursor_window_ms: of.precursor_window_ms,
            false_discovery_rate: of.false_discovery_rate,
            tz: of.tz.clone(),
        },
        fresh: true,
    }
}

/// The patterns as columns; what has no meaning is a dash.
fn table(patterns: &[Pattern], now: Micros) -> Vec<String> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let head = ["pattern", "kind", "confidence", "seen", "lift", "last", "what"].map(str::to_owned);
    let cells = patterns.iter().map(|pattern| {
        [
            pattern.pattern_id.clone(),
            pattern.pattern_type.as_str().to_owned(),
            share(pattern),
            format!("{} times", pattern.occurrences),
            pattern.lift.map_or("–".into(), |lift| format!("× {lift:.1}")),
            ago(now, pattern.last_seen),
            pattern.description.clone(),
        ]
    });
    terminal::columns(&std::iter::once(head).chain(cells).collect::<Vec<_>>())
}

fn share(pattern: &Pattern) -> String {
    let support = pattern.support;
    format!("{:.2} ({} of {})", pattern.confidence, support.numerator, support.denominator)
}

fn learned(learning: &Learning, now: Micros) -> String {
    let Learning { events, derived, limited, settings, .. } = learning;
    let span = match (learning.from, learning.until) {
        (Some(from), Some(until)) => format!(", {} – {}", from.to_rfc3339(), until.to_rfc3339()),
        _ => String::new(),
    };
    let most = if *limited {
        format!("; older ones were left out: --max-history-size is {}", settings.max_history_size)
    } else {
        String::new()
    };
    format!(
        "learned {} from {events} events, {derived} of them from tasks and metrics{span}{most}",
        ago(now, learning.learned_at)
    )
}

fn notes(page: &PatternsPage, now: Micros) -> Vec<String> {
    let mut notes: Vec<String> = page.learning.iter().map(|learning| learned(learning, now)).collect();
    if page.patterns.is_empty() {
        notes.push(
            "no pattern: nothing recurs often and surely enough; --min-confidence and --min-occurrences ask for less"
                .into(),
        );
    }
    if page.matching > page.patterns.len() as u64 {
        notes.push(format!(
            "{} of {} patterns; --type and --min-confidence narrow them",
            page.patterns.len(),
            page.matching
        ));
    }
    notes
}

/// One pattern on a screen.
fn one(detail: &PatternDetail, now: Micros) -> Vec<String> {
    let pattern = &detail.pattern;
    let mut lines = vec![
        format!("pattern      {}  ({})", pattern.pattern_id, pattern.pattern_type.as_str()),
        format!("what         {}", pattern.description),
        format!("confidence   {}", share(pattern)),
        format!("lift         {}", pattern.lift.map_or("–".into(), |lift| format!("× {lift:.2}"))),
        format!("chance       p {:.2e}, corrected for all that was looked at {:.2e}", pattern.p_value, pattern.q_value),
        format!(
            "seen         {} times, {} – {}",
            pattern.occurrences,
            pattern.first_seen.to_rfc3339(),
            pattern.last_seen.to_rfc3339()
        ),
        format!("this week    {}", week(&detail.this_week)),
        format!("last week    {}", week(&detail.last_week)),
    ];
    if let Some(faded) = detail.faded {
        lines.push(format!("faded        {}: it is not found any more", ago(now, faded)));
    }
    for change in &detail.changes {
        let what = match change.change {
            ChangeKind::Appeared => "appeared",
            ChangeKind::Strengthened => "strengthened",
            ChangeKind::Faded => "faded",
        };
        let to = change.confidence_after.map_or(String::new(), |confidence| format!(", confidence {confidence:.2}"));
        lines.push(format!("{:<12} {}{to}", what, change.timestamp.to_rfc3339()));
    }
    lines.push(String::new());
    for row in &detail.occurrences {
        let of = &row.occurrence;
        let whose = of.agent_id.as_deref().or(of.swarm_id.as_deref()).unwrap_or("–");
        let steps: Vec<&str> = row.events.iter().map(|event| event.event_type.as_str()).collect();
        lines.push(format!("{}  {whose}  {}", of.from.to_rfc3339(), steps.join(" ")).trim_end().to_owned());
    }
    let shown = detail.occurrences.len() as u64;
    if detail.skip + shown < detail.occurrence_count {
        lines.push(format!(
            "… {} of {}; --skip {} shows more",
            detail.skip + shown,
            detail.occurrence_count,
            detail.skip + shown
        ));
    }
    lines
}

fn week(week: &WeekFigures) -> String {
    let support = week.support.map_or(String::new(), |support| format!(" of {}", support.denominator));
    let part = if week.complete { "" } else { " (not all of it was looked at)" };
    format!("{}{support}{part}", week.occurrences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::Rate;

    #[test]
    fn a_week_says_how_often_of_how_many_and_whether_it_is_whole() {
        let of = |occurrences, support, complete| {
            week(&WeekFigures { from: Micros(0), until: Micros(1), occurrences, support, complete })
        };
        assert_eq!(of(3, Rate::new(3, 4), true), "3 of 4");
        assert_eq!(of(0, None, false), "0 (not all of it was looked at)");
    }
}
