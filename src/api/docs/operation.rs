//! One operation: what it takes, what it answers, and a command to try it.

use serde_json::Value;

use super::Target;
use super::html::{escape, plain, prose, text};
use super::schema;
use crate::api::path::encode;

pub(super) fn write(out: &mut String, method: &str, path: &str, said: &Value, target: Target<'_>) {
    let id = escape(text(said, "operationId"));
    out.push_str(&format!(
        "<article id=\"{id}\"><h3><b class=\"{method}\">{method}</b> <a href=\"#{id}\">{}</a></h3><p>{}</p>",
        escape(path),
        prose(text(said, "summary")),
    ));
    for paragraph in text(said, "description").split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        out.push_str(&format!("<p>{}</p>", prose(paragraph)));
    }
    let parameters = said["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    write_parameters(out, parameters);
    let body = said["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
    if let Some((media_type, content)) = body {
        let others: Vec<&str> = said["requestBody"]["content"]
            .as_object()
            .map(|all| all.keys().skip(1).map(String::as_str).collect())
            .unwrap_or_default();
        let others = if others.is_empty() { String::new() } else { format!(", or {}", others.join(", ")) };
        out.push_str(&format!(
            "<h4>Body</h4><p>{}{}: {}</p>",
            escape(media_type),
            escape(&others),
            schema::kind(&content["schema"])
        ));
    }
    write_answers(out, &said["responses"]);
    out.push_str(&format!(
        "<h4>Try it</h4><pre tabindex=\"0\"><code>{}</code></pre></article>",
        escape(&command(method, path, said, target))
    ));
}

fn write_parameters(out: &mut String, parameters: &[Value]) {
    if parameters.is_empty() {
        return;
    }
    out.push_str("<h4>Parameters</h4><dl>");
    for parameter in parameters {
        let place = match text(parameter, "in") {
            "query" => String::new(),
            other => format!(" <i>{}</i>", escape(other)),
        };
        let example = parameter.get("example").map(plain).filter(|example| !example.is_empty());
        let example = example.map(|example| format!(" <span>e.g. <code>{}</code></span>", escape(&example)));
        out.push_str(&format!(
            "<div><dt><code>{}</code>{place}</dt><dd>{} <small>{}{}</small></dd></div>",
            escape(text(parameter, "name")),
            prose(text(parameter, "description")),
            schema::kind(&parameter["schema"]),
            example.unwrap_or_default(),
        ));
    }
    out.push_str("</dl>");
}

fn write_answers(out: &mut String, responses: &Value) {
    out.push_str("<h4>Answers</h4><dl>");
    for (status, response) in responses.as_object().into_iter().flatten() {
        let content = response["content"].as_object().into_iter().flatten();
        let content: Vec<String> = content
            .map(|(media_type, body)| format!("{} {}", escape(media_type), schema::kind(&body["schema"])))
            .collect();
        let class = if status.as_str() < "400" { "good" } else { "bad" };
        out.push_str(&format!(
            "<div><dt><b class=\"{class}\">{}</b></dt><dd>{} <small>{}</small></dd></div>",
            escape(status),
            prose(text(response, "description")),
            content.join(", "),
        ));
    }
    out.push_str("</dl>");
}

/// A `curl` command with the examples of what is required, and of one parameter more. The token stays in the
/// environment of whoever runs it.
fn command(method: &str, path: &str, said: &Value, target: Target<'_>) -> String {
    let parameters = || said["parameters"].as_array().into_iter().flatten();
    let mut url = format!("{}{path}", target.base);
    for parameter in parameters().filter(|parameter| text(parameter, "in") == "path") {
        url = url.replace(&format!("{{{}}}", text(parameter, "name")), &encode(&plain(&parameter["example"])));
    }
    let query = parameters().find(|parameter| text(parameter, "in") == "query" && text(parameter, "name") == "limit");
    if let Some(parameter) = query {
        url.push_str(&format!("?limit={}", encode(&plain(&parameter["example"]))));
    }
    let mut command = String::from("curl ");
    if target.asks_for_token {
        command.push_str("-H \"Authorization: Bearer $SWARMSCOPE_ADMIN_TOKEN\" ");
    }
    if method != "get" {
        command.push_str(&format!("-X {} ", method.to_uppercase()));
    }
    command.push_str(&format!("'{url}'"));
    let bodies = said["requestBody"]["content"].as_object().into_iter().flatten();
    if let Some((media_type, example)) =
        bodies.filter_map(|(media_type, body)| Some((media_type, body.get("example")?))).next()
    {
        let example = plain_body(example).replace('\'', "'\\''");
        command.push_str(&format!(" \\\n  -H 'content-type: {media_type}' \\\n  -d '{example}'"));
    }
    command
}

fn plain_body(example: &Value) -> String {
    example.as_str().map_or_else(|| example.to_string(), str::to_owned)
}
