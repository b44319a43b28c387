//! The clock, a seed and the assessments of the world's experiment -> traffic that follows their splits.
//!
//! Ten requests a second since the world's start, simulated lazily: nothing runs until somebody asks, then the time
//! since the last question is caught up with, in steps of five seconds. The first five minutes have the splits that an
//! experiment assessed once a minute would have had, so that there is something to see at once. Two worlds of one
//! start and seed that are asked and told the same are the same.
//!
//! Approximate: of a time longer than a day in which nobody asked, the part before the last day is caught up with in
//! steps of an hour, where one drawn request stands for fifty.
//!
//! Not here: how a version answers (`traffic`), how long samples are kept (`history`), the experiment's text
//! (`experiment`). No clock: the instant is an argument.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use super::history::{History, STEP_SECONDS};
use super::traffic::{self, Split, Totals, VERSIONS};
use crate::assessment::{Assessment, Entries};

/// Three versions of a product page under load, and the experiment that compares them.
#[derive(Debug)]
pub struct World {
    start_unix_seconds: i64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: Xoshiro256PlusPlus,
    /// The second, since the start, up to which the traffic is simulated; a multiple of [`STEP_SECONDS`].
    second: u64,
    totals: Totals,
    history: History,
    split: Split,
    continuation: Continuation,
}

/// What the next request for the world's experiment has to carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Continuation {
    /// The next iteration's number.
    pub iteration_number: u64,
    /// The last assessment's `last_state`.
    pub last_state: Value,
}

impl World {
    /// A world that started at `start_unix_seconds` and has its first [`OPENING_SECONDS`] behind it.
    pub fn new(start_unix_seconds: i64, seed: u64) -> Self {
        let mut state = State {
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            second: 0,
            totals: Totals::default(),
            history: History::default(),
            split: [1.0, 0.0, 0.0],
            continuation: Continuation {
                iteration_number: OPENING_PERCENTS.len() as u64,
                last_state: opening_last_state(),
            },
        };
        for percents in OPENING_PERCENTS {
            state.split = percents.map(|percent| f64::from(percent) / 100.0);
            state.advance(state.second + OPENING_ITERATION_SECONDS);
        }
        Self { start_unix_seconds, state: Mutex::new(state) }
    }

    /// The world's start, Unix time in whole seconds.
    pub fn start_unix_seconds(&self) -> i64 {
        self.start_unix_seconds
    }

    /// What the next request for the world's experiment has to carry.
    pub fn continuation(&self) -> Continuation {
        self.lock().continuation.clone()
    }

    /// What `read` makes of the history up to `now` (Unix time); its seconds count from the world's start.
    pub fn read<T>(&self, now: f64, read: impl FnOnce(&History) -> T) -> T {
        let mut state = self.lock();
        state.advance(self.second(now));
        read(&state.history)
    }

    /// Lets the traffic from `now` (Unix time) on follow `assessment`, if `experiment` is this world's own.
    ///
    /// The split is that of the experiment's strategy, progressive where it names none. An assessment of anything else
    /// changes nothing, nor does a split that names no version of the world.
    pub fn follow(&self, experiment: &Value, assessment: &Assessment, now: f64) {
        if !self.owns(experiment) {
            return;
        }
        let splits = &assessment.traffic_split_recommendation;
        let percents = match experiment.pointer("/traffic_control/strategy").and_then(Value::as_str) {
            Some("top_2") => &splits.top_2,
            Some("uniform") => &splits.uniform,
            _ => &splits.progressive,
        };
        let Some(split) = shares(percents) else { return };
        let iteration = experiment.get("iteration_number").and_then(Value::as_u64).unwrap_or_default();
        let mut state = self.lock();
        state.advance(self.second(now));
        state.split = split;
        state.continuation = Continuation {
            iteration_number: iteration.saturating_add(1),
            last_state: serde_json::to_value(&assessment.last_state).unwrap_or_else(|_| json!({})),
        };
    }

    fn owns(&self, experiment: &Value) -> bool {
        let own = super::experiment(self);
        ["name", "start_time"].iter().all(|key| experiment.get(key) == own.get(key))
    }

