//! Who owns what: resumed and forked sessions copy earlier lines into new files, ids included.
//!
//! A message, call or run belongs to the session that claims it first. What the store already holds
//! was claimed by an earlier import and stays where it is. Not here: in which order sessions ask
//! (`order`), and finding what the store holds (`service::import`).

use std::collections::{HashMap, HashSet};

use super::key;
use super::session::{Answer, Kind, Session, Tail, Thread};

/// What is claimed so far.
#[derive(Debug, Default)]
pub struct Claims {
    taken: HashSet<u64>,
    stored: HashMap<u64, Box<str>>,
}

/// Which parts of a session are its own, by index into the session's lists.
#[derive(Debug, Default)]
pub struct Owned {
    /// Of [`Session::requests`].
    pub requests: Vec<bool>,
    /// Of [`Session::calls`].
    pub calls: Vec<bool>,
    /// Of [`Session::threads`]; the main thread always is.
    pub threads: Vec<bool>,
    /// Of [`Session::retries`].
    pub retries: Vec<bool>,
    /// Of [`Session::compactions`].
    pub compactions: Vec<bool>,
    /// Of the turns that nothing answered, those whose prompt is its own: (thread, turn).
    pub bare_turns: HashSet<(usize, usize)>,
    /// Errors whose call is not in the session, and which are its own, in order of their ids.
    pub unmatched_errors: Vec<Box<str>>,
}

impl Claims {
    /// Notes that `session` holds `claim` in the store.
    pub fn hold(&mut self, session: &str, claim: u64) {
        self.stored.entry(claim).or_insert_with(|| session.into());
    }

    fn take(&mut self, session: &str, claim: u64) -> bool {
        match self.stored.get(&claim) {
            Some(holder) => &**holder == session,
            None => self.taken.insert(claim),
        }
    }

    /// Lets `session` claim all it holds. Each session asks once.
    pub fn divide(&mut self, session: &Session) -> Owned {
        let id = session.id.as_str();
        let requests: Vec<bool> = session.requests.iter().map(|request| self.take(id, request.key)).collect();
        let calls = session.calls.iter().map(|call| {
            // A call goes with its message; the claim keeps one that strayed into two messages single.
            requests.get(call.request) == Some(&true) && self.take(id, key::short(&["call", &call.id]))
        });
        let calls = calls.collect();
        let mut threads = Vec::with_capacity(session.threads.len());
        for (index, thread) in session.threads.iter().enumerate() {
            threads.push(thread.agent.is_none() || self.owns_agent(session, index, thread, &requests));
        }
        let mut seen: HashSet<(usize, usize)> = HashSet::new();
        seen.extend(session.requests.iter().filter(|request| request.kind != Kind::Local).map(|request| request.turn));
        let mut bare_turns = HashSet::new();
        for (t, thread) in session.threads.iter().enumerate() {
            for (index, turn) in thread.turns.iter().enumerate() {
                // Copies keep the time and not always the uuid.
                let when = turn.began.map_or_else(|| turn.id.to_string(), |at| at.0.to_string());
                let bare = turn.tail == Tail::Nothing && !seen.contains(&(t, index));
                if bare && self.take(id, key::short(&["prompt", &when])) {
                    bare_turns.insert((t, index));
                }
            }
        }
        let known: HashSet<&str> = session.calls.iter().map(|call| &*call.id).collect();
        let mut unmatched: Vec<_> =
            session.answers.iter().filter(|(_, answer)| answer.error).map(|(id, _)| id).collect();
        unmatched.retain(|call| !known.contains(&***call));
        unmatched.sort_unstable();
        unmatched.retain(|call| self.take(id, key::short(&["answer", call])));
        Owned {
            unmatched_errors: unmatched.into_iter().cloned().collect(),
            retries: session.retries.iter().map(|retry| self.take(id, retry.key)).collect(),
            compactions: session.compactions.iter().map(|compaction| self.take(id, compaction.key)).collect(),
            requests,
            calls,
            threads,
            bare_turns,
        }
    }

    fn owns_agent(&mut self, session: &Session, index: usize, thread: &Thread, requests: &[bool]) -> bool {
        let mut claimed = false;
        for launch in &thread.launches {
            claimed |= self.take(&session.id, launch_claim(&launch.call));
        }
        let mut any = false;
        for (request, own) in session.requests.iter().zip(requests).filter(|(request, _)| request.turn.0 == index) {
            if *own && request.kind != Kind::Local {
                return true;
            }
            any = true;
        }
        // Without requests the start decides; without a start, being there does.
        !any && (claimed || thread.launches.is_empty())
    }
}

/// Stands for the start of a sub-agent by `call`.
#[must_use]
pub fn launch_claim(call: &str) -> u64 {
    key::short(&["launch", call])
}

/// The order in which the sessions of a project ask, as indices: a session after those it names (they
/// are where its copied lines come from), otherwise by their last time, then by id. A copy whose lines
/// were re-labelled ends later than its original, so it comes later too.
#[must_use]
pub fn order(sessions: &[Session]) -> Vec<usize> {
    let mut by_time: Vec<usize> = (0..sessions.len()).collect();
    by_time.sort_by(|&a, &b| (sessions[a].last, &sessions[a].id).cmp(&(sessions[b].last, &sessions[b].id)));
    let named: HashMap<&str, usize> = sessions.iter().enumerate().map(|(index, s)| (s.id.as_str(), index)).collect();
    let mut order = Vec::with_capacity(sessions.len());
    let mut entered = vec![false; sessions.len()];
    for &start in &by_time {
        // Depth first without recursion; a cycle ends where it was entered.
        let mut path = vec![(start, false)];
        while let Some((index, done)) = path.pop() {
            if done {
                order.push(index);
            } else if !std::mem::replace(&mut entered[index], true) {
                path.push((index, true));
                let before = sessions[index].foreign.iter().rev().filter_map(|id| named.get(id.as_str()));
                path.extend(before.filter(|&&other| !entered[other]).map(|&other| (other, false)));
            }
        }
    }
    order
}

/// Gives calls that lack an answer the answer a copy of them has: a fork can outlive its original.
pub fn share_answers(sessions: &mut [Session]) {
    let mut missing: HashSet<Box<str>> = HashSet::new();
    for session in sessions.iter() {
        missing.extend(session.calls.iter().filter(|c| !session.answers.contains_key(&c.id)).map(|c| c.id.clone()));
    }
    let mut answers: HashMap<Box<str>, Answer> = HashMap::new();
    for session in sessions.iter() {
        for (call, answer) in &session.answers {
            if missing.contains(call) {
                answers.entry(call.clone()).or_insert_with(|| answer.clone());
            }
        }
    }
    if answers.is_empty() {
        return;
    }
    for session in sessions.iter_mut() {
        let lacking: Vec<_> =
            session.calls.iter().filter(|c| !session.answers.contains_key(&c.id)).map(|c| c.id.clone()).collect();
        for call in lacking {
            if let Some(answer) = answers.get(&call) {
                session.answers.insert(call, Answer { shared: true, ..answer.clone() });
            }
        }
    }
}
