//! Which session a file belongs to, by its path alone.
//!
//! ```text
//! <project>/<session>.jsonl                       the main thread
//! <project>/<session>/subagents/agent-<id>.jsonl  a sub-agent; more folders may lie in between
//! <project>/agent-<id>.jsonl                      a sub-agent of older versions; its lines name the session
//! ```

use std::path::Path;

/// What a path says about a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The name below the projects folder, with `/` between its parts: the same on every machine.
    pub name: String,
    /// The project's folder.
    pub project: String,
    /// The session; `None` = its lines say.
    pub session: Option<String>,
    /// The sub-agent; `None` = the main thread.
    pub agent: Option<String>,
}

/// The folder of a session's sub-agents.
const SUB_AGENTS: &str = "subagents";

/// Reads an absolute `path`; `None` when it cannot be a transcript: another extension, a journal.
#[must_use]
pub fn locate(path: &Path) -> Option<Location> {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let (file, folders) = parts.split_last()?;
    let stem = file.strip_suffix(".jsonl").filter(|stem| !stem.is_empty())?;
    let agent = stem.strip_prefix("agent-").filter(|id| !id.is_empty()).map(str::to_owned);
    let below = folders.iter().rposition(|part| part == SUB_AGENTS).filter(|at| *at >= 2);
    let (root, session) = match (below, &agent) {
        (Some(at), Some(_)) => (at - 2, Some(folders[at - 1].to_string())),
        (Some(_), None) => return None, // a journal beside the sub-agents
        (None, Some(_)) => (folders.len().checked_sub(1)?, None),
        (None, None) => (folders.len().checked_sub(1)?, Some(stem.to_owned())),
    };
    let name = parts[root..].join("/");
    Some(Location { name: name.trim_start_matches('/').to_owned(), project: parts[root].to_string(), session, agent })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Option<(String, String, Option<String>, Option<String>)> {
        locate(Path::new(path)).map(|l| (l.name, l.project, l.session, l.agent))
    }

    #[test]
    fn a_path_names_project_session_and_agent() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at("/h/projects/-p/s1.jsonl"), Some(("-p/s1.jsonl".into(), "-p".into(), some("s1"), None)));
        assert_eq!(
            at("/h/projects/-p/s1/subagents/agent-a1.jsonl"),
            Some(("-p/s1/subagents/agent-a1.jsonl".into(), "-p".into(), some("s1"), some("a1")))
        );
        assert_eq!(
            at("/h/-p/s1/subagents/workflows/w/agent-a1.jsonl"),
            Some(("-p/s1/subagents/workflows/w/agent-a1.jsonl".into(), "-p".into(), some("s1"), some("a1")))
        );
        assert_eq!(at("/h/-p/agent-a1.jsonl"), Some(("-p/agent-a1.jsonl".into(), "-p".into(), None, some("a1"))));
    }

    #[test]
    fn what_cannot_be_a_transcript_has_no_location() {
        assert_eq!(at("/h/-p/s1/subagents/workflows/w/journal.jsonl"), None);
        assert_eq!(at("/h/-p/s1.json"), None);
        assert_eq!(at("/h/-p/.jsonl"), None);
    }
}
