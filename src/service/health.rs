//! Is the service able to work?

use super::Service;
use crate::model::Dataset;
use crate::model::filter::{Order, PageRequest, RecordFilter};
use crate::model::time::TimeRange;

/// The name of a check, and what is wrong.
pub type Check = (&'static str, Result<(), String>);

impl Service {
    /// What must hold before requests are sent here.
    pub async fn readiness(&self) -> Vec<Check> {
        let gauge = self.store().gauge();
        let writing = if gauge.stopped {
            Err("writing stopped after the disk failed to keep a write; check the disk, then start again".into())
        } else {
            Ok(())
        };
        let room = if gauge.queued_records < gauge.queue_limit {
            Ok(())
        } else {
            Err(format!("{} records wait, no more fit", gauge.queued_records))
        };
        vec![("store-readable", self.store_readable().await), ("store-writing", writing), ("queue-room", room)]
    }

    async fn store_readable(&self) -> Result<(), String> {
        let request = PageRequest {
            range: TimeRange::ALL,
            filter: RecordFilter::default(),
            order: Order::Desc,
            after: None,
            limit: 1,
        };
        self.store().page(Dataset::Tasks, &request).await.map(drop).map_err(|error| error.to_string())
    }
}
