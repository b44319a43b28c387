//! Worlds in which nothing should be found -> how often something ever is.
//!
//! The candidate is exactly at its limit, so that either verdict is wrong; or the versions are alike, so that any winner
//! is. Rates are of runs in which it ever happened, at any look.
//!
//! Not here: how soon what is there is found (`speed`).

use iter8_analytics::{Trajectory, assessment::Method};
use serde_json::{Value, json};

use super::run::{SEED, Section, is_at_most, percent, run};

/// A candidate at its limit.
pub struct AtLimit {
    name: String,
    world: Value,
    runs: usize,
    /// What is claimed at alpha 0.01 and 0.05, for "satisfied" and for "violated".
    claimed: [(f64, f64); 2],
}

pub fn section(wanted: &str) -> Section {
    let text = format!(
        "A candidate exactly at its limit: runs in which the verdict was ever `satisfied` or `violated`, either wrong. \
         100 looks unless stated; seeds from {SEED} on."
    );
    let heading =
        ["runs", "satisfied, alpha 0.01", "violated, alpha 0.01", "satisfied, 0.05", "violated, 0.05", "claimed"];
    let mut section = Section::new("False verdicts", text, &heading);
    for scenario in scenarios().into_iter().filter(|scenario| scenario.name.contains(wanted)) {
        let AtLimit { name, world, runs, claimed } = scenario;
        let peaks = run(&world, Method::Sequential, 0.05, runs, peaks);
        let count = |side: usize, alpha: f64| peaks.iter().filter(|peak| peak[side] >= -f64::ln(alpha)).count();
        let counts = [count(0, 0.01), count(1, 0.01), count(0, 0.05), count(1, 0.05)];
        let limits = [claimed[0].0, claimed[0].1, claimed[1].0, claimed[1].1];
        let holds = counts.iter().zip(limits).all(|(count, claimed)| is_at_most(*count, runs, claimed));
        let mut cells = vec![runs.to_string()];
        cells.extend(counts.iter().map(|count| percent(*count, runs)));
        cells.push(limits.iter().map(|limit| format!("{:.1}", 100.0 * limit)).collect::<Vec<_>>().join(" / ") + " %");
        section.add(&name, cells, Vec::new(), holds);
    }
    winners(&mut section, wanted);
    section
}

/// The largest evidence for `satisfied` and `violated` of the first candidate's first criterion at any look.
fn peaks(trajectory: &Trajectory) -> [f64; 2] {
    let criteria = trajectory.iterations.iter().filter_map(|step| step.versions.last()?.criteria.first());
    criteria.fold([f64::NEG_INFINITY; 2], |[within, beyond], criterion| {
        [within.max(criterion.log_e_satisfied.unwrap_or(0.0)), beyond.max(criterion.log_e_violated.unwrap_or(0.0))]
    })
}

/// Worlds in which any winner is wrong, in closed loop.
fn winners(section: &mut Section, wanted: &str) {
    let aa = json!({"base": "aa"});
    let many: Vec<Value> =
        (0..11).map(|index| json!({"id": format!("v{index}"), "error_rate": 0.01, "conversion_rate": 0.1})).collect();
    let failing = json!({"base": "aa", "criteria": [{"id": "errors", "metric_id": "iter8_error_rate",
        "threshold": {"type": "absolute", "value": 0.03}}, {"id": "conversions", "metric_id": "conversion_rate",
        "is_reward": true}], "versions": [
        {"id": "v1", "error_rate": 0.1, "conversion_rate": 0.1}, {"id": "v2", "error_rate": 0.01, "conversion_rate": 0.1}]});
    let three = json!({"base": "aa", "criteria": [
        {"id": "a", "metric_id": "iter8_error_rate", "threshold": {"type": "absolute", "value": 0.03}},
        {"id": "b", "metric_id": "iter8_mean_latency", "threshold": {"type": "absolute", "value": 100}},
        {"id": "c", "metric_id": "conversion_rate", "threshold": {"type": "absolute", "value": 0.1}}],
        "versions": [{"id": "v1", "error_rate": 0.03, "latency_ms": {"mean": 100}, "conversion_rate": 0.1},
                     {"id": "v2", "error_rate": 0.03, "latency_ms": {"mean": 100}, "conversion_rate": 0.1},
                     {"id": "v3", "error_rate": 0.03, "latency_ms": {"mean": 100}, "conversion_rate": 0.1}]});
    let worlds = [
        ("A/A with a reward, closed loop", aa, 300),
        ("A/A with a reward, closed loop, totals only", json!({"base": "aa", "observations": "totals"}), 100),
        ("A/B/n, 10 candidates alike", json!({"base": "abn_many", "versions": many, "iterations": 50}), 60),
        ("baseline beyond the limit, rewards alike", failing, 200),
        ("2 candidates, 3 criteria, all at their limits", three, 200),
    ];
    for (name, world, runs) in worlds.into_iter().filter(|(name, ..)| name.contains(wanted)) {
        for alpha in [0.01, 0.05] {
            let wrong = run(&world, Method::Sequential, alpha, runs, |trajectory| {
                let summary = &trajectory.summary;
                let is_innocent = |id: &String| !trajectory.truth.violating.contains(id);
                (summary.named_wrongly, summary.rolled_back.iter().any(is_innocent))
            });
            let named = wrong.iter().filter(|(named, _)| *named).count();
            let rolled_back = wrong.iter().filter(|(_, rolled_back)| *rolled_back).count();
            let holds = is_at_most(named, runs, alpha) && is_at_most(rolled_back, runs, alpha);
            let named = format!("{} wrong winner", percent(named, runs));
            let rolled_back = format!("{} wrong rollback", percent(rolled_back, runs));
            let mut cells = vec![runs.to_string(), named, rolled_back, "-".to_owned(), "-".to_owned()];
            if alpha > 0.01 {
                cells.swap(1, 3);
                cells.swap(2, 4);
            }
            cells.push(format!("{:.1} %", 100.0 * alpha));
            section.add(&format!("{name}, alpha {alpha}"), cells, Vec::new(), holds);
        }
    }
}

