//! What sessions remember.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use crate::model::Problem;
use crate::model::overview::Scope;
use crate::model::session::{MemoryQuery, SessionList, SessionMemory, SessionsQuery};

/// Sessions, with what their page needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionsAnswer {
    /// What was asked.
    pub scope: Scope,
    /// One page of sessions.
    pub list: SessionList,
}

/// One page of sessions.
#[server(prefix = "/rpc", endpoint = "load_sessions", input = Json)]
pub async fn load_sessions(query: SessionsQuery) -> Result<SessionsAnswer, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let page = crate::model::overview::PageQuery { range: query.range.clone(), ..Default::default() };
    let answer = async {
        let scope = call.service.scope(&page, call.now).await?;
        Ok(SessionsAnswer { scope, list: call.service.sessions(&query, call.now).await? })
    };
    let answer = answer.await;
    call.end(answer)
}

/// What one session remembers.
#[server(prefix = "/rpc", endpoint = "load_session_memory", input = Json)]
pub async fn load_session_memory(session: String, query: MemoryQuery) -> Result<SessionMemory, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.session_memory(&session, &query, call.now).await;
    call.end(answer)
}
