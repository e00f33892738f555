use proptest::prelude::*;

use super::block;
use super::column::Kind;
use super::{Build, Packer, Unpacker, Values};
use crate::store::key::TextId;

fn through(column: &Build, kind: Kind, rows: usize) -> Values {
    let blob = block::write(std::iter::once(column), &mut Packer::new(3).expect("zstd")).expect("bytes");
    let columns = block::read(&blob, 1).expect("the column");
    Values::decode(columns[0], kind, rows, &mut Unpacker::new().expect("zstd")).expect("values")
}

fn any_real() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<i32>().prop_map(|tenths| f64::from(tenths) / 10.0),
        any::<f64>().prop_filter("the store refuses NaN", |value| !value.is_nan()),
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
    ]
}

fn any_id() -> impl Strategy<Value = TextId> {
    prop_oneof![any::<[u8; 16]>().prop_map(TextId::Uuid), "[a-e]{0,3}".prop_map(|text| TextId::Text(text.into()))]
}

proptest! {
    #[test]
    fn numbers_come_back(values in prop::collection::vec(prop::option::of(prop_oneof![
        any::<i64>(), -3_i64..300, Just(i64::MIN), Just(i64::MAX)
    ]), 0..60)) {
        let read = through(&Build::Ints(values.clone()), Kind::Int, values.len());
        prop_assert_eq!((0..values.len()).map(|row| read.int(row)).collect::<Vec<_>>(), values);
    }

    #[test]
    fn floats_come_back_bit_by_bit(values in prop::collection::vec(prop::option::of(any_real()), 0..60)) {
        let read = through(&Build::Reals(values.clone()), Kind::Real, values.len());
        for (row, value) in values.iter().enumerate() {
            prop_assert_eq!(read.real(row).map(f64::to_bits), value.map(f64::to_bits));
        }
    }

    #[test]
    fn short_decimals_come_back_bit_by_bit(units in prop::collection::vec(any::<i32>(), 1..60), scale in 0..7) {
        let values: Vec<_> = units.iter().map(|units| Some(f64::from(*units) / 10_f64.powi(scale))).collect();
        let read = through(&Build::Reals(values.clone()), Kind::Real, values.len());
        for (row, value) in values.iter().enumerate() {
            prop_assert_eq!(read.real(row).map(f64::to_bits), value.map(f64::to_bits));
        }
    }

    #[test]
    fn texts_come_back(
        values in prop::collection::vec(prop::option::of(prop_oneof!["[ab]", "\\PC{0,9}", Just(String::new())]), 0..80)
    ) {
        let column = Build::Texts(values.iter().map(|text| text.as_deref().map(Into::into)).collect());
        let read = through(&column, Kind::Text, values.len());
        let found: Vec<_> = (0..values.len()).map(|row| read.text(row).map(str::to_owned)).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn ids_come_back(values in prop::collection::vec(prop::option::of(any_id()), 0..60)) {
        let read = through(&Build::Ids(values.clone()), Kind::Id, values.len());
        prop_assert_eq!((0..values.len()).map(|row| read.id(row).cloned()).collect::<Vec<_>>(), values);
    }

    #[test]
    fn whatever_is_changed_in_a_blob_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let column = Build::Ints((0..500).map(Some).collect());
        let mut blob = block::write(std::iter::once(&column), &mut Packer::new(3).expect("zstd")).expect("bytes");
        let at = at.index(blob.len());
        blob[at] ^= 1_u8 << bit;
        prop_assert!(block::read(&blob, 1).is_err());
    }

    #[test]
    fn bytes_that_are_no_column_are_refused_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut unpacker = Unpacker::new().expect("zstd");
        for kind in [Kind::Int, Kind::Real, Kind::Text, Kind::Id] {
            if let Ok(values) = Values::decode(&bytes, kind, 9, &mut unpacker) {
                let _ = (values.int(8), values.real(8), values.text(8), values.id(8));
            }
        }
    }
}

#[test]
fn a_steady_column_takes_almost_no_room_and_a_random_byte_takes_one() {
    let mut packer = Packer::new(9).expect("zstd");
    let size = |values: Vec<i64>, packer: &mut Packer| {
        Build::Ints(values.into_iter().map(Some).collect()).encode(packer).expect("bytes").len()
    };
    assert!(size((0..8192).map(|row| 1_767_225_600_000_000 + row * 1000).collect(), &mut packer) < 80);
    let mut state = 7_u64;
    let random = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56).cast_signed()
    });
    let bytes = size(random.take(8192).collect(), &mut packer);
    assert!((8192..8400).contains(&bytes), "{bytes}");
}
