//! What the healing page reads.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::healing::{HealingPage, HealingQuery, HealingReport};

/// Everything about healings of a range.
#[server(prefix = "/rpc", endpoint = "load_healing", input = Json)]
pub async fn load_healing(query: HealingQuery) -> Result<HealingReport, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.healing(&query, call.now).await;
    call.end(answer)
}

/// A page of attempts, newest first.
#[server(prefix = "/rpc", endpoint = "load_healing_attempts", input = Json)]
pub async fn load_healing_attempts(query: HealingQuery, cursor: Option<String>) -> Result<HealingPage, Problem> {
    /// Attempts of a page.
    const ROWS: u32 = 50;
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.healing_page(&query, cursor.as_deref(), ROWS, call.now).await;
    call.end(answer)
}
