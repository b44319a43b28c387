//! How long an assessment takes, from JSON text to JSON text, beside the time to read and write that JSON alone.
//!
//! Sizes are versions x metrics. v1.0.0 took, in process on two cores: 2x1 17 ms, 2x5 28 ms, 4x5 43 ms, 10x5 100 ms,
//! 50x5 480 ms. Every metric is a criterion: proportions and means, absolute and relative limits, the last one a reward.
//! `sequential_100` has the same totals in 100 intervals.

use divan::{Bencher, black_box};
use iter8_analytics::{Experiment, MetricData, Options, Settings, parse_json};
use serde_json::Value;

#[path = "../support/request.rs"]
mod request;
use request::request;

/// The same as the binary's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

const SIZES: [(usize, usize); 5] = [(2, 1), (2, 5), (4, 5), (10, 5), (50, 5)];

#[divan::bench(args = SIZES)]
fn v1(bencher: Bencher, (versions, metrics): (usize, usize)) {
    let text = with_method("v1", request(versions, metrics));
    bencher.bench(|| assess(black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn sequential(bencher: Bencher, (versions, metrics): (usize, usize)) {
    let text = with_method("sequential", request(versions, metrics));
    bencher.bench(|| assess(black_box(&text)));
}

#[divan::bench(args = SIZES)]
fn sequential_100(bencher: Bencher, (versions, metrics): (usize, usize)) {
    let text = with_method("sequential", in_intervals(request(versions, metrics), 100));
    bencher.bench(|| assess(black_box(&text)));
}

/// The floor: the request read, the reply written, nothing computed.
#[divan::bench(args = SIZES)]
fn json_only(bencher: Bencher, (versions, metrics): (usize, usize)) {
    only_json(bencher, &with_method("sequential", request(versions, metrics)));
}

#[divan::bench(args = SIZES)]
fn json_only_100(bencher: Bencher, (versions, metrics): (usize, usize)) {
    only_json(bencher, &with_method("sequential", in_intervals(request(versions, metrics), 100)));
}

fn only_json(bencher: Bencher, text: &str) {
    let reply: Value = serde_json::from_str(&assess(text)).unwrap_or_default();
    bencher.bench(|| (parse_json(black_box(text.as_bytes())), black_box(&reply).to_string()));
}

/// The request with each total spread over `count` intervals, whole numbers that add up to it.
fn in_intervals(mut request: Value, count: u64) -> Value {
    let versions = request["observations"]["versions"].as_object_mut();
    for value in versions
        .into_iter()
        .flat_map(|versions| versions.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|counters| counters.values_mut())
    {
        let total = value.as_f64().unwrap_or_default() as u64;
        *value = (0..count).map(|index| total * (index + 1) / count - total * index / count).collect();
    }
    request
}

fn with_method(method: &str, mut request: Value) -> String {
    request["method"] = method.into();
    request.to_string()
}

fn assess(text: &str) -> String {
    let read = parse_json(text.as_bytes()).and_then(|value| {
        let options = Options::at("2026-03-01T11:00:00Z")?;
        let experiment = Experiment::parse(&value, MetricData::Fetched, &Settings::default())?;
        Ok(experiment.assess(experiment.own_observations()?, &options))
    });
    read.map(|assessment| serde_json::to_string(&assessment).unwrap_or_default())
        .unwrap_or_else(|error| error.to_string())
}
