//! `GET /metrics`: what Swarmscope says about the swarm and about itself, for Prometheus.
//!
//! One file a subject: the swarm (`swarm`), Swarmscope (`own`), its process (`process`). The names of the first five
//! families are documented; all have one prefix, and base units. No label grows with the number of tasks, and every
//! label whose values come from outside is capped: `series_limit` and `series_over_limit` show how.

mod own;
mod process;
mod swarm;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::params::Params;
use super::{ApiResult, ApiState, now};
use crate::wire::exposition::{Dialect, Exposition, Family, Kind};

const fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, unit, help }
}

const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, unit, help }
}

/// Current values; text 0.0.4, or OpenMetrics if `Accept` prefers it.
#[utoipa::path(get, path = "/metrics", tag = "probes",
    responses((status = 200, description = "current values", content(
        (String = "text/plain"), (String = "application/openmetrics-text")))))]
pub async fn metrics(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let vitals = state.service.vitals(now()).await?;
    let dialect = dialect(&headers);
    let mut text = Exposition::new(dialect);
    swarm::write(&mut text, &vitals);
    own::write(&mut text, &state);
    process::write(&mut text, state.meters.started());
    let headers = [(header::CONTENT_TYPE, dialect.content_type()), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text.finish()).into_response())
}

/// The dialect with the highest weight in `Accept`; text when they tie or none is named.
fn dialect(headers: &HeaderMap) -> Dialect {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut text, mut open) = (0.0_f64, 0.0_f64);
    for part in accepted.flat_map(|value| value.split(',')) {
        let mut words = part.split(';').map(str::trim);
        let media_type = words.next().unwrap_or_default();
        let weight = words.find_map(|word| word.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        match media_type {
            "application/openmetrics-text" => open = open.max(weight),
            "text/plain" | "text/*" | "*/*" => text = text.max(weight),
            _ => {}
        }
    }
    if open > text { Dialect::OpenMetrics } else { Dialect::Text }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_heaviest_dialect_in_accept_is_written() {
        let of =
            |accept: &'static str| dialect(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]));
        assert_eq!(dialect(&HeaderMap::new()), Dialect::Text);
        assert_eq!(of("*/*"), Dialect::Text);
        assert_eq!(
            of("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"),
            Dialect::OpenMetrics
        );
        assert_eq!(of("application/openmetrics-text;q=0.3,text/plain;q=0.9"), Dialect::Text);
    }
}
