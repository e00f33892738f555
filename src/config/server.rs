//! `[server]`: where it listens, who may ask, and how much a client may take.
//!
//! The admin token itself stands in no file of settings: it comes from the environment or from a file of its own.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::upkeep::demand;
use crate::api::guard::origin::Hosts;
use crate::api::guard::rates::Rate;
use crate::api::guard::{AdminToken, Rules};

/// Where the token comes from.
const TOKEN: &str = "SWARMSCOPE_ADMIN_TOKEN";
/// hyper reads no head within less.
const HEADER_BYTES_MIN: usize = 8192;
/// A year.
const SESSION_HOURS_MAX: u32 = 8760;

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 picks a free one.
    #[serde(deserialize_with = "read_bind")]
    pub bind: SocketAddr,
    /// Folder with the built site; `None` looks in the usual places.
    pub site: Option<PathBuf>,
    /// File with the admin token.
    pub admin_token_file: Option<PathBuf>,
    /// The admin token; see [`ServerConfig::settle`].
    #[serde(skip)]
    pub admin_token: Option<AdminToken>,
    /// Whether other machines may be served without authentication.
    pub insecure_public: bool,
    /// Names of this server besides localhost and addresses.
    pub allowed_hosts: Vec<String>,
    /// Whether `/metrics` needs no token.
    pub metrics_public: bool,
    /// Proxies that say who asks, in `X-Forwarded-For`.
    pub trusted_proxies: Vec<IpAddr>,
    /// Hours for which a person stays logged in.
    pub session_hours: u32,
    /// Requests that change something, a second and address; 0 = without limit.
    pub writes_per_second: u32,
    /// Most of them at once.
    pub writes_burst: u32,
    /// Most connections at a time.
    pub connections_max: usize,
    /// Most bytes of the head of a request.
    pub header_bytes_max: usize,
    /// Seconds a client may take to send the head of a request.
    pub header_seconds: u64,
    /// Seconds a client may stop sending within the body of a request.
    pub body_idle_seconds: u64,
    /// Bytes a second that a client must send of a body, once it has made the server wait for `body_idle_seconds`.
    pub body_bytes_per_second_min: u32,
    /// Seconds a client may stop reading its answer.
    pub answer_idle_seconds: u64,
    /// Seconds to finish running requests in after the first stop signal.
    pub drain_seconds: u64,
    /// Seconds to go on serving before that, while `/readyz` says no, so that a balancer looks elsewhere first.
    pub drain_delay_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            site: None,
            admin_token_file: None,
            admin_token: None,
            insecure_public: false,
            allowed_hosts: Vec::new(),
            metrics_public: false,
            trusted_proxies: Vec::new(),
            session_hours: 168,
            writes_per_second: 5000,
            writes_burst: 50_000,
            connections_max: 8192,
            header_bytes_max: 64 * 1024,
            header_seconds: 10,
            body_idle_seconds: 30,
            body_bytes_per_second_min: 256,
            answer_idle_seconds: 60,
            drain_seconds: 10,
            drain_delay_seconds: 0,
        }
    }
}

impl ServerConfig {
    /// Takes the admin token from `environment`, else from its file, and refuses to serve others without one. For
    /// `serve` alone: whoever only reads the store needs neither.
    ///
    /// # Errors
    /// [`ConfigError`] when the token is unusable, or when there is none and others could connect.
    pub fn settle(&mut self, environment: Option<OsString>) -> Result<(), ConfigError> {
        if let Some(text) = environment {
            let text = text.into_string().map_err(|_| "it is no UTF-8".to_owned());
            let token = text.and_then(|text| AdminToken::new(&text));
            self.admin_token = Some(token.map_err(|reason| ConfigError::Invalid { key: TOKEN, reason })?);
        } else if let Some(path) = &self.admin_token_file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
            let named = |reason| ConfigError::Invalid {
                key: "server.admin_token_file",
                reason: format!("{}: {reason}", path.display()),
            };
            self.admin_token = Some(AdminToken::new(&text).map_err(named)?);
        }
        if self.admin_token.is_some() || self.insecure_public {
            return Ok(());
        }
        if !self.bind.ip().is_loopback() {
            return Err(ConfigError::Exposed(self.bind));
        }
        demand(self.allowed_hosts.is_empty(), "server.allowed_hosts", || {
            format!(
                "a server that goes by names is reached from elsewhere; set {TOKEN}, or say --insecure-public when \
                 something in front of it asks who it is"
            )
        })
    }

    /// What the guard goes by.
    #[must_use]
    pub fn rules(&self) -> Rules {
        let rate = Rate { per_second: f64::from(self.writes_per_second), burst: f64::from(self.writes_burst) };
        Rules {
            token: self.admin_token.clone(),
            hosts: Hosts { elsewhere: !self.bind.ip().is_loopback(), names: self.allowed_hosts.clone() },
            metrics_public: self.metrics_public,
            session: Duration::from_secs(u64::from(self.session_hours) * 3600),
            writes: (self.writes_per_second > 0).then_some(rate),
            proxies: self.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] naming the setting.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (seconds, key) in [
            (self.header_seconds, "server.header_seconds"),
            (self.body_idle_seconds, "server.body_idle_seconds"),
            (self.answer_idle_seconds, "server.answer_idle_seconds"),
        ] {
            demand(seconds > 0, key, || "must be at least 1".into())?;
        }
        demand((1..=SESSION_HOURS_MAX).contains(&self.session_hours), "server.session_hours", || {
            format!("must be 1 to {SESSION_HOURS_MAX}")
        })?;
        demand(self.writes_per_second == 0 || self.writes_burst > 0, "server.writes_burst", || {
            "must be at least 1; to lift the limit, write writes_per_second = 0".into()
        })?;
        demand(self.connections_max > 0, "server.connections_max", || "must be at least 1".into())?;
        demand(self.header_bytes_max >= HEADER_BYTES_MIN, "server.header_bytes_max", || {
            format!("must be at least {HEADER_BYTES_MIN}")
        })?;
        for name in &self.allowed_hosts {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            demand(plain && !name.is_empty(), "server.allowed_hosts", || {
                format!("`{name}` is no name; write it without scheme and port, such as \"swarm.example.org\"")
            })?;
        }
        Ok(())
    }
}