    /// Whole seconds since the start; 0 before it.
    fn second(&self, now: f64) -> u64 {
        // `as` saturates and takes NaN for 0: a clock that went mad stops the traffic, nothing more.
        (now - self.start_unix_seconds as f64) as u64
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can leave the state half changed for the next one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Simulates the traffic up to `second`; nothing where that is past already.
    fn advance(&mut self, second: u64) {
        while self.second + STEP_SECONDS <= second {
            let (step, weight) = if second - self.second > FINE_SECONDS {
                (COARSE_STEP_SECONDS - self.second % COARSE_STEP_SECONDS, COARSE_WEIGHT)
            } else {
                (STEP_SECONDS, 1)
            };
            let requests = step * REQUESTS_PER_SECOND / weight;
            traffic::serve(&mut self.totals, &mut self.rng, &self.split, requests, weight);
            self.second += step;
            self.history.push(self.second, self.totals);
        }
    }
}

/// The shares that `percents` gives the world's versions; `None` where it gives them nothing.
fn shares(percents: &Entries<i32>) -> Option<Split> {
    let given = VERSIONS.each_ref().map(|version| percents.get(version.workload).copied().unwrap_or(0).max(0));
    let sum: f64 = given.iter().copied().map(f64::from).sum();
    (sum > 0.0).then(|| given.map(|percent| f64::from(percent) / sum))
}

/// What the assessment at the end of the opening would have left behind: the split, from which the next one may climb.
fn opening_last_state() -> Value {
    let percents = OPENING_PERCENTS.last().map_or([100, 0, 0], |percents| *percents);
    let split: serde_json::Map<String, Value> =
        VERSIONS.iter().zip(percents).map(|(version, percent)| (version.workload.to_owned(), percent.into())).collect();
    json!({ "traffic_split_recommendation": { "progressive": split, "top_2": split, "uniform": split } })
}

/// How long a world has been under load when it is first seen, in seconds.
pub const OPENING_SECONDS: u64 = OPENING_ITERATION_SECONDS * OPENING_PERCENTS.len() as u64;

/// The tutorial's load, over all versions.
const REQUESTS_PER_SECOND: u64 = 10;

/// Between two assessments of the opening.
const OPENING_ITERATION_SECONDS: u64 = 60;

/// The opening's splits, one an iteration, for each of [`VERSIONS`]: first all traffic to the baseline, then what is
/// left to exploration before there are data, then ten percent more for v3 each time.
const OPENING_PERCENTS: [[u8; VERSIONS.len()]; 5] = [[100, 0, 0], [96, 2, 2], [86, 2, 12], [76, 2, 22], [66, 2, 32]];

/// How much is caught up with in fine steps: a day of ten requests a second takes a tenth of a second to draw.
const FINE_SECONDS: u64 = 86_400;

/// A multiple of [`STEP_SECONDS`].
const COARSE_STEP_SECONDS: u64 = 3600;

/// For how many requests one drawn in a coarse step stands; divides the requests of every multiple of [`STEP_SECONDS`].
const COARSE_WEIGHT: u64 = STEP_SECONDS * REQUESTS_PER_SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_767_225_600;

    /// Unix time `second` seconds after the world's start.
    fn after(second: u64) -> f64 {
        START as f64 + second as f64
    }

    /// The totals up to `second`.
    fn at(history: &History, second: f64) -> Totals {
        history.window(f64::NEG_INFINITY, second).map_or_else(Totals::default, |window| window.last.totals)
    }

    fn requests(world: &World, second: u64) -> [u64; 3] {
        world
            .read(after(second), |history| at(history, second as f64).map(|version| version.succeeded + version.failed))
    }

    #[test]
    fn a_new_world_has_five_minutes_of_traffic_behind_it() {
        let world = World::new(START, 1);
        let [v1, v2, v3] = requests(&world, 300);
        assert_eq!(v1 + v2 + v3, 3000, "10 a second");
        // Expected 2544, 48 and 408, five standard deviations around.
        assert!((2450..2640).contains(&v1) && (14..82).contains(&v2) && (320..496).contains(&v3), "{v1} {v2} {v3}");
        assert_eq!(requests(&world, 60), [600, 0, 0]);
        assert_eq!(world.continuation().iteration_number, 5);
        assert_eq!(
            world.continuation().last_state["traffic_split_recommendation"]["progressive"],
            json!({"productpage-v1": 66, "productpage-v2": 2, "productpage-v3": 32})
        );
    }

