//! What an empty store offers: the telemetry on this machine, imported at a click.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::{FoundSource, ImportSummary, Problem, SourceKind};

/// The telemetry found in the usual places.
#[server(prefix = "/rpc", endpoint = "list_sources", input = Json)]
pub async fn list_sources() -> Result<Vec<FoundSource>, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.discover_sources().await;
    call.end(answer)
}

/// Imports what is found of one kind. A plain form can call it, too: without JavaScript, the answer leads
/// to the overview of all data.
#[server(prefix = "/rpc", endpoint = "import_source")]
pub async fn import_source(kind: SourceKind) -> Result<ImportSummary, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.import_found(kind, call.now).await;
    let answer = call.end(answer)?;
    leptos_axum::redirect("/?from=all");
    Ok(answer)
}
