//! From a stream of NDJSON bytes into an intake, in bounded memory.

use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::{Intake, Stopped};
use crate::wire::native::lines::{Line, LineSplitter};

/// Why a stream was not read to its end.
#[derive(Debug, Error)]
pub enum PumpError {
    /// A commit failed; the intake's report says how.
    #[error("a commit failed")]
    Stopped,
    /// The stream itself failed: a broken connection or broken compression.
    #[error("reading failed")]
    Read(#[from] std::io::Error),
    /// More bytes came than are taken.
    #[error("more than {max} bytes")]
    TooLarge {
        /// The limit, in decoded bytes.
        max: u64,
    },
}

impl From<Stopped> for PumpError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Intake {
    /// Takes every line of `reader`, of at most `bytes_max` bytes in all; blank lines are passed over.
    /// `progress` is called after every read with the bytes so far.
    ///
    /// # Errors
    /// [`PumpError`]; lines that came before it are taken all the same.
    pub async fn pump(
        &mut self,
        mut reader: impl AsyncBufRead + Unpin,
        bytes_max: u64,
        mut progress: impl FnMut(u64, &Intake),
    ) -> Result<(), PumpError> {
        let mut splitter = LineSplitter::new(self.line_bytes_max);
        let (mut bytes, mut line) = (0_u64, 0_u64);
        loop {
            let buffer = reader.fill_buf().await?;
            let length = buffer.len();
            if length == 0 {
                break;
            }
            bytes += length as u64;
            if bytes > bytes_max {
                return Err(PumpError::TooLarge { max: bytes_max });
            }
            let mut chunk = buffer;
            while let Some(found) = splitter.next(&mut chunk) {
                line += 1;
                self.line(&found, line).await?;
            }
            reader.consume(length);
            progress(bytes, self);
        }
        if let Some(found) = splitter.last() {
            self.line(&found, line + 1).await?;
        }
        Ok(())
    }

    async fn line(&mut self, line: &Line<'_>, number: u64) -> Result<(), Stopped> {
        match line {
            Line::TooLong => {
                self.refuse_long(number);
                Ok(())
            }
            Line::Whole(bytes) => {
                // Windows editors put a byte order mark in front of the first line.
                let bytes = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
                if bytes.trim_ascii().is_empty() { Ok(()) } else { self.take(bytes, number).await }
            }
        }
    }
}
