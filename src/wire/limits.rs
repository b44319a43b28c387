//! How large an input may be, looked at before anything else.
//!
//! An experiment has at most 200 versions, 200 criteria, 1,000 pairs of both, 1,000 metrics; a version 1,000 labels, an id
//! or a name 1,000 bytes, a query 65,536; observations at most 10,000 intervals, 10,000 problems and 1,000,000 values; nothing is nested
//! deeper than 64. Work and memory are bounded by these: a reply repeats names for each version and criterion, a query
//! repeats labels for each placeholder.

use serde_json::{Map, Value};

use crate::error::{FieldError, Segment};

/// Versions of an experiment, the baseline among them.
pub(crate) const VERSIONS_MAX: usize = 200;
/// Criteria of an experiment.
pub(crate) const CRITERIA_MAX: usize = 200;
/// Versions times criteria.
pub(crate) const PAIRS_MAX: usize = 1000;
/// Counters and ratios together.
pub(crate) const METRICS_MAX: usize = 1000;
/// Labels of a version.
pub(crate) const LABELS_MAX: usize = 1000;
/// Bytes of an id or a name; Kubernetes' names end at 253.
pub(crate) const NAME_LENGTH_MAX: usize = 1000;
/// Bytes of a query; those of iter8's templates have a few hundred.
pub(crate) const QUERY_LENGTH_MAX: usize = 65_536;
/// Length of an array of observations.
pub(crate) const INTERVALS_MAX: usize = 10_000;
/// Problems of observations; a host that could not get anything has a few hundred.
pub(crate) const PROBLEMS_MAX: usize = 10_000;
/// Numbers in observations.
pub(crate) const VALUES_MAX: usize = 1_000_000;
/// Nesting of arrays and objects.
pub(crate) const DEPTH_MAX: usize = 64;

/// The faults of size of an experiment, each with the number found and allowed; empty where all is well.
pub(crate) fn check_experiment(experiment: &Value) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let depth = depth(experiment);
    if depth > DEPTH_MAX {
        faults.push(too_deep(&[], depth));
    }
    let length = |path: &[&str]| {
        let field = path.iter().try_fold(experiment, |value, key| value.get(key));
        field.and_then(Value::as_array).map_or(0, Vec::len)
    };
    let versions = 1 + length(&["candidates"]);
    let criteria = length(&["criteria"]);
    let counters = length(&["metric_specs", "counter_metrics"]);
    let histograms = length(&["metric_specs", "histogram_metrics"]);
    let metrics = counters + length(&["metric_specs", "ratio_metrics"]) + histograms;
    let mut check = |path: &[&str], found: usize, allowed: usize, what: &str| {
        if found > allowed {
            let location = path.iter().map(|key| Segment::Key((*key).to_owned())).collect();
            faults.push(too_many(location, found, allowed, what));
        }
    };
    check(&["candidates"], versions, VERSIONS_MAX, "versions");
    check(&["metric_specs"], metrics, METRICS_MAX, "metric specs");
    check(&["criteria"], criteria, CRITERIA_MAX, "criteria");
    check(&["criteria"], versions * criteria, PAIRS_MAX, "pairs of version and criterion");
    if faults.is_empty() {
        check_items(experiment, &mut faults);
    }
    faults
}

/// The faults of size inside versions, criteria and metrics, whose numbers are known to be allowed.
fn check_items(experiment: &Value, faults: &mut Vec<FieldError>) {
    for (path, names) in NAMES {
        let field = path.iter().try_fold(experiment, |value, key| value.get(key));
        let location: Vec<Segment> = path.iter().map(|key| Segment::Key((*key).to_owned())).collect();
        match field {
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    check_item(item, names, &[location.as_slice(), &[Segment::Index(index)]].concat(), faults);
                }
            }
            Some(item) => check_item(item, names, &location, faults),
            None => {}
        }
    }
}

fn check_item(item: &Value, names: &[&str], location: &[Segment], faults: &mut Vec<FieldError>) {
    let at = |key: &str| [location, &[Segment::Key(key.to_owned())]].concat();
    for name in names {
        let length = item.get(name).and_then(Value::as_str).map_or(0, str::len);
        if length > NAME_LENGTH_MAX {
            faults.push(too_many(at(name), length, NAME_LENGTH_MAX, "bytes"));
        }
    }
    let labels = match item.get("version_labels") {
        Some(Value::Object(labels)) => labels.len(),
        Some(Value::Array(pairs)) => pairs.len(),
        _ => 0,
    };
    if labels > LABELS_MAX {
        faults.push(too_many(at("version_labels"), labels, LABELS_MAX, "labels"));
    }
}

/// The fault of too many of something.
pub(crate) fn too_many(location: Vec<Segment>, found: usize, allowed: usize, what: &str) -> FieldError {
    limit_fault(location, format!("{found} {what}, allowed are {allowed}"), allowed)
}

/// The fault of an input that is nested `found` levels deep.
pub(crate) fn too_deep(location: &[Segment], found: usize) -> FieldError {
    limit_fault(location.to_vec(), format!("nested {found} levels deep, allowed are {DEPTH_MAX}"), DEPTH_MAX)
}

/// How deep arrays and objects are nested: 0 for a plain value.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn limit_fault(location: Vec<Segment>, message: String, allowed: usize) -> FieldError {
    let mut context = Map::new();
    context.insert("limit_value".into(), allowed.into());
    FieldError { location, message, kind: "value_error.limit", context: Some(context) }
}

/// What stands in a reply more than once: where it lies, and its names.
const NAMES: [(&[&str], &[&str]); 6] = [
    (&["baseline"], &["id"]),
    (&["candidates"], &["id"]),
    (&["metric_specs", "counter_metrics"], &["name", "id", "of"]),
    (&["metric_specs", "ratio_metrics"], &["name", "id", "numerator", "denominator"]),
    (&["metric_specs", "histogram_metrics"], &["name", "id", "sum"]),
    (&["criteria"], &["id", "metric_id"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_excess_is_named_with_both_numbers() {
        let many = json!({"candidates": vec![0; 300], "criteria": vec![0; 201]});
        let messages: Vec<String> = check_experiment(&many).iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "candidates: 301 versions, allowed are 200",
                "criteria: 201 criteria, allowed are 200",
                "criteria: 60501 pairs of version and criterion, allowed are 1000"
            ]
        );
    }

    #[test]
    fn long_names_and_many_labels_are_named_with_both_numbers() {
        let labels: Map<String, Value> = (0..1001).map(|index| (index.to_string(), json!(""))).collect();
        let large = json!({
            "baseline": {"id": "x".repeat(1001), "version_labels": labels},
            "criteria": [{"id": "x".repeat(1000)}, {"metric_id": "x".repeat(5000)}]
        });
        let messages: Vec<String> = check_experiment(&large).iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "baseline.id: 1001 bytes, allowed are 1000",
                "baseline.version_labels: 1001 labels, allowed are 1000",
                "criteria[1].metric_id: 5000 bytes, allowed are 1000"
            ]
        );
    }

    #[test]
    fn depth_counts_arrays_and_objects() {
        assert_eq!(depth(&json!(5)), 0);
        assert_eq!(depth(&json!({"a": [{"b": 1}]})), 3);
    }
}
