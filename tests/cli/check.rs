//! `check` and `queries`: what is right, what is wrong, what would be asked.
//!
//! Not here: each single check (`tests/cases`).

use serde_json::{Value, json};

use crate::shell::{Folder, example, example_without_observations};

const FINE: &str = "checkout: 3 versions, 3 criteria, reward orders_per_request: fine\n";

#[test]
fn a_config_file_that_lies_about_changes_nothing() {
    let folder = Folder::new();
    folder.write("config.yaml", "assessment: {method: v0}\nport: {\n");
    for arguments in ["check experiment.yaml", "queries experiment.yaml", "assess experiment.yaml"] {
        let done = folder.run(arguments);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{arguments}");
    }
    folder.write("named.yaml", "asessment: {method: v1}\n");
    let done = folder.shell("METRICS_BACKEND_CONFIGFILE=named.yaml iter8-analytics check experiment.yaml");
    let warning = "warning: named.yaml: asessment: no such setting; passed over\n";
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, FINE, warning));
    folder.write("named.yaml", "assessment: {method: v0}\n");
    let done = folder.shell("METRICS_BACKEND_CONFIGFILE=named.yaml iter8-analytics check experiment.yaml");
    assert_eq!(done.code, 2, "{}", done.err);
}

#[test]
fn a_right_experiment_is_fine() {
    let done = Folder::new().run("check experiment.yaml");
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, FINE, ""));
}

#[test]
fn every_fault_of_shape_gets_a_line_with_its_path() {
    let folder = Folder::new();
    folder.write("wrong.yaml", &example().replace("numerator: error_count, ", "").replace("value: 0.02", "value: low"));
    for command in ["check", "queries", "assess"] {
        let done = folder.run(&format!("{command} wrong.yaml"));
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{command}");
        let expected = "wrong.yaml:27: metric_specs.ratio_metrics[1].numerator: field required\n\
                        wrong.yaml:32: criteria[1].threshold.value: value is not a valid float (found `low`)\n";
        assert_eq!(done.err, expected, "{command}");
    }
}

#[test]
fn a_fault_of_meaning_is_one_line() {
    let folder = Folder::new();
    folder.write("wrong.yaml", &example().replace("metric_id: error_rate", "metric_id: err_rate"));
    let done = folder.run("check wrong.yaml");
    assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (2, "", 1));
    assert!(done.err.contains("Unknown metric id found in criteria: err_rate"), "{}", done.err);
}

#[test]
fn broken_text_is_told_with_its_place() {
    let folder = Folder::new();
    folder.write("wrong.json", "{\"start_time\": ");
    folder.write("bad.json", "{\"a\": }");
    assert_eq!(folder.run("check bad.json").err, "bad.json: Expecting value: line 1 column 7 (char 6)\n");
    folder.write("wrong.yaml", "start_time: [\nbaseline: }\n");
    folder.write("empty.json", "");
    for (file, place) in [("wrong.json", "line 1"), ("wrong.yaml", "line 1"), ("empty.json", "")] {
        let done = folder.run(&format!("check {file}"));
        assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (2, "", 1), "{file}: {}", done.err);
        assert!(done.err.contains(place), "{}", done.err);
    }
}

#[test]
fn queries_are_those_of_the_used_counters_as_of_the_given_instant() {
    let done = Folder::new().run("queries experiment.yaml --now 2026-01-01T10:10:00Z");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let queries: Value = serde_json::from_str(&done.out).unwrap();
    let metrics: Vec<_> = queries.as_array().unwrap().iter().map(|query| query["metric"].as_str().unwrap()).collect();
    // The last asks how often the backend scrapes: with the answer, intervals can be asked for.
    let last = "iter8_request_count";
    assert_eq!(metrics, ["iter8_request_count", "latency_ms_sum", "error_count", "order_count", last]);
    let text = queries[4]["query"].as_str().unwrap();
    assert!(text.starts_with("max(count_over_time(istio_requests_total{") && text.ends_with("}[5m]))"), "{text}");
    assert_eq!(
        queries[3]["query"],
        "sum(increase(orders_total[600s])) by (destination_workload,destination_workload_namespace)"
    );
}

#[test]
fn histograms_are_checked_and_asked_for_like_counters() {
    let folder = Folder::new();
    let template = |by: &str| format!("sum(increase(latency_ms_bucket[$interval])) by ({by})");
    let mut experiment = json!({
        "name": "times", "start_time": "2026-01-01T10:00:00Z", "service_name": "shop",
        "baseline": {"id": "v1", "version_labels": {"version": "v1"}}, "candidates": [],
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count", "query_template": template("$version_labels")}],
            "ratio_metrics": [],
            "histogram_metrics": [{"name": "latency_ms", "preferred_direction": "lower",
                                   "query_template": template("$version_labels,le")}]
        },
        "criteria": [{"id": "p99", "metric_id": "latency_ms", "quantile": 0.99,
                      "threshold": {"type": "absolute", "value": 500}}]
    });
    folder.write("times.json", &experiment.to_string());
    assert_eq!(folder.run("check times.json").out, "times: 1 version, 1 criterion: fine\n");
    let done = folder.run("queries times.json --now 2026-01-01T10:10:00Z");
    let queries: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(queries[1]["metric"], "latency_ms", "{queries}");
    assert_eq!(queries[1]["query"], "sum(increase(latency_ms_bucket[600s])) by (version,le)");
    experiment["metric_specs"]["histogram_metrics"][0]["name"] = json!("other");
    folder.write("times.json", &experiment.to_string());
    assert_eq!(folder.run("check times.json").code, 2);
}

