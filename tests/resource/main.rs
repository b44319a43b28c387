//! Experiment resources become requests, and assessments become statuses: `cases.json` holds documents and what must come of
//! them, which the npm package's tests run too; the rest stands in the modules.
//!
//! A case has `resources` (all of them, exactly) or `error` (the path and message of each fault).
//!
//! Not here: files and YAML (`tests/cli`).
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]

#[path = "../support/mod.rs"]
mod support;

mod replay;
mod status;

use iter8_analytics::from_resource;
use serde_json::{Value, json};

use crate::support::matching::differences;

#[test]
fn documents_become_the_controllers_requests_or_all_that_is_wrong_with_them() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).expect("cases");
    let faults: Vec<String> = cases.iter().filter_map(check).collect();
    assert!(faults.is_empty(), "{} of {} cases fail\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// What is wrong with one case.
fn check(case: &Value) -> Option<String> {
    let lines = match (from_resource(&case["documents"]), case.get("resources")) {
        (Ok(found), Some(expected)) if json!(found) == *expected => Vec::new(),
        (Ok(found), Some(expected)) => vec![format!("expected {expected}"), format!("found {}", json!(found))],
        (Ok(found), None) => vec![format!("expected an error, found {}", json!(found))],
        (Err(error), Some(_)) => vec![format!("expected resources, found {error}")],
        (Err(error), None) => {
            let all = error.all().into_iter().map(|(path, message)| json!({"path": path, "message": message}));
            differences(&case["error"], &all.collect())
        }
    };
    (!lines.is_empty()).then(|| format!("{}\n    {}", case["what"], lines.join("\n    ")))
}

#[test]
fn what_is_nested_too_deep_or_too_much_is_refused_before_it_is_followed() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let error = from_resource(&json!([deep])).expect_err("an error");
    assert_eq!(error.to_string(), "documents: nested 101 levels deep, allowed are 64");

    let metrics = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "iter8config-metrics"},
        "data": {"counter_metrics.yaml": [{"name": "iter8_request_count", "query_template": "x".repeat(60_000)}]}});
    let mut documents: Vec<Value> = (0..1200)
        .map(|index| {
            json!({"apiVersion": "iter8.tools/v1alpha2", "kind": "Experiment", "metadata": {"name": index.to_string()},
                   "spec": {"service": {"baseline": "a"}}})
        })
        .collect();
    documents.push(metrics);
    let message = from_resource(&json!(documents)).expect_err("an error").to_string();
    assert!(message.starts_with("documents: ") && message.ends_with("allowed are 67108864"), "{message}");
}
