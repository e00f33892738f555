//! CSV by RFC 4180: CRLF, a header row, `"` doubled; one dataset a file.
//!
//! - Columns are the fields of the contract's table in its order, `kind` first; `source` is two
//!   columns, `source` (the file) and `source_key`. What is not recorded is an empty cell.
//! - A failure of unknown kind is `failed` in `result`. `actions` is a JSON array.
//! - The formula guard puts a `'` before text that begins with `=`, `+`, `-`, `@`, tab, CR or LF, so
//!   that a spreadsheet shows it instead of running it. Numbers stay as they are, negative ones too.
//!
//! Files of other things (patterns, trends, healings, figures) are written by the same few functions.
//!
//! Not here: reading CSV, and a byte-order mark.

use std::borrow::Cow;

use super::fields::{self, Value};
use super::ndjson::push_texts;
use super::text::{number, push_json};
use super::{EncodeError, Flat, Layout};
use crate::model::{Dataset, Record};

pub(super) type Rows<'a> = csv::Writer<&'a mut Vec<u8>>;

/// Writes CSV.
#[derive(Debug)]
pub struct CsvWriter {
    dataset: Dataset,
    layout: Layout,
    scratch: Vec<u8>,
}

impl CsvWriter {
    /// A writer of records of `dataset`.
    #[must_use]
    pub fn new(dataset: Dataset, layout: Layout) -> Self {
        Self { dataset, layout, scratch: Vec::new() }
    }

    fn wants(&self, name: &str) -> bool {
        self.layout.metadata || name != "metadata"
    }

    fn row(&mut self, record: &Record, rows: &mut Rows<'_>) -> Result<(), csv::Error> {
        rows.write_field(fields::dataset(record).kind())?;
        let mut outcome = Ok(());
        fields::each(record, &mut |name, value| {
            if outcome.is_ok() && self.wants(name) {
                outcome = self.field(name, value, rows);
            }
        });
        outcome?;
        rows.write_record(None::<&[u8]>)
    }

    fn field(&mut self, name: &str, value: Value<'_>, rows: &mut Rows<'_>) -> Result<(), csv::Error> {
        match value {
            Value::Absent if name == "source" => {
                rows.write_field("")?;
                rows.write_field("")
            }
            Value::Absent => rows.write_field(""),
            Value::Text(text) => self.text(text, rows),
            Value::Number(value) => rows.write_field(number(value)),
            Value::Count(count) => rows.write_field(count.to_string()),
            Value::Flag(flag) => rows.write_field(if flag { "true" } else { "false" }),
            Value::Time(time) => rows.write_field(time.to_rfc3339()),
            Value::Outcome(outcome) => self.text(outcome.as_str(), rows),
            Value::Json(json) => {
                // JSON begins with none of the dangerous characters, but for a number's minus sign.
                self.scratch.clear();
                push_json(&mut self.scratch, json);
                rows.write_field(&self.scratch)
            }
            Value::Texts(texts) => {
                self.scratch.clear();
                push_texts(&mut self.scratch, texts);
                rows.write_field(&self.scratch)
            }
            Value::Source(source) => {
                self.text(&source.file, rows)?;
                self.text(&source.key, rows)
            }
        }
    }

    fn text(&mut self, text: &str, rows: &mut Rows<'_>) -> Result<(), csv::Error> {
        if self.layout.guard { rows.write_field(guarded(text).as_ref()) } else { rows.write_field(text) }
    }
}

/// A writer of rows at the end of `out`; flushed, it has written them.
pub(super) fn rows(out: &mut Vec<u8>) -> Rows<'_> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out)
}

/// A whole file.
pub(super) fn table<const N: usize>(
    header: [&str; N],
    cells: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    let mut rows = rows(&mut out);
    rows.write_record(header)?;
    for row in cells {
        rows.write_record(row)?;
    }
    rows.flush().map_err(csv::Error::from)?;
    drop(rows);
    Ok(out)
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula { format!("'{text}").into() } else { text.into() }
}

