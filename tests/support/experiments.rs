//! A few numbers become experiments as the two clients send them.
//!
//! The controller names versions `baseline`, `candidate-0`, .. and sends every metric it knows; Kui names them by
//! deployment and numbers its criteria. Counters have Istio's names.
//!
//! Not here: answers to their queries.

use serde_json::{Value, json};

/// What the controller sends for a canary or an A/B/n test with `candidate_count` candidates.
pub fn controller(candidate_count: usize, criteria: Value) -> Value {
    let candidates: Vec<Value> = (0..candidate_count)
        .map(|index| json!({"id": format!("candidate-{index}"), "version_labels": labels(&format!("ship-v{}", index + 2))}))
        .collect();
    json!({
        "name": "ship-release",
        "start_time": "2026-06-01T09:00:00Z",
        "service_name": "ship",
        "iteration_number": 0,
        "metric_specs": {"counter_metrics": counters(), "ratio_metrics": ratios()},
        "criteria": criteria,
        "baseline": {"id": "baseline", "version_labels": labels("ship-v1")},
        "candidates": candidates,
        "last_state": {},
        "traffic_control": {"max_increment": 20, "strategy": "progressive"}
    })
}

/// What Kui sends for an A/B test of two deployments.
pub fn kui(criteria: Value) -> Value {
    let mut counters = counters();
    for counter in counters.as_array_mut().into_iter().flatten() {
        counter["units"] = json!("msec");
    }
    json!({
        "start_time": "2026-06-01T08:59:40.000Z",
        "service_name": "ship",
        "metric_specs": {"counter_metrics": counters, "ratio_metrics": ratios()},
        "criteria": criteria,
        "baseline": {"id": "ship-v1", "version_labels": labels("ship-v1")},
        "candidates": [{"id": "ship-v2", "version_labels": labels("ship-v2")}],
        "traffic_control": {"max_increment": 25},
        "edgeServiceInformation": {"edgeService": "gateway", "hostGateways": [{"name": "ship.example", "gateway": "gw"}]}
    })
}

/// The labels of a deployment.
pub fn labels(workload: &str) -> Value {
    json!({"destination_workload": workload, "destination_workload_namespace": "harbour"})
}

fn counters() -> Value {
    let sum = |series: &str| format!("sum(increase({series}[$interval])) by ($version_labels)");
    json!([
        {"name": "iter8_request_count", "query_template": sum("istio_requests_total{reporter='source'}")},
        {"name": "iter8_total_latency",
         "query_template": sum("istio_request_duration_milliseconds_sum{reporter='source'}")},
        {"name": "iter8_error_count", "preferred_direction": "lower",
         "query_template": sum("istio_requests_total{response_code=~'5..',reporter='source'}")},
        {"name": "crates_total", "preferred_direction": "higher", "query_template": sum("ship_crates_total")}
    ])
}

fn ratios() -> Value {
    json!([
        {"name": "iter8_mean_latency", "numerator": "iter8_total_latency", "denominator": "iter8_request_count",
         "preferred_direction": "lower"},
        {"name": "iter8_error_rate", "numerator": "iter8_error_count", "denominator": "iter8_request_count",
         "preferred_direction": "lower", "zero_to_one": true},
        {"name": "crates_per_request", "numerator": "crates_total", "denominator": "iter8_request_count",
         "preferred_direction": "higher"}
    ])
}

/// A criterion as the controller sends it: `type` is `absolute` or `relative`.
pub fn limit(metric: &str, kind: &str, value: f64) -> Value {
    json!({"id": metric, "metric_id": metric, "is_reward": false,
           "threshold": {"threshold_type": kind, "value": value}})
}

/// A reward as the controller sends it.
pub fn reward(metric: &str) -> Value {
    json!({"id": metric, "metric_id": metric, "is_reward": true})
}
