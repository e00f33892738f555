//! Several columns as one blob: a version, how long each column is, the columns, and a checksum.

use super::bytes::{Reader, put_varint};
use super::{Damage, Packer};

/// How blobs are laid out; another layout gets another number, and both are read.
const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// The blob of `columns`.
///
/// # Errors
/// When zstd fails.
pub(in crate::store::archive) fn write<'a>(
    columns: impl Iterator<Item = &'a super::Build>,
    packer: &mut Packer,
) -> std::io::Result<Vec<u8>> {
    let columns = columns.map(|column| column.encode(packer)).collect::<Result<Vec<_>, _>>()?;
    let mut out = vec![VERSION];
    put_varint(&mut out, columns.len() as u64);
    for column in &columns {
        put_varint(&mut out, column.len() as u64);
    }
    out.extend(columns.into_iter().flatten());
    let checksum = crc32fast::hash(&out);
    out.extend(checksum.to_le_bytes());
    Ok(out)
}

/// The bytes of each of the `count` columns of a blob whose checksum is right.
///
/// # Errors
/// [`Damage`].
pub(in crate::store::archive) fn read(blob: &[u8], count: usize) -> Result<Vec<&[u8]>, Damage> {
    let (body, checksum) = blob.split_last_chunk::<CHECKSUM_BYTES>().ok_or(Damage("it ends too early"))?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(Damage("its checksum is wrong"));
    }
    let mut from = Reader(body);
    if from.byte()? != VERSION {
        return Err(Damage("it has a layout this program does not know"));
    }
    if from.length()? != count {
        return Err(Damage("it has another number of columns"));
    }
    let lengths = (0..count).map(|_| from.length()).collect::<Result<Vec<_>, _>>()?;
    lengths.into_iter().map(|length| from.take(length)).collect()
}
