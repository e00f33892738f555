//! Agents that fall silent: they hang, and nobody says so. Their last life goes on, for all the registry knows.

use crate::model::time::HOUR;
use crate::model::{AgentStatus, Micros, Record};

use super::time_of;
use super::truths::SILENT;

/// Takes away what `agent` would have left after it fell silent, if it is one that does. Its records are those from
/// `first` on.
pub fn fall_silent(agent: &str, end: Micros, first: usize, records: &mut Vec<Record>) {
    let Some(silent) = SILENT.iter().find(|silent| silent.agent == agent) else { return };
    let since = Micros(end.0 - (silent.hours * HOUR as f64) as i64);
    let own = records.split_off(first);
    records.extend(own.into_iter().filter(|record| time_of(record) < since).map(|record| match record {
        Record::Agent(mut life) if life.complete_time.is_some_and(|over| over >= since) => {
            life.status = AgentStatus::Running;
            (life.complete_time, life.duration_ms) = (None, None);
            Record::Agent(life)
        }
        other => other,
    }));
}
