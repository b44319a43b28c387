//! A reply's text becomes the controller's view of it, or the reason why the controller would park the experiment.
//!
//! The controller decodes with Go's `encoding/json` into fixed types: an `int32` takes no fraction, exponent or
//! larger number, a `float32` nothing beyond its range, a text is a text; `null` leaves a zero. Beyond Go, every
//! field must be there, `rollback` must say something (Kui calls a method of it) and `progressive` come first.
//!
//! Not here: whether the numbers are right.

use serde_json::{Map, Value};

/// Version -> weight, in the reply's order.
pub type Split = Vec<(String, i32)>;

/// How one version does, as the controller sees it.
#[derive(Debug, Clone, Default)]
pub struct VersionAssessment {
    pub id: String,
    pub request_count: i32,
    pub win_probability: f32,
    pub values: Vec<f32>,
    pub rollback: bool,
}

/// The reply, as the controller sees it.
#[derive(Debug, Clone, Default)]
pub struct Response {
    pub baseline: VersionAssessment,
    pub candidates: Vec<VersionAssessment>,
    /// Strategy -> version -> weight, in the reply's order.
    pub splits: Vec<(String, Split)>,
    pub winning_version_found: bool,
    pub current_best_version: String,
    pub probability_of_winning_for_best_version: f32,
    pub status: Vec<String>,
    pub last_state: Value,
}

impl Response {
    /// The weight that `strategy` gives to `version`.
    pub fn weight(&self, strategy: &str, version: &str) -> Option<i32> {
        let (_, split) = self.splits.iter().find(|(name, _)| name == strategy)?;
        split.iter().find(|(name, _)| name == version).map(|(_, weight)| *weight)
    }
}

type Decoded<T> = Result<T, String>;

/// The reply in `text`, or the first thing that Go, Kui or v1.0.0's contract would not take.
pub fn decode(text: &str) -> Decoded<Response> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let reply = object(&value, "reply")?;
    let keys: Vec<&str> = reply.keys().map(String::as_str).collect();
    if keys.get(..V1_KEYS.len()) != Some(&V1_KEYS[..]) {
        return Err(format!("the keys are {keys:?}"));
    }
    string(&reply["timestamp"], "timestamp")?;
    let winner = object(&reply["winner_assessment"], "winner_assessment")?;
    for (code, meaning) in object(&reply["status_interpretations"], "status_interpretations")? {
        string(meaning, code)?;
    }
    let candidates = array(&reply["candidate_assessments"], "candidate_assessments")?;
    Ok(Response {
        baseline: version(&reply["baseline_assessment"], "baseline_assessment")?,
        candidates: candidates.iter().map(candidate).collect::<Decoded<_>>()?,
        splits: splits(&reply["traffic_split_recommendation"])?,
        winning_version_found: boolean(&winner["winning_version_found"], "winning_version_found")?,
        current_best_version: string(&winner["current_best_version"], "current_best_version")?,
        probability_of_winning_for_best_version: float32(
            &winner["probability_of_winning_for_best_version"],
            "probability_of_winning_for_best_version",
        )?,
        status: array(&reply["status"], "status")?.iter().map(|code| string(code, "status")).collect::<Decoded<_>>()?,
        last_state: reply["last_state"].clone(),
    })
}

fn candidate(value: &Value) -> Decoded<VersionAssessment> {
    let rollback = value.get("rollback").and_then(Value::as_bool).ok_or("rollback says nothing")?;
    Ok(VersionAssessment { rollback, ..version(value, "candidate_assessments")? })
}

fn version(value: &Value, path: &str) -> Decoded<VersionAssessment> {
    let assessment = object(value, path)?;
    require(assessment, &["id", "request_count", "criterion_assessments", "win_probability"], path)?;
    let mut values = Vec::new();
    for criterion in array(&assessment["criterion_assessments"], "criterion_assessments")? {
        values.push(criterion_value(criterion)?);
    }
    Ok(VersionAssessment {
        id: string(&assessment["id"], "id")?,
        request_count: int32(&assessment["request_count"], "request_count")?,
        win_probability: float32(&assessment["win_probability"], "win_probability")?,
        values,
        rollback: false,
    })
}

