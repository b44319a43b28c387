//! iter8's tutorials with the default method, by the controller's rules, in simulated worlds: who wins, and when.
//!
//! One seed each, with the last state echoed and as a cluster prunes it. Not here: rates over many seeds (`calibration`).

use iter8_analytics::{SimulateOptions, Summary, simulate};
use serde_json::json;

/// The summary of the tutorial `name`.
fn run(name: &str, last_state: &str) -> Summary {
    let options = SimulateOptions { seed: 1, ..SimulateOptions::default() };
    simulate(&json!({"base": name, "last_state": last_state}), &options).expect("a tutorial").summary
}

#[test]
fn a_tutorial_ends_with_its_right_winner_echoed_or_pruned() {
    for (name, winner, latest) in [
        ("conformance", "reviews-v2", 4),
        ("canary", "reviews-v3", 4),
        ("ab", "productpage-v3", 9),
        ("abn", "productpage-v3", 9),
    ] {
        for last_state in ["echoed", "pruned"] {
            let summary = run(name, last_state);
            assert_eq!(summary.winner.as_deref(), Some(winner), "{name} {last_state}");
            assert!(summary.first_winner_iteration.is_some_and(|first| first <= latest), "{name} {last_state}");
            assert!(!summary.named_wrongly && summary.rolled_back.iter().all(|id| id == "productpage-v2"), "{name}");
        }
    }
}

#[test]
fn a_canary_with_a_delay_of_five_seconds_is_rolled_back_and_never_wins() {
    for last_state in ["echoed", "pruned"] {
        let summary = run("canary_bad", last_state);
        assert_eq!(summary.rolled_back, ["reviews-v4"], "{last_state}");
        assert!(!summary.named_wrongly && summary.violating_share < 0.08, "{last_state} {}", summary.violating_share);
    }
}
