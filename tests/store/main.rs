//! The memory: what a client that loses its `last_state` is told, over restarts, kills and replicas.
//!
//! The measure is always the same: weights must be those of a client that sends each `last_state` back. Servers are
//! processes of the real binary, so that they can be killed; the shared store is a `redis-server` of Debian's.
//!
//! Not here: what a state means.

#![cfg(feature = "native")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing"
)]

#[path = "../support/mod.rs"]
mod support;

mod file;
mod process;
mod shared;

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::backend::Backend;
use support::experiments::{controller, limit};
use support::http::Connection;
use support::world::{World, workload};

/// A backend with a candidate that is as good as can be shown.
fn backend() -> Backend {
    let world = World::new([workload("ship-v1", 150.0, 0.0, 1.0), workload("ship-v2", 120.0, 0.0, 1.0)]);
    world.serve("ship-v1", 900.0);
    world.serve("ship-v2", 300.0);
    Backend::start(move |query| world.answer(query))
}

/// The controller's request of one iteration, half a minute after the one before.
fn request(name: &str, iteration: usize) -> Value {
    let mut request = controller(1, json!([limit("iter8_mean_latency", "absolute", 200.0)]));
    request["name"] = json!(name);
    request["method"] = json!("v1");
    request["iteration_number"] = json!(iteration);
    request["now"] = json!(1_780_304_400 + 60 + 30 * iteration);
    request["traffic_control"]["max_increment"] = json!(1);
    request
}

/// The reply of the server at `address`.
fn ask(address: SocketAddr, request: &Value) -> Value {
    let mut connection = Connection::open(address).expect("a connection");
    let reply = connection.post("/assessment", request.to_string().as_bytes()).expect("a reply");
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(&reply.text()).expect("JSON")
}

/// The candidate's weight in `reply`.
fn weight(reply: &Value) -> i64 {
    reply["traffic_split_recommendation"]["progressive"]["candidate-0"].as_i64().expect("a weight")
}

/// The codes of the notes of `reply`.
fn codes(reply: &Value) -> Vec<&str> {
    reply["notes"].as_array().into_iter().flatten().filter_map(|note| note["code"].as_str()).collect()
}

/// What a client is told that keeps its state itself.
fn weights_with_echo(address: SocketAddr, iterations: usize) -> Vec<i64> {
    let mut state = json!({});
    let mut weights = Vec::new();
    for iteration in 0..iterations {
        let mut request = request("echo", iteration);
        request["last_state"] = state;
        let reply = ask(address, &request);
        state = reply["last_state"].clone();
        weights.push(weight(&reply));
    }
    assert!(weights.windows(2).all(|pair| pair[0] < pair[1]), "a climb shows what is remembered: {weights:?}");
    weights
}

/// Asks the server at `address` for one iteration after another, with a `kill` after each: every weight must be the expected
/// one, which it is only where the iteration before was kept.
fn remembers_through_kills(address: SocketAddr, expected: Vec<i64>, mut kill: impl FnMut()) {
    for (iteration, expected) in expected.into_iter().enumerate() {
        let reply = ask(address, &request("killed", iteration));
        assert_eq!(weight(&reply), expected, "iteration {iteration}: {}", reply["notes"]);
        kill();
    }
}