#[test]
fn an_experiment_of_a_few_seconds_asks_nothing() {
    let done = Folder::new().run("queries experiment.yaml --now 2026-01-01T10:00:19Z");
    assert_eq!((done.code, done.out.as_str()), (0, "[]\n"));
}

#[test]
fn standard_input_is_read_as_yaml_or_json() {
    let folder = Folder::new();
    let yaml = example_without_observations();
    let json = r#"  {"start_time": "2026-01-01T10:00:00Z"}"#;
    assert_eq!(folder.run_with_input("check -", &yaml).code, 0);
    let done = folder.run_with_input("check -", json);
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("-:1: service_name: field required\n"), "{}", done.err);
}

#[test]
fn a_field_that_nobody_knows_is_told_with_its_place_and_the_one_that_was_meant() {
    let folder = Folder::new();
    let text = example().replace("threshold:", "treshold:").replace("traffic_control:", "traffic_contol:");
    folder.write("wrong.yaml", &text);
    let done = folder.run("check wrong.yaml");
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
    let line = 1 + text.lines().position(|line| line.contains("treshold")).unwrap();
    let first = format!("wrong.yaml:{line}: criteria[0].treshold: no such field; did you mean `threshold`?");
    assert!(done.err.lines().any(|line| line == first), "{}", done.err);
    // The server passes such fields over, as v1.0.0 did, and so do the commands that do its work.
    assert_eq!(folder.run("assess wrong.yaml --now 2026-01-01T10:10:00Z").code, 0);
    let kui = "edgeServiceInformation: {}\n".to_owned() + &example();
    folder.write("kui.yaml", &kui);
    assert_eq!(folder.run("check kui.yaml").out, FINE);
}

#[test]
fn what_is_of_no_use_is_a_warning() {
    let folder = Folder::new();
    let mut odd: Value = serde_json::from_str(SMALL).unwrap();
    odd["observations"] = json!({"versions": {"zzz": {"iter8_request_count": 1}, "a": {"error_cnt": 1}}});
    folder.write("odd.json", &odd.to_string());
    let done = folder.run("check odd.json");
    let warnings = "warning: odd.json:1: criteria: there is none: versions are held to nothing\n\
                    warning: odd.json:1: observations.versions.zzz: no such version; there are a\n\
                    warning: odd.json:1: observations.versions.a.error_cnt: no such counter or histogram; there are iter8_request_count\n";
    assert_eq!((done.code, done.err.as_str()), (0, warnings));
    assert_eq!(done.out, "s: 1 version, 0 criteria: 3 warnings\n");
}

const SMALL: &str = r#"{"name": "s", "start_time": "2026-01-01T10:00:00Z", "service_name": "s", "baseline": {"id": "a",
    "version_labels": {"v": "a"}}, "candidates": [], "criteria": [], "metric_specs": {"ratio_metrics": [],
    "counter_metrics": [{"name": "iter8_request_count", "query_template": "sum(increase(r[$interval])) by ($version_labels)"}]}}"#;

#[test]
fn a_fault_says_the_file_the_place_and_what_was_found() {
    let folder = Folder::new();
    assert_eq!(folder.run_with_input("check -", "hello").err, "-:1: value is not a valid dict (found `hello`)\n");
    assert_eq!(folder.run("check -").err, "-: nothing stands there: expected an experiment\n");
    let text = example().replace("{type: absolute", "{threshold_type: absolut");
    assert_ne!(text, example());
    folder.write("wrong.yaml", &text);
    let done = folder.run("check wrong.yaml");
    assert!(
        done.err.contains(".threshold.threshold_type: value is not a valid enumeration member; permitted: 'absolute', 'relative' (found `absolut`)"),
        "{}",
        done.err
    );
    folder.write("loop.yaml", "a: &a [*a]\n");
    let done = folder.run("check loop.yaml");
    assert!(done.err.starts_with("loop.yaml: an alias (`*`) stands inside what it repeats at line 1"), "{}", done.err);
    folder.write("infinite.yaml", &example().replace("value: 0.02", "value: .inf"));
    let done = folder.run("check infinite.yaml");
    assert!(
        done.err.contains("criteria[1].threshold.value: value is not a valid float (found `.inf`)"),
        "{}",
        done.err
    );
}
