//! Kui's clicks: no last state at first, criteria numbered from 0, the split applied by hand.

use serde_json::{Value, json};

use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::experiments::kui;
use crate::support::http::Connection;
use crate::support::server;
use crate::support::world::{World, workload};

#[test]
fn clicks_move_the_split_by_a_quarter_at_most() {
    let world = World::new([workload("ship-v1", 150.0, 0.01, 2.0), workload("ship-v2", 120.0, 0.01, 2.0)]);
    let backend = Backend::start({
        let world = world.clone();
        move |query| world.answer(query)
    });
    let criteria = json!([
        {"id": 0, "metric_id": "iter8_mean_latency", "is_reward": false, "threshold": {"type": "relative", "value": 1.2}},
        {"id": 1, "metric_id": "iter8_error_rate", "is_reward": false, "threshold": {"type": "absolute", "value": 0.2}}
    ]);
    let mut client = Client::new(server::start_v1(&backend.url()), kui(criteria));
    let mut last_weight = 0;
    for click in 0..6 {
        world.serve("ship-v1", 400.0);
        world.serve("ship-v2", 100.0);
        let reply = client.call(if click == 0 { 1 } else { 40 });
        let weight = reply.weight("progressive", "ship-v2").expect("a weight");
        assert!(weight - last_weight <= 25);
        last_weight = weight;
        assert_eq!(reply.candidates[0].values.len(), 2);
    }
    assert!(last_weight >= 95);
}

#[test]
fn a_reward_with_the_forms_limit_of_zero_finds_its_winner() {
    let world = World::new([workload("ship-v1", 150.0, 0.0, 2.0), workload("ship-v2", 150.0, 0.0, 9.0)]);
    world.serve("ship-v1", 4000.0);
    world.serve("ship-v2", 4000.0);
    let backend = Backend::start(move |query| world.answer(query));
    let criteria = json!([{"id": 0, "metric_id": "crates_per_request", "is_reward": true,
                           "threshold": {"type": "absolute", "value": 0}}]);
    let mut client = Client::new(server::start_v1(&backend.url()), kui(criteria));
    let reply = client.call(60);
    assert!(reply.winning_version_found);
    assert_eq!(reply.current_best_version, "ship-v2");
}

#[test]
fn a_reward_that_should_be_low_with_the_forms_limit_of_zero_is_explained() {
    let world = World::new([workload("ship-v1", 150.0, 0.0, 2.0), workload("ship-v2", 90.0, 0.0, 2.0)]);
    world.serve("ship-v1", 4000.0);
    world.serve("ship-v2", 4000.0);
    let backend = Backend::start(move |query| world.answer(query));
    let criteria = json!([
        {"id": 0, "metric_id": "iter8_error_rate", "is_reward": false, "threshold": {"type": "absolute", "value": 0.2}},
        {"id": 1, "metric_id": "iter8_mean_latency", "is_reward": true, "threshold": {"type": "absolute", "value": 0}}
    ]);
    let request = json!({"now": "2026-06-01T09:10:00Z"});
    for address in [server::start_v1(&backend.url()), server::start(&backend.url())] {
        let mut experiment = kui(criteria.clone());
        experiment["now"] = request["now"].clone();
        let mut connection = Connection::open(address).expect("a connection");
        let reply = connection.post("/assessment", experiment.to_string().as_bytes()).expect("a reply");
        let reply: Value = serde_json::from_str(&reply.text()).expect("JSON");
        assert_eq!(reply["winner_assessment"]["winning_version_found"], json!(false));
        let notes = reply["notes"].as_array().expect("notes");
        let note = notes.iter().find(|note| note["code"] == "limit_out_of_reach").expect("the note");
        assert_eq!(note["where"], json!("criteria[1].threshold.value"));
        assert!(note["message"].as_str().is_some_and(|message| message.ends_with("leave it out.")), "{note}");
    }
}
