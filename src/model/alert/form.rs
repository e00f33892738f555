//! Rules as a form has them: a text for each key. An empty one is not there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Kind, RuleSpec};

/// Keys of which the value is a number.
const NUMBERS: [&str; 5] = ["above", "below", "clear", "min_samples", "min_confidence"];
/// Keys of which the value is `name=value, name=value`.
const MAPS: [&str; 2] = ["filter", "labels"];
/// Keys every kind reads, in the order of the form. `name`, `kind` and `enabled` have places of their own.
pub const COMMON_KEYS: [&str; 5] = ["severity", "for", "window", "description", "labels"];

/// The texts, by key.
pub type RuleForm = BTreeMap<String, String>;

/// Makes a rule of the texts, unchecked.
///
/// # Errors
/// Which text cannot be read, and what is allowed.
pub fn read(form: &RuleForm) -> Result<RuleSpec, String> {
    let mut rule = Map::new();
    for (key, text) in form.iter().map(|(key, text)| (key.as_str(), text.trim())).filter(|(_, text)| !text.is_empty()) {
        let value = match key {
            "enabled" => Value::Bool(text == "true"),
            _ if NUMBERS.contains(&key) => number(key, text)?,
            _ if MAPS.contains(&key) => map(key, text)?,
            _ => Value::String(text.to_owned()),
        };
        rule.insert(key.to_owned(), value);
    }
    serde_json::from_value(Value::Object(rule)).map_err(|error| error.to_string())
}

fn number(key: &str, text: &str) -> Result<Value, String> {
    let whole = text.parse::<u64>().ok().map(Value::from);
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
    whole.or_else(number).ok_or_else(|| format!("`{key}`: `{text}` is no number; write one such as 50 or 0.9"))
}

fn map(key: &str, text: &str) -> Result<Value, String> {
    let pair = |part: &str| {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{key}`: `{}` has no `=`; write name=value, name=value", part.trim()))?;
        Ok((name.trim().to_owned(), Value::String(value.trim().to_owned())))
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(pair).collect::<Result<_, String>>().map(Value::Object)
}

/// The texts of a rule.
#[must_use]
pub fn write(rule: &RuleSpec) -> RuleForm {
    let Ok(Value::Object(written)) = serde_json::to_value(rule) else { return RuleForm::new() };
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Object(map) => {
            let pairs = map.into_iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
            pairs.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    written.into_iter().map(|(key, value)| (key, text(value))).collect()
}

/// The keys that the form of a kind shows, in order.
pub fn keys(kind: Kind) -> impl Iterator<Item = &'static str> {
    kind.keys().iter().copied().chain(COMMON_KEYS)
}

#[cfg(test)]
mod tests {
    use super::super::builtin_rules;
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> RuleForm {
        pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_rule_survives_being_a_form() {
        for rule in builtin_rules() {
            let spec = RuleSpec::from(rule);
            assert_eq!(read(&write(&spec)), Ok(spec));
        }
        let texts =
            [("name", "a"), ("kind", "absence"), ("filter", "agent_id=x, model = y"), ("for", "5m"), ("window", "")];
        let spec = read(&form(&texts)).expect("a rule");
        assert_eq!((spec.filter.len(), spec.window), (2, None), "an empty text is not there");
        assert_eq!(read(&write(&spec)), Ok(spec));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let read =
            |key: &str, text: &str| read(&form(&[("name", "a"), ("kind", "aggregate"), (key, text)])).expect_err(text);
        assert_eq!(read("above", "5s"), "`above`: `5s` is no number; write one such as 50 or 0.9");
        assert_eq!(read("labels", "team"), "`labels`: `team` has no `=`; write name=value, name=value");
        assert!(read("severity", "awful").contains("expected one of `info`, `warning`, `critical`"));
        assert!(read("for", "soon").contains("`soon` is no length of time"));
    }
}
