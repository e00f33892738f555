//! Mail over STARTTLS and TLS, with a login: a server that remembers what it heard in clear and what not.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{config, secret_file};
use crate::authority::Authority;
use crate::common::Server;

/// `printf '\0operator\0hunter2-long' | base64`
const PLAIN: &str = "AG9wZXJhdG9yAGh1bnRlcjItbG9uZw==";
/// `printf operator | base64`, `printf hunter2-long | base64`
const LOGIN: [&str; 2] = ["b3BlcmF0b3I=", "aHVudGVyMi1sb25n"];

/// How a server is set up.
#[derive(Clone)]
struct Setup {
    /// Encrypted from the first byte.
    wrapped: bool,
    /// Said after EHLO: in clear, and when it is encrypted.
    offers: [&'static str; 2],
    tls: TlsAcceptor,
    /// What somebody on the way adds to the answer to STARTTLS.
    added: &'static str,
}

/// A mail server: its port, and every line it heard, with `clear` or `tls` before it.
struct Mx {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Mx {
    async fn start(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (port, heard) = (listener.local_addr().expect("an address").port(), Arc::<Mutex<Vec<String>>>::default());
        let kept = heard.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (setup, heard) = (setup.clone(), kept.clone());
                tokio::spawn(async move {
                    let [clear, inner] = setup.offers;
                    let (stream, greeting) = if setup.wrapped {
                        (None, setup.tls.accept(stream).await.ok())
                    } else {
                        let mut stream = BufReader::new(stream);
                        let upgrade = talk(&mut stream, &heard, "clear", (clear, setup.added), true).await;
                        (upgrade.then_some(stream), None)
                    };
                    match (stream, greeting) {
                        (Some(stream), _) => {
                            let Ok(stream) = setup.tls.accept(stream.into_inner()).await else { return };
                            talk(&mut BufReader::new(stream), &heard, "tls", (inner, ""), false).await;
                        }
                        (None, Some(stream)) => {
                            talk(&mut BufReader::new(stream), &heard, "tls", (inner, ""), true).await;
                        }
                        (None, None) => {}
                    }
                });
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("unpoisoned").clone()
    }
}

/// Talks until the other side goes, or wants to be encrypted: then `true`.
async fn talk(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    heard: &Mutex<Vec<String>>,
    how: &str,
    (offers, added): (&str, &str),
    greets: bool,
) -> bool {
    let mut reply = if greets { "220 mx\r\n".to_owned() } else { String::new() };
    let mut data = false;
    loop {
        if stream.write_all(reply.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return false;
        }
        let mut line = String::new();
        loop {
            line.clear();
            if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                return false;
            }
            if !data || line == ".\r\n" {
                break;
            }
        }
        heard.lock().expect("unpoisoned").push(format!("{how} {}", line.trim_end()));
        reply = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["."] => {
                data = false;
                "250 taken\r\n".to_owned()
            }
            ["EHLO", ..] => format!("250-mx\r\n{offers}250 8BITMIME\r\n"),
            ["STARTTLS"] => {
                let said = stream.write_all(format!("220 go on\r\n{added}").as_bytes()).await;
                return said.is_ok() && stream.flush().await.is_ok();
            }
            ["AUTH", "PLAIN", PLAIN] => "235 welcome\r\n".to_owned(),
            ["AUTH", "PLAIN", other] => format!("535 5.7.8 who is {other}?\r\n"),
            ["AUTH", "LOGIN"] => "334 VXNlcm5hbWU6\r\n".to_owned(),
            [user] if *user == LOGIN[0] => "334 UGFzc3dvcmQ6\r\n".to_owned(),
            [password] if *password == LOGIN[1] => "235 welcome\r\n".to_owned(),
            ["DATA"] => {
                data = true;
                "354 go on\r\n".to_owned()
            }
            _ => "250 fine\r\n".to_owned(),
        };
    }
}

struct Tried {
    told: Value,
    heard: Vec<String>,
}

impl Tried {
    fn error(&self) -> &str {
        self.told["error"].as_str().unwrap_or_default()
    }
}

/// Sends a test by a server that is set up like this, to `host`, with that `password` and authority.
async fn mail(setup: Setup, host: &str, password: &str, ca_file: &Path) -> Tried {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = if setup.wrapped { "tls" } else { "starttls" };
    let mx = Mx::start(setup).await;
    let server = Server::start_with(config(&format!(
        "[[alerts.channels]]\nname = 'mail'\ntype = 'email'\nhost = '{host}'\nport = {}\ntls = '{tls}'\n\
         username = 'operator'\npassword = {}\nfrom = 'swarm@example.org'\nto = ['ops@example.org']\n\
         allow_private = true\nca_file = '{}'\n",
        mx.port,
        secret_file(&folder, "password", password),
        ca_file.display(),
    )))
    .await;
    let told = server.send_to("/api/v1/alerts/channels/mail/test", "").await.json();
    server.stop().await;
    Tried { told, heard: mx.heard() }
}

const STARTTLS: &str = "250-STARTTLS\r\n";
const AUTH: &str = "250-AUTH PLAIN LOGIN\r\n";
const CLEAR: [&str; 2] = ["clear EHLO [127.0.0.1]", "clear STARTTLS"];

