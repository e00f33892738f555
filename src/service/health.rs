//! Is the service able to work? Short looks, for probes that come every few seconds.
//!
//! Not here: the long look with figures and thresholds (`service::system`).

use std::time::Duration;

use super::Service;
use super::system::machine;
use crate::model::Dataset;
use crate::model::filter::{Order, PageRequest, RecordFilter};
use crate::model::time::TimeRange;

/// The name of a check, and what is wrong.
pub type Check = (&'static str, Result<(), String>);

/// The checks of readiness, in their order.
pub const READY_CHECKS: [&str; 6] =
    ["store-readable", "store-writing", "migrations", "queue-room", "disk-headroom", "shutdown"];

/// How long the store may take to answer a probe: readers that are all busy must not make probes pile up.
const PATIENCE: Duration = Duration::from_secs(2);

impl Service {
    /// What must hold before requests are sent here; named as [`READY_CHECKS`].
    pub async fn readiness(&self) -> Vec<Check> {
        let stopping = if self.is_draining() { Err("the server is stopping".to_owned()) } else { Ok(()) };
        let results = [
            self.store_readable().await,
            self.writing(),
            Ok(()), // a store is open only after its migrations
            self.queue_room(),
            self.disk_headroom(),
            stopping,
        ];
        READY_CHECKS.into_iter().zip(results).collect()
    }

    pub(super) async fn store_readable(&self) -> Result<(), String> {
        let request = PageRequest {
            range: TimeRange::ALL,
            filter: RecordFilter::default(),
            order: Order::Desc,
            after: None,
            limit: 1,
        };
        match tokio::time::timeout(PATIENCE, self.store().page(Dataset::Tasks, &request)).await {
            Ok(answer) => answer.map(drop).map_err(|error| error.to_string()),
            Err(_) => Err(format!("the store did not answer within {} s", PATIENCE.as_secs())),
        }
    }

    /// Whether the last attempt to write succeeded. A server tries at least once a minute.
    pub(super) fn writing(&self) -> Result<(), String> {
        let gauge = self.store().gauge();
        if gauge.stopped {
            Err("writing stopped after the disk failed to keep a write; check the disk, then start again".into())
        } else if gauge.failing {
            Err("the last write failed; the log says why".into())
        } else {
            Ok(())
        }
    }

    pub(super) fn queue_room(&self) -> Result<(), String> {
        let gauge = self.store().gauge();
        if gauge.queued_records < gauge.queue_limit {
            Ok(())
        } else {
            Err(format!("{} records wait, no more fit", gauge.queued_records))
        }
    }

    /// Whether the disk has the room that is set; a system that does not say has.
    fn disk_headroom(&self) -> Result<(), String> {
        let needed = self.settings().health.disk_free_mb_min;
        match machine::disk(self.store().path()) {
            Some(disk) if disk.free < needed << 20 => {
                Err(format!("{} MiB are free, {needed} are needed (health.disk_free_mb_min)", disk.free >> 20))
            }
            _ => Ok(()),
        }
    }
}