/// The share of runs with a wrong winner by each look, for v1 and for sequential.
pub fn looks(wanted: &str) -> Vec<(&'static str, Vec<f64>)> {
    if !"winner by look".contains(wanted) {
        return Vec::new();
    }
    let world = json!({"base": "aa", "split": [50, 50]});
    let curve = |(name, method, runs): (&'static str, Method, usize)| {
        let first = run(&world, method, 0.05, runs, |trajectory| trajectory.summary.first_winner_iteration);
        let by = |look: usize| first.iter().flatten().filter(|first| **first <= look).count() as f64 / runs as f64;
        let curve: Vec<f64> = (0..100).map(by).collect();
        eprintln!("  {name}: {:.1} % by look 100", 100.0 * curve.last().unwrap_or(&0.0));
        (name, curve)
    };
    vec![curve(("v1", Method::V1, 200)), curve(("sequential", Method::Sequential, 400))]
}

fn scenarios() -> Vec<AtLimit> {
    let mut all = Vec::new();
    let mut add = |name: String, world: Value, runs: usize, claimed: [(f64, f64); 2]| {
        all.push(AtLimit { name, world, runs, claimed });
    };
    let moving: Vec<Value> = (0..99).map(|look| json!([98 - look / 2, 2 + look / 2])).collect();
    for (p, n) in [(0.001, 500), (0.001, 5000), (0.01, 20), (0.01, 500), (0.1, 500), (0.1, 5000), (0.5, 20), (0.5, 500)]
    {
        add(format!("A/A proportion {p}, {n}/{n}"), proportions(p, 2 * n, &json!([50, 50])), RUNS, AT_MOST_ALPHA);
    }
    for (p, n) in [(0.001, 5000), (0.01, 1000), (0.5, 1000)] {
        add(format!("A/A proportion {p}, {n}, 95/5"), proportions(p, n, &json!([95, 5])), RUNS, AT_MOST_ALPHA);
        add(
            format!("A/A proportion {p}, {n}, share 2 to 50 %"),
            proportions(p, n, &json!(moving)),
            RUNS,
            AT_MOST_ALPHA,
        );
    }
    let drifting = |fields: Value| with(proportions(0.04, 500, &json!(moving)), fields);
    add(
        "drift 4 to 1 %, share 2 to 50 %".into(),
        drifting(json!({"drift": [[0, 1], [99, 0.25]]})),
        RUNS,
        AT_MOST_ALPHA,
    );
    add(
        "drift 1 to 4 %, share 2 to 50 %".into(),
        drifting(json!({"drift": [[0, 0.25], [99, 1]]})),
        RUNS,
        AT_MOST_ALPHA,
    );
    add(
        "incident 5x, share 2 to 50 %".into(),
        drifting(json!({"incident": {"from": 40, "to": 60, "factor": 5}})),
        RUNS,
        AT_MOST_ALPHA,
    );
    for icc in [0.001, 0.005, 0.02] {
        let world = with(proportions(0.01, 1000, &json!([50, 50])), json!({"icc": icc}));
        add(format!("two proportions 1 %, 500/500, icc {icc}"), world, RUNS, AT_MOST_ALPHA);
    }
    for icc in [0.005, 0.02] {
        let world = with(proportions(0.01, 1000, &json!([95, 5])), json!({"icc": icc}));
        add(format!("two proportions 1 %, 950/50, icc {icc}"), world, RUNS, [(0.017, 0.017), (0.085, 0.085)]);
    }
    add(
        "two proportions 1 %, 5000/5000, icc 0.02".into(),
        with(proportions(0.01, 10_000, &json!([50, 50])), json!({"icc": 0.02})),
        RUNS,
        AT_MOST_ALPHA,
    );
    for (icc, claimed) in
        [(0.0, AT_MOST_ALPHA), (0.005, [(0.011, 0.011), (0.055, 0.055)]), (0.02, [(0.04, 0.04), (0.1, 0.1)])]
    {
        let world = with(absolute(json!({"error_rate": 0.05}), "iter8_error_rate", 0.05, 500), json!({"icc": icc}));
        add(format!("proportion at 5 %, 500 an interval, icc {icc}"), world, RUNS, claimed);
    }
    let lognormal = |sigma: f64| json!({"distribution": "lognormal", "mean": 100, "sigma": sigma});
    let latencies = [
        ("gamma", json!({"mean": 100}), AT_MOST_ALPHA),
        ("lognormal sigma 1", lognormal(1.0), AT_MOST_ALPHA),
        ("lognormal sigma 1.5", lognormal(1.5), [(0.014, 0.014), (0.05, 0.05)]),
        ("Pareto 2.5", json!({"distribution": "pareto", "mean": 100, "exponent": 2.5}), AT_MOST_ALPHA),
        (
            "1 % of requests 50x",
            json!({"mean": 100.0 / 1.49, "delay_probability": 0.01, "delay_ms": 4900.0 / 1.49}),
            AT_MOST_ALPHA,
        ),
    ];
    for (name, latency, claimed) in latencies {
        let world = absolute(json!({"latency_ms": latency}), "iter8_mean_latency", 100.0, 150);
        add(format!("mean at its limit, 150 an interval, {name}"), world, RUNS, claimed);
    }
    for (noise, n) in [(0.1, 150), (0.3, 150), (0.1, 10_000), (0.1, 100_000), (0.3, 100_000)] {
        let world = with(
            absolute(json!({"latency_ms": {"mean": 100}}), "iter8_mean_latency", 100.0, n),
            json!({"noise": noise}),
        );
        add(format!("mean at its limit, {n} an interval, noise {noise}"), world, RUNS, AT_MOST_ALPHA);
    }
    // 15 s in the first quarter of an hour, then 5 min, at ten thousand requests in 30 s.
    let blocks = json!({"blocks": [[60, 15]], "interval_seconds": 300});
    let cut = with(absolute(json!({"latency_ms": {"mean": 100}}), "iter8_mean_latency", 100.0, 10_000), blocks.clone());
    let cut = with(cut, json!({"noise": 0.1}));
    add("mean at its limit, noise 0.1, 15 s then 5 min".into(), cut, RUNS, AT_MOST_ALPHA);
    let cut = with(proportions(0.01, 1000, &json!([50, 50])), blocks);
    add("A/A proportion 0.01, 500/500, 15 s then 5 min".into(), cut, RUNS, AT_MOST_ALPHA);
    for (sigma, split, n, claimed) in [
        (1.0, [50, 50], 400, AT_MOST_ALPHA),
        (1.5, [50, 50], 400, AT_MOST_ALPHA),
        (1.0, [95, 5], 1000, AT_MOST_ALPHA),
        (1.5, [95, 5], 1000, [(0.018, 0.018), (0.063, 0.063)]),
    ] {
        let latency = lognormal(sigma);
        let versions = json!([{"id": "v1", "latency_ms": latency}, {"id": "v2", "latency_ms": latency}]);
        let world = fixed(versions, "iter8_mean_latency", json!({"type": "relative", "value": 1}), n, &json!(split));
        add(format!("relative mean, lognormal sigma {sigma}, {n} at {}/{}", split[0], split[1]), world, RUNS, claimed);
    }
    let thousand = with(proportions(0.01, 1000, &json!([50, 50])), json!({"iterations": 1000}));
    add("A/A proportion 0.01, 500/500, 1,000 looks".into(), thousand, 20, AT_MOST_ALPHA);
    let thousand = absolute(json!({"latency_ms": lognormal(1.0)}), "iter8_mean_latency", 100.0, 150);
    add(
        "mean at its limit, lognormal sigma 1, 1,000 looks".into(),
        with(thousand, json!({"iterations": 1000})),
        20,
        AT_MOST_ALPHA,
    );
    all
}

