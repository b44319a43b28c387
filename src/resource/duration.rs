//! Durations as Go writes them (`30s`, `1h10m`, `1.5m`, `500ms`) -> seconds.
//!
//! Not here: negative ones, since nothing is done backwards.

use crate::wire::digits;

/// The seconds in `text`, above 0; `None` if it is no such duration.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at_checked(end)?;
        // Two points, or a point alone, are no number to the reader.
        let number = digits::nearest(number)?;
        let (unit, factor) = UNITS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        sum += number * factor;
        rest = behind.strip_prefix(unit)?;
    }
    (sum > 0.0 && sum < SECONDS_MAX).then_some(sum)
}

/// Longer words first, where one starts like another.
const UNITS: &[(&str, f64)] =
    &[("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
/// A hundred years.
const SECONDS_MAX: f64 = 3.2e9;

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("30s", 30.0),
            ("1m", 60.0),
            ("1h10m10s", 4210.0),
            ("1.5m", 90.0),
            ("500ms", 0.5),
            (".5s", 0.5),
            ("5.s", 5.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "30", "s", "30 s", "30S", "-30s", "0s", "1..5s", ".s", "1d", "1e3s", "99999999h", "30s "] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
