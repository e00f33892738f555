//! What is told: alerts at the moment they fired or resolved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Micros;

/// One alert, as receivers know it. Its labels say which it is; two with the same labels are the same alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names the labels: 16 hexadecimal digits.
    pub fingerprint: String,
    /// `alertname`, `severity`, whose it is, and what the rule adds.
    pub labels: BTreeMap<String, String>,
    /// `summary` and `description`: sentences with the figures.
    pub annotations: BTreeMap<String, String>,
    /// When it began to fire.
    pub starts_at: Micros,
    /// When it resolved; `None` while it fires.
    pub ends_at: Option<Micros>,
    /// Where to look, from the root of the server: `/alerts?…`.
    pub path: String,
}

impl Notice {
    /// The rule.
    #[must_use]
    pub fn alertname(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// How bad it is, as the label says.
    #[must_use]
    pub fn severity(&self) -> &str {
        self.labels.get("severity").map_or("", String::as_str)
    }

    /// What it says in one line.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.annotations.get("summary").map_or_else(|| self.alertname(), String::as_str)
    }

    /// What it says in sentences, if it says more than the summary.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.annotations.get("description").map(String::as_str)
    }

    /// `firing` or `resolved`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        if self.ends_at.is_some() { "resolved" } else { "firing" }
    }
}

/// Alerts of one rule that are told together, in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The channel they go to.
    pub channel: &'a str,
    /// The alerts; never empty, all of one rule.
    pub notices: &'a [Notice],
    /// Alerts that are not told one by one, because there are too many.
    pub left_out: u64,
    /// Where this server is reached, without a slash at the end; links lead there.
    pub external_url: &'a str,
}

impl Message<'_> {
    /// Most alerts that are told one by one.
    pub const NOTICES_MAX: usize = 20;

    /// `firing` while any of them fires.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.firing() > 0 { "firing" } else { "resolved" }
    }

    /// How many fire.
    #[must_use]
    pub fn firing(&self) -> usize {
        self.notices.iter().filter(|notice| notice.ends_at.is_none()).count()
    }

    /// The rule.
    #[must_use]
    pub fn alertname(&self) -> &str {
        self.notices.first().map_or("", Notice::alertname)
    }

    /// `[FIRING:2] High error rate` or `[RESOLVED] High error rate`; of one alert its summary follows.
    #[must_use]
    pub fn title(&self) -> String {
        let many = self.notices.len() as u64 + self.left_out;
        let status = match (self.firing(), many) {
            (0, _) => "[RESOLVED]".to_owned(),
            (_, 1) => "[FIRING]".to_owned(),
            (firing, _) => format!("[FIRING:{}]", firing as u64 + self.left_out),
        };
        match self.notices {
            [one] if one.summary() != one.alertname() => format!("{status} {}: {}", one.alertname(), one.summary()),
            _ => format!("{status} {}", self.alertname()),
        }
    }

    /// The absolute link of an alert.
    #[must_use]
    pub fn link(&self, notice: &Notice) -> String {
        format!("{}{}", self.external_url, notice.path)
    }
}