fn setup(own: &Authority, wrapped: bool) -> Setup {
    Setup { wrapped, offers: [STARTTLS, AUTH], tls: own.acceptor(), added: "" }
}

#[tokio::test]
async fn a_mail_is_sent_with_a_login_that_nobody_hears_in_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Authority::new(folder.path(), "own");
    let login = Setup { offers: [STARTTLS, "250-AUTH LOGIN\r\n"], ..setup(&own, false) };
    let plain = format!("tls AUTH PLAIN {PLAIN}");
    let [user, password] = LOGIN.map(|word| format!("tls {word}"));
    for (name, setup, in_clear, words) in [
        ("starttls", setup(&own, false), &CLEAR[..], vec![plain.as_str()]),
        ("tls", setup(&own, true), &[], vec![plain.as_str()]),
        ("login", login, &CLEAR, vec!["tls AUTH LOGIN", &user, &password]),
    ] {
        let tried = mail(setup, "localhost", "hunter2-long", &own.file).await;
        assert_eq!(
            (&tried.told["state"], &tried.told["status"]),
            (&json!("sent"), &json!(250)),
            "{name}: {}",
            tried.told
        );
        let (clear, tls): (Vec<&str>, Vec<&str>) =
            tried.heard.iter().map(String::as_str).partition(|line| line.starts_with("clear"));
        assert_eq!(clear, in_clear, "{name}");
        let expected = [
            &["tls EHLO [127.0.0.1]"],
            words.as_slice(),
            &["tls MAIL FROM:<swarm@example.org>", "tls RCPT TO:<ops@example.org>", "tls DATA", "tls ."],
        ];
        assert_eq!(tls[..tls.len().min(expected.concat().len())], expected.concat(), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_hears_neither_login_nor_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let [own, other] = ["own", "other"].map(|name| Authority::new(folder.path(), name));
    for wrapped in [false, true] {
        let in_clear = if wrapped { &[][..] } else { &CLEAR };
        let strange = mail(setup(&own, wrapped), "localhost", "hunter2-long", &other.file).await;
        assert!(strange.error().starts_with("could not trust localhost"), "{}", strange.error());
        assert!(strange.error().ends_with("name the certificate of that authority as ca_file"), "{}", strange.error());
        assert_eq!(strange.heard, in_clear);
        let named = mail(setup(&own, wrapped), "127.0.0.1", "hunter2-long", &own.file).await;
        assert!(named.error().starts_with("could not trust 127.0.0.1"), "{}", named.error());
        assert!(named.error().ends_with("its certificate is that of localhost"), "{}", named.error());
        assert_eq!(named.heard, in_clear);
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Authority::new(folder.path(), "own");
    let bare = Setup { offers: [AUTH, AUTH], ..setup(&own, false) };
    let tried = mail(bare, "localhost", "hunter2-long", &own.file).await;
    assert!(tried.error().starts_with("localhost:"), "{}", tried.error());
    assert!(tried.error().ends_with(" does not offer STARTTLS, and no mail is sent in clear"), "{}", tried.error());
    assert_eq!(tried.heard, CLEAR[..1]);
}

#[tokio::test]
async fn what_is_said_in_clear_never_passes_for_what_is_said_encrypted() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Authority::new(folder.path(), "own");
    let added = "250-mx\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 fine\r\n250 fine\r\n354 go on\r\n250 taken\r\n";
    let tried = mail(Setup { added, ..setup(&own, false) }, "localhost", "hunter2-long", &own.file).await;
    assert_eq!((&tried.told["state"], &tried.told["status"]), (&json!("failed"), &Value::Null), "{}", tried.told);
    assert_eq!(tried.heard, CLEAR);
}

#[tokio::test]
async fn a_login_that_is_refused_is_told_without_what_was_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Authority::new(folder.path(), "own");
    let wrong = mail(setup(&own, false), "localhost", "not-the-password", &own.file).await;
    assert_eq!((&wrong.told["status"], wrong.error()), (&json!(535), "answered 535: 5.7.8 who is …?"));
    let none = Setup { offers: [STARTTLS, "250-AUTH GSSAPI\r\n"], ..setup(&own, false) };
    let none = mail(none, "localhost", "hunter2-long", &own.file).await;
    assert!(
        none.error().ends_with(" does not offer a way to log in that is known here: PLAIN or LOGIN"),
        "{}",
        none.error()
    );
    assert!(none.heard.iter().all(|line| !line.contains("AUTH")), "{:?}", none.heard);
}

#[tokio::test]
async fn a_server_that_never_ends_its_line_is_not_listened_to_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            while stream.write_all(&[b'2'; 4096]).await.is_ok() {}
        }
    });
    let server = Server::start_with(config(&format!(
        "[[alerts.channels]]\nname = 'mail'\ntype = 'email'\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\n\
         from = 'swarm@example.org'\nto = ['ops@example.org']\nallow_private = true\ntimeout_seconds = 60\n"
    )))
    .await;
    let told = server.send_to("/api/v1/alerts/channels/mail/test", "").await.json();
    let expected = format!("could not talk to 127.0.0.1:{port}: it says more than any answer needs");
    assert_eq!(told["error"], expected);
    server.stop().await;
}
