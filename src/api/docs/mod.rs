//! `GET /api/docs`: the document as a page for people, made from the document itself.
//!
//! Plain HTML and one stylesheet of our own: nothing is loaded from elsewhere and nothing runs, so the page works
//! offline, under a strict policy, and on paper. Not here: what is said about a route (the routes say it).

mod html;
mod operation;
mod schema;

use std::sync::Arc;

use axum::Extension;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::ApiResult;
use super::guard::Caller;
use super::params::Params;
use html::{escape, prose};

/// Tokens and elements as the dashboard has them, then what is this page's own.
const STYLE: &str = concat!(
    include_str!("../../../style/tokens.css"),
    include_str!("../../../style/base.css"),
    include_str!("docs.css")
);
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the commands of the page are sent, and how.
#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    /// The server, without a slash at its end.
    base: &'a str,
    /// Whether it asks for the admin token.
    asks_for_token: bool,
}

/// The document, for the page.
#[derive(Debug, Clone)]
pub struct Described(pub Arc<Value>);

/// This interface as a page: every operation with its parameters, answers, and a command to try it.
#[utoipa::path(get, path = "/api/docs", tag = "about",
    responses((status = 200, description = "the page", body = String, content_type = "text/html")))]
pub async fn docs(
    Extension(Described(document)): Extension<Described>,
    caller: Option<Extension<Caller>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    // `guard` let the request in, so this is a name of this machine.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost:3000");
    // Where there is no token, everybody is anybody.
    let asks_for_token = caller.is_some_and(|Extension(caller)| caller != Caller::Anybody);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let target = Target { base: &format!("http://{host}"), asks_for_token };
    Ok((headers, page(&document, target)).into_response())
}

/// The stylesheet of `/api/docs`.
#[utoipa::path(get, path = "/api/docs.css", tag = "about",
    responses((status = 200, description = "the stylesheet", body = String, content_type = "text/css")))]
pub async fn style(RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, STYLE).into_response())
}

/// One tag with its operations: method, path, and what is said about them.
struct Chapter<'a> {
    name: &'a str,
    about: &'a str,
    operations: Vec<(&'a str, &'a str, &'a Value)>,
}

fn chapters(document: &Value) -> Vec<Chapter<'_>> {
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let paths = document["paths"].as_object();
    let operations = || {
        let items = paths.into_iter().flatten().filter_map(|(path, item)| Some((path, item.as_object()?)));
        items.flat_map(|(path, item)| item.iter().map(move |(method, said)| (method.as_str(), path.as_str(), said)))
    };
    let chapter = |tag| {
        let name = html::text(tag, "name");
        let is_of = |said: &Value| said["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == name));
        let operations = operations().filter(|(_, _, said)| is_of(said)).collect();
        Chapter { name, about: html::text(tag, "description"), operations }
    };
    tags.iter().map(chapter).filter(|chapter: &Chapter<'_>| !chapter.operations.is_empty()).collect()
}

fn page(document: &Value, target: Target<'_>) -> String {
    let chapters = chapters(document);
    let mut out = String::with_capacity(256 << 10);
    let info = &document["info"];
    let (title, version) = (escape(html::text(info, "title")), escape(html::text(info, "version")));
    out.push_str(&format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} API</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"/favicon.svg\"><link rel=\"stylesheet\" href=\"/api/docs.css\"></head>\
         <body><a class=\"skip\" href=\"#main\">Skip to the operations</a>"
    ));
    contents(&mut out, &chapters, &title);
    out.push_str(&format!(
        "<main id=\"main\"><header><h1>{title} API</h1><p class=\"about\">{} Version {version}. The same for programs: \
         <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>, OpenAPI {}.</p></header>",
        prose(html::text(info, "description")),
        escape(html::text(document, "openapi")),
    ));
    for chapter in &chapters {
        let name = escape(chapter.name);
        out.push_str(&format!(
            "<section class=\"chapter\"><h2 id=\"{name}\">{name}</h2><p>{}</p>",
            prose(chapter.about)
        ));
        for (method, path, said) in &chapter.operations {
            operation::write(&mut out, method, path, said, target);
        }
        out.push_str("</section>");
    }
    schema::write_all(&mut out, &document["components"]["schemas"]);
    out.push_str("</main></body></html>");
    out
}

fn contents(out: &mut String, chapters: &[Chapter<'_>], title: &str) {
    out.push_str(&format!("<nav aria-label=\"Operations\"><a class=\"home\" href=\"/\">← {title}</a>"));
    for chapter in chapters {
        let name = escape(chapter.name);
        out.push_str(&format!("<h2><a href=\"#{name}\">{name}</a></h2><ul>"));
        for (method, path, said) in &chapter.operations {
            let (id, path) =
                (escape(html::text(said, "operationId")), escape(path.strip_prefix("/api/v1").unwrap_or(path)));
            out.push_str(&format!("<li><a href=\"#{id}\"><b class=\"{method}\">{method}</b> {path}</a></li>"));
        }
        out.push_str("</ul>");
    }
    out.push_str("<h2><a href=\"#schemas\">schemas</a></h2></nav>");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_holds_every_operation_and_nothing_unescaped() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "T", "description": "about <b>", "version": "1"},
            "tags": [{"name": "things", "description": "`Things`."}, {"name": "empty"}],
            "paths": {"/x/{id}": {"get": {
                "tags": ["things"], "operationId": "x", "summary": "One <thing>.",
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "example": "a b"},
                    {"name": "n", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                     "example": 5},
                ],
                "responses": {"200": {"description": "it", "content":
                    {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}},
            }}},
            "components": {"schemas": {"Thing": {"type": "object", "required": ["id"],
                "properties": {"id": {"type": "string", "description": "its `id`"}}}}},
        });
        let target = Target { base: "http://localhost:1", asks_for_token: false };
        let guarded = page(&document, Target { asks_for_token: true, ..target });
        let page = page(&document, target);
        let token =
            "curl -H &quot;Authorization: Bearer $SWARMSCOPE_ADMIN_TOKEN&quot; &#39;http://localhost:1/x/a%20b&#39;";
        assert!(guarded.contains(token) && !page.contains("Bearer"), "{guarded}");
        for part in [
            "One &lt;thing&gt;.",
            "integer, 1 to 9, default 3",
            "curl &#39;http://localhost:1/x/a%20b&#39;",
            "href=\"#schema-Thing\"",
            "id=\"schema-Thing\"",
            "its <code>id</code>",
            "<code>Things</code>.",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("<thing>") && !page.contains("about <b>") && !page.contains("empty"));
        assert!(!page.contains("style=") && !page.contains("<script"), "the policy would refuse both");
    }
}
