//! `/explore`: an aggregate whose buckets suit its range.

use super::{Service, ServiceError};
use crate::model::aggregate::Bucket;
use crate::model::explore::{ExploreQuery, Explored};
use crate::model::overview::PageQuery;
use crate::model::{Micros, RecordFilter};

/// About how many buckets a chart can show.
const BUCKETS: i64 = 120;

impl Service {
    /// Figures over records, with what the page around them needs.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the range is unreadable, [`ServiceError::Store`] when reading fails; a
    /// question that has no answer is no error here.
    pub async fn explore(&self, explore: &ExploreQuery, now: Micros) -> Result<Explored, ServiceError> {
        let mut query = explore.query.clone();
        let page = PageQuery { range: query.range.clone(), filter: RecordFilter::default(), compare: false };
        let scope = self.scope(&page, now).await?;
        if explore.auto_bucket {
            query.bucket = Some(Bucket::fitting(scope.range, BUCKETS));
        }
        let answer = match self.aggregate(&query, now).await {
            Ok(answer) => Ok(answer),
            Err(ServiceError::Problem(problem)) => Err(problem),
            Err(error) => return Err(error),
        };
        Ok(Explored { scope, query, answer })
    }
}
