//! Figures over records as CSV: a row for each bucket of each group, what no value stands for left empty.
//!
//! Columns: `time` (the bucket's start), the words grouped by, then each function and, as `…_n`, how many values it
//! stands on. Words are guarded against formulas as in [`csv`](super::csv).

use super::EncodeError;
use super::csv::{guarded, rows};
use super::text::number;
use crate::model::Micros;
use crate::model::aggregate::{AggregateAnswer, AggregateQuery};

/// The answer to `query` as CSV.
///
/// # Errors
/// [`EncodeError::Csv`].
pub fn csv(query: &AggregateQuery, answer: &AggregateAnswer) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    let mut rows = rows(&mut out);
    rows.write_field("time")?;
    for group in &answer.group_by {
        rows.write_field(group.as_str())?;
    }
    for function in &query.functions {
        rows.write_field(function.to_string())?;
        rows.write_field(format!("{function}_n"))?;
    }
    rows.write_record(None::<&[u8]>)?;
    for series in &answer.series {
        for (bucket, start) in answer.time.iter().enumerate() {
            rows.write_field(Micros::from_millis(*start).to_rfc3339())?;
            for word in &series.group {
                rows.write_field(guarded(word.as_deref().unwrap_or_default()).as_ref())?;
            }
            for column in &series.columns {
                let value = column.values.get(bucket).copied().flatten();
                rows.write_field(value.map(number).unwrap_or_default())?;
                rows.write_field(column.samples.get(bucket).map(u64::to_string).unwrap_or_default())?;
            }
            rows.write_record(None::<&[u8]>)?;
        }
    }
    rows.flush().map_err(::csv::Error::from)?;
    drop(rows);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimeRange;
    use crate::model::aggregate::{AggregateColumn, AggregateSeries, Bucket, Function, GroupBy};

    #[test]
    fn a_row_is_a_bucket_of_a_group_and_no_data_is_an_empty_cell() {
        let query = AggregateQuery { functions: vec![Function::Avg], ..AggregateQuery::default() };
        let column = AggregateColumn {
            function: Function::Avg,
            values: vec![Some(1.5), None],
            samples: vec![2, 0],
            successes: None,
            total: Some(1.5),
            n: 2,
            estimator: None,
        };
        let answer = AggregateAnswer {
            now: Micros(0),
            range: TimeRange { from: Micros(0), until: Micros(7_200_000_000) },
            bucket: Some(Bucket::HOUR),
            zone: "UTC".into(),
            time: vec![0, 3_600_000],
            end: 7_200_000,
            partial_first: false,
            partial_last: false,
            group_by: vec![GroupBy::Model],
            series: vec![AggregateSeries { group: vec![Some("=1+1".into())], records: 2, columns: vec![column] }],
            group_count: 1,
            truncated: false,
            tier: None,
            note: None,
        };
        let text = String::from_utf8(csv(&query, &answer).expect("CSV")).expect("text");
        assert_eq!(
            text,
            "time,model,avg,avg_n\r\n1970-01-01T00:00:00Z,'=1+1,1.5,2\r\n1970-01-01T01:00:00Z,'=1+1,,0\r\n"
        );
    }
}
