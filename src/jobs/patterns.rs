//! Learns patterns every `patterns.interval_seconds`, when something arrived since; while none were found yet it looks
//! every few seconds, so that what is imported first shows soon.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FIRST, now};
use crate::model::pattern::ChangeKind;
use crate::service::Service;
use crate::service::patterns::Relearned;

/// How often it looks while there are no patterns.
const NOTHING_YET: Duration = Duration::from_secs(15);

/// Runs until `stop`.
pub async fn run(service: Service, stop: CancellationToken) {
    let settings = &service.settings().patterns;
    if !settings.auto_learn {
        return;
    }
    let interval = Duration::from_secs(settings.interval_seconds.into());
    let mut pause = FIRST.min(interval);
    let mut any = false;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        // What is being learned when the server stops is left: what was kept before stays.
        let Some(learned) = stop.run_until_cancelled(service.relearn_patterns(now())).await else { return };
        match learned {
            Ok(Relearned::Unchanged) => {}
            Ok(Relearned::Learned { learning, patterns, changes }) => {
                any = patterns > 0;
                let of = |kind| changes.iter().filter(|change| change.change == kind).count();
                let (appeared, faded) = (of(ChangeKind::Appeared), of(ChangeKind::Faded));
                let strengthened = of(ChangeKind::Strengthened);
                tracing::info!(events = learning.events, patterns, appeared, strengthened, faded, "learned patterns");
            }
            Err(error) => {
                tracing::warn!(error = %error.problem(), "could not learn patterns; trying again later");
            }
        }
        pause = if any { interval } else { NOTHING_YET.min(interval) };
    }
}
