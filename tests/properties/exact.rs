//! What must not matter to the sequential method: the order of candidates, and the unit of a metric.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use iter8_analytics::{Options, assess};
use serde_json::{Value, json};

/// An experiment of a proportion, a mean and a rewarded mean, with `unit` of the first mean.
fn experiment(data: &[(String, Value)], unit: f64, thousandths: bool) -> Value {
    let name = if thousandths { "ms" } else { "s" };
    json!({
        "start_time": "2026-01-01T10:00:00Z",
        "service_name": name,
        "iteration_number": 3,
        "baseline": {"id": "base"},
        "candidates": data.iter().filter(|(id, _)| id != "base").map(|(id, _)| json!({"id": id})).collect::<Vec<_>>(),
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}, {"name": "errors"}, {"name": "seconds"}, {"name": "books"}],
            "ratio_metrics": [
                {"name": "error_rate", "numerator": "errors", "denominator": "iter8_request_count",
                    "preferred_direction": "lower", "zero_to_one": true},
                {"name": "latency", "numerator": "seconds", "denominator": "iter8_request_count",
                    "preferred_direction": "lower"},
                {"name": "sales", "numerator": "books", "denominator": "iter8_request_count",
                    "preferred_direction": "higher"}
            ]
        },
        "criteria": [
            {"id": "errors", "metric_id": "error_rate", "threshold": {"type": "relative", "value": 1.3}},
            {"id": "latency", "metric_id": "latency", "threshold": {"type": "absolute", "value": 0.25 * unit}},
            {"id": "sales", "metric_id": "sales", "is_reward": true}
        ],
        "traffic_control": {"max_increment": 100},
        "observations": {"versions": data.iter().cloned().collect::<serde_json::Map<_, _>>()}
    })
}

/// Ten intervals of each version; seconds times `unit`.
fn data(u: &mut Unstructured, candidates: usize) -> Result<Vec<(String, [Vec<f64>; 4])>> {
    let mut versions = Vec::new();
    for index in 0..=candidates {
        let id = if index == candidates { "base".to_owned() } else { format!("v{index}") };
        let mut counters: [Vec<f64>; 4] = Default::default();
        for _ in 0..10 {
            let requests = f64::from(u.int_in_range(50..=400_u32)?);
            let share = |u: &mut Unstructured, most: u32| Ok(f64::from(u.int_in_range(0..=most)?) / 1000.0);
            counters[0].push(requests);
            counters[1].push((requests * share(u, 40)?).round_ties_even());
            counters[2].push(requests * (0.1 + share(u, 150)?));
            counters[3].push(requests * (1.0 + share(u, 500)?));
        }
        versions.push((id, counters));
    }
    Ok(versions)
}

fn observed(data: &[(String, [Vec<f64>; 4])], unit: f64) -> Vec<(String, Value)> {
    let version = |(id, [requests, errors, seconds, books]): &(String, [Vec<f64>; 4])| {
        let seconds: Vec<f64> = seconds.iter().map(|value| value * unit).collect();
        let counters = json!({"iter8_request_count": requests, "errors": errors, "seconds": seconds, "books": books});
        (id.clone(), counters)
    };
    data.iter().map(version).collect()
}

fn assessed(experiment: &Value) -> Value {
    let options = Options::at("2026-01-01T10:10:00Z").expect("an instant");
    serde_json::to_value(assess(experiment, None, &options).expect("a reply")).expect("JSON")
}

/// Each version's part of a reply, by its id.
fn versions(reply: &Value) -> Vec<(String, Value)> {
    let all = reply["candidate_assessments"].as_array().into_iter().flatten().chain([&reply["baseline_assessment"]]);
    let mut all: Vec<(String, Value)> =
        all.map(|version| (version["id"].as_str().unwrap_or_default().to_owned(), version.clone())).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// Whether two replies' parts are the same but for the last digits; numbers in `seconds` are `unit` times the others.
fn is_same(one: &Value, other: &Value, unit: f64) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or_default(), other.as_f64().unwrap_or_default());
            let near = |other: f64| (one - other).abs() <= 1e-9 * one.abs().max(1e-3);
            near(other) || near(other / unit)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other, unit))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other, unit)))
        }
        _ => one == other,
    }
}

#[test]
fn the_order_of_candidates_moves_no_number() {
    arbtest(|u| {
        let mut data = data(u, 3)?;
        let reply = assessed(&experiment(&observed(&data, 1.0), 1.0, false));
        data.rotate_left(1);
        data.swap(0, 1);
        let turned = assessed(&experiment(&observed(&data, 1.0), 1.0, false));
        for ((id, one), (_, other)) in versions(&reply).iter().zip(versions(&turned)) {
            assert!(is_same(one, &other, 1.0), "{id}: {one} and {other}");
        }
        assert_eq!(
            reply["winner_assessment"]["current_best_version"],
            turned["winner_assessment"]["current_best_version"]
        );
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn the_unit_of_a_metric_moves_no_probability_and_no_verdict() {
    arbtest(|u| {
        let data = data(u, 2)?;
        let seconds = assessed(&experiment(&observed(&data, 1.0), 1.0, false));
        let milliseconds = assessed(&experiment(&observed(&data, 1000.0), 1000.0, true));
        for ((id, one), (_, other)) in versions(&seconds).iter().zip(versions(&milliseconds)) {
            assert!(is_same(one, &other, 1000.0), "{id}: {one} and {other}");
        }
        assert_eq!(seconds["traffic_split_recommendation"], milliseconds["traffic_split_recommendation"]);
        assert_eq!(
            seconds["winner_assessment"]["winning_version_found"],
            milliseconds["winner_assessment"]["winning_version_found"]
        );
        Ok(())
    })
    .budget_ms(1_000);
}
