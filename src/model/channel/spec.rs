//! A channel as it is written in the configuration, and what may be written there.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Channel, ChannelKind, Mail, MailTls, Secret, Text, Via};
use crate::model::alert::Severity;

/// PagerDuty's own address.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// Longest name.
const NAME_MAX: usize = 64;
/// Longest an attempt may take, in seconds.
const TIMEOUT_MAX: u32 = 60;

/// Every key there is; which of them a channel takes, its type decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelSpec {
    name: String,
    #[serde(rename = "type")]
    kind: ChannelKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    routing_key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<MailTls>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    to: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severities: Option<Vec<Severity>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_resolved: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allow_private: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
}

/// Why a channel cannot be used. Names keys, never the values of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChannelError {
    /// Its name cannot stand in a URL.
    #[error("a channel's name has 1 to {NAME_MAX} letters, digits, `-` and `_`; `{0}` has not")]
    Name(String),
    /// Something that its type needs is not there.
    #[error("channel `{name}` of type {kind} needs `{key}`")]
    Missing {
        /// The channel.
        name: String,
        /// Its type.
        kind: ChannelKind,
        /// What is not there.
        key: &'static str,
    },
    /// Something is there that its type does not know.
    #[error("channel `{name}` of type {kind} knows no `{key}`; it takes {takes}")]
    Unknown {
        /// The channel.
        name: String,
        /// Its type.
        kind: ChannelKind,
        /// What is too much.
        key: &'static str,
        /// What it takes.
        takes: &'static str,
    },
    /// A value cannot be used.
    #[error("channel `{name}`: `{key}` {reason}")]
    Value {
        /// The channel.
        name: String,
        /// Which.
        key: &'static str,
        /// What to write.
        reason: String,
    },
}

impl ChannelKind {
    /// The keys of its own; every channel has a name, a type, and what `COMMON` says.
    const fn keys(self) -> &'static str {
        match self {
            Self::Webhook => "url, secret, token",
            Self::Slack => "url",
            Self::PagerDuty => "routing_key, url",
            Self::Alertmanager => "url, token",
            Self::Email => "host, port, tls, username, password, from, to",
        }
    }

    fn takes(self, key: &str) -> bool {
        self.keys().split(", ").any(|known| known == key)
    }
}

impl ChannelSpec {
    fn refuse_strangers(&self) -> Result<(), ChannelError> {
        let written = [
            ("url", self.url.is_some()),
            ("secret", self.secret.is_some()),
            ("token", self.token.is_some()),
            ("routing_key", self.routing_key.is_some()),
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("tls", self.tls.is_some()),
            ("username", self.username.is_some()),
            ("password", self.password.is_some()),
            ("from", self.from.is_some()),
            ("to", !self.to.is_empty()),
        ];
        let stranger = written.into_iter().find(|(key, there)| *there && !self.kind.takes(key));
        stranger.map_or(Ok(()), |(key, _)| {
            let (name, kind) = (self.name.clone(), self.kind);
            Err(ChannelError::Unknown { name, kind, key, takes: kind.keys() })
        })
    }

    fn value(&self, key: &'static str, reason: impl Into<String>) -> ChannelError {
        ChannelError::Value { name: self.name.clone(), key, reason: reason.into() }
    }

    /// `there`, or that `key` is missing.
    fn need<T: Clone>(&self, key: &'static str, there: &Option<T>) -> Result<T, ChannelError> {
        let missing = || ChannelError::Missing { name: self.name.clone(), kind: self.kind, key };
        there.clone().ok_or_else(missing)
    }

    /// A URL, with what can be said of one that is written down.
    fn url(&self) -> Result<Text, ChannelError> {
        let url = self.need("url", &self.url)?;
        if let Text::Plain(text) = &url {
            self.check_url(text)?;
        }
        Ok(url)
    }

