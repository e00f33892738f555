//! What the pages read: one call a page.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::overview::{AgentPage, Overview, PageQuery, SwarmPage, TaskPage};
use crate::model::{Micros, Problem};

/// The overview of a range.
#[server(prefix = "/rpc", endpoint = "load_overview", input = Json)]
pub async fn load_overview(query: PageQuery) -> Result<Overview, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.overview(&query, call.now).await;
    call.end(answer)
}

/// One agent.
#[server(prefix = "/rpc", endpoint = "load_agent_page", input = Json)]
pub async fn load_agent_page(agent: String, query: PageQuery) -> Result<AgentPage, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.agent_page(&agent, &query, call.now).await;
    call.end(answer)
}

/// One task; `at` is its end, as an id alone may name several.
#[server(prefix = "/rpc", endpoint = "load_task_page", input = Json)]
pub async fn load_task_page(task: String, at: Option<Micros>) -> Result<TaskPage, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.task_page(&task, at, call.now).await;
    call.end(answer)
}

/// One swarm, its agents from the one on that `skip` others are busier than.
#[server(prefix = "/rpc", endpoint = "load_swarm_page", input = Json)]
pub async fn load_swarm_page(swarm: String, query: PageQuery, skip: u64) -> Result<SwarmPage, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.swarm_page(&swarm, &query, skip, call.now).await;
    call.end(answer)
}
