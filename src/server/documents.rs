//! The bytes of a file become its documents: of JSON one, of YAML any number.
//!
//! JSON goes through the engine's own reader, so that a fault has the same words as over HTTP. YAML is read by its
//! 1.2 rules (`on`, `no`, `007` and `1_000` stay texts, as ids and labels must); since it has no words of v1.0.0 to
//! keep, its faults are told with line and column. A name that ends in `.yaml` or `.yml` is YAML, in `.json` JSON;
//! any other input is JSON if it starts with `{` or `[`.
//!
//! Not here: where the bytes come from, and what the documents must hold.

use std::path::Path;

use serde_json::Value;

use super::yaml::{self, DuplicateKeyPolicy};
use crate::Error;

/// The documents in `bytes`, what the file `path` holds; none where nothing stands there.
///
/// # Errors
/// What is wrong with the text, on one line.
pub(crate) fn parse_all(path: &Path, bytes: &[u8]) -> Result<Vec<Value>, String> {
    if bytes.trim_ascii().is_empty() {
        Ok(Vec::new())
    } else if is_yaml(path, bytes) {
        yaml::parse_all(bytes, DuplicateKeyPolicy::Error).map_err(|error| one_line(&error))
    } else {
        json(bytes).map(|value| vec![value])
    }
}

/// The one document in `bytes`, what the file `path` holds.
///
/// # Errors
/// What is wrong with the text, on one line.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Value, String> {
    if bytes.trim_ascii().is_empty() {
        Err("nothing stands there".to_owned())
    } else if is_yaml(path, bytes) {
        yaml::parse(bytes, DuplicateKeyPolicy::Error).map_err(|error| one_line(&error))
    } else {
        json(bytes)
    }
}

/// Whether `path` is called as a file of documents is.
pub(crate) fn is_named_so(path: &Path) -> bool {
    matches!(ending(path), Some("yaml" | "yml" | "json"))
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    crate::parse_json(bytes).map_err(|error| match &error {
        // Its message has the place already.
        Error::Fields(faults) if faults.len() == 1 => faults.iter().map(|fault| fault.message.clone()).collect(),
        _ => error.to_string(),
    })
}

fn is_yaml(path: &Path, bytes: &[u8]) -> bool {
    match ending(path) {
        Some("yaml" | "yml") => true,
        Some("json") => false,
        _ => !matches!(bytes.trim_ascii_start().first(), None | Some(b'{' | b'[')),
    }
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|ending| ending.to_str())
}

fn one_line(error: &yaml::Error) -> String {
    if let Some(why) = yaml::reason(error) {
        let place = error.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
        return format!("{why}{}", place.unwrap_or_default());
    }
    error.to_string().lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_yaml_is_one_line_that_says_where() {
        let message = parse(Path::new("e.yaml"), b"a: [1, 2\nb: }").unwrap_err();
        assert!(message.contains("line 2"), "{message}");
        assert!(!message.contains('\n'), "{message}");
        assert!(parse(Path::new("e.yaml"), b"a: 1\na: 2").is_err(), "a key twice is a slip, not a choice");
        let message = parse(Path::new("e.yaml"), b"a: 1\n---\na: 2").unwrap_err();
        assert_eq!(message, "a second document starts here (`---`), and one is expected at line 3, column 1");
        let message = parse_all(Path::new("-"), b"a: &a [*a]").unwrap_err();
        assert!(message.starts_with("an alias (`*`) stands inside what it repeats at line 1"), "{message}");
    }

    #[test]
    fn the_name_tells_the_format_and_else_the_first_character() {
        assert!(is_yaml(Path::new("e.yaml"), b"{}") && is_yaml(Path::new("e.yml"), b"{}"));
        assert!(!is_yaml(Path::new("e.json"), b"a: 1"));
        assert!(
            is_yaml(Path::new("-"), b"a: 1") && !is_yaml(Path::new("-"), b"\n {}") && !is_yaml(Path::new("-"), b"")
        );
    }
}
