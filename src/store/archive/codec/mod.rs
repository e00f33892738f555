//! Columns as bytes: what the rows of a chunk hold, column by column, and back without loss.
//!
//! Numbers are written as the distance to the smallest or to the one before, cut into planes of one byte
//! each (`planes`), because the planes of a column differ in how well they compress. Texts are written
//! once each where they repeat (`texts`). A group of columns becomes one blob with a directory and a
//! checksum (`block`), so that one column can be read without the others and damage is found first.
//!
//! Pure: no SQL and no rows of tables here (`super::rows` says which columns a table has).

pub(super) mod block;
mod bytes;
pub(super) mod column;
mod planes;
mod texts;

#[cfg(test)]
mod tests;

pub(super) use column::{Build, Values};

/// What is wrong with bytes that should be a column; a sentence without its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Damage(pub &'static str);

/// Compresses; keeps its working memory from one plane to the next.
pub(super) struct Packer(zstd::bulk::Compressor<'static>);

impl Packer {
    /// One of zstd's levels, 1 to 22.
    ///
    /// # Errors
    /// When the library has no memory for it.
    pub(super) fn new(level: i32) -> std::io::Result<Self> {
        zstd::bulk::Compressor::new(level).map(Self)
    }
}

/// Undoes a [`Packer`].
pub(super) struct Unpacker(zstd::bulk::Decompressor<'static>);

impl Unpacker {
    /// # Errors
    /// When the library has no memory for it.
    pub(super) fn new() -> std::io::Result<Self> {
        zstd::bulk::Decompressor::new().map(Self)
    }
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}
