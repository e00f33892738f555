//! The store itself: what it holds, and the tasks that keep it so.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use crate::model::Problem;
use crate::model::maintain::{MaintenanceStatus, StoreReport};

/// A task as the forms of the page name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskName {
    /// What retention asks for.
    Cleanup,
    /// Give free pages back.
    Vacuum,
    /// A verified copy.
    Backup,
    /// Look at every page.
    Check,
}

/// The store as a whole.
#[server(prefix = "/rpc", endpoint = "load_store_report", input = Json)]
pub async fn load_store_report() -> Result<StoreReport, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.store_report(call.now).await;
    call.end(answer)
}

/// Starts a task. A plain form can call it, too: without JavaScript, the answer leads back to the page.
#[server(prefix = "/rpc", endpoint = "start_task")]
pub async fn start_task(task: TaskName) -> Result<MaintenanceStatus, Problem> {
    use crate::model::maintain::MaintenanceTask;
    let call = crate::web::platform::Call::begin()?;
    let task = match task {
        TaskName::Cleanup => MaintenanceTask::Cleanup { older_than_days: None, dry_run: false },
        TaskName::Vacuum => MaintenanceTask::Vacuum,
        TaskName::Backup => MaintenanceTask::Backup { name: None },
        TaskName::Check => MaintenanceTask::Check,
    };
    let answer = call.service.start_maintenance(task, call.now);
    let answer = call.end(answer)?;
    leptos_axum::redirect("/system");
    Ok(answer)
}
