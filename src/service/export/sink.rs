//! Where the bytes of an export go: collected into chunks, compressed if asked, handed to the reader.

use async_compression::tokio::write::GzipEncoder;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::service::ServiceError;

/// Bytes collected before they are handed on.
const CHUNK_BYTES: usize = 128 * 1024;

/// What the reader is told.
#[derive(Debug)]
pub(super) enum Message {
    /// The next bytes.
    Chunk(Bytes),
    /// It is whole.
    Done,
    /// It is not, and never will be.
    Failed(ServiceError),
}

/// Why an export stops before its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Nobody reads any more.
    Gone,
    /// Something failed.
    Failed(ServiceError),
}

impl<E: Into<ServiceError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Collects and hands on.
#[derive(Debug)]
pub(super) struct Sink {
    sender: mpsc::Sender<Message>,
    /// Not yet handed on.
    pub(super) buffer: Vec<u8>,
    gzip: Option<GzipEncoder<Vec<u8>>>,
}

impl Sink {
    pub(super) fn new(sender: mpsc::Sender<Message>, gzip: bool) -> Self {
        Self { sender, buffer: Vec::new(), gzip: gzip.then(|| GzipEncoder::new(Vec::new())) }
    }

    /// Hands on what was collected once it is worth a chunk. The line feed at its end is held back:
    /// if nothing follows because of a failure, the text is visibly cut off.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) async fn flush(&mut self) -> Result<(), Halt> {
        if self.buffer.len() < CHUNK_BYTES {
            return Ok(());
        }
        let line_feed = [&b"\r\n"[..], b"\n"].into_iter().find(|end| self.buffer.ends_with(end)).unwrap_or_default();
        let whole = std::mem::replace(&mut self.buffer, line_feed.to_owned());
        self.send(whole, line_feed.len()).await
    }

    /// Whether anybody still reads; for work that hands nothing on for a long time.
    ///
    /// # Errors
    /// [`Halt::Gone`].
    pub(super) fn still_wanted(&self) -> Result<(), Halt> {
        if self.sender.is_closed() { Err(Halt::Gone) } else { Ok(()) }
    }

    /// Hands on the rest.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) async fn finish(&mut self) -> Result<(), Halt> {
        let rest = std::mem::take(&mut self.buffer);
        self.send(rest, 0).await?;
        if let Some(mut gzip) = self.gzip.take() {
            gzip.shutdown().await.map_err(ServiceError::Compress)?;
            self.hand_on(gzip.into_inner()).await?;
        }
        Ok(())
    }

    async fn send(&mut self, mut bytes: Vec<u8>, held_back: usize) -> Result<(), Halt> {
        bytes.truncate(bytes.len() - held_back);
        match &mut self.gzip {
            None => self.hand_on(bytes).await,
            Some(gzip) => {
                gzip.write_all(&bytes).await.map_err(ServiceError::Compress)?;
                let compressed = std::mem::take(gzip.get_mut());
                self.hand_on(compressed).await
            }
        }
    }

    async fn hand_on(&self, bytes: Vec<u8>) -> Result<(), Halt> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.sender.send(Message::Chunk(bytes.into())).await.map_err(|_| Halt::Gone)
    }
}