    #[test]
    fn one_seed_makes_one_world_however_often_it_is_asked() {
        let (asked_once, asked_often, other) = (World::new(START, 1), World::new(START, 1), World::new(START, 2));
        for second in 300..2000 {
            requests(&asked_often, second);
        }
        assert_eq!(requests(&asked_once, 2000), requests(&asked_often, 2000));
        assert_ne!(requests(&asked_once, 2000), requests(&other, 2000));
    }

    #[test]
    fn a_month_without_questions_is_caught_up_with_quickly_and_at_the_same_rate() {
        let world = World::new(START, 1);
        let month = 30 * 86_400;
        let total: u64 = requests(&world, month).iter().sum();
        assert_eq!(total, month * REQUESTS_PER_SECOND);
        let [.., v3] = requests(&world, month).map(|count| count as f64 / total as f64);
        assert!((v3 - 0.32).abs() < 0.005, "{v3}");
    }

    #[test]
    fn nothing_happens_before_the_start_or_when_the_clock_goes_back() {
        let world = World::new(START, 1);
        let at_300 = requests(&world, 300);
        assert_eq!(world.read(0.0, |history| at(history, -1.0)), Totals::default());
        assert_eq!(world.read(f64::NAN, |history| at(history, 0.0)), Totals::default());
        assert_eq!(requests(&world, 300), at_300);
    }

    #[test]
    fn traffic_follows_an_assessment_of_the_worlds_own_experiment_and_no_other() {
        let counters = |requests: u64, latency_ms: u64, books: u64| {
            json!({
                "iter8_request_count": requests, "iter8_total_latency": requests * latency_ms, "iter8_error_count": 0,
                "le_500_ms_latency_request_count": requests, "le_inf_latency_request_count": requests,
                "books_purchased_total": requests * books,
            })
        };
        let observations = json!({"versions": {
            "productpage-v1": counters(1000, 33, 2), "productpage-v2": counters(50, 250, 40),
            "productpage-v3": counters(500, 36, 15),
        }});
        let world = World::new(START, 1);
        let mut experiment = super::super::experiment(&world);
        let options = crate::Options::new(crate::Instant::from_unix_micros((START + 300) * 1_000_000));
        let checked = crate::Experiment::parse(&experiment, crate::MetricData::Given, &options.settings).unwrap();
        let assessment = checked.assess(&checked.read_observations(&observations).unwrap(), &options);
        let percent = assessment.traffic_split_recommendation.progressive.get("productpage-v3").copied().unwrap();
        assert!((40..=42).contains(&percent), "32, and at most ten more: {percent}");

        let v3_percent = |from: u64, to: u64| {
            let [.., before] = requests(&world, from);
            let [.., after] = requests(&world, to);
            (after - before) as f64 * 100.0 / ((to - from) * REQUESTS_PER_SECOND) as f64
        };
        let stranger = json!({"name": "another", "start_time": experiment["start_time"]});
        world.follow(&stranger, &assessment, after(300));
        assert_eq!(world.continuation().iteration_number, 5);
        world.follow(&experiment, &assessment, after(300));
        assert_eq!(world.continuation().iteration_number, 6);
        assert_eq!(world.continuation().last_state, serde_json::to_value(&assessment.last_state).unwrap());
        let found = v3_percent(300, 20_300);
        assert!((found - f64::from(percent)).abs() < 1.0, "{found} for {percent}");

        experiment["traffic_control"]["strategy"] = json!("uniform");
        world.follow(&experiment, &assessment, after(20_300));
        let uniform = assessment.traffic_split_recommendation.uniform.get("productpage-v3").copied().unwrap();
        let found = v3_percent(20_300, 40_300);
        assert!((found - f64::from(uniform)).abs() < 1.0, "{found} for {uniform}");
    }

    #[test]
    fn shares_are_those_of_the_worlds_versions() {
        let entries =
            |list: &[(&str, i32)]| Entries(list.iter().map(|(id, share)| ((*id).to_owned(), *share)).collect());
        let split = shares(&entries(&[("productpage-v2", 10), ("productpage-v3", 30), ("productpage-v1", 60)]));
        assert_eq!(split, Some([0.6, 0.1, 0.3]));
        assert_eq!(shares(&entries(&[("reviews-v2", 100)])), None);
        assert_eq!(shares(&entries(&[("productpage-v1", -5), ("productpage-v3", 5)])), Some([0.0, 0.0, 1.0]));
    }
}
