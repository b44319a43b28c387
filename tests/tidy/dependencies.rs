//! Every direct dependency is told of, with its reason, and no other: docs/dependencies.md against Cargo.toml.

use std::collections::BTreeSet;
use std::fs;

use super::root;

#[test]
fn every_dependency_has_its_reason_in_the_list() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let list = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let mut used = BTreeSet::new();
    let mut is_inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if is_inside && let Some((name, _)) = line.split_once(" = ") {
            used.insert(name.to_owned());
        }
    }
    assert!(used.len() > 20, "{used:?}");
    let rows = list.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let told: BTreeSet<String> = rows.filter(|(_, why)| why.len() > 10).map(|(name, _)| name.to_owned()).collect();
    let missing: Vec<_> = used.symmetric_difference(&told).collect();
    assert!(missing.is_empty(), "in one list and not in the other: {missing:?}");
}
