//! 406 for who accepts no form of an answer.
//!
//! Only what reads is looked at: an answer to a change tells what was done, and is sent whatever was accepted.
//! Problems are sent, too, so that nobody stays without a reason.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiProblem;
use crate::model::{Problem, ProblemKind};

/// Turns an answer that `Accept` rules out into a problem.
pub async fn layer(request: Request, next: Next) -> Response {
    let accepted = matches!(*request.method(), Method::GET | Method::HEAD).then(|| ranges(request.headers()));
    let response = next.run(request).await;
    let (Some(accepted), StatusCode::OK) = (accepted, response.status()) else { return response };
    let Some(media_type) = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return response;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if accepts(&accepted, essence) {
        return response;
    }
    let detail = format!("this answer is {essence}, which `Accept` leaves out; send `Accept: {essence}` or none");
    ApiProblem::from(Problem::new(ProblemKind::NotAcceptable, detail)).into_response()
}

/// What `Accept` names, with its weight; nothing = everything is accepted.
fn ranges(headers: &HeaderMap) -> Vec<(String, f64)> {
    let sent = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let range = |part: &str| {
        let mut words = part.split(';').map(str::trim);
        let media_range = words.next().unwrap_or_default().to_ascii_lowercase();
        let weight = words.find_map(|word| word.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        (media_range, weight)
    };
    sent.flat_map(|list| list.split(',')).map(range).filter(|(media_range, _)| !media_range.is_empty()).collect()
}

/// Whether the most specific range that fits `essence` has a weight above 0.
fn accepts(ranges: &[(String, f64)], essence: &str) -> bool {
    if ranges.is_empty() {
        return true;
    }
    let family = essence.split('/').next().unwrap_or_default();
    let weight_of = |wanted: &str| ranges.iter().find(|(range, _)| range == wanted).map(|(_, weight)| *weight);
    let weight = weight_of(essence).or_else(|| weight_of(&format!("{family}/*"))).or_else(|| weight_of("*/*"));
    weight.is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_most_specific_range_decides() {
        let of = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            accepts(&ranges(&headers), "application/json")
        };
        assert!(accepts(&ranges(&HeaderMap::new()), "application/json"));
        for fine in ["*/*", "application/*", "text/html, */*;q=0.1", "Application/JSON;charset=utf-8", ""] {
            assert!(of(fine), "{fine}");
        }
        for not in ["text/html", "application/xml, text/*", "*/*, application/json;q=0", "application/json;q=0.0"] {
            assert!(!of(not), "{not}");
        }
    }
}
