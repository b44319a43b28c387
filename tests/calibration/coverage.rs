//! Worlds with one version -> how often the 95 % credible interval at one look holds the true value.
//!
//! Not here: what holds at every look (`errors`).

use iter8_analytics::assessment::Method;
use serde_json::json;

use super::errors::{absolute, with};
use super::run::{SEED, Section, run};

pub fn section(wanted: &str) -> Section {
    let text = format!(
        "Runs in which the 95 % credible interval held the true value, at one look after so many intervals; seeds from \
         {SEED} on."
    );
    let mut section = Section::new("Coverage", text, &["runs", "holds the truth", "claimed"]);
    let mut check = |name: String, world: serde_json::Value, truth: f64, runs: usize, (low, high): (f64, f64)| {
        if !name.contains(wanted) {
            return;
        }
        let held = run(&world, Method::Sequential, 0.05, runs, |trajectory| {
            let last = trajectory.iterations.last().unwrap();
            let criterion = &last.versions[0].criteria[0];
            criterion.lower.is_some_and(|lower| lower <= truth) && criterion.upper.is_some_and(|upper| upper >= truth)
        });
        let rate = held.iter().filter(|held| **held).count() as f64 / runs as f64;
        let slack = 3.0 * (0.05f64 * 0.95 / runs as f64).sqrt();
        let cells = vec![
            runs.to_string(),
            format!("{:.1} %", 100.0 * rate),
            format!("{:.0} to {:.0} %", 100.0 * low, 100.0 * high),
        ];
        section.add(&name, cells, vec![rate], rate >= low - slack && rate <= high + slack);
    };
    for (p, n) in [
        (0.005, 200),
        (0.005, 2000),
        (0.005, 100_000),
        (0.05, 200),
        (0.05, 10_000),
        (0.3, 200),
        (0.5, 200),
        (0.5, 100_000),
    ] {
        let world = with(absolute(json!({"error_rate": p}), "iter8_error_rate", 0.5, n), json!({"iterations": 2}));
        check(format!("proportion {p}, {n} requests"), world, p, 4000, (0.93, 0.97));
    }
    for (sigma, low) in [(1.0, 0.95), (1.5, 0.89)] {
        for intervals in [1, 3, 10, 30] {
            let latency = json!({"latency_ms": {"distribution": "lognormal", "mean": 100, "sigma": sigma}});
            let world = with(absolute(latency, "iter8_mean_latency", 200.0, 150), json!({"iterations": intervals + 1}));
            check(
                format!("mean, lognormal sigma {sigma}, {intervals} intervals of 150"),
                world,
                100.0,
                1000,
                (low, 1.0),
            );
        }
    }
    section
}
