//! `/sessions` and `/sessions/:id`: what sessions remember, and until when.

mod entry;
mod list;
mod memory;

pub use list::SessionsPage;
pub use memory::SessionPage;
