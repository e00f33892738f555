//! One mail over SMTP (RFC 5321), by lettre's connection.
//!
//! The steps are taken here one by one, so that each failure is said as what it is, and nothing but EHLO and STARTTLS is
//! ever sent before the connection is encrypted.

use std::error::Error;
use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

use super::dial::{Line, dial};
use super::secret::{Revealed, shown};
use super::{Bounds, Outbound, SendError, address, http, trust};
use crate::model::Micros;
use crate::model::channel::{Mail, MailTls};

/// Most bytes that are read of a server: a dozen short answers, and what makes a connection encrypted.
const HEARD_MAX: usize = 256 << 10;
/// How long a server that took a mail may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(1);

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
pub(super) async fn send(outbound: &Outbound, letter: &Letter<'_>, bounds: Bounds<'_>) -> Result<u16, SendError> {
    let mail = letter.mail;
    let message = message(letter)?;
    let checked = address::check(outbound, &mail.host, mail.port, bounds.allow_private).await?;
    if mail.tls == MailTls::None && !checked.private {
        return Err(SendError::Clear { host: mail.host.clone() });
    }
    let stream = dial(&mail.host, &checked, bounds).await?;
    let failed = |error: SmtpError| failure(letter, bounds, &error);
    let hello = ClientId::default();
    let line = encrypted(outbound, mail, stream, bounds).await?;
    let mut connection = AsyncSmtpConnection::connect_with_transport(line, &hello).await.map_err(failed)?;
    if mail.tls == MailTls::Starttls {
        if !connection.can_starttls() {
            return Err(SendError::Lacks { host: host(mail), what: "STARTTLS, and no mail is sent in clear" });
        }
        let parameters = outbound.trust.of_mail(&mail.host, bounds.ca_file).await?;
        connection.starttls(parameters, &hello).await.map_err(failed)?;
    }
    if let Some(credentials) = credentials(letter) {
        if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(SendError::Lacks {
                host: host(mail),
                what: "a way to log in that is known here: PLAIN or LOGIN",
            });
        }
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(failed)?;
    }
    let response = connection.send(message.envelope(), &message.formatted()).await.map_err(failed)?;
    // The mail is taken. Should the server not answer to this, that must not count against it.
    tokio::spawn(tokio::time::timeout(GOODBYE, async move { connection.quit().await }));
    Ok(response.code().into())
}

/// The connection as SMTP begins on it: encrypted already where that is written.
async fn encrypted(
    outbound: &Outbound,
    mail: &Mail,
    stream: TcpStream,
    bounds: Bounds<'_>,
) -> Result<Box<dyn AsyncTokioStream>, SendError> {
    let broken = |error: std::io::Error| SendError::Connection { host: host(mail), reason: error.to_string() };
    let peer = stream.peer_addr().map_err(broken)?;
    Ok(match mail.tls {
        MailTls::None | MailTls::Starttls => Box::new(Line::new(stream, peer, HEARD_MAX)),
        MailTls::Tls => {
            Box::new(Line::new(http::encrypt(outbound, &mail.host, stream, bounds.ca_file).await?, peer, HEARD_MAX))
        }
    })
}

fn host(mail: &Mail) -> String {
    format!("{}:{}", mail.host, mail.port)
}

fn credentials(letter: &Letter<'_>) -> Option<Credentials> {
    let (user, password) = letter.login.as_ref()?;
    Some(Credentials::new(user.expose().to_owned(), password.expose().to_owned()))
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

fn failure(letter: &Letter<'_>, bounds: Bounds<'_>, error: &SmtpError) -> SendError {
    // Beneath its own words is what the server said, or the system.
    let mut deepest: &(dyn Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let reason = shown(&deepest.to_string(), &secrets(letter));
    match error.status() {
        Some(code) => SendError::Refused {
            status: code.into(),
            answer: reason,
            retry_after: None,
            transient: error.is_transient(),
        },
        None if error.is_timeout() => SendError::Timeout { seconds: bounds.timeout.as_secs() },
        None => match trust::reason(error) {
            Some(reason) => SendError::Tls { host: host(letter.mail), reason },
            None => SendError::Connection { host: host(letter.mail), reason },
        },
    }
}

/// User and password, as they are and as they are sent: servers echo lines they do not understand.
fn secrets(letter: &Letter<'_>) -> Vec<Revealed> {
    let (Some((user, password)), Some(credentials)) = (&letter.login, credentials(letter)) else { return Vec::new() };
    let sent = [(Mechanism::Plain, None), (Mechanism::Login, Some("User Name")), (Mechanism::Login, Some("Password"))]
        .into_iter()
        .filter_map(|(mechanism, asked)| Auth::new(mechanism, credentials.clone(), asked.map(str::to_owned)).ok())
        .filter_map(|line| line.to_string().split_whitespace().last().map(|word| Revealed::from(word.to_owned())));
    sent.chain([user.clone(), password.clone()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_echoes_shows_neither_password_nor_what_is_made_of_it() {
        let mail = Mail {
            host: "mx.example".to_owned(),
            port: 587,
            tls: MailTls::Starttls,
            username: None,
            password: None,
            from: "swarm@example.org".to_owned(),
            to: vec!["ops@example.org".to_owned()],
        };
        let login = Some(("operator".to_owned().into(), "hunter2-long".to_owned().into()));
        let letter = Letter {
            mail: &mail,
            login,
            subject: String::new(),
            text: String::new(),
            date: Micros(0),
            id: String::new(),
        };
        // printf '\0operator\0hunter2-long' | base64; printf operator | base64; printf hunter2-long | base64
        let echoed =
            "unknown: AUTH PLAIN AG9wZXJhdG9yAGh1bnRlcjItbG9uZw== b3BlcmF0b3I= aHVudGVyMi1sb25n hunter2-long\r\n";
        assert_eq!(shown(echoed, &secrets(&letter)), "unknown: AUTH PLAIN … … … …");
    }
}
