//! What a rule would have done: the same look, at one past instant after the other.

use super::read::Memo;
use crate::alerts::Replay;
use crate::model::alert::{Condition, DryRun, DryRunQuery, Kind, RuleSpec, Span};
use crate::model::time::SECOND;
use crate::model::{Micros, Problem};
use crate::service::{Service, ServiceError};

impl Service {
    /// Looks at the past as the server would have: every interval, or as often as [`DryRun::LOOKS_MAX`] allows. It
    /// sees all records of that time, also those that arrived later.
    ///
    /// # Errors
    /// A [`Problem`] when the rule cannot be meant, the range is unreadable, or what the rule asks for is known of the
    /// present only; [`ServiceError::Store`].
    pub async fn dry_run(&self, query: DryRunQuery, now: Micros) -> Result<DryRun, ServiceError> {
        let range = query.range();
        let rule = query.rule.check().map_err(|error| Problem::bad_request(error.to_string()))?;
        if matches!(rule.condition, Condition::Trend(_) | Condition::AgentStale(_) | Condition::Pattern(_)) {
            let kind = RuleSpec::from(rule).kind;
            return Err(no_history(kind).into());
        }
        let bounds = if range.is_all() { self.store().snapshot().await?.bounds().await? } else { None };
        let range = range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?;
        let until = range.until.min(now);
        if range.from >= until {
            return Err(Problem::bad_request("the range lies in the future; a dry run is about the past").into());
        }
        let interval = self.settings().alerts.interval.as_seconds().max(1);
        let length = until.0 - range.from.0;
        let step = (length / DryRun::LOOKS_MAX / SECOND + 1).max(i64::from(interval)) * SECOND;
        let mut replay = Replay::new(rule.clone());
        // The last look is at the end, so that a replay up to now sees what the server sees now.
        let first = until.0 - length / step * step;
        for at in (first..=until.0).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let reading = Box::pin(self.read_rule(&rule, &mut Memo::default(), Micros(at))).await?;
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
        Ok(DryRun { now, from: range.from, until, step_seconds, looks, looks_without_data, fired, firings, summary })
    }
}

fn no_history(kind: Kind) -> Problem {
    let of = match kind {
        Kind::Trend => "trends are judged by the newest records",
        Kind::AgentStale => "who was stale at a time is not kept",
        _ => "patterns are kept as they are now",
    };
    let kind = kind.as_str();
    Problem::bad_request(format!("a rule of kind {kind} cannot be run on history: {of}; figures over records can"))
}
