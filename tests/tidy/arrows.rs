//! Who may know whom: the arrows of ARCHITECTURE.md as a table, held against what the sources say.
//!
//! Modules are the entries of `src/`. Not here: dependencies on other crates.

use std::collections::{BTreeMap, BTreeSet};

use super::{assert_none, files};

/// Each module, and the modules of ours that it may know. A module that is not in the table is a fault.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("stats", &[]),
    ("error", &[]),
    ("wire", &["error", "stats"]),
    ("assess", &["error", "experiment", "stats", "wire"]),
    ("query", &["error", "experiment", "wire"]),
    ("report", &["assess", "error", "experiment", "stats", "wire"]),
    ("experiment", &["assess", "error", "query", "report", "stats", "wire"]),
    ("resource", &["error", "experiment", "wire"]),
    ("trend", &["query", "wire"]),
    ("simulate", &["error", "experiment", "stats", "wire"]),
    ("lib", &["assess", "error", "experiment", "query", "resource", "report", "simulate", "wire"]),
    ("server", &["lib", "error", "experiment", "query", "resource", "trend", "wire"]),
    ("cli", &["lib", "error", "experiment", "query", "resource", "simulate", "trend", "wire", "server"]),
    ("wasm", &["lib", "error", "experiment", "query", "resource", "simulate", "wire"]),
    ("proxy", &["lib", "error", "experiment", "query", "stats", "wire"]),
    ("main", &["cli"]),
];

#[test]
fn modules_know_only_those_below_them() {
    let sources: Vec<_> = files(&[".rs"]).into_iter().filter(|(path, _)| path.starts_with("src/")).collect();
    let owners = re_exports(&sources);
    let mut faults = Vec::new();
    for (path, text) in &sources {
        let module = module_of(path);
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{path}: the module `{module}` has no row in the table"));
            continue;
        };
        for name in names_from_the_root(text) {
            let known = owners.get(name.as_str()).map_or(name.as_str(), String::as_str);
            if known != module && !allowed.contains(&known) && !(known == "version" && allowed.contains(&"lib")) {
                faults.push(format!("{path}: `{module}` knows `{known}` (by `crate::{name}`)"));
            }
        }
    }
    assert_none("arrows that point the wrong way", &faults);
}

#[test]
fn nested_imports_are_understood() {
    let text = "use crate::{Error, stats::{beta, normal}, wire as w};\nfn f() { crate::query::x() } // crate::cli\n";
    let expected: BTreeSet<String> = ["Error", "stats", "wire", "query"].map(str::to_owned).into();
    assert_eq!(names_from_the_root(text), expected);
}

/// `src/wire/json.rs` and `src/wire.rs` are of module `wire`.
fn module_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The module that each name in the crate's root comes from; functions of `lib.rs` itself come from `lib`.
fn re_exports(sources: &[(String, String)]) -> BTreeMap<String, String> {
    let (_, lib) = sources.iter().find(|(path, _)| path == "src/lib.rs").unwrap();
    let mut owners = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let line = line.trim_end_matches(';');
        let owner = line.split("::").next().unwrap_or_default().to_owned();
        let last = line.split(" as ").last().unwrap_or(line);
        let names = last.rsplit("::").next().unwrap_or_default().trim_matches(['{', '}']);
        owners.extend(names.split(", ").map(|name| (name.trim().to_owned(), owner.clone())));
    }
    // A module with the same name as a function (`assess`) keeps its own name: that is the stricter reading.
    for line in lib.lines().filter_map(|line| line.strip_prefix("pub fn ")) {
        let name = line.split('(').next().unwrap_or_default();
        if !sources.iter().any(|(path, _)| module_of(path) == name) {
            owners.insert(name.to_owned(), "lib".to_owned());
        }
    }
    owners
}

/// The first names behind `crate::` anywhere outside comments.
fn names_from_the_root(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let is_part_of_a_word = code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        if is_part_of_a_word {
            continue;
        }
        let behind = &code[at + "crate::".len()..];
        match behind.strip_prefix('{') {
            None => names.extend(first_word(behind)),
            Some(list) => names.extend(names_of_list(list)),
        }
    }
    names
}

/// The first name of each entry of a list that ends with its closing brace; inner lists are passed over.
fn names_of_list(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut is_start_of_entry = true;
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start_of_entry = true,
            _ if character.is_whitespace() => {}
            _ if is_start_of_entry && depth == 0 => {
                names.extend(first_word(&list[at..]));
                is_start_of_entry = false;
            }
            _ => {}
        }
    }
    names
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    (!word.is_empty()).then_some(word)
}
