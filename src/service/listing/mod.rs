//! Lists of tasks, agents, swarms and events, sorted by any column (events: by time), page by page.
//!
//! A list of tasks or events by time costs the same at any depth. Every other order looks at what the range holds: tasks
//! one by one, agents and swarms by their rollups. A cursor holds the question and the last row, so rows that
//! arrive meanwhile shift nothing.
//!
//! Not here: records as they were sent (`query`), the figures of pages (`insight`).

mod agents;
mod cursor;
mod events;
mod swarms;
mod tasks;

use std::cmp::Ordering;

use super::ServiceError;
use super::cache::Keep;
use crate::model::listing::{ListAnswer, ListQuery, Total};
use crate::model::overview::{PageQuery, Scope};
use crate::model::{Micros, Problem, RecordFilter, TimeRange};
use crate::store::page_sorted::SortPlace;

use cursor::Frozen;

/// A question that was understood.
struct Asked {
    query: ListQuery,
    /// The column sorted by.
    sort: &'static str,
    frozen: Option<Frozen>,
}

impl Asked {
    /// Checks sort, limit and cursor; the range of a cursor is the one of the first page.
    fn new(what: &'static str, sorts: &[&'static str], query: &ListQuery) -> Result<Self, Problem> {
        if query.limit == 0 || query.limit > ListQuery::LIMIT_MAX {
            let most = ListQuery::LIMIT_MAX;
            return Err(Problem::bad_request(format!("`limit`: write a whole number from 1 to {most}")));
        }
        let wanted = query.sort.as_str();
        let sort = sorts.iter().find(|sort| **sort == wanted || wanted.is_empty()).ok_or_else(|| {
            let known = sorts.join(", ");
            Problem::bad_request(format!("{what} cannot be sorted by `{wanted}`; known: {known}"))
        })?;
        let frozen = query.cursor.as_deref().map(|text| Frozen::read(text, what, sort, query)).transpose()?;
        Ok(Self { query: query.clone(), sort, frozen })
    }

    /// The question as pages ask it, with the filter that their figures know.
    fn page(&self, filter: RecordFilter) -> PageQuery {
        let range = self.frozen.as_ref().map_or_else(|| self.query.range.clone(), Frozen::range);
        PageQuery { range, filter, ..PageQuery::default() }
    }

    /// After which row to go on.
    fn after(&self) -> Option<&SortPlace> {
        self.frozen.as_ref().map(|frozen| &frozen.after)
    }

    fn answer<R>(
        &self,
        what: &'static str,
        scope: Scope,
        rows: Vec<R>,
        last: Option<SortPlace>,
        total: Total,
    ) -> ListAnswer<R> {
        let next = self.next(what, scope.range, last);
        ListAnswer { scope, rows, total, next, sort: self.sort.to_owned(), order: self.query.order }
    }

    /// The cursor of the page after `last`.
    fn next(&self, what: &'static str, range: TimeRange, last: Option<SortPlace>) -> Option<String> {
        last.map(|last| Frozen::new(what, self.sort, &self.query, range, last).to_text())
    }

    /// Sorts all rows of a list that is made in memory and takes its page: the rows' places in `all`, and the last
    /// of them when more follow.
    fn page_of(&self, places: Vec<SortPlace>) -> (Vec<usize>, Option<SortPlace>) {
        let order = self.query.order;
        let mut left: Vec<(usize, SortPlace)> = places.into_iter().enumerate().collect();
        left.retain(|(_, place)| self.after().is_none_or(|after| place.compare(after, order) == Ordering::Greater));
        left.sort_by(|(_, a), (_, b)| a.compare(b, order));
        let more = left.len() > self.query.limit as usize;
        left.truncate(self.query.limit as usize);
        let last = left.last().filter(|_| more).map(|(_, place)| place.clone());
        (left.into_iter().map(|(index, _)| index).collect(), last)
    }
}

/// The question that `cursor` was made for by a list of `list` (`tasks`, `agents`, `swarms`), with the cursor in it.
///
/// # Errors
/// A [`Problem`] when it is no cursor of such a list.
pub fn resume(list: &str, cursor: &str) -> Result<ListQuery, Problem> {
    Ok(Frozen::decode(cursor, list)?.question(cursor))
}

impl<R: Clone + Send + Sync + 'static> Keep for ListAnswer<R> {
    fn tell_time(&mut self, now: Micros) {
        self.scope.now = now;
    }
}

/// A list's rows, counted as they are shown.
fn total(count: u64) -> Total {
    if count > Total::COUNTED_MAX { Total::MoreThan(Total::COUNTED_MAX) } else { Total::Exact(count) }
}

/// A filter without the fields that only a list knows.
fn figures_filter(filter: &RecordFilter) -> RecordFilter {
    RecordFilter { task_id: None, agent_type: None, status: None, state: None, ..filter.clone() }
}

/// Refuses filters a list does not know.
fn check_fields(what: &str, filter: &RecordFilter, known: &[&str]) -> Result<(), ServiceError> {
    let mut rest = filter.clone();
    for field in known {
        if let Some(place) = rest.field_mut(field) {
            *place = None;
        }
    }
    if rest.is_empty() {
        return Ok(());
    }
    Err(Problem::bad_request(format!("lists of {what} can be filtered by {} only", known.join(", "))).into())
}
