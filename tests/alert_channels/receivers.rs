//! Receivers that keep what they were sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// An HTTP server that answers with the next of some texts, the last one for ever.
#[derive(Debug, Clone)]
pub struct Http {
    pub address: SocketAddr,
    got: Arc<Mutex<Vec<Request>>>,
}

pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
pub const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\ndown";

impl Http {
    pub async fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self { address: listener.local_addr().expect("an address"), got: Arc::default() };
        let (got, mut answers) =
            (server.got.clone(), answers.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        answers.reverse();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
                tokio::spawn(serve(stream, got.clone(), answer.unwrap_or_default()));
            }
        });
        server
    }

    /// One that answers a request only when it is given a permit.
    pub async fn gated(answer: &str) -> (Self, Arc<Semaphore>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self { address: listener.local_addr().expect("an address"), got: Arc::default() };
        let (gate, got, answer) = (Arc::new(Semaphore::new(0)), server.got.clone(), answer.to_owned());
        let opened = gate.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (got, opened, answer) = (got.clone(), opened.clone(), answer.clone());
                tokio::spawn(async move {
                    let (stream, request) = receive(stream).await;
                    got.lock().expect("unpoisoned").push(request);
                    opened.acquire().await.expect("it stays").forget();
                    say(stream, &answer).await;
                });
            }
        });
        (server, gate)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.got.lock().expect("unpoisoned").clone()
    }
}

/// Reads one request and answers it.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, got: Arc<Mutex<Vec<Request>>>, answer: String) {
    let (stream, request) = receive(stream).await;
    got.lock().expect("unpoisoned").push(request);
    say(stream, &answer).await;
}

async fn receive<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> (BufReader<S>, Request) {
    let mut stream = BufReader::new(stream);
    let mut request = Request::default();
    stream.read_line(&mut request.line).await.expect("a request line");
    request.line.truncate(request.line.trim_end().len());
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        request.headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = request.header("content-length").map_or(0, |text| text.parse().expect("a number"));
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await.expect("a body");
    (stream, request)
}

/// The client may have heard enough already.
async fn say(mut stream: impl AsyncWrite + Unpin, answer: &str) {
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A mail server that takes mail, and refuses receivers that begin with `nobody` or, the first time, with `busy`.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub address: SocketAddr,
    pub got: Arc<Mutex<Vec<String>>>,
}

impl Smtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self { address: listener.local_addr().expect("an address"), got: Arc::default() };
        let got = server.got.clone();
        tokio::spawn(async move {
            let mut turn = 0;
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                turn += 1;
                tokio::spawn(converse(BufReader::new(stream), got.clone(), turn > 1));
            }
        });
        server
    }

    pub fn mails(&self) -> Vec<String> {
        self.got.lock().expect("unpoisoned").clone()
    }
}

async fn converse(
    mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    got: Arc<Mutex<Vec<String>>>,
    ready: bool,
) {
    let mut transcript = String::new();
    let mut data = false;
    let mut reply = "220 fake ESMTP\r\n".to_owned();
    loop {
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        loop {
            line.clear();
            if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                return;
            }
            transcript.push_str(&line);
            if !data || line == ".\r\n" {
                break;
            }
        }
        reply = match line.split([' ', '\r']).next().unwrap_or_default() {
            _ if data => {
                data = false;
                got.lock().expect("unpoisoned").push(transcript.clone());
                "250 taken\r\n".to_owned()
            }
            "EHLO" => "250-fake\r\n250 8BITMIME\r\n".to_owned(),
            "RCPT" if line.contains("<nobody") => "550 no such user\r\n".to_owned(),
            "RCPT" if line.contains("<busy") && !ready => "451 try again later\r\n".to_owned(),
            "DATA" => {
                data = true;
                "354 go on\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 fine\r\n".to_owned(),
        };
    }
}
