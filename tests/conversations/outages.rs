//! The backend fails in the middle of an experiment: the controller must see a reply all the same.

use serde_json::{Value, json};

use crate::support::backend::{Answer, Backend};
use crate::support::client::Client;
use crate::support::experiments::{controller, limit};
use crate::support::go_types::Response;
use crate::support::server;
use crate::support::world::{World, workload};

/// A good canary that has climbed for five iterations, when the backend starts to answer by `rule`.
fn reply_after(rule: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Response, Response, Response) {
    let world = World::new([workload("ship-v1", 150.0, 0.0, 1.0), workload("ship-v2", 120.0, 0.0, 1.0)]);
    let backend = Backend::start({
        let world = world.clone();
        move |query| world.answer(query)
    });
    let experiment = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    let mut client = Client::new(server::start_v1(&backend.url()), experiment);
    let mut before = Response::default();
    for _ in 0..5 {
        world.serve("ship-v1", 150.0);
        world.serve("ship-v2", 150.0);
        before = client.call(30);
    }
    backend.follow(rule);
    let during = client.call(30);
    backend.follow(move |query| world.answer(query));
    (before, during, client.call(30))
}

fn the_experiment_goes_on(rule: impl Fn(&str) -> Answer + Send + Sync + 'static, status: &str) {
    let (before, during, after) = reply_after(rule);
    assert!(before.winning_version_found);
    assert!(!during.winning_version_found, "a winner without data");
    assert!(during.status.iter().any(|code| code == status), "{:?}", during.status);
    assert!(!during.candidates[0].rollback);
    let weight = |reply: &Response| reply.weight("progressive", "candidate-0").expect("a weight");
    assert_eq!(weight(&during), weight(&before));
    assert!(after.winning_version_found);
    assert!(after.status.is_empty(), "{:?}", after.status);
    assert!(weight(&after) >= weight(&before));
}

#[test]
fn a_backend_that_hangs_up_parks_nothing() {
    the_experiment_goes_on(|_| Answer::HangUp, "no_prom_server");
}

#[test]
fn a_backend_that_answers_503_parks_nothing() {
    let (_, during, _) = reply_after(|_| Answer::Json(503, json!("starting up")));
    assert!(!during.winning_version_found);
    assert!(!during.status.is_empty());
}

#[test]
fn a_backend_that_refuses_the_query_parks_nothing() {
    let refusal = json!({"status": "error", "errorType": "bad_data", "error": "parse error"});
    the_experiment_goes_on(move |_| Answer::Json(400, refusal.clone()), "no_prom_data");
}

#[test]
fn a_backend_that_answers_another_form_parks_nothing() {
    let matrix = json!({"status": "success", "data": {"resultType": "matrix", "result": []}});
    for body in [json!({"status": "success"}), matrix] {
        the_experiment_goes_on(move |_| Answer::Json(200, body.clone()), "no_prom_data");
    }
}

#[test]
fn a_backend_that_is_no_prometheus_parks_nothing() {
    for body in [json!([]), Value::Null, json!("<html>")] {
        let (before, during, after) = reply_after(move |_| Answer::Json(200, body.clone()));
        assert!(!during.status.is_empty());
        assert!(!during.winning_version_found);
        assert!(before.winning_version_found && after.winning_version_found);
    }
}

#[test]
fn a_backend_that_knows_one_counter_only_tells_that_one() {
    let (before, during, after) = reply_after(|query| {
        let labels = crate::support::experiments::labels;
        if query.contains("milliseconds_sum") {
            return Answer::HangUp;
        }
        crate::support::backend::vector([(labels("ship-v1"), "900"), (labels("ship-v2"), "900")])
    });
    assert_eq!(during.baseline.request_count, 900);
    assert_eq!(during.candidates[0].request_count, 900);
    assert!(!during.winning_version_found, "a winner without data");
    assert!(before.winning_version_found && after.winning_version_found);
}

#[test]
fn not_a_number_is_told_and_parks_nothing() {
    let (_, during, _) = reply_after(|_| {
        let labels = crate::support::experiments::labels;
        crate::support::backend::vector([(labels("ship-v1"), "NaN"), (labels("ship-v2"), "NaN")])
    });
    assert!(during.status.iter().any(|code| code == "nan value"), "{:?}", during.status);
}
