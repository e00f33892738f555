//! A message → one request or mail, by what kind of channel it goes to.

use std::time::Duration;

use super::{Channel, Message, Micros, Notice, SendError, Via, notify};
use crate::model::channel::{Mail, Secret};
use crate::notify::{Bounds, Letter, Outbound, Post, Revealed};
use crate::wire::notify as body;

/// What a message carries beside what it says.
#[derive(Debug)]
pub(super) struct Parcel {
    /// Its number in the log.
    pub id: i64,
    /// When it was made.
    pub created: Micros,
    /// The clock.
    pub now: Micros,
    /// How long an Alertmanager may believe it.
    pub fires_until: Micros,
    /// Whether it only tries the channel: what it opens is closed at once.
    pub test: bool,
}

/// The number of a message, for receivers that get one twice.
const DELIVERY: &str = "x-swarmscope-delivery";

/// Sends `message`; returns the status of the answer.
///
/// # Errors
/// [`SendError`].
pub(super) async fn send(
    outbound: &Outbound,
    channel: &Channel,
    message: &Message<'_>,
    parcel: &Parcel,
) -> Result<u16, SendError> {
    let timeout = Duration::from_secs(channel.timeout_seconds.into());
    let bounds = Bounds { allow_private: channel.allow_private, timeout, ca_file: channel.ca_file.as_deref() };
    let number = || (DELIVERY, Revealed::from(parcel.id.to_string()));
    match &channel.via {
        Via::Webhook { url, secret, token } => {
            let (url, body) = (notify::read_text(url)?, body::webhook::body(message));
            let mut headers = vec![number()];
            let mut hide = bearer(token.as_ref(), &mut headers)?;
            if let Some(secret) = secret {
                let secret = notify::read_secret(secret)?;
                let signature = body::signature::sign(secret.expose(), &body, parcel.now);
                headers.push((body::signature::HEADER, signature.into()));
                hide.push(secret);
            }
            outbound.post(Post { url: &url, headers, body, hide }, bounds).await
        }
        Via::Slack { url } => {
            let url = notify::read_secret(url)?;
            let body = body::slack::body(message);
            outbound.post(Post { url: &url, headers: Vec::new(), body, hide: Vec::new() }, bounds).await
        }
        Via::PagerDuty { routing_key, url } => {
            let (url, key) = (Revealed::from(url.clone()), notify::read_secret(routing_key)?);
            let event = async |notice: &Notice| {
                let body = body::pagerduty::body(message, notice, key.expose());
                outbound.post(Post { url: &url, headers: Vec::new(), body, hide: vec![key.clone()] }, bounds).await
            };
            let mut status = 0;
            for notice in message.notices {
                status = event(notice).await?;
                if parcel.test {
                    let over = Notice { ends_at: Some(parcel.now), ..notice.clone() };
                    status = event(&over).await.map_err(|error| SendError::LeftOpen(Box::new(error)))?;
                }
            }
            Ok(status)
        }
        Via::Alertmanager { url, token } => {
            let root = notify::read_text(url)?;
            let url = format!("{}{}", root.expose().trim_end_matches('/'), body::alertmanager::PATH).into();
            let body = body::alertmanager::body(message, parcel.fires_until);
            let mut headers = Vec::new();
            let mut hide = bearer(token.as_ref(), &mut headers)?;
            hide.push(root);
            outbound.post(Post { url: &url, headers, body, hide }, bounds).await
        }
        Via::Email(mail) => {
            let (subject, text) = (body::email::subject(message), body::email::text(message));
            let domain = mail.from.rsplit('@').next().unwrap_or("localhost");
            let id = format!("<swarmscope.{}.{}@{domain}>", parcel.id, parcel.created.0);
            let login = login(mail)?;
            outbound.mail(Letter { mail, login, subject, text, date: parcel.created, id }, bounds).await
        }
    }
}

/// Adds a token to `headers`, and returns what of it is to be hidden: the header is not echoed as a whole.
fn bearer(token: Option<&Secret>, headers: &mut Vec<(&'static str, Revealed)>) -> Result<Vec<Revealed>, SendError> {
    let Some(token) = token else { return Ok(Vec::new()) };
    let token = notify::read_secret(token)?;
    headers.push(("authorization", format!("Bearer {}", token.expose()).into()));
    Ok(vec![token])
}

fn login(mail: &Mail) -> Result<Option<(Revealed, Revealed)>, SendError> {
    let (Some(user), Some(password)) = (&mail.username, &mail.password) else { return Ok(None) };
    Ok(Some((notify::read_text(user)?, notify::read_secret(password)?)))
}

/// Why nothing could be sent to `channel` as things are: a secret or an authority that cannot be read.
pub(super) fn trouble(channel: &Channel) -> Option<SendError> {
    let secret = |secret: Option<&Secret>| secret.map_or(Ok(()), |secret| notify::read_secret(secret).map(drop));
    let read = match &channel.via {
        Via::Webhook { url, secret: key, token } => {
            notify::read_text(url).map(drop).and_then(|()| secret(key.as_ref())).and_then(|()| secret(token.as_ref()))
        }
        Via::Slack { url } => secret(Some(url)),
        Via::PagerDuty { routing_key, .. } => secret(Some(routing_key)),
        Via::Alertmanager { url, token } => notify::read_text(url).map(drop).and_then(|()| secret(token.as_ref())),
        Via::Email(mail) => login(mail).map(drop),
    };
    let authority = || channel.ca_file.as_deref().map_or(Ok(()), |path| notify::read_authorities(path).map(drop));
    read.and_then(|()| authority()).err()
}
