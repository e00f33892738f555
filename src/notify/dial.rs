//! Connects to one of the addresses of a name, all of which were checked, and bounds what is heard from there.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::address::Checked;
use super::{Bounds, SendError};

/// Most addresses of a name that are tried: `localhost` has two, and often only one of them answers.
const TRIED_MAX: usize = 4;

/// Connects to the first address that answers.
///
/// # Errors
/// [`SendError::Connection`] with what the last one said.
pub(super) async fn dial(host: &str, checked: &Checked, bounds: Bounds<'_>) -> Result<TcpStream, SendError> {
    let tried = &checked.addresses[..checked.addresses.len().min(TRIED_MAX)];
    // One that swallows what is sent must leave time for the next.
    let share = bounds.timeout / u32::try_from(tried.len()).unwrap_or(1).max(1);
    let mut reason = String::new();
    for address in tried {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = format!("{} does not answer", address.ip()),
        }
    }
    let port = tried.first().map_or(0, SocketAddr::port);
    Err(SendError::Connection { host: format!("{host}:{port}"), reason })
}

/// A connection from which only so much is read, and no more than a line at a time.
///
/// Who never ends a line must not fill the memory. And what somebody on the way adds after the answer to STARTTLS must
/// not pass for what the server says when the connection is encrypted: whoever reads here never has more than the line
/// it asked for, so the rest is where the handshake begins, and breaks that.
#[derive(Debug)]
pub(super) struct Line<S> {
    stream: S,
    peer: SocketAddr,
    left: usize,
    /// Read, and not yet handed out.
    heard: Vec<u8>,
}

impl<S> Line<S> {
    /// `stream`, from which at most `most` bytes are read.
    pub fn new(stream: S, peer: SocketAddr, most: usize) -> Self {
        Self { stream, peer, left: most, heard: Vec::new() }
    }
}

impl<S: AsyncRead + Unpin> Line<S> {
    /// Reads on; nothing is added at the end.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0; 2048];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut chunk))?;
        let Some(left) = self.left.checked_sub(chunk.filled().len()) else {
            let reason = "it says more than any answer needs";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, reason)));
        };
        self.left = left;
        self.heard.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S> AsyncTokioStream for Line<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.heard.is_empty() {
            ready!(self.poll_more(context))?;
        }
        let line = self.heard.iter().position(|byte| *byte == b'\n').map_or(self.heard.len(), |end| end + 1);
        let count = line.min(buffer.remaining());
        buffer.put_slice(&self.heard[..count]);
        self.heard.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn of_two_addresses_the_one_that_answers_is_used() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let addresses = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let checked = Checked { addresses: addresses.map(|ip| SocketAddr::new(ip, port)).into(), private: true };
        let bounds = Bounds { allow_private: true, timeout: Duration::from_secs(5), ca_file: None };
        let stream = dial("localhost", &checked, bounds).await.expect("the second answers");
        assert_eq!(stream.peer_addr().expect("connected").port(), port);
        drop(listener);
        let error = dial("localhost", &checked, bounds).await.expect_err("none answers").to_string();
        assert!(error.starts_with(&format!("could not talk to localhost:{port}: ")), "{error}");
    }

    #[tokio::test]
    async fn nobody_gets_more_than_the_line_it_asked_for() {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 25));
        let mut line = Line::new(io::Cursor::new(b"220 go on\r\n250 not yet asked".to_vec()), peer, 100);
        let mut buffer = [0; 50];
        let read = line.read(&mut buffer).await.expect("bytes");
        assert_eq!(&buffer[..read], b"220 go on\r\n");
        let read = line.read(&mut buffer[..5]).await.expect("bytes");
        assert_eq!(&buffer[..read], b"250 n", "as much as there is room for");
        let mut rest = Vec::new();
        line.read_to_end(&mut rest).await.expect("bytes");
        assert_eq!(rest, b"ot yet asked");
    }

    #[tokio::test]
    async fn who_says_too_much_is_not_heard_to_the_end() {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 25));
        let mut short = Line::new(io::Cursor::new(vec![b'x'; 100]), peer, 100);
        assert_eq!(short.read_to_end(&mut Vec::new()).await.expect("within bounds"), 100);
        let mut long = Line::new(io::Cursor::new(vec![b'x'; 101]), peer, 100);
        let error = long.read_to_end(&mut Vec::new()).await.expect_err("too much");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
