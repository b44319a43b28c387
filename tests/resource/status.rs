//! An assessment becomes the status that the controller writes: its shape, kubectl's columns, and its rules.
//!
//! Field by field, as the controller's types name them. Not here: replies decoded by those types (`conversations`).

use iter8_analytics::{from_resource, to_status};
use serde_json::{Value, json};

use crate::replay::{assessment, counts, running};

fn status(document: &Value, requests: [u32; 2], errors: [u32; 2]) -> Value {
    to_status(document, &assessment(document, &counts(requests, errors))).expect("a status")
}

#[test]
fn kubectls_columns_show_who_wins() {
    let found = status(&running(), [3000, 2500], [20, 15]);
    assert_eq!(found["experimentType"], "Canary");
    assert_eq!(found["effectiveHosts"], json!(["cart"]));
    assert_eq!(found["phase"], "Progressing");
    assert_eq!(found["message"], "IterationUpdate: Iteration 20/50 completed");
    assert_eq!(found["currentIteration"], 21);
    assert_eq!(found["lastUpdateTime"], "2026-01-01T10:10:00Z");
    let winner = &found["assessment"]["winner"];
    assert_eq!(winner["winning_version_found"], true);
    assert_eq!((&winner["current_best_version"], &winner["name"]), (&json!("candidate-0"), &json!("cart-v2")));
    assert!(winner["probability_of_winning_for_best_version"].as_f64().is_some_and(|p| p > 0.99));
    assert!(winner.get("reason").is_none(), "the controller has no such field: {winner}");
}

#[test]
fn versions_have_names_weights_and_what_the_controllers_types_have() {
    let document = running();
    let reply = assessment(&document, &counts([3000, 2500], [20, 15]));
    let found = to_status(&document, &reply).expect("a status");
    let candidate = &found["assessment"]["candidates"][0];
    assert_eq!((&candidate["id"], &candidate["name"]), (&json!("candidate-0"), &json!("cart-v2")));
    assert_eq!(candidate["weight"], reply["traffic_split_recommendation"]["progressive"]["candidate-0"]);
    assert_eq!(candidate["request_count"], 2500);
    assert!(candidate.get("rollback").is_none() && candidate.get("expected_loss").is_none(), "{candidate}");
    let criterion = &candidate["criterion_assessments"][0];
    assert_eq!(keys(criterion), ["id", "metric_id", "statistics", "threshold_assessment"]);
    let ratio = &criterion["statistics"]["ratio_statistics"];
    assert_eq!(
        keys(ratio),
        [
            "improvement_over_baseline",
            "probability_of_beating_baseline",
            "probability_of_being_best_version",
            "credible_interval"
        ]
    );
    // The baseline does not improve over itself: absent, not 0.
    let baseline = &found["assessment"]["baseline"]["criterion_assessments"][0]["statistics"]["ratio_statistics"];
    assert_eq!(keys(baseline), ["probability_of_being_best_version", "credible_interval"]);
}

#[test]
fn what_the_status_held_of_other_things_stays_and_the_next_request_follows() {
    let mut document = running();
    document["status"]["grafanaURL"] = json!("http://grafana");
    document["status"] = status(&document, [3000, 2500], [20, 15]);
    assert_eq!(document["status"]["grafanaURL"], "http://grafana");
    assert_eq!(document["status"]["startTimestamp"], "2026-01-01T10:00:00Z");
    let conditions = document["status"]["conditions"].as_array().expect("conditions");
    let types: Vec<&Value> = conditions.iter().map(|condition| &condition["type"]).collect();
    assert_eq!(types, ["MetricsSynced", "AnalyticsServiceNormal", "ExperimentCompleted"]);
    let next = &from_resource(&document).expect("a resource")[0];
    assert_eq!(next.experiment["iteration_number"], 21);
    assert_eq!(next.experiment["last_state"]["schema"], document["status"]["analysisState"]["schema"]);
    assert!(next.experiment["last_state"]["schema"].is_number());
}

#[test]
fn all_candidates_rolled_back_end_the_experiment_as_the_controller_ends_it() {
    let mut document = running();
    document["status"]["assessment"] =
        json!({"winner": {"winning_version_found": false, "current_best_version": "baseline"}});
    let found = status(&document, [3000, 3000], [20, 900]);
    assert_eq!(
        (&found["phase"], &found["message"]),
        (&json!("Completed"), &json!("ExperimentCompleted: Traffic To Baseline (Abort)"))
    );
    let versions = &found["assessment"];
    assert_eq!((&versions["baseline"]["weight"], &versions["candidates"][0]["weight"]), (&json!(100), &json!(0)));
    assert_eq!(versions["candidates"][0]["rollback"], true);
    assert_eq!(versions["winner"], document["status"]["assessment"]["winner"], "this reply's is not read any more");
    assert_eq!(found["analysisState"], json!({}));
    assert_eq!(found["endTimestamp"], "2026-01-01T10:10:00Z");
}

