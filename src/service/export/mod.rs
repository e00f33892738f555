//! Whole datasets, streamed out of the store in a form others read.
//!
//! - All rows of the range and filters, in constant memory: rows are fetched by pages of bounded
//!   weight and handed on as they are written. Forms that keep series together sort on disk
//!   ([`sort`]), beside the store's file.
//! - Every record that was stored when the export began, and is not changed or removed while it runs,
//!   is in it exactly once. Records that arrive meanwhile may be in it or not; none is in it twice,
//!   unless its importer moves it to a later time under the running export.
//! - A failure ends the stream with an error, never quietly. What was sent until then cannot be
//!   taken for a whole document: the line feed (or bracket, brace, `# EOF`, gzip trailer) at its end
//!   is missing.
//!
//! Not here: the bytes themselves (`wire`), names of files and headers (`api`, `cli`).

mod produce;
mod sink;
mod sort;
mod weigh;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;

use super::query::filter_from;
use super::{Service, ServiceError};
use crate::model::{Dataset, Format, Problem, ProblemKind, RecordFilter, Selection, TimeRange};
use crate::wire::Layout;
use sink::{Halt, Message, Sink};

/// What to export, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// Which records.
    pub selection: Selection,
    /// In which form.
    pub format: Format,
    /// Of which time.
    pub range: TimeRange,
    /// Which of them; datasets of `all` that lack a field asked for have no such records.
    pub filter: RecordFilter,
    /// What the form leaves out or adds.
    pub layout: Layout,
    /// Whether the bytes are compressed with gzip.
    pub gzip: bool,
}

impl ExportRequest {
    /// Whether `dataset` has records that the filter can match.
    fn holds(&self, dataset: Dataset) -> bool {
        let mut rest = self.filter.clone();
        for field in RecordFilter::fields(dataset) {
            if let Some(place) = rest.field_mut(field) {
                *place = None;
            }
        }
        rest.is_empty()
    }
}

/// The query parameters that filter `selection`.
#[must_use]
pub fn filter_fields(selection: Selection) -> Vec<&'static str> {
    let mut fields = Vec::new();
    for field in selection.datasets().flat_map(RecordFilter::fields) {
        if !fields.contains(field) {
            fields.push(*field);
        }
    }
    fields
}

/// The filter that `pairs` of field and value ask for.
///
/// # Errors
/// [`Problem`] for a field that no record of `selection` has, or a value that no such field can have.
pub fn filter_for<'a>(
    selection: Selection,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<RecordFilter, Problem> {
    let mut filter = RecordFilter::default();
    for (field, value) in pairs {
        let owner = selection.datasets().find(|dataset| RecordFilter::fields(*dataset).contains(&field));
        let Some(owner) = owner else {
            let known = filter_fields(selection).join(", ");
            return Err(Problem::bad_request(format!(
                "{} has no filter `{field}`; known: {known}",
                selection.as_str()
            )));
        };
        let mut one = filter_from(owner, [(field, value)])?;
        if let (Some(place), Some(read)) = (filter.field_mut(field), one.field_mut(field)) {
            *place = read.take();
        }
    }
    Ok(filter)
}

impl Service {
    /// Begins an export. The stream's first item says whether it could begin.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] (not found) when the selection has no such form.
    pub fn export(&self, request: ExportRequest) -> Result<ExportStream, ServiceError> {
        let (selection, format) = (request.selection, request.format);
        if !selection.formats().contains(&format) {
            let known: Vec<_> = selection.formats().iter().map(|format| format.extension()).collect();
            return Err(Problem::not_found(format!(
                "{} cannot be written as .{}; there is .{}",
                selection.as_str(),
                format.extension(),
                known.join(", .")
            ))
            .into());
        }
        let (sender, receiver) = mpsc::channel(2);
        let store = self.store().clone();
        tokio::spawn(async move {
            let mut sink = Sink::new(sender.clone(), request.gzip);
            let last = match produce::run(&store, &request, &mut sink).await {
                Ok(()) => Message::Done,
                Err(Halt::Failed(error)) => Message::Failed(error),
                Err(Halt::Gone) => return,
            };
            // An error here means that the reader has gone, which ends the export anyway.
            drop(sender.send(last).await);
        });
        Ok(ExportStream { receiver, over: false })
    }
}

/// The bytes of an export. Dropping it ends the export.
#[derive(Debug)]
pub struct ExportStream {
    receiver: mpsc::Receiver<Message>,
    over: bool,
}

impl Stream for ExportStream {
    type Item = Result<Bytes, ServiceError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|message| {
            if let Some(Message::Chunk(chunk)) = message {
                return Some(Ok(chunk));
            }
            self.over = true;
            match message {
                Some(Message::Failed(error)) => Some(Err(error)),
                Some(_) => None,
                // The task that writes died without a word: what was sent is not whole.
                None => Some(Err(ended_early())),
            }
        })
    }
}

fn ended_early() -> ServiceError {
    Problem::new(ProblemKind::Internal, "the export ended early").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_all_is_any_field_of_any_dataset() {
        let filter = filter_for(Selection::All, [("agent_id", "a"), ("metric_type", "agent_load")]).expect("known");
        assert_eq!((filter.agent_id.as_deref(), filter.metric_type.as_deref()), (Some("a"), Some("load")));
        let problem = filter_for(Selection::One(Dataset::Memory), [("agent_id", "a")]).expect_err("memory has none");
        assert_eq!(problem.detail, "memory has no filter `agent_id`; known: session_id, memory_type, key, project");
    }

    #[test]
    fn a_dataset_without_a_filtered_field_has_no_such_records() {
        let filter = filter_for(Selection::All, [("agent_id", "a"), ("project", "p")]).expect("known");
        let request = ExportRequest {
            selection: Selection::All,
            format: Format::Ndjson,
            range: TimeRange::ALL,
            filter,
            layout: Layout::default(),
            gzip: false,
        };
        let held: Vec<_> = Dataset::ALL.into_iter().filter(|dataset| request.holds(*dataset)).collect();
        use Dataset::{AgentMetrics, Agents, Events, Healings, Tasks};
        assert_eq!(held, [Tasks, AgentMetrics, Events, Healings, Agents]);
    }
}