    fn check_url(&self, url: &str) -> Result<(), ChannelError> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let rest = rest.ok_or_else(|| self.value("url", "must begin with https:// or http://"))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() {
            return Err(self.value("url", "names no host"));
        }
        if authority.contains('@') {
            return Err(self.value(
                "url",
                "must not hold a user or password; write { env = \"NAME\" } for the whole URL, or use `token`",
            ));
        }
        Ok(())
    }

    fn via(&self) -> Result<Via, ChannelError> {
        match self.kind {
            ChannelKind::Webhook => {
                Ok(Via::Webhook { url: self.url()?, secret: self.secret.clone(), token: self.token.clone() })
            }
            ChannelKind::Slack => match self.need("url", &self.url)? {
                Text::Secret(url) => Ok(Via::Slack { url }),
                Text::Plain(_) => Err(self.value(
                    "url",
                    "lets everybody post who knows it; write { env = \"NAME\" } or { file = \"/path\" }",
                )),
            },
            ChannelKind::PagerDuty => {
                let url = match &self.url {
                    None => PAGERDUTY.to_owned(),
                    Some(Text::Plain(url)) => self.check_url(url).map(|()| url.clone())?,
                    Some(Text::Secret(_)) => return Err(self.value("url", "of PagerDuty is no secret; write it down")),
                };
                Ok(Via::PagerDuty { routing_key: self.need("routing_key", &self.routing_key)?, url })
            }
            ChannelKind::Alertmanager => Ok(Via::Alertmanager { url: self.url()?, token: self.token.clone() }),
            ChannelKind::Email => self.mail().map(Via::Email),
        }
    }

    fn mail(&self) -> Result<Mail, ChannelError> {
        let tls = self.tls.unwrap_or_default();
        let from = self.need("from", &self.from)?;
        let to = self.need("to", &(!self.to.is_empty()).then(|| self.to.clone()))?;
        if let Some(wrong) = to.iter().chain([&from]).find(|address| !is_address(address)) {
            let key = if *wrong == from { "from" } else { "to" };
            return Err(self.value(key, format!("holds `{wrong}`; write addresses such as ops@example.org")));
        }
        if self.password.is_some() != self.username.is_some() {
            return Err(self.value("password", "and `username` go together"));
        }
        if tls == MailTls::None && self.password.is_some() {
            return Err(self.value("password", "is not sent in clear; write tls = \"starttls\" or \"tls\""));
        }
        Ok(Mail {
            host: self.need("host", &self.host)?,
            port: self.port.unwrap_or_else(|| tls.port()),
            tls,
            username: self.username.clone(),
            password: self.password.clone(),
            from,
            to,
        })
    }
}

/// One `@` with something on both sides, and nothing that ends an address or a line.
fn is_address(text: &str) -> bool {
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
    plain && text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty() && !at.contains('@'))
}

impl TryFrom<ChannelSpec> for Channel {
    type Error = ChannelError;

    fn try_from(spec: ChannelSpec) -> Result<Self, ChannelError> {
        let usable = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !(1..=NAME_MAX).contains(&spec.name.len()) || !usable(&spec.name) {
            return Err(ChannelError::Name(spec.name));
        }
        spec.refuse_strangers()?;
        let via = spec.via()?;
        let severities = spec.severities.clone().unwrap_or_else(|| Severity::ALL.to_vec());
        if severities.is_empty() {
            return Err(spec.value("severities", "must name some of info, warning and critical"));
        }
        let timeout_seconds = spec.timeout_seconds.unwrap_or(Self::TIMEOUT_SECONDS);
        if !(1..=TIMEOUT_MAX).contains(&timeout_seconds) {
            return Err(spec.value("timeout_seconds", format!("must be 1 to {TIMEOUT_MAX}")));
        }
        Ok(Self {
            via,
            severities,
            send_resolved: spec.send_resolved.unwrap_or(true),
            allow_private: spec.allow_private.unwrap_or(false),
            timeout_seconds,
            ca_file: spec.ca_file,
            name: spec.name,
        })
    }
}

impl From<Channel> for ChannelSpec {
    fn from(channel: Channel) -> Self {
        let mut spec = Self {
            name: channel.name,
            kind: channel.via.kind(),
            url: None,
            secret: None,
            token: None,
            routing_key: None,
            host: None,
            port: None,
            tls: None,
            username: None,
            password: None,
            from: None,
            to: Vec::new(),
            severities: Some(channel.severities),
            send_resolved: Some(channel.send_resolved),
            allow_private: Some(channel.allow_private),
            timeout_seconds: Some(channel.timeout_seconds),
            ca_file: channel.ca_file,
        };
        match channel.via {
            Via::Webhook { url, secret, token } => (spec.url, spec.secret, spec.token) = (Some(url), secret, token),
            Via::Slack { url } => spec.url = Some(Text::Secret(url)),
            Via::PagerDuty { routing_key, url } => {
                (spec.routing_key, spec.url) = (Some(routing_key), Some(Text::Plain(url)));
            }
            Via::Alertmanager { url, token } => (spec.url, spec.token) = (Some(url), token),
            Via::Email(mail) => {
                (spec.host, spec.port, spec.tls) = (Some(mail.host), Some(mail.port), Some(mail.tls));
                (spec.username, spec.password) = (mail.username, mail.password);
                (spec.from, spec.to) = (Some(mail.from), mail.to);
            }
        }
        spec
    }
}
