//! Experiments that nobody thought of become assessments that hold what every assessment must hold.
//!
//! Not here: particular numbers (`cases`).
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it misses by failing")]

#[path = "../support/mod.rs"]
mod support;

mod chains;
mod exact;
mod extremes;
mod limits;
mod random;
mod routing;

use arbtest::arbtest;
use iter8_analytics::{Options, assess, observe, parse_json, queries};
use random::{any_json, experiment, observations};
use serde_json::{Value, json};
use support::go_types::{Response, decode};
use support::mutate::{Dice, changed_bytes, changed_members};

fn options() -> Options {
    Options::at("2026-06-01T09:10:00Z").expect("an instant")
}

fn assessed(experiment: &Value, observations: &Value) -> Response {
    let assessment = assess(experiment, Some(observations), &options()).expect("an assessment");
    decode(&serde_json::to_string(&assessment).expect("text")).expect("what Go can decode")
}

#[test]
fn weights_are_whole_percents_that_rise_by_the_increment_at_most() {
    arbtest(|u| {
        let experiment = experiment(u)?;
        // Decoding checks that each split sums to 100.
        let reply = assessed(&experiment, &observations(u, &experiment)?);
        let highest = experiment["traffic_control"]["max_increment"].as_f64().expect("an increment").ceil() as i32;
        for (strategy, split) in &reply.splits {
            for (version, weight) in split.iter().filter(|(version, _)| version != "baseline") {
                let last = &experiment["last_state"]["traffic_split_recommendation"][strategy][version];
                let last = last.as_i64().unwrap_or(0) as i32;
                assert!(*weight <= last + highest, "{strategy} {version}: {last} to {weight}, {highest} allowed");
            }
        }
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn win_probabilities_sum_to_one_at_most() {
    arbtest(|u| {
        let experiment = experiment(u)?;
        let reply = assessed(&experiment, &observations(u, &experiment)?);
        let versions = || reply.candidates.iter().chain([&reply.baseline]);
        let sum: f32 = versions().map(|version| version.win_probability).sum();
        // The rest is that nobody keeps its limits, or that the reward of one that may is unknown.
        assert!(sum < 1.0 + 1e-4, "{sum}");
        let highest = versions().map(|version| version.win_probability).fold(0.0, f32::max);
        assert!(versions().any(|version| version.id == reply.current_best_version));
        // A candidate needs more than 0.99; the baseline wins when every candidate is shown to be worse.
        let is_baseline = reply.current_best_version == reply.baseline.id;
        assert!(!reply.winning_version_found || is_baseline || highest > 0.99);
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    arbtest(|u| {
        let experiment = experiment(u)?;
        let observations = observations(u, &experiment)?;
        let bytes = || serde_json::to_vec(&assess(&experiment, Some(&observations), &options())).expect("bytes");
        assert_eq!(bytes(), bytes());
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn the_order_of_candidates_moves_numbers_by_no_more_than_sampling_does() {
    arbtest(|u| {
        let mut first = experiment(u)?;
        // Without a reward v1.0.0 prefers the last candidate: there order matters by design.
        let criteria = first["criteria"].as_array_mut().expect("criteria");
        criteria.retain(|criterion| criterion["is_reward"] != json!(true));
        criteria.push(json!({"id": "goal", "metric_id": "hit_share", "is_reward": true}));
        let mut second = first.clone();
        second["candidates"].as_array_mut().expect("candidates").reverse();
        let observations = observations(u, &first)?;
        let (one, other) = (assessed(&first, &observations), assessed(&second, &observations));
        for candidate in &one.candidates {
            let twin = other.candidates.iter().find(|twin| twin.id == candidate.id).expect("the same candidate");
            assert_eq!(candidate.request_count, twin.request_count);
            assert_eq!(candidate.values, twin.values);
            let difference = (candidate.win_probability - twin.win_probability).abs();
            assert!(difference <= sampling(&one), "{}: {difference}", candidate.id);
        }
        Ok(())
    })
    .budget_ms(2_000);
}

/// How far two samplings of a win probability may lie apart: wins are counted among the draws in which somebody wins,
/// and nothing is said of how many those are; where hardly anybody wins, anything goes.
fn sampling(reply: &Response) -> f32 {
    let admissible = reply.probability_of_winning_for_best_version;
    if admissible == 0.0 { 1.0 } else { 0.06 }
}

#[test]
fn any_json_is_assessed_or_refused() {
    arbtest(|u| {
        let (one, other) = (any_json(u, 4)?, any_json(u, 4)?);
        drop(assess(&one, Some(&other), &options()));
        drop(queries(&one, &[], &options()));
        drop(observe(&one, &[other], &options()));
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn any_member_of_an_experiment_may_be_any_json() {
    arbtest(|u| {
        let mut request = experiment(u)?;
        let mut given = observations(u, &request)?;
        for value in [&mut request, &mut given] {
            let pointers = support::mutate::pointers(value);
            let Some(pointer) = pointers.get(u.choose_index(pointers.len().max(1))?) else { continue };
            let odd = any_json(u, 3)?;
            if let Some(member) = value.pointer_mut(pointer) {
                *member = odd;
            }
        }
        if let Ok(assessment) = assess(&request, Some(&given), &options()) {
            let text = serde_json::to_string(&assessment).expect("text");
            decode(&text).unwrap_or_else(|fault| panic!("{fault}\n{request}\n{given}\n{text}"));
        }
        Ok(())
    })
    .budget_ms(3_000);
}

#[test]
fn any_answer_of_a_backend_is_observed() {
    arbtest(|u| {
        let mut request = experiment(u)?;
        if let Some(members) = request.as_object_mut() {
            members.remove("observations");
        }
        let Ok(asked) = queries(&request, &[], &options()) else { return Ok(()) };
        let mut answers = Vec::new();
        for _ in &asked {
            answers.push(random::answer(u)?);
        }
        let observations = observe(&request, &answers, &options()).expect("observations");
        let observations = serde_json::to_value(observations).expect("JSON");
        assessed(&request, &observations);
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn any_bytes_are_parsed_or_refused() {
    arbtest(|u| {
        let seed: u64 = u.arbitrary()?;
        let request = experiment(u)?;
        let mut dice = Dice(seed);
        for bytes in [changed_bytes(&request, &mut dice), changed_members(&request, &mut dice), u.arbitrary()?] {
            if let Ok(value) = parse_json(&bytes) {
                drop(assess(&value, None, &options()));
            }
        }
        Ok(())
    })
    .budget_ms(1_500);
}
