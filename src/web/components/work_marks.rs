//! Tasks, lives and heartbeats as marks of lanes, with what each says and where it leads.

use crate::model::overview::LifeRow;
use crate::model::work::{AgentSteps, TaskSpan, WorkSteps};
use crate::model::{Micros, TimeRange};
use crate::web::charts::lanes::tracks;
use crate::web::charts::timeline::result_ink;
use crate::web::charts::{Ink, Mark};
use crate::web::format;
use crate::web::view_state::{ViewState, encode};

use super::ids::{short_id, task_href};

/// Tasks one by one within `band` of a lane, stacked where they overlap.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
pub fn each(tasks: &[&TaskSpan], band: (f64, f64), now: Micros) -> Vec<Mark> {
    let spans: Vec<(i64, i64)> = tasks.iter().map(|task| span(task)).collect();
    let (rows, count) = tracks(&spans);
    let height = (band.1 - band.0) / count as f64;
    let marks = tasks.iter().zip(spans).zip(rows).map(|((task, span), row)| {
        let top = band.0 + row as f64 * height;
        let ink = task.result.as_deref().map_or(Ink::Cancelled, result_ink);
        // Stacked rows are told apart by a line of ground.
        let foot = if count > 1 { top + height * 0.86 } else { top + height };
        Mark::new(span, (top, foot), ink)
            .says([
                format!("{} · {}", short_id(&task.task_id), task.result.as_deref().unwrap_or("no result recorded")),
                took(task, now),
                short_id(&task.agent_id),
            ])
            .leads_to(task_href(&task.task_id, task.timestamp))
    });
    marks.collect()
}

/// Start and end of a task, epoch milliseconds.
fn span(task: &TaskSpan) -> (i64, i64) {
    let end = task.timestamp.millis();
    (start(task).map_or(end, Micros::millis), end)
}

/// When a task started; `None` when its duration was not recorded.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "saturates; durations are far smaller")]
pub fn start(task: &TaskSpan) -> Option<Micros> {
    task.duration_ms.map(|ms| Micros(task.timestamp.0.saturating_sub((ms * 1000.0) as i64)))
}

fn took(task: &TaskSpan, now: Micros) -> String {
    let end = format::moment(task.timestamp, now);
    match task.duration_ms {
        Some(ms) => format!("{}, ended {end}\u{a0}UTC", format::duration(ms)),
        None => format!("duration not recorded, ended {end}\u{a0}UTC"),
    }
}

/// What columns of counts need to know about their lane.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// The steps.
    pub steps: &'a WorkSteps,
    /// Tasks of a step that fill the band.
    pub highest: u64,
    /// Upper and lower edge in the lane.
    pub band: (f64, f64),
    /// The whole axis.
    pub range: TimeRange,
}

/// The most tasks any agent ended in one step; at least 1.
#[must_use]
pub fn highest(steps: &WorkSteps) -> u64 {
    steps.agents.iter().flat_map(|agent| &agent.tasks).copied().max().unwrap_or(0).max(1)
}

/// Tasks counted in steps: little columns, what did not succeed on top of what did.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn columns(agent: &AgentSteps, of: Columns<'_>, state: &ViewState) -> Vec<Mark> {
    let mut marks = Vec::new();
    let height = of.band.1 - of.band.0;
    for (place, start) in of.steps.time.iter().enumerate() {
        let at = |column: &[u64]| column.get(place).copied().unwrap_or(0);
        let (tasks, rated, success) = (at(&agent.tasks), at(&agent.rated), at(&agent.success));
        if tasks == 0 {
            continue;
        }
        let span = (*start, start.saturating_add(of.steps.step_ms));
        let share = |n: u64| height * n as f64 / of.highest as f64;
        let failed = rated.saturating_sub(success);
        // However few failed among however many, they are seen.
        let red = if failed == 0 { 0.0 } else { share(failed).max(height * 0.12) };
        let whole = share(tasks).max(red).max(height * 0.12);
        let foot = of.band.1;
        if tasks > failed {
            let ink = if success > 0 { Ink::Success } else { Ink::Cancelled };
            marks.push(Mark::new(span, (foot - whole + red, foot), ink));
        }
        if failed > 0 {
            marks.push(Mark::new(span, (foot - whole, foot - whole + red), Ink::Failure));
        }
        let words = [
            format!("{} tasks · {failed} did not succeed", format::count(tasks).exact),
            format::bucket(span.0, of.steps.step_ms),
            short_id(&agent.agent_id),
        ];
        // Pointed at anywhere in the lane, the step answers, however low its column is.
        let hit = Mark::new(span, (0.0, 1.0), Ink::Card).pale(0.0).says(words);
        marks.push(hit.leads_to(tasks_href(&agent.agent_id, span, of.range, state)));
    }
    marks
}

/// The list of an agent's tasks that ended in a stretch of the axis.
fn tasks_href(agent_id: &str, (from, until): (i64, i64), range: TimeRange, state: &ViewState) -> String {
    let (from, until) = (Micros::from_millis(from).max(range.from), Micros::from_millis(until).min(range.until));
    let list = ViewState { filter: state.filter.clone(), ..ViewState::default() };
    let list = list.with_range(&from.to_rfc3339(), &until.to_rfc3339());
    format!("/tasks{}", list.with_filter("agent_id", Some(agent_id.to_owned())).query())
}