fn criterion_value(value: &Value) -> Decoded<f32> {
    let criterion = object(value, "criterion_assessments")?;
    require(criterion, &["id", "metric_id", "statistics", "threshold_assessment"], "criterion_assessments")?;
    string(&criterion["id"], "criterion id")?;
    string(&criterion["metric_id"], "metric_id")?;
    let statistics = object(&criterion["statistics"], "statistics")?;
    require(statistics, &["value", "ratio_statistics"], "statistics")?;
    if let Some(ratio) = statistics["ratio_statistics"].as_object() {
        require(ratio, &RATIO_KEYS, "ratio_statistics")?;
        interval(&ratio["improvement_over_baseline"], "improvement_over_baseline")?;
        float32(&ratio["probability_of_beating_baseline"], "probability_of_beating_baseline")?;
        float32(&ratio["probability_of_being_best_version"], "probability_of_being_best_version")?;
        interval(&ratio["credible_interval"], "credible_interval")?;
    }
    if let Some(threshold) = criterion["threshold_assessment"].as_object() {
        require(threshold, &["threshold_breached", "probability_of_satisfying_threshold"], "threshold_assessment")?;
        boolean(&threshold["threshold_breached"], "threshold_breached")?;
        float32(&threshold["probability_of_satisfying_threshold"], "probability_of_satisfying_threshold")?;
    }
    float32(&statistics["value"], "value")
}

fn interval(value: &Value, path: &str) -> Decoded<()> {
    if let Some(ends) = value.as_object() {
        require(ends, &["lower", "upper"], path)?;
        float32(&ends["lower"], path)?;
        float32(&ends["upper"], path)?;
    } else if !value.is_null() {
        return Err(format!("{path}: {value} is no interval"));
    }
    Ok(())
}

fn splits(value: &Value) -> Decoded<Vec<(String, Split)>> {
    let mut splits = Vec::new();
    for (strategy, split) in object(value, "traffic_split_recommendation")? {
        let mut weights = Vec::new();
        for (version, weight) in object(split, strategy)? {
            weights.push((version.clone(), int32(weight, strategy)?));
        }
        let sum: i64 = weights.iter().map(|(_, weight)| i64::from(*weight)).sum();
        if sum != 100 || weights.iter().any(|(_, weight)| *weight < 0) {
            return Err(format!("{strategy}: {weights:?} are no percents"));
        }
        splits.push((strategy.clone(), weights));
    }
    let names: Vec<&str> = splits.iter().map(|(name, _)| name.as_str()).collect();
    if names != ["progressive", "top_2", "uniform"] {
        return Err(format!("the strategies are {names:?}"));
    }
    Ok(splits)
}

fn object<'a>(value: &'a Value, path: &str) -> Decoded<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| format!("{path}: {value} is no object"))
}

fn array<'a>(value: &'a Value, path: &str) -> Decoded<&'a Vec<Value>> {
    value.as_array().ok_or_else(|| format!("{path}: {value} is no array"))
}

fn require(map: &Map<String, Value>, keys: &[&str], path: &str) -> Decoded<()> {
    match keys.iter().find(|key| !map.contains_key(**key)) {
        Some(key) => Err(format!("{path}: no {key}")),
        None => Ok(()),
    }
}

fn string(value: &Value, path: &str) -> Decoded<String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(format!("{path}: {value} is no text")),
    }
}

fn boolean(value: &Value, path: &str) -> Decoded<bool> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(is) => Ok(*is),
        _ => Err(format!("{path}: {value} is no truth value")),
    }
}

fn int32(value: &Value, path: &str) -> Decoded<i32> {
    // serde_json calls a number integer just where its text has no fraction and no exponent, as Go does.
    match value {
        Value::Null => Ok(0),
        _ => value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or(format!("{path}: {value} is no int32")),
    }
}

fn float32(value: &Value, path: &str) -> Decoded<f32> {
    match value {
        Value::Null => Ok(0.0),
        _ => match value.as_f64() {
            Some(number) if number.abs() <= f64::from(f32::MAX) => Ok(number as f32),
            _ => Err(format!("{path}: {value} is no float32")),
        },
    }
}

const V1_KEYS: [&str; 8] = [
    "timestamp",
    "baseline_assessment",
    "candidate_assessments",
    "traffic_split_recommendation",
    "winner_assessment",
    "status",
    "status_interpretations",
    "last_state",
];

const RATIO_KEYS: [&str; 4] = [
    "improvement_over_baseline",
    "probability_of_beating_baseline",
    "probability_of_being_best_version",
    "credible_interval",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_int32_takes_no_fraction_and_nothing_larger() {
        assert_eq!(int32(&json!(50), "x"), Ok(50));
        assert_eq!(int32(&json!(null), "x"), Ok(0));
        assert!(int32(&json!(50.0), "x").is_err());
        assert!(int32(&json!(2_147_483_648_i64), "x").is_err());
        assert!(float32(&json!(1e39), "x").is_err());
        assert!(string(&json!(7), "x").is_err());
    }
}
