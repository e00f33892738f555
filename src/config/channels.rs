//! What `[[alerts.channels]]` and `[alerts] external_url` may say beyond what each channel says of itself, and how a
//! wrong line is shown.

use super::upkeep::demand;
use super::{Config, ConfigError};
use crate::model::alert::AlertSettings;
use crate::model::channel::Channel;

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(alerts: &AlertSettings) -> Result<(), ConfigError> {
    let channels = &alerts.channels;
    demand(channels.len() <= Channel::CHANNELS_MAX, "alerts.channels", || {
        format!("holds {} channels; at most {} are told", channels.len(), Channel::CHANNELS_MAX)
    })?;
    let twice =
        channels.iter().enumerate().find(|(at, one)| channels[..*at].iter().any(|other| other.name == one.name));
    demand(twice.is_none(), "alerts.channels", || {
        let name = twice.map_or("", |(_, channel)| channel.name.as_str());
        format!("names `{name}` twice; give every channel a name of its own")
    })?;
    let url = alerts.external_url.as_deref();
    let absolute = |url: &str| {
        url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).is_some_and(|rest| !rest.is_empty())
    };
    demand(url.is_none_or(absolute), "alerts.external_url", || {
        "must begin with https:// or http://, such as https://swarm.example.org".into()
    })
}

impl Config {
    /// Where people reach this server, without a slash at the end.
    #[must_use]
    pub fn external_url(&self) -> String {
        match &self.alerts.external_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.server.bind),
        }
    }
}

/// A line as an error may show it: within `[alerts]` only its key, since what follows may be a secret in the wrong place.
pub(super) fn shown<'a>(before: &str, line: &'a str) -> &'a str {
    let header = before.lines().rev().chain([line]).map(str::trim).find(|line| line.starts_with('['));
    let secretive = [header, Some(line.trim())]
        .into_iter()
        .flatten()
        .any(|line| line.starts_with("[alerts") || line.starts_with("[[alerts.channels") || line.starts_with("alerts"));
    if secretive { line.split('=').next().unwrap_or_default().trim() } else { line.trim() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let parsed = Config::parse(text, Path::new("s.toml"));
        parsed.and_then(|config| config.validate().map(|()| config)).map_err(|error| error.to_string())
    }

    const HOOK: &str = "[[alerts.channels]]\nname = 'ops'\ntype = 'webhook'\nurl = 'https://hooks.example/x'\n";

    #[test]
    fn links_lead_where_the_server_is_reached() {
        assert_eq!(load("").expect("fine").external_url(), "http://127.0.0.1:3000");
        let set = load("[alerts]\nexternal_url = 'https://swarm.example/'").expect("fine");
        assert_eq!(set.external_url(), "https://swarm.example");
        assert!(
            load("[alerts]\nexternal_url = 'swarm.example'")
                .expect_err("no URL")
                .contains("`alerts.external_url`: must begin")
        );
    }

    #[test]
    fn every_channel_has_a_name_of_its_own() {
        assert!(load(HOOK).is_ok());
        let twice = load(&format!("{HOOK}{HOOK}")).expect_err("twice");
        assert_eq!(twice, "setting `alerts.channels`: names `ops` twice; give every channel a name of its own");
    }

    #[test]
    fn a_broken_channel_is_told_with_its_line_and_without_what_may_be_secret() {
        let clear = load(&format!("{HOOK}secret = 'hunter2'\n")).expect_err("a secret in clear");
        assert!(clear.starts_with("s.toml, line ") && clear.contains("{ env = \"NAME\" }"), "{clear}");
        let unknown = load(&format!("{HOOK}pasword = 'hunter2'\n")).expect_err("unknown");
        assert!(unknown.starts_with("s.toml, line 5: unknown field `pasword`"), "{unknown}");
        let inline = load("alerts = { channels = [{ name = 'a', type = 'slack', url = 'https://x/hunter2' }] }");
        let inline = inline.expect_err("a secret in clear");
        for text in [clear, unknown, inline] {
            assert!(!text.contains("hunter2"), "{text}");
        }
        let elsewhere = load("[log]\nformat = 'loud'").expect_err("no format");
        assert!(elsewhere.contains("format = 'loud'"), "{elsewhere}");
    }
}
