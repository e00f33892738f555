//! One pattern: every occurrence, over time and week against week, and the rows of those that are shown.

use std::sync::Arc;

use super::desk::Found;
use crate::analytics::grid::Grid;
use crate::analytics::patterns::conditions::CONDITIONS;
use crate::analytics::patterns::{Occurrences, occurrences};
use crate::model::answer::Rate;
use crate::model::pattern::{
    Evidence, FailedTask, Occurrence, OccurrenceCounts, OccurrenceRow, Pattern, PatternDetail, Scope, WeekFigures,
};
use crate::model::time::{DAY, SECOND};
use crate::model::{Micros, Problem, ProblemKind, RecordFilter, TimeRange};
use crate::service::ServiceError;
use crate::store::Store;
use crate::store::read::Snapshot;

const WEEK: i64 = 7 * DAY;
/// The conditions that are failed tasks.
const FAILED: [&str; 2] = ["task_failed", "task_timeout"];

pub(super) async fn detail(
    store: &Store,
    pattern: Pattern,
    found: Arc<Found>,
    skip: u64,
) -> Result<PatternDetail, ServiceError> {
    let first = usize::try_from(skip).unwrap_or(usize::MAX);
    let of = (pattern.clone(), Arc::clone(&found));
    let work = tokio::task::spawn_blocking(move || {
        let (pattern, found) = of;
        let all = occurrences(&found.log, &pattern, &found.learning.settings, &found.zone);
        let listed = all.newest(&found.log, first, PatternDetail::OCCURRENCES_LISTED);
        (all, listed)
    });
    let broken = |_| Problem::new(ProblemKind::Internal, "finding occurrences broke off; the log says why");
    let (all, listed) = work.await.map_err(broken)?;
    let mut snapshot = store.snapshot().await?;
    let mut rows = Vec::with_capacity(listed.len());
    for occurrence in listed {
        rows.push(row(&mut snapshot, &pattern, occurrence).await?);
    }
    let end = found.learning.until.map_or(found.learning.learned_at, |until| Micros(until.0.saturating_add(1)));
    let week = |ago: i64| week(&all, &found, Micros(end.0 - (ago + 1) * WEEK), Micros(end.0 - ago * WEEK));
    Ok(PatternDetail {
        appeared: None,
        faded: None,
        changes: Vec::new(),
        occurrences: rows,
        skip,
        occurrence_count: all.len() as u64,
        timeline: timeline(&all, end),
        this_week: week(0),
        last_week: week(1),
        pattern,
    })
}

fn week(all: &Occurrences, found: &Found, from: Micros, until: Micros) -> WeekFigures {
    let occurrences = all.count_in(from, until);
    let begins = if found.learning.limited { found.learning.from } else { Some(found.touches.from) };
    WeekFigures {
        from,
        until,
        occurrences,
        support: all.trials_in(from, until).and_then(|trials| Rate::new(occurrences, trials)),
        complete: begins.is_some_and(|begins| begins <= from),
    }
}

/// From the first occurrence to the end of what was looked at.
fn timeline(all: &Occurrences, end: Micros) -> Option<OccurrenceCounts> {
    let first = all.begins().next()?;
    let grid = Grid::over(TimeRange { from: first, until: end }, SECOND);
    let mut counts = vec![0; grid.slots];
    for begin in all.begins() {
        if let Some(count) = grid.slot(begin).and_then(|slot| counts.get_mut(slot)) {
            *count += 1;
        }
    }
    Some(OccurrenceCounts {
        step_ms: grid.step / 1000,
        time: (0..grid.slots).map(|slot| grid.slot_start(slot).millis()).collect(),
        end: grid.slot_start(grid.slots).millis(),
        counts,
    })
}

/// The records of one occurrence.
async fn row(
    snapshot: &mut Snapshot,
    pattern: &Pattern,
    occurrence: Occurrence,
) -> Result<OccurrenceRow, ServiceError> {
    let range = TimeRange { from: occurrence.from, until: Micros(occurrence.until.0.saturating_add(1)) };
    let of_swarm = matches!(
        &pattern.metadata,
        Evidence::Sequence(of) if of.scope == Scope::Swarm
    ) || matches!(&pattern.metadata, Evidence::Correlation(of) if of.scope == Scope::Swarm)
        || matches!(&pattern.metadata, Evidence::Precursor(of) if of.scope == Scope::Swarm);
    let filter = if of_swarm {
        RecordFilter { swarm_id: occurrence.swarm_id.clone(), ..RecordFilter::default() }
    } else {
        RecordFilter { agent_id: occurrence.agent_id.clone(), ..RecordFilter::default() }
    };
    let Some(cut) = snapshot.cut(&filter).await? else {
        return Ok(OccurrenceRow { occurrence, events: Vec::new(), tasks: Vec::new() });
    };
    let mut types: Vec<&str> = pattern.events.iter().map(String::as_str).collect();
    types.sort_unstable();
    types.dedup();
    let events = snapshot.events_of_types(range, &cut, &types, PatternDetail::EVENTS_LISTED).await?;
    let mut tasks = Vec::new();
    if types.iter().any(|kind| FAILED.contains(kind)) && types.iter().any(|kind| CONDITIONS.contains(kind)) {
        let newest = snapshot.newest_failures(range, &cut, PatternDetail::EVENTS_LISTED).await?;
        for task in snapshot.tasks(&newest).await? {
            tasks.push(FailedTask {
                task_id: task.row.task_id,
                timestamp: task.row.timestamp,
                agent_id: task.row.agent_id,
                result: task.row.result,
            });
        }
        tasks.reverse();
    }
    Ok(OccurrenceRow { occurrence, events, tasks })
}
