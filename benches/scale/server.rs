//! The real server as a child, and the cheapest client there is: what a client takes is taken from the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// `swarmscope serve` on a free port.
pub struct Server {
    child: Child,
    pub address: String,
    /// From the start of the process to its first answer.
    pub first_answer: Duration,
}

impl Server {
    pub fn start(db: &Path) -> Result<Self, Failure> {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
            .arg("--db")
            .arg(db)
            .args(["serve", "--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no address")?;
        let address = address.to_owned();
        Connection::open(&address)?.get("/readyz")?;
        Ok(Self { child, address, first_answer: started.elapsed() })
    }

    pub fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(&self.address)
    }

    /// Its memory now and at its highest since [`Self::forget_peak`], in MiB; `None` where there is no `/proc`.
    pub fn memory(&self) -> Option<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
        };
        Some((field("VmRSS:")?, field("VmHWM:")?))
    }

    /// Starts the highest mark anew (Linux; elsewhere there is none).
    pub fn forget_peak(&self) {
        drop(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5"));
    }

    /// Ends it as an orderly stop does, so that the log is copied into the file.
    pub fn stop(mut self) -> Result<(), Failure> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already when it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection is made anew after so long without a request: the server closes those that say nothing for ten seconds.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// A kept connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
    used: Instant,
}

impl Connection {
    fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address: address.to_owned(), used: Instant::now() })
    }

    /// The body of the answer to a question.
    pub fn get(&mut self, path: &str) -> Result<String, Failure> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        self.exchange(path, head.into_bytes())
    }

    /// Sends records, which must all be stored.
    pub fn ingest(&mut self, body: &str) -> Result<(), Failure> {
        let mut request = format!(
            "POST /api/v1/ingest HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body.as_bytes());
        let answer = self.exchange("ingest", request)?;
        if answer.contains("\"rejected_count\":0") { Ok(()) } else { Err(answer.into()) }
    }

    fn exchange(&mut self, what: &str, request: Vec<u8>) -> Result<String, Failure> {
        if self.used.elapsed() > IDLE_MAX {
            *self = Self::open(&self.address)?;
        }
        self.stream.get_mut().write_all(&request)?;
        let (mut line, mut length, mut status) = (String::new(), 0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        let answer = String::from_utf8(answer)?;
        self.used = Instant::now();
        if status.starts_with("HTTP/1.1 200") { Ok(answer) } else { Err(format!("{what}: {status}{answer}").into()) }
    }
}
