//! What the list pages read: one call for all of them, as a page of a list is a page of a list.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use crate::model::Problem;
use crate::model::listing::{AgentList, AgentStates, EventList, ListQuery, SwarmList, TaskList};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListKind {
    /// Tasks.
    Tasks,
    /// Agents.
    Agents,
    /// Swarms.
    Swarms,
    /// Events.
    Events,
}

/// One page of agents, and how all of them are doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agents {
    /// The page.
    pub list: AgentList,
    /// How many agents are in which state, whatever state is asked for.
    pub states: AgentStates,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum List {
    /// Of tasks.
    Tasks(TaskList),
    /// Of agents.
    Agents(Agents),
    /// Of swarms.
    Swarms(SwarmList),
    /// Of events.
    Events(EventList),
}

/// One page of a list.
#[server(prefix = "/rpc", endpoint = "load_list", input = Json)]
pub async fn load_list(kind: ListKind, query: ListQuery) -> Result<List, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = match kind {
        ListKind::Tasks => call.service.task_list(&query, call.now).await.map(List::Tasks),
        ListKind::Agents => {
            async {
                let list = call.service.agent_list(&query, call.now).await?;
                Ok(List::Agents(Agents { list, states: call.service.agent_states(&query, call.now).await? }))
            }
            .await
        }
        ListKind::Swarms => call.service.swarm_list(&query, call.now).await.map(List::Swarms),
        ListKind::Events => call.service.event_list(&query, call.now).await.map(List::Events),
    };
    call.end(answer)
}
