//! Schemas in words, and as tables of their own.

use serde_json::Value;

use super::html::{escape, plain, prose, text};

/// What a schema takes, in a few words; a named one is a link.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        if let Some(parts) = schema[several].as_array() {
            let between = if several == "allOf" { " and " } else { " or " };
            return parts.iter().map(kind).collect::<Vec<_>>().join(between);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("<code>{}</code>", escape(&plain(word)))).collect();
        return words.join(" · ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(plain).collect::<Vec<_>>(),
        Value::String(one) => vec![one.clone()],
        _ => return "any JSON".to_owned(),
    };
    let word = |one: &String| match one.as_str() {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("{} by name", kind(&schema["additionalProperties"]))
        }
        other => escape(other).into_owned(),
    };
    let mut words = vec![types.iter().map(word).collect::<Vec<_>>().join(" or ")];
    words.extend(limits(schema));
    words.join(", ")
}

fn limits(schema: &Value) -> Vec<String> {
    let number = |name: &str| schema.get(name).map(plain);
    let mut limits = Vec::new();
    // The numbers' widths say nothing to people.
    let format = schema["format"].as_str().filter(|format| !format.starts_with("int") && !format.starts_with("double"));
    limits.extend(format.map(|format| escape(format).into_owned()));
    match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => limits.push(format!("{least} to {most}")),
        (Some(least), None) => limits.push(format!("at least {least}")),
        (None, Some(most)) => limits.push(format!("at most {most}")),
        (None, None) => {}
    }
    limits.extend(number("pattern").map(|pattern| format!("<code>{}</code>", escape(&pattern))));
    limits.extend(number("default").map(|default| format!("default {}", escape(&default))));
    limits
}

/// Every named schema.
pub(super) fn write_all(out: &mut String, schemas: &Value) {
    out.push_str("<section class=\"chapter\"><h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        let name = escape(name);
        out.push_str(&format!(
            "<article id=\"schema-{name}\"><h3><a href=\"#schema-{name}\">{name}</a></h3><p>{}</p>",
            prose(text(schema, "description"))
        ));
        write_properties(out, schema);
        out.push_str("</article>");
    }
    out.push_str("</section>");
}

fn write_properties(out: &mut String, schema: &Value) {
    // What is flattened into another stands among several.
    let parts = schema["allOf"].as_array().map_or_else(|| std::slice::from_ref(schema), Vec::as_slice);
    for part in parts {
        let Some(properties) = part["properties"].as_object() else {
            out.push_str(&format!("<p>{}</p>", kind(part)));
            continue;
        };
        let required = part["required"].as_array();
        out.push_str("<dl>");
        for (name, property) in properties {
            let always = required.is_some_and(|required| required.iter().any(|one| one == name));
            let optional = if always { "" } else { " <i>optional</i>" };
            out.push_str(&format!(
                "<div><dt><code>{}</code>{optional}</dt><dd>{} <small>{}</small></dd></div>",
                escape(name),
                prose(text(property, "description")),
                kind(property),
            ));
        }
        out.push_str("</dl>");
    }
}
