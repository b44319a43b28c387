//! The controller's loop: a call each interval, the split of its strategy followed until the next.

use serde_json::json;

use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::experiments::{controller, labels, limit, reward};
use crate::support::go_types::Response;
use crate::support::server;
use crate::support::world::{Workload, World, workload};

const NAMES: [&str; 3] = ["ship-v1", "ship-v2", "ship-v3"];
const IDS: [&str; 3] = ["baseline", "candidate-0", "candidate-1"];

/// Runs `iterations` of 30 s at 10 requests a second under the split of `strategy`.
fn run(client: &mut Client, world: &World, iterations: usize, strategy: &str) -> Vec<Response> {
    let mut weights = [100.0, 0.0, 0.0];
    let mut replies = Vec::new();
    for iteration in 0..iterations {
        let reply = client.call(if iteration == 0 { 0 } else { 30 });
        for (weight, id) in weights.iter_mut().zip(IDS) {
            *weight = f64::from(reply.weight(strategy, id).unwrap_or(0));
        }
        for (name, weight) in NAMES.iter().zip(weights) {
            world.serve(name, 300.0 * weight / 100.0);
        }
        replies.push(reply);
    }
    replies
}

fn start(workloads: impl Into<Vec<Workload>>, experiment: serde_json::Value) -> (World, Backend, Client) {
    let world = World::new(workloads);
    let backend = Backend::start({
        let world = world.clone();
        move |query| world.answer(query)
    });
    let client = Client::new(server::start_v1(&backend.url()), experiment);
    (world, backend, client)
}

#[test]
fn a_good_canary_climbs_by_its_increment_and_wins() {
    let experiment = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    let (world, _backend, mut client) =
        start([workload("ship-v1", 150.0, 0.0, 1.0), workload("ship-v2", 120.0, 0.0, 1.0)], experiment);
    let replies = run(&mut client, &world, 9, "progressive");
    let weights: Vec<i32> =
        replies.iter().map(|reply| reply.weight("progressive", "candidate-0").expect("a weight")).collect();
    assert!(weights.windows(2).all(|pair| pair[1] - pair[0] <= 20), "{weights:?}");
    assert!(*weights.last().expect("one") >= 95, "{weights:?}");
    let last = replies.last().expect("one");
    assert!(last.winning_version_found);
    assert_eq!(last.current_best_version, "candidate-0");
    assert!(!last.candidates[0].rollback);
    assert_eq!(last.candidates[0].values, [120.0]);
}

#[test]
fn the_first_call_comes_too_early_to_ask_anything() {
    let experiment = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    let (_world, backend, mut client) = start([workload("ship-v1", 150.0, 0.0, 1.0)], experiment);
    let reply = client.call(0);
    assert!(backend.take_queries().is_empty());
    assert!(!reply.winning_version_found);
    assert_eq!(reply.current_best_version, "candidate-0");
    assert_eq!(reply.weight("uniform", "candidate-0"), Some(20));
}

#[test]
fn counters_that_are_used_are_asked_and_no_ratio() {
    let experiment = controller(1, json!([limit("iter8_error_rate", "absolute", 0.05)]));
    let (world, backend, mut client) = start([workload("ship-v1", 150.0, 0.0, 1.0)], experiment);
    world.serve("ship-v1", 300.0);
    client.call(30);
    let by = "by (destination_workload,destination_workload_namespace)";
    assert_eq!(
        backend.take_queries(),
        [
            format!("sum(increase(istio_requests_total{{reporter='source'}}[30s])) {by}"),
            format!("sum(increase(istio_requests_total{{response_code=~'5..',reporter='source'}}[30s])) {by}"),
        ]
    );
}

#[test]
fn a_canary_that_fails_leaves_the_traffic_with_a_winning_baseline() {
    let experiment = controller(1, json!([limit("iter8_error_rate", "absolute", 0.05)]));
    let (world, _backend, mut client) =
        start([workload("ship-v1", 150.0, 0.0, 1.0), workload("ship-v2", 120.0, 0.5, 1.0)], experiment);
    let replies = run(&mut client, &world, 8, "progressive");
    let last = replies.last().expect("one");
    assert!(last.winning_version_found);
    assert_eq!(last.current_best_version, "baseline");
    assert!(replies.iter().all(|reply| reply.weight("progressive", "candidate-0").is_some_and(|weight| weight <= 20)));
    assert!(last.weight("progressive", "candidate-0").is_some_and(|weight| weight <= 3));
}

#[test]
fn a_last_state_that_the_cluster_drops_keeps_the_canary_at_its_increment() {
    let experiment = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    let (world, _backend, mut client) =
        start([workload("ship-v1", 150.0, 0.0, 1.0), workload("ship-v2", 120.0, 0.0, 1.0)], experiment);
    for _ in 0..4 {
        world.serve("ship-v1", 240.0);
        world.serve("ship-v2", 60.0);
        client.experiment["last_state"] = json!({});
        let reply = client.call(30);
        assert_eq!(reply.weight("progressive", "candidate-0"), Some(20));
        assert!(reply.winning_version_found);
    }
}

