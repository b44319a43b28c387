//! A resource as kubectl prints it is assessed as of its last assessment, by its own metrics and state.

use iter8_analytics::{Options, assess, from_resource, queries};
use serde_json::{Value, json};

/// What kubectl prints of an experiment that has run for ten minutes.
pub fn running() -> Value {
    let query = |name: &str| format!("sum(increase({name}[$interval])) by ($version_labels)");
    json!({
        "apiVersion": "iter8.tools/v1alpha2",
        "kind": "Experiment",
        "metadata": {"name": "cart", "namespace": "shop", "generation": 1, "creationTimestamp": "2026-01-01T09:59:58Z"},
        "spec": {
            "service": {"name": "cart", "kind": "Deployment", "baseline": "cart-v1", "candidates": ["cart-v2"]},
            "criteria": [{"metric": "error_rate", "threshold": {"type": "absolute", "value": 0.05}}],
            "duration": {"interval": "30s", "maxIterations": 50},
            "trafficControl": {"maxIncrement": 20, "strategy": "progressive"},
            "metrics": {
                "counter_metrics": [
                    {"name": "iter8_request_count", "query_template": query("requests")},
                    {"name": "errors", "query_template": query("errors"), "preferred_direction": "lower"}
                ],
                "ratio_metrics": [{"name": "error_rate", "numerator": "errors", "denominator": "iter8_request_count",
                                   "preferred_direction": "lower", "zero_to_one": true}]
            }
        },
        "status": {
            "phase": "Progressing",
            "startTimestamp": "2026-01-01T10:00:00Z",
            "initTimestamp": "2026-01-01T09:59:59Z",
            "lastUpdateTime": "2026-01-01T10:10:00Z",
            "currentIteration": 20,
            "analysisState": {},
            "conditions": [{"type": "MetricsSynced", "status": "True", "reason": "SyncMetricsSucceeded", "message": "",
                            "lastTransitionTime": "2026-01-01T09:59:59Z"}],
            "message": "IterationUpdate: Iteration 19/50 completed"
        }
    })
}

pub fn counts(requests: [u32; 2], errors: [u32; 2]) -> Value {
    json!({"versions": {
        "baseline": {"iter8_request_count": requests[0], "errors": errors[0]},
        "candidate-0": {"iter8_request_count": requests[1], "errors": errors[1]}
    }})
}

/// The assessment of `document` with these data, as of the one in its status.
pub fn assessment(document: &Value, observations: &Value) -> Value {
    let resources = from_resource(document).expect("a resource");
    let options = Options::at(resources[0].now.as_deref().expect("an instant")).expect("an instant");
    json!(assess(&resources[0].experiment, Some(observations), &options).expect("an assessment"))
}

#[test]
fn the_present_assessment_is_replayed_as_of_its_instant() {
    let resources = from_resource(&running()).expect("a resource");
    let options = Options::at(resources[0].now.as_deref().expect("an instant")).expect("an instant");
    let asked = queries(&resources[0].experiment, &[], &options).expect("queries");
    let by = "by (destination_workload,destination_workload_namespace)";
    assert_eq!(asked[0].query, format!("sum(increase(requests[600s])) {by}"));
    assert_eq!(json!(asked[0])["time"], 1_767_262_200);
    let reply = assessment(&running(), &counts([3000, 2500], [20, 15]));
    assert_eq!(reply["timestamp"], "2026-01-01T10:10:00");
    assert_eq!(reply["winner_assessment"]["current_best_version"], "candidate-0");
}

#[test]
fn a_deployment_compared_with_itself_is_a_performance_test() {
    let mut document = running();
    document["spec"]["service"]["candidates"] = json!(["cart-v1"]);
    let resources = from_resource(&document).expect("a resource");
    let experiment = &resources[0].experiment;
    assert_eq!(experiment["baseline"]["version_labels"], experiment["candidates"][0]["version_labels"]);
    let reply = assessment(&document, &counts([3000, 3000], [20, 20]));
    assert_eq!(reply["winner_assessment"]["winning_version_found"], true);
}
