//! Tells channels what became of alerts, as soon as it did, and tries again what did not arrive.
//!
//! Each channel that has something to be told is served by a task of its own, one message after the other: a receiver
//! that takes its time delays no other channel. There are as many tasks as channels at most.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::now;
use crate::service::Service;

/// How often it looks. Without news it is a look at two empty indices.
const LOOK: Duration = Duration::from_secs(1);
/// How long messages that are on their way may take to arrive when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Runs until `stop`. Messages that are being sent then have [`GRACE`] to arrive; the next server sends the others.
pub async fn run(service: Service, stop: CancellationToken) {
    let halt = CancellationToken::new();
    let mut busy: HashMap<String, JoinHandle<()>> = HashMap::new();
    let mut remind: BTreeSet<String> = BTreeSet::new();
    let mut reminded = Instant::now();
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let mut due = match service.deliveries_due(now()).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(error = %error.problem(), "could not look for what channels are to be told; trying again");
                continue;
            }
        };
        if reminded.elapsed() >= Service::REMIND {
            reminded = Instant::now();
            remind.extend(service.channels_reminded().map(str::to_owned));
        }
        due.extend(remind.iter().cloned());
        busy.retain(|_, task| !task.is_finished());
        for channel in due {
            // One that is busy is looked at again; a reminder waits for it.
            if let Entry::Vacant(free) = busy.entry(channel) {
                let channel = free.key().clone();
                let errand = Errand { remind: remind.remove(&channel), channel, service: service.clone() };
                free.insert(tokio::spawn(errand.run(stop.clone(), halt.clone())));
            }
        }
    }
    let mut last = pin!(join_all(busy.into_values()));
    if tokio::time::timeout(GRACE, &mut last).await.is_err() {
        halt.cancel();
        last.await;
    }
}

/// What one channel is to be told.
struct Errand {
    service: Service,
    channel: String,
    /// Whether it is also to be told again what fires.
    remind: bool,
}

impl Errand {
    /// Sends what is due, until nothing is or `stop`; what is on its way at `halt` is cut off.
    async fn run(self, stop: CancellationToken, halt: CancellationToken) {
        while !stop.is_cancelled() {
            match self.service.deliver_next(&self.channel, now(), halt.cancelled()).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(channel = %self.channel, error = %error.problem(), "could not tell a channel of alerts; trying again");
                    return;
                }
            }
        }
        if self.remind
            && !stop.is_cancelled()
            && let Err(error) = self.service.remind(&self.channel, now(), halt.cancelled()).await
        {
            tracing::warn!(channel = %self.channel, error = %error.problem(), "could not tell an Alertmanager again what fires");
        }
    }
}
