//! Cursors of record lists: where a list goes on, together with the question it answers.
//!
//! A relative range (`now-6h`) means something else a minute later, so a cursor carries the resolved
//! range beside the parameters. Whatever is sent with it must say the same.

use serde::{Deserialize, Serialize};

use super::params::Params;
use crate::model::filter::Cursor as Position;
use crate::model::time::TimeRange;
use crate::model::{Dataset, Problem};
use crate::service::opaque;

/// A list's question, frozen, and the last row that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    dataset: Dataset,
    /// The parameters as they were sent, sorted.
    pub asked: Vec<(String, String)>,
    /// What `from` and `to` among them meant then.
    pub range: TimeRange,
    /// The last row that was sent.
    pub after: Position,
}

/// Parameters that a cursor does not freeze.
const FREE: [&str; 2] = ["cursor", "limit"];

/// The parameters of a question, sorted.
#[must_use]
pub fn asked(params: &Params) -> Vec<(String, String)> {
    let frozen = params.iter().filter(|(name, _)| !FREE.contains(name));
    let mut asked: Vec<(String, String)> = frozen.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    asked.sort();
    asked
}

impl Frozen {
    /// Freezes a question after the row at `after`.
    #[must_use]
    pub fn new(dataset: Dataset, asked: Vec<(String, String)>, range: TimeRange, after: Position) -> Self {
        Self { dataset, asked, range, after }
    }

    /// As text for a URL.
    #[must_use]
    pub fn to_text(&self) -> String {
        opaque::write(self)
    }

    /// Reads what [`Self::to_text`] wrote, and holds it against the parameters beside it.
    ///
    /// # Errors
    /// [`Problem`] when it is no cursor, or one of another question.
    pub fn read(text: &str, dataset: Dataset, params: &Params) -> Result<Self, Problem> {
        let frozen: Self = opaque::read_cursor(text)?;
        if frozen.dataset != dataset {
            let reason = format!("`cursor` is of {}, not of {}", frozen.dataset.as_str(), dataset.as_str());
            return Err(Problem::bad_request(reason));
        }
        match asked(params).into_iter().find(|sent| !frozen.asked.contains(sent)) {
            Some((name, _)) => Err(Problem::bad_request(format!(
                "`{name}` differs from what `cursor` was made for; leave it out, or start again without the cursor"
            ))),
            None => Ok(frozen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;

    fn params(query: &str) -> Params {
        Params::read(Some(query), &["agent_id", "from", "cursor", "limit"]).expect("well formed")
    }

    fn frozen(query: &str) -> Frozen {
        Frozen::new(Dataset::Tasks, asked(&params(query)), TimeRange::ALL, Position { time: Micros(7), row: 3 })
    }

    #[test]
    fn a_cursor_reads_back_alone_or_beside_the_same_question() {
        let first = frozen("from=now-6h&agent_id=a&limit=5");
        let text = first.to_text();
        for beside in ["", "agent_id=a", "from=now-6h&agent_id=a&limit=9"] {
            assert_eq!(Frozen::read(&text, Dataset::Tasks, &params(beside)), Ok(first.clone()), "{beside}");
        }
    }

    #[test]
    fn a_cursor_of_another_question_is_refused() {
        let text = frozen("agent_id=a").to_text();
        let detail = |dataset, query| Frozen::read(&text, dataset, &params(query)).expect_err(query).detail;
        assert!(detail(Dataset::Tasks, "agent_id=b").starts_with("`agent_id` differs"));
        assert!(detail(Dataset::Tasks, "from=now-1h").starts_with("`from` differs"));
        assert_eq!(detail(Dataset::Events, ""), "`cursor` is of tasks, not of events");
        for broken in ["", "zz", "abc", "7b7d", "é"] {
            assert!(Frozen::read(broken, Dataset::Tasks, &params("")).is_err(), "{broken}");
        }
    }
}
