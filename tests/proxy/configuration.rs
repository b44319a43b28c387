//! Configurations that are refused, and the words for it.

use iter8_analytics::proxy::Worker;
use serde_json::{Value, json};

use super::envoy::{Proxy, canary};

#[test]
fn what_is_wrong_is_told_with_its_path_and_what_is_allowed() {
    let sources = "allowed are \"requests\", \"errors\", \"latency_ms\", \"latency_ms_squares\", \"retries\", \
                   \"resets\", \"aborts\" and {\"response_header\": NAME, \"squares\": BOOLEAN}";
    for (section, message) in [
        (json!({"stiky": "source"}), "proxy.stiky: no such field; allowed are sticky, salt, ".to_owned()),
        (
            json!({"sticky": "user"}),
            "proxy.sticky: `\"user\"` is no way to recognise a request; allowed are \"source\", {\"header\": NAME} and \
             {\"cookie\": NAME}"
                .to_owned(),
        ),
        (json!({"split": {"v1": 50, "v2": 40}}), "proxy.split: the percents sum to 90; they have to sum to 100".into()),
        (json!({"split": {"v7": 100}}), "proxy.split.v7: no such field; allowed are v1, v2".into()),
        (json!({"interval_seconds": 0}), "proxy.interval_seconds: ensure this value is greater than or equal to 1".into()),
        (json!({"counters": {"iter8_error_count": "faults"}}), format!("proxy.counters.iter8_error_count: `\"faults\"` is nothing that is counted; {sources}")),
        (json!({"split": {"v1": 110, "v2": -10}}), "proxy.split.v1: ensure this value is less than or equal to 100".into()),
        (json!({"salt": -1}), "proxy.salt: ".into()),
        (json!({"version_header": ""}), "proxy.version_header: `\"\"` is no name of a header; allowed are letters, digits and !#$%&'*+-.^_`|~".into()),
        (json!({"version_header": ":path"}), "proxy.version_header: `\":path\"` is no name of a header".into()),
        (json!({"version_header": "host"}), "proxy.version_header: `\"host\"` cannot be set; another name is needed".into()),
        (json!({"sticky": {"header": "x user"}}), "proxy.sticky: `\"x user\"` is no name of a header".into()),
        (json!({"destinations": {"v1": "shop\r\nx: y"}}), "proxy.destinations.v1: `\"shop\\r\\nx: y\"` is no value of a header; allowed are visible characters of ASCII".into()),
        (json!({"destinations": {"v1": ""}}), "proxy.destinations.v1: `\"\"` is no value of a header".into()),
        (json!({"flush_seconds": 11}), "proxy.flush_seconds: ensure this value is less than or equal to 10".into()),
        (json!({"interval_seconds": "soon"}), "proxy.interval_seconds: value is not a valid float".into()),
        (json!({"log_evidence": "perhaps"}), "proxy.log_evidence: ".into()),
        (json!("source"), "proxy: ".into()),
        (json!({"latency_edges_ms": [5, 1]}), "proxy.latency_edges_ms: 2 edges; allowed are 1 to 64, above 0 and rising".into()),
    ] {
        let mut configuration = canary();
        configuration["proxy"] = section.clone();
        let error = refused(&configuration);
        assert!(error.starts_with(&message), "{section}: {error}");
    }
}

#[test]
fn a_counter_of_which_nobody_says_what_it_counts_is_a_fault() {
    let mut configuration = canary();
    configuration["metric_specs"]["counter_metrics"][1]["name"] = json!("books");
    configuration["metric_specs"]["ratio_metrics"][0]["numerator"] = json!("books");
    assert!(refused(&configuration).starts_with("proxy.counters.books: field required: what this counter counts"));
}

#[test]
fn an_experiment_is_checked_as_by_any_host() {
    let mut configuration = canary();
    configuration["candidates"] = json!("v2");
    configuration["alpha"] = json!(0.5);
    let error = refused(&configuration);
    assert!(error.contains("candidates: value is not a valid sequence"), "{error}");
    assert!(error.contains("alpha: alpha is not above 0 and at most 0.1"), "{error}");
    assert!(!refused(&json!("text")).is_empty());
}

#[test]
fn text_that_is_no_json_is_refused_where_it_breaks() {
    let proxy = Proxy::starting_at(1_780_000_000);
    for text in ["", "{", "nonsense", "{\"name\": }"] {
        assert!(Worker::configure(&proxy, text.as_bytes(), true).is_err(), "{text}");
    }
    assert!(Worker::configure(&proxy, &[0xff, 0xfe], true).is_err());
}

fn refused(configuration: &Value) -> String {
    let proxy = Proxy::starting_at(1_780_000_000);
    let error = Worker::configure(&proxy, configuration.to_string().as_bytes(), true).err();
    let error = error.unwrap_or_else(|| panic!("it was taken: {}", configuration["proxy"]));
    assert!(proxy.0.borrow().data.is_empty(), "a configuration that is refused leaves nothing behind");
    error.to_string()
}
