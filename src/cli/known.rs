//! The fields of a request that no version of the API knows, and those of a world that no world has.
//!
//! The server ignores such fields, as v1.0.0 did, and so a limit whose name is misspelt is no limit: `check` tells. What
//! clients of v1.0.0 are known to send beside is no slip.
//!
//! Not here: fields that are there and wrong, and what has names of its own (labels, the last state, metric data).

use serde_json::{Map, Value};

use crate::server::near::nearest;
use crate::{FieldError, Segment};

/// A fault for each field of `request` that nobody knows.
pub(super) fn unknown_fields(request: &Value) -> Vec<FieldError> {
    unknown(request, KNOWN)
}

/// A fault for each field of `world` that no world of `simulate` has.
pub(super) fn unknown_fields_of_world(world: &Value) -> Vec<FieldError> {
    unknown(world, WORLD)
}

fn unknown(value: &Value, sections: &Known) -> Vec<FieldError> {
    let mut faults = Vec::new();
    walk(value, sections, "", &mut Vec::new(), &mut faults);
    faults
}

/// Section -> its fields.
type Known = [(&'static str, &'static [&'static str])];

/// `section` is the way to `value`, such as `criteria[].threshold`.
fn walk(value: &Value, sections: &Known, section: &str, location: &mut Vec<Segment>, faults: &mut Vec<FieldError>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                location.push(Segment::Index(index));
                walk(item, sections, &format!("{section}[]"), location, faults);
                location.pop();
            }
        }
        Value::Object(members) => members_of(members, sections, section, location, faults),
        _ => {}
    }
}

fn members_of(
    members: &Map<String, Value>,
    sections: &Known,
    section: &str,
    location: &mut Vec<Segment>,
    faults: &mut Vec<FieldError>,
) {
    let Some((_, known)) = sections.iter().find(|(name, _)| *name == section) else { return };
    let sent = SENT.iter().find(|(name, _)| *name == section).map_or(&[][..], |(_, sent)| *sent);
    for (key, value) in members {
        location.push(Segment::Key(key.clone()));
        if known.contains(&key.as_str()) {
            let dot = if section.is_empty() { "" } else { "." };
            walk(value, sections, &format!("{section}{dot}{key}"), location, faults);
        } else if !sent.contains(&key.as_str()) {
            let free = known.iter().copied().filter(|name| !members.contains_key(*name));
            let message = match nearest(key, free) {
                Some(name) => format!("no such field; did you mean `{name}`?"),
                None => format!("no such field; there are {}", known.join(", ")),
            };
            let location = location.clone();
            faults.push(FieldError { location, message, kind: "value_error.extra", context: None });
        }
        location.pop();
    }
}

