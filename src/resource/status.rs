//! An assessment -> the status of its Experiment resource, in the shape that the controller writes and that kubectl's
//! columns and Kiali read.
//!
//! By the controller's rules: candidates by their place, weights of the resource's strategy, none for a candidate that is
//! rolled back; all of them rolled back ends the experiment. What the status held of other things stays. Unknown numbers
//! are absent; the controller's own types made zeros of them.
//!
//! Not here: what a later step of the controller does (routes, the end after the last iteration).

use serde_json::{Map, Value};

use super::request::object;
use crate::error::Error;
use crate::wire::decode::{Decoder, Path};
use crate::wire::instant::Instant;
use crate::wire::json::{object as object_of, put};
use crate::wire::limits::too_many;
use crate::wire::request::present;

/// The `status` of the Experiment resource `document` once the controller has `assessment`, the reply to its request.
///
/// # Errors
/// `document` is no Experiment, or `assessment` none of its versions; paths start with `documents` or `assessment`.
pub fn to_status(document: &Value, assessment: &Value) -> Result<Value, Error> {
    let mut faults = Decoder::default();
    match status(&mut faults, document, assessment) {
        Some(status) if !faults.has_failed() => Ok(Value::Object(status)),
        _ => Err(faults.into_error()),
    }
}

fn status(faults: &mut Decoder, document: &Value, assessment: &Value) -> Option<Map<String, Value>> {
    let root = Path::Root;
    let (spec_path, reply_path) = (root.key("documents"), root.key("assessment"));
    let document = object(faults, document, spec_path)?;
    let spec = faults.required(document, "spec", spec_path)?;
    let names = names(faults, spec, spec_path.key("spec"))?;
    let reply = object(faults, assessment, reply_path)?;
    let now = faults.required(reply, "timestamp", reply_path);
    let now = now.and_then(|value| faults.instant(value, reply_path.key("timestamp")))?;
    let baseline = faults.required(reply, "baseline_assessment", reply_path)?;
    let candidates = faults.required(reply, "candidate_assessments", reply_path)?;
    let candidates = faults.list(candidates, reply_path.key("candidate_assessments"))?;
    if candidates.len() + 1 != names.len() {
        let path = reply_path.key("candidate_assessments");
        faults.push(too_many(path, candidates.len(), names.len() - 1, "candidates"));
        return None;
    }
    let best = inside(assessment, "winner_assessment", "current_best_version").unwrap_or(&Value::Null);
    let mut is_known = best.is_null();
    is_known |= check(faults, baseline, "baseline", reply_path.key("baseline_assessment"), best);
    let path = reply_path.key("candidate_assessments");
    for (index, candidate) in candidates.iter().enumerate() {
        is_known |= check(faults, candidate, &format!("candidate-{index}"), path.index(index), best);
    }
    if !is_known && !faults.has_failed() {
        let path = reply_path.key("winner_assessment");
        faults.fail(path.key("current_best_version"), "value_error.id", "not the id of a version");
    }
    if faults.has_failed() {
        return None;
    }

    let before = document.get("status").and_then(Value::as_object);
    let mut status = before.cloned().unwrap_or_default();
    let is_rolled_back = |candidate: &Value| candidate.get("rollback").and_then(Value::as_bool) == Some(true);
    let is_abort = !candidates.is_empty() && candidates.iter().all(is_rolled_back);
    let strategy = inside(spec, "trafficControl", "strategy").and_then(Value::as_str).unwrap_or("progressive");
    let split = reply.get("traffic_split_recommendation").and_then(|splits| splits.get(strategy));
    let weight = |version: &Value, is_baseline: bool| match split {
        _ if is_abort => Value::from(if is_baseline { 100 } else { 0 }),
        _ if is_rolled_back(version) => Value::from(0),
        Some(split) => {
            version.get("id").and_then(Value::as_str).and_then(|id| split.get(id)).cloned().unwrap_or_default()
        }
        None => Value::Null,
    };
    let assessed = |version: &Value, name: &Value, is_baseline: bool| {
        let mut shown = Map::new();
        put(&mut shown, "name", name.clone());
        put(&mut shown, "weight", weight(version, is_baseline));
        copy(&mut shown, version, VERSION);
        if is_rolled_back(version) {
            put(&mut shown, "rollback", Value::Bool(true));
        }
        Value::Object(shown)
    };
    let mut all = Map::new();
    put(&mut all, "baseline", assessed(baseline, names.first()?, true));
    let others = candidates.iter().zip(names.iter().skip(1)).map(|(version, name)| assessed(version, name, false));
    put(&mut all, "candidates", others.collect());
    let winner = match is_abort {
        // The controller ends before it reads this reply's winner.
        true => status.get("assessment").and_then(|last| last.get("winner")).cloned(),
        false => reply.get("winner_assessment").map(|winner| self::winner(winner, baseline, candidates, &names)),
    };
    if let Some(winner) = winner {
        put(&mut all, "winner", winner);
    }

    let iteration = status.get("currentIteration").and_then(Value::as_u64).unwrap_or(0);
    let iterations_max =
        inside(spec, "duration", "maxIterations").and_then(Value::as_u64).unwrap_or(super::ITERATIONS_DEFAULT);
    let at = Value::from(utc(now));
    let (phase, reason, message) = match is_abort {
        true => ("Completed", "ExperimentCompleted", "Traffic To Baseline (Abort)".to_owned()),
        false => ("Progressing", "IterationUpdate", format!("Iteration {iteration}/{iterations_max} completed")),
    };
    mark(&mut status, "AnalyticsServiceNormal", true, "AnalyticsServiceRunning", "", &at);
    mark(&mut status, "ExperimentCompleted", is_abort, reason, &message, &at);
    let state = reply.get("last_state").filter(|_| !is_abort).cloned();
    for (key, value) in [
        ("assessment", Value::Object(all)),
        ("analysisState", state.unwrap_or_else(|| Value::Object(Map::new()))),
        ("lastUpdateTime", at.clone()),
        ("currentIteration", Value::from(iteration + u64::from(!is_abort))),
        ("phase", Value::from(phase)),
        ("message", Value::from(format!("{reason}: {message}"))),
        ("experimentType", Value::from(experiment_type(spec, candidates.len()))),
        ("effectiveHosts", hosts(spec)),
    ] {
        put(&mut status, key, value);
    }
    if is_abort {
        put(&mut status, "endTimestamp", at.clone());
    }
    for key in ["initTimestamp", "startTimestamp"] {
        if present(&status, key).is_none() {
            put(&mut status, key, at.clone());
        }
    }
    Some(status)
}

