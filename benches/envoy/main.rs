//! What an experiment inside Envoy costs: processor time of the proxy for each request, and requests a second.
//!
//! Several Envoys run at once: without a filter, with Envoy's own `weighted_clusters`, with a filter that does nothing, with
//! one that makes the calls of ours and computes nothing, with ours, with the pilot. Rounds are interleaved, each asks all of
//! them in another order, and what counts is the difference within a round: whatever else the machine does then meets
//! all of them alike. One process of the same program differs from the next by some percent, for as long as it lives, so all
//! start anew for each batch of rounds, and errors are by how far batches differ. Processor time is what the kernel counted
//! for all threads of the process, so the assessor's is in it.
//!
//!     make bench-envoy
//!
//! Not here: how long a request takes for who asks; on a machine that serves, asks and proxies at once it says little.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a benchmark has a clock, waits, and ends where its proxy does not work"
)]

mod load;
#[path = "../../examples/envoy/process.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod process;

use load::Visitors;
use process::{Envoy, example};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `cargo test --benches` starts benchmarks too; there is nothing to measure then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(ROUNDS);
    for workers in [1, 2] {
        measure(workers, rounds).await;
    }
}

async fn measure(workers: usize, rounds: usize) {
    let port = load::serve().await;
    let mut figures = vec![Vec::new(); SHAPES.len()];
    for seed in 0..BATCHES {
        let batch = batch(workers, rounds.div_ceil(BATCHES as usize), port, seed).await;
        figures.iter_mut().zip(batch).for_each(|(all, one)| all.push(one));
    }
    println!(
        "\n{workers} worker(s), {BATCHES} batches of {} rounds of {REQUESTS} requests",
        rounds.div_ceil(BATCHES as usize)
    );
    println!(
        "                                 CPU us/request   over no filter   requests/s   to no filter   memory, MiB"
    );
    for (shape, figures) in SHAPES.iter().zip(&figures) {
        let of = |place: usize| mean(&figures.iter().map(|one: &[f64; 5]| one[place]).collect::<Vec<_>>());
        let [(cost, _), (over, error), (rate, _), (share, error_of_share), (memory, _)] =
            [of(0), of(1), of(2), of(3), of(4)];
        println!(
            "{:<32} {cost:>14.1}   {over:>+7.1} +-{error:>4.1}   {rate:>10.0}   {share:>7.0} +-{error_of_share:>3.1} %   {memory:>9.0}",
            shape.name
        );
    }
}

/// For each shape medians over `rounds` rounds: processor time and that over the first shape's, requests a second and
/// percents of the first's; and memory.
async fn batch(workers: usize, rounds: usize, port: u16, seed: u64) -> Vec<[f64; 5]> {
    let mut subjects = Vec::new();
    for shape in SHAPES {
        subjects.push(Subject::start(shape, workers, port).await);
    }
    for subject in &mut subjects {
        subject.visitors.ask(REQUESTS).await;
    }
    let (mut costs, mut rates) = (vec![Vec::new(); subjects.len()], vec![Vec::new(); subjects.len()]);
    let (mut random, mut order) = (fastrand::Rng::with_seed(seed), Vec::from_iter(0..subjects.len()));
    for _ in 0..rounds {
        random.shuffle(&mut order);
        for place in &order {
            let (micros, rate) = subjects[*place].round().await;
            costs[*place].push(micros);
            rates[*place].push(rate);
        }
    }
    let figures = subjects.iter().zip(costs.iter().zip(&rates)).map(|(subject, (cost, rate))| {
        let over = cost.iter().zip(&costs[0]).map(|(own, none)| own - none).collect();
        let share = rate.iter().zip(&rates[0]).map(|(own, none)| 100.0 * own / none).collect();
        let medians = [cost.clone(), over, rate.clone(), share].map(median);
        [medians[0], medians[1], medians[2], medians[3], subject.envoy.memory_mib()]
    });
    figures.collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The mean, and its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0) / count).sqrt())
}

