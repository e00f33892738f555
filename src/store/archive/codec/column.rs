//! One column of a chunk: values of one kind, any of which may be null.

use std::sync::Arc;

use super::super::super::key::TextId;
use super::bytes::{Reader, put_run};
use super::planes::{ints, put_ints, put_uuids, uuids};
use super::texts::{Texts, put_texts, texts};
use super::{Damage, Packer, Unpacker};

/// Which values are null.
const NO_NULLS: u8 = 0;
const ALL_NULLS: u8 = 1;
const SOME_NULLS: u8 = 2;

/// How the ids of a column were written.
const ALL_UUIDS: u8 = 0;
const ALL_TEXTS: u8 = 1;
const MIXED: u8 = 2;

/// The scale of a column of floats that are no short decimals.
const BITS: u8 = u8::MAX;
/// Floats are written as whole numbers of 10⁻ᵏ, k up to this, where every one of them comes back exactly.
const SCALE_MAX: u8 = 9;
/// From here on floats are further apart than 1.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Int,
    Real,
    Text,
    Id,
}

/// A column while its rows are gathered.
#[derive(Debug)]
pub(in crate::store) enum Build {
    Ints(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Texts(Vec<Option<Arc<str>>>),
    Ids(Vec<Option<TextId>>),
}

impl Build {
    pub(in crate::store) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Int => Self::Ints(Vec::new()),
            Kind::Real => Self::Reals(Vec::new()),
            Kind::Text => Self::Texts(Vec::new()),
            Kind::Id => Self::Ids(Vec::new()),
        }
    }

    /// How many values it has.
    pub(in crate::store::archive) fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Reals(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Ids(values) => values.len(),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When zstd fails.
    pub(in crate::store::archive) fn encode(&self, packer: &mut Packer) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        match self {
            Self::Ints(values) => {
                let present = put_nulls(&mut out, values, packer)?;
                put_ints(&mut out, &present, packer)?;
            }
            Self::Reals(values) => {
                let present = put_nulls(&mut out, values, packer)?;
                put_reals(&mut out, &present, packer)?;
            }
            Self::Texts(values) => {
                let present = put_nulls(&mut out, values, packer)?;
                let present: Vec<&str> = present.iter().map(AsRef::as_ref).collect();
                put_texts(&mut out, &present, packer)?;
            }
            Self::Ids(values) => {
                let present = put_nulls(&mut out, values, packer)?;
                put_ids(&mut out, &present, packer)?;
            }
        }
        Ok(out)
    }
}

/// Adds which values are null; returns the others.
fn put_nulls<T: Clone>(out: &mut Vec<u8>, values: &[Option<T>], packer: &mut Packer) -> std::io::Result<Vec<T>> {
    let present: Vec<T> = values.iter().flatten().cloned().collect();
    if present.len() == values.len() {
        out.push(NO_NULLS);
    } else if present.is_empty() {
        out.push(ALL_NULLS);
    } else {
        out.push(SOME_NULLS);
        let flags: Vec<u8> = values.iter().map(|value| value.is_some().into()).collect();
        put_run(out, &flags, packer)?;
    }
    Ok(present)
}

fn put_reals(out: &mut Vec<u8>, values: &[f64], packer: &mut Packer) -> std::io::Result<()> {
    for scale in 0..=SCALE_MAX {
        if let Some(scaled) = values.iter().map(|value| scaled(*value, scale)).collect::<Option<Vec<i64>>>() {
            out.push(scale);
            return put_ints(out, &scaled, packer);
        }
    }
    out.push(BITS);
    let bits: Vec<i64> = values.iter().map(|value| value.to_bits().cast_signed()).collect();
    put_ints(out, &bits, packer)
}

