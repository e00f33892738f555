//! `/sessions` and `/sessions/:id`: what sessions remember, and until when.

mod entry;
mod list;
mod memory;

#[cfg(test)]
pub use list::SessionsBody;
pub use list::SessionsPage;
#[cfg(test)]
pub use memory::SessionBody;
pub use memory::SessionPage;