/// Two versions alike under the relative limit 1 of their error rate; `n` requests an interval for both.
pub fn proportions(p: f64, n: u64, split: &Value) -> Value {
    let versions = json!([{"id": "v1", "error_rate": p}, {"id": "v2", "error_rate": p}]);
    fixed(versions, "iter8_error_rate", json!({"type": "relative", "value": 1}), n, split)
}

/// One version with these fields under an absolute limit.
pub fn absolute(mut version: Value, metric: &str, limit: f64, n: u64) -> Value {
    version["id"] = json!("v1");
    fixed(json!([version]), metric, json!({"type": "absolute", "value": limit}), n, &json!([100]))
}

/// A world with one criterion and a fixed split.
pub fn fixed(versions: Value, metric: &str, threshold: Value, n: u64, split: &Value) -> Value {
    json!({
        "versions": versions,
        "criteria": [{"id": "c", "metric_id": metric, "threshold": threshold}],
        "requests_per_second": n as f64 / 30.0, "interval_seconds": 30, "iterations": 101, "split": split,
    })
}

pub fn with(mut world: Value, fields: Value) -> Value {
    world.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    world
}

const RUNS: usize = 300;
const AT_MOST_ALPHA: [(f64, f64); 2] = [(0.01, 0.01), (0.05, 0.05)];
