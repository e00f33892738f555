//! Channels: where alerts are told, what is told, and what became of it.
//!
//! Data only. How a message looks is `wire::notify`, how it gets there `notify`, when and how often `service`. Secrets
//! are named here, never held: a [`Secret`] says where one is read when it is needed.

mod notice;
mod report;
mod secret;
mod spec;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use notice::{Message, Notice};
pub use report::{ChannelReport, Delivery, DeliveryQuery, DeliveryState, Standing, Telling};
pub use secret::{IN_CLEAR, Secret, Text};
pub use spec::ChannelError;

use super::alert::Severity;
use spec::ChannelSpec;

/// `[[alerts.channels]]`: one place where alerts are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ChannelSpec", into = "ChannelSpec")]
pub struct Channel {
    /// Its name, unique among channels: letters, digits, `-` and `_`.
    pub name: String,
    /// How it is reached.
    pub via: Via,
    /// Alerts of which severities are told; never empty.
    pub severities: Vec<Severity>,
    /// Whether it is told that an alert resolved.
    pub send_resolved: bool,
    /// Whether the target may be in a loopback or private range, and HTTP without TLS.
    pub allow_private: bool,
    /// Seconds for one attempt, from looking up the name to the last byte of the answer.
    pub timeout_seconds: u32,
    /// Certificates (PEM) of authorities that are trusted here beside those this machine trusts; read each time.
    pub ca_file: Option<PathBuf>,
}

/// How a channel is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A URL that takes the body of Alertmanager's webhooks, version 4.
    Webhook {
        /// Where to.
        url: Text,
        /// Signs the body.
        secret: Option<Secret>,
        /// Sent as bearer token.
        token: Option<Secret>,
    },
    /// An incoming webhook of Slack; its URL is a secret.
    Slack {
        /// Where to.
        url: Secret,
    },
    /// PagerDuty's Events API, version 2.
    PagerDuty {
        /// Names the service that is woken.
        routing_key: Secret,
        /// Where to.
        url: String,
    },
    /// Alertmanager's API, version 2.
    Alertmanager {
        /// Its root, without `/api/v2/alerts`.
        url: Text,
        /// Sent as bearer token.
        token: Option<Secret>,
    },
    /// Mail by SMTP.
    Email(Mail),
}

/// A mail server and who writes to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Who logs in; nobody without it.
    pub username: Option<Text>,
    /// With what.
    pub password: Option<Secret>,
    /// The sender's address.
    pub from: String,
    /// The receivers' addresses; never empty.
    pub to: Vec<String>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// Begins in clear, and is encrypted before anything is said; port 587.
    #[default]
    Starttls,
    /// Encrypted from the first byte; port 465.
    Tls,
    /// Not; only to loopback and private addresses, and without a password. Port 25.
    None,
}

impl MailTls {
    /// The usual port.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// The word for a way to reach a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Alertmanager's webhook body, version 4.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// PagerDuty's Events API, version 2.
    PagerDuty,
    /// Alertmanager's API, version 2.
    Alertmanager,
    /// Mail by SMTP.
    Email,
}

impl ChannelKind {
    /// The word in the configuration and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::Alertmanager => "alertmanager",
            Self::Email => "email",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Via {
    /// Its word.
    #[must_use]
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Webhook { .. } => ChannelKind::Webhook,
            Self::Slack { .. } => ChannelKind::Slack,
            Self::PagerDuty { .. } => ChannelKind::PagerDuty,
            Self::Alertmanager { .. } => ChannelKind::Alertmanager,
            Self::Email(_) => ChannelKind::Email,
        }
    }

    /// Whether people read each message, so that it must not be long.
    #[must_use]
    pub const fn for_people(&self) -> bool {
        matches!(self, Self::Slack { .. } | Self::Email(_))
    }

    /// Where it leads, as far as it may be shown: scheme, host and port of a URL (paths of webhooks are often secrets),
    /// or where the URL is read from; of mail the receivers.
    #[must_use]
    pub fn shown_target(&self) -> String {
        match self {
            Self::Webhook { url, .. } | Self::Alertmanager { url, .. } => match url {
                Text::Plain(url) => origin(url).to_owned(),
                Text::Secret(secret) => secret.to_string(),
            },
            Self::Slack { url } => url.to_string(),
            Self::PagerDuty { url, .. } => origin(url).to_owned(),
            Self::Email(mail) => format!("{} by {}:{}", mail.to.join(", "), mail.host, mail.port),
        }
    }
}

/// `https://host:port` of a URL.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    &url[..end]
}

impl Channel {
    /// Seconds of an attempt, unless something else is set.
    pub const TIMEOUT_SECONDS: u32 = 5;
    /// Most channels.
    pub const CHANNELS_MAX: usize = 32;

    /// Whether it is told of this.
    #[must_use]
    pub fn wants(&self, severity: Severity, resolved: bool) -> bool {
        self.severities.contains(&severity) && (self.send_resolved || !resolved)
    }
}

#[cfg(test)]
mod tests;
