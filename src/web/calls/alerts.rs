//! What is the matter, what was, and what people set about it. What changes something is a plain form's to call: it
//! leads back to the page, so that everything works without JavaScript.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::alert::form::RuleForm;
use crate::model::alert::{AlertHistory, AlertHistoryQuery, AlertsBrief, AlertsPage, DryRun};

/// Alerts, rules and silences as they are now.
#[server(prefix = "/rpc", endpoint = "load_alerts", input = Json)]
pub async fn load_alerts() -> Result<AlertsPage, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.alerts(call.now).await;
    call.end(answer)
}

/// What fires and what is about to, in short.
#[server(prefix = "/rpc", endpoint = "load_alerts_brief", input = Json)]
pub async fn load_alerts_brief() -> Result<AlertsBrief, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.alerts_brief(call.now).await;
    call.end(answer)
}

/// What became of alerts.
#[server(prefix = "/rpc", endpoint = "load_alert_history", input = Json)]
pub async fn load_alert_history(query: AlertHistoryQuery) -> Result<AlertHistory, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.alert_history(&query, call.now).await;
    call.end(answer)
}

/// What a rule of these texts would have done since `from`; nothing when none is asked about.
#[server(prefix = "/rpc", endpoint = "try_alert_rule", input = Json)]
pub async fn try_alert_rule(asked: Option<(RuleForm, String)>) -> Result<Option<DryRun>, Problem> {
    use crate::model::alert::{DryRunQuery, form};
    let Some((texts, from)) = asked else { return Ok(None) };
    let call = crate::web::platform::Call::begin()?;
    let answer = match form::read(&texts) {
        Ok(rule) => call.service.dry_run(DryRunQuery { rule, from, to: String::new() }, call.now).await,
        Err(reason) => Err(Problem::bad_request(reason).into()),
    };
    call.end(answer).map(Some)
}

/// Makes the rule of these texts, or edits the one of that name. Leads back to the page, or to the form with what is
/// wrong.
#[server(prefix = "/rpc", endpoint = "save_alert_rule")]
pub async fn save_alert_rule(rule: RuleForm, #[server(default)] edit: bool) -> Result<(), Problem> {
    use crate::model::alert::form;
    use crate::web::view_state::encode;
    let call = crate::web::platform::Call::begin()?;
    let saved = match form::read(&rule) {
        Ok(spec) if edit => {
            let name = spec.name.clone();
            call.service.edit_alert_rule(&name, spec, call.now).await
        }
        Ok(spec) => call.service.create_alert_rule(spec, call.now).await,
        Err(reason) => Err(Problem::bad_request(reason).into()),
    };
    match call.end(saved) {
        Ok(_) => leptos_axum::redirect("/alerts#rules"),
        Err(problem) => {
            let texts = rule.iter().map(|(key, text)| format!("rule[{}]={}&", encode(key), encode(text)));
            let texts: String = texts.collect();
            leptos_axum::redirect(&format!("/alerts?{texts}edit={edit}&problem={}", encode(&problem.detail)));
        }
    }
    Ok(())
}

/// Switches a rule on or off.
#[server(prefix = "/rpc", endpoint = "switch_alert_rule")]
pub async fn switch_alert_rule(name: String, #[server(default)] enabled: bool) -> Result<(), Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.enable_alert_rule(&name, enabled, call.now).await;
    call.end(answer)?;
    leptos_axum::redirect("/alerts#rules");
    Ok(())
}

/// Deletes a rule, or what was edited of it: then the rule of its origin is back.
#[server(prefix = "/rpc", endpoint = "delete_alert_rule")]
pub async fn delete_alert_rule(name: String) -> Result<(), Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.delete_alert_rule(&name, call.now).await;
    call.end(answer)?;
    leptos_axum::redirect("/alerts#rules");
    Ok(())
}

/// Keeps alerts quiet for a while: those with the labels `matchers`, written `name=value, name=value`.
#[server(prefix = "/rpc", endpoint = "add_silence")]
pub async fn add_silence(matchers: String, length: String, #[server(default)] comment: String) -> Result<(), Problem> {
    use crate::model::alert::{SilenceSpec, Span};
    let call = crate::web::platform::Call::begin()?;
    let pairs = matchers.split(',').filter_map(|pair| pair.split_once('='));
    let spec = Span::try_from(length.trim().to_owned()).map(|length| SilenceSpec {
        matchers: pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect(),
        length,
        comment: Some(comment.trim().to_owned()).filter(|text| !text.is_empty()),
        created_by: None,
    });
    let answer = match spec {
        Ok(spec) => call.service.add_silence(spec, call.now).await,
        Err(reason) => Err(Problem::bad_request(reason).into()),
    };
    call.end(answer)?;
    leptos_axum::redirect("/alerts#silences");
    Ok(())
}

/// Ends a silence.
#[server(prefix = "/rpc", endpoint = "end_silence")]
pub async fn end_silence(id: i64) -> Result<(), Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.end_silence(id, call.now).await;
    call.end(answer)?;
    leptos_axum::redirect("/alerts#silences");
    Ok(())
}
