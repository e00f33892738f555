//! What a rule would have done: the same look, at one past instant after the other.

use crate::alerts::Replay;
use crate::model::alert::{DryRun, DryRunQuery, Span};
use crate::model::time::SECOND;
use crate::model::{Micros, Problem, TimeRange};
use crate::service::{Service, ServiceError};

impl Service {
    /// Looks at the past as the server would have: every interval, or as often as [`DryRun::LOOKS_MAX`] allows. It
    /// sees all records of that time, also those that arrived later.
    ///
    /// # Errors
    /// A [`Problem`] when the rule cannot be meant, the range is unreadable, or too many agents would have to be looked
    /// at; [`ServiceError::Store`].
    pub async fn dry_run(&self, query: DryRunQuery, now: Micros) -> Result<DryRun, ServiceError> {
        let range = query.range();
        let rule = query.rule.check().map_err(|error| Problem::bad_request(error.to_string()))?;
        let bounds = if range.is_all() { self.store().snapshot().await?.bounds().await? } else { None };
        let range = range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?;
        let until = range.until.min(now);
        if range.from >= until {
            return Err(Problem::bad_request("the range lies in the future; a dry run is about the past").into());
        }
        let interval = self.settings().alerts.interval.as_seconds().max(1);
        let length = until.0 - range.from.0;
        let looks = self.looks_affordable(&rule, DryRun::LOOKS_MAX, now).await?;
        let step = (length / looks / SECOND + 1).max(i64::from(interval)) * SECOND;
        let past = self.past(&rule, TimeRange { from: range.from, until }, now).await?;
        let mut replay = Replay::new(rule.clone());
        // The last look is at the end, so that a replay up to now sees what the server sees now.
        let first = until.0 - length / step * step;
        for at in (first..=until.0).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let reading = self.read_past(&rule, &past, Micros(at)).await?;
            replay.look(reading, Micros(at));
        }
        let (looks, looks_without_data) = (replay.looks, replay.looks_without_data);
        let mut firings = replay.into_firings();
        let fired = firings.len() as u64;
        firings.drain(..firings.len().saturating_sub(DryRun::LISTED));
        let step_seconds = u32::try_from(step / SECOND).unwrap_or(u32::MAX);
        let length = Span::seconds(u32::try_from(length / SECOND).unwrap_or(u32::MAX));
        let summary = match fired {
            _ if looks == looks_without_data => format!("not enough data in {length} to say anything"),
            1 => format!("would have fired once in {length}"),
            _ => format!("would have fired {fired} times in {length}"),
        };
        Ok(DryRun {
            now,
            from: range.from,
            until,
            step_seconds,
            looks,
            looks_without_data,
            fired,
            firings,
            summary,
            note: past.note(),
        })
    }
}
