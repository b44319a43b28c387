//! Totals call by call, each with the last reply's state: what was decided stays decided, and the unit decides nothing.

use iter8_analytics::assessment::Assessment;
use iter8_analytics::{Options, assess};
use serde_json::{Value, json};

/// Looks a minute apart; `totals` are the observations of each.
fn chain(experiment: &Value, totals: &[Value]) -> Vec<Assessment> {
    let mut experiment = experiment.clone();
    let mut all: Vec<Assessment> = Vec::new();
    for (minute, versions) in totals.iter().enumerate() {
        let now = format!("2026-06-01T09:{:02}:00Z", minute + 1);
        let options = Options::at(&now).expect("an instant");
        let reply = assess(&experiment, Some(&json!({"versions": versions})), &options).expect("an assessment");
        experiment["last_state"] = json!(reply.last_state);
        all.push(reply);
    }
    all
}

fn errors(criteria: Value) -> Value {
    json!({
        "start_time": "2026-06-01T09:00:00Z", "service_name": "ferry",
        "baseline": {"id": "b"}, "candidates": [{"id": "c1"}],
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}, {"name": "errors"}],
            "ratio_metrics": [{"name": "er", "numerator": "errors", "denominator": "iter8_request_count",
                               "preferred_direction": "lower", "zero_to_one": true}]
        },
        "criteria": criteria, "traffic_control": {"max_increment": 100}
    })
}

fn limit() -> Value {
    json!([{"id": "er", "metric_id": "er", "threshold": {"type": "absolute", "value": 0.05}}])
}

fn served(requests: u32, errors: u32) -> Value {
    json!({"iter8_request_count": requests, "errors": errors})
}

/// A bad first interval, and nothing more.
fn rolled_back_at_first() -> Vec<Value> {
    vec![
        json!({"b": served(300, 1), "c1": served(300, 60)}),
        json!({"b": served(600, 2), "c1": served(300, 60)}),
        json!({"b": served(900, 3), "c1": served(300, 60)}),
    ]
}

fn weight(reply: &Assessment, version: &str) -> i32 {
    *reply.traffic_split_recommendation.uniform.get(version).expect("a weight")
}

fn codes(reply: &Assessment) -> Vec<&str> {
    reply.notes.iter().map(|note| note.code).collect()
}

#[test]
fn whoever_was_rolled_back_stays_so_when_the_evidence_falls() {
    let replies = chain(&errors(limit()), &rolled_back_at_first());
    for (look, reply) in replies.iter().enumerate() {
        let candidate = &reply.candidate_assessments[0];
        assert!(candidate.rollback, "look {look}");
        assert_eq!((weight(reply, "c1"), weight(reply, "b")), (0, 100), "look {look}");
        let is_enough = candidate.log_e_rollback.expect("evidence") >= NEEDED;
        assert_eq!((look == 0, codes(reply).contains(&"rolled_back_before")), (is_enough, !is_enough), "look {look}");
        assert_eq!(reply.winner_assessment.current_best_version, "b");
    }
    // With which evidence stays what it was.
    let states: Vec<Value> = replies.iter().map(|reply| json!(reply.last_state)["rolled_back"].clone()).collect();
    assert!(states[0]["c1"].as_f64().expect("evidence") >= NEEDED);
    assert_eq!((&states[1], &states[2]), (&states[0], &states[0]));
}

#[test]
fn a_rollback_that_is_not_remembered_is_decided_by_the_present() {
    let totals = rolled_back_at_first();
    let again = |change: &dyn Fn(&mut Value)| {
        let mut experiment = errors(limit());
        experiment["last_state"] = json!(chain(&experiment, &totals[..1])[0].last_state);
        change(&mut experiment);
        let options = Options::at("2026-06-01T09:02:00Z").expect("an instant");
        let reply = assess(&experiment, Some(&json!({"versions": totals[1]})), &options).expect("an assessment");
        (reply.candidate_assessments[0].rollback, json!(reply.last_state).get("rolled_back").is_some())
    };
    assert_eq!(again(&|_| {}), (true, true));
    // A controller in Go sends whole numbers as such.
    assert_eq!(again(&|experiment| experiment["last_state"]["rolled_back"]["c1"] = json!(9)), (true, true));
    assert_eq!(again(&|experiment| experiment["rollback"] = json!("never")), (false, false));
    for malformed in [json!(null), json!([1]), json!("c1"), json!({"c1": null}), json!({"c2": 9.5}), json!({"b": 9.5})]
    {
        let change = |experiment: &mut Value| experiment["last_state"]["rolled_back"] = malformed.clone();
        assert_eq!(again(&change), (false, false), "{malformed}");
    }
}

#[test]
fn intervals_that_come_later_do_not_take_a_rollback_back() {
    // Range queries have no complete interval at first.
    let later = |requests: u32, errors: u32| json!({"iter8_request_count": [300, requests], "errors": [1, errors]});
    let mut totals = rolled_back_at_first();
    totals[1] = json!({"b": later(300, 1), "c1": {"iter8_request_count": [300, 0], "errors": [60, 0]}});
    totals[2] = totals[1].clone();
    let replies = chain(&errors(limit()), &totals);
    assert!(replies.iter().all(|reply| reply.candidate_assessments[0].rollback));
    // Nor do they begin to remember what they say anew each time.
    let mut experiment = errors(limit());
    experiment["observations"] = json!({"versions": {
        "b": {"iter8_request_count": vec![300; 9], "errors": vec![1; 9]},
        "c1": {"iter8_request_count": vec![300; 9], "errors": [60, 61, 59, 62, 58, 60, 63, 57, 60]}}});
    let reply = assess(&experiment, None, &crate::options()).expect("an assessment");
    assert!(reply.candidate_assessments[0].rollback && json!(reply.last_state).get("rolled_back").is_none());
}

