//! Reference values of the unit tests: rows of numbers out of `reference/*.json`, which `reference/make.py` and `make_evidence.py` wrote.

/// The rows called `name`, each of `N` numbers.
pub(crate) fn rows<const N: usize>(file: &str, name: &str) -> Vec<[f64; N]> {
    let lists = lists(file, name);
    assert!(!lists.is_empty(), "no rows called {name}");
    lists.into_iter().map(|row| <[f64; N]>::try_from(row).expect("rows of that length")).collect()
}

/// The rows called `name`, of any length.
pub(crate) fn lists(file: &str, name: &str) -> Vec<Vec<f64>> {
    let mut tables: std::collections::HashMap<String, Vec<Vec<f64>>> =
        serde_json::from_str(file).expect("tables of numbers");
    tables.remove(name).expect("a table of that name")
}

/// That `found` is `expected`, to so much of it or in all.
#[track_caller]
pub(crate) fn close(found: f64, expected: f64, relative: f64, absolute: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(
        error <= relative * expected.abs() || error <= absolute,
        "{what}: {found:e}, not {expected:e} (off by {error:e})"
    );
}
