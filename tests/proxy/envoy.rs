//! A simulated Envoy: time, shared memory with stamps, metrics and log; workers and an assessor of ours inside.
//!
//! Writes of others between our reading and writing can be ordered: then each conditional write fails so many times.
//!
//! Not here: any assertion.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use iter8_analytics::proxy::host::{Admin, Finished, Host, Level, Request};
use iter8_analytics::proxy::{Assessor, Worker};
use serde_json::{Value, json};

/// Its state, and what happens once right after an interval is claimed.
#[derive(Default)]
pub struct Proxy(pub RefCell<State>, pub RefCell<Option<Interruption>>);

pub type Interruption = Box<dyn FnOnce(&Proxy)>;

#[derive(Default)]
pub struct State {
    pub nanos: u64,
    pub data: BTreeMap<String, (Vec<u8>, u32)>,
    pub counters: BTreeMap<String, u64>,
    pub gauges: BTreeMap<String, u64>,
    pub log: Vec<String>,
    pub calls: Vec<(String, String)>,
    /// Conditional writes that fail before one succeeds.
    pub conflicts: u32,
    failed: u32,
}

impl Host for Proxy {
    fn unix_nanos(&self) -> u64 {
        self.0.borrow().nanos
    }

    fn read(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        self.0.borrow().data.get(key).cloned()
    }

    fn write(&self, key: &str, value: &[u8], stamp: Option<u32>) -> bool {
        let mut state = self.0.borrow_mut();
        let now = state.data.get(key).map_or(0, |(_, stamp)| *stamp);
        if stamp.is_some() && state.failed < state.conflicts {
            state.failed += 1;
            if let Some((_, stamp)) = state.data.get_mut(key) {
                *stamp += 1;
            }
            return false;
        }
        // Envoy takes a stamp of 0 for no condition.
        if stamp.is_some_and(|stamp| stamp != 0 && stamp != now) {
            return false;
        }
        state.failed = 0;
        state.data.insert(key.to_owned(), (value.to_vec(), now + 1));
        drop(state);
        let interruption = if key.ends_with("/claimed") { self.1.take() } else { None };
        if let Some(interrupt) = interruption {
            interrupt(self);
        }
        true
    }

    fn count(&self, name: &str, more: u64) {
        *self.0.borrow_mut().counters.entry(name.to_owned()).or_default() += more;
    }

    fn gauge(&self, name: &str, value: u64) {
        self.0.borrow_mut().gauges.insert(name.to_owned(), value);
    }

    fn log(&self, _: Level, line: &str) {
        self.0.borrow_mut().log.push(line.to_owned());
    }
}

impl Admin for Proxy {
    fn call(&self, _: &str, method: &str, path: &str) -> bool {
        self.0.borrow_mut().calls.push((method.to_owned(), path.to_owned()));
        true
    }
}

impl Proxy {
    pub fn starting_at(seconds: u64) -> Self {
        Self(RefCell::new(State { nanos: seconds * 1_000_000_000, ..State::default() }), RefCell::default())
    }

    pub fn pass(&self, seconds: f64) {
        self.0.borrow_mut().nanos += (seconds * 1e9) as u64;
    }

    /// Lines of the log that contain `word`.
    pub fn lines(&self, word: &str) -> Vec<String> {
        self.0.borrow().log.iter().filter(|line| line.contains(word)).cloned().collect()
    }

    /// The sum of the counters whose names contain each of `words`.
    pub fn counted(&self, words: &[&str]) -> u64 {
        let state = self.0.borrow();
        let with_all = state.counters.iter().filter(|(name, _)| words.iter().all(|word| name.contains(word)));
        with_all.map(|(_, count)| count).sum()
    }

    /// The gauge whose name contains each of `words`.
    pub fn gauge_of(&self, words: &[&str]) -> Option<u64> {
        let state = self.0.borrow();
        let mut with_all = state.gauges.iter().filter(|(name, _)| words.iter().all(|word| name.contains(word)));
        with_all.next().map(|(_, value)| *value)
    }
}