/// The list of tasks of an agent or a swarm in the range of `state`: `field` is `agent_id` or `swarm_id`.
#[must_use]
pub fn list_href(section: &str, field: &str, id: &str, state: &ViewState) -> String {
    let list = ViewState { range: state.range.clone(), ..ViewState::default() };
    let query = list.query();
    let sign = if query.is_empty() { '?' } else { '&' };
    format!("/{section}{query}{sign}{field}={}", encode(id))
}

/// The lives of one agent as a thin line within `band`, each with its end.
#[must_use]
pub fn lives(lives: &[LifeRow], band: (f64, f64), now: Micros) -> Vec<Mark> {
    let mut marks = Vec::new();
    for life in lives {
        let end = life.complete_time.unwrap_or(now).max(life.spawn_time);
        let ink = match life.status.as_str() {
            "error" => Ink::Failure,
            "running" => Ink::Accent,
            _ => Ink::Cancelled,
        };
        let mut words =
            vec![format!("life · {}", life.status), format!("since {}\u{a0}UTC", format::moment(life.spawn_time, now))];
        if let Some(end) = life.complete_time {
            words.push(format!("ended {}\u{a0}UTC", format::moment(end, now)));
        }
        words.extend(life.duration_ms.map(|ms| format!("lived {}", format::duration(ms))));
        marks.push(Mark::new((life.spawn_time.millis(), end.millis()), band, ink).says(words));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str, end_ms: i64, duration_ms: Option<f64>, result: &str) -> TaskSpan {
        TaskSpan {
            task_id: id.into(),
            agent_id: "a".into(),
            timestamp: Micros::from_millis(end_ms),
            duration_ms,
            result: Some(result.into()),
        }
    }

    #[test]
    fn tasks_at_the_same_time_stand_above_each_other_and_others_do_not() {
        let tasks = [
            task("one", 10_000, Some(5_000.0), "success"),
            task("two", 12_000, Some(5_000.0), "failure"),
            task("three", 20_000, Some(1_000.0), "timeout"),
        ];
        let marks = each(&tasks.iter().collect::<Vec<_>>(), (0.0, 1.0), Micros(0));
        assert_eq!((marks[0].from_ms, marks[0].until_ms), (5_000, 10_000));
        assert_eq!(marks[0].band.0, marks[2].band.0);
        assert!(marks[1].band.0 >= marks[0].band.1, "{:?} {:?}", marks[0].band, marks[1].band);
        assert_eq!([marks[0].ink, marks[1].ink, marks[2].ink], [Ink::Success, Ink::Failure, Ink::Timeout]);
        assert_eq!(marks[1].href.as_deref(), Some("/tasks/two?at=1970-01-01T00%3A00%3A12Z"));
    }

    #[test]
    fn a_task_without_a_duration_is_an_instant_and_says_so() {
        let task = task("one", 10_000, None, "success");
        let marks = each(&[&task], (0.0, 1.0), Micros(0));
        assert_eq!((marks[0].from_ms, marks[0].until_ms), (10_000, 10_000));
        assert!(marks[0].words[1].starts_with("duration not recorded"));
    }

    #[test]
    fn one_failure_among_a_thousand_is_seen_and_a_column_leads_to_its_tasks() {
        let agent =
            AgentSteps { agent_id: "a/b".into(), tasks: vec![0, 1000], rated: vec![0, 1000], success: vec![0, 999] };
        let steps = WorkSteps { step_ms: 60_000, time: vec![0, 60_000], agents: vec![agent.clone()] };
        let range = TimeRange { from: Micros(0), until: Micros::from_millis(90_000) };
        let of = Columns { steps: &steps, highest: highest(&steps), band: (0.0, 1.0), range };
        let marks = columns(&agent, of, &ViewState::parse("?from=all&model=m"));
        let red: Vec<&Mark> = marks.iter().filter(|mark| mark.ink == Ink::Failure).collect();
        assert!(red.len() == 1 && red[0].band.1 - red[0].band.0 >= 0.1);
        let said: Vec<&Mark> = marks.iter().filter(|mark| !mark.words.is_empty()).collect();
        assert_eq!(said.len(), 1, "an empty step says nothing");
        assert_eq!(said[0].words[0], "1,000 tasks · 1 did not succeed");
        assert_eq!(
            said[0].href.as_deref(),
            Some("/tasks?from=1970-01-01T00%3A01%3A00Z&to=1970-01-01T00%3A01%3A30Z&agent_id=a%2Fb&model=m")
        );
    }

    #[test]
    fn lists_keep_the_range_and_carry_any_id() {
        let state = ViewState::parse("?from=now-7d&hide=a.b");
        assert_eq!(list_href("tasks", "swarm_id", "a&b", &state), "/tasks?from=now-7d&swarm_id=a%26b");
        assert_eq!(list_href("tasks", "agent_id", "x", &ViewState::default()), "/tasks?agent_id=x");
    }
}
