//! The smallest pieces: varints, and runs of bytes that are compressed where it pays.

use super::{Damage, Packer, Unpacker};

/// The longest run of bytes that is believed, so that a damaged length cannot ask for all memory.
const RUN_MAX: usize = 1 << 30;

/// Adds `value`, seven bits a byte, the lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Signed numbers of small size as small numbers: 0, -1, 1, -2, …
pub(super) fn zigzag(value: i64) -> u64 {
    (value.wrapping_shl(1) ^ (value >> 63)).cast_unsigned()
}

/// Undoes [`zigzag`].
pub(super) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

/// Adds `run`, compressed if that makes it smaller. Its length must be known to the reader.
///
/// # Errors
/// When zstd fails.
pub(super) fn put_run(out: &mut Vec<u8>, run: &[u8], packer: &mut Packer) -> std::io::Result<()> {
    let packed = packer.0.compress(run)?;
    let (flag, bytes) = if packed.len() < run.len() { (1, packed.as_slice()) } else { (0, run) };
    put_varint(out, (bytes.len() as u64) << 1 | flag);
    out.extend_from_slice(bytes);
    Ok(())
}

/// Bytes that are read from their start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.0.split_first().ok_or(Damage("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn varint(&mut self) -> Result<u64, Damage> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Damage("a number is too long"))
    }

    /// A varint that is a length.
    pub(super) fn length(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.varint()?).ok().filter(|length| *length <= RUN_MAX).ok_or(Damage("a length is absurd"))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damage("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The run of `length` bytes that [`put_run`] wrote.
    pub(super) fn run(&mut self, length: usize, unpacker: &mut Unpacker) -> Result<std::borrow::Cow<'a, [u8]>, Damage> {
        if length > RUN_MAX {
            return Err(Damage("a length is absurd"));
        }
        let head = self.varint()?;
        let stored = usize::try_from(head >> 1).map_err(|_| Damage("a length is absurd"))?;
        let bytes = self.take(stored)?;
        let run: std::borrow::Cow<'a, [u8]> = if head & 1 == 0 {
            bytes.into()
        } else {
            unpacker.0.decompress(bytes, length).map_err(|_| Damage("zstd cannot read it"))?.into()
        };
        if run.len() == length { Ok(run) } else { Err(Damage("a run has another length than it should")) }
    }
}
