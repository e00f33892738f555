//! What recurs in the events: learned patterns, one of them, and all in short.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::pattern::{PatternPage, PatternQuery, PatternsBrief, PatternsPage, PatternsQuery};

/// Patterns. While they are being learned the answer says how far that is: ask again.
#[server(prefix = "/rpc", endpoint = "load_patterns", input = Json)]
pub async fn load_patterns(query: PatternsQuery) -> Result<PatternsPage, Problem> {
    use crate::service::patterns::Patience;
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.patterns(&query, Patience::PAGE, call.now).await;
    call.end(answer)
}

/// One pattern.
#[server(prefix = "/rpc", endpoint = "load_pattern", input = Json)]
pub async fn load_pattern(query: PatternQuery) -> Result<PatternPage, Problem> {
    use crate::service::patterns::Patience;
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.pattern(&query, Patience::PAGE, call.now).await;
    call.end(answer)
}

/// What the server learned by itself, in short.
#[server(prefix = "/rpc", endpoint = "load_patterns_brief", input = Json)]
pub async fn load_patterns_brief() -> Result<PatternsBrief, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.patterns_brief().await;
    call.end(answer)
}
