//! What people change: rules and silences. After each change there is a look, so that the answer shows what came of it.

use super::rules::Sourced;
use crate::model::alert::{Rule, RuleOrigin, RuleSpec, RuleStatus, Silence, SilenceSpec};
use crate::model::{Micros, Problem, ProblemKind};
use crate::service::{Service, ServiceError};

impl Service {
    /// One rule, and what it says.
    ///
    /// # Errors
    /// A [`Problem`] of kind not found; [`ServiceError::Store`].
    pub async fn alert_rule(&self, name: &str, now: Micros) -> Result<RuleStatus, ServiceError> {
        let page = self.alerts(now).await?;
        page.rules.into_iter().find(|status| status.rule.name == name).ok_or_else(|| no_rule(name).into())
    }

    /// Makes a rule.
    ///
    /// # Errors
    /// A [`Problem`] when it cannot be meant, or the name is taken; [`ServiceError::Store`].
    pub async fn create_alert_rule(&self, spec: RuleSpec, now: Micros) -> Result<RuleStatus, ServiceError> {
        let rule = checked(spec)?;
        let rules = self.rules_of(&self.alert_book().await?);
        if rules.iter().any(|known| known.rule.name == rule.name) {
            let detail = format!("there is a rule `{}` already; edit it, or choose another name", rule.name);
            return Err(Problem::new(ProblemKind::Conflict, detail).into());
        }
        if rules.len() >= Rule::RULES_MAX {
            let detail = format!("there are {} rules, the most there can be; delete one first", Rule::RULES_MAX);
            return Err(Problem::new(ProblemKind::Conflict, detail).into());
        }
        self.keep_rule(rule, now).await
    }

    /// Edits the rule `name`, wherever it comes from. A new name in `spec` is refused: alerts and their history go by
    /// the name.
    ///
    /// # Errors
    /// A [`Problem`] when there is none, or it cannot be meant; [`ServiceError::Store`].
    pub async fn edit_alert_rule(&self, name: &str, spec: RuleSpec, now: Micros) -> Result<RuleStatus, ServiceError> {
        if spec.name != name {
            let detail = format!("`name` is `{}`: a rule keeps its name, `{name}`; make a new rule instead", spec.name);
            return Err(Problem::bad_request(detail).into());
        }
        let rule = checked(spec)?;
        self.known_rule(name).await?;
        self.keep_rule(rule, now).await
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// A [`Problem`] when there is none; [`ServiceError::Store`].
    pub async fn enable_alert_rule(&self, name: &str, enabled: bool, now: Micros) -> Result<RuleStatus, ServiceError> {
        let Sourced { rule, .. } = self.known_rule(name).await?;
        self.keep_rule(Rule { enabled, ..rule }, now).await
    }

    /// Deletes a rule that was made here; takes back what was edited of another, which is returned as it is now.
    ///
    /// # Errors
    /// A [`Problem`] when there is none, or it is not from here and was not edited; [`ServiceError::Store`].
    pub async fn delete_alert_rule(&self, name: &str, now: Micros) -> Result<Option<RuleStatus>, ServiceError> {
        let known = self.known_rule(name).await?;
        if !self.store().delete_alert_rule(name).await? {
            let whose = if known.origin == RuleOrigin::Config { "from the configuration" } else { "a documented one" };
            let detail = format!("the rule `{name}` is {whose}: it can be switched off, not deleted");
            return Err(Problem::new(ProblemKind::Conflict, detail).into());
        }
        self.look_if_watching(now).await?;
        if known.origin == RuleOrigin::Store {
            return Ok(None);
        }
        self.alert_rule(name, now).await.map(Some)
    }

    /// Keeps alerts quiet for a while.
    ///
    /// # Errors
    /// A [`Problem`] when it cannot be meant; [`ServiceError::Store`].
    pub async fn add_silence(&self, spec: SilenceSpec, now: Micros) -> Result<Silence, ServiceError> {
        spec.check().map_err(Problem::bad_request)?;
        let SilenceSpec { matchers, length, comment, created_by } = spec;
        let ends_at = Micros(now.0.saturating_add(length.micros()));
        let silence = Silence { id: 0, matchers, starts_at: now, ends_at, comment, created_by };
        let id = self.store().add_silence(silence.clone()).await?;
        self.look_if_watching(now).await?;
        Ok(Silence { id, ..silence })
    }

    /// Ends a silence now; nothing happens to one that ended before.
    ///
    /// # Errors
    /// A [`Problem`] when there is none; [`ServiceError::Store`].
    pub async fn end_silence(&self, id: i64, now: Micros) -> Result<Silence, ServiceError> {
        let unknown = || Problem::not_found(format!("there is no silence {id}"));
        if !self.store().end_silence(id, now).await? {
            return Err(unknown().into());
        }
        self.look_if_watching(now).await?;
        let silences = self.alert_book().await?.silences;
        silences.into_iter().find(|silence| silence.id == id).ok_or_else(|| unknown().into())
    }

    async fn keep_rule(&self, rule: Rule, now: Micros) -> Result<RuleStatus, ServiceError> {
        let name = rule.name.clone();
        self.store().put_alert_rule(rule).await?;
        self.look_if_watching(now).await?;
        self.alert_rule(&name, now).await
    }

    async fn known_rule(&self, name: &str) -> Result<Sourced, ServiceError> {
        let rules = self.rules_of(&self.alert_book().await?);
        rules.into_iter().find(|known| known.rule.name == name).ok_or_else(|| no_rule(name).into())
    }

    /// Only a server that watches moves alerts on.
    async fn look_if_watching(&self, now: Micros) -> Result<(), ServiceError> {
        if self.settings().alerts.enabled {
            self.look_at_alerts(now).await?;
        }
        Ok(())
    }
}

fn checked(spec: RuleSpec) -> Result<Rule, Problem> {
    spec.check().map_err(|error| Problem::bad_request(error.to_string()))
}

fn no_rule(name: &str) -> Problem {
    Problem::not_found(format!("there is no rule `{name}`; GET /api/v1/alerts lists them"))
}
