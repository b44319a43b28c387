//! The memory in a Redis that replicas share.

use std::time::{Duration, Instant};

use super::process::{Process, folder, free_address};
use super::support::backend::Backend;
use super::{ask, backend, codes, remembers_through_kills, request, weight, weights_with_echo};

fn start(backend: &Backend, redis: &str) -> Process {
    Process::server(free_address(), &backend.url(), &[("ITER8_ANALYTICS_STORE_URL", redis)])
}

#[test]
fn two_replicas_answer_as_one() {
    let backend = backend();
    let redis = Process::redis(free_address(), &folder());
    let url = format!("redis://{}", redis.address);
    let replicas = [start(&backend, &url), start(&backend, &url)];
    let expected = weights_with_echo(replicas[0].address, 6);
    let turns = [0, 1, 1, 0, 1, 0];
    let weights: Vec<i64> = turns
        .iter()
        .enumerate()
        .map(|(iteration, turn)| weight(&ask(replicas[*turn].address, &request("shared", iteration))))
        .collect();
    assert_eq!(weights, expected);
}

#[test]
fn a_dead_store_costs_a_note_and_a_store_that_comes_back_remembers() {
    let backend = backend();
    let (address, folder) = (free_address(), folder());
    let redis = Process::redis(address, &folder);
    let server = start(&backend, &format!("redis://{address}"));
    let expected = weights_with_echo(server.address, 3);
    assert_eq!(weight(&ask(server.address, &request("dead", 0))), expected[0]);
    drop(redis);
    let start = Instant::now();
    let reply = ask(server.address, &request("dead", 1));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(codes(&reply).contains(&"memory_unavailable"), "{}", reply["notes"]);
    let redis = Process::redis(address, &folder);
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let reply = ask(server.address, &request("dead", 1));
        if !codes(&reply).contains(&"memory_unavailable") {
            assert_eq!(weight(&reply), expected[1]);
            break;
        }
        assert!(Instant::now() < until, "{}", reply["notes"]);
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(redis);
}

#[test]
fn a_few_kills_of_the_store_lose_nothing() {
    kill_the_store(3);
}

#[test]
#[ignore = "takes a minute"]
fn fifty_kills_of_the_store_lose_nothing() {
    kill_the_store(50);
}

fn kill_the_store(rounds: usize) {
    let backend = backend();
    let (address, folder) = (free_address(), folder());
    let mut redis = Process::redis(address, &folder);
    let server = start(&backend, &format!("redis://{address}"));
    remembers_through_kills(server.address, weights_with_echo(server.address, rounds), || {
        redis.kill();
        redis = Process::redis(address, &folder);
    });
}

#[test]
fn a_password_in_the_stores_address_is_never_told() {
    let backend = backend();
    let server = start(&backend, &format!("redis://:hunter2@{}", free_address()));
    let reply = ask(server.address, &request("secret", 1));
    assert!(codes(&reply).contains(&"memory_unavailable"));
    assert!(!reply.to_string().contains("hunter2"));
}
