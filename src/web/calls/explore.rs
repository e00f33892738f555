//! What is explored, exported and kept: questions beside those about tasks, agents and swarms.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::explore::{ExploreQuery, Explored};
use crate::model::export::{ExportQuery, ExportSizes};

/// Figures over records.
#[server(prefix = "/rpc", endpoint = "load_explore", input = Json)]
pub async fn load_explore(query: ExploreQuery) -> Result<Explored, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.explore(&query, call.now).await;
    call.end(answer)
}

/// What each export would hold and weigh.
#[server(prefix = "/rpc", endpoint = "load_export_sizes", input = Json)]
pub async fn load_export_sizes(query: ExportQuery) -> Result<ExportSizes, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.export_sizes(&query, call.now).await;
    call.end(answer)
}
