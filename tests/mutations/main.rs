//! Thousands of requests that are wrong somewhere, over connections that are kept: each gets an answer in time.
//!
//! The backend is well. An answer is never 5xx, never a dropped connection, never later than 2 s (8 s for a body
//! over 1 MB); a 200 is one that the controller can decode, anything else says `detail` in JSON.
//!
//! Not here: which answer (`cases`).

#![cfg(feature = "native")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]
#![allow(clippy::disallowed_methods, reason = "this test measures how long an answer takes")]

#[path = "../support/mod.rs"]
mod support;

mod monsters;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::backend::Backend;
use support::experiments::{controller, kui, limit, reward};
use support::http::Connection;
use support::mutate::{Dice, changed_bytes, changed_members};
use support::world::{World, workload};

/// A server whose backend is well.
fn start() -> SocketAddr {
    let world = World::new([workload("ship-v1", 150.0, 0.01, 2.0), workload("ship-v2", 120.0, 0.02, 3.0)]);
    world.serve("ship-v1", 900.0);
    world.serve("ship-v2", 300.0);
    let backend = Backend::start(move |query| world.answer(query));
    support::server::start(&backend.url())
}

/// What is wrong with the answer to this body, if anything.
fn fault(connection: &mut Connection, body: &[u8]) -> Result<(), String> {
    let patience = Duration::from_secs(if body.len() > 1_000_000 { 8 } else { 2 });
    let start = Instant::now();
    let reply = connection.post("/assessment", body).map_err(|error| format!("no reply: {error}"))?;
    let elapsed = start.elapsed();
    if elapsed > patience {
        return Err(format!("{elapsed:?} until {}", reply.status));
    }
    let parsed: Result<Value, _> = serde_json::from_slice(&reply.body);
    match (reply.status, parsed) {
        (200, _) => support::go_types::decode(&reply.text()).map(drop),
        (400..=499, Ok(value)) if value.get("detail").is_some() => Ok(()),
        (status, _) => Err(format!("{status} {}", reply.text())),
    }
}

/// Posts `count` bodies and panics with the first few that are answered wrongly.
fn post_all(address: SocketAddr, count: usize, mut body: impl FnMut(usize) -> Vec<u8>) {
    let mut connection = Connection::open(address).expect("a connection");
    let mut faults = Vec::new();
    for index in 0..count {
        let body = body(index);
        if let Err(fault) = fault(&mut connection, &body) {
            let text = String::from_utf8_lossy(&body);
            let shown: String = text.chars().take(1500).collect();
            faults.push(format!("request {index}: {fault}\n{shown}\n"));
            connection = Connection::open(address).expect("the server still listens");
        }
        assert!(faults.len() < 5, "{}", faults.join("\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Requests that are good, of both clients, some with a past.
fn good_requests() -> Vec<Value> {
    let criteria = json!([
        limit("iter8_mean_latency", "relative", 1.6),
        limit("iter8_error_rate", "absolute", 0.05),
        reward("crates_per_request")
    ]);
    let mut first = controller(1, criteria.clone());
    first["now"] = json!("2026-06-01T09:05:00Z");
    let mut young = controller(2, criteria.clone());
    young["now"] = json!("2026-06-01T09:00:05Z");
    let mut later = first.clone();
    later["last_state"] = last_state();
    let mut given = first.clone();
    given["observations"] = json!({"versions": {
        "baseline": {"iter8_request_count": 900, "iter8_total_latency": [40000, 50000, null], "iter8_error_count": 9,
                     "crates_total": {"total": 1800, "intervals": [900, 800, 100]}},
        "candidate-0": {"iter8_request_count": 300, "iter8_total_latency": [16000, 20000, 1], "iter8_error_count": null}
    }, "problems": [{"metric": "crates_total", "code": "no_prom_data", "message": "why"}]});
    let mut kui =
        kui(json!([{"id": 0, "metric_id": "iter8_error_rate", "threshold": {"type": "absolute", "value": 0.1}}]));
    kui["now"] = json!("2026-06-01T09:05:00Z");
    vec![first, young, later, given, kui]
}

fn last_state() -> Value {
    let point = |value: f64| json!({"value": value, "timestamp": "2026-06-01T09:04:30.5+00:00", "status": "all_ok"});
    let counters = || {
        json!({"iter8_request_count": point(200.0), "iter8_total_latency": point(24000.0),
                             "iter8_error_count": point(1.0), "crates_total": point(300.0)})
    };
    let ratios = || {
        json!({"iter8_mean_latency": point(120.0), "iter8_error_rate": point(0.005),
                           "crates_per_request": point(1.5)})
    };
    let range = json!({"minimum": 0.001, "maximum": 200.0});
    let split = json!({"baseline": 80, "candidate-0": 20});
    json!({
        "aggregated_counter_metrics": {"baseline": counters(), "candidate-0": counters()},
        "aggregated_ratio_metrics": {"baseline": ratios(), "candidate-0": ratios()},
        "ratio_max_mins": {"iter8_mean_latency": range, "iter8_error_rate": range, "crates_per_request": range},
        "traffic_split_recommendation": {"progressive": split, "top_2": split, "uniform": split}
    })
}

#[test]
fn good_requests_are_answered_with_200() {
    let mut connection = Connection::open(start()).expect("a connection");
    for request in good_requests() {
        let reply = connection.post("/assessment", request.to_string().as_bytes()).expect("a reply");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
}

#[test]
fn requests_with_odd_members_are_answered() {
    let (address, good) = (start(), good_requests());
    std::thread::scope(|scope| {
        for part in 0..2 {
            let good = &good;
            scope.spawn(move || {
                let mut dice = Dice(part);
                post_all(address, 1200, |index| changed_members(&good[index % good.len()], &mut dice));
            });
        }
    });
}

#[test]
fn requests_with_odd_bytes_are_answered() {
    let (address, good) = (start(), good_requests());
    let mut dice = Dice(77);
    post_all(address, 1000, |index| changed_bytes(&good[index % good.len()], &mut dice));
}

#[test]
fn each_member_may_be_of_each_wrong_type() {
    let (address, good) = (start(), good_requests());
    let mut bodies = Vec::new();
    for request in &good[2..4] {
        for pointer in support::mutate::pointers(request) {
            for odd in [json!(null), json!(5), json!("x"), json!([]), json!({}), json!(true), json!([{"x": []}])] {
                let mut request = request.clone();
                if let Some(member) = request.pointer_mut(&pointer) {
                    *member = odd;
                }
                bodies.push(request.to_string().into_bytes());
            }
        }
    }
    post_all(address, bodies.len(), |index| bodies[index].clone());
}
