//! Requests are held against the last splits: routing as it was meant has no note, however many versions have no share.

use iter8_analytics::assess;
use serde_json::{Map, Value, json};

use crate::options;

/// The e-value's logarithm in the note about routing, after `percents` were asked for and `counts` came; `None` without one.
fn noted(percents: &[f64], counts: &[u32]) -> Option<f64> {
    let ids: Vec<String> = (0..percents.len()).map(|index| format!("v{index}")).collect();
    let by_id = |value: &dyn Fn(usize) -> Value| -> Map<String, Value> {
        ids.iter().enumerate().map(|(index, id)| (id.clone(), value(index))).collect()
    };
    let split = by_id(&|index| json!(percents[index]));
    let before = by_id(&|_| {
        let point = |value: u32| json!({"value": value, "timestamp": "2026-06-01T09:00:30Z", "status": "all_ok"});
        json!({"iter8_request_count": point(100), "errors": point(1)})
    });
    let now = by_id(&|index| json!({"iter8_request_count": 100 + counts[index], "errors": 1}));
    let experiment = json!({
        "start_time": "2026-06-01T09:00:00Z", "service_name": "many", "iteration_number": 1,
        "baseline": {"id": "v0"}, "candidates": ids[1..].iter().map(|id| json!({"id": id})).collect::<Vec<_>>(),
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}, {"name": "errors"}],
            "ratio_metrics": [{"name": "rate", "numerator": "errors", "denominator": "iter8_request_count",
                               "preferred_direction": "lower", "zero_to_one": true}]
        },
        "criteria": [{"id": "errors", "metric_id": "rate", "threshold": {"type": "absolute", "value": 0.1}}],
        "last_state": {
            "aggregated_counter_metrics": before,
            "traffic_split_recommendation": {"progressive": split, "top_2": split, "uniform": split}
        },
        "observations": {"versions": now}
    });
    let assessment = assess(&experiment, None, &options()).expect("an assessment");
    let note = assessment.notes.iter().find(|note| note.code == "sample_ratio_mismatch")?;
    note.values["log_e"].as_f64()
}

#[test]
fn versions_without_a_share_that_get_nothing_are_no_wonder() {
    let (mut percents, mut counts) = (vec![0.0; 20], vec![0; 20]);
    (percents[0], percents[7]) = (60.0, 40.0);
    (counts[0], counts[7]) = (6031, 3969);
    assert_eq!(noted(&percents, &counts), None);
    // Some end what they began.
    counts[3] = 30;
    assert_eq!(noted(&percents, &counts), None);
}

#[test]
fn requests_that_go_elsewhere_are_noted() {
    assert_eq!(noted(&[50.0, 50.0], &[5030, 4970]), None);
    assert!(noted(&[50.0, 50.0], &[6000, 4000]).is_some_and(|log_e| log_e > 100.0));
    // A version without a share has a tenth of all.
    assert!(noted(&[60.0, 40.0, 0.0], &[5400, 3600, 1000]).is_some_and(|log_e| log_e > 100.0));
}
