//! Values of the program's key metrics and their limits, in which small shares keep their digits.

use crate::model::system::Unit;

use super::{NBSP, bytes, duration};

/// A value in its unit: `99.95 %`, `120 ms`, `10.0 GiB`.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and not negative")]
pub fn of_unit(value: f64, unit: Unit) -> String {
    match unit {
        // A target of 99.9 % and a rate of 0.05 % need more than one decimal.
        Unit::Share => {
            let text = format!("{:.2}", value * 100.0);
            format!("{}{NBSP}%", text.trim_end_matches('0').trim_end_matches('.'))
        }
        Unit::Milliseconds => duration(value).to_string(),
        Unit::Bytes => bytes(value as u64).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_the_guide_writes_them() {
        let of = |value, unit| of_unit(value, unit).replace(NBSP, " ");
        assert_eq!(of(0.999, Unit::Share), "99.9 %");
        assert_eq!(of(0.0005, Unit::Share), "0.05 %");
        assert_eq!(of(1.0, Unit::Share), "100 %");
        assert_eq!(of(0.0, Unit::Share), "0 %");
        assert_eq!(of(100.0, Unit::Milliseconds), "100 ms");
        assert_eq!(of(10_737_418_240.0, Unit::Bytes), "10.0 GiB");
    }
}
