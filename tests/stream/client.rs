//! A client of `GET /api/v1/stream` that reads events as the standard says, as far as ours go.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::Value;

/// Longer than any event takes, so that a test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: Value,
}

impl Event {
    /// A text field of its data.
    pub fn text(&self, field: &str) -> &str {
        self.data[field].as_str().unwrap_or_else(|| panic!("{field} in {self:?}"))
    }
}

/// A connection.
pub struct Client {
    bytes: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    waiting: String,
    /// The last id, as a browser keeps it.
    pub last_id: String,
    /// Comment lines so far.
    pub comments: usize,
    /// What `retry:` said.
    pub retry: Option<u64>,
}

impl Client {
    /// Connects to `url`, as one who saw `last_id`.
    pub async fn connect(url: &str, last_id: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(url);
        if let Some(last_id) = last_id {
            request = request.header("last-event-id", last_id);
        }
        Self::of(request).await
    }

    /// Connects with a request of one's own.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let status = response.status();
        assert_eq!(status, 200, "{}", response.text().await.unwrap_or_default());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers().get("content-encoding").is_none(), "compression would hold events back");
        let bytes = response.bytes_stream().boxed();
        let mut client = Self { bytes, waiting: String::new(), last_id: String::new(), comments: 0, retry: None };
        while client.last_id.is_empty() {
            let block = client.block().await.expect("a beginning");
            assert_eq!(client.read(&block), None, "the place comes before any event");
        }
        client
    }

    /// The next event; `None` when the server ended the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            if let Some(event) = self.read(&block) {
                return Some(event);
            }
        }
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }

    /// Waits for a comment.
    pub async fn heartbeat(&mut self) {
        let before = self.comments;
        while self.comments == before {
            let block = self.block().await.expect("the stream goes on");
            self.read(&block);
        }
    }

    /// What stands before the next blank line.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.waiting.find("\n\n") {
                let rest = self.waiting.split_off(end + 2);
                return Some(std::mem::replace(&mut self.waiting, rest));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("something comes in time")?;
            self.waiting.push_str(std::str::from_utf8(&chunk.ok()?).expect("UTF-8"));
        }
    }

    fn read(&mut self, block: &str) -> Option<Event> {
        let (mut kind, mut data) = (String::from("message"), None);
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("", _) => self.comments += 1,
                ("id", id) => self.last_id = id.to_owned(),
                ("event", word) => kind = word.to_owned(),
                ("retry", millis) => self.retry = millis.parse().ok(),
                ("data", text) => data = Some(serde_json::from_str(text).expect("JSON")),
                other => panic!("{other:?}"),
            }
        }
        Some(Event { id: self.last_id.clone(), kind, data: data? })
    }
}
