//! The question to a running server: `GET /api/v1/top` with what is asked.

use crate::model::top::TopQuery;
use crate::web::view_state::encode;

/// Its path and query.
pub(super) fn path(query: &TopQuery) -> String {
    let mut path = format!("/api/v1/top?from={}", encode(&query.range.from));
    let to = Some(&query.range.to).filter(|to| !to.is_empty());
    for (name, value) in [("to", to), ("project", query.project.as_ref()), ("swarm_id", query.swarm_id.as_ref())] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encode(value)));
        }
    }
    path.push_str(&format!("&sort={}", query.sort.as_str()));
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RangeSpec;
    use crate::model::top::TopSort;

    #[test]
    fn a_question_is_written_as_the_route_reads_it() {
        assert_eq!(path(&TopQuery::default()), "/api/v1/top?from=now-1h&sort=fastest");
        let query = TopQuery {
            range: RangeSpec { from: "2026-01-01T00:00:00+09:00".into(), to: "now".into() },
            project: Some("a&b".into()),
            swarm_id: Some("ü".into()),
            sort: TopSort::Tokens,
        };
        assert_eq!(
            path(&query),
            "/api/v1/top?from=2026-01-01T00%3A00%3A00%2B09%3A00&to=now&project=a%26b&swarm_id=%C3%BC&sort=tokens"
        );
    }
}
