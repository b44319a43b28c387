//! The repository keeps its own rules: which module may know which, how a file looks, what stands in no file.
//!
//! Reads the sources as text. `use crate::...` and `super::...` paths tell who knows whom; a name that `lib.rs`
//! re-exports counts as the module that it comes from. ARCHITECTURE.md tells the reasons.
//!
//! Not here: what the compiler, clippy and rustfmt see for themselves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it misses by failing")]

mod arrows;
mod dependencies;

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the repository whose name ends so, as a path from its root and its text.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(root(), endings, &mut found);
    found.sort();
    assert!(!found.is_empty(), "the repository has no {endings:?}");
    found
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !GENERATED.contains(&name.as_str()) {
                walk(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let from_root = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.push((from_root, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with all of `faults` at once.
fn assert_none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

#[test]
fn every_source_file_opens_by_saying_what_it_is() {
    let sources = files(&[".rs"]);
    let silent: Vec<_> =
        sources.iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path.clone()).collect();
    assert_none("these do not open with `//!`", &silent);
}

#[test]
fn every_source_file_is_short() {
    let sources = files(&[".rs"]);
    let long: Vec<_> = sources
        .iter()
        .filter(|(_, text)| text.lines().count() >= LINES_MAX)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    assert_none("these hold more than one idea", &long);
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimple", "mented!(")];
    let mut left = Vec::new();
    for (path, text) in files(&[".rs", ".md", ".toml", "Makefile"]) {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                left.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("left for later", &left);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let folders = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("C:", "\\")];
    let mut named = Vec::new();
    for (path, text) in files(&[".rs", ".md", ".toml", ".lock", ".json", ".yaml", ".py", "Makefile"]) {
        for (number, line) in text.lines().enumerate() {
            if folders.iter().any(|folder| line.contains(folder)) {
                named.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert_none("these lines fit one machine only", &named);
}

#[test]
fn lock_files_name_public_registries_alone() {
    let mut strange = Vec::new();
    for (path, text) in files(&["Cargo.lock", "package-lock.json"]) {
        // Other addresses in a lock file are where a package's people are.
        let names_a_source = |line: &&str| line.contains("source = ") || line.contains("\"resolved\"");
        for line in text.lines().filter(names_a_source) {
            if !PUBLIC_REGISTRIES.iter().any(|registry| line.contains(registry)) {
                strange.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    assert_none("sources that others cannot reach", &strange);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in files(&[".md"]) {
        let folder = root().join(&path).parent().map(PathBuf::from).unwrap_or_default();
        for target in link_targets(&text) {
            let is_outside = target.contains("://") || target.starts_with('#') || target.starts_with("mailto:");
            let file = target.split('#').next().unwrap_or_default();
            if !is_outside && !folder.join(file).exists() {
                broken.push(format!("{path}: {target}"));
            }
        }
    }
    assert_none("links that lead nowhere", &broken);
}

/// What stands in the round brackets of `[...](...)`.
fn link_targets(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).collect()
}

/// Folders that hold nothing written by hand.
const GENERATED: &[&str] = &["target", ".git", ".stamps", "coverage", "node_modules"];
/// One idea fits in fewer lines.
const LINES_MAX: usize = 400;
const PUBLIC_REGISTRIES: &[&str] =
    &["registry+https://github.com/rust-lang/crates.io-index", "https://registry.npmjs.org/"];
