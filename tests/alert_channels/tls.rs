//! HTTPS: receivers with certificates of an authority that the test made, known by `ca_file` or to the machine.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::config;
use super::receivers::{OK, Request, serve};
use crate::authority::Authority;
use crate::common::{Server, Serving};

type Got = Arc<Mutex<Vec<Request>>>;

/// An HTTPS server: its port, and what it was sent.
async fn receiver(acceptor: TlsAcceptor) -> (u16, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let got = Got::default();
    let kept = got.clone();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            // A client that does not trust us goes away here.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            serve(stream, kept.clone(), OK.to_owned()).await;
        }
    });
    (port, got)
}

/// The port of a server that answers whatever it hears as web servers do.
async fn speaks_no_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    port
}

fn channel(name: &str, host: &str, port: u16, more: &str) -> String {
    format!(
        "[[alerts.channels]]\nname = '{name}'\ntype = 'webhook'\nurl = 'https://{host}:{port}/in'\nallow_private = true\n{more}\n"
    )
}

#[tokio::test]
async fn a_receiver_is_told_over_https_if_its_authority_and_its_name_are_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let [own, other] = ["own", "other"].map(|name| Authority::new(folder.path(), name));
    let (port, got) = receiver(own.acceptor()).await;
    let clear = speaks_no_tls().await;
    let trusts = |file: &Path| format!("ca_file = '{}'", file.display());
    let missing = folder.path().join("nothing.pem");
    let text = [
        channel("right", "localhost", port, &trusts(&own.file)),
        channel("strange", "localhost", port, &trusts(&other.file)),
        channel("named", "127.0.0.1", port, &trusts(&own.file)),
        channel("clear", "localhost", clear, &trusts(&own.file)),
        channel("missing", "localhost", port, &trusts(&missing)),
    ];
    let server = Server::start_with(config(&text.concat())).await;
    let expected = [
        ("right", "sent", String::new()),
        (
            "strange",
            "failed",
            "could not trust localhost: its certificate comes from an authority that is not known here; name the \
             certificate of that authority as ca_file"
                .to_owned(),
        ),
        ("named", "failed", "could not trust 127.0.0.1: its certificate is that of localhost".to_owned()),
        ("clear", "failed", "could not trust localhost: it does not speak TLS on this port".to_owned()),
        (
            "missing",
            "failed",
            format!("could not read the certificates in {}: No such file or directory (os error 2)", missing.display()),
        ),
    ];
    for (name, state, error) in &expected {
        let told = server.send_to(&format!("/api/v1/alerts/channels/{name}/test"), "").await.json();
        assert_eq!(
            (told["state"].as_str(), told["error"].as_str().unwrap_or_default()),
            (Some(*state), error.as_str())
        );
    }
    assert_eq!(got.lock().expect("unpoisoned").len(), 1, "only the first was heard");
    let channels = server.get("/api/v1/alerts/channels").await.json();
    assert_eq!(channels["items"][4]["trouble"], expected[4].2, "and it is said before an alert is lost");
    server.stop().await;
}

#[tokio::test]
async fn whom_the_machine_trusts_needs_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Authority::new(folder.path(), "own");
    let (port, got) = receiver(own.acceptor()).await;
    let config = folder.path().join("s.toml");
    std::fs::write(&config, channel("right", "localhost", port, "")).expect("a file");
    let serving = Serving::start_with(folder.path().join("s.db"), |command| {
        command.env("SWARMSCOPE_CONFIG", &config).env("SSL_CERT_FILE", &own.file).env_remove("SSL_CERT_DIR");
    });
    let url = format!("http://{}/api/v1/alerts/channels/right/test", serving.address);
    let told: Value = reqwest::Client::new().post(url).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!((told["state"].as_str(), told["error"].as_str()), (Some("sent"), None), "{told}");
    assert_eq!(got.lock().expect("unpoisoned").len(), 1);
}
