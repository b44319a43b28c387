//! `simulate`: worlds by name and from files, one run and many.

use serde_json::Value;

use super::shell::Folder;

#[test]
fn one_run_is_a_table_that_says_how_it_ended() {
    let done = Folder::new().run("simulate canary --seed 3 --format text");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.starts_with("canary, seed 3, method sequential\n"), "{}", done.out);
    assert!(done.out.contains("Winner: reviews-v3"), "{}", done.out);
}

#[test]
fn the_same_seed_prints_the_same_json() {
    let folder = Folder::new();
    let once = folder.run("simulate abn --seed 5");
    assert_eq!(once, folder.run("simulate abn --seed 5 --format json"));
    let trajectory: Value = serde_json::from_str(&once.out).unwrap();
    assert_eq!(trajectory["iterations"].as_array().map(Vec::len), Some(10));
}

#[test]
fn many_runs_compare_both_methods_without_a_bar_in_a_pipe() {
    let done = Folder::new().run("simulate canary --runs 3 --format text");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let first = done.out.lines().next().unwrap_or_default();
    assert_eq!(first.split_whitespace().collect::<Vec<_>>(), ["sequential", "v1"]);
    assert!(done.out.contains("right winner at the end"), "{}", done.out);
}

#[test]
fn faults_of_a_world_are_told_with_their_paths() {
    let folder = Folder::new();
    let done = folder.run_with_input("simulate -", r#"{"base": "canary", "iterations": 0, "icc": 2}"#);
    assert_eq!(done.code, 2);
    let paths: Vec<_> = done.err.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(paths, ["iterations", "icc"]);
    let done = folder.run_with_input("simulate -", r#"{"base": "canary", "max_increment": 101}"#);
    assert_eq!(done.err, "max_increment: ensure this value is less than or equal to 100.0 (found `101`)\n");
    let done = folder.run_with_input("simulate -", r#"{"base": "canary", "max_incremnt": 10}"#);
    assert_eq!((done.code, done.err.as_str()), (2, "max_incremnt: no such field; did you mean `max_increment`?\n"));
    let done = folder.run_with_input("simulate -", r#"{"base": "canary", "iterations": 2.9}"#);
    assert_eq!(done.err, "iterations: value is not a valid integer (found `2.9`)\n");
    assert!(folder.run("simulate nowhere").err.contains("ready worlds are conformance, canary"));
}

#[test]
fn every_seed_that_javascript_takes_is_taken() {
    let folder = Folder::new();
    folder.write("small.json", r#"{"base": "aa", "iterations": 2}"#);
    assert_eq!(folder.run("simulate small.json --seed 9007199254740991").code, 0);
    assert_eq!(folder.run("simulate small.json --seed 9007199254740992").code, 2);
    let done = folder.run("simulate small.json --seed 9007199254740991 --runs 2");
    assert!(done.code == 2 && done.err.starts_with("--seed: 9007199254740991 is too near"), "{}", done.err);
}
