//! Whole requests as JSON become replies, and each must hold what its case says: `tests/cases/*.json`.
//!
//! A case is an `experiment` (or a `text` that should have been one), an instant `now`, and metric data as
//! `observations` or as `answers` of Prometheus, one for each query. It says what must come of it: `queries`,
//! a `reply`, v1.0.0's `detail`, our `error` (`path`, `message` of each fault), or `any` of these without a panic.
//! Other implementations made the numbers: `cases/reference.py` those of sampled replies, `cases/sequential.py` the exact ones.
//!
//! Not here: HTTP (`conversations`), and requests too large for a file (`properties`).
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]

mod support;

use std::path::Path;

use iter8_analytics::{Error, Options, assess, observe, parse_json, queries};
use serde_json::{Value, json};
use support::matching::differences;

#[test]
fn canaries_are_judged_by_their_limits() {
    run("canary.json");
}

#[test]
fn rewards_choose_among_the_admissible() {
    run("reward.json");
}

#[test]
fn many_versions_are_compared_at_once() {
    run("many.json");
}

#[test]
fn a_single_version_and_a_version_against_itself_are_experiments_too() {
    run("single.json");
}

#[test]
fn whatever_the_backend_answers_there_is_a_reply() {
    run("data.json");
}

#[test]
fn limits_are_judged_by_exact_beliefs_and_evidence() {
    run("sequential-limits.json");
}

#[test]
fn at_every_edge_what_is_unknown_is_null() {
    run("sequential-edges.json");
}

#[test]
fn the_reason_says_what_is_missing_and_no_more() {
    run("sequential-reasons.json");
}

#[test]
fn means_and_quantiles_of_histograms_are_exact() {
    run("sequential-histograms.json");
}

#[test]
fn versions_race_by_exact_beliefs_and_relative_evidence() {
    run("sequential-races.json");
}

#[test]
fn queries_are_v1s_and_templates_are_checked() {
    run("queries.json");
}

#[test]
fn the_last_state_is_merged_and_never_breaks_a_request() {
    run("last-state.json");
}

#[test]
fn both_clients_dialects_are_understood() {
    run("dialects.json");
}

#[test]
fn every_fault_of_shape_is_listed_in_v1s_words() {
    run("shape.json");
}

#[test]
fn the_first_fault_of_meaning_is_told_in_v1s_words() {
    run("meaning.json");
}

#[test]
fn text_that_is_no_json_is_told_in_v1s_words() {
    run("text.json");
}

/// Runs every case of a file and shows all that fail.
fn run(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    let text = std::fs::read_to_string(path).expect("the file");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("cases");
    let mut faults = Vec::new();
    for case in &cases {
        let lines = check(case);
        if !lines.is_empty() {
            faults.push(format!("{}\n    {}", case["what"], lines.join("\n    ")));
        }
    }
    assert!(faults.is_empty(), "{file}: {} of {} cases fail\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// What is wrong with one case.
fn check(case: &Value) -> Vec<String> {
    let options = Options::at(case["now"].as_str().unwrap_or_default()).expect("an instant");
    let outcome = match case["text"].as_str() {
        Some(text) => parse_json(text.as_bytes()).map(|_| json!({})),
        None => reply(case, &options),
    };
    let mut lines = match (&outcome, case.get("reply")) {
        (Ok(reply), Some(expected)) => differences(expected, reply),
        (Err(error), Some(_)) => vec![format!("expected a reply, found the error {error}")],
        (Err(error), None) => error_differences(case, error),
        (Ok(_), None) if case.get("error").is_some() || case.get("detail").is_some() => {
            vec!["expected an error, found none".to_owned()]
        }
        (Ok(_), None) => Vec::new(),
    };
    if let Some(expected) = case.get("queries") {
        match queries(&case["experiment"], &[], &options) {
            Ok(found) => lines.extend(differences(expected, &json!(found))),
            Err(error) => lines.push(format!("expected queries, found the error {error}")),
        }
    }
    lines
}

fn reply(case: &Value, options: &Options) -> Result<Value, Error> {
    let experiment = &case["experiment"];
    if let Some(answers) = case["answers"].as_array() {
        let observations = json!(observe(experiment, answers, options)?);
        Ok(json!(assess(experiment, Some(&observations), options)?))
    } else if let Some(observations) = case.get("observations") {
        Ok(json!(assess(experiment, Some(observations), options)?))
    } else {
        Ok(json!(queries(experiment, &[], options)?))
    }
}

fn error_differences(case: &Value, error: &Error) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(detail) = case.get("detail") {
        lines.extend(differences(detail, &json!(error)));
    }
    if let Some(expected) = case.get("error") {
        let found: Vec<Value> =
            error.all().into_iter().map(|(path, message)| json!({"path": path, "message": message})).collect();
        lines.extend(differences(expected, &json!(found)));
    }
    if case.get("detail").or(case.get("error")).or(case.get("any")).is_none() {
        lines.push(format!("expected no error, found {error}"));
    }
    lines
}
