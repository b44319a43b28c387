//! Who assesses: the bootstrap's assessor, or where there is none one context of the filter at a time.

use iter8_analytics::proxy::host::Host;
use iter8_analytics::proxy::{Assessor, Worker};
use serde_json::Value;

use super::envoy::{Envoy, canary};

#[test]
fn without_an_assessor_the_machine_that_serves_nobody_stands_in_and_when_it_dies_another_one() {
    let mut envoy = Envoy::start(&canary());
    envoy.has_assessor = false;
    envoy.proxy.0.borrow_mut().conflicts = 3;
    // As the main thread's: it ticks and never has a request.
    let idle = Worker::configure(&envoy.proxy, canary().to_string().as_bytes(), true).unwrap();
    envoy.workers.push(idle);
    envoy.serve(100, &[0.0, 0.0]);
    let first = holder(&envoy);
    assert_eq!(first, 4.0, "the base machine is the first, the workers are the second and third");
    assert!(envoy.percents(&["v2"])[0] >= 70, "{:?}", envoy.percents(&["v2"]));
    envoy.workers.pop();
    envoy.serve(60, &[0.0, 0.0]);
    assert!([2.0, 3.0].contains(&holder(&envoy)), "{}", holder(&envoy));
    let iterations = iterations(&envoy);
    assert!(iterations.len() >= 12 && iterations.is_sorted_by(|one, next| one < next), "{iterations:?}");
    assert_eq!(iterations.last(), Some(&15), "{iterations:?}");
    // The last worker hands on after the holder has looked.
    envoy.workers.iter_mut().for_each(|worker| worker.tick(&envoy.proxy));
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), envoy.sent.iter().sum::<u64>());
}

#[test]
fn the_assessor_of_the_bootstrap_takes_over_from_whoever_stands_in() {
    let mut envoy = Envoy::start(&canary());
    envoy.has_assessor = false;
    envoy.serve(45, &[0.0, 0.0]);
    assert!([2.0, 3.0].contains(&holder(&envoy)));
    envoy.has_assessor = true;
    envoy.serve(60, &[0.0, 0.0]);
    assert_eq!(holder(&envoy), 4.0);
    let iterations = iterations(&envoy);
    assert!(iterations.is_sorted_by(|one, next| one < next), "{iterations:?}");
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), envoy.sent.iter().sum::<u64>());
}

#[test]
fn two_assessors_at_once_share_the_intervals_and_no_request_is_published_twice() {
    let mut envoy = Envoy::start(&canary());
    let mut second = Assessor::new();
    for _ in 0..100 {
        envoy.serve(1, &[0.0, 0.01]);
        second.tick(&envoy.proxy);
    }
    let iterations = iterations(&envoy);
    assert!(iterations.len() >= 9 && iterations.is_sorted_by(|one, next| one < next), "{iterations:?}");
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), envoy.sent.iter().sum::<u64>());
}

#[test]
fn whoever_was_stopped_while_it_assessed_leaves_what_its_successor_did() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(59, &[0.0, 0.0]);
    let before = iterations(&envoy);
    // Right after the claim of the next interval the first stands still, and another one assesses a later one.
    let mut second = Assessor::new();
    *envoy.proxy.1.borrow_mut() = Some(Box::new(move |proxy| {
        proxy.pass(120.0);
        second.tick(proxy);
    }));
    envoy.serve(3, &[0.0, 0.0]);
    let after = iterations(&envoy)[before.len()..].to_vec();
    // What the first one found is in the log, and nowhere else.
    assert_eq!(after.len(), 2, "{after:?}");
    assert_eq!(envoy.proxy.counted(&["iter8_assessments_total"]), before.len() as u64 + 1);
    envoy.serve(10, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.counted(&["iter8_assessments_total"]), before.len() as u64 + 2);
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), envoy.sent.iter().sum::<u64>());
}

#[test]
fn a_lease_that_a_wrong_clock_gave_is_none() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(5, &[0.0, 0.0]);
    envoy.has_assessor = false;
    envoy.proxy.0.borrow_mut().nanos -= 86_400 * 1_000_000_000;
    envoy.serve(20, &[0.0, 0.0]);
    assert!([2.0, 3.0].contains(&holder(&envoy)), "{}", holder(&envoy));
}

/// Who has the lease.
fn holder(envoy: &Envoy) -> f64 {
    let (bytes, _) = envoy.proxy.read("iter8/lease").unwrap();
    f64::from_le_bytes(bytes[1..9].try_into().unwrap())
}

/// Which intervals were assessed, one after the other.
fn iterations(envoy: &Envoy) -> Vec<u64> {
    let lines = envoy.proxy.lines("iter8 evidence ");
    let number = |line: &String| {
        let evidence: Value = serde_json::from_str(line.trim_start_matches("iter8 evidence ")).unwrap();
        evidence["iteration_number"].as_u64().unwrap()
    };
    lines.iter().map(number).collect()
}
