//! The one place that knows on which side the code runs: twins with the same functions.
//!
//! The server draws pictures, reads cookies and sets statuses; the browser paints canvases and watches
//! sizes. What the other side does is empty here, so that callers need no `cfg`.

use crate::model::HighWater;

/// What a stream of news brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is open.
    Open,
    /// So many records are new, up to a place; 0 when records were changed or deleted.
    News {
        /// How many.
        records: u64,
        /// The last of them.
        place: HighWater,
    },
    /// More is new than the server can tell.
    Reset {
        /// Where it goes on from.
        place: HighWater,
    },
    /// It ended.
    Lost,
}

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub use browser::*;
#[cfg(feature = "ssr")]
pub use server::*;
