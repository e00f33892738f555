//! What pages and routes show of channels: no secrets, only where they are read.

use serde::{Deserialize, Serialize};

use super::ChannelKind;
use crate::model::Micros;
use crate::model::alert::Severity;
use crate::model::time::rfc3339;

/// One channel and how it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChannelReport {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub kind: ChannelKind,
    /// Where it leads: of a URL scheme and host, or where the URL is read; of mail the receivers.
    pub target: String,
    /// Alerts of which severities are told.
    pub severities: Vec<Severity>,
    /// Whether it is told that an alert resolved.
    pub send_resolved: bool,
    /// Why nothing can be sent as things are: a secret that cannot be read.
    pub trouble: Option<String>,
    /// What did not arrive.
    pub standing: Standing,
    /// What was last sent, or is being sent.
    pub last: Option<Delivery>,
}

/// What a channel was not told yet, and what it never will be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Standing {
    /// Messages that are still to be sent.
    pub waiting: u32,
    /// When the next of them is tried; of one that is being tried, when it counts as interrupted.
    #[serde(with = "rfc3339::option")]
    pub next: Option<Micros>,
    /// Messages that were given up since one last arrived, tests left out; of the 1 000 that ended last.
    pub given_up: u32,
    /// Why the newest of all these did not arrive; `None` before the first attempt.
    pub error: Option<String>,
}

/// One message to one channel, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// Its number; later ones have greater numbers.
    pub id: i64,
    /// The channel's name.
    pub channel: String,
    /// The title of the message.
    pub title: String,
    /// How many alerts it tells of.
    pub alerts: u32,
    /// Whether it was asked for, to try the channel.
    pub test: bool,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub created: Micros,
    /// When it is tried next, while it waits.
    #[serde(with = "rfc3339::option")]
    pub next: Option<Micros>,
    /// When it was sent, or given up.
    #[serde(with = "rfc3339::option")]
    pub finished: Option<Micros>,
    /// How long the last attempt took, in milliseconds.
    pub duration_ms: Option<u32>,
    /// The status of the last answer: of HTTP or SMTP.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Not sent yet; it is tried again.
    Waiting,
    /// The receiver took it.
    Sent,
    /// Given up.
    Failed,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::Failed];

    /// The word in the store and in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Who is told of alerts, and what they were told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// The channels, in the order of the configuration.
    pub channels: Vec<ChannelReport>,
    /// The newest messages.
    pub deliveries: Vec<Delivery>,
}

/// Which messages to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryQuery {
    /// Only to this channel.
    pub channel: Option<String>,
    /// Only those that ended so.
    pub state: Option<DeliveryState>,
    /// Most messages.
    pub limit: Option<u32>,
}

impl DeliveryQuery {
    /// Messages listed without a limit.
    pub const LIMIT_DEFAULT: u32 = 50;
    /// Most messages listed.
    pub const LIMIT_MAX: u32 = 500;
}
