//! One mail over SMTP (RFC 5321), by lettre.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::secret::Revealed;
use super::{Bounds, Outbound, SendError, address};
use crate::model::Micros;
use crate::model::channel::{Mail, MailTls};

/// Characters of a refusal that are kept for the log.
const SHOWN_MAX: usize = 200;

/// What is sent, and who sends it.
#[derive(Debug)]
pub struct Letter<'a> {
    /// Server, sender, receivers.
    pub mail: &'a Mail,
    /// User and password.
    pub login: Option<(Revealed, Revealed)>,
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub date: Micros,
    /// Names the mail: the same for every attempt, so that a mail program shows it once.
    pub id: String,
}

/// Sends it; returns the status.
pub(super) async fn send(outbound: &Outbound, letter: &Letter<'_>, bounds: Bounds) -> Result<u16, SendError> {
    let mail = letter.mail;
    let checked = address::check(outbound, &mail.host, mail.port, bounds.allow_private).await?;
    if mail.tls == MailTls::None && !checked.private {
        return Err(SendError::Clear { host: mail.host.clone() });
    }
    let message = message(letter)?;
    let host = mail.host.clone();
    // Reads this machine's certificates from its disk.
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::Tls => Tls::Wrapper(parameters(host).await?),
        MailTls::Starttls => Tls::Required(parameters(host).await?),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(checked.address.ip().to_string())
        .port(mail.port)
        .tls(tls)
        .hello_name(ClientId::default())
        .timeout(Some(bounds.timeout));
    if let Some((user, password)) = &letter.login {
        transport = transport.credentials(Credentials::new(user.expose().to_owned(), password.expose().to_owned()));
    }
    let response = transport.build().send(message).await.map_err(|error| refused(letter, bounds, &error))?;
    Ok(response.code().into())
}

async fn parameters(host: String) -> Result<TlsParameters, SendError> {
    let untrusted = |host: &str, reason: String| SendError::Tls { host: host.to_owned(), reason };
    let name = host.clone();
    match tokio::task::spawn_blocking(move || TlsParameters::new(name)).await {
        Ok(made) => made.map_err(|error| untrusted(&host, error.to_string())),
        Err(error) => Err(untrusted(&host, error.to_string())),
    }
}

fn message(letter: &Letter<'_>) -> Result<Message, SendError> {
    let unusable = |what, reason| SendError::Unusable { what, reason };
    let mailbox = |what, address: &str| {
        address.parse::<Mailbox>().map_err(|_| unusable(what, "it is no address such as ops@example.org"))
    };
    let date = u64::try_from(letter.date.0).unwrap_or_default();
    let mut message = Message::builder()
        .from(mailbox("from", &letter.mail.from)?)
        .subject(&letter.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(date))
        .message_id(Some(letter.id.clone()))
        .header(ContentType::TEXT_PLAIN);
    for to in &letter.mail.to {
        message = message.to(mailbox("to", to)?);
    }
    message.body(letter.text.clone()).map_err(|_| unusable("the mail", "it cannot be encoded"))
}

fn refused(letter: &Letter<'_>, bounds: Bounds, error: &SmtpError) -> SendError {
    let host = format!("{}:{}", letter.mail.host, letter.mail.port);
    let reason = hidden(letter, &error.to_string());
    match error.status() {
        Some(code) => SendError::Refused {
            status: code.into(),
            answer: reason,
            retry_after: None,
            transient: error.is_transient(),
        },
        None if error.is_timeout() => SendError::Timeout { seconds: bounds.timeout.as_secs() },
        None if error.is_tls() => SendError::Tls { host, reason },
        None => SendError::Connection { host, reason },
    }
}

fn hidden(letter: &Letter<'_>, text: &str) -> String {
    let secrets = letter.login.iter().flat_map(|(user, password)| [user, password]);
    let text = secrets.fold(text.to_owned(), |text, secret| secret.hide_in(&text));
    text.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}
