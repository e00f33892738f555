//! Trends as CSV: a row for each, what is not known left empty. Words are guarded against formulas as in
//! [`csv`](super::csv).

use super::EncodeError;
use super::csv::{guarded, table};
use super::text::number;
use crate::model::Micros;
use crate::model::trend::{Better, Lacking, Trend};

/// The columns.
const HEADER: [&str; 20] = [
    "source",
    "agent_id",
    "swarm_id",
    "project",
    "model",
    "metric",
    "better",
    "verdict",
    "lacking",
    "n",
    "missing",
    "successes",
    "recent",
    "earlier",
    "change_percent",
    "p_value",
    "first",
    "recent_from",
    "last",
    "truncated",
];

/// `trends` in their order.
///
/// # Errors
/// [`EncodeError::Csv`].
pub fn csv(trends: &[Trend]) -> Result<Vec<u8>, EncodeError> {
    table(HEADER, trends.iter().map(row))
}

fn row(trend: &Trend) -> [String; HEADER.len()] {
    let word = |word: &Option<String>| guarded(word.as_deref().unwrap_or_default()).into_owned();
    let real = |value: Option<f64>| value.map(number).unwrap_or_default();
    let time = |time: Option<Micros>| time.map(Micros::to_rfc3339).unwrap_or_default();
    let better = match trend.better {
        Some(Better::Higher) => "higher",
        Some(Better::Lower) => "lower",
        None => "",
    };
    let lacking = match trend.lacking {
        Some(Lacking::Samples) => "samples",
        Some(Lacking::Baseline) => "baseline",
        None => "",
    };
    let figures = &trend.figures;
    [
        trend.source.as_str().to_owned(),
        word(&trend.agent_id),
        word(&trend.swarm_id),
        word(&trend.project),
        word(&trend.model),
        guarded(&trend.metric).into_owned(),
        better.to_owned(),
        trend.verdict.as_str().to_owned(),
        lacking.to_owned(),
        figures.n.to_string(),
        figures.missing.to_string(),
        trend.successes.map(|n| n.to_string()).unwrap_or_default(),
        real(figures.recent),
        real(figures.earlier),
        real(figures.change_percent),
        real(figures.p_value),
        time(figures.first),
        time(figures.recent_from),
        time(figures.last),
        trend.truncated.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trend::{TrendFigures, TrendSource, Verdict};

    #[test]
    fn a_row_is_a_trend_and_what_is_not_known_is_an_empty_cell() {
        let trend = Trend {
            source: TrendSource::Tasks,
            agent_id: Some("=1+1".into()),
            swarm_id: None,
            project: None,
            model: None,
            metric: "duration_ms".into(),
            better: Some(Better::Lower),
            verdict: Verdict::NotEnoughData,
            lacking: Some(Lacking::Samples),
            figures: TrendFigures { n: 3, missing: 1, first: Some(Micros(0)), ..TrendFigures::default() },
            successes: None,
            truncated: false,
        };
        let text = String::from_utf8(csv(&[trend]).expect("CSV")).expect("text");
        let (header, row) = text.trim_end().split_once("\r\n").expect("two lines");
        assert_eq!(header, HEADER.join(","));
        assert_eq!(
            row,
            "tasks,'=1+1,,,,duration_ms,lower,not_enough_data,samples,3,1,,,,,,1970-01-01T00:00:00Z,,,false"
        );
    }
}
