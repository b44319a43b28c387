//! Random bytes become experiments, observations, answers and any JSON at all.
//!
//! Not here: whether they make sense; experiments and observations do, the rest need not.

use arbtest::arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

const COUNTERS: [&str; 4] = ["iter8_request_count", "wait", "lost", "hits"];

/// An experiment of 0 to 5 candidates with up to 4 criteria, sometimes a last split.
pub fn experiment(u: &mut Unstructured) -> Result<Value> {
    let candidate_count = u.int_in_range(0..=5)?;
    let version = |name: String| json!({"id": name, "version_labels": {"v": name}});
    let candidates: Vec<Value> = (0..candidate_count).map(|index| version(format!("c{index}"))).collect();
    let mut criteria = Vec::new();
    for index in 0..u.int_in_range(0..=4)? {
        criteria.push(criterion(u, index)?);
    }
    if u.arbitrary()? {
        let metric = *u.choose(&["mean_wait", "lost_share", "hit_share"])?;
        criteria.push(json!({"id": "goal", "metric_id": metric, "is_reward": true}));
    }
    let counter = |name: &str| {
        json!({"name": name, "query_template": format!("sum(increase({name}[$interval])) by ($version_labels)"),
                                      "preferred_direction": "lower"})
    };
    let ratio = |name: &str, numerator: &str, direction: &str, zero_to_one: bool| {
        json!({"name": name, "numerator": numerator, "denominator": "iter8_request_count",
               "preferred_direction": direction, "zero_to_one": zero_to_one})
    };
    let max_increment = *u.choose(&[0.0, 0.4, 2.0, 2.5, 10.0, 33.3, 100.0])?;
    let mut experiment = json!({
        "start_time": "2026-06-01T09:00:00Z",
        "service_name": "any",
        "baseline": version("baseline".to_owned()),
        "candidates": candidates,
        "metric_specs": {
            "counter_metrics": COUNTERS.map(counter),
            "ratio_metrics": [ratio("mean_wait", "wait", "lower", false), ratio("lost_share", "lost", "lower", true),
                              ratio("hit_share", "hits", "higher", true)]
        },
        "criteria": criteria,
        "traffic_control": {"max_increment": max_increment}
    });
    if u.arbitrary()? {
        let mut splits = Map::new();
        for strategy in ["progressive", "top_2", "uniform"] {
            splits.insert(strategy.to_owned(), split(u, candidate_count)?);
        }
        experiment["last_state"] = json!({"traffic_split_recommendation": splits});
    }
    Ok(experiment)
}

fn criterion(u: &mut Unstructured, index: usize) -> Result<Value> {
    let metric = *u.choose(&["mean_wait", "lost_share", "hit_share", "lost"])?;
    let mut criterion = json!({"id": format!("k{index}"), "metric_id": metric});
    if u.ratio(3, 4)? {
        let kind = if metric != "lost" && u.arbitrary()? { "relative" } else { "absolute" };
        let value = *u.choose(&[0.0, 0.01, 0.1, 0.9, 1.0, 1.5, 30.0, 1e6, -1.0])?;
        criterion["threshold"] = json!({"type": kind, "value": value});
    }
    Ok(criterion)
}

fn split(u: &mut Unstructured, candidate_count: usize) -> Result<Value> {
    let mut left = 100;
    let mut split = Map::new();
    for index in 0..candidate_count {
        let weight = u.int_in_range(0..=left)?;
        left -= weight;
        split.insert(format!("c{index}"), json!(weight));
    }
    split.insert("baseline".to_owned(), json!(left));
    Ok(Value::Object(split))
}

/// Observations of an experiment's versions, some unknown.
pub fn observations(u: &mut Unstructured, experiment: &Value) -> Result<Value> {
    let mut versions = Map::new();
    let candidates = experiment["candidates"].as_array().into_iter().flatten();
    for version in candidates.chain([&experiment["baseline"]]) {
        let requests: u32 = *u.choose(&[0, 1, 7, 100, 1000, 50_000, 4_000_000_000])?;
        let share = |u: &mut Unstructured| -> Result<Value> {
            let part = f64::from(u.int_in_range(0_u32..=1000)?) / 1000.0;
            Ok(if u.ratio(1, 20)? { Value::Null } else { json!((f64::from(requests) * part).round()) })
        };
        let counters =
            json!({"iter8_request_count": requests, "wait": share(u)?, "lost": share(u)?, "hits": share(u)?});
        versions.insert(version["id"].as_str().unwrap_or_default().to_owned(), counters);
    }
    Ok(json!({"versions": versions}))
}

/// What a backend might answer: mostly a vector, with odd samples among the good.
pub fn answer(u: &mut Unstructured) -> Result<Value> {
    if u.ratio(1, 8)? {
        return any_json(u, 3);
    }
    let mut result = Vec::new();
    for name in ["baseline", "c0", "c1", "c2", "c3", "c4"] {
        let value = *u.choose(&["0", "12", "1e3", "77.5", "NaN", "+Inf", "-Inf", "-3", "", "x", "1e400", "1e308"])?;
        match u.int_in_range(0..=9)? {
            0 => result.push(any_json(u, 2)?),
            1 => result.push(json!({"metric": {"v": name}, "value": any_json(u, 2)?})),
            2 => {}
            _ => result.push(json!({"metric": {"v": name}, "value": [1, value]})),
        }
    }
    Ok(json!({"status": "success", "data": {"resultType": "vector", "result": result}}))
}

/// Any JSON, at most `depth` deep, with keys that the wire knows among others.
pub fn any_json(u: &mut Unstructured, depth: usize) -> Result<Value> {
    let leaf_only = depth == 0 || u.is_empty();
    Ok(match u.int_in_range(0..=if leaf_only { 5 } else { 9 })? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 => json!(u.arbitrary::<i64>()?),
        3 => json!(u.arbitrary::<f64>()?),
        4 => json!(u.arbitrary::<String>()?),
        5 => json!(u.choose(&WORDS)?),
        6 | 7 => {
            let mut list = Vec::new();
            for _ in 0..u.int_in_range(0..=4)? {
                list.push(any_json(u, depth - 1)?);
            }
            Value::Array(list)
        }
        _ => {
            let mut map = Map::new();
            for _ in 0..u.int_in_range(0..=8)? {
                map.insert((*u.choose(&WORDS)?).to_owned(), any_json(u, depth - 1)?);
            }
            Value::Object(map)
        }
    })
}

const WORDS: [&str; 40] = [
    "start_time",
    "service_name",
    "baseline",
    "candidates",
    "metric_specs",
    "criteria",
    "counter_metrics",
    "ratio_metrics",
    "traffic_control",
    "last_state",
    "id",
    "name",
    "version_labels",
    "metric_id",
    "threshold",
    "type",
    "value",
    "method",
    "seed",
    "now",
    "observations",
    "versions",
    "problems",
    "iter8_request_count",
    "numerator",
    "denominator",
    "total",
    "intervals",
    "query_template",
    "status",
    "data",
    "result",
    "resultType",
    "vector",
    "success",
    "metric",
    "v",
    "error",
    "2026-06-01T09:00:00Z",
    "$interval",
];
