//! An experiment of a given size with its observations: what the benchmarks assess.
//!
//! Every metric is a criterion: proportions and means in turn, absolute and relative limits, the last one a reward.

use serde_json::{Value, json};

/// A request of `versions` x `metrics`, one total for each counter.
pub fn request(versions: usize, metrics: usize) -> Value {
    let ids: Vec<String> = (0..versions).map(|index| format!("v{index}")).collect();
    let counters: Vec<String> = (0..metrics).map(|index| format!("counter_{index}")).collect();
    let is_proportion = |index: usize| index.is_multiple_of(2);
    let ratio = |(index, counter): (usize, &String)| {
        json!({"name": format!("ratio_{index}"), "numerator": counter, "denominator": "iter8_request_count",
            "preferred_direction": if index + 1 == metrics { "higher" } else { "lower" }, "zero_to_one": is_proportion(index)})
    };
    let criterion = |index: usize| {
        if index + 1 == metrics {
            return json!({"id": format!("c{index}"), "metric_id": format!("ratio_{index}"), "is_reward": true});
        }
        let kind = if index % 4 < 2 { "relative" } else { "absolute" };
        let value = match (kind, is_proportion(index)) {
            ("relative", _) => 1.1,
            (_, true) => 0.06,
            (_, false) => 160.0,
        };
        json!({"id": format!("c{index}"), "metric_id": format!("ratio_{index}"), "threshold": {"type": kind, "value": value}})
    };
    let observed = |version: usize| {
        let requests = 1000 + 37 * version;
        let mut values = json!({"iter8_request_count": requests});
        for (index, counter) in counters.iter().enumerate() {
            let each = if is_proportion(index) { 0.05 } else { 150.0 };
            values[counter] = json!((requests as f64 * each * (1.0 + 0.01 * (version % 7) as f64)).floor());
        }
        values
    };
    json!({
        "start_time": "2026-03-01T10:00:00Z",
        "service_name": "shop",
        "iteration_number": 3,
        "method": "v1",
        "baseline": {"id": ids[0]},
        "candidates": ids.iter().skip(1).map(|id| json!({"id": id})).collect::<Vec<_>>(),
        "metric_specs": {
            "counter_metrics": std::iter::once("iter8_request_count").chain(counters.iter().map(String::as_str))
                .map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "ratio_metrics": counters.iter().enumerate().map(ratio).collect::<Vec<_>>(),
        },
        "criteria": (0..metrics).map(criterion).collect::<Vec<_>>(),
        "observations": {"versions": ids.iter().enumerate().map(|(index, id)| (id.clone(), observed(index))).collect::<serde_json::Map<_, _>>()},
    })
}
