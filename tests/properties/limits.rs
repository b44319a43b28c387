//! Requests beyond the limits are refused with the number found and the number allowed; those at the limit are not.

use iter8_analytics::{Error, assess, queries};
use serde_json::{Value, json};

use crate::options;

fn experiment(version_count: usize, criterion_count: usize, spec_count: usize) -> Value {
    let version = |index: usize| json!({"id": format!("v{index}"), "version_labels": {"v": format!("{index}")}});
    let mut counters = vec![
        json!({"name": "iter8_request_count", "query_template": "calls"}),
        json!({"name": "lost", "query_template": "lost", "preferred_direction": "lower"}),
    ];
    counters.resize_with(spec_count, || json!({"name": "more", "query_template": "more"}));
    let criterion = |index: usize| json!({"id": format!("k{index}"), "metric_id": "lost", "threshold": {"type": "absolute", "value": 9}});
    json!({
        "start_time": "2026-06-01T09:00:00Z", "service_name": "many",
        "baseline": version(0), "candidates": (1..version_count).map(version).collect::<Vec<_>>(),
        "metric_specs": {"counter_metrics": counters, "ratio_metrics": []},
        "criteria": (0..criterion_count).map(criterion).collect::<Vec<_>>()
    })
}

fn is_refused_with(result: Result<impl Sized, Error>, found: &str, allowed: &str) {
    let message = result.err().map(|error| error.to_string()).unwrap_or_default().replace(',', "");
    assert!(message.contains(found) && message.contains(allowed), "{message}");
}

#[test]
fn two_hundred_versions_are_the_most() {
    assert!(queries(&experiment(200, 1, 2), &[], &options()).is_ok());
    is_refused_with(queries(&experiment(201, 1, 2), &[], &options()), "201", "200");
}

#[test]
fn two_hundred_criteria_are_the_most() {
    assert!(queries(&experiment(2, 200, 2), &[], &options()).is_ok());
    is_refused_with(queries(&experiment(2, 201, 2), &[], &options()), "201", "200");
}

#[test]
fn a_thousand_pairs_of_version_and_criterion_are_the_most() {
    assert!(queries(&experiment(100, 10, 2), &[], &options()).is_ok());
    is_refused_with(queries(&experiment(91, 11, 2), &[], &options()), "1001", "1000");
}

#[test]
fn a_thousand_metric_specs_are_the_most() {
    assert!(queries(&experiment(2, 1, 1000), &[], &options()).is_ok());
    is_refused_with(queries(&experiment(2, 1, 1001), &[], &options()), "1001", "1000");
}

#[test]
fn ten_thousand_intervals_are_the_most() {
    let given = |count: usize| {
        json!({"versions": {"v0": {"iter8_request_count": vec![1; count], "lost": vec![0; count]},
                                                   "v1": {"iter8_request_count": vec![1; count], "lost": vec![0; count]}}})
    };
    let experiment = experiment(2, 1, 2);
    assert!(assess(&experiment, Some(&given(10_000)), &options()).is_ok());
    is_refused_with(assess(&experiment, Some(&given(10_001)), &options()), "10001", "10000");
}

#[test]
fn a_query_may_not_be_made_endless_by_repeating_its_labels() {
    let mut experiment = experiment(2, 1, 2);
    let labels: serde_json::Map<String, Value> =
        (0..900).map(|index| (format!("label{index:0>30}"), json!(""))).collect();
    experiment["candidates"][0]["version_labels"] = json!(labels);
    experiment["metric_specs"]["counter_metrics"][1]["query_template"] = json!("$version_labels");
    assert!(queries(&experiment, &[], &options()).is_ok());
    experiment["metric_specs"]["counter_metrics"][1]["query_template"] = json!("$version_labels".repeat(100_000));
    is_refused_with(queries(&experiment, &[], &options()), "3240000000", "65536");
}

#[test]
fn a_name_may_have_a_thousand_bytes_and_a_version_a_thousand_labels() {
    let mut long = experiment(2, 1, 2);
    long["criteria"][0]["id"] = json!("x".repeat(1000));
    assert!(queries(&long, &[], &options()).is_ok());
    long["criteria"][0]["id"] = json!("x".repeat(1001));
    is_refused_with(queries(&long, &[], &options()), "1001", "1000");
    let labels: serde_json::Map<String, Value> = (0..1001).map(|index| (format!("k{index}"), json!(""))).collect();
    let mut wide = experiment(2, 1, 2);
    wide["baseline"]["version_labels"] = json!(labels);
    is_refused_with(queries(&wide, &[], &options()), "1001", "1000");
}

#[test]
fn sixty_four_levels_are_the_deepest() {
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let mut experiment = experiment(2, 1, 2);
    experiment["unknown"] = nested(60);
    assert!(queries(&experiment, &[], &options()).is_ok());
    experiment["unknown"] = nested(70);
    is_refused_with(queries(&experiment, &[], &options()), "64", "64");
}

#[test]
fn arrays_of_unequal_length_are_refused() {
    let given = json!({"versions": {"v0": {"iter8_request_count": [1, 2], "lost": [0, 0, 0]}}});
    assert!(assess(&experiment(2, 1, 2), Some(&given), &options()).is_err());
}
