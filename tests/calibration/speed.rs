//! Worlds in which something is to be found -> after how many intervals it is, in the median.
//!
//! Not here: error rates (`errors`).

use iter8_analytics::{
    Trajectory,
    assessment::{Method, Verdict},
};
use serde_json::{Value, json};

use super::errors::{absolute, fixed, with};
use super::run::{SEED, Section, median, run};

pub fn section(wanted: &str) -> Section {
    let text = format!("Median number of intervals until the right verdict, {RUNS} runs each, seeds from {SEED} on.");
    let mut section = Section::new("Time to decide", text, &["alpha", "verdict", "median", "claimed"]);
    for (name, world, alpha, verdict, most) in scenarios().into_iter().filter(|(name, ..)| name.contains(wanted)) {
        let times = run(&world, Method::Sequential, alpha, RUNS, |trajectory| time(trajectory, verdict));
        let median = median(times);
        let shown = median.map_or("never".to_owned(), |median| median.to_string());
        let word = if verdict == Verdict::Satisfied { "satisfied" } else { "violated" };
        let cells = vec![alpha.to_string(), word.to_owned(), shown, most.to_string()];
        let numbers = vec![median.unwrap_or(101) as f64, most as f64];
        section.add(&name, cells, numbers, median.is_some_and(|median| median <= most + (most / 10).max(1)));
    }
    rewards(&mut section, wanted);
    section
}

/// 10 against 12 % conversions: until the winner.
fn rewards(section: &mut Section, wanted: &str) {
    let name = "10 against 12 % conversions, 200/200";
    if !name.contains(wanted) {
        return;
    }
    let world = json!({
        "versions": [{"id": "v1", "conversion_rate": 0.1}, {"id": "v2", "conversion_rate": 0.12}],
        "criteria": [{"id": "c", "metric_id": "conversion_rate", "is_reward": true}],
        "requests_per_second": 400.0 / 30.0, "interval_seconds": 30, "iterations": 101, "split": [50, 50],
    });
    let times = run(&world, Method::Sequential, 0.01, RUNS, |trajectory| trajectory.summary.first_winner_iteration);
    let median = median(times);
    let cells = vec![
        "0.01".into(),
        "winner".into(),
        median.map_or_else(|| "never".into(), |median| median.to_string()),
        "37".into(),
    ];
    section.add(name, cells, vec![median.unwrap_or(101) as f64, 37.0], median.is_some_and(|median| median <= 37));
}

/// The first iteration at which the last version's criterion has this verdict.
fn time(trajectory: &Trajectory, verdict: Verdict) -> Option<usize> {
    let is_shown = |step: &&iter8_analytics::Iteration| {
        step.versions
            .last()
            .and_then(|version| version.criteria.first())
            .is_some_and(|one| one.verdict == Some(verdict))
    };
    trajectory.iterations.iter().find(is_shown).map(|step| step.iteration)
}

/// Name, world, alpha, verdict, and the median that is claimed; a tenth or one interval more is the medians' own chance.
fn scenarios() -> Vec<(String, Value, f64, Verdict, usize)> {
    let mut all = Vec::new();
    // The formulas written down a second time, apart from the engine, give 19 and 14 for lognormal times at 0.9 of the limit,
    // 15 and 12 for exponential ones.
    let ratios = [
        ("lognormal", 0.1, 3, 2),
        ("lognormal", 0.5, 4, 3),
        ("lognormal", 0.8, 8, 6),
        ("lognormal", 0.9, 19, 14),
        ("exponential", 0.9, 17, 13),
        ("lognormal", 1.25, 9, 7),
        ("lognormal", 2.0, 5, 3),
        ("lognormal", 5.0, 4, 3),
    ];
    for (distribution, ratio, at_001, at_005) in ratios {
        let mut latency = json!({"latency_ms": {"sigma": 1, "shape": 1, "mean": 100.0 * ratio}});
        latency["latency_ms"]["distribution"] =
            if distribution == "lognormal" { json!("lognormal") } else { json!("gamma") };
        let world = with(absolute(latency, "iter8_mean_latency", 100.0, 150), json!({"iterations": 41}));
        let verdict = if ratio < 1.0 { Verdict::Satisfied } else { Verdict::Violated };
        for (alpha, most) in [(0.01, at_001), (0.05, at_005)] {
            let name = format!("{distribution} latency {ratio} of its limit, alpha {alpha}");
            all.push((name, world.clone(), alpha, verdict, most));
        }
    }
    let relative = |base: Value, own: Value, metric: &str, limit: f64, n: u64| {
        let (mut base, mut own) = (base, own);
        (base["id"], own["id"]) = (json!("v1"), json!("v2"));
        fixed(json!([base, own]), metric, json!({"type": "relative", "value": limit}), n, &json!([50, 50]))
    };
    let lognormal = |mean: f64| json!({"latency_ms": {"distribution": "lognormal", "sigma": 1, "mean": mean}});
    let world = relative(lognormal(100.0), lognormal(120.0), "iter8_mean_latency", 1.0, 400);
    all.push(("relative latency 1.2 of limit 1, 200/200".into(), world, 0.01, Verdict::Violated, 12));
    for (ratio, most) in [(3.0, 7), (2.0, 12), (1.5, 27)] {
        let world =
            relative(json!({"error_rate": 0.01}), json!({"error_rate": 0.01 * ratio}), "iter8_error_rate", 1.0, 1000);
        all.push((format!("error ratio {ratio} of limit 1, 1 %, 500/500"), world, 0.01, Verdict::Violated, most));
    }
    let world = relative(json!({"error_rate": 0.01}), json!({"error_rate": 0.01}), "iter8_error_rate", 1.5, 1000);
    all.push(("same error rate, limit 1.5, 1 %, 500/500".into(), world, 0.01, Verdict::Satisfied, 35));
    for (n, most) in [(150, 4), (50, 6)] {
        let world = absolute(json!({"error_rate": 0}), "iter8_error_rate", 0.05, n);
        all.push((
            format!("no errors, limit 5 %, {n} an interval"),
            with(world, json!({"iterations": 21})),
            0.01,
            Verdict::Satisfied,
            most,
        ));
    }
    let world = absolute(json!({"error_rate": 0.02}), "iter8_error_rate", 0.05, 100);
    all.push((
        "errors 2 %, limit 5 %, 100 an interval".into(),
        with(world, json!({"iterations": 41})),
        0.01,
        Verdict::Satisfied,
        8,
    ));
    all
}

const RUNS: usize = 300;
