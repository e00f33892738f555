//! The list of tasks.

use super::{Asked, check_fields, figures_filter, total};
use crate::analytics::grid::{pieces, widen};
use crate::model::answer::Tier;
use crate::model::filter::{Cursor, PageRequest};
use crate::model::listing::{ListQuery, TASK_SORTS, TaskList, Total};
use crate::model::overview::TaskRow;
use crate::model::{Dataset, Micros, Record, RecordFilter, TimeRange};
use crate::service::cache::Question;
use crate::service::insight::reading::Reading;
use crate::service::{Service, ServiceError};
use crate::store::page_sorted::{SortPlace, TaskSort};
use crate::store::read::Rollups;
use crate::store::{Row, StoreError};

const LIST: &str = "tasks";

impl Service {
    /// One page of tasks. By `timestamp` at any depth for the same price; another order looks at every task of the
    /// range that fits, up to 0.6 s a million.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] for a sort, filter, limit or cursor that does not fit, or an unreadable range;
    /// [`ServiceError::Store`] when reading fails.
    pub async fn task_list(&self, query: &ListQuery, now: Micros) -> Result<TaskList, ServiceError> {
        self.kept(Question::Tasks(query.clone()), now, self.make_task_list(query, now)).await
    }

    async fn make_task_list(&self, query: &ListQuery, now: Micros) -> Result<TaskList, ServiceError> {
        let asked = Asked::new(LIST, &TASK_SORTS, query)?;
        check_fields(LIST, &query.filter, RecordFilter::fields(Dataset::Tasks))?;
        // The moment comes first: what arrives from here on is news, and at worst on the page already.
        let page = asked.page(figures_filter(&query.filter));
        let scope = self.scope(&page, now).await?;
        let (found, last) = self.find_tasks(&asked, scope.range).await?;
        let mut reading = self.read(&page, now).await?;
        let rows = rows(&mut reading, found.into_iter()).await?;
        let total = self.count(reading, &request(query, scope.range)).await?;
        Ok(asked.answer(LIST, scope, rows, last, total))
    }

    /// One page of tasks as they were sent, with the cursor of the next page. Nobody counts how many there are.
    ///
    /// # Errors
    /// As [`Service::task_list`].
    pub async fn sorted_tasks(
        &self,
        query: &ListQuery,
        now: Micros,
    ) -> Result<(Vec<Record>, Option<String>), ServiceError> {
        let asked = Asked::new(LIST, &TASK_SORTS, query)?;
        check_fields(LIST, &query.filter, RecordFilter::fields(Dataset::Tasks))?;
        let scope = self.scope(&asked.page(figures_filter(&query.filter)), now).await?;
        let (found, last) = self.find_tasks(&asked, scope.range).await?;
        let next = asked.next(LIST, scope.range, last);
        Ok((found.into_iter().map(|row| row.record).collect(), next))
    }

    /// The rows of a page, and the place of its last one when more follow.
    async fn find_tasks(&self, asked: &Asked, range: TimeRange) -> Result<(Vec<Row>, Option<SortPlace>), StoreError> {
        let mut request = request(&asked.query, range);
        request.limit += 1; // one more tells whether a page follows
        let mut found = match task_sort(asked.sort) {
            Some(sort) => self.store().sorted_tasks(&request, sort, asked.after()).await?,
            None => {
                // The place in the order of time: its key is the time.
                request.after = asked.after().map(|place| Cursor { time: time_of(place), row: place.row });
                let rows = self.store().page(Dataset::Tasks, &request).await?;
                rows.into_iter().map(|row| (place_of(&row), row)).collect()
            }
        };
        let more = found.len() > asked.query.limit as usize;
        found.truncate(asked.query.limit as usize);
        let last = found.last().filter(|_| more).map(|(place, _)| place.clone());
        Ok((found.into_iter().map(|(_, row)| row).collect(), last))
    }

    /// From rollups where they know, else by counting, which stops when there are too many to tell.
    async fn count(&self, mut reading: Reading, request: &PageRequest) -> Result<Total, StoreError> {
        let Some(cut) = reading.cut else { return Ok(Total::Exact(0)) };
        let range = request.range;
        if request.filter.task_id.is_none() && cut.rollups() != Rollups::None {
            return Ok(total(reading.sum(range).await?.tasks));
        }
        if let (None, true, Some(data)) = (&request.filter.task_id, cut.has_usage(), reading.task_range()) {
            let usage = reading.snapshot.usage(&pieces(widen(range, data), Tier::Day, None), &cut).await?;
            return Ok(total(usage.iter().map(|part| part.tasks).sum()));
        }
        reading.close();
        Ok(total(self.store().count_tasks(request, Total::COUNTED_MAX + 1).await?))
    }
}

/// A list's question as the store is asked.
fn request(query: &ListQuery, range: TimeRange) -> PageRequest {
    PageRequest { range, filter: query.filter.clone(), order: query.order, after: None, limit: query.limit }
}

fn task_sort(sort: &str) -> Option<TaskSort> {
    Some(match sort {
        "duration_ms" => TaskSort::Duration,
        "tokens_used" => TaskSort::Tokens,
        "files_changed" => TaskSort::Files,
        "agent_id" => TaskSort::Agent,
        "swarm_id" => TaskSort::Swarm,
        "project" => TaskSort::Project,
        "model" => TaskSort::Model,
        "result" => TaskSort::Result,
        _ => return None, // the time
    })
}

fn place_of(row: &Row) -> SortPlace {
    SortPlace { key: Some(crate::store::page_sorted::SortKey::Int(row.time.0)), row: row.id }
}

fn time_of(place: &SortPlace) -> Micros {
    match place.key {
        Some(crate::store::page_sorted::SortKey::Int(time)) => Micros(time),
        _ => Micros(0), // a cursor of our own always has one
    }
}

/// Records as rows of a table.
async fn rows(reading: &mut Reading, found: impl Iterator<Item = Row>) -> Result<Vec<TaskRow>, StoreError> {
    let mut rows: Vec<TaskRow> = found.filter_map(row).collect();
    let mut agents: Vec<String> = rows.iter().map(|row| row.agent_id.clone()).collect();
    agents.sort_unstable();
    agents.dedup();
    let kinds = reading.snapshot.agent_types(&agents).await?;
    for row in &mut rows {
        row.agent_type = kinds.get(&row.agent_id).cloned();
    }
    Ok(rows)
}

fn row(row: Row) -> Option<TaskRow> {
    let Record::Task(task) = row.record else { return None };
    Some(TaskRow {
        row: row.id,
        task_id: task.task_id.into(),
        timestamp: task.timestamp,
        agent_id: task.agent_id.into(),
        agent_type: None,
        swarm_id: task.swarm_id.map(Into::into),
        project: task.project,
        model: task.model,
        result: task.result.map(|result| result.as_str().to_owned()),
        duration_ms: task.duration_ms,
        tokens_used: task.tokens_used,
        files_changed: task.files_changed,
    })
}
