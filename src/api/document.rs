//! What is true of every route, written into the document once instead of beside each of them.
//!
//! - Problems: whoever sends an unknown parameter, comes from elsewhere, accepts nothing we can write, or meets our
//!   own failure gets the same answer everywhere.
//! - Headers of every answer: the request's id, and what it took.
//! - The admin token, where there is one.
//! - Questions with `from` and `to` can be asked again with `If-None-Match`.

use serde_json::{Map, Value, json};

use crate::model::ProblemKind;

/// Adds it to the document that `utoipa` made from the routes.
#[must_use]
pub fn complete(mut document: Value) -> Value {
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for item in paths.values_mut().filter_map(Value::as_object_mut) {
            for (method, operation) in item.iter_mut() {
                if let Some(operation) = operation.as_object_mut() {
                    complete_operation(method, operation);
                }
            }
        }
    }
    document["components"]["headers"] = headers();
    document["components"]["securitySchemes"] = json!({"token": {
        "type": "http", "scheme": "bearer",
        "description": "the admin token, where the server was started with one; the probes need none",
    }});
    document["security"] = json!([{"token": []}, {}]);
    document
}

fn complete_operation(method: &str, operation: &mut Map<String, Value>) {
    let reads = method == "get";
    let revisable =
        reads && takes(operation, "from") && takes(operation, "to") && !streams(operation) && !moves(operation);
    if revisable {
        let known = operation.get_mut("parameters").and_then(Value::as_array_mut);
        known.into_iter().for_each(|known| {
            known.push(json!({
                "name": "If-None-Match", "in": "header", "required": false,
                "description": "`ETag` of an earlier answer: 304 without a body when nothing changed since",
                "schema": {"type": "string"}, "example": "W/\"0123456789abcdef0123456789abcdef\"",
            }))
        });
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    if revisable {
        responses.insert("304".into(), json!({"description": "nothing changed since the answer with that `ETag`"}));
    }
    for (kind, when) in [
        (ProblemKind::BadRequest, "an unknown parameter, or a value that is not taken"),
        (ProblemKind::Unauthenticated, "there is an admin token, and neither it nor a session came with the request"),
        (ProblemKind::Forbidden, "`Host` is not this server, or another site's page asks for a change"),
        (ProblemKind::NotAcceptable, "`Accept` leaves out every form of the answer"),
        (ProblemKind::TooMany, "too many writes, or wrong tokens, came from this address; see `Retry-After`"),
        (ProblemKind::Internal, "our own failure; the log says why"),
        (ProblemKind::Overloaded, "too much is waiting, or the store is closing; see `Retry-After`"),
    ] {
        if reads || kind != ProblemKind::NotAcceptable {
            responses.entry(kind.status().to_string()).or_insert_with(|| json!({"description": when}));
        }
    }
    for (status, response) in responses.iter_mut() {
        let Some(response) = response.as_object_mut() else { continue };
        if status.as_str() >= "400" && !response.contains_key("content") {
            let schema = json!({"$ref": "#/components/schemas/ProblemBody"});
            response.insert("content".into(), json!({"application/problem+json": {"schema": schema}}));
        }
        let mut headers = json!({
            "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
            "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
        });
        if revisable && matches!(status.as_str(), "200" | "304") {
            headers["ETag"] = json!({"$ref": "#/components/headers/ETag"});
        }
        if matches!(status.as_str(), "429" | "503") {
            headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"});
        }
        response.insert("headers".into(), headers);
    }
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "the request, as the log and problems name it; one's own is taken over when it is short and plain",
            "schema": {"type": "string"},
        },
        "ServerTiming": {
            "description": "milliseconds: `query` in the store, `total` to the first byte",
            "schema": {"type": "string"},
        },
        "ETag": {"description": "only for a range with two absolute ends", "schema": {"type": "string"}},
        "RetryAfter": {"description": "seconds", "schema": {"type": "integer"}},
    })
}

fn takes(operation: &Map<String, Value>, name: &str) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
}

/// Whether an answer tells of the present, whatever its range.
fn moves(operation: &Map<String, Value>) -> bool {
    operation.get("operationId").is_some_and(|name| name == "top")
}

/// Whether its answer is sent while it is made, so that nothing can be said about the whole beforehand.
fn streams(operation: &Map<String, Value>) -> bool {
    operation.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(|tag| tag == "export"))
}