/// An Envoy with its visitors.
struct Subject {
    envoy: Envoy,
    visitors: Visitors,
}

impl Subject {
    async fn start(shape: &Shape, workers: usize, port: u16) -> Self {
        let listener = shape.listener.map(|listener| listener(&example("canary.yaml")));
        let mut envoy = Envoy::prepare(&shape.bootstrap(), listener.as_deref(), [port; 3]);
        envoy.workers = workers;
        envoy.start().await;
        let visitors = Visitors::arrive(envoy.port).await;
        Self { envoy, visitors }
    }

    /// Microseconds of processor time for each request, and requests a second.
    async fn round(&mut self) -> (f64, f64) {
        let before = self.envoy.cpu_micros();
        let time = self.visitors.ask(REQUESTS).await;
        let requests = f64::from(REQUESTS);
        ((self.envoy.cpu_micros() - before) / requests, requests / time.as_secs_f64())
    }
}

/// What stands between visitors and the shop.
struct Shape {
    name: &'static str,
    has_ours: bool,
    /// The canary's listener -> this one's, where the bootstrap has none itself.
    listener: Option<fn(&str) -> String>,
}

impl Shape {
    /// The example's bootstrap; for others than ours without the assessor.
    fn bootstrap(&self) -> String {
        if self.listener.is_none() {
            return example("pilot.yaml");
        }
        let bootstrap = example("bootstrap.yaml");
        if self.has_ours {
            return bootstrap;
        }
        let (before, rest) = bootstrap.split_once("bootstrap_extensions:\n").unwrap();
        let (_, after) = rest.split_once("dynamic_resources:").unwrap();
        format!("{before}dynamic_resources:{after}")
    }
}

const SHAPES: &[Shape] = &[
    Shape { name: "no filter", has_ours: false, listener: Some(without_filter) },
    Shape { name: "weighted_clusters", has_ours: false, listener: Some(weighted) },
    Shape { name: "a filter that does nothing", has_ours: false, listener: Some(idle) },
    Shape { name: "our filter's calls alone", has_ours: false, listener: Some(calls) },
    Shape { name: "our filter", has_ours: true, listener: Some(at_random) },
    Shape { name: "our filter, sticky by cookie", has_ours: true, listener: Some(str::to_owned) },
    Shape { name: "our pilot", has_ours: true, listener: None },
];

/// The listener without our filter: everything goes to the baseline.
fn without_filter(listener: &str) -> String {
    let (before, rest) = listener.split_once("        - name: iter8\n").unwrap();
    let (_, after) = rest.split_once("        - name: envoy.filters.http.router").unwrap();
    format!("{before}        - name: envoy.filters.http.router{after}")
}

/// As the pilot's, which nobody steers.
fn weighted(listener: &str) -> String {
    let weighted = "route: {weighted_clusters: {clusters: [{name: shop-v1, weight: 50}, {name: shop-v2, weight: 50}]}}";
    without_filter(listener).replace("route: {cluster: shop-v1}", weighted)
}

/// With a module in the filter's place whose functions all return at once.
fn idle(listener: &str) -> String {
    listener.replace("iter8.wasm", "idle.wasm").replace("vm_id: iter8", "vm_id: idle")
}

/// With a module in the filter's place that calls Envoy as ours does.
fn calls(listener: &str) -> String {
    at_random(listener).replace("iter8.wasm", "calls.wasm").replace("vm_id: iter8", "vm_id: calls")
}

/// By chance in place of a cookie.
fn at_random(listener: &str) -> String {
    listener.replace(", \"sticky\": {\"cookie\": \"uid\"}", "")
}

/// Many short rounds: what the machine does beside then meets neighbours alike.
const ROUNDS: usize = 100;
const BATCHES: u64 = 10;
const REQUESTS: u32 = 1_000;
