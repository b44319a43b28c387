//! Machines that die and start again, configurations that change while old listeners drain.

use iter8_analytics::proxy::{Assessor, Worker};
use serde_json::{Value, json};

use super::envoy::{Envoy, canary};

#[test]
fn a_worker_that_starts_again_goes_on_with_the_split_and_loses_one_flush_at_most() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(62, &[0.0, 0.0]);
    let (percents, counted) = (envoy.percents(&["v1", "v2"]), envoy.proxy.counted(&["istio_requests_total"]));
    envoy.workers[0] = Worker::configure(&envoy.proxy, canary().to_string().as_bytes(), true).unwrap();
    let before = envoy.sent.clone();
    envoy.serve(5, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), counted + 1_000);
    assert_eq!(envoy.percents(&["v1", "v2"]), percents);
    let share = (envoy.sent[1] - before[1]) as f64 / 1_000.0;
    assert!((share - percents[1] as f64 / 100.0).abs() < 0.08, "{share} of {percents:?}");
    assert_eq!(envoy.proxy.lines("begins or goes on").len(), 1);
}

#[test]
fn an_assessor_that_starts_again_comes_to_the_same_assessments() {
    let run = |restarts: bool| {
        let mut envoy = Envoy::start(&canary());
        for _ in 0..12 {
            envoy.serve(7, &[0.01, 0.03]);
            if restarts {
                envoy.assessor = Assessor::new();
            }
        }
        (envoy.proxy.lines("iter8 assessment "), envoy.proxy.0.borrow().counters.clone())
    };
    let (with, without) = (run(true), run(false));
    assert!(with.0.len() > 5);
    assert_eq!(with, without);
}

#[test]
fn another_limit_judges_what_was_observed_before() {
    let mut lenient = canary();
    lenient["criteria"][0]["threshold"]["value"] = json!(0.2);
    let mut envoy = Envoy::start(&lenient);
    envoy.serve(300, &[0.01, 0.06]);
    assert_eq!(envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]), Some(0));
    let counted = envoy.proxy.counted(&["istio_requests_total"]);
    change(&mut envoy, &canary());
    envoy.serve(11, &[0.01, 0.06]);
    assert_eq!(envoy.proxy.lines("configuration 2").len(), 1);
    assert_eq!(envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]), Some(1));
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), counted + 11 * 200);
}

#[test]
fn an_old_worker_that_starts_again_brings_no_old_configuration_back() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(5, &[0.0, 0.0]);
    let mut second = canary();
    second["traffic_control"]["max_increment"] = json!(5);
    change(&mut envoy, &second);
    envoy.serve(5, &[0.0, 0.0]);
    Worker::configure(&envoy.proxy, canary().to_string().as_bytes(), true).unwrap();
    envoy.serve(5, &[0.0, 0.0]);
    assert!(envoy.proxy.lines("configuration 3").is_empty());
    // Whoever changes the listener back means it.
    change(&mut envoy, &canary());
    envoy.serve(5, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.lines("configuration 3").len(), 1);
}

#[test]
fn other_versions_begin_anew_beside_the_old_experiment() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(60, &[0.0, 0.0]);
    let mut other = canary();
    other["candidates"] = json!([{"id": "v3"}]);
    change(&mut envoy, &other);
    envoy.serve(1, &[0.0, 0.0]);
    let before = envoy.sent[1];
    envoy.serve(5, &[0.0, 0.0]);
    assert_eq!(envoy.sent[1], before, "the new candidate starts without traffic");
    // The baseline's counter goes on: it is the same series.
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), envoy.sent.iter().sum::<u64>());
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(20, &[0.0, 0.0]);
    let mut wrong = canary();
    wrong["criteria"][0]["metric_id"] = json!("nothing");
    let data = envoy.proxy.0.borrow().data.clone();
    assert!(Worker::configure(&envoy.proxy, wrong.to_string().as_bytes(), false).is_err());
    assert_eq!(envoy.proxy.0.borrow().data, data);
}

/// As a listener that changes: new contexts in machines that run already.
pub fn change(envoy: &mut Envoy, configuration: &Value) {
    for worker in &mut envoy.workers {
        worker.tick(&envoy.proxy);
        *worker = Worker::configure(&envoy.proxy, configuration.to_string().as_bytes(), false).unwrap();
    }
}
