//! A file or standard input becomes a JSON value, or those of several documents.
//!
//! Not here: how JSON and YAML are told apart and read (`server::documents`), and what the value must hold.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::Failure;
use crate::server::documents;

/// The value in the file `path`; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Value, Failure> {
    let bytes = read_bytes(path).map_err(|error| fault(path, &error.to_string()))?;
    documents::parse(path, &bytes).map_err(|why| fault(path, &why))
}

/// The bytes of the file `path` and its documents: of JSON one, of YAML any number.
pub(super) fn read_all(path: &Path) -> Result<(Vec<u8>, Vec<Value>), Failure> {
    let bytes = read_bytes(path).map_err(|error| fault(path, &error.to_string()))?;
    let documents = documents::parse_all(path, &bytes).map_err(|why| fault(path, &why))?;
    Ok((bytes, documents))
}

/// Whether `path` means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
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
