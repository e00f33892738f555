//! One question to a running server: `GET /api/v1/top`.
//!
//! A connection a question: one every few seconds costs nothing, and none is left open on a server that restarts.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cli::CliError;
use crate::model::top::{Top, TopQuery};
use crate::web::view_state::encode;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer; a screen of figures has some ten thousand.
const ANSWER_MAX: usize = 1 << 20;
const PORT: u16 = 80;

/// A running server.
#[derive(Debug)]
pub(super) struct Remote {
    /// As it was written.
    url: String,
    authority: Authority,
    /// Where the routes start, for one behind a proxy: no slash at its end.
    base: String,
    /// `Bearer …`, for a server that wants to know who asks.
    authorization: Option<HeaderValue>,
}

impl Remote {
    /// Reads `http://host:port/base`.
    pub(super) fn parse(url: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| {
            CliError::Usage(format!("`{url}` is no address of a server{why}; write one such as http://127.0.0.1:3000"))
        };
        let parsed: Uri = url.parse().map_err(|error| refuse(&format!(" ({error})")))?;
        if parsed.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP) {
            return Err(refuse(" that can be asked: only plain http is spoken here, so tunnel the rest"));
        }
        let authority = parsed.authority().filter(|_| parsed.scheme().is_some()).ok_or_else(|| refuse(""))?.clone();
        if parsed.query().is_some() {
            return Err(refuse(" alone: it has a query"));
        }
        let base = parsed.path().trim_end_matches('/').to_owned();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), authority, base, authorization: None })
    }

    /// The same, asked with the admin token, which may end with a line feed as files do.
    pub(super) fn with_token(self, token: Option<&str>) -> Result<Self, CliError> {
        let Some(token) = token else { return Ok(self) };
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.trim()))
            .map_err(|_| CliError::Usage("the admin token may hold visible ASCII characters only".to_owned()))?;
        authorization.set_sensitive(true); // never shown by `Debug`
        Ok(Self { authorization: Some(authorization), ..self })
    }

    /// The address as it was written.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The server's figures.
    pub(super) async fn look(&self, query: &TopQuery) -> Result<Top, CliError> {
        let url = &self.url;
        let late = |_| CliError::Failed(format!("{url} did not answer within {} s", PATIENCE.as_secs()));
        let (status, body) = tokio::time::timeout(PATIENCE, self.ask(query)).await.map_err(late)?.map_err(|error| {
            CliError::Failed(format!("no server answers at {url} ({error}); start one with `swarmscope serve`"))
        })?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|error| {
                CliError::Failed(format!("the answer of {url} is not understood ({error}); is it the same version?"))
            });
        }
        // A problem says itself what it is; anything else is another program.
        let problem: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        match (status, detail) {
            (StatusCode::BAD_REQUEST, Some(detail)) => Err(CliError::Usage(detail.to_owned())),
            (_, Some(detail)) => Err(CliError::Failed(format!("{url} answers {status}: {detail}"))),
            (_, None) => Err(CliError::Failed(format!("{url} answers {status}; is it Swarmscope?"))),
        }
    }

    async fn ask(&self, query: &TopQuery) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.authority.port_u16().unwrap_or(PORT))).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let talking = tokio::spawn(connection);
        let mut request = Request::get(self.path(query))
            .header(header::HOST, self.authority.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await?.to_bytes();
        talking.abort(); // nothing more is asked on it
        Ok((status, body))
    }

    fn path(&self, query: &TopQuery) -> String {
        let mut path = format!("{}/api/v1/top?from={}", self.base, encode(&query.range.from));
        let to = Some(&query.range.to).filter(|to| !to.is_empty());
        for (name, value) in [("to", to), ("project", query.project.as_ref()), ("swarm_id", query.swarm_id.as_ref())] {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        path.push_str(&format!("&sort={}", query.sort.as_str()));
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RangeSpec;
    use crate::model::top::TopSort;

    #[test]
    fn an_address_has_a_scheme_that_is_spoken_and_a_host() {
        for (url, host, base) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", ""),
            ("http://localhost:3000/", "localhost:3000", ""),
            ("http://[::1]:3000/swarm/", "[::1]:3000", "/swarm"),
        ] {
            let remote = Remote::parse(url).expect(url);
            assert_eq!((remote.authority.as_str(), remote.base.as_str()), (host, base));
        }
        for (url, why) in [
            ("127.0.0.1:3000", "is no address of a server; write one such as http://127.0.0.1:3000"),
            ("https://swarm.example", "only plain http is spoken here, so tunnel the rest"),
            ("http://a/?x=1", "it has a query"),
            ("http://a b", "is no address of a server (invalid uri character)"),
        ] {
            let error = Remote::parse(url).expect_err(url).to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_question_is_written_as_the_route_reads_it() {
        let remote = Remote::parse("http://host/base").expect("an address");
        assert_eq!(remote.path(&TopQuery::default()), "/base/api/v1/top?from=now-1h&sort=fastest");
        let query = TopQuery {
            range: RangeSpec { from: "2026-01-01T00:00:00+09:00".into(), to: "now".into() },
            project: Some("a&b".into()),
            swarm_id: Some("ü".into()),
            sort: TopSort::Tokens,
        };
        assert_eq!(
            remote.path(&query),
            "/base/api/v1/top?from=2026-01-01T00%3A00%3A00%2B09%3A00&to=now&project=a%26b&swarm_id=%C3%BC&sort=tokens"
        );
    }
}
