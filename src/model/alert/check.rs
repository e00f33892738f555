//! What a rule may say: from how it is written to what it means, key by key.

use super::rule::Measure;
use super::{
    Absence, AgentStale, Condition, FigureRule, Kind, Latest, Limit, PatternSeen, Rule, RuleError, RuleSpec, Span,
    TokenUse, TrendRule,
};
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, Function, GroupBy, Source};
use crate::model::record::metric_type_name;
use crate::model::trend::{TASK_METRICS, TrendPer, TrendSource};

/// Longest name, and most labels.
const NAME_MAX: usize = 64;
const LABELS_MAX: usize = 20;
/// Longest text, in bytes.
const TEXT_MAX: usize = 1_000;
/// Labels an alert gets by itself.
const RESERVED: [&str; 3] = ["alertname", "severity", "pattern_id"];
/// How far back rules look that say nothing about it.
const WINDOW: Span = Span::minutes(5);
/// The same of patterns, which are learned every five minutes.
const PATTERN_WINDOW: Span = Span::minutes(15);

impl RuleSpec {
    /// Checks everything.
    ///
    /// # Errors
    /// The first key that cannot be meant, with what is allowed.
    pub fn check(self) -> Result<Rule, RuleError> {
        self.check_name()?;
        self.check_keys()?;
        self.check_labels()?;
        if self.description.as_ref().is_some_and(|text| text.len() > TEXT_MAX) {
            return Err(self.refuse("description", format!("has more than {TEXT_MAX} bytes")));
        }
        if self.hold > Rule::HOLD_MAX {
            return Err(self.refuse("for", format!("is {}: it must be 0s to {}", self.hold, Rule::HOLD_MAX)));
        }
        let condition = self.condition()?;
        let Self { name, description, severity, enabled, hold, labels, .. } = self;
        Ok(Rule { name, description, severity, enabled, hold, labels, condition })
    }

    fn refuse(&self, key: &'static str, reason: impl Into<String>) -> RuleError {
        RuleError { rule: self.name.clone(), key, reason: reason.into() }
    }

