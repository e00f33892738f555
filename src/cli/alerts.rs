//! `swarmscope alerts`: what is the matter, and what every rule says, as text, or as JSON. Works beside a server, whose
//! alerts it shows; where none runs, alerts are as the last server left them, and rules say what they would now.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, now, terminal};
use crate::model::alert::{Alert, AlertState, AlertsPage, ReadingVerdict, RuleStatus};

/// Arguments of `alerts`.
#[derive(Debug, Args)]
pub struct AlertsArgs {
    /// Exit with 1 when an alert fires that no silence keeps quiet
    #[arg(long)]
    check: bool,
    /// Print JSON, as /api/v1/alerts answers
    #[arg(long)]
    json: bool,
}

/// Prints alerts and rules.
pub async fn run(args: AlertsArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    let page = service.alerts(now()).await;
    service.store().close().await;
    let page = page?;
    if args.json {
        let text = serde_json::to_string_pretty(&page)
            .map_err(|error| CliError::Failed(format!("could not write the alerts as JSON: {error}")))?;
        terminal::out(&text);
    } else {
        lines(&page).iter().for_each(|line| terminal::out(line));
    }
    let loud = |alert: &Alert| alert.state == AlertState::Firing && alert.silenced_by.is_empty();
    Ok(if args.check && page.alerts.iter().any(loud) { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn lines(page: &AlertsPage) -> Vec<String> {
    let counts = page.counts;
    let mut lines = vec![format!(
        "{} firing, {} pending, {} silenced; {} rules",
        counts.firing,
        counts.pending,
        counts.silenced,
        page.rules.len()
    )];
    if !page.alerts.is_empty() {
        lines.push(String::new());
        lines.extend(terminal::columns(&page.alerts.iter().map(alert_row).collect::<Vec<_>>()));
    }
    lines.push(String::new());
    lines.extend(terminal::columns(&page.rules.iter().map(rule_row).collect::<Vec<_>>()));
    lines
}

fn alert_row(alert: &Alert) -> [String; 5] {
    let silenced = if alert.silenced_by.is_empty() { "" } else { " (silenced)" };
    [
        format!("{}{silenced}", alert.state.as_str()),
        alert.severity.as_str().to_owned(),
        alert.rule.clone(),
        format!("since {}", alert.since.to_rfc3339()),
        alert.summary.clone(),
    ]
}

fn rule_row(status: &RuleStatus) -> [String; 3] {
    let (word, summary) = match &status.reading {
        None => ("off", String::new()),
        Some(reading) => (verdict(reading.verdict), reading.summary.clone()),
    };
    [status.rule.name.clone(), word.to_owned(), summary]
}

fn verdict(verdict: ReadingVerdict) -> &'static str {
    match verdict {
        ReadingVerdict::Holds => "HOLDS",
        ReadingVerdict::Clear => "ok",
        ReadingVerdict::NotEnoughData => "no data",
        ReadingVerdict::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;
    use crate::model::alert::{AlertCounts, RuleOrigin, RuleReading, builtin_rules};

    #[test]
    fn rules_and_counts_are_told_where_nothing_is_the_matter() {
        let [rule, ..] = builtin_rules();
        let reading = RuleReading {
            verdict: ReadingVerdict::Clear,
            figures: None,
            subject: None,
            summary: "success rate 95 % (19 of 20 in 5m); bad below 90 %".into(),
            subjects: 1,
            subjects_truncated: false,
        };
        let status = RuleStatus {
            rule: rule.into(),
            origin: RuleOrigin::Builtin,
            edited: false,
            state: AlertState::Inactive,
            reading: Some(reading),
        };
        let page = AlertsPage {
            now: Micros(0),
            watching: false,
            evaluated_at: Micros(0),
            counts: AlertCounts::default(),
            alerts: Vec::new(),
            rules: vec![status.clone(), RuleStatus { reading: None, ..status }],
            silences: Vec::new(),
        };
        assert_eq!(
            lines(&page),
            [
                "0 firing, 0 pending, 0 silenced; 2 rules",
                "",
                "low_success_rate  ok   success rate 95 % (19 of 20 in 5m); bad below 90 %",
                "low_success_rate  off",
            ]
        );
    }
}
