//! The world -> the experiment that compares its versions, ready to be posted to `/assessment`.
//!
//! iter8's A/B/n tutorial: of three product pages the one that sells most books a request, among those that are not
//! much slower than the baseline, fail seldom and answer within half a second. Names, queries and limits are iter8's.
//!
//! It carries the last assessment's `last_state` and the next iteration's number, which a controller would keep:
//! whoever posts it again and again sees the assessment move.
//!
//! Not here: what an experiment means (the engine).

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::traffic::VERSIONS;
use super::world::World;

/// The world's experiment as of now.
pub fn experiment(world: &World) -> Value {
    let continuation = world.continuation();
    let mut versions = VERSIONS.iter().map(|version| {
        json!({
            "id": version.workload,
            "version_labels": { "destination_workload": version.workload, "destination_workload_namespace": NAMESPACE },
        })
    });
    json!({
        "name": NAME,
        "start_time": rfc3339(world.start_unix_seconds()),
        "iteration_number": continuation.iteration_number,
        "service_name": SERVICE,
        "baseline": versions.next(),
        "candidates": versions.collect::<Vec<_>>(),
        "metric_specs": metric_specs(),
        "criteria": [
            {
                "id": "iter8_mean_latency",
                "metric_id": "iter8_mean_latency",
                "threshold": { "threshold_type": "relative", "value": 1.6 },
            },
            {
                "id": "iter8_error_rate",
                "metric_id": "iter8_error_rate",
                "threshold": { "threshold_type": "absolute", "value": 0.05 },
            },
            {
                "id": "le_500_ms_latency_percentile",
                "metric_id": "le_500_ms_latency_percentile",
                "threshold": { "threshold_type": "absolute", "value": 0.95 },
            },
            { "id": "mean_books_purchased", "metric_id": "mean_books_purchased", "is_reward": true },
        ],
        "traffic_control": { "max_increment": 10, "strategy": "progressive" },
        "last_state": continuation.last_state,
    })
}

fn metric_specs() -> Value {
    json!({
        "counter_metrics": [
            { "name": "iter8_request_count", "query_template": istio("istio_requests_total{") },
            { "name": "iter8_total_latency", "query_template": istio("istio_request_duration_milliseconds_sum{") },
            {
                "name": "iter8_error_count",
                "query_template": istio("istio_requests_total{response_code=~'5..',"),
                "preferred_direction": "lower",
            },
            {
                "name": "le_500_ms_latency_request_count",
                "query_template": istio("istio_request_duration_milliseconds_bucket{le='500',"),
            },
            {
                "name": "le_inf_latency_request_count",
                "query_template": istio("istio_request_duration_milliseconds_bucket{le='+Inf',"),
            },
            {
                "name": "books_purchased_total",
                "query_template": "sum(increase(number_of_books_purchased_total{}[$interval])) by ($version_labels)",
            },
        ],
        "ratio_metrics": [
            {
                "name": "iter8_mean_latency",
                "numerator": "iter8_total_latency",
                "denominator": "iter8_request_count",
                "preferred_direction": "lower",
                "units": "ms",
            },
            {
                "name": "iter8_error_rate",
                "numerator": "iter8_error_count",
                "denominator": "iter8_request_count",
                "preferred_direction": "lower",
                "zero_to_one": true,
            },
            {
                "name": "le_500_ms_latency_percentile",
                "numerator": "le_500_ms_latency_request_count",
                "denominator": "le_inf_latency_request_count",
                "preferred_direction": "higher",
                "zero_to_one": true,
            },
            {
                "name": "mean_books_purchased",
                "numerator": "books_purchased_total",
                "denominator": "iter8_request_count",
                "preferred_direction": "higher",
            },
        ],
    })
}

/// The template of a metric that Istio counts; `selector` is its name and the start of its matchers.
fn istio(selector: &str) -> String {
    format!("sum(increase({selector}reporter='source',job='kubernetes-pods'}}[$interval])) by ($version_labels)")
}

fn rfc3339(unix_seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(unix_seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// The experiment's name.
const NAME: &str = "productpage-abn";

/// The service whose versions are compared.
pub const SERVICE: &str = "productpage";

/// The namespace of the tutorial's application.
pub const NAMESPACE: &str = "bookinfo-iter8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_the_worlds() {
        assert_eq!(rfc3339(1_767_225_601), "2026-01-01T00:00:01Z");
        assert_eq!(experiment(&World::new(951_782_400, 1))["start_time"], "2000-02-29T00:00:00Z");
    }

    #[test]
    fn the_baseline_is_v1_and_the_candidates_follow_in_order() {
        let experiment = experiment(&World::new(0, 1));
        assert_eq!(experiment["baseline"]["id"], "productpage-v1");
        let candidates: Vec<_> = experiment["candidates"].as_array().into_iter().flatten().map(|v| &v["id"]).collect();
        assert_eq!(candidates, ["productpage-v2", "productpage-v3"]);
    }
}