    fn check_name(&self) -> Result<(), RuleError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if self.name.is_empty() || self.name.len() > NAME_MAX || !self.name.bytes().all(plain) {
            return Err(self.refuse("name", format!("must be 1 to {NAME_MAX} letters, digits, `_`, `-` and `.`")));
        }
        Ok(())
    }

    /// Only keys that the kind reads.
    fn check_keys(&self) -> Result<(), RuleError> {
        let known = self.kind.keys();
        let stray = self.written().into_iter().find(|(key, there)| *there && !known.contains(key));
        stray.map_or(Ok(()), |(key, _)| {
            let kind = self.kind.as_str();
            Err(self.refuse(key, format!("means nothing to the kind {kind}, which reads {}", known.join(", "))))
        })
    }

    /// Every key that not all kinds read, and whether it is there.
    fn written(&self) -> [(&'static str, bool); 15] {
        [
            ("source", self.source.is_some()),
            ("function", self.function.is_some()),
            ("field", self.field.is_some()),
            ("metric", self.metric.is_some()),
            ("filter", !self.filter.is_empty()),
            ("per", self.per.is_some()),
            ("above", self.above.is_some()),
            ("below", self.below.is_some()),
            ("clear", self.clear.is_some()),
            ("min_samples", self.min_samples.is_some()),
            ("agent_id", self.agent_id.is_some()),
            ("pattern_type", self.pattern_type.is_some()),
            ("pattern_id", self.pattern_id.is_some()),
            ("event_type", self.event_type.is_some()),
            ("min_confidence", self.min_confidence.is_some()),
        ]
    }

    fn check_labels(&self) -> Result<(), RuleError> {
        if self.labels.len() > LABELS_MAX {
            return Err(self.refuse("labels", format!("has {} of them: at most {LABELS_MAX}", self.labels.len())));
        }
        for (name, value) in &self.labels {
            let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                let reason = format!("has the name `{name}`: write letters, digits and `_`, no digit first");
                return Err(self.refuse("labels", reason));
            }
            if RESERVED.contains(&name.as_str()) || GroupBy::ALL.iter().any(|group| group.as_str() == name) {
                return Err(self.refuse("labels", format!("has `{name}`, which alerts get by themselves")));
            }
            if value.is_empty() || value.len() > TEXT_MAX {
                return Err(self.refuse("labels", format!("`{name}` must have 1 to {TEXT_MAX} bytes")));
            }
        }
        Ok(())
    }

    fn condition(&self) -> Result<Condition, RuleError> {
        let window = self.checked_window()?;
        Ok(match self.kind {
            Kind::Aggregate => Condition::Figure(self.figure(window)?),
            Kind::Latest => Condition::Latest(self.latest(window)?),
            Kind::TokenUse => {
                let limit = self.limit()?;
                if limit.at <= 0.0 {
                    return Err(self.refuse("above", "is a share of the budget: write 0.8 for 80 %"));
                }
                Condition::TokenUse(TokenUse { limit, window })
            }
            Kind::Absence => {
                let source = self.source.unwrap_or_default();
                let known: Vec<&str> = source.filters().collect();
                Condition::Absence(Absence { source, filter: self.filter(&known)?, window })
            }
            Kind::Trend => Condition::Trend(self.trend(window)?),
            Kind::AgentStale => Condition::AgentStale(AgentStale { agent_id: self.agent_id.clone(), window }),
            Kind::Pattern => {
                let min_confidence = self.min_confidence.unwrap_or(0.0);
                if !(0.0..=1.0).contains(&min_confidence) {
                    return Err(self.refuse("min_confidence", format!("is {min_confidence}: it must be 0 to 1")));
                }
                let Self { pattern_type, pattern_id, event_type, .. } = self.clone();
                Condition::Pattern(PatternSeen { pattern_type, pattern_id, event_type, min_confidence, window })
            }
        })
    }

    fn checked_window(&self) -> Result<Span, RuleError> {
        let window = self.window.unwrap_or(if self.kind == Kind::Pattern { PATTERN_WINDOW } else { WINDOW });
        if window == Span::ZERO || window > Rule::WINDOW_MAX {
            return Err(self.refuse("window", format!("is {window}: it must be 1s to {}", Rule::WINDOW_MAX)));
        }
        Ok(window)
    }

    fn figure(&self, window: Span) -> Result<FigureRule, RuleError> {
        let source = self.source.unwrap_or_default();
        let function =
            self.function.ok_or_else(|| self.refuse("function", "is missing: p99, success_rate, count, …"))?;
        if function == Function::SuccessRate && !source.has_success() {
            return Err(self.refuse("function", "is success_rate, which only tasks and healings have"));
        }
        let known: Vec<&str> = source.filters().collect();
        let measure = Measure {
            source,
            function,
            field: self.measured_field(source, function)?,
            filter: self.filter(&known)?,
            per: self.per,
        };
        if let Some(per) = self.per.filter(|per| !source.groups().contains(per)) {
            let reason = format!("is {}, which {} do not have: {}", per.as_str(), source.as_str(), known.join(", "));
            return Err(self.refuse("per", reason));
        }
        let least = match function {
            Function::SuccessRate | Function::Percentile(_) => Rule::SAMPLES_MIN,
            Function::Count | Function::Rate => 0,
            _ => 1,
        };
        let min_samples = self.min_samples.unwrap_or(least);
        if min_samples > Rule::SAMPLES_MAX {
            return Err(self.refuse("min_samples", format!("must be at most {}", Rule::SAMPLES_MAX)));
        }
        Ok(FigureRule { measure, limit: self.limit()?, window, min_samples })
    }

    fn measured_field(&self, source: Source, function: Function) -> Result<Option<Field>, RuleError> {
        let fields = source.fields();
        let names = || fields.iter().map(|field| field.as_str()).collect::<Vec<_>>().join(", ");
        match self.field {
            Some(field) if !fields.contains(&field) => {
                let known = if fields.is_empty() { "they carry no numbers".to_owned() } else { names() };
                let (field, source) = (field.as_str(), source.as_str());
                Err(self.refuse("field", format!("is {field}, which {source} do not have: {known}")))
            }
            None if function.needs_field() => match fields {
                [only] => Ok(Some(*only)),
                [] => {
                    Err(self.refuse("function", format!("is {function}: of {} only count and rate", source.as_str())))
                }
                _ => Err(self.refuse("field", format!("is missing: {}", names()))),
            },
            field => Ok(field),
        }
    }

    fn latest(&self, window: Span) -> Result<Latest, RuleError> {
        let source = self.source.unwrap_or(Source::SwarmMetrics);
        if !matches!(source, Source::AgentMetrics | Source::SwarmMetrics) {
            return Err(self.refuse("source", "must be agent-metrics or swarm-metrics"));
        }
        let whose = if source == Source::AgentMetrics { GroupBy::Agent } else { GroupBy::Swarm };
        let (metric, filter) = (self.named_metric()?, self.filter(&[whose.as_str()])?);
        Ok(Latest { source, metric, filter, limit: self.limit()?, window })
    }

    fn trend(&self, window: Span) -> Result<TrendRule, RuleError> {
        let source = match self.source.unwrap_or_default() {
            Source::Tasks => TrendSource::Tasks,
            Source::AgentMetrics => TrendSource::AgentMetrics,
            Source::SwarmMetrics => TrendSource::SwarmMetrics,
            Source::Events | Source::Healings => {
                return Err(self.refuse("source", "must be tasks, agent-metrics or swarm-metrics"));
            }
        };
        let metric = self.named_metric()?;
        if source == TrendSource::Tasks && !TASK_METRICS.contains(&metric.as_str()) {
            return Err(self.refuse("metric", format!("is {metric}; of tasks: {}", TASK_METRICS.join(", "))));
        }
        let per = match self.per {
            None => TrendPer::Fleet,
            Some(GroupBy::Agent) => TrendPer::Agent,
            Some(GroupBy::Swarm) => TrendPer::Swarm,
            Some(_) => return Err(self.refuse("per", "must be agent_id or swarm_id")),
        };
        if !source.subjects().contains(&per) {
            return Err(self.refuse("per", format!("is {}, which {} do not have", per.as_str(), source.as_str())));
        }
        let known = match per {
            TrendPer::Fleet => source.filters(),
            TrendPer::Agent => &["agent_id"],
            TrendPer::Swarm => &["swarm_id"],
        };
        Ok(TrendRule { source, metric, filter: self.filter(known)?, per: self.per, window })
    }

    fn named_metric(&self) -> Result<String, RuleError> {
        let metric = self.metric.clone().filter(|metric| !metric.is_empty());
        let metric = metric.map(|metric| metric_type_name(&metric).to_owned());
        metric.ok_or_else(|| self.refuse("metric", "is missing: queue_depth, token_usage_percent, …"))
    }

    fn limit(&self) -> Result<Limit, RuleError> {
        let (above, at) = match (self.above, self.below) {
            (Some(at), None) => (true, at),
            (None, Some(at)) => (false, at),
            (Some(_), Some(_)) => return Err(self.refuse("below", "and `above` are both there: write one of them")),
            (None, None) if self.kind == Kind::TokenUse => return Err(self.refuse("above", "is missing: 0.8 is 80 %")),
            (None, None) => return Err(self.refuse("above", "or `below` is missing")),
        };
        let key = if above { "above" } else { "below" };
        if !at.is_finite() {
            return Err(self.refuse(key, "must be a finite number"));
        }
        if self.function == Some(Function::SuccessRate) && !(0.0..=1.0).contains(&at) {
            return Err(self.refuse(key, format!("is {at}: a success rate is a share, write 0.9 for 90 %")));
        }
        let limit = Limit { above, at, clear: self.clear };
        if let Some(clear) = self.clear.filter(|clear| !clear.is_finite() || limit.is_worse(*clear, at)) {
            let side = if above { "at most" } else { "at least" };
            return Err(
                self.refuse("clear", format!("is {clear}: it must be {side} {at}, on the good side of `{key}`"))
            );
        }
        Ok(limit)
    }

    fn filter(&self, known: &[&str]) -> Result<RecordFilter, RuleError> {
        let mut filter = RecordFilter::default();
        for (field, value) in &self.filter {
            let place = filter.field_mut(field).filter(|_| known.contains(&field.as_str()));
            let Some(place) = place else {
                return Err(self.refuse("filter", format!("has `{field}`; known here: {}", known.join(", "))));
            };
            if value.is_empty() {
                return Err(self.refuse("filter", format!("`{field}` is empty: leave it out to look at all")));
            }
            *place = Some(value.clone());
        }
        Ok(filter)
    }
}
