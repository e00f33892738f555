//! Where a request comes from: a web page somewhere else must not be able to use the browser of somebody who may ask.
//!
//! - `Host` must be a name of this server, or DNS rebinding would make a foreign page same-origin. Any port is fine,
//!   because tunnels change it. This holds for reading too.
//! - whatever changes state, and every server function, must come from our own pages (`Origin`, `Sec-Fetch-Site`) or
//!   from no page at all (curl, agents). Other ports of this machine are foreign.

use std::net::IpAddr;

use axum::http::{HeaderMap, Method, Uri, header};

use super::SERVER_FUNCTIONS;

/// The names this server has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Whether other machines reach it: then any address is a name of it. A page cannot rebind an address.
    pub elsewhere: bool,
    /// Names besides those of this machine, without port.
    pub names: Vec<String>,
}

impl Hosts {
    /// Whether `host`, with or without a port, can only mean this server.
    fn are(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else { return false };
        let name = name.strip_suffix('.').unwrap_or(name);
        let address = name.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        name.eq_ignore_ascii_case("localhost")
            || address.is_some_and(|address| address.is_loopback() || self.elsewhere)
            || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Refuses a request that may come from a foreign page, and says why.
///
/// # Errors
/// The reason.
pub fn check(hosts: &Hosts, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    let host = host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str)).unwrap_or_default();
    if !hosts.are(host) {
        return Err(format!(
            "Host `{host}` is not this server; use localhost or an address, or name it in [server] allowed_hosts"
        ));
    }
    if changes(method) || uri.path().starts_with(SERVER_FUNCTIONS) {
        check_origin(host, headers)?;
    }
    Ok(())
}

/// Whether `method` may change something.
pub fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn check_origin(host: &str, headers: &HeaderMap) -> Result<(), String> {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(format!("Sec-Fetch-Site is `{}`; only same-origin requests may do this", show(site)));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest.eq_ignore_ascii_case(host));
        if !own {
            return Err(format!("Origin `{}` is not `{host}`; only our own pages may do this", show(origin)));
        }
    }
    Ok(())
}

fn show(value: &axum::http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The name in `host` without its port; `None` when it is none.
fn name_of(host: &str) -> Option<&str> {
    match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if port.is_empty() || is_port(port.strip_prefix(':')) => Some(name),
            _ => None,
        },
        None => match host.split_once(':') {
            Some((name, port)) if is_port(Some(port)) => Some(name),
            Some(_) => None,
            None => Some(host),
        },
    }
}

fn is_port(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn ask(method: Method, path: &'static str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        check(&Hosts::default(), &method, &Uri::from_static(path), &headers).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        for own in ["localhost", "LOCALHOST:3000", "127.0.0.1", "127.0.0.1:80", "127.8.8.8:1", "[::1]", "[::1]:3000"] {
            assert!(Hosts::default().are(own), "{own}");
        }
        for foreign in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "evil@localhost",
            "10.0.0.1:3000",
            "0.0.0.0:3000",
            "localhost:",
            "localhost:+80",
            "localhost:99999",
            "[::1",
            "[::1]evil",
            "[::]:3000",
            "localhost:3000:1",
            "2130706433",
        ] {
            assert!(!Hosts::default().are(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_rebound_name_cannot_even_read() {
        assert!(!ask(Method::GET, "/api/v1/tasks", &[("host", "evil.example:3000")]));
        assert!(!ask(Method::GET, "/api/v1/tasks", &[]));
        assert!(ask(Method::GET, "/api/v1/tasks", &[("host", "127.0.0.1:3000")]));
    }

    #[test]
    fn a_foreign_page_changes_nothing_and_calls_no_server_function() {
        let host = ("host", "localhost:3000");
        for origin in
            ["http://evil.example", "http://localhost:5000", "null", "http://127.0.0.1:3000", "localhost:3000"]
        {
            assert!(!ask(Method::POST, "/api/v1/ingest", &[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(!ask(Method::GET, "/rpc/load_overview", &[host, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(ask(Method::POST, "/api/v1/ingest", &[host, ("origin", "http://localhost:3000")]));
        assert!(ask(Method::POST, "/rpc/x", &[host, ("sec-fetch-site", "same-origin")]));
        assert!(ask(Method::POST, "/api/v1/ingest", &[host]), "curl sends no origin");
        assert!(ask(Method::GET, "/", &[host, ("sec-fetch-site", "cross-site")]), "a link may lead here");
    }

    #[test]
    fn a_server_for_others_goes_by_addresses_and_by_the_names_it_was_given() {
        let hosts = Hosts { elsewhere: true, names: vec!["swarm.example".to_owned()] };
        for own in ["swarm.example", "SWARM.example.:443", "10.0.0.1:3000", "[2001:db8::1]:3000", "localhost:3000"] {
            assert!(hosts.are(own), "{own}");
        }
        for foreign in ["other.example", "swarm.example.evil.example", "xswarm.example", "", "2130706433"] {
            assert!(!hosts.are(foreign), "{foreign}");
        }
    }
}
