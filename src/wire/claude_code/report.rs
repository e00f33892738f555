//! What an import read: the figures of the transcripts, each message counted once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize, Serializer};

use super::claims::Owned;
use super::records::UNMATCHED;
use super::session::{Kind, Session, widen};
use crate::model::Micros;

/// Tokens by kind, summed over messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Neither read from nor written to a cache.
    pub input: i64,
    /// Answers. A lower bound where the program never wrote the final count.
    pub output: i64,
    /// Written to a cache.
    pub cache_creation: i64,
    /// Read from a cache.
    pub cache_read: i64,
}

/// Figures of one session, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Files read.
    pub files: u64,
    /// Lines in them.
    pub lines: u64,
    /// Lines that are no JSON object.
    pub malformed: u64,
    /// Sub-agents.
    pub sub_agents: u64,
    /// Unique messages of the model, local ones included.
    pub messages: u64,
    /// Of these, local ones: nothing was asked and nothing is to be paid.
    pub synthetic_messages: u64,
    /// Messages that an earlier session owns and this one only copied; not in `messages`.
    pub copied_messages: u64,
    /// Tokens of `messages`.
    pub tokens: Tokens,
    /// Unique tool calls.
    pub tool_calls: u64,
    /// Unique failed ones; one whose call is not in the transcripts is counted here, not there.
    pub tool_errors: u64,
    /// `tool_calls` by tool.
    pub tool_calls_by_name: BTreeMap<String, u64>,
    /// `tool_errors` by tool; `?unmatched` = the call is not in the transcripts.
    pub tool_errors_by_name: BTreeMap<String, u64>,
    /// The earliest time on a line.
    #[serde(serialize_with = "stamp")]
    pub first_timestamp: Option<Micros>,
    /// The latest.
    #[serde(serialize_with = "stamp")]
    pub last_timestamp: Option<Micros>,
}

/// Times as transcripts write them: three digits after the second, always.
fn stamp<S: Serializer>(at: &Option<Micros>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(written).serialize(serializer)
}

/// `2026-01-31T12:00:00.000Z`.
fn written(at: Micros) -> String {
    DateTime::from_timestamp_micros(at.0)
        .map_or_else(|| at.to_rfc3339(), |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Adds without running over: a transcript may claim any count.
fn add(sum: &mut i64, count: i64) {
    *sum = sum.saturating_add(count);
}

impl Figures {
    /// The figures of what `session` owns.
    #[must_use]
    pub fn of(session: &Session, owned: &Owned) -> Self {
        let mut figures = Self {
            files: session.files.len() as u64,
            lines: session.files.iter().map(|file| file.lines).sum(),
            malformed: session.files.iter().map(|file| file.malformed).sum(),
            first_timestamp: session.first,
            last_timestamp: session.last,
            ..Self::default()
        };
        let agents = session.threads.iter().zip(&owned.threads);
        figures.sub_agents = agents.filter(|(thread, own)| **own && thread.agent.is_some()).count() as u64;
        for (request, own) in session.requests.iter().zip(&owned.requests) {
            if !own {
                figures.copied_messages += 1;
                continue;
            }
            figures.messages += 1;
            figures.synthetic_messages += u64::from(request.kind != Kind::Request);
            add(&mut figures.tokens.input, request.usage.input.unwrap_or(0));
            add(&mut figures.tokens.output, request.usage.output.unwrap_or(0));
            add(&mut figures.tokens.cache_creation, request.usage.cache_creation.unwrap_or(0));
            add(&mut figures.tokens.cache_read, request.usage.cache_read.unwrap_or(0));
        }
        for (call, _) in session.calls.iter().zip(&owned.calls).filter(|(_, own)| **own) {
            let name = session.names.name(call.name);
            figures.tool_calls += 1;
            *figures.tool_calls_by_name.entry(name.to_owned()).or_default() += 1;
            if session.answers.get(&call.id).is_some_and(|answer| answer.error) {
                figures.tool_errors += 1;
                *figures.tool_errors_by_name.entry(name.to_owned()).or_default() += 1;
            }
        }
        if !owned.unmatched_errors.is_empty() {
            let unmatched = owned.unmatched_errors.len() as u64;
            figures.tool_errors += unmatched;
            figures.tool_errors_by_name.insert(UNMATCHED.to_owned(), unmatched);
        }
        figures
    }

    /// Adds those of another session.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.lines += other.lines;
        self.malformed += other.malformed;
        self.sub_agents += other.sub_agents;
        self.messages += other.messages;
        self.synthetic_messages += other.synthetic_messages;
        self.copied_messages += other.copied_messages;
        add(&mut self.tokens.input, other.tokens.input);
        add(&mut self.tokens.output, other.tokens.output);
        add(&mut self.tokens.cache_creation, other.tokens.cache_creation);
        add(&mut self.tokens.cache_read, other.tokens.cache_read);
        self.tool_calls += other.tool_calls;
        self.tool_errors += other.tool_errors;
        for (name, count) in &other.tool_calls_by_name {
            *self.tool_calls_by_name.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &other.tool_errors_by_name {
            *self.tool_errors_by_name.entry(name.clone()).or_default() += count;
        }
        widen(&mut self.first_timestamp, &mut self.last_timestamp, other.first_timestamp);
        widen(&mut self.first_timestamp, &mut self.last_timestamp, other.last_timestamp);
    }
}

/// What became of the records of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Landed {
    /// New in the store.
    pub stored: u64,
    /// Known, and replaced by what the grown transcript says now.
    pub updated: u64,
    /// Known, and the same.
    pub duplicate: u64,
    /// The store knows more of it than the files read now; left as it is.
    pub kept: u64,
    /// Known with another content that no importer wrote; left as it is.
    pub differing: u64,
    /// Not storable; `problems` says why.
    pub refused: u64,
}

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The line, from 1; none when it is about the whole file.
    pub line: Option<u64>,
    /// What was wrong.
    pub reason: String,
}

