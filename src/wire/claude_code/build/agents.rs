//! The parts of a transcript that are about sub-agents: whose line it is, who started whom, who ended.

use super::super::key;
use super::super::line::{Line, Notification, Outcome};
use super::super::loose::Loose;
use super::super::session::{Launch, Place, widen};
use super::Builder;
use crate::model::Micros;

impl Builder {
    /// Names the type of a sub-agent, as a file beside its transcript says.
    pub fn agent_type(&mut self, agent: &str, kind: &str) {
        let thread = self.thread(Some(agent), Place::default());
        self.session.threads[thread].agent_type = Some(self.session.names.number(kind));
    }

    /// Whose line it is: `None` = the main thread's.
    pub(super) fn agent_of(&mut self, line: &Line<'_>) -> Option<Box<str>> {
        if let Some(agent) = &self.file_agent {
            return Some(agent.clone());
        }
        if !line.sidechain {
            return None;
        }
        if let Some(agent) = line.agent.text() {
            return Some(agent.into());
        }
        // Versions before agent ids: the chain of parents leads to the first line of the run.
        let uuid = line.uuid.text().unwrap_or_default();
        let root = line.parent.text().and_then(|parent| self.chains.get(&key::short(&[parent]))).cloned();
        let root = root.unwrap_or_else(|| uuid.into());
        self.chains.insert(key::short(&[uuid]), root.clone());
        let short: String = root.chars().take(8).collect();
        Some(format!("inline-{short}").into())
    }

    pub(super) fn relayed(
        &mut self,
        agent: Option<&str>,
        launch: &Loose<'_>,
        inner: &Line<'_>,
        at: Option<Micros>,
        place: Place,
    ) {
        // Without an agent id the call that started it names the run.
        let Some(agent) = agent.or(launch.text()) else { return };
        let thread = self.thread(Some(agent), place);
        let at = inner.at.or(at);
        self.touch(thread, at);
        widen(&mut self.session.first, &mut self.session.last, at);
        if let Some(call) = launch.text() {
            self.launch(thread, call);
        }
        self.body(thread, inner, place, Some(launch.text().unwrap_or_default()));
    }

    fn launch(&mut self, thread: usize, call: &str) -> &mut Launch {
        let launches = &mut self.session.threads[thread].launches;
        let index = launches.iter().position(|launch| &*launch.call == call).unwrap_or_else(|| {
            launches.push(Launch { call: call.into(), ..Launch::default() });
            launches.len() - 1
        });
        &mut launches[index]
    }

    /// Takes what the program noted beside the answer to `call`: a sub-agent that answered, was
    /// launched, or was asked for.
    pub(super) fn outcome(&mut self, call: Option<&str>, outcome: &Outcome<'_>, at: Option<Micros>, place: Place) {
        if let (Some(agent), Some(call)) = (outcome.agent.text(), call) {
            let agent = self.thread(Some(agent), place);
            let launch = self.launch(agent, call);
            if launch.status.is_none() {
                launch.status = outcome.status.text().map(Into::into);
                launch.at = at;
                launch.duration_ms = outcome.total_duration_ms;
                launch.last_request_tokens = outcome.last_request_tokens;
                launch.tool_calls = outcome.tool_calls;
                launch.place = place;
            }
        }
        if let Some((task, status)) = &outcome.fetched {
            let running = matches!(status.text(), None | Some("running" | "pending"));
            let task = task.text().map(str::to_owned).filter(|_| !running);
            self.notes.push((Notification { call: None, task, status: status.text().map(str::to_owned) }, at));
        }
    }

    /// Gives notes about the end of background runs to the runs, the last of those they can mean.
    pub(super) fn settle_notes(&mut self) {
        for (note, at) in std::mem::take(&mut self.notes) {
            let Some(status) = note.status.as_deref() else { continue };
            let mut ended = None;
            for thread in &mut self.session.threads {
                let by_agent = note.task.is_some() && thread.agent.as_deref() == note.task.as_deref();
                let by_call = |launch: &Launch| note.call.as_deref() == Some(&*launch.call);
                ended = thread.launches.iter_mut().rfind(|launch| by_agent || by_call(launch)).or(ended);
            }
            if let Some(launch) = ended {
                launch.end.get_or_insert((status.into(), at));
            }
        }
    }
}
