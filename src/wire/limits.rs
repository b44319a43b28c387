//! How large an input may be, looked at before anything else.
//!
//! An experiment has at most 200 versions, 200 criteria, 1,000 pairs of both, 1,000 metrics; a version 1,000 labels, an id
//! or a name 1,000 bytes, a query 65,536; observations at most 10,000 intervals, 10,000 problems and 1,000,000 values; nothing is nested
//! deeper than 64. Work and memory are bounded by these: a reply repeats names for each version and criterion, a query
//! repeats labels for each placeholder.

use serde_json::{Map, Value};

use super::decode::{Decoder, Path};
use super::json::put;
use crate::error::FieldError;

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

/// The faults of size of an experiment, each with the number found and allowed; none where all is well.
pub(crate) fn check_experiment(faults: &mut Decoder, experiment: &Value) {
    let depth = depth(experiment);
    if depth > DEPTH_MAX {
        faults.push(too_deep(Path::Root, depth));
    }
    let length = |value: Option<&Value>| value.and_then(Value::as_array).map_or(0, Vec::len);
    let versions = 1 + length(experiment.get("candidates"));
    let criteria = length(experiment.get("criteria"));
    let specs = experiment.get("metric_specs");
    let mut metrics = 0;
    for kind in ["counter_metrics", "ratio_metrics", "histogram_metrics"] {
        metrics += length(specs.and_then(|specs| specs.get(kind)));
    }
    for (key, found, allowed, what) in [
        ("candidates", versions, VERSIONS_MAX, "versions"),
        ("metric_specs", metrics, METRICS_MAX, "metric specs"),
        ("criteria", criteria, CRITERIA_MAX, "criteria"),
        ("criteria", versions * criteria, PAIRS_MAX, "pairs of version and criterion"),
    ] {
        if found > allowed {
            faults.push(too_many(Path::Root.key(key), found, allowed, what));
        }
    }
    if !faults.has_failed() {
        check_items(faults, experiment);
    }
}

/// The faults of size inside versions, criteria and metrics, whose numbers are known to be allowed.
fn check_items(faults: &mut Decoder, experiment: &Value) {
    for (key, inner, names) in NAMES {
        let outer = Path::Root.key(key);
        let (path, value) = match inner {
            Some(inner) => (outer.key(inner), experiment.get(key).and_then(|value| value.get(inner))),
            None => (outer, experiment.get(key)),
        };
        match value {
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    check_item(faults, item, names, path.index(index));
                }
            }
            Some(item) => check_item(faults, item, names, path),
            None => {}
        }
    }
}

fn check_item(faults: &mut Decoder, item: &Value, names: &[&str], path: Path) {
    for name in names {
        let length = item.get(name).and_then(Value::as_str).map_or(0, str::len);
        if length > NAME_LENGTH_MAX {
            faults.push(too_many(path.key(name), length, NAME_LENGTH_MAX, "bytes"));
        }
    }
    let labels = match item.get("version_labels") {
        Some(Value::Object(labels)) => labels.len(),
        Some(Value::Array(pairs)) => pairs.len(),
        _ => 0,
    };
    if labels > LABELS_MAX {
        faults.push(too_many(path.key("version_labels"), labels, LABELS_MAX, "labels"));
    }
}

/// The fault of too many of something.
pub(crate) fn too_many(path: Path, found: usize, allowed: usize, what: &str) -> FieldError {
    limit_fault(path, format!("{found} {what}, allowed are {allowed}"), allowed)
}

/// The fault of an input that is nested `found` levels deep.
pub(crate) fn too_deep(path: Path, found: usize) -> FieldError {
    limit_fault(path, format!("nested {found} levels deep, allowed are {DEPTH_MAX}"), DEPTH_MAX)
}

/// How deep arrays and objects are nested: 0 for a plain value.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn limit_fault(path: Path, message: String, allowed: usize) -> FieldError {
    let mut context = Map::new();
    put(&mut context, "limit_value", allowed.into());
    FieldError { location: path.location(), message, kind: "value_error.limit", context: Some(context) }
}

/// What stands in a reply more than once: where it lies, and its names.
const NAMES: [(&str, Option<&str>, &[&str]); 6] = [
    ("baseline", None, &["id"]),
    ("candidates", None, &["id"]),
    ("metric_specs", Some("counter_metrics"), &["name", "id", "of"]),
    ("metric_specs", Some("ratio_metrics"), &["name", "id", "numerator", "denominator"]),
    ("metric_specs", Some("histogram_metrics"), &["name", "id", "sum"]),
    ("criteria", None, &["id", "metric_id"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn messages(experiment: &Value) -> Vec<String> {
        let mut faults = Decoder::default();
        check_experiment(&mut faults, experiment);
        faults.into_faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_excess_is_named_with_both_numbers() {
        let many = json!({"candidates": vec![0; 300], "criteria": vec![0; 201]});
        let messages = messages(&many);
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
        let messages = messages(&large);
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
