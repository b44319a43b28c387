//! Bytes of YAML, and with it JSON, become a value, for the config file, the command line and the watched folder alike.
//!
//! What looks like a number or a truth value to some versions of YAML only stays a text: `on`, `0123`, `1_000`; and so does
//! `.inf` and `.nan`, which no field takes: whoever reads the field names it.
//!
//! Not here: what the value means. The error's own text quotes the bytes: whoever reads secrets does not show it.

use serde::de::DeserializeOwned;
pub(crate) use serde_saphyr::{DuplicateKeyPolicy, Error};
use serde_saphyr::{NonFiniteFloatPolicy, Options};

/// The value in `bytes`; `repeated` says what becomes of a key that stands twice in a map.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], repeated: DuplicateKeyPolicy) -> Result<T, Error> {
    serde_saphyr::from_slice_with_options(bytes, options(repeated))
}

/// Each document in `bytes`, those without a value left out.
pub(crate) fn parse_all<T: DeserializeOwned>(bytes: &[u8], repeated: DuplicateKeyPolicy) -> Result<Vec<T>, Error> {
    serde_saphyr::from_slice_multiple_with_options(bytes, options(repeated))
}

fn options(repeated: DuplicateKeyPolicy) -> Options {
    serde_saphyr::options! {
        duplicate_keys: repeated,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// `, line 7` where the error has a place.
pub(crate) fn line(error: &Error) -> String {
    error.location().map(|location| format!(", line {}", location.line())).unwrap_or_default()
}

/// What is wrong where YAML itself is in order, in words that quote nothing; `None`: the text is no YAML.
pub(crate) fn reason(error: &Error) -> Option<&'static str> {
    match error.without_snippet() {
        Error::MultipleDocuments { .. } => Some("a second document starts here (`---`), and one is expected"),
        Error::RecursiveReferencesRequireWeakTypes { .. } => Some("an alias (`*`) stands inside what it repeats"),
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            Some("more than is read of one file: too many values, what aliases (`*`) repeat among them, or too deep")
        }
        // What is wrong inside what an alias repeats.
        Error::AliasError { error, .. } => reason(error),
        _ => None,
    }
}

/// The key that stands twice, if that is the fault.
pub(crate) fn repeated_key(error: &Error) -> Option<&str> {
    match error {
        Error::DuplicateMappingKey { key, .. } => Some(key.as_deref().unwrap_or("a key")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parsed(text: &str) -> Value {
        parse(text.as_bytes(), DuplicateKeyPolicy::Error).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn texts_that_only_look_like_something_else_stay_texts() {
        assert_eq!(parsed("[.inf, -.inf, .nan, 1e999]"), json!([".inf", "-.inf", ".nan", ".inf"]));
        let value = parsed("a: on\nb: 007\nc: 1_000\nd: 2026-01-01T10:00:00Z\ne: no\nf: 0.5\ng: 3\nh: true\ni:");
        let same = json!({"a": "on", "b": "007", "c": "1_000", "d": "2026-01-01T10:00:00Z", "e": "no", "f": 0.5, "g": 3,
                          "h": true, "i": null});
        assert_eq!(value, same);
    }

    #[test]
    fn keys_are_texts_in_the_order_of_the_file() {
        assert_eq!(parsed("v2: {a: 1}\n10: x\nv1: {}").to_string(), r#"{"v2":{"a":1},"10":"x","v1":{}}"#);
    }

    #[test]
    fn what_is_yaml_and_yet_not_read_has_its_reason() {
        let told = |text: &str| {
            let error = parse::<Value>(text.as_bytes(), DuplicateKeyPolicy::Error).unwrap_err();
            reason(&error).map(|why| why.split([' ', ',']).take(3).collect::<Vec<_>>().join(" "))
        };
        let mut bomb = format!("a: &a [{}]\n", ["1"; 20].join(", "));
        for (name, of) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("f", "e")] {
            bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 20].join(", ")));
        }
        assert_eq!(told("a: 1\n---\nb: 2").as_deref(), Some("a second document"));
        assert_eq!(told("a: &a [*a]").as_deref(), Some("an alias (`*`)"));
        assert_eq!(told(&bomb).as_deref(), Some("more than is"));
        assert_eq!(told("a: }"), None);
    }

    #[test]
    fn a_key_that_stands_twice_is_told_or_the_last_one_wins() {
        let text = b"a: {b: 1}\nc: {d: 1, d: 2}";
        let error = parse::<Value>(text, DuplicateKeyPolicy::Error).unwrap_err();
        assert_eq!((repeated_key(&error), line(&error).as_str()), (Some("d"), ", line 2"));
        let last = parse::<Value>(text, DuplicateKeyPolicy::LastWins).unwrap_or_default();
        assert_eq!(last, json!({"a": {"b": 1}, "c": {"d": 2}}));
    }
}