#[test]
fn a_status_of_an_experiment_that_nobody_has_seen_starts_with_this_assessment() {
    let mut document = running();
    let reply = assessment(&document, &counts([10, 10], [0, 0]));
    document.as_object_mut().expect("members").shift_remove("status");
    let found = to_status(&document, &reply).expect("a status");
    assert_eq!((&found["startTimestamp"], &found["currentIteration"]), (&json!("2026-01-01T10:10:00Z"), &json!(1)));
}

#[test]
fn what_does_not_belong_together_is_told() {
    let reply = assessment(&running(), &counts([10, 10], [0, 0]));
    let mut other = running();
    other["spec"]["service"]["candidates"] = json!(["a", "b"]);
    for (document, reply, message) in [
        (&other, &reply, "assessment.candidate_assessments: 1 candidates, allowed are 2"),
        (&json!(7), &reply, "documents: value is not a valid dict"),
        (&json!({"kind": "Experiment"}), &reply, "documents.spec: field required"),
        (&running(), &json!({}), "assessment.timestamp: field required"),
        (&running(), &json!([]), "assessment: value is not a valid dict"),
    ] {
        assert_eq!(to_status(document, reply).expect_err("an error").to_string(), message);
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// What the controller's Go types make of `value` at `path`: the first thing that they would not decode, or do not have.
fn not_decoded(value: &Value, path: &str) -> Option<String> {
    let key = path.rsplit('.').next().unwrap_or_default();
    let is_right = match key {
        "request_count" | "weight" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "win_probability"
        | "value"
        | "lower"
        | "upper"
        | "probability_of_beating_baseline"
        | "probability_of_being_best_version"
        | "probability_of_satisfying_threshold"
        | "probability_of_winning_for_best_version" => {
            value.as_f64().is_some_and(|number| number.abs() < f64::from(f32::MAX))
        }
        "winning_version_found" | "threshold_breached" | "rollback" => value.is_boolean(),
        "id" | "name" | "metric_id" | "current_best_version" => value.is_string(),
        "candidates" | "criterion_assessments" => {
            let items = value.as_array()?.iter();
            return items.filter_map(|item| not_decoded(item, &format!("{path}.item"))).next();
        }
        "assessment"
        | "baseline"
        | "winner"
        | "item"
        | "statistics"
        | "ratio_statistics"
        | "threshold_assessment"
        | "improvement_over_baseline"
        | "credible_interval" => {
            let Some(members) = value.as_object() else { return Some(format!("{path}: {value}")) };
            return members.iter().filter_map(|(name, value)| not_decoded(value, &format!("{path}.{name}"))).next();
        }
        _ => false,
    };
    (!is_right).then(|| format!("{path}: {value}"))
}

#[test]
fn the_controllers_types_decode_every_status() {
    for (requests, errors) in [([3000, 2500], [20, 15]), ([0, 0], [0, 0]), ([1, 0], [1, 0]), ([9000, 8000], [10, 4000])]
    {
        let found = status(&running(), requests, errors);
        assert_eq!(not_decoded(&found["assessment"], "assessment"), None, "{requests:?}");
        for field in ["phase", "message", "experimentType", "lastUpdateTime"] {
            assert!(found[field].is_string(), "{field}: {found}");
        }
        assert!(found["currentIteration"].as_i64().is_some_and(|number| i32::try_from(number).is_ok()));
        assert!(found["effectiveHosts"].as_array().is_some_and(|hosts| hosts.iter().all(Value::is_string)));
    }
}

#[test]
fn an_assessment_of_other_versions_is_told() {
    let right = assessment(&running(), &counts([10, 10], [0, 0]));
    for (place, value, message) in [
        ("/baseline_assessment/id", json!("v1"), "baseline_assessment.id: not the id of this version, `baseline`"),
        (
            "/candidate_assessments/0/id",
            json!("v2"),
            "candidate_assessments[0].id: not the id of this version, `candidate-0`",
        ),
        (
            "/winner_assessment/current_best_version",
            json!("nope"),
            "winner_assessment.current_best_version: not the id of a version",
        ),
        (
            "/candidate_assessments/0/win_probability",
            json!("x"),
            "candidate_assessments[0].win_probability: value is not a valid float",
        ),
        (
            "/baseline_assessment/request_count",
            json!([]),
            "baseline_assessment.request_count: value is not a valid float",
        ),
    ] {
        let mut reply = right.clone();
        *reply.pointer_mut(place).expect("a field") = value;
        assert_eq!(to_status(&running(), &reply).expect_err("an error").to_string(), format!("assessment.{message}"));
    }
}
