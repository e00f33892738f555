//! Compressed input, decoded as a stream.

use std::io::Cursor;
use std::pin::Pin;

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

/// Bytes read ahead behind a decoder.
const BUFFER_BYTES: usize = 64 * 1024;
/// How many bytes tell one compression from another.
const MAGIC_BYTES: usize = 4;
/// The largest zstd window that is decoded, as a power of two: 8 MiB, what zstd asks decoders to
/// support. Larger ones let a few bytes claim gigabytes.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), several members too.
    Gzip,
    /// Zstandard (RFC 8878), several frames too.
    Zstd,
}

/// A stream of decoded bytes.
pub type Decoded = Pin<Box<dyn AsyncBufRead + Send>>;

impl Compression {
    /// Recognizes a compression by the first bytes.
    #[must_use]
    pub fn of_magic(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Decodes `reader`.
    pub fn decode(self, reader: impl AsyncBufRead + Send + 'static) -> Decoded {
        match self {
            Self::None => Box::pin(reader),
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                Box::pin(BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
            Self::Zstd => {
                let mut decoder = ZstdDecoder::with_params(reader, &[DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)]);
                decoder.multiple_members(true);
                Box::pin(BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
        }
    }
}

/// Decodes `reader` by what its first bytes say.
///
/// # Errors
/// When the first bytes cannot be read.
pub async fn sniff(mut reader: impl AsyncBufRead + Send + Unpin + 'static) -> std::io::Result<(Compression, Decoded)> {
    let mut start = Vec::new();
    while start.len() < MAGIC_BYTES {
        let ready = reader.fill_buf().await?;
        let length = ready.len();
        if length == 0 {
            break;
        }
        start.extend_from_slice(ready);
        reader.consume(length);
    }
    let compression = Compression::of_magic(&start);
    Ok((compression, compression.decode(Cursor::new(start).chain(reader))))
}
