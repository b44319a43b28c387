//! Numbers at the end of what f64 holds: answered quickly, and never with a number that is none.
#![expect(clippy::disallowed_methods, reason = "how long an answer takes is measured by the clock")]

use std::time::{Duration, Instant};

use iter8_analytics::{Options, assess};
use serde_json::{Value, json};

/// Twenty-one versions with five proportions under relative limits, `events` of `requests` in each.
fn experiment(requests: &Value, events: &Value) -> Value {
    let ids: Vec<String> = (0..21).map(|index| format!("v{index}")).collect();
    let observed = |id: &String| {
        let mut counters = json!({"iter8_request_count": requests});
        for index in 0..5 {
            counters[format!("events{index}")] = events.clone();
        }
        (id.clone(), counters)
    };
    json!({
        "start_time": "2026-01-01T10:00:00Z",
        "service_name": "shop",
        "baseline": {"id": ids[0]},
        "candidates": ids.iter().skip(1).map(|id| json!({"id": id})).collect::<Vec<_>>(),
        "metric_specs": {
            "counter_metrics": std::iter::once("iter8_request_count".to_owned())
                .chain((0..5).map(|index| format!("events{index}")))
                .map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "ratio_metrics": (0..5).map(|index| json!({"name": format!("ratio{index}"),
                "numerator": format!("events{index}"), "denominator": "iter8_request_count",
                "preferred_direction": "lower", "zero_to_one": index != 4})).collect::<Vec<_>>(),
        },
        "criteria": (0..5).map(|index| json!({"id": format!("c{index}"), "metric_id": format!("ratio{index}"),
            "threshold": {"type": "relative", "value": 1.1}})).collect::<Vec<_>>(),
        "observations": {"versions": ids.iter().map(observed).collect::<serde_json::Map<_, _>>()},
    })
}

#[test]
fn counts_without_bounds_are_answered_in_time_and_in_order() {
    for requests in [1e-300, 1e-9, 1.0, 1e9, 1e12, 1e15, 1e16, 1e30, 1e200, 1e308] {
        for events in [0.0, 1.0, requests / 2.0, requests * (1.0 - 1e-15), requests] {
            let start = Instant::now();
            let reply = assessed(&json!(requests), &json!(events));
            // A test build is some ten times slower than a release build, and machines are shared.
            assert!(start.elapsed() < Duration::from_secs(5), "{events} of {requests}: {:?}", start.elapsed());
            check_intervals(&reply, &format!("{events} of {requests}"));
        }
    }
}

#[test]
fn intervals_that_add_up_to_infinity_are_unknown() {
    let reply = assessed(&json!([1e308, 1e308]), &json!([1, 1]));
    assert_eq!(reply["baseline_assessment"]["request_count"], Value::Null);
    assert_eq!(reply["baseline_assessment"]["criterion_assessments"][0]["statistics"]["value"], Value::Null);
    assert!(reply["notes"].as_array().is_some_and(|notes| notes.iter().any(|note| note["code"] == "value_unusable")));
}

fn assessed(requests: &Value, events: &Value) -> Value {
    let options = Options::at("2026-01-01T11:00:00Z").expect("an instant");
    let assessment = assess(&experiment(requests, events), None, &options).expect("a reply");
    serde_json::to_value(&assessment).expect("JSON")
}

/// Every probability is one, and no interval is turned round.
fn check_intervals(reply: &Value, what: &str) {
    let versions = reply["candidate_assessments"].as_array().into_iter().flatten();
    for version in versions.chain([&reply["baseline_assessment"]]) {
        for criterion in version["criterion_assessments"].as_array().into_iter().flatten() {
            if let Some(interval) = criterion["statistics"]["ratio_statistics"].get("credible_interval") {
                // An end beyond what clients hold is null.
                if let (Some(lower), Some(upper)) = (interval["lower"].as_f64(), interval["upper"].as_f64()) {
                    assert!(lower <= upper, "{what}: {interval}");
                }
            }
            if let Some(limit) = criterion.get("threshold_assessment").filter(|limit| limit.is_object())
                && !limit["probability_of_satisfying_threshold"].is_null()
            {
                let probability = limit["probability_of_satisfying_threshold"].as_f64().unwrap_or(-1.0);
                assert!((0.0..=1.0).contains(&probability), "{what}: {limit}");
            }
        }
        let wins = version["win_probability"].as_f64().unwrap_or(-1.0);
        assert!((0.0..=1.0).contains(&wins), "{what}: {wins}");
    }
}

#[test]
fn faults_do_not_repeat_a_long_key_for_ever() {
    let wrong: serde_json::Map<String, Value> =
        (0..900).map(|index| (index.to_string(), json!({"value": []}))).collect();
    let mut request = experiment(&json!(1), &json!(1));
    request["last_state"] = json!({"aggregated_counter_metrics": {"k".repeat(100_000): wrong}});
    let options = Options::at("2026-01-01T11:00:00Z").expect("an instant");
    let detail = assess(&request, None, &options).map(|_| ()).expect_err("faults");
    let text = serde_json::to_string(&detail).expect("JSON");
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    assert!(
        text.ends_with(r#"more faults are not listed","type":"value_error.more"}]"#),
        "{}",
        &text[text.len() - 200..]
    );
}