#[test]
fn of_three_versions_the_rewarding_one_that_keeps_its_limits_wins() {
    let criteria = json!([
        limit("iter8_mean_latency", "relative", 1.6),
        limit("iter8_error_rate", "absolute", 0.05),
        reward("crates_per_request")
    ]);
    let workloads = [
        workload("ship-v1", 33.0, 0.0, 2.5),
        workload("ship-v2", 250.0, 0.0, 40.0),
        workload("ship-v3", 36.0, 0.0, 15.0),
    ];
    let (world, _backend, mut client) = start(workloads, controller(2, criteria));
    let replies = run(&mut client, &world, 10, "progressive");
    let last = replies.last().expect("one");
    assert!(last.winning_version_found);
    assert_eq!(last.current_best_version, "candidate-1");
    assert!(last.weight("progressive", "candidate-1").is_some_and(|weight| weight > 90));
    assert!(last.weight("progressive", "candidate-0").is_some_and(|weight| weight <= 3));
}

#[test]
fn a_deployment_compared_with_itself_is_a_performance_test() {
    let mut experiment = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    experiment["candidates"][0]["version_labels"] = labels("ship-v1");
    let (world, _backend, mut client) = start([workload("ship-v1", 150.0, 0.0, 1.0)], experiment);
    world.serve("ship-v1", 300.0);
    let reply = client.call(60);
    assert_eq!(reply.baseline.request_count, reply.candidates[0].request_count);
    assert_eq!(reply.current_best_version, "candidate-0");
}

#[test]
fn no_candidate_at_all_is_answered() {
    let experiment = controller(0, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    let (world, _backend, mut client) = start([workload("ship-v1", 150.0, 0.0, 1.0)], experiment);
    world.serve("ship-v1", 300.0);
    let reply = client.call(60);
    assert_eq!(reply.weight("progressive", "baseline"), Some(100));
    assert_eq!(reply.current_best_version, "baseline");
    assert!(reply.candidates.is_empty());
}

#[test]
fn a_service_wide_experiment_sends_other_labels_and_an_empty_name() {
    let mut experiment = controller(1, json!([limit("iter8_error_rate", "absolute", 0.05)]));
    experiment["service_name"] = json!("");
    for version in ["/baseline", "/candidates/0"] {
        let version = experiment.pointer_mut(version).expect("a version");
        version["version_labels"] = json!({"destination_service_name": "ship", "destination_service_namespace": "x"});
    }
    let (_world, backend, mut client) = start([workload("ship-v1", 150.0, 0.0, 1.0)], experiment);
    client.call(60);
    let queries = backend.take_queries();
    assert!(queries.iter().all(|query| query.ends_with("by (destination_service_name,destination_service_namespace)")));
}

#[test]
fn the_last_state_of_ten_candidates_and_five_criteria_stays_small() {
    let criteria = json!([
        limit("iter8_mean_latency", "relative", 1.6),
        limit("iter8_error_rate", "absolute", 0.05),
        limit("iter8_error_count", "absolute", 900.0),
        limit("crates_per_request", "absolute", 1.0),
        reward("crates_per_request")
    ]);
    let (world, _backend, mut client) =
        start(NAMES.map(|name| workload(name, 100.0 / 3.0, 1.0 / 70.0, 7.0 / 3.0)), controller(10, criteria));
    for name in NAMES {
        world.serve(name, 1234.0);
    }
    client.call(60);
    let reply = client.call(30);
    let bytes = reply.last_state.to_string().len();
    assert!(bytes <= 16_000, "{bytes} bytes");
}

#[test]
fn a_restarted_workload_counts_from_zero_and_its_old_count_stays() {
    let experiment = controller(1, json!([limit("iter8_error_rate", "absolute", 0.05)]));
    let (world, backend, mut client) =
        start([workload("ship-v1", 150.0, 0.01, 1.0), workload("ship-v2", 120.0, 0.01, 1.0)], experiment);
    world.serve("ship-v1", 600.0);
    world.serve("ship-v2", 400.0);
    assert_eq!(client.call(60).candidates[0].request_count, 400);
    let young = World::new([workload("ship-v1", 150.0, 0.01, 1.0), workload("ship-v2", 120.0, 0.01, 1.0)]);
    young.serve("ship-v1", 700.0);
    young.serve("ship-v2", 10.0);
    backend.follow(move |query| young.answer(query));
    let reply = client.call(30);
    assert_eq!((reply.baseline.request_count, reply.candidates[0].request_count), (700, 400));
}

#[test]
fn candidates_and_criteria_may_change_in_the_middle() {
    let experiment = controller(1, json!([limit("iter8_error_rate", "absolute", 0.05)]));
    let workloads = NAMES.map(|name| workload(name, 100.0, 0.01, 1.0));
    let (world, _backend, mut client) = start(workloads, experiment);
    for name in NAMES {
        world.serve(name, 500.0);
    }
    client.call(60);
    let more = controller(2, json!([limit("iter8_mean_latency", "relative", 1.2), reward("crates_per_request")]));
    for member in ["candidates", "criteria"] {
        client.experiment[member] = more[member].clone();
    }
    let reply = client.call(30);
    assert_eq!(reply.candidates.len(), 2);
    assert_eq!(reply.candidates[1].values, [100.0, 1.0]);
    client.experiment["candidates"] = json!([]);
    assert_eq!(client.call(30).weight("progressive", "baseline"), Some(100));
}

#[test]
fn a_limit_and_a_reward_on_one_metric_share_an_id() {
    let criteria = json!([limit("crates_per_request", "absolute", 1.5), reward("crates_per_request")]);
    let (world, _backend, mut client) =
        start([workload("ship-v1", 33.0, 0.0, 2.5), workload("ship-v2", 33.0, 0.0, 1.0)], controller(1, criteria));
    world.serve("ship-v1", 500.0);
    world.serve("ship-v2", 500.0);
    let reply = client.call(60);
    assert_eq!(reply.candidates[0].values, [1.0, 1.0]);
    assert_eq!(reply.current_best_version, "baseline");
}