/// Checks that `version` is the one that the controller calls `id`, and its numbers are some; gives whether it is the `best`.
#[inline(never)]
fn check(faults: &mut Decoder, version: &Value, id: &str, path: Path, best: &Value) -> bool {
    if version.get("id").and_then(Value::as_str) != Some(id) {
        faults.fail(path.key("id"), "value_error.id", ["not the id of this version, `", id, "`"].concat());
    }
    for key in ["win_probability", "request_count"] {
        if version.get(key).is_some_and(|value| !value.is_number() && !value.is_null()) {
            faults.fail(path.key(key), "type_error.float", "value is not a valid float");
        }
    }
    best.as_str() == Some(id)
}

/// The versions' names, the baseline's first.
fn names(faults: &mut Decoder, spec: &Value, path: Path) -> Option<Vec<Value>> {
    let spec = object(faults, spec, path)?;
    let service = faults.required(spec, "service", path)?;
    let path = path.key("service");
    let service = object(faults, service, path)?;
    let mut names = vec![faults.required(service, "baseline", path)?.clone()];
    if let Some(candidates) = present(service, "candidates") {
        names.extend(faults.list(candidates, path.key("candidates"))?.iter().cloned());
    }
    Some(names)
}

fn winner(winner: &Value, baseline: &Value, candidates: &[Value], names: &[Value]) -> Value {
    let mut shown = Map::new();
    let best = winner.get("current_best_version");
    let versions = std::iter::once(baseline).chain(candidates);
    if let Some((_, name)) = versions.zip(names).find(|(version, _)| version.get("id") == best) {
        put(&mut shown, "name", name.clone());
    }
    copy(&mut shown, winner, WINNER);
    Value::Object(shown)
}