impl Flat for CsvWriter {
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut header = vec!["kind"];
        for name in fields::names(self.dataset) {
            if self.wants(name) {
                header.push(name);
            }
        }
        header.push("source_key");
        let mut rows = rows(out);
        rows.write_record(header)?;
        rows.flush().map_err(csv::Error::from)?;
        Ok(())
    }

    fn records(&mut self, records: &mut dyn Iterator<Item = &Record>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut rows = rows(out);
        for record in records {
            self.row(record, &mut rows)?;
        }
        rows.flush().map_err(csv::Error::from)?;
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Json, Outcome, TaskRecord};
    use crate::wire::samples::{self, NOON};

    fn text(dataset: Dataset, records: &[Record], layout: Layout) -> String {
        let mut writer = CsvWriter::new(dataset, layout);
        let mut out = Vec::new();
        writer.begin(&mut out).expect("a header");
        writer.records(&mut records.iter(), &mut out).expect("rows");
        writer.end(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_task_has_exactly_these_bytes() {
        let task = &samples::one_of_each()[..1];
        assert_eq!(
            text(Dataset::Tasks, task, Layout::default()),
            concat!(
                "kind,task_id,agent_id,result,timestamp,duration_ms,tokens_used,files_changed,swarm_id,model,",
                "tokens_input,tokens_output,tokens_cache_read,tokens_cache_write,tokens_reasoning,cost_usd,metadata,",
                "project,source,source_key\r\n",
                "task,t-1,\"a,\"\"1\"\"\",success,2026-01-01T12:00:00.120Z,1500,16,3,s-1,'=opus,1,2,4,9,1,0.25,",
                "\"{\"\"b\"\": 1,\"\"a\"\":[true]}\",apollo,old.db,task:1\r\n",
            )
        );
    }

    #[test]
    fn every_dataset_has_its_header_and_rows_of_the_same_width() {
        for record in samples::one_of_each() {
            let dataset = fields::dataset(&record);
            let text = text(dataset, std::slice::from_ref(&record), Layout::default());
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(reader.headers().expect("a header").get(0), Some("kind"));
            let row = reader.records().next().expect("a row").expect("as wide as the header");
            assert_eq!(row.get(0), Some(dataset.kind()));
            assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        }
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for agent in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"] {
            let record = Record::Task(samples::task("t", agent, Some(Outcome::Success), NOON));
            let guarded = text(Dataset::Tasks, std::slice::from_ref(&record), Layout::default());
            let open = text(Dataset::Tasks, &[record], Layout { guard: false, ..Layout::default() });
            for (text, expected) in [(guarded, format!("'{agent}")), (open, agent.to_owned())] {
                let row = csv::Reader::from_reader(text.as_bytes()).records().next().expect("a row").expect("a row");
                assert_eq!(row.get(2), Some(expected.as_str()));
            }
        }
        let metric = Record::SwarmMetric(samples::metric("s", "delta", -2.5, NOON));
        assert!(text(Dataset::SwarmMetrics, &[metric], Layout::default()).contains("s,delta,-2.5,2026"));
        let memory = &samples::one_of_each()[6..];
        assert!(text(Dataset::Memory, memory, Layout::default()).contains(",k,-5,2026"));
    }

    #[test]
    fn without_metadata_there_is_no_such_column() {
        let text = text(Dataset::Events, &[], Layout { metadata: false, ..Layout::default() });
        assert_eq!(
            text,
            "kind,event_type,agent_id,agent_type,event_id,task_id,swarm_id,timestamp,project,source,source_key\r\n"
        );
    }

    #[test]
    fn a_failure_of_unknown_kind_is_a_word_here() {
        let task =
            TaskRecord { metadata: Some(Json("{}".into())), ..samples::task("t", "a", Some(Outcome::Failed), NOON) };
        assert!(text(Dataset::Tasks, &[Record::Task(task)], Layout::default()).contains("task,t,a,failed,"));
    }
}