/// The admin token, as the environment has it.
#[must_use]
pub fn token_of_environment() -> Option<OsString> {
    std::env::var_os(TOKEN)
}

/// `127.0.0.1:3000`, `[::1]:3000` or `localhost:3000`.
pub(super) fn parse_bind(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("`{text}` is no address; write ADDR:PORT, such as 127.0.0.1:3000"))
}

fn read_bind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_bind(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN_TEXT: &str = "0123456789abcdef0123";

    fn bound(to: &str) -> ServerConfig {
        ServerConfig { bind: to.parse().expect("an address"), ..ServerConfig::default() }
    }

    #[test]
    fn others_are_served_with_a_token_or_on_purpose_only() {
        for open in ["0.0.0.0:3000", "[::]:3000", "192.168.1.2:3000"] {
            assert!(matches!(bound(open).settle(None), Err(ConfigError::Exposed(_))), "{open}");
            assert!(bound(open).settle(Some(TOKEN_TEXT.into())).is_ok(), "{open}");
            assert!(ServerConfig { insecure_public: true, ..bound(open) }.settle(None).is_ok(), "{open}");
        }
        for own in ["127.0.0.1:0", "127.9.9.9:80", "[::1]:3000"] {
            assert!(bound(own).settle(None).is_ok(), "{own}");
            let mut named = ServerConfig { allowed_hosts: vec!["swarm.example".into()], ..bound(own) };
            let error = named.settle(None).expect_err("a name is for others").to_string();
            assert!(error.starts_with("setting `server.allowed_hosts`"), "{error}");
        }
    }

    #[test]
    fn the_token_comes_from_the_environment_or_a_file_and_an_empty_one_is_no_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, format!("{TOKEN_TEXT}\n")).expect("written");
        let mut config = ServerConfig { admin_token_file: Some(path), ..bound("127.0.0.1:0") };
        config.settle(None).expect("a token");
        assert_eq!(config.admin_token, AdminToken::new(TOKEN_TEXT).ok());
        config.settle(Some("another-token-0123456".into())).expect("a token");
        assert_eq!(config.admin_token, AdminToken::new("another-token-0123456").ok(), "the environment wins");
        let error = bound("127.0.0.1:0").settle(Some("".into())).expect_err("empty").to_string();
        assert!(error.starts_with("setting `SWARMSCOPE_ADMIN_TOKEN`: it is empty"), "{error}");
        config.admin_token_file = Some(folder.path().join("absent"));
        assert!(matches!(config.settle(None), Err(ConfigError::Unreadable { .. })));
    }

    #[test]
    fn absurd_settings_are_named() {
        let refused = |change: fn(&mut ServerConfig)| {
            let mut config = ServerConfig::default();
            change(&mut config);
            config.validate().map_or_else(|error| error.to_string(), |()| String::new())
        };
        assert_eq!(refused(|_| {}), "");
        assert!(refused(|c| c.header_seconds = 0).starts_with("setting `server.header_seconds`"));
        assert!(refused(|c| c.writes_burst = 0).starts_with("setting `server.writes_burst`"));
        assert_eq!(refused(|c| (c.writes_per_second, c.writes_burst) = (0, 0)), "");
        assert!(refused(|c| c.header_bytes_max = 10).starts_with("setting `server.header_bytes_max`"));
        assert!(refused(|c| c.allowed_hosts = vec!["https://x".into()]).contains("`https://x` is no name"));
    }
}