#[test]
fn a_shared_incident_rolls_nobody_back_and_is_remembered_of_nobody() {
    let mut totals = rolled_back_at_first();
    // The baseline breaks the limit too, by all of its intervals.
    for minute in 1..12_u32 {
        totals.push(json!({"b": served(900 + minute * 900, 3 + minute * 300), "c1": served(300, 60)}));
    }
    let replies = chain(&errors(limit()), &totals);
    let last = replies.last().expect("a reply");
    let verdict = json!(last.baseline_assessment)["criterion_assessments"][0]["evidence"]["verdict"].clone();
    assert_eq!(verdict, "violated");
    assert!(!last.candidate_assessments[0].rollback);
    assert!(json!(last.last_state).get("rolled_back").is_none());
}

#[test]
fn while_the_backend_fails_who_was_rolled_back_is_kept_in_mind() {
    let mut experiment = errors(limit());
    let totals = rolled_back_at_first();
    experiment["last_state"] = json!(chain(&experiment, &totals[..1])[0].last_state);
    let down = json!({"versions": {}, "problems": [
        {"metric": "iter8_request_count", "code": "no_prom_server", "message": "down"},
        {"metric": "errors", "code": "no_prom_server", "message": "down"}]});
    let at = |minute: u32| Options::at(&format!("2026-06-01T09:0{minute}:00Z")).expect("an instant");
    let during = assess(&experiment, Some(&down), &at(2)).expect("an assessment");
    assert!(!during.candidate_assessments[0].rollback);
    assert_eq!(json!(during.last_state)["rolled_back"], experiment["last_state"]["rolled_back"]);
    experiment["last_state"] = json!(during.last_state);
    let after = assess(&experiment, Some(&json!({"versions": totals[1]})), &at(3)).expect("an assessment");
    assert!(after.candidate_assessments[0].rollback);
}

#[test]
fn where_nobody_is_rolled_back_the_state_says_nothing() {
    let totals =
        [json!({"b": served(300, 1), "c1": served(300, 2)}), json!({"b": served(600, 2), "c1": served(600, 3)})];
    for reply in chain(&errors(limit()), &totals) {
        assert!(json!(reply.last_state).get("rolled_back").is_none());
    }
}

/// The verdict, and the probabilities, on a mean of about 0.0004 seconds, in a unit of which a second has so many.
fn latencies(per_second: f64) -> Vec<(String, f64, f64)> {
    let mut experiment = errors(json!([
        {"id": "l", "metric_id": "latency", "threshold": {"type": "absolute", "value": 3e-5 * per_second}}]));
    experiment["metric_specs"] = json!({
        "counter_metrics": [{"name": "iter8_request_count"}, {"name": "spent"}],
        "ratio_metrics": [{"name": "latency", "numerator": "spent", "denominator": "iter8_request_count",
                           "preferred_direction": "lower"}]
    });
    let spent = |looks: usize, each: f64| {
        // 10 requests a look, not quite alike.
        let sum: f64 = (0..looks).map(|look| each * (1.0 + [0.0, 0.1, -0.1, 0.05][look % 4])).sum();
        json!({"iter8_request_count": 10 * looks, "spent": sum * per_second})
    };
    let totals: Vec<Value> =
        (1..=12).map(|looks| json!({"b": spent(looks, 0.000_15), "c1": spent(looks, 0.000_45)})).collect();
    let mut found = Vec::new();
    for reply in chain(&experiment, &totals) {
        let reply = json!(reply);
        let criterion = &reply["candidate_assessments"][0]["criterion_assessments"][0];
        let number = |value: &Value| value.as_f64().expect("a number");
        found.push((
            criterion["evidence"]["verdict"].to_string(),
            number(&criterion["threshold_assessment"]["probability_of_satisfying_threshold"]),
            number(&criterion["statistics"]["value"]) / per_second,
        ));
    }
    found
}

#[test]
fn the_unit_of_a_mean_decides_nothing() {
    let seconds = latencies(1.0);
    assert_eq!(seconds.last().expect("a look").0, "\"violated\"");
    for per_second in [1e3, 1e6] {
        for (look, (found, expected)) in latencies(per_second).iter().zip(&seconds).enumerate() {
            assert_eq!(found.0, expected.0, "look {look}");
            // The state keeps six digits.
            assert!((found.1 - expected.1).abs() < 1e-5, "look {look}: {found:?}, {expected:?}");
            assert!((found.2 / expected.2 - 1.0).abs() < 1e-5, "look {look}: {found:?}, {expected:?}");
        }
    }
}

#[test]
fn after_a_reset_the_requests_are_those_of_the_value() {
    let totals = [
        json!({"b": served(600, 6), "c1": served(600, 6)}),
        json!({"b": served(1200, 12), "c1": served(100, 2)}),
        json!({"b": served(1800, 18), "c1": served(700, 8)}),
    ];
    let replies = chain(&errors(limit()), &totals);
    assert!(codes(&replies[1]).contains(&"counter_reset"));
    for (reply, (requests, errors)) in replies.iter().zip([(600, 6.0), (700, 8.0), (1300, 14.0)]) {
        let candidate = json!(reply.candidate_assessments[0]);
        assert_eq!(candidate["request_count"], requests);
        let value = candidate["criterion_assessments"][0]["statistics"]["value"].as_f64().expect("a value");
        assert!((value - errors / f64::from(requests)).abs() < 1e-12, "{value}");
    }
}

/// ln 20, rounded down.
const NEEDED: f64 = 2.995_7;
