//! How a turn or a run ended, when, and how long it took.
//!
//! The rules, in order. A turn is `failure` when its last reply says that the API failed; `cancelled`
//! when a person interrupted it: there is a note that says so, or the next prompt came while a tool's
//! answer was still unanswered or missing; otherwise `success`. At the end of a transcript the same
//! open state means that the session was cut off or still works: no result, until more is imported.
//! A sub-agent's parent knows better: `completed` is `success`, an error is what the run's last line says.

use super::session::{Launch, Session, Tail, Thread, Turn};
use crate::model::{Micros, Outcome};

/// The end of a task.
#[derive(Debug, Default, PartialEq)]
pub struct Ending {
    /// How; `None` = the transcript does not show an end.
    pub result: Option<Outcome>,
    /// When; the last sign of life if there is no end.
    pub at: Option<Micros>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
}

/// What the lines of a turn alone say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Answered,
    Failed,
    Interrupted,
    Open,
}

/// Whether `turn` ends in the middle: a tool's answer is missing, or nobody answered to it.
fn shown(session: &Session, turn: &Turn) -> Shown {
    let open = match turn.tail {
        _ if turn.interrupted => return Shown::Interrupted,
        Tail::ApiError => return Shown::Failed,
        Tail::Answer { stopped: true, .. } => return Shown::Interrupted,
        Tail::Reply(request) => session.pending.contains(&request),
        Tail::Answer { .. } => !turn.closed && !turn.steered,
        Tail::Nothing => true,
    };
    match (open, turn.followed) {
        (false, _) => Shown::Answered,
        (true, true) => Shown::Interrupted,
        (true, false) => Shown::Open,
    }
}

/// The end of a turn of the main thread.
#[must_use]
pub fn of_turn(session: &Session, thread: &Thread, index: usize) -> Ending {
    let Some(turn) = thread.turns.get(index) else { return Ending::default() };
    let result = match shown(session, turn) {
        Shown::Answered => Some(Outcome::Success),
        Shown::Failed => Some(Outcome::Failure),
        Shown::Interrupted => Some(Outcome::Cancelled),
        Shown::Open => None,
    };
    Ending { result, at: turn.ended.or(turn.began), duration_ms: between(turn.began, turn.ended) }
}

/// When run number `index` of a sub-agent began, if anything says so.
#[must_use]
pub fn run_began(session: &Session, thread: &Thread, index: usize) -> Option<Micros> {
    let launch = thread.launches.get(index);
    let called = || {
        let call = launch.and_then(|launch| session.calls.iter().find(|call| call.id == launch.call));
        call.and_then(|call| call.at)
    };
    thread.turns.get(index).and_then(|turn| turn.began).or_else(called).or_else(|| launch.and_then(|l| l.at))
}

/// The end of run number `index` of a sub-agent.
#[must_use]
pub fn of_run(session: &Session, thread: &Thread, index: usize) -> Ending {
    let turn = thread.turns.get(index);
    let launch = thread.launches.get(index);
    let began = run_began(session, thread, index);
    let shown = turn.map(|turn| shown(session, turn));
    let seen = turn.and_then(|turn| turn.ended.or(turn.began));
    let noted = launch.and_then(|launch| noted(session, launch));
    let result = match (&noted, shown) {
        (_, Some(Shown::Failed)) => Some(Outcome::Failure),
        (_, Some(Shown::Interrupted)) => Some(Outcome::Cancelled),
        (Some(Noted { word: Word::Done, .. }), _) => Some(Outcome::Success),
        (Some(Noted { word: Word::Stopped, .. }), _) => Some(Outcome::Cancelled),
        (Some(Noted { word: Word::Failed, .. }), Some(Shown::Open)) => Some(Outcome::Cancelled),
        (Some(Noted { word: Word::Failed, .. }), _) => Some(Outcome::Failure),
        (None, Some(Shown::Answered)) => Some(Outcome::Success),
        (None, Some(Shown::Open) | None) => None,
    };
    let waited_for = noted.as_ref().filter(|noted| noted.waited_for);
    // A parent that waited saw the end; one that was told or asked later only knows "before now".
    let at = waited_for.and_then(|noted| noted.at).or(seen).or_else(|| noted.as_ref().and_then(|noted| noted.at));
    let reported = launch.and_then(|launch| launch.duration_ms);
    let duration_ms = match (reported, waited_for.and_then(|noted| noted.at).or(seen)) {
        (Some(reported), _) => Some(reported),
        (None, end) => between(began, end),
    };
    Ending { result, at: at.or(began), duration_ms }
}

struct Noted {
    word: Word,
    at: Option<Micros>,
    waited_for: bool,
}

#[derive(PartialEq)]
enum Word {
    Done,
    Failed,
    Stopped,
}

/// What the parent noted about the end of a run.
fn noted(session: &Session, launch: &Launch) -> Option<Noted> {
    let word = |status: &str| match status {
        "completed" | "success" => Word::Done,
        "killed" | "stopped" | "cancelled" | "canceled" | "interrupted" => Word::Stopped,
        _ => Word::Failed,
    };
    let answer = session.answers.get(&launch.call);
    match (launch.status.as_deref(), answer) {
        (Some("async_launched"), _) => {
            launch.end.as_ref().map(|(status, at)| Noted { word: word(status), at: *at, waited_for: false })
        }
        (Some(status), _) => Some(Noted { word: word(status), at: launch.at, waited_for: true }),
        (None, Some(answer)) if answer.error => Some(Noted { word: Word::Failed, at: answer.at, waited_for: true }),
        (None, _) => None,
    }
}

/// Milliseconds from `began` to `ended`; `None` when one is not known or the clock went back.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a duration stays far below 2^53 microseconds")]
pub fn between(began: Option<Micros>, ended: Option<Micros>) -> Option<f64> {
    let micros = ended?.0.checked_sub(began?.0)?;
    (micros >= 0).then_some(micros as f64 / 1000.0)
}