/// `value` in units of 10⁻ˢᶜᵃˡᵉ, when it comes back from that bit by bit.
fn scaled(value: f64, scale: u8) -> Option<i64> {
    let units = (value * power(scale)).round();
    if units.is_nan() || units.abs() >= EXACT_MAX {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number far inside the range")]
    let units = units as i64;
    (unscaled(units, scale).to_bits() == value.to_bits()).then_some(units)
}

#[expect(clippy::cast_precision_loss, reason = "writing made sure that the number is small enough")]
fn unscaled(units: i64, scale: u8) -> f64 {
    units as f64 / power(scale)
}

fn power(scale: u8) -> f64 {
    10_f64.powi(i32::from(scale))
}

fn put_ids(out: &mut Vec<u8>, values: &[TextId], packer: &mut Packer) -> std::io::Result<()> {
    let mut short = Vec::new();
    let mut long = Vec::new();
    for value in values {
        match value {
            TextId::Uuid(bytes) => short.push(*bytes),
            TextId::Text(text) => long.push(text.as_ref()),
        }
    }
    if long.is_empty() {
        out.push(ALL_UUIDS);
    } else if short.is_empty() {
        out.push(ALL_TEXTS);
    } else {
        out.push(MIXED);
        let flags: Vec<u8> = values.iter().map(|value| matches!(value, TextId::Text(_)).into()).collect();
        put_run(out, &flags, packer)?;
    }
    if !short.is_empty() {
        put_uuids(out, &short, packer)?;
    }
    if !long.is_empty() {
        put_texts(out, &long, packer)?;
    }
    Ok(())
}

/// A column that was read. Values of null rows are 0 or empty behind their flags.
#[derive(Debug)]
pub(in crate::store) struct Values {
    /// Where in `held` the value of a row lies; `None` when no row is null, so that row and place agree.
    places: Option<Vec<Option<u32>>>,
    held: Held,
}

#[derive(Debug)]
enum Held {
    Ints(Vec<i64>),
    Reals(Vec<f64>),
    Texts(Texts),
    Ids(Vec<TextId>),
}

impl Values {
    /// Reads a column of `rows` values.
    ///
    /// # Errors
    /// [`Damage`].
    pub(in crate::store::archive) fn decode(
        bytes: &[u8],
        kind: Kind,
        rows: usize,
        unpacker: &mut Unpacker,
    ) -> Result<Self, Damage> {
        let mut from = Reader(bytes);
        let (places, count) = nulls(&mut from, rows, unpacker)?;
        let held = match kind {
            Kind::Int => Held::Ints(ints(&mut from, count, unpacker)?),
            Kind::Real => Held::Reals(reals(&mut from, count, unpacker)?),
            Kind::Text => Held::Texts(texts(&mut from, count, unpacker)?),
            Kind::Id => Held::Ids(ids(&mut from, count, unpacker)?),
        };
        if from.0.is_empty() { Ok(Self { places, held }) } else { Err(Damage("it goes on after its end")) }
    }

    fn place(&self, row: usize) -> Option<usize> {
        match &self.places {
            None => Some(row),
            Some(places) => places.get(row).copied().flatten().map(|place| place as usize),
        }
    }

    /// Whether the row holds nothing.
    pub(in crate::store) fn is_null(&self, row: usize) -> bool {
        self.place(row).is_none()
    }

    /// The number of a row; `None` for null, and for a column of another kind.
    pub(in crate::store) fn int(&self, row: usize) -> Option<i64> {
        let Held::Ints(values) = &self.held else { return None };
        values.get(self.place(row)?).copied()
    }

    /// As [`Self::int`], for floats.
    pub(in crate::store) fn real(&self, row: usize) -> Option<f64> {
        let Held::Reals(values) = &self.held else { return None };
        values.get(self.place(row)?).copied()
    }

    /// As [`Self::int`], for texts.
    pub(in crate::store) fn text(&self, row: usize) -> Option<&str> {
        let Held::Texts(values) = &self.held else { return None };
        values.get(self.place(row)?)
    }

    /// As [`Self::int`], for ids.
    pub(in crate::store) fn id(&self, row: usize) -> Option<&TextId> {
        let Held::Ids(values) = &self.held else { return None };
        values.get(self.place(row)?)
    }
}

type Places = Option<Vec<Option<u32>>>;

fn nulls(from: &mut Reader<'_>, rows: usize, unpacker: &mut Unpacker) -> Result<(Places, usize), Damage> {
    match from.byte()? {
        NO_NULLS => Ok((None, rows)),
        ALL_NULLS => Ok((Some(vec![None; rows]), 0)),
        SOME_NULLS => {
            let mut count = 0;
            let flags = from.run(rows, unpacker)?;
            let place = |flag: &u8| {
                (*flag != 0).then(|| {
                    count += 1;
                    count - 1
                })
            };
            let places: Vec<Option<u32>> = flags.iter().map(place).collect();
            Ok((Some(places), count as usize))
        }
        _ => Err(Damage("nulls are written in an unknown way")),
    }
}

fn reals(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Vec<f64>, Damage> {
    let scale = from.byte()?;
    let numbers = ints(from, count, unpacker)?;
    match scale {
        BITS => Ok(numbers.into_iter().map(|bits| f64::from_bits(bits.cast_unsigned())).collect()),
        0..=SCALE_MAX => Ok(numbers.into_iter().map(|units| unscaled(units, scale)).collect()),
        _ => Err(Damage("floats are written in an unknown way")),
    }
}

fn ids(from: &mut Reader<'_>, count: usize, unpacker: &mut Unpacker) -> Result<Vec<TextId>, Damage> {
    let flags = match from.byte()? {
        ALL_UUIDS => vec![0; count],
        ALL_TEXTS => vec![1; count],
        MIXED => from.run(count, unpacker)?.into_owned(),
        _ => return Err(Damage("ids are written in an unknown way")),
    };
    let long = flags.iter().filter(|flag| **flag != 0).count();
    let mut short = if long < count { uuids(from, count - long, unpacker)? } else { Vec::new() }.into_iter();
    let long = if long > 0 { texts(from, long, unpacker)? } else { Texts::default() };
    let mut next_text = 0..;
    flags
        .iter()
        .map(|flag| match flag {
            0 => short.next().map(TextId::Uuid),
            _ => next_text.next().and_then(|text| long.get(text)).map(|text| TextId::Text(text.into())),
        })
        .collect::<Option<_>>()
        .ok_or(Damage("an id is missing"))
}
