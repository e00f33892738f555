//! Texts: all of them one after the other, or each once where they repeat.

use std::collections::HashMap;
use std::ops::Range;

use super::bytes::{Reader, put_run, put_varint};
use super::planes::{ints, put_ints};
use super::{Damage, Packer, Unpacker};

/// How the texts of a column were written.
const ONE_EACH: u8 = 0;
const SHARED: u8 = 1;

/// Texts are shared when there are at least so many rows to each of them.
const WORTH_SHARING: usize = 4;

/// Texts in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Texts {
    text: String,
    /// Where each value lies; several may lie in the same place.
    places: Vec<Range<usize>>,
}

impl Texts {
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        self.text.get(self.places.get(index)?.clone())
    }
}

/// Adds `values`, whose number the reader knows.
///
/// # Errors
/// When zstd fails.
pub(super) fn put_texts(out: &mut Vec<u8>, values: &[&str], packer: &mut Packer) -> std::io::Result<()> {
    let mut numbers: HashMap<&str, i64> = HashMap::new();
    let mut distinct = Vec::new();
    let numbered = values.iter().map(|value| {
        *numbers.entry(value).or_insert_with(|| {
            distinct.push(*value);
            i64::try_from(distinct.len() - 1).unwrap_or(i64::MAX) // a chunk has far fewer rows
        })
    });
    let numbered: Vec<i64> = numbered.collect();
    if values.is_empty() || values.len() / distinct.len() < WORTH_SHARING {
        out.push(ONE_EACH);
        return put_all(out, values, packer);
    }
    out.push(SHARED);
    put_varint(out, distinct.len() as u64);
    put_all(out, &distinct, packer)?;
    put_ints(out, &numbered, packer)
}

fn put_all(out: &mut Vec<u8>, values: &[&str], packer: &mut Packer) -> std::io::Result<()> {
    let lengths: Vec<i64> = values.iter().map(|value| i64::try_from(value.len()).unwrap_or(i64::MAX)).collect();
    put_ints(out, &lengths, packer)?;
    put_run(out, values.concat().as_bytes(), packer)
}

/// Reads `count` texts.
pub(super) fn texts(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Texts, Damage> {
    match from.byte()? {
        ONE_EACH => all(from, count, unpacker),
        SHARED => {
            let distinct = from.length()?;
            let Texts { text, places } = all(from, distinct, unpacker)?;
            let place = |number: i64| usize::try_from(number).ok().and_then(|number| places.get(number).cloned());
            let shared = ints(from, count, unpacker)?.into_iter().map(place).collect::<Option<_>>();
            Ok(Texts { text, places: shared.ok_or(Damage("a text is missing"))? })
        }
        _ => Err(Damage("texts are written in an unknown way")),
    }
}

fn all(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Texts, Damage> {
    let mut end = 0_usize;
    let mut places = Vec::with_capacity(count);
    for length in ints(from, count, unpacker)? {
        let start = end;
        let length = usize::try_from(length).map_err(|_| Damage("a length is absurd"))?;
        end = end.checked_add(length).ok_or(Damage("a length is absurd"))?;
        places.push(start..end);
    }
    let text = String::from_utf8(from.run(end, unpacker)?.into_owned()).map_err(|_| Damage("a text is no UTF-8"))?;
    if places.iter().all(|place| text.is_char_boundary(place.start)) {
        Ok(Texts { text, places })
    } else {
        Err(Damage("a text starts inside a character"))
    }
}
