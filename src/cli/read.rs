//! A file or standard input becomes a JSON value, or those of several documents.
//!
//! JSON goes through the engine's own reader, so that a fault has the same words as over HTTP. YAML is read by its
//! 1.2 rules (`on`, `no`, `007` and `1_000` stay texts, as ids and labels must); since it has no words of v1.0.0 to
//! keep, its faults are told with line and column. A name that ends in `.yaml` or `.yml` is YAML, in `.json` JSON;
//! any other input is JSON if it starts with `{` or `[`.
//!
//! Not here: what the value must hold.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::Failure;
use crate::Error;
use crate::server::yaml::{self, DuplicateKeyPolicy};

/// The value in the file `path`; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Value, Failure> {
    let bytes = read_bytes(path).map_err(|error| fault(path, &error.to_string()))?;
    if is_yaml(path, &bytes) {
        yaml::parse(&bytes, DuplicateKeyPolicy::Error).map_err(|error| fault(path, &one_line(&error)))
    } else {
        crate::parse_json(&bytes).map_err(|error| fault(path, &without_path(&error)))
    }
}

/// The bytes of the file `path` and its documents: of JSON one, of YAML any number.
pub(super) fn read_all(path: &Path) -> Result<(Vec<u8>, Vec<Value>), Failure> {
    let bytes = read_bytes(path).map_err(|error| fault(path, &error.to_string()))?;
    let documents = if is_yaml(path, &bytes) {
        yaml::parse_all(&bytes, DuplicateKeyPolicy::Error).map_err(|error| fault(path, &one_line(&error)))?
    } else {
        vec![crate::parse_json(&bytes).map_err(|error| fault(path, &without_path(&error)))?]
    };
    Ok((bytes, documents))
}

/// Whether `path` means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What is wrong with a text that is no JSON; its message has the place already.
fn without_path(error: &Error) -> String {
    match error {
        Error::Fields(faults) if faults.len() == 1 => faults.iter().map(|fault| fault.message.clone()).collect(),
        _ => error.to_string(),
    }
}

fn fault(path: &Path, message: &str) -> Failure {
    Failure::Wrong(format!("{}: {message}", path.display()))
}

fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if !is_stdin(path) {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_yaml(path: &Path, bytes: &[u8]) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => true,
        Some("json") => false,
        _ => !matches!(bytes.trim_ascii_start().first(), None | Some(b'{' | b'[')),
    }
}

fn one_line(error: &yaml::Error) -> String {
    error.to_string().lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_yaml_is_one_line_that_says_where() {
        let parse =
            |text: &[u8]| yaml::parse::<Value>(text, DuplicateKeyPolicy::Error).map_err(|error| one_line(&error));
        let message = parse(b"a: [1, 2\nb: }").unwrap_err();
        assert!(message.contains("line 2"), "{message}");
        assert!(!message.contains('\n'), "{message}");
        assert!(parse(b"a: 1\na: 2").is_err(), "a key twice is a slip, not a choice");
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
