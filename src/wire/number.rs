//! Texts and JSON numbers -> numbers, as Python's `float()` and `int()` read them.
//!
//! v1.0.0's clients may send `"200"` where a number is meant, and a Go map turns 180.0 into 180. Allowed are blanks
//! around, single `_` between digits, `inf`, `infinity` and `nan` in any case (a caller decides what to do with those).

use super::digits;

/// The number in `text`, or `None`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = trim(text);
    let plain = without_underscores(text)?;
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    if unsigned.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return Some(if plain.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    // What is left of Python's grammar every host reads alike.
    let is_of_number = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if plain.bytes().all(is_of_number) { digits::nearest(&plain) } else { None }
}

/// The integer in `text`, as a float where it is beyond 64 bits; or `None`.
pub(crate) fn parse_integer(text: &str) -> Option<f64> {
    let plain = without_underscores(trim(text))?;
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_integer { digits::nearest(&plain) } else { None }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}'))
}

/// `text` without the `_` between digits; `None` where one stands elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut previous_is_digit = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '_' {
            if !previous_is_digit || !characters.peek().is_some_and(char::is_ascii_digit) {
                return None;
            }
        } else {
            plain.push(character);
        }
        previous_is_digit = character.is_ascii_digit();
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, value) in
            [(" 5 ", 5.0), ("1_0", 10.0), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("-2.5E-1", -0.25), ("+7", 7.0)]
        {
            assert_eq!(parse_float(text), Some(value), "{text}");
        }
        assert_eq!(parse_float("Infinity"), Some(f64::INFINITY));
        assert!(parse_float("nan").is_some_and(f64::is_nan));
        for text in ["", " ", "1__0", "_1", "1_", "0x10", "1,5", "five", "e5", "1 2", "--1", "infinit"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn integers_are_read_as_python_reads_them() {
        assert_eq!(parse_integer(" 1_000 "), Some(1000.0));
        assert_eq!(parse_integer("-007"), Some(-7.0));
        for text in ["", "4.0", "1e3", "inf", "+", "٣x"] {
            assert_eq!(parse_integer(text), None, "{text}");
        }
    }
}