/// A request and what becomes of it.
#[derive(Default)]
pub struct Exchange {
    pub headers: Vec<(&'static str, String)>,
    pub told: RefCell<Option<(String, String)>>,
    pub code: u16,
    pub millis: u64,
    pub flags: u64,
    pub basket: Option<String>,
    /// How often the proxy was called for it.
    pub calls: Cell<u32>,
}

impl Exchange {
    fn call(&self) {
        self.calls.set(self.calls.get() + 1);
    }
}

impl Request for Exchange {
    fn header(&self, name: &str) -> Option<String> {
        self.call();
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn source(&self) -> Option<String> {
        self.call();
        Some("10.1.2.3:4567".to_owned())
    }

    fn set_header(&self, name: &str, value: &str) {
        self.call();
        *self.told.borrow_mut() = Some((name.to_owned(), value.to_owned()));
    }
}

impl Finished for Exchange {
    fn code(&self) -> u16 {
        self.call();
        self.code
    }

    fn duration_nanos(&self) -> Option<u64> {
        self.call();
        Some(self.millis * 1_000_000)
    }

    fn flags(&self) -> u64 {
        self.call();
        self.flags
    }

    fn attempts(&self) -> Option<u64> {
        self.call();
        Some(1)
    }

    fn response_header(&self, name: &str) -> Option<String> {
        self.call();
        self.basket.clone().filter(|_| name == "x-basket")
    }
}

/// An Envoy with two workers and an assessor, under load.
pub struct Envoy {
    pub proxy: Proxy,
    pub workers: Vec<Worker>,
    pub assessor: Assessor,
    /// Whether the bootstrap has one.
    pub has_assessor: bool,
    random: fastrand::Rng,
    pub sent: Vec<u64>,
}

impl Envoy {
    pub fn start(configuration: &Value) -> Self {
        Self::seeded(configuration, 7)
    }

    /// One whose requests are others.
    pub fn seeded(configuration: &Value, seed: u64) -> Self {
        let proxy = Proxy::starting_at(1_780_000_000);
        let text = configuration.to_string();
        // The base machine is configured first, and never sees a request.
        Worker::configure(&proxy, text.as_bytes(), true).unwrap();
        let workers = (0..2).map(|_| Worker::configure(&proxy, text.as_bytes(), true).unwrap()).collect();
        let random = fastrand::Rng::with_seed(seed);
        Self { proxy, workers, assessor: Assessor::new(), has_assessor: true, random, sent: vec![0; 8] }
    }

    /// So many seconds with 200 requests each; `error_rates` are the versions'.
    pub fn serve(&mut self, seconds: u32, error_rates: &[f64]) {
        for _ in 0..seconds {
            for place in 0..200 {
                let worker = &mut self.workers[place % 2];
                let mut exchange = Exchange { millis: 5 + self.random.u64(..10), ..Exchange::default() };
                let version = worker.route(&exchange);
                exchange.code = if self.random.f64() < error_rates[version] { 503 } else { 200 };
                exchange.basket = Some(if self.random.f64() < 0.1 { "20" } else { "0" }.to_owned());
                worker.finish(version, &exchange);
                self.sent[version] += 1;
            }
            self.workers.iter_mut().for_each(|worker| worker.tick(&self.proxy));
            if self.has_assessor {
                self.assessor.tick(&self.proxy);
            }
            self.proxy.pass(1.0);
        }
    }

    /// The percents that the last assessment set, in the order of `ids`.
    pub fn percents(&self, ids: &[&str]) -> Vec<u64> {
        ids.iter().map(|id| self.proxy.gauge_of(&[&format!("={id};"), "iter8_traffic_percent"]).unwrap()).collect()
    }
}

/// A canary that may fail twice in a hundred requests, assessed every ten seconds.
pub fn canary() -> Value {
    json!({
        "name": "shop",
        "start_time": "2026-05-28T00:00:00Z",
        "service_name": "shop",
        "baseline": {"id": "v1"},
        "candidates": [{"id": "v2"}],
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}, {"name": "iter8_error_count"}, {"name": "iter8_total_latency"}],
            "ratio_metrics": [
                {"name": "iter8_error_rate", "numerator": "iter8_error_count", "denominator": "iter8_request_count",
                 "preferred_direction": "lower", "zero_to_one": true},
                {"name": "iter8_mean_latency", "numerator": "iter8_total_latency", "denominator": "iter8_request_count",
                 "preferred_direction": "lower"},
            ],
        },
        "criteria": [
            {"id": "errors", "metric_id": "iter8_error_rate", "threshold": {"type": "absolute", "value": 0.02}},
            {"id": "latency", "metric_id": "iter8_mean_latency", "threshold": {"type": "absolute", "value": 50}},
        ],
        "traffic_control": {"max_increment": 10},
        "proxy": {"log_evidence": true},
    })
}