/// The whole report.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Sessions.
    pub sessions: u64,
    /// Figures of all sessions together, each message once.
    #[serde(flatten)]
    pub figures: Figures,
    /// What became of the records, by kind; empty when nothing was to be stored.
    pub records: BTreeMap<&'static str, Landed>,
    /// The same figures by `<project>/<session>`.
    pub by_session: BTreeMap<String, Figures>,
    /// What was left out, at most [`Self::TROUBLES_MAX`] entries.
    pub problems: Vec<Trouble>,
    /// How much was left out.
    pub problem_count: u64,
    /// Whether this was a dry run.
    pub dry_run: bool,
}

impl Report {
    /// Most entries in `problems`.
    pub const TROUBLES_MAX: usize = 1000;

    /// Notes that something was left out.
    pub fn trouble(&mut self, file: &str, line: Option<u64>, reason: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < Self::TROUBLES_MAX {
            self.problems.push(Trouble { file: file.to_owned(), line, reason: reason.into() });
        }
    }

    /// Adds the figures of one session.
    pub fn session(&mut self, project: &str, id: &str, figures: Figures) {
        self.sessions += 1;
        self.figures.add(&figures);
        self.by_session.insert(format!("{project}/{id}"), figures);
    }

    /// Takes a later reading of some sessions, whose files go by `names` in problems: it replaces what was
    /// said of them. Of records it adds what was stored and what has grown; what was only recognised again
    /// says nothing new.
    pub fn renew(&mut self, later: Self, names: &BTreeSet<String>) {
        self.by_session.extend(later.by_session);
        self.sessions = self.by_session.len() as u64;
        self.figures = Figures::default();
        for figures in self.by_session.values() {
            self.figures.add(figures);
        }
        for (kind, landed) in later.records {
            let all = self.records.entry(kind).or_default();
            all.stored += landed.stored;
            all.updated += landed.updated;
            all.differing += landed.differing;
        }
        self.problems.retain(|problem| !names.contains(&problem.file));
        self.problems.extend(later.problems);
        self.problem_count = self.problems.len() as u64;
    }

    /// The entry for records of `kind`.
    pub fn landed(&mut self, kind: &'static str) -> &mut Landed {
        self.records.entry(kind).or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = &self.figures;
        writeln!(f, "read        {} files, {} lines ({} malformed)", all.files, all.lines, all.malformed)?;
        writeln!(f, "sessions    {}, with {} sub-agents", self.sessions, all.sub_agents)?;
        if let (Some(first), Some(last)) = (all.first_timestamp, all.last_timestamp) {
            writeln!(f, "time        {} .. {}", written(first), written(last))?;
        }
        writeln!(
            f,
            "messages    {} ({} local, {} copies left out)",
            all.messages, all.synthetic_messages, all.copied_messages
        )?;
        let tokens = &all.tokens;
        writeln!(
            f,
            "tokens      {} input, {} output, {} cache writes, {} cache reads",
            tokens.input, tokens.output, tokens.cache_creation, tokens.cache_read
        )?;
        writeln!(f, "tool calls  {}, {} failed", all.tool_calls, all.tool_errors)?;
        let mut tools: Vec<_> = all.tool_calls_by_name.iter().collect();
        tools.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
        for (name, count) in tools {
            let failed = all.tool_errors_by_name.get(name).copied().unwrap_or(0);
            writeln!(
                f,
                "  {count:>7}  {name}{}",
                if failed > 0 { format!(", {failed} failed") } else { String::new() }
            )?;
        }
        if let Some(unmatched) = all.tool_errors_by_name.get(UNMATCHED) {
            writeln!(f, "  {unmatched:>7}  failed whose call is not in the transcripts")?;
        }
        for (kind, landed) in &self.records {
            write!(f, "{kind:<11} {} stored, {} updated, {} known", landed.stored, landed.updated, landed.duplicate)?;
            for (count, what) in [(landed.kept, "kept"), (landed.differing, "differing"), (landed.refused, "refused")] {
                if count > 0 {
                    write!(f, ", {count} {what}")?;
                }
            }
            writeln!(f)?;
        }
        if self.dry_run {
            writeln!(f, "dry run     nothing was stored")?;
        }
        Ok(())
    }
}
