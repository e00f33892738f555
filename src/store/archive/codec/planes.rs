//! Whole numbers and 16-byte ids, cut into planes: first the first byte of every value, then the second …

use super::bytes::{Reader, put_run, put_varint, unzigzag, zigzag};
use super::{Damage, Packer, Unpacker};

/// How the numbers of a column were written.
const FROM_LEAST: u8 = 0;
const FROM_THE_ONE_BEFORE: u8 = 1;

/// Adds `values`, whose number the reader knows, in the shorter of two ways.
///
/// # Errors
/// When zstd fails.
pub(super) fn put_ints(out: &mut Vec<u8>, values: &[i64], packer: &mut Packer) -> std::io::Result<()> {
    let least = values.iter().copied().min().unwrap_or(0);
    let from_least: Vec<u64> = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned()).collect();
    let first = values.first().copied().unwrap_or(0);
    let steps: Vec<u64> = values.windows(2).map(|pair| zigzag(pair[1].wrapping_sub(pair[0]))).collect();
    let mut distances = vec![FROM_LEAST];
    put_varint(&mut distances, zigzag(least));
    put_planes(&mut distances, &from_least, packer)?;
    let mut delta = vec![FROM_THE_ONE_BEFORE];
    put_varint(&mut delta, zigzag(first));
    put_planes(&mut delta, &steps, packer)?;
    out.extend(if delta.len() < distances.len() { delta } else { distances });
    Ok(())
}

/// Reads `count` numbers.
pub(super) fn ints(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Vec<i64>, Damage> {
    let way = from.byte()?;
    let start = unzigzag(from.varint()?);
    match way {
        FROM_LEAST => {
            let distances = planes(from, count, unpacker)?;
            Ok(distances.into_iter().map(|distance| start.wrapping_add(distance.cast_signed())).collect())
        }
        FROM_THE_ONE_BEFORE if count > 0 => {
            let mut values = Vec::with_capacity(count);
            let mut last = start;
            values.push(last);
            for step in planes(from, count - 1, unpacker)? {
                last = last.wrapping_add(unzigzag(step));
                values.push(last);
            }
            Ok(values)
        }
        _ => Err(Damage("numbers are written in an unknown way")),
    }
}

fn put_planes(out: &mut Vec<u8>, values: &[u64], packer: &mut Packer) -> std::io::Result<()> {
    let most = values.iter().copied().max().unwrap_or(0);
    let width = (u64::BITS - most.leading_zeros()).div_ceil(8) as usize;
    put_varint(out, width as u64);
    for plane in 0..width {
        let run: Vec<u8> = values.iter().map(|value| value.to_le_bytes()[plane]).collect();
        put_run(out, &run, packer)?;
    }
    Ok(())
}

fn planes(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Vec<u64>, Damage> {
    let width = from.length()?;
    if width > size_of::<u64>() {
        return Err(Damage("numbers are too wide"));
    }
    let mut values = vec![0; count];
    for plane in 0..width {
        let run = from.run(count, unpacker)?;
        for (value, byte) in values.iter_mut().zip(run.iter()) {
            *value |= u64::from(*byte) << (8 * plane);
        }
    }
    Ok(values)
}

/// Adds ids of 16 bytes. Those made from the time share their first bytes, which then take no room.
///
/// # Errors
/// When zstd fails.
pub(super) fn put_uuids(out: &mut Vec<u8>, ids: &[[u8; 16]], packer: &mut Packer) -> std::io::Result<()> {
    for plane in 0..16 {
        let run: Vec<u8> = ids.iter().map(|id| id[plane]).collect();
        put_run(out, &run, packer)?;
    }
    Ok(())
}

/// Reads `count` ids.
pub(super) fn uuids(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Vec<[u8; 16]>, Damage> {
    let mut ids = vec![[0; 16]; count];
    for plane in 0..16 {
        let run = from.run(count, unpacker)?;
        for (id, byte) in ids.iter_mut().zip(run.iter()) {
            id[plane] = *byte;
        }
    }
    Ok(ids)
}
