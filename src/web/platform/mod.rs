//! The one place that knows on which side the code runs: twins with the same functions.
//!
//! The server draws pictures, reads cookies and sets statuses; the browser paints canvases and watches
//! sizes. What the other side does is empty here, so that callers need no `cfg`.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(feature = "ssr")]
mod server;

#[cfg(not(feature = "ssr"))]
pub use browser::*;
#[cfg(feature = "ssr")]
pub use server::*;
