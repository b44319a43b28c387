//! The real binary is run as a person or a script would run it: arguments and files in, streams and exit code out.
//!
//! Each test has a folder of its own with the files that the help's examples name, and an environment without
//! settings. Not here: what an assessment says (`tests/cases`), the server's behaviour (`tests/http`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing, and waits for the processes that it starts"
)]

mod assess;
mod check;
mod check_config;
mod help;
mod readme;
mod resources;
mod serve;
mod shell;
mod simulate;
mod trend;

use shell::Folder;

#[test]
fn wrong_arguments_are_exit_code_2_with_a_hint() {
    for arguments in [
        "assess",
        "assess experiment.yaml --format xml",
        "assess experiment.yaml --now yesterday",
        "assess experiment.yaml --seed 9007199254740992",
        "assess experiment.yaml --method v2",
        "assess experiment.yaml --observations observations.json --prometheus http://localhost:9090",
        "assess - --observations -",
        "judge experiment.yaml",
        "check experiment.yaml --now 2026-01-01T10:10:00Z",
        "serve --port 70000",
        "--flag",
    ] {
        let done = Folder::new().run(arguments);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{arguments}: {}", done.err);
        assert!(!done.err.is_empty(), "{arguments}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for command in ["assess", "queries", "check"] {
        let done = Folder::new().run(&format!("{command} nowhere.json"));
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.err.starts_with("nowhere.json: ") && done.err.lines().count() == 1, "{}", done.err);
    }
}

#[test]
fn the_version_is_the_crate_s() {
    assert_eq!(Folder::new().run("--version").out, format!("iter8-analytics {}\n", env!("CARGO_PKG_VERSION")));
}