/// What is copied: each field, and what of it; nothing below: all of it.
struct Shape(&'static [(&'static str, Shape)]);

/// Copies from `source` what the controller's types have; null is left out.
fn copy(target: &mut Map<String, Value>, source: &Value, shape: &Shape) {
    for (key, below) in shape.0 {
        let Some(value) = source.get(key).filter(|value| !value.is_null()) else { continue };
        put(target, key, part(value, below));
    }
}

fn part(value: &Value, shape: &Shape) -> Value {
    match value {
        _ if shape.0.is_empty() => value.clone(),
        Value::Array(items) => items.iter().map(|item| part(item, shape)).collect(),
        value => {
            let mut copied = Map::new();
            copy(&mut copied, value, shape);
            Value::Object(copied)
        }
    }
}

fn mark(status: &mut Map<String, Value>, kind: &str, is_true: bool, reason: &str, message: &str, at: &Value) {
    if !status.contains_key("conditions") {
        put(status, "conditions", Value::Array(Vec::new()));
    }
    let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) else { return };
    let word = if is_true { "True" } else { "False" };
    let condition = object_of(vec![
        ("type", kind.into()),
        ("status", word.into()),
        ("reason", reason.into()),
        ("message", message.into()),
        ("lastTransitionTime", at.clone()),
    ]);
    let same = conditions.iter_mut().find(|other| other.get("type").and_then(Value::as_str) == Some(kind));
    match same {
        Some(same) => *same = condition,
        None => conditions.push(condition),
    }
}

/// What kubectl's column `type` shows; the controller spells it so.
fn experiment_type(spec: &Value, candidates: usize) -> &'static str {
    let criteria = spec.get("criteria").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has_reward = criteria.iter().any(|criterion| criterion.get("isReward").and_then(Value::as_bool) == Some(true));
    match (candidates, has_reward) {
        (0, _) => "Perfromance",
        (1, true) => "A/B",
        (1, false) => "Canary",
        _ => "A/B/N",
    }
}

fn hosts(spec: &Value) -> Value {
    let service = inside(spec, "service", "name").filter(|name| name.as_str().is_some_and(|name| !name.is_empty()));
    let lists = ["networking", "service"].into_iter().filter_map(|place| inside(spec, place, "hosts")?.as_array());
    service.into_iter().chain(lists.flatten().filter_map(|host| host.get("name"))).cloned().collect()
}

/// The field of an object in an object. `Value::pointer` would bring the search of texts into a module for browsers.
fn inside<'v>(value: &'v Value, object: &str, field: &str) -> Option<&'v Value> {
    value.get(object)?.get(field)
}

/// As Kubernetes writes instants: to the second, `2026-01-01T10:10:00Z`.
fn utc(instant: Instant) -> String {
    let text = instant.to_utc_text();
    format!("{}Z", text.split('.').next().unwrap_or(&text))
}

const ALL: Shape = Shape(&[]);
const INTERVAL: Shape = Shape(&[("lower", ALL), ("upper", ALL)]);
const VERSION: &Shape = &Shape(&[
    ("id", ALL),
    ("request_count", ALL),
    ("win_probability", ALL),
    (
        "criterion_assessments",
        Shape(&[
            ("id", ALL),
            ("metric_id", ALL),
            (
                "statistics",
                Shape(&[
                    ("value", ALL),
                    (
                        "ratio_statistics",
                        Shape(&[
                            ("improvement_over_baseline", INTERVAL),
                            ("probability_of_beating_baseline", ALL),
                            ("probability_of_being_best_version", ALL),
                            ("credible_interval", INTERVAL),
                        ]),
                    ),
                ]),
            ),
            (
                "threshold_assessment",
                Shape(&[("threshold_breached", ALL), ("probability_of_satisfying_threshold", ALL)]),
            ),
        ]),
    ),
]);
const WINNER: &Shape = &Shape(&[
    ("winning_version_found", ALL),
    ("current_best_version", ALL),
    ("probability_of_winning_for_best_version", ALL),
]);
