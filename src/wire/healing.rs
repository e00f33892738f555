//! Healing attempts and strategies as files: CSV by RFC 4180 with a header row, and one JSON array. What is not known
//! is an empty cell, and `null`.
//!
//! A formula in a text is disarmed with `'` as in exports of records, so that a spreadsheet shows it. Not here: healing
//! records as they are sent (`wire::csv`, `wire::json`).

use serde_json::{Value, json};

use super::EncodeError;
use super::csv::{guarded, rows};
use crate::model::Micros;
use crate::model::healing::{HealingEntry, StrategyRow};

/// Columns of a file of attempts; the JSON has the same names.
pub const ATTEMPT_COLUMNS: [&str; 12] = [
    "origin",
    "timestamp",
    "strategy",
    "failure_type",
    "success",
    "duration_ms",
    "detected_at",
    "failure_id",
    "agent_id",
    "project",
    "actions",
    "evidence",
];

/// Columns of a file of strategies.
pub const STRATEGY_COLUMNS: [&str; 18] = [
    "strategy",
    "origin",
    "success_count",
    "failure_count",
    "success_rate",
    "success_rate_low",
    "success_rate_high",
    "avg_healing_time_ms",
    "timed",
    "p50_ms",
    "p95_ms",
    "trend",
    "recent_successes",
    "recent_attempts",
    "earlier_successes",
    "earlier_attempts",
    "recommendation",
    "why",
];

/// An attempt as JSON, in the order of [`ATTEMPT_COLUMNS`].
#[must_use]
pub fn attempt(entry: &HealingEntry) -> Value {
    let evidence = entry
        .evidence
        .iter()
        .map(|one| json!({"event_type": one.event_type, "id": one.id, "timestamp": one.timestamp.to_rfc3339()}));
    json!({
        "origin": entry.origin.as_str(),
        "timestamp": entry.timestamp.to_rfc3339(),
        "strategy": entry.strategy,
        "failure_type": entry.failure_type,
        "success": entry.success,
        "duration_ms": entry.duration_ms,
        "detected_at": entry.detected_at.map(Micros::to_rfc3339),
        "failure_id": entry.failure_id,
        "agent_id": entry.agent_id,
        "project": entry.project,
        "actions": entry.actions,
        "evidence": evidence.collect::<Vec<_>>(),
    })
}

/// A strategy as JSON, in the order of [`STRATEGY_COLUMNS`].
#[must_use]
pub fn strategy(row: &StrategyRow) -> Value {
    let (trend, rate) = (row.trend, row.success.rate);
    json!({
        "strategy": row.strategy,
        "origin": row.origin.as_str(),
        "success_count": row.success_count,
        "failure_count": row.failure_count,
        "success_rate": rate.ratio(),
        "success_rate_low": row.success.low,
        "success_rate_high": row.success.high,
        "avg_healing_time_ms": row.avg_healing_time_ms.map(|mean| mean.ms),
        "timed": row.avg_healing_time_ms.map_or(0, |mean| mean.n),
        "p50_ms": row.p50_ms,
        "p95_ms": row.p95_ms,
        "trend": trend.map(|trend| trend.word.as_str()),
        "recent_successes": trend.map(|trend| trend.recent.numerator),
        "recent_attempts": trend.map(|trend| trend.recent.denominator),
        "earlier_successes": trend.map(|trend| trend.earlier.numerator),
        "earlier_attempts": trend.map(|trend| trend.earlier.denominator),
        "recommendation": row.verdict.map(|verdict| verdict.as_str()),
        "why": row.why,
    })
}

/// Appends the header row.
///
/// # Errors
/// [`EncodeError`].
pub fn csv_header(columns: &[&str], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    csv_record(columns.iter().map(|column| (*column).to_owned()), out)
}

/// Appends a row with the `columns` of `object`.
///
/// # Errors
/// [`EncodeError`].
pub fn csv_row(columns: &[&str], object: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    csv_record(columns.iter().map(|column| cell(&object[*column])), out)
}

fn csv_record(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut rows = rows(out);
    rows.write_record(cells)?;
    rows.flush().map_err(csv::Error::from)?;
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::healing::{Evidence, Origin};

    fn entry() -> HealingEntry {
        let at = Micros(1_767_268_800_000_000);
        HealingEntry {
            origin: Origin::Derived,
            row: 7,
            timestamp: at,
            strategy: "=retry".into(),
            failure_type: "tool_error:Bash".into(),
            success: false,
            duration_ms: None,
            detected_at: Some(at),
            failure_id: Some("e-1".into()),
            agent_id: None,
            project: None,
            actions: Vec::new(),
            evidence: vec![Evidence { event_type: "tool_error:Bash".into(), id: "e-1".into(), timestamp: at }],
        }
    }

    #[test]
    fn an_attempt_has_exactly_these_bytes() {
        let mut out = Vec::new();
        csv_header(&ATTEMPT_COLUMNS, &mut out).expect("a header");
        csv_row(&ATTEMPT_COLUMNS, &attempt(&entry()), &mut out).expect("a row");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            concat!(
                "origin,timestamp,strategy,failure_type,success,duration_ms,detected_at,failure_id,agent_id,project,",
                "actions,evidence\r\n",
                "derived,2026-01-01T12:00:00Z,'=retry,tool_error:Bash,false,,2026-01-01T12:00:00Z,e-1,,,[],",
                "\"[{\"\"event_type\"\":\"\"tool_error:Bash\"\",\"\"id\"\":\"\"e-1\"\",",
                "\"\"timestamp\"\":\"\"2026-01-01T12:00:00Z\"\"}]\"\r\n",
            )
        );
    }

    #[test]
    fn the_json_has_what_the_header_names() {
        let names = |value: &Value| {
            let mut names: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
            names.sort();
            names
        };
        let mut columns = ATTEMPT_COLUMNS.map(str::to_owned).to_vec();
        columns.sort();
        assert_eq!(names(&attempt(&entry())), columns);
    }
}
