//! Cursors of lists: the question, frozen, and the last row that was sent.

use serde::{Deserialize, Serialize};

use crate::model::listing::ListQuery;
use crate::model::{Order, Problem, RangeSpec, RecordFilter, TimeRange};
use crate::service::opaque;
use crate::store::page_sorted::SortPlace;

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frozen {
    list: String,
    sort: String,
    order: Order,
    filter: RecordFilter,
    /// As it was asked for on the first page.
    asked: RangeSpec,
    /// What that meant then.
    range: TimeRange,
    pub after: SortPlace,
}

impl Frozen {
    pub(super) fn new(list: &str, sort: &str, query: &ListQuery, range: TimeRange, after: SortPlace) -> Self {
        Self {
            list: list.to_owned(),
            sort: sort.to_owned(),
            order: query.order,
            filter: query.filter.clone(),
            asked: query.range.clone(),
            range,
            after,
        }
    }

    /// The range as absolute times.
    pub(super) fn range(&self) -> RangeSpec {
        RangeSpec { from: self.range.from.to_rfc3339(), to: self.range.until.to_rfc3339() }
    }

    /// As text for a URL.
    pub(super) fn to_text(&self) -> String {
        opaque::write(self)
    }

    /// Reads what [`Self::to_text`] wrote, for a list of `list`.
    ///
    /// # Errors
    /// [`Problem`] when it is no cursor, or one of another list.
    pub(super) fn decode(text: &str, list: &str) -> Result<Self, Problem> {
        let frozen: Self = opaque::read_cursor(text)?;
        if frozen.list == list { Ok(frozen) } else { Err(differs("list")) }
    }

    /// The question it was made for, to be asked again after its last row.
    pub(super) fn question(self, cursor: &str) -> ListQuery {
        ListQuery {
            range: self.asked,
            filter: self.filter,
            sort: self.sort,
            order: self.order,
            cursor: Some(cursor.to_owned()),
            ..ListQuery::default()
        }
    }

    /// Reads what [`Self::to_text`] wrote, and holds it against the question beside it.
    ///
    /// # Errors
    /// [`Problem`] when it is no cursor, or one of another question.
    pub(super) fn read(text: &str, list: &str, sort: &str, query: &ListQuery) -> Result<Self, Problem> {
        let frozen = Self::decode(text, list)?;
        match () {
            () if frozen.sort != sort => Err(differs("sort")),
            () if frozen.order != query.order => Err(differs("order")),
            () if frozen.filter != query.filter => Err(differs("filter")),
            () if frozen.asked != query.range => Err(differs("range")),
            () => Ok(frozen),
        }
    }
}

fn differs(what: &str) -> Problem {
    let advice = "start again without the cursor";
    Problem::bad_request(format!("`{what}` differs from what `cursor` was made for; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;
    use crate::store::page_sorted::SortKey;

    #[test]
    fn a_cursor_reads_back_beside_its_question_only() {
        let query = ListQuery { limit: 5, ..ListQuery::default() };
        let range = TimeRange { from: Micros(1), until: Micros(9) };
        let after = SortPlace { key: Some(SortKey::Real(0.1)), row: 7 };
        let frozen = Frozen::new("tasks", "duration_ms", &query, range, after);
        let text = frozen.to_text();
        assert_eq!(Frozen::read(&text, "tasks", "duration_ms", &query), Ok(frozen));
        let other = ListQuery { order: Order::Asc, ..query.clone() };
        for (list, sort, query) in
            [("agents", "duration_ms", &query), ("tasks", "timestamp", &query), ("tasks", "duration_ms", &other)]
        {
            let problem = Frozen::read(&text, list, sort, query).expect_err("another question");
            assert!(problem.detail.contains("differs from what `cursor` was made for"));
        }
        for broken in ["", "zz", "7b7d", "é"] {
            assert!(Frozen::read(broken, "tasks", "duration_ms", &query).is_err(), "{broken}");
        }
    }
}
