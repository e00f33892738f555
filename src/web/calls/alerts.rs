//! What is the matter, what was, and what people set about it.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::alert::{
    AlertHistory, AlertHistoryQuery, AlertsPage, DryRun, DryRunQuery, RuleSpec, RuleStatus, Silence, SilenceSpec,
};

/// Alerts, rules and silences as they are now.
#[server(prefix = "/rpc", endpoint = "load_alerts", input = Json)]
pub async fn load_alerts() -> Result<AlertsPage, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.alerts(call.now).await;
    call.end(answer)
}

/// What became of alerts.
#[server(prefix = "/rpc", endpoint = "load_alert_history", input = Json)]
pub async fn load_alert_history(query: AlertHistoryQuery) -> Result<AlertHistory, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.alert_history(&query, call.now).await;
    call.end(answer)
}

/// What a rule would have done.
#[server(prefix = "/rpc", endpoint = "dry_run_alert_rule", input = Json)]
pub async fn dry_run_alert_rule(query: DryRunQuery) -> Result<DryRun, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.dry_run(query, call.now).await;
    call.end(answer)
}

/// Makes a rule.
#[server(prefix = "/rpc", endpoint = "create_alert_rule", input = Json)]
pub async fn create_alert_rule(rule: RuleSpec) -> Result<RuleStatus, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.create_alert_rule(rule, call.now).await;
    call.end(answer)
}

/// Edits the rule of that name.
#[server(prefix = "/rpc", endpoint = "edit_alert_rule", input = Json)]
pub async fn edit_alert_rule(rule: RuleSpec) -> Result<RuleStatus, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let name = rule.name.clone();
    let answer = call.service.edit_alert_rule(&name, rule, call.now).await;
    call.end(answer)
}

/// Switches a rule on or off.
#[server(prefix = "/rpc", endpoint = "switch_alert_rule", input = Json)]
pub async fn switch_alert_rule(name: String, enabled: bool) -> Result<RuleStatus, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.enable_alert_rule(&name, enabled, call.now).await;
    call.end(answer)
}

/// Deletes a rule, or what was edited of it; then the rule of its origin.
#[server(prefix = "/rpc", endpoint = "delete_alert_rule", input = Json)]
pub async fn delete_alert_rule(name: String) -> Result<Option<RuleStatus>, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.delete_alert_rule(&name, call.now).await;
    call.end(answer)
}

/// Keeps alerts quiet for a while.
#[server(prefix = "/rpc", endpoint = "add_silence", input = Json)]
pub async fn add_silence(silence: SilenceSpec) -> Result<Silence, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.add_silence(silence, call.now).await;
    call.end(answer)
}

/// Ends a silence.
#[server(prefix = "/rpc", endpoint = "end_silence", input = Json)]
pub async fn end_silence(id: i64) -> Result<Silence, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.end_silence(id, call.now).await;
    call.end(answer)
}
