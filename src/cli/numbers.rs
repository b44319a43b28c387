//! Numbers of an assessment become short texts.
//!
//! Four significant digits: JSON has them all. Unknown is `-`.
//!
//! Not here: where they stand (`table`).

use crate::assessment::Interval;

/// `number`, or `-`.
pub(super) fn number(number: Option<f64>) -> String {
    number.map_or_else(unknown, digits)
}

/// Such as `0.1 to 0.25`; an end that is unbounded is `-`.
pub(super) fn range(lower: Option<f64>, upper: Option<f64>) -> String {
    format!("{} to {}", number(lower), number(upper))
}

/// The same for an interval that may be unknown.
pub(super) fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(unknown, |interval| range(interval.lower, interval.upper))
}

/// A probability with three decimals.
pub(super) fn probability(probability: Option<f64>) -> String {
    probability.map_or_else(unknown, |probability| format!("{probability:.3}"))
}

/// What is shown for what is not known.
pub(super) fn unknown() -> String {
    "-".to_owned()
}

/// `number` with four significant digits: `0.02`, `1234.5` as `1235`, `2.5e-7`.
fn digits(number: f64) -> String {
    let scientific = format!("{number:.3e}");
    let exponent =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or_default();
    let text = match exponent {
        -4..=3 => format!("{number:.*}", usize::try_from(3 - exponent).unwrap_or_default()),
        4..=9 => format!("{number:.0}"),
        _ => return scientific,
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_four_digits() {
        for (number, text) in [
            (0.0, "0"),
            (0.02, "0.02"),
            (0.123456, "0.1235"),
            (195.0, "195"),
            (1234.5, "1234"),
            (1e6, "1000000"),
            (2.5e-7, "2.500e-7"),
            (0.00012, "0.00012"),
            (1e12, "1.000e12"),
            (-3.25, "-3.25"),
            (99999.6, "100000"),
        ] {
            assert_eq!(digits(number), text, "{number}");
        }
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        assert_eq!((number(None), probability(None), interval(None)), (unknown(), unknown(), unknown()));
        assert_eq!(range(Some(0.25), None), "0.25 to -");
    }
}
