//! What an experiment says that is right and yet of no use: nothing to judge by, metric data that nobody reads.
//!
//! Not here: what is wrong (`known`, and the engine's own checks).

use serde_json::Value;

use crate::{FieldError, Segment};

/// What is odd about `request`, which is a right one.
pub(super) fn doubts(request: &Value) -> Vec<FieldError> {
    let mut doubts = Vec::new();
    let mut tell = |steps: &[&str], message: String| {
        let location = steps.iter().map(|step| Segment::Key((*step).to_owned())).collect();
        doubts.push(FieldError { location, message, kind: "value_error", context: None });
    };
    if list(request, "/criteria").is_empty() {
        tell(&["criteria"], "there is none: versions are held to nothing".to_owned());
    }
    let Some(versions) = request.pointer("/observations/versions").and_then(Value::as_object) else { return doubts };
    let mut ids: Vec<String> = request.get("baseline").and_then(|version| id(version, &["id"])).into_iter().collect();
    ids.extend(list(request, "/candidates").iter().filter_map(|version| id(version, &["id"])));
    let lists = ["/metric_specs/counter_metrics", "/metric_specs/histogram_metrics"];
    let specs = lists.iter().flat_map(|place| list(request, place));
    let metrics: Vec<String> = specs.filter_map(|metric| id(metric, &["name", "id"])).collect();
    for (version, series) in versions {
        if !ids.contains(version) {
            tell(&["observations", "versions", version], format!("no such version; there are {}", ids.join(", ")));
            continue;
        }
        for metric in series.as_object().into_iter().flat_map(|series| series.keys()) {
            if !metrics.contains(metric) {
                let message = format!("no such counter or histogram; there are {}", metrics.join(", "));
                tell(&["observations", "versions", version, metric], message);
            }
        }
    }
    doubts
}

fn list<'v>(request: &'v Value, place: &str) -> &'v [Value] {
    request.pointer(place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The id that the first of `keys` holds, as the engine reads it: a number by its digits.
fn id(members: &Value, keys: &[&str]) -> Option<String> {
    let value = keys.iter().find_map(|key| members.get(key))?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_of_what_the_experiment_does_not_have_are_told() {
        let request = json!({
            "baseline": {"id": 1}, "candidates": [{"id": "v2"}], "criteria": [{}],
            "metric_specs": {"counter_metrics": [{"id": "a"}], "histogram_metrics": [{"name": "b"}]},
            "observations": {"versions": {"1": {"a": 1, "b": null}, "v2": {"c": 1}, "zzz": {"a": 1}}}
        });
        let told: Vec<String> = doubts(&request).iter().map(ToString::to_string).collect();
        let lines = [
            "observations.versions.v2.c: no such counter or histogram; there are a, b",
            "observations.versions.zzz: no such version; there are 1, v2",
        ];
        assert_eq!(told, lines);
    }
}
