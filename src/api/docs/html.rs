//! Text as HTML.

use std::borrow::Cow;

use serde_json::Value;

/// `text` with nothing that HTML could misunderstand, in an element or an attribute.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Text in which `code` stands between backticks.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part =
        |(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part).into_owned() };
    parts.map(part).collect()
}

/// A text of an object; empty when it has none.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A value as it would be written in a URL or a command: texts without quotes, lists with commas.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
