//! The memory in one file.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::process::{Process, folder, free_address};
use super::support::backend::Backend;
use super::support::http::Connection;
use super::{ask, backend, codes, remembers_through_kills, request, weight, weights_with_echo};

fn start(address: SocketAddr, backend: &Backend, file: &str) -> Process {
    Process::server(address, &backend.url(), &[("ITER8_ANALYTICS_STORE_FILE", file)])
}

fn new_file() -> String {
    folder().join("memory.redb").to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn a_client_that_loses_its_state_is_told_what_one_that_keeps_it_is() {
    let backend = backend();
    let server = start(free_address(), &backend, &new_file());
    let expected = weights_with_echo(server.address, 6);
    let weights: Vec<i64> =
        (0..6).map(|iteration| weight(&ask(server.address, &request("pruned", iteration)))).collect();
    assert_eq!(weights, expected);
    let mut absent = request("pruned", 6);
    absent["last_state"] = Value::Null;
    assert!(weight(&ask(server.address, &absent)) > expected[5]);
}

#[test]
fn without_a_place_to_remember_in_nothing_is_remembered() {
    let backend = backend();
    let server = Process::server(free_address(), &backend.url(), &[]);
    let weights: Vec<i64> = (0..3).map(|iteration| weight(&ask(server.address, &request("off", iteration)))).collect();
    assert!(weights.iter().all(|weight| *weight == weights[0]), "{weights:?}");
}

#[test]
fn a_request_that_is_made_again_has_the_same_reply_and_no_second_step() {
    let backend = backend();
    let server = start(free_address(), &backend, &new_file());
    ask(server.address, &request("again", 0));
    let first = ask(server.address, &request("again", 1));
    assert_eq!(ask(server.address, &request("again", 1)), first);
    assert_eq!(ask(server.address, &request("again", 1)), first);
}

#[test]
fn experiments_do_not_share_a_memory() {
    let backend = backend();
    let server = start(free_address(), &backend, &new_file());
    let first = weight(&ask(server.address, &request("one", 0)));
    ask(server.address, &request("one", 1));
    assert_eq!(weight(&ask(server.address, &request("two", 2))), first);
    let mut relabelled = request("one", 2);
    relabelled["candidates"][0]["version_labels"]["destination_workload"] = json!("ship-v9");
    assert!(codes(&ask(server.address, &relabelled)).contains(&"last_state_missing"));
}

#[test]
fn a_place_that_cannot_be_used_is_a_note_and_no_error() {
    let backend = backend();
    let file = new_file();
    fs::write(&file, "somebody's letter").expect("a file");
    let server = start(free_address(), &backend, &file);
    let reply = ask(server.address, &request("strange", 1));
    assert!(codes(&reply).contains(&"memory_unavailable"), "{}", reply["notes"]);
    assert_eq!(fs::read_to_string(&file).expect("a file"), "somebody's letter");
}

#[test]
fn a_few_kills_during_writes_lose_nothing() {
    kill_during_writes(3);
}

#[test]
#[ignore = "takes a minute"]
fn fifty_kills_during_writes_lose_nothing() {
    kill_during_writes(50);
}

/// Each round asks for one iteration, kills the server while many others are written, and starts it again.
fn kill_during_writes(rounds: usize) {
    let backend = backend();
    let (address, file) = (free_address(), new_file());
    let mut server = start(address, &backend, &file);
    let expected = weights_with_echo(address, rounds);
    let ends = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..2)
        .map(|number| {
            let ends = Arc::clone(&ends);
            thread::spawn(move || flood(address, number, &ends))
        })
        .collect();
    remembers_through_kills(address, expected, || {
        server.kill();
        server = start(address, &backend, &file);
    });
    ends.store(true, Ordering::Relaxed);
    let written: usize = flood.into_iter().map(|flood| flood.join().expect("a flood")).sum();
    assert!(written > 0, "nothing was written beside");
}

/// Asks about other experiments without end; how many replies there were.
fn flood(address: SocketAddr, number: usize, ends: &AtomicBool) -> usize {
    let mut replies = 0;
    while !ends.load(Ordering::Relaxed) {
        let Ok(mut connection) = Connection::open(address) else { continue };
        for iteration in 0.. {
            let body = request(&format!("flood-{number}-{iteration}"), iteration).to_string();
            if ends.load(Ordering::Relaxed) || connection.post("/assessment", body.as_bytes()).is_err() {
                break;
            }
            replies += 1;
        }
    }
    replies
}
