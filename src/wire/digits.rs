//! Floats <-> their decimal digits, with the host's own reader and printer.
//!
//! The standard library's reader takes the nearest float and its printer the fewest digits that lead back; JavaScript's do
//! the same by their standard (ECMA-262, `Number(text)` and `Number.prototype.toExponential`). Both are 25 kB of a module
//! for browsers, where JavaScript has them at hand; how digits are laid out is the same code everywhere.
//!
//! Not here: blanks, underscores and words, which people write (`number`).

/// The float nearest to `text`, which consists of digits, points, signs, `e` and `E`; `None` where it is no number.
pub(crate) fn nearest(text: &str) -> Option<f64> {
    // To JavaScript nothing is 0.
    if text.is_empty() { None } else { host::nearest(text) }
}

/// `value` without an exponent however long that gets: `0.05`, `1200`; or `inf`, `-inf`, `NaN`.
pub(crate) fn plain(value: f64) -> String {
    if !value.is_finite() {
        let word = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        return word.to_owned();
    }
    let Scientific { sign, digits, exponent } = Scientific::of(value);
    let length = digits.len() as i32;
    let zeros = |count: i32| "0".repeat(count.max(0) as usize);
    match exponent {
        ..0 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ if exponent + 1 >= length => format!("{sign}{digits}{}", zeros(exponent + 1 - length)),
        _ => {
            let (whole, fraction) = digits.split_at_checked(exponent as usize + 1).unwrap_or((&digits, ""));
            format!("{sign}{whole}.{fraction}")
        }
    }
}

/// A `value` from 0 to 1 with four places: `0.9876`.
pub(crate) fn four_places(value: f64) -> String {
    // In whole numbers, since hosts differ in how they round halves.
    let parts = (value * 10_000.0).round_ties_even() as u32;
    format!("{}.{:04}", parts / 10_000, parts % 10_000)
}

/// A probability with four places that never claims certainty: `0.9876`, `more than 0.9999`, `less than 0.0001`.
pub(crate) fn probability(value: f64) -> String {
    match four_places(value).as_str() {
        "1.0000" => "more than 0.9999".to_owned(),
        "0.0000" => "less than 0.0001".to_owned(),
        shown => shown.to_owned(),
    }
}

/// `value` with two places, `1.25`; from 1000 on without any.
pub(crate) fn short(value: f64) -> String {
    if !(value.abs() < 1000.0) {
        return plain(value.round_ties_even());
    }
    let parts = (value * 100.0).round_ties_even() as i32;
    let (sign, parts) = if parts < 0 { ("-", -parts) } else { ("", parts) };
    format!("{sign}{}.{:02}", parts / 100, parts % 100)
}

/// `value`, which is finite, as JSON: a float can be told by its point or exponent, `200.0`, `1e16`.
pub(crate) fn json(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let Scientific { sign, digits, exponent } = Scientific::of(value);
        let (first, others) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let point = if others.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{others}e{exponent}");
    }
    let mut text = plain(value);
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// `sign` `d.ddd` times ten to the `exponent`.
struct Scientific {
    sign: &'static str,
    digits: String,
    exponent: i32,
}

impl Scientific {
    fn of(value: f64) -> Self {
        let mut digits = String::new();
        let mut exponent: Option<i32> = None;
        let mut is_small = false;
        for letter in host::scientific(value.abs()).bytes() {
            match (letter, &mut exponent) {
                (b'e', _) => exponent = Some(0),
                (b'-', _) => is_small = true,
                // The point, and JavaScript's plus.
                (b'.' | b'+', _) => {}
                (digit, Some(exponent)) => *exponent = *exponent * 10 + i32::from(digit - b'0'),
                (digit, None) => digits.push(char::from(digit)),
            }
        }
        let size = exponent.unwrap_or_default();
        let sign = if value.is_sign_negative() { "-" } else { "" };
        Self { sign, digits, exponent: if is_small { -size } else { size } }
    }
}

#[cfg(not(all(feature = "javascript", target_family = "wasm", target_os = "unknown")))]
mod host {
    pub(super) fn nearest(text: &str) -> Option<f64> {
        text.parse().ok()
    }

    pub(super) fn scientific(value: f64) -> String {
        let fewest = format!("{value:e}");
        // Of two with the fewest digits that are equally near the library takes the upper, JavaScript the even one, as does
        // rounding to a given number of digits. Only where the digits are as many as a float can have.
        let digits = fewest.find('e').unwrap_or_default().saturating_sub(1);
        if digits < TIE_DIGITS_MIN {
            return fewest;
        }
        let even = format!("{value:.*e}", digits - 1);
        if even.parse() == Ok(value) { even } else { fewest }
    }

    /// With fewer digits the middle between two numbers is farther from both than the next float.
    const TIE_DIGITS_MIN: usize = 16;
}

#[cfg(all(feature = "javascript", target_family = "wasm", target_os = "unknown"))]
mod host {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_name = Number)]
        fn number(text: &str) -> f64;

        #[wasm_bindgen(js_namespace = ["Number", "prototype", "toExponential"], js_name = call)]
        fn to_exponential(value: f64) -> String;
    }

    pub(super) fn nearest(text: &str) -> Option<f64> {
        Some(number(text)).filter(|number| !number.is_nan())
    }

    pub(super) fn scientific(value: f64) -> String {
        to_exponential(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_equally_near_the_even_one_is_taken_as_javascript_does() {
        // Printed by Node.
        for (value, text) in [
            (1_000_000_000_000_000.25, "1000000000000000.2"),
            (1_000_000_000_000_000.75, "1000000000000000.8"),
            (212_539_909_955_526.125, "212539909955526.12"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert!(plain(value).starts_with(text), "{value}");
        }
        assert_eq!(plain(9_007_199_254_740_993.0), "9007199254740992");
    }

    #[test]
    fn digits_are_laid_out_as_the_standard_library_does() {
        for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(plain(value), format!("{value}"));
        }
        for value in [
            0.0,
            -0.0,
            1.0,
            -1.5,
            120.0,
            0.05,
            1e-4,
            9.9e-5,
            9.99e-6,
            1e-7,
            5e-324,
            123456.789,
            1e15,
            1e16,
            -1.25e16,
            1e21,
            1e300,
            f64::MAX,
            f64::MIN_POSITIVE,
            0.1 + 0.2,
            9007199254740993.0,
        ] {
            assert_eq!((plain(value), json(value)), (format!("{value}"), format!("{value:?}")));
        }
        for value in [0.0, 0.00004, 0.12345678, 0.03125, 0.99994, 0.99996, 1.0] {
            assert_eq!(four_places(value), format!("{value:.4}"));
        }
        for (value, text) in [
            (0.0, "less than 0.0001"),
            (0.00004, "less than 0.0001"),
            (0.0001, "0.0001"),
            (0.99994, "0.9999"),
            (0.99996, "more than 0.9999"),
            (1.0, "more than 0.9999"),
        ] {
            assert_eq!(probability(value), text);
        }
    }

    #[test]
    fn a_text_is_read_as_the_nearest_float_or_not_at_all() {
        for (text, value) in
            [("0.1", Some(0.1)), ("-5.", Some(-5.0)), (".5e+1", Some(5.0)), ("1e999", Some(f64::INFINITY))]
        {
            assert_eq!(nearest(text), value, "{text}");
        }
        for text in ["", ".", "1e", "-", "1.2.3", "1-2", "e5"] {
            assert_eq!(nearest(text), None, "{text}");
        }
    }
}
