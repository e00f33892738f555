//! HTTPS and STARTTLS, to receivers with certificates of an authority that only `SSL_CERT_FILE` names.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::receivers::{OK, Request, serve};
use crate::common::{Serving, skipped};

/// Makes an authority and a certificate for `localhost`; `false` without openssl.
fn make_certificates(folder: &Path) -> bool {
    let openssl = |words: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(words.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    std::fs::write(folder.join("ext"), "subjectAltName=DNS:localhost\n").expect("a file");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-authority")
        && openssl("req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost")
        && openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 2 -extfile ext")
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(folder.join("leaf.pem")).expect("PEM").collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain.expect("certificates"), key)
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_receiver_is_told_over_https_if_this_machine_trusts_it_and_not_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    if !make_certificates(folder.path()) {
        return skipped("channels over HTTPS (no openssl to make a certificate)");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let got: Arc<Mutex<Vec<Request>>> = Arc::default();
    let (acceptor, kept) = (acceptor(folder.path()), got.clone());
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            // A client that does not trust us goes away here.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            serve(stream, kept.clone(), OK.to_owned()).await;
        }
    });
    let config = folder.path().join("s.toml");
    let channel = |name: &str, host: &str| {
        format!(
            "[[alerts.channels]]\nname = '{name}'\ntype = 'webhook'\nurl = 'https://{host}:{port}/in'\nallow_private = true\n"
        )
    };
    std::fs::write(&config, channel("named", "localhost") + &channel("other", "127.0.0.1")).expect("a file");

    let mut told = Vec::new();
    for (store, trusted) in [("trusting.db", true), ("strange.db", false)] {
        let serving = Serving::start_with(folder.path().join(store), |command| {
            command.env("SWARMSCOPE_CONFIG", &config);
            if trusted {
                command.env("SSL_CERT_FILE", folder.path().join("ca.pem")).env_remove("SSL_CERT_DIR");
            }
        });
        for channel in ["named", "other"] {
            let url = format!("http://{}/api/v1/alerts/channels/{channel}/test", serving.address);
            let answer: Value =
                reqwest::Client::new().post(url).send().await.expect("an answer").json().await.expect("JSON");
            told.push((
                answer["state"].as_str().unwrap_or_default().to_owned(),
                answer["error"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        drop(serving);
    }
    assert_eq!(told[0], ("sent".to_owned(), String::new()));
    for (state, error) in &told[1..] {
        assert_eq!(state, "failed");
        assert!(error.starts_with("could not trust"), "another name, or an authority nobody knows: {error}");
    }
    assert_eq!(got.lock().expect("unpoisoned").len(), 1);
}
