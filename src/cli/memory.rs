//! `swarmscope memory`: what a session remembers, one line an entry, or as JSON; without a session, which there are.

use std::process::ExitCode;

use clap::Args;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::agents::ago;
use super::{CliError, Setup, now, terminal};
use crate::model::session::{MemoryQuery, SessionMemory, SessionRow, SessionsQuery};
use crate::model::{Micros, RangeSpec};
use crate::service::{Service, ServiceError};

/// Longest part of a value in the list; `--json` prints all of it.
const VALUE_CHARS: usize = 60;

/// Arguments of `memory`.
#[derive(Debug, Args)]
pub struct MemoryArgs {
    /// The session; without it, sessions are listed
    session: Option<String>,
    /// Only of this type: semantic, episodic, context_hint, or any word
    #[arg(long = "type", value_name = "NAME")]
    memory_type: Option<String>,
    /// Only of this key
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Every version, newest first, instead of current values
    #[arg(long)]
    history: bool,
    /// Also what expired and is not deleted yet
    #[arg(long)]
    expired: bool,
    /// Most entries or sessions, 1 to 1000
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what is remembered.
pub async fn run(args: MemoryArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    let done = match &args.session {
        Some(session) => entries(&service, session, &args).await,
        None => sessions(&service, &args).await,
    };
    service.store().close().await;
    done
}

async fn sessions(service: &Service, args: &MemoryArgs) -> Result<ExitCode, CliError> {
    let range = RangeSpec { from: RangeSpec::ALL.into(), to: String::new() };
    let query = SessionsQuery { range, limit: args.limit, ..SessionsQuery::default() };
    let now = now();
    let list = service.sessions(&query, now).await.map_err(usage)?;
    if args.json {
        let sessions: Vec<Value> = list.sessions.iter().map(session_object).collect();
        terminal::out(&format!("{:#}", Value::Array(sessions)));
        return Ok(ExitCode::SUCCESS);
    }
    let head = ["session", "entries", "expired", "last"].map(str::to_owned);
    let cells = list.sessions.iter().map(|session| {
        [session.session_id.clone(), session.live.to_string(), session.expired.to_string(), ago(now, session.last)]
    });
    let rows: Vec<_> = std::iter::once(head).chain(cells).collect();
    terminal::columns(&rows).iter().for_each(|line| terminal::out(line));
    more(list.next.is_some(), &format!("{} of {} sessions", list.sessions.len(), list.total));
    Ok(ExitCode::SUCCESS)
}

async fn entries(service: &Service, session: &str, args: &MemoryArgs) -> Result<ExitCode, CliError> {
    let query = MemoryQuery {
        memory_type: args.memory_type.clone(),
        key: args.key.clone(),
        history: args.history,
        include_expired: args.expired,
        limit: args.limit,
        ..MemoryQuery::default()
    };
    let now = now();
    let memory = service.session_memory(session, &query, now).await.map_err(usage)?;
    if memory.session.is_none() {
        return Err(CliError::Failed(format!(
            "session `{session}` remembers nothing; `swarmscope memory` lists those that do"
        )));
    }
    if args.json {
        terminal::out(&array(&memory)?);
        return Ok(ExitCode::SUCCESS);
    }
    let head = ["type", "key", "value", "stored", "expires"].map(str::to_owned);
    let cells = memory.entries.iter().map(|entry| {
        let expires =
            entry.expires_at.map_or("never".into(), |at| if entry.expired { "expired".into() } else { until(now, at) });
        [entry.memory_type.clone(), entry.key.clone(), short(&entry.value.0), ago(now, entry.timestamp), expires]
    });
    let rows: Vec<_> = std::iter::once(head).chain(cells).collect();
    terminal::columns(&rows).iter().for_each(|line| terminal::out(line));
    more(memory.next.is_some(), &format!("the first {}", memory.entries.len()));
    Ok(ExitCode::SUCCESS)
}

fn usage(error: ServiceError) -> CliError {
    match error {
        ServiceError::Problem(problem) => CliError::Usage(problem.detail), // a limit out of bounds
        error => CliError::Service(error),
    }
}

fn more(there_is: bool, shown: &str) {
    if there_is {
        terminal::err(&format!("{shown}; --limit shows more"));
    }
}

fn session_object(session: &SessionRow) -> Value {
    json!({
        "session_id": session.session_id,
        "first": session.first.to_rfc3339(),
        "last": session.last.to_rfc3339(),
        "live": session.live,
        "expired": session.expired,
        "types": session.types,
    })
}

/// An entry; its value stands as it was sent.
#[derive(serde::Serialize)]
struct EntryObject<'a> {
    memory_type: &'a str,
    key: &'a str,
    value: Box<RawValue>,
    timestamp: String,
    ttl_hours: Option<f64>,
    expires_at: Option<String>,
    expired: bool,
    versions: u64,
}

fn array(memory: &SessionMemory) -> Result<String, CliError> {
    let failed = |error| CliError::Failed(format!("could not write the memory as JSON: {error}"));
    let mut objects = Vec::with_capacity(memory.entries.len());
    for entry in &memory.entries {
        objects.push(EntryObject {
            memory_type: &entry.memory_type,
            key: &entry.key,
            value: RawValue::from_string(entry.value.0.clone()).map_err(failed)?,
            timestamp: entry.timestamp.to_rfc3339(),
            ttl_hours: entry.ttl_hours,
            expires_at: entry.expires_at.map(Micros::to_rfc3339),
            expired: entry.expired,
            versions: entry.versions,
        });
    }
    serde_json::to_string_pretty(&objects).map_err(failed)
}

/// The beginning of a value, on one line.
fn short(value: &str) -> String {
    let line = value.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= VALUE_CHARS {
        return line;
    }
    line.chars().take(VALUE_CHARS).chain(['…']).collect()
}

/// How long it is until `at`, in its largest unit.
fn until(now: Micros, at: Micros) -> String {
    ago(at, now).replace(" ago", "")
}