/// Section -> its fields, in the dialects of all clients.
const KNOWN: &Known = &[
    (
        "",
        &[
            "name",
            "start_time",
            "iteration_number",
            "service_name",
            "baseline",
            "candidates",
            "metric_specs",
            "criteria",
            "traffic_control",
            "last_state",
            "method",
            "now",
            "seed",
            "alpha",
            "winner_threshold",
            "exploration_percentage",
            "scrape_interval_seconds",
            "rollback",
            "observations",
        ],
    ),
    ("baseline", VERSION),
    ("candidates[]", VERSION),
    ("metric_specs", &["counter_metrics", "ratio_metrics", "histogram_metrics"]),
    (
        "metric_specs.counter_metrics[]",
        &["name", "id", "preferred_direction", "descriptive_short_name", "query_template", "kind", "of"],
    ),
    (
        "metric_specs.ratio_metrics[]",
        &["name", "id", "preferred_direction", "descriptive_short_name", "numerator", "denominator", "zero_to_one"],
    ),
    (
        "metric_specs.histogram_metrics[]",
        &["name", "id", "preferred_direction", "descriptive_short_name", "query_template", "sum"],
    ),
    ("criteria[]", CRITERION),
    ("criteria[].threshold", THRESHOLD),
    ("traffic_control", &["max_increment", "strategy"]),
    ("observations", &["versions", "blocks", "problems"]),
    ("observations.problems[]", &["metric", "version", "code", "message"]),
];
const WORLD: &Known = &[
    (
        "",
        &[
            "base",
            "name",
            "versions",
            "requests_per_second",
            "interval_seconds",
            "blocks",
            "iterations",
            "criteria",
            "strategy",
            "max_increment",
            "alpha",
            "rollback",
            "method",
            "drift",
            "incident",
            "icc",
            "noise",
            "last_state",
            "observations",
            "split",
        ],
    ),
    ("versions[]", &["id", "error_rate", "conversion_rate", "latency_ms", "books"]),
    ("versions[].latency_ms", &["distribution", "mean", "shape", "sigma", "exponent", "delay_probability", "delay_ms"]),
    ("incident", &["from", "to", "factor", "versions"]),
    ("criteria[]", CRITERION),
    ("criteria[].threshold", THRESHOLD),
];
const VERSION: &[&str] = &["id", "version_labels"];
const CRITERION: &[&str] = &["id", "metric_id", "is_reward", "threshold", "quantile"];
const THRESHOLD: &[&str] = &["type", "threshold_type", "value"];
/// Section -> what iter8's Kui and its metrics carry beside, which no version of the API reads.
const SENT: &[(&str, &[&str])] = &[
    ("", &["edgeServiceInformation"]),
    ("metric_specs.counter_metrics[]", &["units"]),
    ("metric_specs.ratio_metrics[]", &["units"]),
    ("metric_specs.histogram_metrics[]", &["units"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn told(request: Value) -> Vec<String> {
        unknown_fields(&request).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_misspelt_field_is_told_with_the_name_that_was_meant() {
        let request = json!({"criteria": [{"id": "a", "treshold": {}}], "traffic_control": {"max_incremnt": 5}});
        let lines = [
            "criteria[0].treshold: no such field; did you mean `threshold`?",
            "traffic_control.max_incremnt: no such field; did you mean `max_increment`?",
        ];
        assert_eq!(told(request), lines);
        let request = json!({"baseline": {"id": "a", "weight": 5}});
        assert_eq!(told(request), ["baseline.weight: no such field; there are id, version_labels"]);
    }

    #[test]
    fn what_clients_send_and_what_has_names_of_its_own_is_no_slip() {
        let request = json!({
            "edgeServiceInformation": {"x": 1}, "last_state": {"x": 1}, "baseline": {"version_labels": {"x": "y"}},
            "metric_specs": {"counter_metrics": [{"name": "a", "units": "ms"}]}, "observations": {"versions": {"x": {}}}
        });
        assert!(told(request).is_empty());
    }

    /// The names before `:` or `?:` in the types that the npm package tells.
    fn fields_of_types(text: &str) -> BTreeSet<&str> {
        let code = text.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
        let parts = code.flat_map(|line| line.split(['{', ';']));
        let names = parts.filter_map(|part| part.split_once(':').map(|(name, _)| name.trim().trim_end_matches('?')));
        names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')).collect()
    }

    #[test]
    fn the_fields_are_those_of_the_types() {
        let typed = fields_of_types(include_str!("../../pkg/types/experiment.d.ts"));
        let known: BTreeSet<&str> = KNOWN
            .iter()
            .filter(|(section, _)| !section.starts_with("observations"))
            .flat_map(|(_, fields)| fields.iter().copied())
            .collect();
        assert!(known.len() > 30);
        assert_eq!(typed, known);
    }

    #[test]
    fn the_fields_of_a_world_are_those_of_its_type() {
        let typed = include_str!("../../pkg/types/simulation.d.ts");
        let named =
            WORLD.iter().filter(|(section, _)| !section.starts_with("criteria")).flat_map(|(_, fields)| *fields);
        for field in named {
            assert!(typed.contains(&format!("  {field}?: ")) || typed.contains(&format!("  {field}: ")), "{field}");
        }
        let world = json!({"base": "aa", "max_incremnt": 5, "incident": {"factr": 1}, "split": "recommended"});
        let told: Vec<String> = unknown_fields_of_world(&world).iter().map(ToString::to_string).collect();
        let lines = [
            "max_incremnt: no such field; did you mean `max_increment`?",
            "incident.factr: no such field; did you mean `factor`?",
        ];
        assert_eq!(told, lines);
    }
}
