//! Questions for records: what may be asked of which dataset, and one page of an answer.
//!
//! Routes, pages and the command line read their filters and ranges here, so that a parameter means
//! the same everywhere. Aggregates are in `insight`, whole datasets in `export`.

use super::{Service, ServiceError};
use crate::model::filter::PageRequest;
use crate::model::record::metric_type_name;
use crate::model::time::TimeRange;
use crate::model::{Dataset, Micros, Problem, RangeSpec, RecordFilter};
use crate::store::Row;

/// The filter that `pairs` of field and value ask for.
///
/// # Errors
/// [`Problem`] for a field that records of `dataset` do not have, an empty value, or a value that no
/// such field can have.
pub fn filter_from<'a>(
    dataset: Dataset,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<RecordFilter, Problem> {
    let fields = RecordFilter::fields(dataset);
    let mut filter = RecordFilter::default();
    for (field, value) in pairs {
        let place = filter.field_mut(field).filter(|_| fields.contains(&field)).ok_or_else(|| {
            Problem::bad_request(format!("{} have no filter `{field}`; known: {}", dataset.as_str(), fields.join(", ")))
        })?;
        if value.is_empty() {
            return Err(Problem::bad_request(format!("filter `{field}` is empty; leave it out to see all")));
        }
        if field == "success" && !matches!(value, "true" | "false") {
            return Err(Problem::bad_request(format!("`success={value}`: write true or false")));
        }
        *place = Some(if field == "metric_type" { metric_type_name(value) } else { value }.to_owned());
    }
    Ok(filter)
}

/// The range that `from` and `to` ask for; an end that is not given is open.
///
/// # Errors
/// [`Problem`] when one is unreadable, or nothing lies between them.
pub fn range_from(from: Option<&str>, to: Option<&str>, now: Micros) -> Result<TimeRange, Problem> {
    let read = |name: &str, text: Option<&str>, open: Micros| match text {
        None => Ok(open),
        Some(RangeSpec::ALL) if name == "from" => Ok(open),
        Some(text) => {
            Micros::parse_expression(text, now).map_err(|error| Problem::bad_request(format!("`{name}`: {error}")))
        }
    };
    let from = read("from", from, TimeRange::ALL.from)?;
    let until = read("to", to, TimeRange::ALL.until)?;
    TimeRange::new(from, until).map_err(|error| Problem::bad_request(error.to_string()))
}

impl Service {
    /// One page of `dataset`.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when reading fails.
    pub async fn list(&self, dataset: Dataset, request: &PageRequest) -> Result<Vec<Row>, ServiceError> {
        Ok(self.store().page(dataset, request).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_a_dataset_has_not_is_refused_with_those_it_has() {
        let problem = filter_from(Dataset::Healings, [("task_id", "t")]).expect_err("healings have no task");
        assert_eq!(
            problem.detail,
            "healings have no filter `task_id`; known: strategy, failure_type, success, agent_id, project"
        );
        assert!(filter_from(Dataset::Tasks, [("agent_id", "")]).is_err());
        assert!(filter_from(Dataset::Healings, [("success", "yes")]).is_err());
    }

    #[test]
    fn a_metric_type_is_found_with_and_without_its_prefix() {
        let filter = filter_from(Dataset::AgentMetrics, [("metric_type", "agent_success_rate")]).expect("known");
        assert_eq!(filter.metric_type.as_deref(), Some("success_rate"));
    }

    #[test]
    fn an_end_that_is_not_given_is_open() {
        let now = Micros(10_000_000);
        assert_eq!(range_from(None, None, now), Ok(TimeRange::ALL));
        assert_eq!(range_from(Some("all"), None, now), Ok(TimeRange::ALL));
        let range = range_from(Some("now-4s"), None, now).expect("readable");
        assert_eq!((range.from, range.until), (Micros(6_000_000), Micros(i64::MAX)));
        assert!(range_from(Some("now"), Some("now"), now).is_err());
        assert!(range_from(Some("then"), None, now).expect_err("unreadable").detail.starts_with("`from`: `then`"));
    }
}
