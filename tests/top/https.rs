//! A server behind a proxy that speaks HTTPS.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::authority::Authority;
use crate::common::Serving;
use crate::filled_folder;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Decrypts what comes and passes it on to `server`; the port.
async fn proxy(acceptor: TlsAcceptor, server: SocketAddr) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut upstream = TcpStream::connect(server).await.expect("the server");
            // Whoever hangs up first is done.
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut upstream).await;
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_asked_over_https_if_its_authority_and_its_name_are_right() {
    let folder = filled_folder();
    let [own, other] = ["own", "other"].map(|name| Authority::new(folder.path(), name));
    let serving = Serving::start_with(folder.path().join("s.db"), |command| {
        command.env("SWARMSCOPE_ADMIN_TOKEN", TOKEN);
    });
    let port = proxy(own.acceptor(), serving.address).await;
    // Waits in this thread; the proxy has others.
    let ask = |words: &[&str], host: &str, ca_file: Option<&Path>| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.args(words).args(["--url", &format!("https://{host}:{port}")]).env("SWARMSCOPE_ADMIN_TOKEN", TOKEN);
        if let Some(file) = ca_file {
            command.arg("--ca-file").arg(file);
        }
        command.output().expect("it runs")
    };
    let right = ask(&["top", "--once", "--from", "all"], "localhost", Some(&own.file));
    let shown = String::from_utf8_lossy(&right.stdout).into_owned();
    assert!(right.status.success() && shown.contains("tasks 7 "), "{right:?}");
    let health = ask(&["health"], "localhost", Some(&own.file));
    assert!(health.status.success(), "{health:?}");
    for (host, file, why) in [
        (
            "localhost",
            Some(&*other.file),
            "could not trust localhost: its certificate comes from an authority that is not known here",
        ),
        ("localhost", None, "could not trust localhost: "),
        ("127.0.0.1", Some(&*own.file), "could not trust 127.0.0.1: its certificate is that of localhost"),
        ("localhost", Some(&*folder.path().join("s.db")), "could not read the certificates in "),
    ] {
        let refused = ask(&["top", "--once"], host, file);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("https://{host}:{port} is not asked: {why}")), "{said}");
    }
}
